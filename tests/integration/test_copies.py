"""Copies, restores and updates of the database: any path, full and read-only disks, twice at once, killed
anywhere.

OUTREACH_SOAK=1 kills each of them at 100 points; without it, at fewer.
"""

import contextlib
import os
import random
import select
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import text

from outreach.cli.main import main
from outreach.errors import (
    DatabaseBrokenError,
    DatabaseBusyError,
    DatabaseError,
    DatabaseNewerError,
    DiskFailedError,
    DiskFullError,
    FileThereError,
    OutreachError,
    ReadOnlyError,
    UsageError,
)
from outreach.store import backup as copies
from outreach.store import migrate, sqlite_files
from outreach.store.backup import backup, restore
from outreach.store.database import Database, check, open_database
from outreach.store.sqlite_files import file_of, scratch_in, side_files, sweep

OLD, *_, FORMER, _ = sorted((Path(__file__).parents[1] / "databases").glob("*.db"))
KILLS = 100 if os.environ.get("OUTREACH_SOAK") else 20
ODD_NAMES = [
    "a#b.db",
    "what?.db",
    "a?mode=memory.db",
    "%41.db",
    "100%.db",
    "two  spaces .db",
    'it\'s "quoted".db',
    "Обращение ёжика.db",
    "new\nline.db",
    "back\\slash.db",
    "-leading.db",
    "~tilde.db",
    "file:x.db",
    "sqlite:memory.db",
    ":memory:",
    "no suffix",
    "ß" * 120 + ".db",
]


