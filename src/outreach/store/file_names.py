"""Names given to files beside the database, so that none takes another's place."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from outreach.files import os_error
from outreach.store.sqlite_files import is_there, side_files

_LONGEST_NAME_BYTES = 255 - len("-journal")
# What file systems answer that know no second name of a file, or none on another disk.
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}


def free_names(folder: Path, path: Path, middle: str) -> Iterator[Path]:
    """Names for a copy of a database that nobody has yet, each next one with a number more."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    number = 1
    while True:
        ending = f"{middle}{stamp}{f'-{number}' if number > 1 else ''}{path.suffix}"
        stem = path.stem
        while len(os.fsencode(stem + ending)) > _LONGEST_NAME_BYTES and stem:
            stem = stem[:-1]
        wanted = folder / (stem + ending)
        if not is_there(wanted) and not side_files(wanted):
            yield wanted
        number += 1


def give_name(made: Path, wanted: Path) -> None:
    """Name a finished file. Raises: FileExistsError if the name is taken; nothing is ever written over."""
    if os.name == "nt":
        made.rename(wanted)
        return
    try:
        os.link(made, wanted)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        os.close(os.open(wanted, os.O_CREAT | os.O_EXCL))
        made.replace(wanted)
    else:
        made.unlink()


def move_file(part: Path, target: Path) -> None:
    """Move a file to a name, also on another disk."""
    try:
        part.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copy2(part, target)
        part.unlink()


def sync_folder(folder: Path) -> None:
    """Bring names to the disk, where the system lets folders be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def os_errors(path: Path) -> Iterator[None]:
    """Raise what the system refuses as an error that names the file. Raises: OutreachError."""
    try:
        yield
    except OSError as error:
        raise os_error(error, path) from error
