"""What an approval freezes: whom a letter goes to, what it says and used, who approved it; and
what may still happen to it.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from outreach.cli.main import main
from outreach.directory.identity import merge_people, undo_merge
from outreach.errors import CampaignDataError, NotAllowedError, UsageError
from outreach.exchange.campaign_folder import campaign_folder, read_campaign
from outreach.exchange.campaign_loader import load_campaign
from outreach.letters.enclosing import enclose, file_to_enclose
from outreach.letters.ledger import approve_letters, edit_letter
from outreach.letters.sandbox import TemplateSandbox
from outreach.recipients.enlist import add_recipient
from outreach.recipients.rows import recipients_list
from outreach.store.database import Database, check, check_notes, open_database
from outreach.store.integrity import frozen_text_problems
from outreach.store.models import Letter, Merge, Person
from outreach.store.types import Base, now
from tests import factories

DATABASES = {p.stem: p for p in (Path(__file__).parents[1] / "databases").glob("*.db")}
TAKE_BACK = (
    "UPDATE letter SET status = 'draft', approved_at = NULL, approved_by = '', text_sha256 = '' "
    "WHERE reference = :r"
)
FORGERIES = [
    "person_id = NULL, organization_id = 1",
    "person_id = (SELECT max(id) FROM person)",
    "sender_person_id = 1",
    "sender_organization_id = 1",
    "post_id = NULL",
    "organization_id = (SELECT max(id) FROM organization)",
    "case_id = NULL",
    "language = 'fr'",
    "audience = 'default'",
    "reference = 'MAG-9999'",
    "template = 'other'",
    "origin = 'reported'",
    "written_on = '2001-01-01'",
    "subject = 'x'",
    "address_lines = '[]'",
    "sender_lines = '[]'",
    "salutation = 'x'",
    "body = 'x'",
    "close = 'x'",
    "approved_by = 'somebody else'",
    "approved_at = '2001-01-01 00:00:00'",
    "text_sha256 = 'x'",
]
ONLY_FROZEN = [
    "approved_at = NULL",
    "digest_version = 1",
    "deleted_at = '2001-01-01'",
    "created_at = '2001-01-01'",
    "status = 'draft'",
    "status = 'draft', approved_at = NULL",
    "status = 'draft', approved_at = NULL, approved_by = '', text_sha256 = '', body = 'x'",
    "status = 'withdrawn', approved_at = NULL, approved_by = '', text_sha256 = ''",
    "id = 999",
]
PARTS = [
    "UPDATE letter_fact SET value = 'x'",
    "UPDATE letter_fact SET name = 'x'",
    "UPDATE letter_ask SET ask_id = (SELECT max(id) FROM ask)",
    "UPDATE letter_attachment SET sha256 = 'x'",
    "UPDATE letter_attachment SET content_type = 'x'",
    "DELETE FROM letter_fact",
    "DELETE FROM letter_ask",
    "DELETE FROM letter_attachment",
    "INSERT INTO letter_fact (letter_id, name, label, value, status) SELECT id, 'x', 'x', 'x', '' FROM "
    "letter WHERE origin = 'own'",
    "INSERT INTO letter_ask (letter_id, ask_id) SELECT id, 1 FROM letter WHERE origin = 'own'",
]


@pytest.fixture
def approved(database: Database, sandbox: TemplateSandbox, tmp_path: Path) -> str:
    """The reference of an approved letter with facts, asks and an enclosure."""
    (reference,) = factories.drafted(database, sandbox, "Theresa May")
    file = tmp_path / "dossier.pdf"
    file.write_bytes(b"%PDF-1.4 dossier")
    with database.write() as session:
        enclose(session, reference, file_to_enclose(file))
        approve_letters(session, [reference], by="A. Tester")
    return reference


def run(database: Database, statement: str, **values: object) -> None:
    with database.write() as session:
        session.execute(text(statement), values)


@pytest.fixture
def unguarded(database: Database) -> Iterator[Database]:
    """The database without its triggers, as if somebody had dropped them."""
    with database.write() as session:
        names = session.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'search%'")
        ).scalars()
        for name in list(names):
            session.execute(text(f"DROP TRIGGER {name}"))
    yield database


def test_nothing_of_an_approved_letter_can_be_changed_in_sql(database: Database, approved: str) -> None:
    changed = []
    for change in FORGERIES + ONLY_FROZEN:
        try:
            run(database, f"UPDATE letter SET {change} WHERE reference = :r", r=approved)
        except IntegrityError as error:
            assert "frozen" in str(error)
        else:
            changed.append(change)
    assert changed == []
    assert check(database) == []


def unseen(database: Database, statements: list[str], **values: object) -> list[str]:
    """Changes that a check does not see; each is undone again."""
    found = []
    for statement in statements:
        with database.write() as session:
            session.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})
            session.expire_all()
            if len(frozen_text_problems(session)) != 1:
                found.append(statement)
            session.rollback()
    return found


def test_a_check_sees_what_was_changed_behind_the_guards(approved: str, unguarded: Database) -> None:
    assert check(unguarded) == []
    forged = [f"UPDATE letter SET {change} WHERE reference = :r" for change in FORGERIES]
    assert unseen(unguarded, forged, r=approved) == []
    assert check(unguarded) == []


def test_what_an_approved_letter_used_is_frozen(database: Database, approved: str) -> None:
    for statement in PARTS:
        with pytest.raises(IntegrityError, match="frozen"):
            run(database, statement)
    assert check(database) == []


def test_a_check_sees_what_else_an_approved_letter_is_said_to_have_used(
    approved: str, unguarded: Database
) -> None:
    assert unseen(unguarded, [part for part in PARTS if "sha256" not in part]) == []


def test_an_approval_that_was_wiped_out_is_seen(approved: str, unguarded: Database) -> None:
    run(unguarded, "UPDATE letter SET text_sha256 = '' WHERE reference = :r", r=approved)
    assert any("tampered" in problem for problem in check(unguarded))
    run(unguarded, "UPDATE letter SET text_sha256 = 'x', approved_at = NULL, deleted_at = '2011-01-01'")
    assert any("tampered" in problem for problem in check(unguarded))


def test_an_enclosed_file_that_was_exchanged_is_seen(database: Database, approved: str) -> None:
    run(database, "UPDATE blob SET content = :c", c=b"another")
    assert any("dossier.pdf" in problem for problem in check(database))


REPLACEMENTS = [
    "INSERT OR REPLACE INTO letter SELECT * FROM letter WHERE reference = :r",
    "REPLACE INTO letter (reference, campaign_id, origin, template, language, audience, organization_id, "
    "subject, address_lines, sender_lines, salutation, body, close, summary, status, created_at, "
    "approved_by, text_sha256) SELECT reference, campaign_id, origin, template, language, audience, 1, '', "
    "'[]', '[]', '', '', '', '', 'draft', created_at, '', '' FROM letter WHERE reference = :r",
    "UPDATE OR REPLACE letter SET reference = :r WHERE reference = :draft",
    "UPDATE OR REPLACE letter SET id = (SELECT id FROM letter WHERE reference = :r) WHERE reference = :draft",
    "DELETE FROM letter WHERE reference = :r",
    "INSERT OR REPLACE INTO letter_event (id, letter_id, at, kind, by, from_status, to_status, detail) "
    "SELECT id, letter_id, at, 'other', by, from_status, to_status, detail FROM letter_event",
    "UPDATE letter_fact SET letter_id = (SELECT id FROM letter WHERE reference = :r) "
    "WHERE letter_id = (SELECT id FROM letter WHERE reference = :draft)",
    "INSERT OR REPLACE INTO letter_fact (id, letter_id, name, label, value, status) SELECT (SELECT "
    "min(letter_fact.id) FROM letter_fact JOIN letter ON letter.id = letter_id WHERE reference = :r), id, "
    "'', '', '', '' FROM letter WHERE reference = :draft",
    "UPDATE OR REPLACE letter_fact SET id = (SELECT min(letter_fact.id) FROM letter_fact JOIN letter ON "
    "letter.id = letter_id WHERE reference = :r) WHERE id = (SELECT max(letter_fact.id) FROM letter_fact "
    "JOIN letter ON letter.id = letter_id WHERE reference = :draft)",
]


def test_an_approved_letter_and_its_history_cannot_be_replaced(
    database: Database, approved: str, sandbox: TemplateSandbox
) -> None:
    (draft,) = factories.drafted(database, sandbox, "Theresa May")
    with database.read() as session:
        before = session.execute(text("SELECT * FROM letter_event")).all()
    values = {"r": approved, "draft": draft}
    for statement in REPLACEMENTS:
        with pytest.raises(IntegrityError, match=r"frozen|kept|only added to"):
            run(database, statement, **{k: v for k, v in values.items() if f":{k}" in statement})
    with database.read() as session:
        assert session.execute(text("SELECT * FROM letter_event")).all() == before
    assert check(database) == []


def test_an_approval_can_be_taken_back_while_nothing_was_sent(database: Database, approved: str) -> None:
    run(database, TAKE_BACK, r=approved)
    with database.write() as session:
        edit_letter(session, approved, subject="Other", salutation="Dear", body="Other text.", close="Yours")
        approve_letters(session, [approved], by="B. Other", anyway=True)
    assert check(database) == []
    with pytest.raises(IntegrityError, match="frozen"):
        run(database, "UPDATE letter SET subject = 'x' WHERE reference = :r", r=approved)


def test_an_approval_is_not_taken_back_once_anything_was_sent(database: Database, approved: str) -> None:
    for outcome in ("started", "bounced", "sent"):
        run(database, "DELETE FROM dispatch")
        run(
            database,
            "INSERT INTO dispatch (letter_id, channel, outcome, dispatched_on, recorded_at, to_address, "
            "message_id, detail) SELECT id, 'email', :o, '2011-01-26', '2011-01-26 00:00:00', '', '', '' "
            "FROM letter WHERE reference = :r",
            o=outcome,
            r=approved,
        )
        with pytest.raises(IntegrityError, match="frozen"):
            run(database, TAKE_BACK, r=approved)


def test_an_approval_can_be_taken_back_where_a_server_took_nothing(database: Database, approved: str) -> None:
    for outcome in ("failed", "deferred"):
        run(
            database,
            "INSERT INTO dispatch (letter_id, channel, outcome, dispatched_on, recorded_at, to_address, "
            "message_id, detail) SELECT id, 'email', :o, '2011-01-26', '2011-01-26 00:00:00', '', '', '' "
            "FROM letter WHERE reference = :r",
            o=outcome,
            r=approved,
        )
    run(database, "UPDATE letter SET status = 'failed' WHERE reference = :r", r=approved)
    run(database, TAKE_BACK, r=approved)
    assert check(database) == []


def test_an_approval_is_taken_back_from_approved_only_and_other_steps_go_on(
    database: Database, approved: str
) -> None:
    for status in ("queued", "sent", "answered", "closed", "withdrawn"):
        run(
            database,
            "UPDATE letter SET status = :s, sent_on = '2011-01-26' WHERE reference = :r",
            s=status,
            r=approved,
        )
        with pytest.raises(IntegrityError, match="frozen"):
            run(database, TAKE_BACK, r=approved)
    run(database, "UPDATE letter SET status = 'approved', sent_on = NULL WHERE reference = :r", r=approved)
    assert check(database) == []
    run(database, TAKE_BACK, r=approved)


def test_a_merge_of_two_records_takes_approved_letters_along_and_the_check_knows(
    database: Database, approved: str
) -> None:
    with database.write() as session:
        session.add_all([Person(slug="t-may", name="T. May"), Person(slug="tess", name="Tess May")])
    with database.write() as session:
        first = int(merge_people(session, "t-may", "theresa-may").refs[0])
        second = int(merge_people(session, "tess", "t-may").refs[0])

    def addressee() -> str:
        with database.read() as session:
            query = select(Person.slug).join(Letter, Letter.person_id == Person.id)
            return session.scalars(query.where(Letter.reference == approved)).one()

    assert addressee() == "tess" and check(database) == []
    with pytest.raises(NotAllowedError, match=f"Undo merge {second} first"), database.write() as session:
        undo_merge(session, first)
    with pytest.raises(IntegrityError, match="frozen"):
        run(database, "UPDATE letter SET person_id = 1 WHERE reference = :r AND person_id != 1", r=approved)
    for number, slug in ((second, "t-may"), (first, "theresa-may")):
        with database.write() as session:
            undo_merge(session, number)
        assert addressee() == slug and check(database) == []


def test_a_merge_is_no_excuse_for_letters_it_did_not_move(database: Database, approved: str) -> None:
    with database.write() as session:
        session.add(Person(slug="a", name="A"))
        session.flush()
        ids = session.execute(
            text(
                "SELECT person_id, (SELECT id FROM person WHERE slug = 'a') FROM letter WHERE reference = :r"
            ),
            {"r": approved},
        ).one()
        session.add(
            Merge(gone_id=ids[0], kept_id=ids[1], at=now(), moved={"rows": [["letter", "person_id", 1]]})
        )
    with pytest.raises(IntegrityError, match="frozen"):
        run(database, "UPDATE letter SET person_id = :p WHERE reference = :r", p=ids[1], r=approved)


def test_a_recipient_that_both_records_are_is_one_after_their_merge(database: Database) -> None:
    with database.write() as session:
        session.add(Person(slug="t-may", name="T. May"))
        session.flush()
        mine = next(r for r in recipients_list(session, 1) if r.person_id == "theresa-may")
        add_recipient(
            session, 1, audience="uk_minister", person="t-may", post=mine.post_id, body=mine.body_id
        )
    with database.read() as session:
        before = len(recipients_list(session, 1))
    with database.write() as session:
        merge = int(merge_people(session, "theresa-may", "t-may").refs[0])
    with database.read() as session:
        rows = recipients_list(session, 1)
        assert len(rows) == before - 1
        assert [r.person_id for r in rows if r.post_id == mine.post_id] == ["theresa-may"]
    with database.write() as session:
        undo_merge(session, merge)
        assert len(recipients_list(session, 1)) == before


def test_approvals_of_earlier_versions_still_hold_and_are_told_apart(tmp_path: Path) -> None:
    path = Path(shutil.copy(DATABASES["0003"], tmp_path / "old.db"))
    database = open_database(path)
    assert check(database) == []
    assert any("16 approvals of an earlier version" in note for note in check_notes(database))
    with database.write() as session:
        session.execute(text("DROP TRIGGER letter_frozen"))
        session.execute(text("UPDATE letter SET body = 'forged' WHERE reference = 'MAG-0009'"))
    assert check(database) == ["The text of MAG-0009 is not the one that was approved."]
    database.close()


def test_the_populated_database_of_the_newest_schema_holds_both_kinds_of_approval(tmp_path: Path) -> None:
    database = open_database(Path(shutil.copy(DATABASES["0005"], tmp_path / "new.db")))
    with database.read() as session:
        versions = set(session.scalars(select(Letter.digest_version).where(Letter.approved_at.is_not(None))))
    assert versions == {1, 2} and check(database) == []
    database.close()


def test_no_recipient_stands_twice_whichever_values_are_empty(database: Database) -> None:
    run(database, "DELETE FROM recipient")
    for names in (
        "person_id",
        "organization_id",
        "person_id, organization_id",
        "organization_id, post_id",
        "person_id, post_id",
        "person_id, organization_id, post_id",
    ):
        values = ", ".join("1" for _ in names.split(","))
        statement = f"INSERT INTO recipient (campaign_id, {names}, audience) VALUES (1, {values}, 'default')"
        run(database, statement)
        with pytest.raises(IntegrityError, match="UNIQUE"):
            run(database, statement)


def test_the_index_of_recipients_stands_in_the_database_as_the_models_have_it(database: Database) -> None:
    with database.read() as session:
        sql = session.execute(
            text("SELECT sql FROM sqlite_master WHERE name = 'uq_recipient_whom'")
        ).scalar_one()
    assert "UNIQUE" in sql
    assert "(campaign_id, coalesce(person_id, 0), coalesce(organization_id, 0), coalesce(post_id, 0))" in sql


def test_no_other_rule_of_uniqueness_leans_on_columns_that_may_be_empty() -> None:
    from sqlalchemy import UniqueConstraint

    leaning = [
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
        for column in constraint.columns
        if column.nullable
    ]
    assert leaning == [("signature", "email")], "paper forms have none, and any number may be"


def test_recipients_that_stood_twice_become_one_and_nothing_of_them_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(shutil.copy(DATABASES["0004"], tmp_path / "old.db"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM recipient")
        connection.executemany(
            "INSERT INTO recipient (id, campaign_id, organization_id, person_id, audience, deleted_at) "
            "VALUES (?, 1, ?, ?, ?, ?)",
            [
                (1, 5, None, "default", "2011-01-01 00:00:00"),
                (2, 5, None, "default", None),
                (3, 5, None, "uk_minister", None),
                (4, None, 1, "default", None),
                (5, None, 1, "default", None),
                (6, None, 2, "default", None),
            ],
        )
        connection.commit()
    database = open_database(path)
    with database.read() as session:
        kept = session.execute(text("SELECT id FROM recipient ORDER BY id")).scalars().all()
        aside = session.execute(
            text("SELECT row_id, content ->> 'audience', reason FROM set_aside ORDER BY row_id")
        ).all()
    database.close()
    assert kept == [2, 4, 6], "the one not removed, else the older"
    assert [(r, a) for r, a, _ in aside] == [(1, "default"), (3, "uk_minister"), (5, "default")]
    assert "number 2" in aside[0].reason
    assert main(["--database", str(path), "check"]) == 0
    assert "An update set aside row 3 of recipient" in capsys.readouterr().out


def test_adding_a_recipient_again_says_so(database: Database) -> None:
    with database.write() as session:
        session.execute(text("DELETE FROM recipient"))
        add_recipient(session, 1, audience="default", body="home-office")
        with pytest.raises(UsageError, match="already"):
            add_recipient(session, 1, audience="default", body="home-office")


def test_a_campaign_that_lists_a_recipient_twice_is_not_loaded(empty: Database) -> None:
    content = read_campaign(campaign_folder("magnitsky"))
    content.recipients.append(content.recipients[-1])
    with pytest.raises(CampaignDataError, match="listed twice"), empty.write() as session:
        load_campaign(session, content)
