"""The journal: every change has an entry, and what does not fit is found and named.

Other connections are of the same driver: a second SQLite in one process drops the locks of the first.
"""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlite3
from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    Enum,
    Integer,
    LargeBinary,
    create_engine,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from outreach.domain.notice import free_text
from outreach.letters.sandbox import TemplateSandbox
from outreach.store import journal, journal_check, journal_entries, migrate
from outreach.store.database import Database, check, check_notes, open_database
from outreach.store.models import Area, Person
from outreach.store.types import Base, NoticeText, UtcDateTime
from tests import factories
from tests.terminal import ok

DATABASES = {p.stem: p for p in (Path(__file__).parents[1] / "databases").glob("*.db")}
BEFORE = "0005"

Entry = tuple[str, str, int, str]


def entries(path: Path, after: int = 0) -> list[Entry]:
    """Actor, record, key and action of the entries after one."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT actor, record, record_key, action FROM journal_entry WHERE id > ? ORDER BY id", (after,)
        ).fetchall()


def by_another_program(path: Path, *statements: str, unguarded: bool = False) -> None:
    """Run statements as a program would that knows nothing of outreach.

    unguarded: with all triggers gone, and back after.
    """
    with closing(sqlite3.connect(path)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers if unguarded else ():
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            connection.execute(statement)
        for _, sql in triggers if unguarded else ():
            connection.execute(sql)
        connection.commit()


@pytest.fixture
def mine(sample_path: Path) -> Iterator[Database]:
    """The sample campaign, in which a named person works."""
    opened = open_database(sample_path, actor="Ana")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def full_file(tmp_path_factory: pytest.TempPathFactory, sample_file: Path) -> Path:
    """A database with at least one row in each table of records."""
    path = Path(shutil.copy(sample_file, tmp_path_factory.mktemp("full") / "full.db"))
    database = open_database(path, actor="Ana")
    with database.write() as session:
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        for table in journal.RECORDS:
            if session.execute(text(f'SELECT 1 FROM "{table}" LIMIT 1')).first() is None:
                session.execute(insert(Base.metadata.tables[table]).values(_row_of(session, table)))
    assert check(database) == []
    database.close()
    return path


def _row_of(session: Session, table: str) -> dict[str, Any]:
    row: dict[str, Any] = {"id": 1}
    for column in Base.metadata.tables[table].columns:
        if column.primary_key or column.nullable:
            continue
        if column.foreign_keys:
            (key,) = column.foreign_keys
            others = session.execute(select(key.column).order_by(key.column)).scalars().all()
            row[column.name] = [*others, 1][1 if column.name == "second_id" else 0]
            continue
        row[column.name] = _value_for(column.type)
    if table == "identifier":
        row["person_id"] = 1
    return row


def _value_for(kind: TypeEngine[Any]) -> Any:
    match kind:
        case UtcDateTime():
            return datetime(2011, 1, 26, tzinfo=UTC)
        case Date():
            return date(2011, 1, 26)
        case Enum():
            return next(iter(kind.enum_class or ()))
        case JSON():
            return {"rows": []}
        case LargeBinary():
            return b"\x00\xff"
        case NoticeText():
            return free_text("x")
        case Integer() | Boolean():
            return 1
    return "x"


def test_every_table_is_a_record_or_said_to_be_none() -> None:
    assert sorted(journal.RECORDS + journal.NOT_RECORDS) == sorted(Base.metadata.tables)


def test_the_sample_campaign_has_an_entry_for_each_record_and_passes_the_check(database: Database) -> None:
    assert check(database) == []
    with database.read() as session:
        rows = sum(session.execute(text(f'SELECT count(*) FROM "{t}"')).scalar_one() for t in journal.RECORDS)
        sealed = session.execute(
            text("SELECT count(DISTINCT record || ' ' || record_key) FROM journal_entry")
        ).scalar_one()
        assert sealed == rows > 400
        assert session.execute(text("SELECT count(*) FROM journal_pending")).scalar_one() == 0


def _by_objects(session: Session) -> None:
    area = Area(slug="new", name="New")
    session.add(area)
    session.flush()
    area.name = "Newer"
    session.scalars(select(Person).where(Person.id == 1)).one().summary = "Other."


def _in_bulk(session: Session) -> None:
    session.execute(insert(Area), [{"slug": "new", "name": "New"}])
    session.execute(update(Person).where(Person.id == 1).values(summary="Other."))


def _in_sql(session: Session) -> None:
    session.execute(text("INSERT INTO area (slug, name, classification) VALUES ('new', 'New', '')"))
    session.execute(text("UPDATE OR FAIL person SET summary = 'x' WHERE id = 1"))
    session.execute(text("UPDATE OR REPLACE person SET summary = 'Other.' WHERE id = 1"))


@pytest.mark.parametrize("change", [_by_objects, _in_bulk, _in_sql])
def test_a_change_has_one_entry_with_the_actor_however_it_is_written(
    mine: Database, change: Callable[[Session], None]
) -> None:
    assert mine.path is not None
    before = len(entries(mine.path))
    with mine.write() as session:
        change(session)
    with mine.read() as session:
        new = session.execute(text("SELECT id FROM area WHERE slug = 'new'")).scalar_one()
    assert entries(mine.path, before) == [("Ana", "area", new, "insert"), ("Ana", "person", 1, "update")]
    with mine.write() as session:
        session.execute(delete(Area).where(Area.id == new))
    assert entries(mine.path, before + 2) == [("Ana", "area", new, "delete")]
    assert check(mine) == []


def test_what_comes_and_goes_in_one_unit_of_writing_leaves_no_entry_and_nothing_else_does(
    mine: Database,
) -> None:
    assert mine.path is not None
    before = len(entries(mine.path))
    with mine.write() as session:
        session.add(area := Area(slug="new", name="New"))
        session.flush()
        session.delete(area)
    with pytest.raises(RuntimeError), mine.write() as session:
        session.execute(text("UPDATE person SET summary = 'x'"))
        raise RuntimeError
    with mine.read():
        pass
    assert entries(mine.path, before) == []
    assert check(mine) == []


def test_a_record_that_gets_another_number_has_gone_and_come(mine: Database) -> None:
    assert mine.path is not None
    before = len(entries(mine.path))
    with mine.write() as session:
        session.execute(
            text("INSERT INTO area (id, slug, name, classification) VALUES (70, 'new', 'New', '')")
        )
    with mine.write() as session:
        session.execute(text("UPDATE area SET id = 71 WHERE id = 70"))
    assert entries(mine.path, before + 1) == [("Ana", "area", 70, "delete"), ("Ana", "area", 71, "insert")]
    assert check(mine) == []


def test_what_goes_with_another_record_has_an_entry(mine: Database) -> None:
    assert mine.path is not None
    with mine.read() as session:
        motion, votes = session.execute(
            text("SELECT motion_id, count(*) FROM vote_event GROUP BY motion_id")
        ).first() or (0, 0)
    before = len(entries(mine.path))
    with mine.write() as session:
        session.execute(text("DELETE FROM motion WHERE id = :m"), {"m": motion})
    gone = [record for _, record, _, action in entries(mine.path, before) if action == "delete"]
    assert gone.count("motion") == 1
    assert gone.count("vote_event") == votes > 0
    assert check(mine) == []


def test_a_change_by_another_program_is_reported_and_never_becomes_ones_own(mine: Database) -> None:
    assert mine.path is not None
    before = len(entries(mine.path))
    by_another_program(
        mine.path,
        "UPDATE letter SET summary = 'x' WHERE reference = 'MAG-0003'",
        "INSERT INTO area (id, slug, name, classification) VALUES (70, 'new', 'New', '')",
    )
    assert check(mine) == [
        "area new was added outside of outreach.",
        "letter MAG-0003 was changed outside of outreach.",
    ]
    with mine.write() as session:
        session.execute(text("UPDATE person SET summary = 'x' WHERE id = 1"))
    assert [(actor, record) for actor, record, *_ in entries(mine.path, before)] == [
        (journal.OUTSIDE, "area"),
        (journal.OUTSIDE, "letter"),
        ("Ana", "person"),
    ]
    assert check(mine) == []
    assert any("2 changes were made outside" in note and "MAG-0003" in note for note in check_notes(mine))


@pytest.fixture(scope="module")
def unguarded(full_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator["sqlite3.Connection"]:
    """The database with a row of each kind, without its triggers; what a test changes, it rolls back."""
    path = Path(shutil.copy(full_file, tmp_path_factory.mktemp("unguarded") / "full.db"))
    by_another_program(path, *_dropped(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        yield connection


@pytest.mark.parametrize("table", journal.RECORDS)
def test_a_value_changed_behind_the_journal_is_named_in_whatever_column(
    table: str, unguarded: "sqlite3.Connection"
) -> None:
    key = unguarded.execute(f'SELECT min(id) FROM "{table}"').fetchone()[0]
    columns = [r[1] for r in unguarded.execute(f'PRAGMA table_info("{table}")') if r[1] != "id"]
    assert columns
    for column in columns:
        unguarded.execute("BEGIN")
        unguarded.execute(
            f'UPDATE "{table}" SET "{column}" = CASE WHEN "{column}" IS NULL THEN 1 WHEN '
            f'typeof("{column}") = \'integer\' THEN "{column}" + 1000 ELSE CAST(X\'C3\' || "{column}" '
            "AS TEXT) END WHERE id = ?",
            (key,),
        )
        found = journal_check.problems(unguarded)
        unguarded.execute("ROLLBACK")
        assert len(found) == 1, (column, found)
        assert found[0].startswith(table.replace("_", " ")), (column, found)
        assert "not as the journal has it" in found[0]


def _dropped(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    return [f'DROP TRIGGER "{name}"' for (name,) in names]


def test_a_number_that_becomes_text_or_a_text_that_becomes_bytes_is_seen(mine: Database) -> None:
    assert mine.path is not None
    by_another_program(
        mine.path,
        "UPDATE person SET summary = CAST(summary AS BLOB) WHERE id = 1",
        "UPDATE person SET summary = 'a' || char(0) || 'b' WHERE id = 2",
        unguarded=True,
    )
    assert len(check(mine)) == 2


def test_records_added_removed_and_brought_back_behind_the_journal_are_named(mine: Database) -> None:
    assert mine.path is not None
    with mine.write() as session:
        session.add(Area(id=70, slug="gone", name="Gone"))
    with mine.write() as session:
        session.execute(delete(Area).where(Area.id == 70))
    by_another_program(
        mine.path,
        "INSERT INTO area (id, slug, name, classification) VALUES (70, 'back', 'Back', ''), (71, 'forged', "
        "'Forged', '')",
        "DELETE FROM letter_event WHERE id = 1",
        unguarded=True,
    )
    found = check(mine)
    assert len(found) == 3
    assert "area back is there, and the journal tells that it was deleted" in found[0]
    assert "area forged is there, and the journal does not know it" in found[1]
    assert "letter event number 1 is gone" in found[2]


@pytest.mark.parametrize(
    ("statements", "first"),
    [
        (["UPDATE journal_entry SET actor = 'Eve' WHERE id IN (40, 50)"], 40),
        (["UPDATE journal_entry SET at = '2001-01-01' WHERE id = 30"], 30),
        (["UPDATE journal_entry SET record_key = 999 WHERE id = 30"], 30),
        (["UPDATE journal_entry SET action = 'delete' WHERE id = 30"], 30),
        (["UPDATE journal_entry SET commitment = hash WHERE id = 1"], 1),
        (["UPDATE journal_entry SET hash = commitment WHERE id = 30"], 30),
        (["UPDATE journal_entry SET previous_hash = CAST(X'FF00' AS TEXT) WHERE id = 30"], 30),
        (["DELETE FROM journal_entry WHERE id = 60"], 60),
        (["DELETE FROM journal_entry WHERE id = 1"], 1),
        (
            ["DELETE FROM journal_entry WHERE id = 60", "UPDATE journal_entry SET id = id - 1 WHERE id > 60"],
            60,
        ),
        (
            [
                "UPDATE journal_entry SET id = -1 WHERE id = 60",
                "UPDATE journal_entry SET id = 60 WHERE id = 61",
                "UPDATE journal_entry SET id = 61 WHERE id = -1",
            ],
            60,
        ),
        (
            [
                "INSERT INTO journal_entry SELECT (SELECT max(id) FROM journal_entry) + 1, at, actor, "
                "record, record_key, action, commitment, hash, hash FROM journal_entry WHERE id = (SELECT "
                "max(id) FROM journal_entry)"
            ],
            0,
        ),
    ],
)
def test_the_first_entry_that_does_not_fit_is_named(
    mine: Database, statements: list[str], first: int
) -> None:
    assert mine.path is not None
    last = len(entries(mine.path))
    by_another_program(mine.path, *statements, unguarded=True)
    assert f"The journal was changed: entry {first or last + 1} " in check(mine)[0]


def test_entries_cut_off_from_the_end_are_missed(mine: Database) -> None:
    assert mine.path is not None
    last = len(entries(mine.path))
    by_another_program(mine.path, f"DELETE FROM journal_entry WHERE id > {last - 3}", unguarded=True)
    found = check(mine)
    assert f"it ended with entry {last}, and now ends with entry {last - 3}" in found[0]
    assert len(found) > 1, "records without an entry"
    with mine.write() as session:
        session.execute(text("UPDATE person SET summary = 'x' WHERE id = 1"))
    assert f"entry {last - 2} is missing" in check(mine)[0]


def test_the_journal_is_only_added_to(mine: Database) -> None:
    assert mine.path is not None
    for statement in (
        "UPDATE journal_entry SET actor = 'Eve'",
        "DELETE FROM journal_entry",
        "INSERT OR REPLACE INTO journal_entry SELECT * FROM journal_entry WHERE id = 1",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="only added to"):
            by_another_program(mine.path, statement)
    assert check(mine) == []


def test_erased_salts_leave_the_chain_whole_and_are_told(mine: Database) -> None:
    assert mine.path is not None
    last = len(entries(mine.path))
    with mine.write() as session:
        session.execute(text("UPDATE person SET name = '', summary = '' WHERE id = 1"))
        session.execute(
            text(
                "DELETE FROM journal_salt WHERE entry_id IN"
                " (SELECT id FROM journal_entry WHERE record = 'person' AND record_key = 1)"
            )
        )
    assert len(entries(mine.path)) == last + 1
    assert check(mine) == []
    assert check_notes(mine) == []
    with mine.write() as session:
        session.execute(text("DELETE FROM journal_salt"))
    assert check(mine) == []
    assert any("salts were erased" in note for note in check_notes(mine))


def test_missing_triggers_are_told_and_put_back_at_opening(mine: Database) -> None:
    assert mine.path is not None
    by_another_program(
        mine.path, "DROP TRIGGER journal_person_update", "DROP TRIGGER journal_entry_not_deleted"
    )
    assert any("journal_person_update" in note for note in check_notes(mine))
    again = open_database(mine.path, actor="Ben")
    notes = check_notes(again)
    assert not any("are missing" in note for note in notes)
    assert any("2 triggers of the journal had to be put back" in note for note in notes)
    last = len(entries(mine.path))
    with again.write() as session:
        session.execute(text("UPDATE person SET summary = 'x' WHERE id = 1"))
    assert entries(mine.path, last) == [("Ben", "person", 1, "update")]
    assert check(again) == []
    again.close()


def test_a_journal_that_is_gone_is_told(mine: Database) -> None:
    assert mine.path is not None
    by_another_program(mine.path, "DROP TABLE journal_head")
    assert any("journal_head" in problem for problem in check(mine))


def test_the_journal_of_an_older_database_begins_with_all_its_records(tmp_path: Path) -> None:
    path = Path(shutil.copy(DATABASES[BEFORE], tmp_path / "old.db"))
    with closing(sqlite3.connect(path)) as connection:
        rows = sum(
            connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in journal.RECORDS
        )
    database = open_database(path)
    assert check(database) == []
    assert [action for *_, action in entries(path)] == ["found"] * rows
    database.close()


def test_an_upgrade_that_makes_a_table_anew_seals_its_records_anew(mine: Database) -> None:
    assert mine.path is not None
    last = len(entries(mine.path))
    with closing(sqlite3.connect(mine.path, isolation_level=None)) as connection:
        before = journal.schemas(connection)
        connection.execute("BEGIN")
        posts = connection.execute("SELECT count(*) FROM post").fetchone()[0]
        connection.execute("ALTER TABLE post ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'")
        connection.execute("UPDATE post SET colour = 'blue'")
        connection.execute("CREATE TABLE new_vote AS SELECT * FROM vote_event WHERE id > 1")
        connection.execute("DROP TABLE vote_event")
        connection.execute("ALTER TABLE new_vote RENAME TO vote_event")
        connection.execute("DROP TABLE area")
        connection.execute(before["area"])
        connection.execute("INSERT INTO area (id, slug, name, classification) VALUES (70, 'new', 'New', '')")
        connection.execute("UPDATE person SET summary = 'x' WHERE id = 1")
        journal.follow_upgrade(connection, before, "Ana")
        connection.execute("COMMIT")
        assert journal_check.problems(connection) == []
        assert journal.guards_missing(connection) == []
        votes = connection.execute("SELECT count(*) FROM vote_event").fetchone()[0]
    done = [(record, action) for _, record, _, action in entries(mine.path, last)]
    assert done.count(("post", "schema")) == posts > 0
    assert done.count(("vote_event", "schema")) == votes
    assert ("vote_event", "delete") in done
    assert done.count(("area", "schema")) == 1, "its definition is the same, and yet it was made anew"
    assert ("person", "update") in done
    assert len(done) == posts + votes + 3


def test_a_kill_in_the_middle_leaves_records_and_journal_as_one(mine: Database) -> None:
    assert mine.path is not None
    last = len(entries(mine.path))
    program = (
        "import sys\n"
        "from sqlalchemy import text\n"
        "from outreach.store.database import open_database\n"
        "database = open_database(sys.argv[1], actor='Ben')\n"
        "n = 0\n"
        "while True:\n"
        "    n += 1\n"
        "    with database.write() as session:\n"
        "        session.execute(text('UPDATE person SET summary = :n'), {'n': str(n)})\n"
        "        if n % 3 == 0:\n"
        "            print(n, flush=True)\n"
    )
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", program, str(mine.path)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
        assert check(mine) == []
    assert {actor for actor, *_ in entries(mine.path, last)} == {"Ben"}


def test_what_the_terminal_and_the_window_do_is_under_the_users_name(
    sample_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: TemplateSandbox
) -> None:
    monkeypatch.setenv("LOGNAME", "carla")
    last = len(entries(sample_path))
    ok("letters", "draft", "--case", "magnitsky", "--to", "Theresa May", database=sample_path)
    written = entries(sample_path, last)
    assert {actor for actor, *_ in written} == {"carla"}
    assert {"letter", "letter_event"} <= {record for _, record, *_ in written}
    database = open_database(sample_path)
    last = len(entries(sample_path))
    factories.drafted(database, sandbox, "Chris Bryant")
    assert {actor for actor, *_ in entries(sample_path, last)} == {"carla"}
    assert check(database) == []
    database.close()
    assert "in order" in ok("check", database=sample_path)


def test_the_form_that_is_hashed_does_not_depend_on_the_program() -> None:
    made = journal_entries.canonical(json.dumps(["a", "b"]), (1, "é\udcff", None, b"\x00", 0.1))
    assert made == (
        b'["a", "b"]'
        b'[1,"\\u00e9\\udcff",null,{"sha256":"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},0.1]'
    )


def test_an_upgrade_to_a_schema_without_a_journal_has_none(tmp_path: Path) -> None:
    path = Path(shutil.copy(DATABASES["0003"], tmp_path / "old.db"))
    engine = create_engine("sqlite://", module=sqlite3, creator=lambda: sqlite3.connect(path))
    migrate.upgrade(engine, path, "0005")
    with closing(sqlite3.connect(path)) as connection:
        assert "journal_entry" not in journal.schemas(connection)
    engine.dispose()
    database = open_database(path)
    assert check(database) == []
    database.close()
