"""Reading what users name, and writing files so that they are whole or not there at all.

Errors say what to do.
"""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from outreach.errors import DiskFullError, ExportError, OutreachError, ReadOnlyError, UsageError


def os_error(error: OSError, path: Path) -> OutreachError:
    """The sentence for a file operation that failed: no room, no right, or no such place."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFullError(f"The disk is full, so {path} was not written. Free some space and try again.")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return ReadOnlyError(
            f"{path} cannot be written or read. Choose another folder, or change its rights."
        )
    reason = (error.strerror or "an error of the system").rstrip(".")
    return ExportError(f"{path} could not be used: {reason}. Choose another place.")


def read_given(path: Path, *, most: int | None = None) -> bytes:
    """The content of a file that a user named.

    Args: most: bytes; of a larger file one byte more than these is read, by which the caller tells.
    Raises: UsageError if it cannot be read, or is no file but a folder, a pipe or a device, which might never
        end.
    """
    try:
        # Opening a pipe would wait for somebody to write to it.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise UsageError(f"{path} cannot be read: it is a folder, a pipe or a device. Name a file.")
        with os.fdopen(handle, "rb") as file:
            return file.read(-1 if most is None else most + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).rstrip(".")
        raise UsageError(f"{path} cannot be read: {reason}.") from error


def make_folder(path: Path) -> Path:
    """Make a folder and those above it. Raises: OutreachError saying what to do."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise os_error(error, path) from error
    return path


def write_file(path: Path, content: bytes, *, survives_power_cut: bool = False) -> Path:
    """Write a file by way of a scratch file beside it, so that an error leaves the former one in place.

    Args: survives_power_cut: wait until the disk has its name too, not only its content.
    Returns: path. Raises: DiskFullError, ReadOnlyError, ExportError.
    """
    with new_file(path, survives_power_cut=survives_power_cut) as file:
        file.write(content)
    return path


@contextlib.contextmanager
def new_file(path: Path, *, survives_power_cut: bool = False) -> Iterator[BinaryIO]:
    """A file to write into, a part after another; it has its name once all is written, and an error leaves
    the former one in place. Args, Raises: as for `write_file`.
    """
    make_folder(path.parent)
    if path.is_dir():
        raise ExportError(f"{path} is a folder. Name a file in it.")
    scratch = ""
    try:
        handle, scratch = tempfile.mkstemp(prefix=".new-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(scratch).chmod(0o666 & ~mask)
        Path(scratch).replace(path)
        scratch = ""
        if survives_power_cut:
            _sync_folder(path.parent)
    except OSError as error:
        raise os_error(error, path) from error
    finally:
        if scratch:
            with contextlib.suppress(OSError):
                Path(scratch).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # a folder cannot be opened there; NTFS keeps a journal of names
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
