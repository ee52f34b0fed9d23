"""The database driver's errors as sentences that say what to do."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import sqlcipher3.dbapi2 as sqlite_driver
from sqlalchemy.exc import DBAPIError

from outreach.errors import (
    DatabaseBrokenError,
    DatabaseBusyError,
    DatabaseError,
    DiskFailedError,
    DiskFullError,
    ReadOnlyError,
)

DRIVER_ERRORS = (sqlite_driver.DatabaseError, sqlite3.DatabaseError)
_NO_ROOM_BYTES = 64 * 1024  # less than SQLite's index of its log and a page of the log take
# The words of SQLite's result codes (https://www.sqlite.org/rescode.html), for errors of the driver that
# carry no number, as those of its copying.
_WORDS = {
    sqlite3.SQLITE_BUSY: "database is locked",
    sqlite3.SQLITE_LOCKED: "database table is locked",
    sqlite3.SQLITE_READONLY: "attempt to write a readonly database",
    sqlite3.SQLITE_IOERR: "disk i/o error",
    sqlite3.SQLITE_CORRUPT: "database disk image is malformed",
    sqlite3.SQLITE_FULL: "database or disk is full",
    sqlite3.SQLITE_CANTOPEN: "unable to open database file",
    sqlite3.SQLITE_NOTADB: "file is not a database",
}


@contextlib.contextmanager
def friendly_errors(location: str, writes_to: str = "") -> Iterator[None]:
    """Turn the driver's errors into sentences; the cause stays chained for the log.

    Args: location: the database, as the user knows it. writes_to: what is written meanwhile, if that is
        another file.
    """
    try:
        yield
    except (DBAPIError, *DRIVER_ERRORS) as error:
        explained = explain(error, location, writes_to or location)
        if explained is None:
            raise
        raise explained from error


def result_code(error: BaseException) -> int | None:
    """SQLite's primary result code of a driver's error, wrapped by SQLAlchemy or not.

    None if it is none of the file's.
    """
    driver_error = getattr(error, "orig", None) or error
    code = getattr(driver_error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF
    text = str(driver_error).lower()
    return next((number for number, words in _WORDS.items() if text.startswith(words)), None)


def explain(error: Exception, location: str, writes_to: str) -> DatabaseError | None:
    """What a driver's error means to the user, None for one that says nothing of the file or its disk."""
    code = result_code(error)
    if code == sqlite3.SQLITE_FULL or (
        code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN} and _has_no_room(writes_to)
    ):
        return DiskFullError(
            f"The disk that holds {writes_to} is full, so nothing was changed. Free some space and try again."
        )
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOLFS}:
        return ReadOnlyError(
            f"{writes_to} cannot be written or opened. Check the rights of the file and of its folder, or "
            "copy it elsewhere."
        )
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return DatabaseBusyError(
            f"Another program is writing to {location}. Close it, or try again in a moment."
        )
    if code == sqlite3.SQLITE_IOERR:
        return DiskFailedError(
            f"The disk that holds {location} did not answer. Check that it is connected and sound, then try "
            "again."
        )
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return DatabaseBrokenError(
            f"{location} is damaged. Keep the file, and restore the newest copy from the backups folder "
            "beside it with: outreach restore"
        )
    return None


def _has_no_room(location: str) -> bool:
    # A full disk often shows as a failure to read, write or make a file: SQLite's working files find no
    # place.
    folder = Path(location).parent
    try:
        if not hasattr(os, "statvfs"):
            return shutil.disk_usage(folder).free < _NO_ROOM_BYTES
        status = os.statvfs(folder)
    except OSError:
        return False
    if status.f_blocks == 0 or status.f_flag & os.ST_RDONLY:
        return False  # what never has room is not full
    no_files = status.f_files > 0 and status.f_favail == 0
    return no_files or status.f_bavail * status.f_frsize < _NO_ROOM_BYTES
