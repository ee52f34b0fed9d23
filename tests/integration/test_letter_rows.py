"""The rows of the table of letters: what they show, that nothing makes them untrue, and what is read from
them."""

import contextlib
import csv
import io
import itertools
import json
import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import select, text
from typer.testing import CliRunner

from outreach.cases.campaigns import CampaignRow, campaigns_list
from outreach.cli.base import app
from outreach.cli.main import main  # noqa: F401  it declares the command without a command
from outreach.desk import letter_columns
from outreach.desk.letter_columns import LETTER_COLUMNS, LetterColumn
from outreach.desk.letter_query import GROUPINGS, STANDINGS, Filters
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import (
    letter_count,
    letter_ids,
    letter_page,
    letter_rows,
    position_of,
    situations_of,
    tracker_rows,
)
from outreach.desk.statistics import group_counts, statistics
from outreach.desk.table_files import tracker_csv, tracker_xlsx
from outreach.desk.today import agenda
from outreach.domain.letter_ways_back import refusal_of_way_back
from outreach.domain.references import folded, reference_key
from outreach.errors import DatabaseBrokenError, NotFoundError, UsageError
from outreach.letters.situations import situations
from outreach.store import letter_rows as upkeep
from outreach.store.database import Database, check, open_database
from outreach.store.models import Letter, LetterRow
from outreach.store.paging import Order
from outreach.store.sqlite_files import connect
from outreach.ui.models.columns import letter_columns as window_columns
from tests import row_by_row
from tests.benchmarks.grow import TODAY, grow


@pytest.fixture(scope="session")
def grown_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3,000 letters in every state."""
    path = tmp_path_factory.mktemp("grown") / "grown.db"
    database = open_database(path, create=True)
    grow(database, 3_000, 300)
    database.close()
    return path


@pytest.fixture(scope="module")
def grown(grown_file: Path) -> Iterator[Database]:
    """The same, open; only read."""
    database = open_database(grown_file)
    yield database
    database.close()


@pytest.fixture(scope="session")
def few_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 letters."""
    path = tmp_path_factory.mktemp("few") / "few.db"
    database = open_database(path, create=True)
    grow(database, 400, 60)
    database.close()
    return path


@pytest.fixture
def mine(few_file: Path, tmp_path: Path) -> Iterator[Database]:
    """Few letters, to be changed."""
    database = open_database(shutil.copy(few_file, tmp_path / "mine.db"))
    yield database
    database.close()


def campaign_of(database: Database) -> CampaignRow:
    with database.read() as session:
        return campaigns_list(session)[0]


class Expected(dict[date, list[row_by_row.Told]]):
    """Rows by day, which a failing test does not print."""

    def __repr__(self) -> str:
        return "the rows"


@pytest.fixture(scope="module")
def expected(grown: Database) -> Expected:
    """All letters row by row, on three days."""
    campaign = campaign_of(grown)
    with grown.read() as session:
        return Expected(
            (day, row_by_row.letters_of(session, campaign, today=day))
            for day in (TODAY, TODAY + timedelta(days=20), TODAY - timedelta(days=45))
        )


def plain(row: TrackerRow) -> TrackerRow:
    shown = {field.name: getattr(row, field.name) for field in fields(TrackerRow)}
    return TrackerRow(**shown | {"urgency": 0})


def test_a_grown_database_passes_the_check(grown: Database) -> None:
    assert check(grown) == []


def test_every_row_is_what_its_records_say(grown: Database, expected: "Expected") -> None:
    campaign = campaign_of(grown)
    for day, rows in expected.items():
        with grown.read() as session:
            found = list(letter_rows(session, Filters().of(campaign.key), day))
        assert {r.reference: plain(r) for r in found} == {r.reference: plain(r) for r in rows}
        assert len(found) == len(rows) > 2_900


