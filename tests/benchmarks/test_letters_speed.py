"""The table of letters among very many, as ratios against the bare SQL of the same page; printed, never
asserted.

OUTREACH_LETTERS says how many letters there are, by default 100,000. OUTREACH_GROWN names a database that
`tests.benchmarks.grow` made before, which saves growing one.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest
from sqlalchemy.orm import Session

from outreach.cases.campaigns import campaigns_list
from outreach.desk.letter_query import GROUPINGS, Filters
from outreach.desk.letter_table import letter_count, letter_page, position_of
from outreach.desk.statistics import group_counts, statistics
from outreach.desk.today import agenda
from outreach.store.database import Database, open_database
from outreach.store.paging import Order
from tests.benchmarks.grow import TODAY, grow
from tests.benchmarks.test_speed import best, tell

PAGE = "SELECT * FROM letter_row WHERE campaign_id = 1{where} ORDER BY {order} LIMIT 50"
OUT = "status IN ('sent', 'acknowledged', 'answered', 'closed', 'bounced')"
FILTERS = (
    (Filters(status="draft"), "status = 'draft'"),
    (Filters(status="overdue"), f"due_on < '{TODAY}'"),
    (Filters(status="due soon"), f"due_on BETWEEN '{TODAY}' AND date('{TODAY}', '+5 days')"),
    (Filters(body="Senate"), "group_key = 'senate'"),
    (Filters(body="hou"), "instr(group_key, 'hou') > 0"),
    (Filters(party="Democrat"), "party_key = 'democrat'"),
    (Filters(country="Finland"), "country_key = 'finland'"),
    (Filters(channel="email"), "channel = 'email'"),
    (Filters(answer="refused"), "answer = 'refused'"),
)
SORTS = (
    ("reference", "reference_key"),
    ("recipient", "recipient_key"),
    ("phase", "urgency"),
    ("sent_on", "sent_on"),
    ("due_on", "due_on"),
    ("answered_on", "answered_on"),
    ("days_taken", "days_taken"),
    ("body", "body_key"),
    ("answer", "answer"),
    ("subject", "subject_key"),
)
FOUND = (
    "id IN (SELECT rowid FROM search_letters WHERE search_letters MATCH '\"{word}\"*' UNION ALL"
    " SELECT rowid >> 4 FROM search_index WHERE search_index MATCH '\"{word}\"*' AND (rowid & 15) = 5)"
)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of as many letters as wanted."""
    made = os.environ.get("OUTREACH_GROWN", "")
    path = Path(made) if made else tmp_path_factory.mktemp("many") / "many.db"
    database = open_database(path, create=not made)
    if not made:
        grow(database, int(os.environ.get("OUTREACH_LETTERS", "100000")), 5_000)
    yield database
    database.close()


def timed(database: Database, work: Callable[[Session], object], sql: str | list[str]) -> tuple[float, float]:
    """Seconds of some reading, and of bare statements over the driver's own connection, warm both."""
    with database.read() as session:
        raw: Any = session.connection().connection.driver_connection
        statements = [sql] if isinstance(sql, str) else sql

        def bare() -> None:
            for statement in statements:
                raw.execute(statement).fetchall()

        return best(lambda: work(session), 3), best(bare, 3)


def test_the_first_page_and_any_sort(many: Database) -> None:
    query = Filters().of(1)
    for by, column in SORTS:
        for descending in (False, True):
            way = " DESC" if descending else ""
            sql = PAGE.format(where=f" AND {column} IS NOT NULL", order=f"{column}{way}, id{way}")
            found = timed(
                many,
                lambda s, by=by, d=descending: letter_page(s, query, TODAY, Order(by, d), limit=50),  # type: ignore[misc]
                sql,
            )
            tell(f"first page by {by}{way.lower()}", found[0], "its bare SQL", found[1])


def test_any_filter(many: Database) -> None:
    for filters, where in FILTERS:
        said = ", ".join(f"{k} {v}" for k, v in vars(filters).items() if v)
        sql = PAGE.format(where=f" AND {where}", order="reference_key, id")
        found = timed(many, lambda s, f=filters: letter_page(s, f.of(1), TODAY, limit=50), sql)  # type: ignore[misc]
        tell(f"first page of {said}", found[0], "its bare SQL", found[1])
        counted = f"SELECT count(*) FROM letter_row WHERE campaign_id = 1 AND {where}"
        found = timed(many, lambda s, f=filters: letter_count(s, f.of(1), TODAY), counted)  # type: ignore[misc]
        tell(f"count of {said}", found[0], "its bare SQL", found[1])


