"""The database: guards, migrations with their copy, damage, and full disks."""

import contextlib
import enum
import errno
import os
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlite_driver
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from outreach import files
from outreach.cases.campaigns import campaigns_list
from outreach.correspondence.replies import raw_message
from outreach.domain.states import MessageState
from outreach.errors import (
    DatabaseBrokenError,
    DatabaseBusyError,
    DatabaseError,
    DatabaseMissingError,
    DatabaseNewerError,
    DiskFailedError,
    DiskFullError,
    NotFoundError,
    OutreachError,
    ReadOnlyError,
)
from outreach.letters.sandbox import TemplateSandbox
from outreach.store import migrate
from outreach.store.backup import backup, restore
from outreach.store.database import Database, WriteInReadError, check, open_database
from outreach.store.driver_errors import friendly_errors
from outreach.store.models import Dispatch, FollowUp, Letter, LetterEvent, Message, Person
from outreach.store.revisions import known_revisions
from outreach.store.search import matching_ids
from outreach.store.sqlite_files import connect
from outreach.store.types import Base
from tests import factories

DATABASES = sorted((Path(__file__).parents[1] / "databases").glob("*.db"))


def test_foreign_keys_wal_and_full_text_are_on(database: Database) -> None:
    with database.read() as session:
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        found = session.execute(
            text("SELECT count(*) FROM search_index WHERE search_index MATCH 'schaake'")
        ).scalar()
    assert found
    with pytest.raises((OutreachError, IntegrityError)), database.write() as session:
        session.execute(
            text("INSERT INTO membership (person_id, organization_id, role) VALUES (9999, 9999, '')")
        )


def test_an_instant_comes_back_as_the_same_instant(database: Database, sandbox: TemplateSandbox) -> None:
    factories.drafted(database, sandbox, "Theresa May")
    noon = datetime(2011, 1, 26, 12, tzinfo=timezone(timedelta(hours=3)))
    with database.write() as session:
        letter = session.scalars(select(Letter).where(Letter.origin == "own")).one()
        letter.created_at = noon
    with database.read() as session:
        stored = session.scalars(select(Letter.created_at).where(Letter.origin == "own")).one()
    assert stored == noon
    assert stored.tzinfo is UTC
    with pytest.raises(Exception, match=r"time zone|naive"), database.write() as session:
        session.scalars(select(Letter).where(Letter.origin == "own")).one().created_at = datetime(2011, 1, 1)  # noqa: DTZ001


def test_history_can_only_be_added_to(database: Database, sandbox: TemplateSandbox) -> None:
    factories.drafted(database, sandbox, "Theresa May")
    for statement in ("UPDATE letter_event SET by = 'me'", "DELETE FROM letter_event"):
        with pytest.raises((OutreachError, IntegrityError)), database.write() as session:
            session.execute(text(statement))
    with database.read() as session:
        assert "me" not in session.scalars(select(LetterEvent.by)).all()


def test_an_approved_text_cannot_be_changed_even_in_sql(database: Database, sandbox: TemplateSandbox) -> None:
    reference = factories.approved(database, sandbox, "Theresa May")[0]
    for statement in (
        "UPDATE letter SET body = 'other' WHERE reference = :r",
        "UPDATE letter_fact SET value = 'other'",
        "DELETE FROM letter_fact",
        "DELETE FROM letter_ask",
        "DELETE FROM letter WHERE reference = :r",
    ):
        with pytest.raises((OutreachError, IntegrityError)), database.write() as session:
            session.execute(text(statement), {"r": reference} if ":r" in statement else {})
    assert check(database) == []


