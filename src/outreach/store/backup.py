"""Copies of the database: by hand, before every migration, and back again.

A copy is made in a scratch folder on the disk it stays on, opened and counted against its original, brought
safely to the disk, and only then given its name. So a name stands for a whole copy or is not there, wherever
a run is killed.
"""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outreach.errors import (
    DatabaseBrokenError,
    DatabaseBusyError,
    DatabaseError,
    DatabaseMissingError,
    DatabaseNewerError,
    DiskFailedError,
    FileThereError,
    OutreachError,
    UsageError,
)
from outreach.files import make_folder
from outreach.store.driver_errors import DRIVER_ERRORS, explain, friendly_errors, result_code
from outreach.store.file_names import NO_LINKS, free_names, give_name, move_file, os_errors, sync_folder
from outreach.store.revisions import known_revisions
from outreach.store.sqlite_files import (
    SIDE_FILES,
    connect,
    file_of,
    is_there,
    scratch_in,
    side_files,
    sweep,
    turn_at,
)

_REPLACED = "-replaced-"


@dataclass(frozen=True)
class _Contents:
    """What a database holds, for comparing a copy with its original. counts: rows by table."""

    revision: str | None
    schema: tuple[tuple[str, ...], ...]
    counts: dict[str, int]
    orphans: tuple[tuple[Any, ...], ...]


def copied_file(location: str | Path) -> Path:
    """The file of a database that copies are made of. Raises: UsageError for one on a server."""
    path = file_of(location)
    if path is None:
        raise UsageError("Copies are made of database files. Use the server's own tools for a server.")
    return path


def backup(source: Path, target: Path, *, replace: bool = False) -> Path:
    """Copy a database, open or not, to a file that is whole or not there at all.

    Uses SQLite's backup interface, so writes that are under way are not torn.

    Args: replace: whether a file that is there already may give way.
    Returns: target. Raises: FileThereError if the target is there and may not be replaced; OutreachError if
        the source is missing or damaged, the target cannot be written, or the copy does not hold what its
        original holds.
    """
    if not is_there(source):
        raise DatabaseMissingError(f"There is no database at {source}, so there is nothing to copy.")
    for path in (source, target):
        if is_there(path) and path.is_dir():
            raise UsageError(f"{path} is a folder. Name a file in it.")
    if is_there(target) and target.samefile(source):
        raise OutreachError("A copy cannot lie where the database itself lies. Name another file.")
    place = Path(os.path.realpath(target))
    make_folder(place.parent)
    if is_there(place) and not replace:
        raise _is_there_already(target)
    if side_files(place):
        raise UsageError(
            f"Beside {target} lie working files of a database that is open, or was cut off. Name another "
            "file."
        )
    sweep(place.parent)
    with os_errors(target), scratch_in(place.parent) as scratch:
        made, _ = _copied(source, scratch, target)
        if replace:
            made.replace(place)
        else:
            try:
                give_name(made, place)
            except FileExistsError as error:
                raise _is_there_already(target) from error
        sync_folder(place.parent)
    return target


def _is_there_already(target: Path) -> FileThereError:
    return FileThereError(
        f"There is a file at {target} already; it was left as it is. Name another file, or let it be "
        "replaced with --replace."
    )


def backup_before_migration(path: Path, revision: str) -> Path:
    """Copy a database to ``backups/`` beside it, named by the revision it is at and the time.

    Returns: the copy. Raises: OutreachError naming the folder and what to do; the database is unchanged.
    """
    folder = path.parent / "backups"
    try:
        make_folder(folder)
        with os_errors(folder), scratch_in(folder) as scratch:
            made, _ = _copied(path, scratch, folder)
            for wanted in free_names(folder, path, f"-{revision}-"):
                with contextlib.suppress(FileExistsError):
                    give_name(made, wanted)
                    sync_folder(folder)
                    return wanted
    except OutreachError as error:
        raise type(error)(
            f"{path} must be updated, and no copy of it could be kept in {folder} before; so it was not "
            f"changed. {error}"
        ) from error
    raise AssertionError("names are never used up")


