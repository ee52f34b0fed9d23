"""Speed as ratios against a named baseline measured in the same run; printed, never asserted.

Run with: make bench
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from outreach.cases.campaigns import campaigns_list
from outreach.desk.letter_table import tracker_rows
from outreach.letters.drafting import draft_letters, plan_letters
from outreach.letters.formats.document import LetterDocument, parse_blocks
from outreach.letters.formats.pdf import letter_data, letter_pdf
from outreach.letters.formats.typesetting import main_source, new_compiler
from outreach.letters.preview import edited_document, preview_pdf, saved_document
from outreach.letters.sandbox import TemplateSandbox
from outreach.recipients.rows import recipients_list
from outreach.resources import resource
from outreach.store.database import Database
from tests import factories


def best(work: Callable[[], object], rounds: int = 5) -> float:
    """Shortest of several runs, in seconds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def tell(what: str, seconds: float, baseline: str, base_seconds: float) -> None:
    """Print one ratio."""
    print(  # noqa: T201
        f"\n{what}: {seconds * 1000:.1f} ms; {baseline}: {base_seconds * 1000:.1f} ms; ratio "
        f"{seconds / base_seconds:.2f}"
    )


def test_one_letter_as_pdf_against_the_bare_compile(database: Database, sandbox: TemplateSandbox) -> None:
    reference = factories.drafted(database, sandbox, "Theresa May")[0]
    with database.read() as session:
        document = saved_document(session, reference)
    compiler = new_compiler(resource("templates/packs"))
    number = iter(range(1000))

    def another() -> LetterDocument:
        # Each time another addressee, since typst remembers what it has set.
        return replace(document, salutation=f"Dear {next(number)},")

    def bare() -> None:
        source = main_source("letter", letter_data(another()))
        compiler.compile(source, format="pdf", pdf_standards=["a-2a", "ua-1"], timestamp=0)

    for _ in range(12):  # until typst has forgotten what other benchmarks had it set
        bare()
        letter_pdf(another())
    tell("a letter as PDF", best(lambda: letter_pdf(another())), "bare typst compile of it", best(bare))


def test_the_preview_while_typing(database: Database, sandbox: TemplateSandbox) -> None:
    reference = factories.drafted(database, sandbox, "Theresa May")[0]
    with database.read() as session:
        document = saved_document(session, reference)
    preview_pdf(document)
    number = iter(range(1000))

    def typed() -> None:
        words = f"{document.body_markdown} {next(number)}"
        preview_pdf(edited_document(document, subject="S", salutation="D", body=words, close="Y"))

    tell(
        "a preview after a keystroke",
        best(typed, 20),
        "parsing its Markdown alone",
        best(lambda: parse_blocks(f"{document.body_markdown} {next(number)}")),
    )


def test_planning_letters_against_rendering_them(database: Database, sandbox: TemplateSandbox) -> None:
    with database.read() as session:
        recipients = recipients_list(session, 1)

        def plan() -> object:
            return plan_letters(
                session,
                sandbox,
                case_id="magnitsky",
                template=None,
                recipients=recipients,
                on=date(2011, 1, 26),
            )

        plan()

        def bare() -> None:
            for _ in recipients:
                sandbox.render("x", {"body": "text"}, {"facts": {}})

        tell("planning 16 letters", best(plan, 3), "16 empty trips to the templates' process", best(bare))


@pytest.fixture
def many(database: Database, sandbox: TemplateSandbox) -> Database:
    """The sample campaign with 5,000 letters."""
    with database.write() as session:
        recipients = recipients_list(session, 1)
        plan = plan_letters(
            session, sandbox, case_id="magnitsky", template=None, recipients=recipients, on=date(2011, 1, 26)
        )
        draft_letters(session, plan)
        columns = [
            row[1]
            for row in session.execute(text("PRAGMA table_info(letter)"))
            if row[1] not in {"id", "reference"}
        ]
        names = ", ".join(columns)
        session.execute(
            text(
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 312) "
                f"INSERT INTO letter (reference, {names}) SELECT 'BIG-' || printf('%06d', letter.id * 1000 "
                f"+ n.i), {', '.join('letter.' + c for c in columns)} FROM letter, n WHERE letter.origin = "
                "'own'"
            )
        )
    return database


def test_the_table_of_five_thousand_letters(many: Database) -> None:
    with many.read() as session:
        campaign = campaigns_list(session)[0]
        rows = tracker_rows(session, campaign)
        assert len(rows) > 4_000

        def bare() -> None:
            session.execute(
                text("SELECT * FROM letter LEFT JOIN person ON person.id = letter.person_id")
            ).all()

        tell(
            f"the table of {len(rows):,} letters",
            best(lambda: tracker_rows(session, campaign), 3),
            "the bare SQL of it",
            best(bare, 3),
        )


def test_the_whole_demo(tmp_path: Path) -> None:
    from outreach.exchange.demo import run_demo

    run_demo(tmp_path / "warm", say=lambda _: None)
    seconds = best(lambda: run_demo(tmp_path / "cold", say=lambda _: None), 2)
    tell("outreach demo", seconds, "its limit of 10 seconds", 10.0)
