"""Copies of the database: by hand, before every migration, and back again."""

import contextlib
import os
import tempfile
from datetime import datetime
from pathlib import Path

import sqlcipher3.dbapi2 as sqlite_driver

from outreach.errors import DatabaseBrokenError, DatabaseMissingError, OutreachError
from outreach.files import os_error
from outreach.store.driver_errors import friendly_errors


def backup(source: Path, target: Path) -> Path:
    """Copy a database, open or not, to a file that is whole or not there at all.

    Uses SQLite's backup interface, so writes that are under way are not torn.

    Returns: target. Raises: OutreachError if the source is missing or the target cannot be written.
    """
    if not source.exists():
        raise DatabaseMissingError(f"There is no database at {source}, so there is nothing to copy.")
    if target.exists() and target.samefile(source):
        raise OutreachError("A copy cannot lie where the database itself lies. Name another file.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".copy-", suffix=".db", dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise os_error(error, target) from error
    scratch = Path(name)
    try:
        with friendly_errors(str(target)):
            origin = sqlite_driver.connect(f"file:{source}?mode=ro", uri=True)
            copy = sqlite_driver.connect(str(scratch))
            try:
                origin.backup(copy)
            finally:
                copy.close()
                origin.close()
        scratch.replace(target)
    except OSError as error:
        raise os_error(error, target) from error
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
    return target


def backup_before_migration(path: Path, revision: str) -> Path:
    """Copy a database to ``backups/`` beside it, named by the revision it is at and the time."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    return backup(path, path.parent / "backups" / f"{path.stem}-{revision}-{stamp}{path.suffix}")


def restore(copy: Path, path: Path) -> Path | None:
    """Put a copy in the place of the database.

    What was there is first moved aside into ``backups/``, even if it is damaged.

    Returns: where the former database went, None if there was none.
    Raises: DatabaseBrokenError if the copy is not a whole database; nothing is then changed.
    """
    _check_whole(copy)
    aside: Path | None = None
    try:
        if path.exists():
            stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
            aside = path.parent / "backups" / f"{path.stem}-replaced-{stamp}{path.suffix}"
            aside.parent.mkdir(exist_ok=True)
            # A damaged file cannot go through SQLite's own copy; its log files go with it.
            for suffix in ("", "-wal", "-shm"):
                part = path.with_name(path.name + suffix)
                if part.exists():
                    part.rename(aside.with_name(aside.name + suffix))
        backup(copy, path)
    except BaseException as error:
        if aside is not None and not path.exists():
            for suffix in ("", "-wal", "-shm"):
                part = aside.with_name(aside.name + suffix)
                if part.exists():
                    part.rename(path.with_name(path.name + suffix))
        if isinstance(error, OSError):
            raise os_error(error, path) from error
        raise
    return aside


def _check_whole(copy: Path) -> None:
    if not copy.exists():
        raise DatabaseMissingError(f"There is no file {copy}. Name a copy made with: outreach backup")
    try:
        connection = sqlite_driver.connect(f"file:{copy}?mode=ro", uri=True)
        try:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            ours = connection.execute(
                "SELECT count(*) FROM sqlite_master WHERE name = 'letter_event'"
            ).fetchone()[0]
        finally:
            connection.close()
    except sqlite_driver.DatabaseError as error:
        raise DatabaseBrokenError(
            f"{copy} is not a database, so nothing was restored. Choose another copy."
        ) from error
    if verdict != "ok" or not ours:
        raise DatabaseBrokenError(
            f"{copy} is damaged or not an outreach database, so nothing was restored. Choose another copy."
        )