def test_a_jump_to_any_row(many: Database) -> None:
    query, order = Filters().of(1), Order("recipient")
    with many.read() as session:
        middle = letter_count(session, query, TODAY) // 2
        there = letter_page(session, query, TODAY, order, offset=middle, limit=1).rows[0].reference
    by = "recipient_key IS NOT NULL"
    sql = f"{PAGE.format(where=f' AND {by}', order='recipient_key, id')} OFFSET {middle}"
    found = timed(many, lambda s: letter_page(s, query, TODAY, order, offset=middle, limit=50), sql)
    tell("a page in the middle", found[0], "its bare SQL", found[1])
    sql = (
        "SELECT count(*) FROM letter_row WHERE campaign_id = 1 AND recipient_key <"
        f" (SELECT recipient_key FROM letter_row WHERE reference = '{there}')"
    )
    found = timed(many, lambda s: position_of(s, there, query, TODAY, order), sql)
    tell("the place of a letter", found[0], "its bare SQL", found[1])


def test_typing_a_search(many: Database) -> None:
    ours, bare = [], []
    for whole in ("massachusetts", "democrat", "lawyer", "hautala", "sanctions"):
        for length in range(1, len(whole) + 1):
            word = whole[:length]
            sql = PAGE.format(where=f" AND {FOUND.format(word=word)}", order="reference_key, id")
            query = Filters(search=word).of(1)
            found = timed(many, lambda s, q=query: letter_page(s, q, TODAY, limit=50), sql)  # type: ignore[misc]
            ours.append(found[0])
            bare.append(found[1])
    tell(
        "a page while typing a search (p95)",
        quantiles(ours, n=20)[-1],
        "its bare SQL",
        quantiles(bare, n=20)[-1],
    )


def test_today_and_the_overview(many: Database) -> None:
    with many.read() as session:
        campaign = campaigns_list(session)[0]
    here, answered = (
        "FROM letter_row WHERE campaign_id = 1",
        "(answered_on IS NOT NULL OR status = 'answered')",
    )
    counts = [
        f"SELECT count(*) {here}{where}"
        for where in (
            "", " AND status = 'draft'", " AND status IN ('approved', 'queued') AND is_uncertain = 0",
            f" AND {OUT}",
            f" AND {OUT} AND {answered}", " AND due_on IS NOT NULL", f" AND due_on < '{TODAY}'",
        )
    ]  # fmt: skip
    days = f"SELECT days_taken + 0, count(*) {here} AND {OUT} AND {answered} GROUP BY 1"
    groups = [
        f"SELECT {key}, count(*) {here} AND {OUT} AND {key} IS NOT NULL{where} GROUP BY {key}"
        for key in ("group_key", "party_key", "country_key")
        for where in (
            "", f" AND {answered}", f" AND due_on < '{TODAY}'", f" AND due_on >= '{TODAY}'",
            " AND due_on IS NULL",
        )
    ]  # fmt: skip
    medians = [
        f"SELECT {key}, days_taken, count(*) {here} AND {OUT} AND {key} IS NOT NULL AND days_taken IS NOT "
        "NULL GROUP BY 1, 2"
        for key in ("group_key", "party_key", "country_key")
    ]
    every = Filters().of(1)

    def overview(session: Session) -> None:
        statistics(session, every, TODAY)
        for by in GROUPINGS:
            group_counts(session, every, by, TODAY)

    found = timed(many, overview, [*counts, days, *groups, *medians])
    tell("figures of the overview", found[0], "the bare aggregates", found[1])
    lists = [
        statement
        for where in (
            "is_uncertain = 1", "status IN ('bounced', 'failed')", f"due_on < '{TODAY}'",
            f"due_on BETWEEN '{TODAY}' AND date('{TODAY}', '+5 days')",
            "status IN ('approved', 'queued') AND is_uncertain = 0", "status = 'draft'",
        )
        for statement in (f"SELECT count(*) {here} AND {where}", f"SELECT * {here} AND {where} LIMIT 6")
    ]  # fmt: skip
    lists.append(f"SELECT count(*) {here} AND due_on < '{TODAY}' AND origin = 'own' AND is_reminded = 0")
    found = timed(many, lambda s: agenda(s, campaign, today=TODAY), lists)
    tell("today", found[0], "the bare counts and lists", found[1])