def people(path: Path) -> list[str]:
    """Names in a database, read by another library than the app's."""
    with contextlib.closing(sqlite3.connect(path.absolute().as_uri() + "?mode=ro", uri=True)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM person ORDER BY id")]


def rename_all(path: Path, name: str) -> None:
    database = open_database(path)
    with contextlib.closing(database), database.write() as session:
        session.execute(text("UPDATE person SET name = :name"), {"name": name})


def strays(*folders: Path) -> list[str]:
    """Scratch files and folders that a run left."""
    return [p.name for f in folders if f.exists() for p in f.iterdir() if "copy-" in p.name]


@contextlib.contextmanager
def disk(folder: Path, size: str) -> Iterator[Path]:
    """A small file system of its own, gone at the end."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("this user may not mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def read_only(folder: Path, *, on: bool = True) -> None:
    subprocess.run(["mount", "-o", "remount," + ("ro" if on else "rw"), str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Use up all room of a file system."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return filler


@pytest.fixture(params=[False, True], ids=["in a file", "in a folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Path]:
    def made(name: str) -> Path:
        if not request.param:
            return tmp_path / name
        folder = tmp_path / name.removesuffix(".db")
        folder.mkdir(exist_ok=True)
        return folder / "outreach.db"

    return made


@pytest.mark.parametrize("name", ODD_NAMES)
def test_copies_updates_and_restores_work_whatever_the_path_holds(
    name: str, place: Callable[[str], Path]
) -> None:
    path = place(name)
    shutil.copy(OLD, path)
    before = people(path)
    open_database(path).close()
    (made,) = (path.parent / "backups").iterdir()
    assert people(made) == before, "the copy before the update"
    copy = backup(path, path.parent / f"copy of {name}"[:80])
    assert people(copy) == before
    rename_all(path, "Changed")
    aside = restore(copy, path)
    assert people(path) == before
    assert aside is not None and set(people(aside)) == {"Changed"}
    database = open_database(path)
    assert check(database) == []
    database.close()
    assert strays(path.parent, path.parent / "backups") == []


@pytest.mark.parametrize("name", ["a#b.db", "what?.db", "%41.db", "it's.db", "Дело.db"])
def test_the_terminal_copies_checks_and_restores_under_any_path(
    name: str, sample_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sample_path.rename(tmp_path / name)
    before = people(path)
    copy = tmp_path / f"copy {name}"
    assert main(["--database", str(path), "backup", str(copy)]) == 0
    rename_all(path, "Changed")
    assert main(["--database", f"sqlite:///{path}", "restore", str(copy)]) == 0
    assert main(["--database", f"sqlite:///{path}", "check"]) == 0
    assert people(path) == before
    printed = capsys.readouterr().out
    assert f"Copied to {copy}." in printed and "in order" in printed


def test_an_address_of_a_file_is_taken_as_it_stands() -> None:
    assert file_of("sqlite:////tmp/a?b%41#c.db") == Path("/tmp/a?b%41#c.db")
    assert file_of("sqlite:///rel.db") == Path("rel.db")
    assert file_of("postgresql://host/name") is None
    assert file_of("sqlite://") is None and file_of("sqlite:///:memory:") is None
    assert file_of(Path("odd://name")) == Path("odd:/name")
    assert file_of("~nobody-of-this-name/x.db") == Path("~nobody-of-this-name/x.db")


def test_a_path_that_is_too_long_is_told_as_such(tmp_path: Path) -> None:
    folder = tmp_path
    while len(os.fsencode(folder)) < 520:
        folder = folder / ("d" * 60)
    folder.mkdir(parents=True)
    for step in (
        lambda: open_database(folder / "x.db", create=True),
        lambda: backup(Path(shutil.copy(OLD, folder / "old.db")), tmp_path / "copy.db"),
    ):
        with pytest.raises(DatabaseError, match="too long for a database"):
            step()
    with pytest.raises(OutreachError, match="name too long"):
        open_database(tmp_path / ("n" * 300), create=True)


def test_a_missing_database_is_named_as_it_would_be_typed(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError) as told:
        open_database(tmp_path / "it's not there #1.db")
    assert shlex.quote(str(tmp_path / "it's not there #1.db")) in str(told.value)


def test_a_copy_that_lacks_rows_is_not_called_a_copy(
    sample_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = copies._contents
    seen: list[int] = []

    def one_row_less(connection: object) -> object:
        found = real(connection)
        seen.append(1)
        if len(seen) == 2:
            found.counts["person"] -= 1
        return found

    monkeypatch.setattr(copies, "_contents", one_row_less)
    with pytest.raises(DiskFailedError, match="did not come out as its original"):
        backup(sample_path, tmp_path / "copies" / "copy.db")
    assert list((tmp_path / "copies").iterdir()) == []


def test_a_copy_of_a_damaged_database_is_not_called_a_copy(sample_path: Path, tmp_path: Path) -> None:
    content = bytearray(sample_path.read_bytes())
    for page in range(20, 60):
        content[page * 4096 : page * 4096 + 400] = os.urandom(400)
    sample_path.write_bytes(content)
    with pytest.raises(DatabaseBrokenError, match="damaged"):
        backup(sample_path, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_an_existing_file_is_replaced_only_when_that_is_said(
    sample_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "diary.txt"
    target.write_text("dear diary")
    with pytest.raises(FileThereError, match="already"):
        backup(sample_path, target)
    assert main(["--database", str(sample_path), "backup", str(target)]) == 1
    assert "--replace" in capsys.readouterr().err
    assert target.read_text() == "dear diary"
    assert main(["--database", str(sample_path), "backup", "--replace", str(target)]) == 0
    assert people(target) == people(sample_path)
    with pytest.raises(UsageError, match="is a folder"):
        backup(sample_path, tmp_path)


def test_a_copy_is_not_put_where_an_old_log_would_be_played_into_it(
    sample_path: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copy(sample_path, tmp_path / "other.db"))
    open_elsewhere = open_database(other)
    with pytest.raises(UsageError, match="working files"):
        backup(sample_path, other, replace=True)
    open_elsewhere.close()
    backup(sample_path, other, replace=True)


def test_two_restores_within_a_second_keep_both_former_databases(
    sample_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = people(sample_path)
    copy = backup(sample_path, tmp_path / "copy.db")
    rename_all(sample_path, "First")
    first = restore(copy, sample_path)
    second = restore(copy, sample_path)
    third = restore(copy, sample_path)
    assert first and second and third
    assert len({first, second, third}) == 3
    assert set(people(first)) == {"First"}
    assert people(second) == people(third) == people(sample_path) == original


def test_what_was_only_in_the_log_is_kept_when_a_copy_takes_the_place(
    sample_path: Path, tmp_path: Path
) -> None:
    copy = backup(sample_path, tmp_path / "copy.db")
    database = open_database(sample_path)
    with database.write() as session:
        session.execute(text("UPDATE person SET name = 'Only in the log'"))
    cut_off = tmp_path / "cut" / "outreach.db"
    cut_off.parent.mkdir()
    for part in (sample_path, *side_files(sample_path)):
        shutil.copy(part, cut_off.parent / part.name)
    database.close()
    assert side_files(cut_off)
    aside = restore(copy, cut_off)
    assert aside is not None and set(people(aside)) == {"Only in the log"}
    assert people(cut_off) == people(copy)
    assert side_files(cut_off) == []


def test_the_log_of_a_damaged_database_goes_aside_with_it(sample_path: Path, tmp_path: Path) -> None:
    copy = backup(sample_path, tmp_path / "copy.db")
    sample_path.write_bytes(b"broken" * 1000)
    log = Path(f"{sample_path}-wal")
    log.write_bytes(b"what the log held")
    aside = restore(copy, sample_path)
    assert aside is not None and aside.read_bytes() == b"broken" * 1000
    assert Path(f"{aside}-wal").read_bytes() == b"what the log held"
    assert people(sample_path) == people(copy) and side_files(sample_path) == []


def test_a_log_without_its_database_is_not_played_into_the_copy(sample_path: Path, tmp_path: Path) -> None:
    copy = backup(sample_path, tmp_path / "copy.db")
    database = open_database(sample_path)
    with database.write() as session:
        session.execute(text("UPDATE person SET name = 'Old log'"))
    place = tmp_path / "gone" / "outreach.db"
    place.parent.mkdir()
    shutil.copy(f"{sample_path}-wal", f"{place}-wal")
    database.close()
    restore(copy, place)
    assert people(place) == people(copy)
    assert [p.name.endswith("-wal") for p in (place.parent / "backups").iterdir()] == [True]


def test_a_database_that_is_open_elsewhere_is_not_replaced(sample_path: Path, tmp_path: Path) -> None:
    copy = backup(sample_path, tmp_path / "copy.db")
    rename_all(sample_path, "Mine")
    script = (
        "import sys; from pathlib import Path; from outreach.store.database import open_database\n"
        "database = open_database(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(sample_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdin is not None and other.stdout is not None
    try:
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(DatabaseBusyError, match="open in another window or program"):
            restore(copy, sample_path)
        assert set(people(sample_path)) == {"Mine"}
        assert strays(tmp_path) == []
    finally:
        other.communicate()
    restore(copy, sample_path)
    assert people(sample_path) == people(copy)


def test_opening_a_database_twice_keeps_the_locks_of_the_first(sample_path: Path, tmp_path: Path) -> None:
    # POSIX drops all locks of a process on a file when any handle to it is closed.
    copy = backup(sample_path, tmp_path / "copy.db")
    database = open_database(sample_path)
    open_database(sample_path).close()
    done = subprocess.run(
        [sys.executable, "-m", "outreach", "--database", str(sample_path), "restore", str(copy)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1 and "open in another window" in done.stderr
    database.close()


def test_a_database_is_not_restored_from_itself(sample_path: Path) -> None:
    with pytest.raises(UsageError, match="is the database itself"):
        restore(sample_path, sample_path)


def test_a_copy_of_a_newer_version_is_not_restored(sample_path: Path, tmp_path: Path) -> None:
    copy = backup(sample_path, tmp_path / "copy.db")
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(DatabaseNewerError, match="nothing was restored"):
        restore(copy, sample_path)
    assert not (tmp_path / "backups").exists()


def test_a_database_behind_a_link_is_replaced_where_it_lies(sample_path: Path, tmp_path: Path) -> None:
    copy = backup(sample_path, tmp_path / "copy.db")
    rename_all(sample_path, "Changed")
    link = tmp_path / "desk" / "linked.db"
    link.parent.mkdir()
    link.symlink_to(sample_path)
    restore(copy, link)
    assert link.is_symlink() and people(sample_path) == people(copy)


def test_a_restore_works_where_files_have_one_name_only(
    sample_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(source: object, target: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    copy = backup(sample_path, tmp_path / "copy.db")
    rename_all(sample_path, "Changed")
    monkeypatch.setattr(os, "link", no_links)
    again = backup(copy, tmp_path / "again.db")
    with pytest.raises(FileThereError):
        backup(copy, again)
    asides = {restore(copy, sample_path), restore(again, sample_path)}
    assert len(asides) == 2
    assert sorted(set(people(a)) == {"Changed"} for a in asides if a) == [False, True]
    assert strays(tmp_path, tmp_path / "backups") == []


def test_an_error_while_a_copy_takes_the_place_leaves_all_as_it_was(
    sample_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = backup(sample_path, tmp_path / "copy.db")
    rename_all(sample_path, "Changed")
    Path(f"{sample_path}-shm").write_bytes(b"")

    def refused(self: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(ReadOnlyError):
        restore(copy, sample_path)
    monkeypatch.undo()
    assert set(people(sample_path)) == {"Changed"}
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_good_copy_in_a_read_only_folder_is_restored(sample_path: Path, tmp_path: Path) -> None:
    with disk(tmp_path / "usb", "8m") as usb:
        database = open_database(sample_path)
        with database.write() as session:
            session.execute(text("UPDATE person SET name = 'Second'"))
        for part in (sample_path, *side_files(sample_path)):
            if not part.name.endswith("-shm"):
                shutil.copy(part, usb / part.name.replace("outreach", "with a log"))
        database.close()
        shutil.copy(sample_path, usb / "in log mode.db")
        backup(sample_path, usb / "made by us.db")
        read_only(usb)
        for number, name in enumerate(["with a log.db", "in log mode.db", "made by us.db"]):
            target = tmp_path / f"{number}" / "outreach.db"
            restore(usb / name, target)
            assert set(people(target)) == {"Second"}, name
            backup(usb / name, target.with_name("again.db"))
            assert set(people(target.with_name("again.db"))) == {"Second"}, name
            assert strays(target.parent) == []


def test_nothing_is_written_into_a_read_only_folder_and_that_is_said(
    sample_path: Path, tmp_path: Path
) -> None:
    with disk(tmp_path / "usb", "8m") as usb:
        for name in ("outreach.db", "old.db"):
            shutil.copy(OLD if name == "old.db" else sample_path, usb / name)
        read_only(usb)
        with pytest.raises(ReadOnlyError, match="cannot be written"):
            backup(sample_path, usb / "copy.db")
        with pytest.raises(ReadOnlyError, match="cannot be written"):
            restore(sample_path, usb / "outreach.db")
        with pytest.raises(
            ReadOnlyError, match=r"no copy of it could be kept in .*backups .*was not changed"
        ):
            open_database(usb / "old.db")
        assert people(usb / "old.db") == people(OLD)
        assert sorted(p.name for p in usb.iterdir()) == ["old.db", "outreach.db"]


def test_a_full_disk_is_called_full_and_loses_nothing(sample_path: Path, tmp_path: Path) -> None:
    with disk(tmp_path / "small", "6m") as small:
        path, old = (
            Path(shutil.copy(sample_path, small / "outreach.db")),
            Path(shutil.copy(OLD, small / "old.db")),
        )
        before, old_before = people(path), people(old)
        filler = fill(small)
        steps: list[Callable[[], object]] = [
            lambda: backup(sample_path, small / "copy.db"),
            lambda: restore(sample_path, path),
            lambda: open_database(old),
        ]
        for step in steps:
            with pytest.raises(DiskFullError, match="full"):
                step()
            assert strays(small, small / "backups") == []
        with pytest.raises(DiskFullError, match="full"):
            rename_all(path, "Changed")
        assert people(path) == before and people(old) == old_before
        assert not (small / "copy.db").exists()
        filler.unlink()
        database = open_database(path)
        assert check(database) == []
        database.close()
        open_database(old).close()
        rename_all(path, "Changed")
        restore(sample_path, path)
        assert people(path) == before


def test_an_update_without_room_for_its_copy_names_the_folder(tmp_path: Path) -> None:
    with disk(tmp_path / "small", "3m") as small:
        path = Path(shutil.copy(OLD, small / "outreach.db"))
        fill(small)
        with pytest.raises(DiskFullError) as told:
            open_database(path)
        assert str(small / "backups") in str(told.value) and "was not changed" in str(told.value)


def test_copies_before_an_update_within_a_second_get_names_of_their_own(
    sample_path: Path, tmp_path: Path
) -> None:
    made = {copies.backup_before_migration(sample_path, "0001") for _ in range(3)}
    assert len(made) == 3
    assert all(people(copy) == people(sample_path) for copy in made)


def test_two_that_open_an_old_database_at_once_update_it_once(tmp_path: Path) -> None:
    path = Path(shutil.copy(OLD, tmp_path / "old.db"))
    together = Barrier(3)

    def opened(number: int) -> Database:
        together.wait(30)
        return open_database(path)

    with ThreadPoolExecutor(3) as pool:
        databases = list(pool.map(opened, range(3)))
    for database in databases:
        with database.read() as session:
            assert session.execute(text("SELECT version_num FROM alembic_version")).scalar() == migrate.head()
        database.close()
    assert len(list((tmp_path / "backups").iterdir())) == 1


def test_who_waits_too_long_for_an_update_is_told(sample_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_files, "_TURN_SECONDS", 0.0)
    with sqlite_files.turn_at(sample_path), pytest.raises(DatabaseBusyError, match="Another outreach"):
        open_database(sample_path)


def test_scratch_of_killed_runs_is_cleared_and_nothing_else(sample_path: Path, tmp_path: Path) -> None:
    left = tmp_path / ".outreach-copy-abc"
    left.mkdir()
    for name in ("copy.db", "copy.db-journal", "origin.db", "origin.db-wal"):
        (left / name).write_bytes(b"half")
    former, fresh = tmp_path / ".copy-ab12_x9z.db", tmp_path / ".copy-zz12_x9z.db"
    for file in (former, fresh):
        file.write_bytes(b"half")
    os.utime(former, (1, 1))
    own = tmp_path / ".outreach-copy-of-mine"
    own.mkdir()
    (own / "notes.txt").write_text("mine")
    with scratch_in(tmp_path) as alive:
        (alive / "copy.db").write_bytes(b"being made")
        open_database(sample_path).close()
        assert (alive / "copy.db").read_bytes() == b"being made"
    assert not left.exists() and not former.exists() and not alive.exists()
    assert fresh.exists(), "another run may be making it"
    assert (own / "notes.txt").read_text() == "mine"
    sweep(tmp_path / "no such folder")


def test_a_restore_killed_between_its_steps_is_undone_at_the_next_opening(
    sample_path: Path, tmp_path: Path
) -> None:
    before = people(sample_path)
    folder = tmp_path / "backups"
    folder.mkdir()
    second_name = folder / "outreach-replaced-20110126-120000.db"
    os.link(sample_path, second_name)
    kept = folder / "outreach-replaced-20100101-120000.db"
    shutil.copy(sample_path, kept)
    open_database(sample_path).close()
    assert not second_name.exists() and kept.exists()
    assert people(sample_path) == before


# Loads the program once, then forks for each line it reads a child that does one thing to a database and
# kills itself at the line of the store's code whose number it was given (0: it lives, and says how many there
# were), or is killed from outside.
NURSERY = """
import os, signal, sys
from pathlib import Path
import outreach.store.database, outreach.store.backup, outreach.store.sqlite_files
from outreach.store.backup import backup, restore
from outreach.store.database import open_database
ROOM = str(Path(outreach.store.database.__file__).parent)

def work(what, path, copy):
    if what == "backup":
        backup(path, path.parent / "made.db", replace=True)
    elif what == "restore":
        restore(copy, path)
    else:
        open_database(path).close()

print("ready", flush=True)
for line in sys.stdin:
    what, at, path, copy = line.rstrip("\\n").split("\\t")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        last, passed = int(at), 0
        def trace(frame, event, argument):
            if not frame.f_code.co_filename.startswith(ROOM):
                return None
            global passed
            passed += 1
            if passed == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return trace
        if last >= 0:
            sys.settrace(trace)
        code = 1
        try:
            work(what, Path(path), Path(copy))
            code = 0
        finally:
            sys.settrace(None)
            os.write(writing, str(passed).encode())
            os._exit(code)
    os.close(writing)
    print(child, flush=True)
    status = os.waitpid(child, 0)[1]
    counted = os.read(reading, 100).decode() or "0"
    os.close(reading)
    print(os.waitstatus_to_exitcode(status), counted, flush=True)
"""


class Nursery:
    """Runs one thing at a time in a process that may be killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._line() == "ready"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode().strip()

    def run(self, what: str, path: Path, copy: Path, *, line: int = -1, after: float = -1) -> tuple[int, int]:
        """Args: line: kill it there, 0 for never. after: kill it from outside after some seconds.

        Returns: exit code and lines passed.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\t{line}\t{path}\t{copy}\n".encode())
        self._process.stdin.flush()
        child = int(self._line())
        if after >= 0:
            ended, _, _ = select.select([self._process.stdout], [], [], after)
            if not ended:
                os.kill(child, signal.SIGKILL)
        code, passed = self._line().split()
        return int(code), int(passed)

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.mark.parametrize("what", ["backup", "restore", "migration"])
def test_killed_anywhere_nothing_is_lost_and_nothing_half_made_has_a_name(
    what: str, nursery: Nursery, sample_path: Path, tmp_path: Path
) -> None:
    chance = random.Random(20260126)
    former = Path(shutil.copy(FORMER if what == "migration" else sample_path, tmp_path / "former.db"))
    if what != "migration":
        rename_all(former, "Former")
    copy = backup(sample_path, tmp_path / "the copy.db")
    old, new = people(former), people(sample_path)

    def fresh(number: int) -> Path:
        folder = tmp_path / f"run {number} #?%41"
        folder.mkdir()
        return Path(shutil.copy(former, folder / "outreach.db"))

    code, lines = nursery.run(what, fresh(0), copy, line=0)
    assert code == 0 and lines > 50
    killed = 0
    for number in range(1, KILLS + 1):
        path = fresh(number)
        at = {"line": chance.randint(1, lines)} if number % 4 else {"after": chance.uniform(0, 0.15)}
        code, _ = nursery.run(what, path, copy, **at)  # type: ignore[arg-type]
        killed += code == -signal.SIGKILL
        backups = path.parent / "backups"
        assert path.exists(), "at no instant is there no database"
        # What has a name is whole, before anything mends it.
        named = [p for p in path.parent.glob("*.db") if p != path] + list(backups.glob("*.db"))
        for made in named:
            assert people(made) == old, made
        database = open_database(path)
        assert check(database) == []
        with database.read() as session:
            found = list(session.execute(text("SELECT name FROM person ORDER BY id")).scalars())
        database.close()
        assert found == (new if what == "restore" and found != old else old)
        assert found == old or old in [people(p) for p in backups.glob("*-replaced-*")], (
            "the former one is kept"
        )
        assert path.stat().st_nlink == 1
        assert strays(path.parent, backups) == []
    assert nursery.run(what, path, copy)[0] == 0, "it works again"
    assert killed > KILLS // 2