def test_all_figures_are_those_computed_row_by_row(grown: Database, expected: "Expected") -> None:
    every = Filters().of(campaign_of(grown).key)
    for day, rows in expected.items():
        with grown.read() as session:
            assert statistics(session, every, day) == row_by_row.statistics(rows)
            for by in GROUPINGS:
                assert group_counts(session, every, by, day) == row_by_row.group_counts(rows, by), by
            for standing in STANDINGS:
                holds = row_by_row.STANDS[standing.word]
                count = letter_count(session, replace(every, status=standing.word), day)
                assert count == sum(holds(r) for r in rows), standing.word
            found = agenda(session, campaign_of(grown), today=day)
        overdue = [r for r in rows if row_by_row.STANDS["overdue"](r)]
        assert found.overdue.count == len(overdue)
        assert [r.due_on for r in found.overdue.first] == sorted(r.due_on for r in overdue if r.due_on)[:6]
        assert found.to_remind == sum(r.origin == "own" for r in overdue)


WORDS = (
    "massachusetts", "democrat", "Österreich", "osterreich", "les répub", "GRO-0017", "gro-00", "judgment",
    "inquiry owed",
    "refused", "minister noted", "member of the senate", "berlin", "dear mem", "hautala", "finland",
    "nothing-of-this", "“", "an*",
)  # fmt: skip

queries = st.builds(
    Filters,
    status=st.sampled_from(["", "", *row_by_row.STANDS]),
    body=st.sampled_from(["", "", "", "house of commons", "HOUSE", "assemblee", "senate", "zzz"]),
    party=st.sampled_from(["", "", "", "democrat", "Démocrat", "social", "les repub"]),
    country=st.sampled_from(["", "", "", "Finland", "united kingdom"]),
    channel=st.sampled_from(["", "", "", "email", "post"]),
    answer=st.sampled_from(["", "", "", "refused", "acknowledgement"]),
    within=st.sampled_from(["", "", "", "past", "0", "14"]),
    search=st.sampled_from(["", "", *WORDS]),
)


def sorted_by(column: LetterColumn, descending: bool) -> tuple[Filters, Order]:
    return Filters(), Order(column.key, descending)


def value_of(row: TrackerRow, key: str) -> object:
    """What a column sorts by, as a person would say."""
    if key == "reference":
        return reference_key(row.reference)
    value = {c.key: c for c in LETTER_COLUMNS}[key].value(row)
    if key == "phase":
        return row.urgency
    if key == "audience":
        return row.audience
    if key in {"recipient", "body", "party", "country"}:
        return folded(str(value)) or None
    return (folded(row.subject[:80]) if key == "subject" else value) or None if value != 0 else 0


@settings(max_examples=30, deadline=None)
@given(
    filters=queries,
    by=st.sampled_from([c.key for c in LETTER_COLUMNS]),
    descending=st.booleans(),
    limit=st.sampled_from([1, 7, 50, 5_000]),
    day=st.integers(0, 2),
    at=st.integers(0, 3_000),
)
def test_any_filter_sort_page_and_jump_is_what_row_by_row_gives(
    grown: Database,
    expected: "Expected",
    filters: Filters,
    by: str,
    descending: bool,
    limit: int,
    day: int,
    at: int,
) -> None:
    on, rows = list(expected.items())[day]
    query, order = filters.of(1), Order(by, descending)
    if not any(c.isalnum() for c in filters.search):
        filters = replace(filters, search="")
    wanted = {r.reference for r in row_by_row.passing(rows, filters, on)}
    with grown.read() as session:
        assert letter_count(session, query, on) == len(wanted)
        pairs = list(letter_ids(session, query, on, order))
        references = [reference for _, reference in pairs]
        assert set(references) == wanted and len(references) == len(wanted)
        listed = list(letter_rows(session, query, on, order))
        assert [r.reference for r in listed] == references
        values = [value_of(r, by) for r in listed]
        filled = [v for v in values if v is not None]
        assert values == filled + [None] * (len(values) - len(filled))  # what is empty comes last
        assert filled == sorted(filled, reverse=descending)  # type: ignore[type-var]
        keys = {reference: key for key, reference in pairs}
        for one, other in itertools.pairwise(listed):
            if value_of(one, by) == value_of(other, by):
                assert (keys[one.reference] > keys[other.reference]) is descending
        # Pages one after another, a page in the middle, and the place of a letter.
        page = letter_page(session, query, on, order, limit=limit)
        assert [r.reference for r in page.rows] == references[:limit]
        assert (page.next is None) is (len(references) <= limit)
        if page.next is not None:
            second = letter_page(session, query, on, order, after=page.next, limit=limit)
            assert [r.reference for r in second.rows] == references[limit : 2 * limit]
        jumped = letter_page(session, query, on, order, offset=at, limit=limit)
        assert [r.reference for r in jumped.rows] == references[at : at + limit]
        if references:
            place = at % len(references)
            assert position_of(session, references[place], query, on, order) == place
        assert set(situations_of(session, query, on)) == {r.situation for r in listed}