def restore(copy: Path, path: Path) -> Path | None:
    """Put a copy in the place of the database.

    Under its name lies the former or the new one at every instant.

    What was there is kept in ``backups/``, even if it is damaged, with what its working files held.

    Returns: where the former database went, None if there was none.
    Raises: DatabaseBusyError while a program has the database open; DatabaseBrokenError if the copy is not a
        whole database, DatabaseNewerError if a newer version wrote it; DiskFullError, ReadOnlyError. Nothing
        is then changed.
    """
    if not is_there(copy):
        raise DatabaseMissingError(f"There is no file {copy}. Name a copy made with: outreach backup")
    if is_there(path) and copy.samefile(path):
        raise UsageError(
            f"{copy} is the database itself. Name a copy of it, such as one in its backups folder."
        )
    for given in (copy, path):
        if is_there(given) and given.is_dir():
            raise UsageError(f"{given} is a folder. Name a file in it.")
    place = Path(os.path.realpath(path))
    make_folder(place.parent)
    with turn_at(place), os_errors(path):
        tidy(place)
        with scratch_in(place.parent) as scratch:
            made = _restorable(copy, scratch, path)
            if is_there(place):
                made.chmod(place.stat().st_mode & 0o777 | 0o600)
            aside = _exchange(made, place, path)
            sync_folder(place.parent)
    return aside


def tidy(path: Path) -> None:
    """Clear up what killed runs left at a database: scratch files, and a restore that had not come to its
    end.

    Only while it is our turn at the folder (`turn_at`).
    """
    backups = path.parent / "backups"
    for folder in (path.parent, backups):
        sweep(folder)
    with contextlib.suppress(OSError):
        if path.stat().st_nlink > 1:
            # The database under a second name: the restore that set it aside never put the copy in its place.
            for second in list(backups.iterdir()):
                if _REPLACED in second.name and second.samefile(path):
                    _take_back(path, second)


def _restorable(copy: Path, scratch: Path, path: Path) -> Path:
    """A copy of the copy, ready beside the database."""
    broken = f"{copy} is damaged or not an outreach database, so nothing was restored. Choose another copy."
    try:
        made, contents = _copied(copy, scratch, path)
    except DatabaseBrokenError as error:
        raise DatabaseBrokenError(broken) from error
    if "letter_event" not in contents.counts or contents.revision is None:
        raise DatabaseBrokenError(broken)
    if contents.revision not in known_revisions():
        raise DatabaseNewerError(
            f"{copy} was written by a newer version of outreach (schema {contents.revision}), so nothing "
            "was restored. Install the newest version, or choose another copy."
        )
    return made


def _copied(source: Path, scratch: Path, shown: Path) -> tuple[Path, _Contents]:
    """A copy in a scratch folder, compared with its original and brought to the disk.

    shown: what it is to become.
    """
    made = scratch / "copy.db"
    os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with friendly_errors(str(source), str(shown)), _reading(source, scratch) as origin:
        origin.execute("BEGIN")  # what is counted and what is copied are one state
        wanted = _contents(origin)
        copy = connect(made)
        try:
            origin.backup(copy)
            # One file without a log: it opens where nothing may be written beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
        finally:
            copy.close()
        copy = connect(made, mode="ro")
        try:
            found = _contents(copy)
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        finally:
            copy.close()
        if verdict != "ok" and origin.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise DatabaseBrokenError(
                f"{source} is damaged, so a copy of it would be damaged too, and none was kept. Restore an "
                "older copy from the backups folder beside it with: outreach restore"
            )
    if verdict != "ok" or found != wanted:
        raise DiskFailedError(
            f"The copy for {shown} did not come out as its original and was not kept. Check the disk, then "
            "try again."
        )
    handle = os.open(made, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return made, wanted


@contextlib.contextmanager
def _reading(source: Path, scratch: Path) -> Iterator[Any]:
    """A connection that reads a database, also one with a log in a folder where nothing may be written."""
    with friendly_errors(str(source)):
        connection = connect(source, mode="ro")
    try:
        with friendly_errors(str(source)):
            try:
                connection.execute(_ANY_READ).fetchone()
            except DRIVER_ERRORS as error:
                if result_code(error) not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}:
                    raise
                connection.close()
                connection = _reading_apart(source, scratch)
                connection.execute(_ANY_READ).fetchone()
        yield connection
    finally:
        connection.close()