def test_models_and_migrations_agree(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = [d for d in compare_metadata(context, Base.metadata) if "search_" not in str(d)]
    assert differences == []


def test_there_is_a_populated_database_of_every_schema() -> None:
    known = {s.revision for s in migrate.script_directory().walk_revisions()}
    assert {p.stem for p in DATABASES} == known == known_revisions()
    assert migrate.script_directory().get_current_head() == migrate.head()


@pytest.mark.parametrize("old", DATABASES, ids=lambda p: p.stem)
def test_a_database_of_every_schema_opens_with_all_its_rows(old: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(old, tmp_path / "old.db"))
    connection = sqlite3.connect(path)
    before = connection.execute("SELECT count(*) FROM letter").fetchone()[0]
    connection.close()
    database = open_database(path)
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM letter")).scalar() == before > 5
        assert campaigns_list(session)[0].id == "magnitsky"
    assert check(database) == []
    database.close()
    copies = list((tmp_path / "backups").glob("*.db")) if old.stem != migrate.head() else []
    assert bool(copies) == (old.stem != migrate.head())


def test_the_messages_of_answers_move_whole_and_answers_stay_found(tmp_path: Path) -> None:
    path = Path(shutil.copy(DATABASES[1], tmp_path / "old.db"))
    connection = sqlite3.connect(path)
    raw = b"From: a@b.example\r\nSubject: x\r\n\r\nWe agree."
    connection.execute("UPDATE reply SET raw = ?, text = 'Zanzibar agrees' WHERE id = 1", (raw,))
    connection.commit()
    before = connection.execute("SELECT count(*) FROM citation").fetchone()
    connection.close()
    database = open_database(path)
    with database.write() as session:
        assert session.execute(text("SELECT count(*) FROM citation")).one() == before
        assert raw_message(session, 1) == raw
        with pytest.raises(NotFoundError):
            raw_message(session, 2)
        session.execute(text("UPDATE reply SET text = 'Madagascar agrees' WHERE id = 1"))
        assert matching_ids(session, "Madagascar", "letter") and not matching_ids(
            session, "Zanzibar", "letter"
        )
    assert check(database) == []
    database.close()


def test_a_copy_is_made_before_a_migration_and_a_failing_one_changes_nothing(
    sample_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = open_database(sample_path)
    before.close()
    connection = sqlite3.connect(sample_path)
    rows = connection.execute("SELECT count(*) FROM person").fetchone()[0]
    connection.close()

    def lose(engine: object, scripts: object, wanted: object) -> None:
        raise DatabaseBrokenError("The update of the database would have lost rows, so it was undone.")

    monkeypatch.setattr(migrate, "head", lambda: "9999")
    monkeypatch.setattr(migrate, "_run", lose)
    with pytest.raises(DatabaseBrokenError, match="undone"):
        open_database(sample_path)
    copies = list((sample_path.parent / "backups").glob("*.db"))
    assert len(copies) == 1
    connection = sqlite3.connect(copies[0])
    assert connection.execute("SELECT count(*) FROM person").fetchone()[0] == rows
    connection.close()


def test_a_newer_database_is_left_alone(sample_path: Path) -> None:
    connection = sqlite3.connect(sample_path)
    connection.execute("UPDATE alembic_version SET version_num = '9999_future'")
    connection.commit()
    connection.close()
    content = sample_path.read_bytes()
    with pytest.raises(DatabaseNewerError, match="newer version"):
        open_database(sample_path)
    assert sample_path.read_bytes() == content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"This is no database. " * 400, "not an outreach database"),
        (b"SQLite format 3\x00" + b"\xff" * 9000, "."),
    ],
)
def test_a_broken_file_is_named_and_kept(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "broken.db"
    path.write_bytes(content)
    with pytest.raises(DatabaseBrokenError, match=message):
        open_database(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title)")
    connection.close()
    with pytest.raises(DatabaseBrokenError, match="not outreach"):
        open_database(path)


def test_a_missing_database_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissingError, match=r"outreach --database .* init"):
        open_database(tmp_path / "none.db")
    with pytest.raises(DatabaseError):
        open_database(tmp_path / "no" / "such" / "folder.db")


def test_a_folder_that_may_not_be_written_says_so() -> None:
    with pytest.raises(DatabaseError, match=r"Choose another|cannot be written"):
        open_database(Path("/proc/outreach.db"), create=True)
    with pytest.raises(OutreachError, match=r"Choose another|cannot be written"):
        files.write_file(Path("/proc/letter.pdf"), b"x")


def test_a_full_disk_says_so_and_leaves_the_former_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "letter.pdf"
    target.write_bytes(b"before")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DiskFullError, match="disk is full"):
        files.write_file(target, b"after")
    monkeypatch.undo()
    assert target.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("letter")] == ["letter.pdf"]


def test_a_database_that_may_not_grow_says_so_and_loses_nothing(database: Database) -> None:
    with database.read() as session:
        before = session.execute(text("SELECT count(*) FROM person")).scalar()
    with pytest.raises(DiskFullError), database.write() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar()
        session.execute(text(f"PRAGMA max_page_count = {pages}"))
        for number in range(3000):
            session.execute(
                text(
                    "INSERT INTO person (slug, name, given_name, family_name, honorific_prefix, "
                    "honorific_suffix, gender, preferred_language, summary) VALUES (:s, :s, '', '', '', '', "
                    "'', '', :t)"
                ),
                {"s": f"p{number}", "t": "x" * 2000},
            )
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM person")).scalar() == before


