"""The database driver's errors as sentences that say what to do."""

import contextlib
import sqlite3
from collections.abc import Iterator

import sqlcipher3.dbapi2 as sqlite_driver
from sqlalchemy.exc import DBAPIError

from outreach.errors import DatabaseBrokenError, DatabaseBusyError, DiskFullError, ReadOnlyError


@contextlib.contextmanager
def friendly_errors(location: str) -> Iterator[None]:
    """Turn the driver's errors into sentences; the cause stays chained for the log."""
    try:
        yield
    except DBAPIError as error:
        raise _explained(error, location) from error
    except (sqlite_driver.DatabaseError, sqlite3.DatabaseError) as error:
        raise _explained(error, location) from error


def _explained(error: Exception, location: str) -> Exception:
    text = str(getattr(error, "orig", None) or error).lower()
    if "full" in text:
        return DiskFullError(
            f"The disk that holds {location} is full, so nothing was changed. Free some space and try again."
        )
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return ReadOnlyError(
            f"{location} cannot be written. Check the rights of the file and of its folder, or copy it elsewhere."
        )
    if "locked" in text or "busy" in text:
        return DatabaseBusyError(
            f"Another program is writing to {location}. Close it, or try again in a moment."
        )
    if "malformed" in text or "not a database" in text or "disk i/o" in text or "corrupt" in text:
        return DatabaseBrokenError(
            f"{location} is damaged. Keep the file, and restore the newest copy from the backups folder beside it "
            "with: outreach restore"
        )
    return error
