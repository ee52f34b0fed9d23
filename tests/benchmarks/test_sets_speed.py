"""Speed of sets of 10,000 letters: drafting against rendering alone, approving against the bare statements of
the same rows.

Run with: make bench. How many letters: OUTREACH_BENCH_LETTERS.
"""

import os
import shutil
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from outreach.domain.letter_life import Step
from outreach.domain.notice import Code, notice
from outreach.domain.states import Channel, LetterStatus
from outreach.letters.drafting import draft_in_chunks, plan_letters
from outreach.letters.large_sets import AT_ONCE, approving, closing, marking_sent, write_in_chunks
from outreach.letters.sandbox import Rendered, TemplateSandbox
from outreach.store.database import Database, open_database
from outreach.store.models import Letter, LetterEvent
from outreach.store.types import now, table_of
from tests.benchmarks.test_speed import tell
from tests.many import add_recipients

LETTERS = int(os.environ.get("OUTREACH_BENCH_LETTERS", "10000"))
DAY = date(2011, 1, 26)


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


class _Listening(TemplateSandbox):
    """Keeps what it was asked to render."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Any, ...]] = []

    def render_each(self, *asked: Any) -> list[Rendered]:
        self.asked.append(asked)
        return super().render_each(*asked)


def drafted(database: Database, sandbox: TemplateSandbox, recipients: Any) -> list[str]:
    with database.read() as session:
        plan = plan_letters(
            session, sandbox, case_id="magnitsky", template=None, recipients=recipients, on=DAY
        )
    return list(draft_in_chunks(database, plan).refs)


def test_drafting_against_rendering_alone(database: Database) -> None:
    recipients = add_recipients(database, LETTERS)
    with _Listening() as listening:
        seconds = timed(lambda: drafted(database, listening, recipients))
        asked, listening.asked = listening.asked, []
        base = timed(lambda: [TemplateSandbox.render_each(listening, *each) for each in asked])
        name, parts, common, each = asked[0]
        few = each[:50]
        one_by_one = timed(
            lambda: [TemplateSandbox.render(listening, name, parts, {**common, **own}) for own in few]
        )
    tell(f"drafting {LETTERS:,} letters", seconds, "rendering them alone, 50 in a trip", base)
    alone = one_by_one / len(few) * LETTERS
    tell(f"drafting {LETTERS:,} letters", seconds, "rendering them alone, each by itself", alone)


@pytest.fixture
def many(database: Database, sandbox: TemplateSandbox) -> tuple[Path, list[str]]:
    """A database with many drafts, closed, and their references."""
    references = drafted(database, sandbox, add_recipients(database, LETTERS))
    assert database.path is not None
    database.close()
    return database.path, references


def test_approving_against_the_bare_statements(many: tuple[Path, list[str]], tmp_path: Path) -> None:
    path, references = many
    copy = open_database(shutil.copy(path, tmp_path / "copy.db"))
    base = timed(lambda: bare_approval(copy, references))
    copy.close()
    database = open_database(path)
    seconds = timed(lambda: write_in_chunks(database, references, approving(by="x")))
    tell(f"approving {LETTERS:,} letters", seconds, "bare executemany of the same rows, journalled", base)
    marked = timed(
        lambda: write_in_chunks(database, references, marking_sent(by=Channel.POST, on=DAY, who="x"))
    )
    tell(f"marking {LETTERS:,} letters sent", marked, "bare executemany of the approval", base)
    closed = timed(lambda: write_in_chunks(database, references, closing(by="x")))
    tell(f"closing {LETTERS:,} letters", closed, "bare executemany of the approval", base)
    database.close()


def bare_approval(database: Database, references: list[str]) -> None:
    """The update of the letters and their events and nothing else, in as many units of writing.

    Triggers included.
    """
    table, at = table_of(Letter), now()
    for start in range(0, len(references), AT_ONCE):
        part = references[start : start + AT_ONCE]
        with database.write() as session:
            keys = session.scalars(select(Letter.id).where(Letter.reference.in_(part))).all()
            session.connection().exec_driver_sql(
                str(
                    update(table)
                    .where(table.c.id == text(":key"))
                    .values(
                        {
                            "status": text("'approved'"),
                            "text_sha256": text(":sha256"),
                            "digest_version": text("2"),
                            "approved_at": text(f"'{at:%Y-%m-%d %H:%M:%S.000000}'"),
                            "approved_by": text("'x'"),
                        }
                    )
                ),
                [{"key": key, "sha256": f"{key:064x}"} for key in keys],
            )
            session.execute(
                insert(table_of(LetterEvent)),
                [
                    {
                        "letter_id": key,
                        "at": at,
                        "kind": Step.APPROVED,
                        "by": "x",
                        "from_status": LetterStatus.DRAFT.value,
                        "to_status": LetterStatus.APPROVED.value,
                        "detail": notice(Code.TEXT_HASH, sha256=f"{key:064x}"),
                    }
                    for key in keys
                ],
            )