def test_backup_and_restore(sample_path: Path, tmp_path: Path) -> None:
    copy = backup(sample_path, tmp_path / "copies" / "copy.db")
    database = open_database(sample_path)
    with database.write() as session:
        session.execute(text("UPDATE person SET name = 'Changed'"))
    database.close()
    aside = restore(copy, sample_path)
    assert aside is not None
    assert aside.exists()
    database = open_database(sample_path)
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM person WHERE name = 'Changed'")).scalar() == 0
    database.close()


def test_a_damaged_copy_is_not_restored(sample_path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(b"garbage" * 1000)
    content = sample_path.read_bytes()
    with pytest.raises(DatabaseBrokenError, match="nothing was restored"):
        restore(copy, sample_path)
    assert sample_path.read_bytes() == content


def test_a_broken_database_can_be_replaced_by_a_copy(sample_path: Path, tmp_path: Path) -> None:
    copy = backup(sample_path, tmp_path / "copy.db")
    sample_path.write_bytes(b"broken" * 1000)
    restore(copy, sample_path)
    database = open_database(sample_path)
    assert check(database) == []
    database.close()


def test_check_sees_a_text_changed_behind_the_guards(database: Database, sandbox: TemplateSandbox) -> None:
    factories.approved(database, sandbox, "Theresa May")
    with database.write() as session:
        triggers = session.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'letter'")
        ).scalars()
        for name in list(triggers):
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text("UPDATE letter SET body = 'forged' WHERE origin = 'own'"))
    assert any("MAG-0006" in problem for problem in check(database))


def test_a_session_that_only_reads_refuses_every_kind_of_write(database: Database) -> None:
    with database.read() as session:
        before = session.execute(text("SELECT name FROM person ORDER BY id")).all()

    def in_sql(session: Session) -> None:
        session.execute(text("UPDATE person SET name = 'x'"))

    def in_rows(session: Session) -> None:
        session.execute(update(Person).values(name="x"))

    def in_an_object_that_is_flushed(session: Session) -> None:
        session.scalars(select(Person)).first().name = "x"  # type: ignore[union-attr]
        session.flush()

    def in_an_object_that_is_not(session: Session) -> None:
        session.scalars(select(Person)).first().name = "x"  # type: ignore[union-attr]

    def in_a_new_object(session: Session) -> None:
        session.add(Person(slug="new", name="New"))

    def after_a_rollback(session: Session) -> None:
        session.rollback()
        session.execute(text("DELETE FROM citation"))

    def after_a_commit(session: Session) -> None:
        session.commit()
        session.execute(text("DELETE FROM citation"))

    for write in (
        in_sql, in_rows, in_an_object_that_is_flushed, in_an_object_that_is_not, in_a_new_object,
        after_a_rollback, after_a_commit,
    ):  # fmt: skip
        with pytest.raises(WriteInReadError), database.read() as session:
            write(session)
    assert not issubclass(WriteInReadError, OutreachError), "it is a bug, not a sentence for the user"
    with database.read() as session:
        assert session.execute(text("SELECT name FROM person ORDER BY id")).all() == before


def test_a_connection_that_was_read_with_writes_again(database: Database) -> None:
    for number in range(8):  # more than the pool keeps
        with database.read() as session:
            session.execute(text("SELECT 1"))
        with database.write() as session:
            session.execute(text("UPDATE person SET summary = :n"), {"n": str(number)})
            session.rollback()
            session.execute(text("UPDATE person SET summary = :n"), {"n": f"after a rollback {number}"})
        with database.engine.begin() as connection:
            found = connection.execute(text("SELECT DISTINCT summary FROM person")).scalar_one()
            assert found == f"after a rollback {number}"
            connection.execute(text("UPDATE person SET summary = ''"))


