"""A database as a file: which one a name means, how it is opened whatever its
path holds, and who else is at it.
"""

import contextlib
import errno
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlite_driver

from outreach.errors import DatabaseBusyError, DatabaseError
from outreach.files import os_error

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed or replaced anyway
    fcntl = None  # type: ignore[assignment]

BUSY_TIMEOUT_SECONDS = 5.0
SIDE_FILES = ("-wal", "-shm", "-journal")
_LONGEST_PATH_BYTES = 504  # SQLite's 512, less what it adds for its journal
_TURN_SECONDS = 30.0
_STALE_SECONDS = 3600.0
_SCRATCH = ".outreach-copy-"
_SCRATCH_FILES = tuple(name + side for name in ("copy.db", "origin.db") for side in ("", *SIDE_FILES))
# Scratch files as they were called until 0.5, beside the copies they were to become.
_FORMER_SCRATCH = re.compile(r"\.copy-[a-z0-9_]{8}\.db(-wal|-shm|-journal)?")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SQLITE_URL = re.compile(r"sqlite(\+[a-z0-9]+)?:///", re.IGNORECASE)


def is_url(location: str | Path) -> bool:
    """Whether a location is the address of a database rather than a path; a `Path` never is."""
    return isinstance(location, str) and _URL.match(location) is not None


def file_of(location: str | Path) -> Path | None:
    """The file that a location means, None for a server's address or a database in memory.

    What follows ``sqlite:///`` is a path, taken as it stands: no character of it is read as an address's.
    """
    text = str(location)
    if is_url(location):
        found = _SQLITE_URL.match(text)
        text = text[found.end() :] if found else ""
        if not text or text == ":memory:":
            return None
    with contextlib.suppress(RuntimeError):  # no user of that name: a file whose name begins with ~
        return Path(text).expanduser()
    return Path(text)


def is_there(path: Path) -> bool:
    """Whether a file or folder exists. Raises: OutreachError if that cannot be known."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise os_error(error, path) from error
    return True


def side_files(path: Path) -> list[Path]:
    """The working files of SQLite that lie beside a database now."""
    return [side for side in (path.with_name(path.name + s) for s in SIDE_FILES) if is_there(side)]


def connect(path: Path, *, mode: str = "rw", immutable: bool = False, timeout: float | None = None) -> Any:
    """A connection of the driver to a file, whatever characters its path holds.

    It begins no transactions by itself.

    Args: mode: ro, rw, or rwc to make the file. immutable: take it that nobody writes the file, which is then
        read without locks and without working files beside it.
    Raises: DatabaseError for a path longer than SQLite takes; the driver's own errors.
    """
    whole = path.absolute()
    if os.name == "posix" and len(os.fsencode(whole)) > _LONGEST_PATH_BYTES:
        raise DatabaseError(
            f"The path {path} is too long for a database, which may have {_LONGEST_PATH_BYTES} bytes with "
            "all its folders. Choose a folder nearer to the top, or shorter names."
        )
    options = f"?mode={mode}" + ("&immutable=1" if immutable else "")
    return sqlite_driver.connect(
        whole.as_uri() + options,
        uri=True,
        timeout=BUSY_TIMEOUT_SECONDS if timeout is None else timeout,
        isolation_level=None,
        check_same_thread=False,
    )


@contextlib.contextmanager
def turn_at(path: Path) -> Iterator[None]:
    """Be the only outreach that opens, updates or replaces databases in a file's folder.

    A lock on the folder itself, which leaves nothing behind and ends with the process; where a file system
    has none, nobody waits. Raises: DatabaseBusyError after half a minute.
    """
    handle = _locked(path.parent, _TURN_SECONDS)
    if handle == _TAKEN:
        raise DatabaseBusyError(
            f"Another outreach is opening, updating or restoring {path}. Wait until it is done, and try "
            "again."
        )
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


_TAKEN = -1


def _locked(folder: Path, seconds: float) -> int | None:
    """A handle that holds a folder's lock until it is closed, None where there are no locks, or `_TAKEN`."""
    if fcntl is None:
        return None
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except OSError as error:
            if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
                os.close(handle)
                return None
        if time.monotonic() >= end:
            os.close(handle)
            return _TAKEN
        time.sleep(0.02)


@contextlib.contextmanager
def scratch_in(folder: Path) -> Iterator[Path]:
    """A folder for a copy that is being made, locked as long as this process lives, gone at the end.

    Raises: OSError if it cannot be made.
    """
    while True:
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=folder))
        handle = _locked(scratch, 0)
        if handle != _TAKEN and scratch.exists():
            break  # else another run swept it before it was locked
    try:
        yield scratch
    finally:
        _clear(scratch)
        if handle is not None:
            os.close(handle)


def _clear(scratch: Path) -> None:
    # By name: a folder of the user's that is called like ours loses nothing.
    with contextlib.suppress(OSError):
        for name in _SCRATCH_FILES:
            (scratch / name).unlink(missing_ok=True)
        scratch.rmdir()


def sweep(folder: Path) -> None:
    """Remove what killed runs left of copies in a folder; copies that are being made are left alone."""
    with contextlib.suppress(OSError):
        for found in list(folder.iterdir()):
            with contextlib.suppress(OSError):
                if found.name.startswith(_SCRATCH) and found.is_dir() and not found.is_symlink():
                    _clear_left(found)
                elif _FORMER_SCRATCH.fullmatch(found.name) and _is_old(found):
                    found.unlink()


def _clear_left(scratch: Path) -> None:
    handle = _locked(scratch, 0)
    if handle == _TAKEN or (handle is None and not _is_old(scratch)):
        return
    _clear(scratch)
    if handle is not None:
        os.close(handle)


def _is_old(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > _STALE_SECONDS
