"""Window and terminal agree on what can be done with a letter, whatever its state, whoever wrote it, however
certain it is."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.app import Desktop
from outreach.cases.campaigns import campaigns_list
from outreach.correspondence.replies import record_reply
from outreach.desk.chosen import AboutLetters, ChosenLetters
from outreach.desk.letter_table import tracker_rows
from outreach.domain.letter_life import (
    LetterSituation,
    Step,
    allowed_steps,
    refusal,
)
from outreach.domain.letter_ways_back import refusal_of_way_back
from outreach.domain.notice import free_text
from outreach.domain.states import Channel, LetterStatus, Origin, ReplyKind
from outreach.errors import NotAllowedError, OutreachError
from outreach.letters.enclosing import GivenFile, enclose
from outreach.letters.ledger import (
    approve_letters,
    close_letters,
    delete_drafts,
    edit_letter,
    find_letter,
    mark_sent,
    refuse_step,
    reopen_letters,
    withdraw_letters,
)
from outreach.letters.posting import web_form
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.situations import situations
from outreach.mail.last_step import undo_last_steps
from outreach.mail.mailto import mailto_link
from outreach.mail.outbox import queue_letters, take_back
from outreach.mail.outbox import settle as settle_letter
from outreach.store.database import Database, open_database
from outreach.store.models import Campaign, Case, Dispatch, Letter, LetterEvent, Recipient
from outreach.store.types import now
from outreach.ui.main_window import MainWindow
from tests.integration.test_mail import reachable

DAY = date(2011, 1, 26)
Do = Callable[[Session, str], object]

# What the terminal calls, by the action of the window that leads to the same.
TERMINAL: dict[str, tuple[Step | None, Do]] = {
    "approve": (Step.APPROVED, lambda s, r: approve_letters(s, [r])),
    "reopen": (Step.REOPENED, lambda s, r: reopen_letters(s, [r])),
    "delete": (Step.DELETED, lambda s, r: delete_drafts(s, [r])),
    "edit_draft": (
        Step.EDITED,
        lambda s, r: edit_letter(s, r, subject="S", salutation="", body="B", close=""),
    ),
    "enclose": (Step.ENCLOSED, lambda s, r: enclose(s, r, GivenFile("a.txt", "text/plain", b"a"))),
    "send": (Step.QUEUED, lambda s, r: queue_letters(s, [r])),
    "take_back": (Step.TAKEN_BACK, lambda s, r: take_back(s, [r])),
    "settle": (Step.SETTLED_SENT, lambda s, r: settle_letter(s, r, was_sent=True)),
    "sent": (Step.SENT, lambda s, r: mark_sent(s, [r], by=Channel.POST, on=DAY)),
    "mail_program": (Step.SENT, mailto_link),
    "web_form": (Step.SENT, web_form),
    "answer": (
        Step.REPLY_RECEIVED,
        lambda s, r: record_reply(s, r, kind=ReplyKind.AGREED, on=DAY, text="Yes."),
    ),
    "follow_up": (
        Step.FOLLOWED_UP,
        lambda s, r: refuse_step(s, [find_letter(s, r)], Step.FOLLOWED_UP),
    ),
    "withdraw": (Step.WITHDRAWN, lambda s, r: withdraw_letters(s, [r])),
    "close_letter": (Step.CLOSED, lambda s, r: close_letters(s, [r])),
    "undo_last": (None, lambda s, r: undo_last_steps(s, [r])),
}


def why_not(situation: LetterSituation, step: Step | None, reference: str) -> str:
    """Why a step, or taking back the last one, is refused."""
    if step is None:
        return refusal_of_way_back(situation, reference=reference)
    return refusal(situation, step, reference=reference)


def a_letter(session: Session, status: LetterStatus, origin: Origin, is_uncertain: bool, number: int) -> str:
    """A letter of the sample campaign in this state."""
    campaign = session.scalars(select(Campaign)).first()
    assert campaign is not None
    recipient = session.scalars(select(Recipient).where(Recipient.person_id.is_not(None))).first()
    assert recipient is not None
    letter = Letter(
        reference=f"TRY-{number:04}",
        campaign_id=campaign.id,
        case_id=session.scalars(select(Case.id)).first(),
        origin=origin,
        person_id=recipient.person_id,
        organization_id=recipient.organization_id,
        subject="S",
        body="B",
        status=status,
        created_at=now(),
    )
    session.add(letter)
    session.flush()
    if is_uncertain:
        session.add(
            Dispatch(
                letter_id=letter.id,
                channel=Channel.EMAIL,
                outcome="started",
                dispatched_on=DAY,
                recorded_at=now(),
            )
        )
    return letter.reference


@pytest.fixture
def letters(sample_path: Path) -> dict[str, tuple[LetterStatus, Origin, bool]]:
    """One letter of each kind in the database, by reference."""
    kinds = [(s, o, u) for s in LetterStatus for o in Origin for u in (False, True)]
    database = open_database(sample_path)
    with database.write() as session:
        made = {a_letter(session, *kind, number): kind for number, kind in enumerate(kinds, start=1)}
    database.close()
    return made


PASTS: list[list[Do]] = [
    [],
    [TERMINAL["edit_draft"][1]],
    [lambda s, r: approve_letters(s, [r], anyway=True)],
]
_READY = PASTS[-1]
for more in (
    ["reopen"],
    ["send"],
    ["send", "take_back"],
    ["send", "take_back", "undo_last"],
    ["sent"],
    ["sent", "undo_last"],
    ["sent", "answer"],
    ["sent", "answer", "undo_last"],
    ["sent", "close_letter"],
    ["sent", "close_letter", "answer"],
    ["withdraw"],
    ["send", "withdraw"],
    ["send", "withdraw", "undo_last"],
):
    PASTS.append([*_READY, *(TERMINAL[name][1] for name in more)])


@pytest.mark.parametrize("past", PASTS, ids=[str(n) for n in range(len(PASTS))])
def test_window_and_terminal_allow_the_same_after_the_same_past(
    past: list[Do],
    sample_path: Path,
    sandbox: TemplateSandbox,
    desktop: Desktop,
    settle: Callable[[MainWindow], None],
) -> None:
    database = open_database(sample_path)
    reference = reachable(database, sandbox, "Theresa May")[0]
    with database.write() as session:
        reopen_letters(session, [reference])
        for do in past:
            do(session, reference)
    window = desktop.open(str(sample_path))
    settle(window)
    page: Any = window.pages["letters"]
    window.workspace.go("letters")
    settle(window)
    page.table.select([reference])
    settle(window)
    shown = {name for name in TERMINAL if getattr(page, name).isEnabled()}
    done = set()
    for name, (step, do) in TERMINAL.items():
        with database.write() as session:
            found = situations(session, [find_letter(session, reference)])[0]
            why = why_not(found, step, reference)
            try:
                do(session, reference)
            except OutreachError as error:
                if "address" in str(error) or "web form" in str(error) or "rescind" in str(error):
                    done.add(name)
                elif name == "approve" and not why:
                    done.add(name)  # its facts have changed, which is no matter of its life
                else:
                    assert str(error) == why or name in {"web_form", "mail_program"}, name
            else:
                done.add(name)
            session.rollback()
    database.close()
    assert shown == done


def history(session: Session, reference: str) -> tuple[Any, ...]:
    letter = session.scalars(
        select(Letter).where(Letter.reference == reference).execution_options(include_deleted=True)
    ).one()
    return letter.status, len(
        session.scalars(select(LetterEvent).where(LetterEvent.letter_id == letter.id)).all()
    )


def test_window_and_terminal_allow_the_same_steps_of_a_letter_in_every_state(
    letters: dict[str, tuple[LetterStatus, Origin, bool]],
    window: MainWindow,
    database: Database,
) -> None:
    page: Any = window.pages["letters"]
    with database.read() as session:
        rows = {
            row.reference: row
            for row in tracker_rows(session, campaigns_list(session)[0], references=list(letters))
        }
    assert len(rows) == 40
    for reference, row in rows.items():
        # Two of one kind would not do: what is done with one only is off then.
        chosen = ChosenLetters.named([reference], page.today())
        page.offer_actions(AboutLetters.of_rows(chosen, [row]))
        shown = {name for name in TERMINAL if getattr(page, name).isEnabled()}
        done: set[str] = set()
        for name, (step, do) in TERMINAL.items():
            with database.write() as session:
                why = why_not(row.situation, step, reference)
                before = history(session, reference)
                try:
                    do(session, reference)
                except NotAllowedError as error:
                    # An address that is missing refuses as well, but is no matter of the letter's life.
                    if not why and ("address" in str(error) or "web form" in str(error)):
                        done.add(name)
                    if why and row.status is not LetterStatus.DRAFT:
                        assert str(error) == why, (letters[reference], name)
                    assert history(session, reference) == before
                else:
                    done.add(name)
                session.rollback()
        assert shown == done, letters[reference]
        assert {
            name for name, (step, _) in TERMINAL.items() if not why_not(row.situation, step, reference)
        } == shown
        assert {step for step, _ in TERMINAL.values() if step in allowed_steps(row.situation)} == {
            TERMINAL[n][0] for n in shown
        }


def test_a_refused_step_changes_nothing_and_an_allowed_one_adds_to_the_history(
    letters: dict[str, tuple[LetterStatus, Origin, bool]], database: Database
) -> None:
    from outreach.domain.letter_life import BIRTHS, LetterSituation, status_after, told_as
    from outreach.letters.ledger import advance

    for reference, (status, origin, is_uncertain) in letters.items():
        situation = LetterSituation(status, origin, is_uncertain, was_handed_over=is_uncertain)
        for step in set(Step) - set(BIRTHS) - {Step.RESTORED}:
            with database.write() as session:
                letter = session.scalars(select(Letter).where(Letter.reference == reference)).one()
                before = history(session, reference)
                why = refusal(situation, step, reference=reference)
                try:
                    advance(session, letter, step, by="me", detail=free_text("why"))
                except OutreachError as error:
                    assert str(error) == why
                    assert history(session, reference) == before
                else:
                    assert not why
                    assert letter.status is status_after(situation, step)
                    last = session.scalars(select(LetterEvent).order_by(LetterEvent.id.desc())).first()
                    assert last is not None
                    assert (last.letter_id, last.kind, last.by, last.detail) == (
                        letter.id,
                        told_as(step),
                        "me",
                        free_text("why"),
                    )
                    assert (last.from_status, last.to_status) == (status, letter.status)
                session.rollback()


def test_of_many_letters_none_takes_a_step_that_one_of_them_cannot(
    letters: dict[str, tuple[LetterStatus, Origin, bool]], database: Database
) -> None:
    some = [
        next(r for r, kind in letters.items() if kind == (status, Origin.OWN, False))
        for status in (LetterStatus.SENT, LetterStatus.DRAFT)
    ]
    with database.write() as session:
        with pytest.raises(NotAllowedError, match=f"{some[1]} is draft"):
            close_letters(session, some)
        assert [history(session, r) for r in some] == [(LetterStatus.SENT, 0), (LetterStatus.DRAFT, 0)]
        found = session.scalars(select(Letter).where(Letter.reference.in_(some))).all()
        with pytest.raises(NotAllowedError):
            refuse_step(session, found, Step.CLOSED)