def _driver_error(code: int | None, words: str) -> sqlite_driver.OperationalError:
    error = sqlite_driver.OperationalError(words)
    if code is not None:
        error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "words", "kind", "message"),
    [
        (sqlite3.SQLITE_FULL, "database or disk is full", DiskFullError, "is full"),
        (None, "database or disk is full", DiskFullError, "is full"),
        (sqlite3.SQLITE_IOERR, "disk I/O error", DiskFailedError, "did not answer"),
        (sqlite3.SQLITE_IOERR | (3 << 8), "disk I/O error", DiskFailedError, "did not answer"),
        (sqlite3.SQLITE_READONLY | (4 << 8), "attempt to write a readonly database", ReadOnlyError,
        "cannot be written"),
        (sqlite3.SQLITE_CANTOPEN, "unable to open database file", ReadOnlyError, "cannot be written"),
        (sqlite3.SQLITE_BUSY, "database is locked", DatabaseBusyError, "Another program"),
        (sqlite3.SQLITE_CORRUPT, "database disk image is malformed", DatabaseBrokenError, "is damaged"),
        (sqlite3.SQLITE_NOTADB, "file is not a database", DatabaseBrokenError, "is damaged"),
    ],
)  # fmt: skip
def test_the_drivers_errors_are_told_by_their_codes(
    code: int | None, words: str, kind: type[DatabaseError], message: str, tmp_path: Path
) -> None:
    cause = _driver_error(code, words)
    with pytest.raises(kind, match=message) as told, friendly_errors(str(tmp_path / "x.db")):
        raise cause
    assert told.value.__cause__ is cause
    if kind is not DatabaseBrokenError:
        assert "restore" not in str(told.value), "no advice to restore what is not damaged"


def test_a_failing_disk_that_has_no_room_is_called_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.statvfs(tmp_path)
    values = [real[i] for i in range(10)]
    values[4] = 1  # f_bavail
    monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result(values))
    for code, words in (
        (sqlite3.SQLITE_IOERR, "disk I/O error"),
        (sqlite3.SQLITE_CANTOPEN, "unable to open"),
    ):
        with pytest.raises(DiskFullError), friendly_errors(str(tmp_path / "x.db")):
            raise _driver_error(code, words)


@pytest.mark.parametrize(
    "error",
    [
        _driver_error(sqlite3.SQLITE_ERROR, "no such column: fullname_locked"),
        _driver_error(sqlite3.SQLITE_CONSTRAINT, "UNIQUE constraint failed: full.busy"),
        _driver_error(None, "no such table: readonly"),
        DBAPIError("SELECT 'disk i/o'", None, _driver_error(sqlite3.SQLITE_ERROR, "syntax error near full")),
    ],
)
def test_an_error_that_says_nothing_of_the_disk_stays_itself_and_is_not_its_own_cause(
    error: Exception,
) -> None:
    with pytest.raises(type(error)) as told, friendly_errors("x.db"):
        raise error
    assert told.value is error
    assert told.value.__cause__ is not told.value


def test_who_waits_without_end_for_another_program_keeps_nobody_from_being_told(
    sample_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender waits as long as it must; a save must hear after the time-out that it cannot be done now."""
    monkeypatch.setattr("outreach.store.sqlite_files.BUSY_TIMEOUT_SECONDS", 0.05)
    database = open_database(sample_path)
    other = connect(sample_path)
    other.execute("BEGIN IMMEDIATE")
    asked, enough = threading.Event(), threading.Event()

    def goes_on() -> bool:
        asked.set()
        return not enough.is_set()

    def waits() -> None:
        with contextlib.suppress(DatabaseBusyError), database.write(goes_on):
            pass

    sender = threading.Thread(target=waits)
    sender.start()
    try:
        assert asked.wait(20)
        with pytest.raises(DatabaseBusyError), database.write():
            raise AssertionError("the other program holds the database")
        assert sender.is_alive()
    finally:
        enough.set()
        sender.join(20)
        other.close()
        database.close()


def test_what_was_free_text_of_a_letters_life_is_kept_under_the_same_words_in_every_older_database(
    tmp_path: Path,
) -> None:
    for old in DATABASES:
        copy = Path(shutil.copy(old, tmp_path / old.name))
        with closing(sqlite3.connect(copy)) as plain:
            words = {
                column: {
                    x
                    for (x,) in plain.execute(
                        f"SELECT DISTINCT {column.split('.')[1]} FROM {column.split('.')[0]}"
                    )
                }
                for column in ("letter.origin", "letter_event.kind", "dispatch.outcome", "follow_up.reason")
            }
        database = open_database(copy)
        with database.read() as session:
            for column in (Letter.origin, LetterEvent.kind, Dispatch.outcome, FollowUp.reason):
                found = session.scalars(select(column).distinct()).all()
                assert all(isinstance(x, enum.StrEnum) for x in found)
                assert {x.value for x in found} == words[f"{column.class_.__tablename__}.{column.key}"]
            for state in session.scalars(select(Message.state)):
                assert isinstance(state, MessageState)
        database.close()