def test_what_is_shown_is_found(grown: Database, expected: "Expected") -> None:
    with grown.read() as session:
        for word in (
            "massachusetts",
            "democrat",
            "osterreich",
            "GRO-0017",
            "judgment",
            "republicains berlin",
        ):
            assert letter_count(session, Filters(search=word).of(1), TODAY) > 0, word


def test_pages_leave_no_gap_and_name_nothing_twice_while_somebody_else_writes(mine: Database) -> None:
    assert mine.path is not None
    query, order = Filters(status="waiting").of(1), Order("recipient")
    with mine.read() as session:
        before = [reference for _, reference in letter_ids(session, query, TODAY, order)]
    seen: list[str] = []
    key = None
    other = open_database(mine.path)
    while True:
        with mine.read() as session:
            page = letter_page(session, query, TODAY, order, after=key, limit=20)
        seen += [r.reference for r in page.rows]
        key = page.next
        if key is None:
            break
        with (
            other.write() as session
        ):  # one that was shown leaves the list, another one comes to the front of it
            session.execute(text("UPDATE letter SET status = 'closed' WHERE id = :id"), {"id": page.ids[0]})
            session.execute(text("UPDATE person SET name = 'Aaa' WHERE id = :id"), {"id": len(seen) // 20})
    other.close()
    assert len(seen) == len(set(seen))
    with mine.read() as session:
        after = {reference for _, reference in letter_ids(session, query, TODAY, order)}
        moved = {r.reference for r in letter_rows(session, query, TODAY) if r.recipient == "Aaa"}
    assert (set(before) & after) - moved <= set(seen)


def test_letters_list_pages_through_all_letters_by_the_last_reference(grown: Database) -> None:
    def listed(*more: str) -> list[str]:
        command = ["--database", grown.location, "letters", "list", "--format", "json", *more]
        run = CliRunner().invoke(app, command)
        assert run.exit_code == 0, run.output
        return [row["reference"] for row in json.loads(run.output)]

    for sort in (
        [],
        ["--sort", "answered-on", "--descending"],
        ["--status", "overdue", "--sort", "Standing"],
    ):
        every = listed(*sort)
        seen: list[str] = []
        while page := listed(*sort, "--limit", "700", *(["--after", seen[-1]] if seen else [])):
            assert len(page) <= 700
            seen += page
        assert seen == every and len(every) > 500
    with pytest.raises(UsageError, match="reference, recipient"), grown.read() as session:
        letter_page(session, Filters().of(1), TODAY, Order("nothing"))
    with pytest.raises(NotFoundError), grown.read() as session:
        position_of(session, "GRO-99999", Filters().of(1), TODAY)


def test_references_sort_by_number(mine: Database) -> None:
    with mine.write() as session:
        drafts = "SELECT id FROM letter WHERE status = 'draft' AND deleted_at IS NULL ORDER BY id LIMIT 2"
        one, other = session.scalars(text(drafts))
        session.execute(text("UPDATE letter SET reference = 'GRO-12001' WHERE id = :id"), {"id": one})
        session.execute(text("UPDATE letter SET reference = 'GRO-10000' WHERE id = :id"), {"id": other})
    with mine.read() as session:
        rows = letter_page(session, Filters().of(1), TODAY, Order("reference", True), limit=3).rows
    assert [r.reference for r in rows] == ["GRO-12001", "GRO-10000", "GRO-0400"]


CHANGES = {
    "a letter's state": "UPDATE letter SET status = 'closed' WHERE status = 'sent' AND id % 5 = 0",
    "its subject": "UPDATE letter SET subject = 'Unheard of' WHERE status = 'draft'",
    "a draft deleted": "UPDATE letter SET deleted_at = created_at WHERE status = 'draft' AND id % 2 = 0",
    "a draft gone": "DELETE FROM letter WHERE status = 'draft' AND id % 2 = 0 AND NOT EXISTS"
    " (SELECT 1 FROM letter_event WHERE letter_id = letter.id)",
    "a sending": "INSERT INTO dispatch (letter_id, channel, outcome, dispatched_on, recorded_at, "
                 "to_address, message_id, detail)"
    " SELECT id, 'email', 'started', '2026-03-01', '2026-03-01', '', '', '' FROM letter WHERE status = "
    "'queued'",
    "its outcome": "UPDATE dispatch SET outcome = 'bounced' WHERE id % 3 = 0",
    "it gone": "DELETE FROM dispatch WHERE id % 3 = 1",
    "an answer": "INSERT INTO reply (letter_id, received_on, recorded_at, channel, from_name, from_address, "
                 "subject, text,"
    " message_id) SELECT id, '2026-03-01', '2026-03-01', '', '', '', '', 'Zebra', '' FROM letter WHERE "
    "status = 'sent'",
    "its kind": "UPDATE reply SET kind = 'holding' WHERE id % 2 = 0",
    "it moved": "UPDATE reply SET letter_id = letter_id + 1 WHERE id % 50 = 0",
    "it removed": "DELETE FROM reply WHERE id % 2 = 1",
    "a person's name": "UPDATE person SET name = 'Zoë ' || name WHERE id % 2 = 0",
    "a person deleted": "UPDATE person SET deleted_at = '2026-01-01' WHERE id % 7 = 0",
    "a body's name": "UPDATE organization SET name = name || ' of old' WHERE classification != 'party'",
    "a body's country": "UPDATE organization SET jurisdiction = 'FI' WHERE name = 'Senate'",
    "a party's name": "UPDATE organization SET name = 'Party of ' || name WHERE classification = 'party'",
    "a party deleted": "UPDATE organization SET deleted_at = '2026-01-01' WHERE name = 'Greens'",
    "an office's name": "UPDATE post SET short_label = 'Deputy'",
    "a seat's place": "UPDATE membership SET area_id = NULL WHERE id % 2 = 0",
    "a seat's end": "UPDATE membership SET end_date = '2020' WHERE id % 3 = 0",
    "a seat gone": "DELETE FROM membership WHERE id % 4 = 0",
    "a place's name": "UPDATE area SET name = name || 'shire'",
    "a standard": "INSERT INTO organization_standard (organization_id, amount, unit, source)"
    " SELECT id, 3, 'days', 'Its page' FROM organization WHERE name IN ('Senate', 'Home Office')",
    "a follow-up drafted": "INSERT INTO letter_event (letter_id, at, kind, by, from_status, to_status, "
                           "detail) SELECT id,"
    " '2026-03-01', 'followed_up', '', 'sent', 'sent', json_object('code', 'next_letters', 'parameters', "
    "json_object('references', (SELECT reference FROM letter WHERE status = 'draft' AND deleted_at IS NULL "
    "ORDER BY id LIMIT 1))) FROM letter WHERE status = 'sent' LIMIT 9",
    "it withdrawn": "UPDATE letter SET status = 'withdrawn' WHERE id = (SELECT id FROM letter WHERE status "
                    "= 'draft'"
    " AND deleted_at IS NULL ORDER BY id LIMIT 1)",
    "the letters' body": "UPDATE letter SET organization_id = 1 WHERE status = 'draft'",
}  # fmt: skip


@pytest.mark.parametrize("outside", [False, True], ids=["inside", "outside"])
def test_whatever_is_written_by_whomever_leaves_no_row_untrue(mine: Database, outside: bool) -> None:
    campaign = campaign_of(mine)
    assert mine.path is not None
    for what, statement in CHANGES.items():
        if outside:
            with contextlib.closing(connect(mine.path)) as connection:
                connection.execute(statement)
            open_database(mine.path).close()
        else:
            with mine.write() as session:
                session.execute(text(statement))
        with mine.read() as session:
            wrong = list(upkeep.wrong_rows(session.connection()))
            assert wrong == [], what
            assert upkeep.is_settled(session.connection())
    with mine.read() as session:
        found = {r.reference: plain(r) for r in letter_rows(session, Filters().of(1), TODAY)}
        rows = row_by_row.letters_of(session, campaign, today=TODAY)
        words = Filters(search="zoe deputy").of(1)
        assert letter_count(session, words, TODAY) == len(row_by_row.passing(rows, words, TODAY)) > 20
    assert found == {r.reference: plain(r) for r in rows}


def test_rows_are_true_within_the_unit_of_work_that_changes_them(mine: Database) -> None:
    with mine.write() as session:
        session.execute(text("UPDATE person SET name = 'Zacharias'"))
        rows = letter_page(session, Filters(search="zacharias").of(1), TODAY, limit=5).rows
        assert [r.recipient for r in rows] == ["Zacharias"] * 5


def test_rows_are_made_again_when_the_rules_are_others(
    mine: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outreach.domain import deadlines
    from outreach.store import letter_row_rules

    assert mine.path is not None
    with mine.read() as session:
        before = {r.reference: r.due_on for r in letter_rows(session, Filters(status="waiting").of(1), TODAY)}

    def later(received_on: date, standard: deadlines.ReplyStandard) -> date:
        return received_on + timedelta(days=400)

    monkeypatch.setattr(letter_row_rules, "reply_due", later)
    monkeypatch.setattr(upkeep, "_stamp", lambda: "1 other rules")
    other = open_database(mine.path)
    with other.read() as session:
        after = {r.reference: r.due_on for r in letter_rows(session, Filters(status="waiting").of(1), TODAY)}
    assert check(other) == []
    other.close()
    assert before.keys() == after.keys()
    assert all(on and on > TODAY for on in after.values()) and before != after


def test_a_row_that_was_tampered_with_is_named_by_the_check_and_put_right(mine: Database) -> None:
    with mine.write() as session:
        session.execute(text("UPDATE letter_row SET recipient = 'Nobody', due_on = NULL WHERE id = 7"))
        session.execute(text("DELETE FROM letter_row WHERE id = 8"))
        session.execute(text("DELETE FROM search_letters WHERE rowid = 9"))
        session.execute(
            text("UPDATE letter_row SET id = 70000, reference = 'GRO-70000' WHERE id = 10"),
        )
    said = " ".join(check(mine))
    assert "GRO-0007 was not what its records say (recipient" in said
    assert "GRO-0008 was not what its records say (not there)" in said
    assert "GRO-0009 was not what its records say (the words to find it by)" in said
    assert "GRO-70000 was not what its records say (a letter that is gone)" in said
    assert "has been put right" in said
    assert check(mine) == []


def test_triggers_that_are_gone_are_made_again_and_nothing_is_missed(mine: Database) -> None:
    assert mine.path is not None
    with contextlib.closing(connect(mine.path)) as connection:
        connection.execute("DROP TRIGGER letter_row_person_update")
        connection.execute("UPDATE person SET name = 'Changed unseen' WHERE id = 5")
    other = open_database(mine.path)
    with other.read() as session:
        assert list(upkeep.wrong_rows(session.connection())) == []
        assert letter_count(session, Filters(search="changed unseen").of(1), TODAY) > 0
    other.close()


@pytest.mark.parametrize(("kind", "after"), [("phoned", "sent"), ("closed", ""), ("closed", "buried")])
def test_a_step_that_this_version_does_not_know_keeps_no_letter_out_of_the_table(
    mine: Database, kind: str, after: str
) -> None:
    assert mine.path is not None
    before = count_of(mine)
    with contextlib.closing(connect(mine.path)) as connection:
        (key,) = connection.execute("SELECT id FROM letter_row WHERE last_step = 'sent' LIMIT 1").fetchone()
        connection.execute(
            "INSERT INTO letter_event (letter_id, at, kind, by, from_status, to_status, detail)"
            " VALUES (?, '2026-03-01', ?, '', 'sent', ?, '')",
            (key, kind, after),
        )
    other = open_database(mine.path)
    assert count_of(other) == before and check(other) == []
    with other.read() as session:
        letter = session.get_one(Letter, key)
        (situation,) = situations(session, [letter])
        row = session.execute(select(LetterRow.c.last_step).where(LetterRow.c.id == key)).scalar_one()
    other.close()
    # Nobody knows what it was, so nothing from before it is taken back.
    assert situation.last is None and row is None
    assert refusal_of_way_back(situation) != ""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE letter SET status = 'done' WHERE id = 3",
        "UPDATE letter SET answered_on = 'soon' WHERE id = 3",
        "UPDATE letter SET sent_on = '9999-12-31', status = 'sent' WHERE id = 3",
        "INSERT INTO reply (letter_id, received_on, recorded_at, kind, channel, from_name, from_address,"
        " subject, text, message_id) VALUES (3, '2026-03-01', '2026-03-01', 'odd', '', '', '', '', '', '')",
    ],
)
def test_a_letter_that_cannot_be_read_is_named_rather_than_left_out_of_the_table(
    mine: Database, statement: str
) -> None:
    assert mine.path is not None
    with contextlib.closing(connect(mine.path)) as connection:
        connection.execute(statement)
    with pytest.raises(DatabaseBrokenError, match=r"What is on file of GRO-0003 cannot be read .* restore"):
        open_database(mine.path)
    with pytest.raises(DatabaseBrokenError, match="GRO-0003"), mine.write() as session:
        session.execute(text("UPDATE person SET name = 'Zacharias' WHERE id = 1"))
    with mine.read() as session:
        assert session.execute(text("SELECT name FROM person WHERE id = 1")).scalar_one() != "Zacharias"


def count_of(database: Database) -> int:
    """How many letters the table has."""
    with database.read() as session:
        return letter_count(session, Filters().of(1), TODAY)


def test_a_column_declared_once_is_in_the_window_the_terminal_and_the_files(
    grown: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = LetterColumn("origin", "Whose", "origin", lambda r: f"of {r.origin.value}")
    monkeypatch.setattr(letter_columns, "LETTER_COLUMNS", (*LETTER_COLUMNS, extra))
    campaign = campaign_of(grown)
    with grown.read() as session:
        rows = letter_page(session, Filters().of(campaign.key), TODAY, Order("origin", True), limit=3).rows
    assert [r.origin for r in rows] == ["reported"] * 3  # it sorts
    assert window_columns()[-1].title == "Whose" and window_columns()[-1].text(rows[0]) == "of reported"
    table = list(csv.DictReader(io.StringIO(tracker_csv(rows).decode("utf-8-sig"))))
    assert [line["Whose"] for line in table] == ["of reported"] * 3
    sheet = load_workbook(io.BytesIO(tracker_xlsx(rows))).active
    assert sheet is not None
    assert [cell.value for cell in list(sheet.columns)[-1]] == ["Whose", *["of reported"] * 3]
    command = [
        "--database",
        grown.location,
        "letters",
        "list",
        "--limit",
        "3",
        "--sort",
        "whose",
        "--descending",
    ]
    assert "of reported" in CliRunner().invoke(app, command).output
    data = json.loads(CliRunner().invoke(app, [*command, "--format", "json"]).output)
    assert data[0]["origin"]


def test_the_table_of_the_window_holds_the_same_rows(grown: Database) -> None:
    with grown.read() as session:
        rows = tracker_rows(session, campaigns_list(session)[0], filters=Filters(body="senate"))
    assert rows and all(r.body == "Senate" for r in rows if r.origin == "own")