_ANY_READ = "SELECT count(*) FROM sqlite_master"


def _reading_apart(source: Path, scratch: Path) -> Any:
    # SQLite wants to write an index beside a log. Without a log there is nothing to miss in the file itself.
    logs = [side for side in side_files(source) if not side.name.endswith("-shm") and side.stat().st_size]
    if not logs:
        return connect(source, mode="ro", immutable=True)
    for part in (source, *logs):
        shutil.copyfile(part, scratch / ("origin.db" + part.name[len(source.name) :]))
    return connect(scratch / "origin.db")


def _contents(connection: Any) -> _Contents:
    schema = connection.execute(
        "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY type, name"
    ).fetchall()
    names = [n for kind, n, _, sql in schema if kind == "table" and not sql.startswith("CREATE VIRTUAL")]
    counts = {}
    for name in names:
        quoted = name.replace('"', '""')
        counts[name] = connection.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0]
    revision = None
    if "alembic_version" in counts:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        revision = str(row[0]) if row else None
    orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    return _Contents(revision, tuple(schema), counts, tuple(orphans))


def _exchange(made: Path, path: Path, shown: Path) -> Path | None:
    """Put a finished copy in a database's place. Returns: where the former one and its working files went."""
    was_there = is_there(path)
    is_whole = was_there and _folded(path, shown)
    sides = side_files(path)
    if is_whole and any(side.stat().st_size for side in sides if not side.name.endswith("-shm")):
        raise _is_open(shown)  # somebody came in the meantime
    if not was_there and not sides:
        give_name(made, path)
        return None
    folder = make_folder(path.parent / "backups")
    aside = _set_aside(path, folder) if was_there else next(free_names(folder, path, _REPLACED))
    try:
        # Before the copy has the name: SQLite would play the log of the former database into it.
        for side in sides:
            move_file(side, aside.with_name(aside.name + side.name[len(path.name) :]))
        sync_folder(folder)
        made.replace(path)
    except BaseException:
        if is_there(made):
            _take_back(path, aside)
        raise
    return aside if was_there else None


def _folded(path: Path, shown: Path) -> bool:
    """Bring a database's log into its file. Returns: False if it is too damaged for that.

    Raises: DatabaseBusyError while any program has it open: SQLite gives up a log to its last user only.
    """
    connection = connect(path, mode="ro", timeout=1.0)
    try:
        try:
            connection.execute(_ANY_READ).fetchone()
        except DRIVER_ERRORS as error:
            if result_code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
                return False  # and its log stays as it is: closing it for writing would throw it away
        connection.close()
        connection = connect(path, timeout=1.0)
        mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("ROLLBACK")
    except DRIVER_ERRORS as error:
        explained = explain(error, str(shown), str(shown))
        if isinstance(explained, DatabaseBrokenError | DiskFailedError):
            return False
        if isinstance(explained, DatabaseBusyError):
            raise _is_open(shown) from error
        if explained is None:
            raise
        raise explained from error
    finally:
        connection.close()
    if mode != "delete":
        raise _is_open(shown)
    return True


def _is_open(shown: Path) -> DatabaseError:
    return DatabaseBusyError(
        f"{shown} is open in another window or program, so nothing was restored. Close it there, and try "
        "again."
    )


def _set_aside(path: Path, folder: Path) -> Path:
    """Give a database a second name in a folder, never one that is taken.

    Its own name stays until the copy takes it.
    """
    for wanted in free_names(folder, path, _REPLACED):
        try:
            os.link(path, wanted)
        except FileExistsError:
            continue
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            with scratch_in(folder) as scratch:
                shutil.copy2(path, scratch / "copy.db")
                give_name(scratch / "copy.db", wanted)
        return wanted
    raise AssertionError("names are never used up")


def _take_back(path: Path, aside: Path) -> None:
    """Undo a setting aside that came to no end: the working files return, the second name goes."""
    for suffix in SIDE_FILES:
        side, own = aside.with_name(aside.name + suffix), path.with_name(path.name + suffix)
        if is_there(side) and not is_there(own):
            move_file(side, own)
    if is_there(path):
        aside.unlink(missing_ok=True)
