"""What a letter's next steps depend on, as the database has it: read here, judged by `domain.letter_life`."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, String, and_, select, type_coerce
from sqlalchemy.orm import Session

from outreach.domain.answers import is_answer
from outreach.domain.letter_history import DRAFTS_ANOTHER, PastStep, last_step, next_letters, past_step
from outreach.domain.letter_life import LetterSituation, Step
from outreach.domain.notice import Notice
from outreach.domain.states import NOT_HANDED_OVER, Channel, DispatchOutcome, LetterStatus, ReplyKind
from outreach.store.models import Dispatch, Letter, LetterEvent, Reply
from outreach.store.search import in_chunks

STARTED = DispatchOutcome.STARTED
UNCERTAIN = and_(Dispatch.channel == Channel.EMAIL, Dispatch.outcome == STARTED)
"""Holds for an e-mail that was begun and never recorded as sent or failed."""


def situations(
    session: Session, letters: Sequence[Letter], *, with_answers: bool = True, with_history: bool = True
) -> list[LetterSituation]:
    """What the life of each letter depends on, in their order.

    with_answers: also reads the classed answers on file. with_history: also finds the last step that could be
    taken back.
    """
    uncertain: set[int] = set()
    handed_over: set[int] = set()
    keys = [letter.id for letter in letters]
    last = last_steps(session, keys) if with_history else {}
    by_hand = marked_sent(session, keys) if with_history else set()
    answers: dict[int, list[ReplyKind]] = {}
    for wanted in in_chunks(keys):
        for key, channel, outcome in session.execute(
            select(Dispatch.letter_id, Dispatch.channel, Dispatch.outcome).where(wanted(Dispatch.letter_id))
        ):
            if channel is Channel.EMAIL and outcome is STARTED:
                uncertain.add(key)
            if outcome not in NOT_HANDED_OVER:
                handed_over.add(key)
        if with_answers:
            for key, kind in session.execute(classed(wanted).with_only_columns(Reply.letter_id, Reply.kind)):
                if kind is not None:
                    answers.setdefault(key, []).append(kind)
    return [
        LetterSituation(
            letter.status,
            letter.origin,
            letter.id in uncertain,
            letter.id in handed_over,
            letter.deleted_at is not None,
            tuple(answers.get(letter.id, ())),
            *_step_and_status(last.get(letter.id)),
            was_marked_sent=letter.id in by_hand,
        )
        for letter in letters
    ]


def marked_sent(session: Session, keys: Sequence[int]) -> set[int]:
    """Keys of the letters of which only a record made by hand says that they went out.

    No server has taken them.
    """
    by_hand: set[int] = set()
    by_server: set[int] = set()
    for wanted in in_chunks(keys):
        for key, message_id in session.execute(
            select(Dispatch.letter_id, Dispatch.message_id).where(
                wanted(Dispatch.letter_id), Dispatch.outcome == DispatchOutcome.SENT
            )
        ):
            (by_server if message_id else by_hand).add(key)
    return by_hand - by_server


def _step_and_status(past: PastStep | None) -> tuple[Step | None, LetterStatus | None]:
    return (past.step, past.before) if past else (None, None)


def last_steps(session: Session, keys: Sequence[int]) -> dict[int, PastStep]:
    """The step of each letter that would be taken back next, by the letter's key.

    A letter without a history is left out.

    A draft that follows a letter up and was deleted does not count.
    """
    rows: list[tuple[int, str, str, str, Notice | None]] = []
    for wanted in in_chunks(keys):
        rows += [
            (key, step, before, after, detail)
            for key, step, before, after, detail in session.execute(
                select(
                    LetterEvent.letter_id,
                    type_coerce(LetterEvent.kind, String),
                    LetterEvent.from_status,
                    LetterEvent.to_status,
                    LetterEvent.detail,
                )
                .where(wanted(LetterEvent.letter_id))
                .order_by(LetterEvent.id)
            )
        ]
    drafts = {reference for row in rows if row[1] in DRAFTS_ANOTHER for reference in next_letters(row[4])}
    there: set[str] = set()
    for wanted in in_chunks(sorted(drafts)):
        there.update(session.scalars(select(Letter.reference).where(wanted(Letter.reference))))
    histories: dict[int, list[PastStep]] = {}
    for key, step, before, after, detail in rows:
        if step in DRAFTS_ANOTHER and there.isdisjoint(next_letters(detail)):
            continue
        history = histories.setdefault(key, [])
        if (past := past_step(step, before, after)) is None:
            history.clear()
        else:
            history.append(past)
    found = {key: last_step(history) for key, history in histories.items()}
    return {key: past for key, past in found.items() if past is not None}


def classed(wanted: Callable[[Any], Any]) -> Select[Any]:
    """The classed answers of some letters, the first that came first.

    wanted: of `in_chunks`, for their keys.
    """
    return (
        select(Reply)
        .where(wanted(Reply.letter_id), Reply.kind.is_not(None))
        .order_by(Reply.received_on, Reply.id)
    )


def uncertain_dispatch(session: Session, letter_id: int) -> Dispatch | None:
    """An e-mail of which nobody knows whether it went out, None if there is none."""
    return session.scalars(
        select(Dispatch).where(Dispatch.letter_id == letter_id, UNCERTAIN).order_by(Dispatch.id.desc())
    ).first()


def days_answered(session: Session, letters: Sequence[Letter]) -> dict[int, date]:
    """The day of the answer by letter, as the classed answers on file have it: of the first that answers."""
    first: dict[int, date] = {}
    for wanted in in_chunks([letter.id for letter in letters]):
        columns = (Reply.letter_id, Reply.kind, Reply.received_on)
        for key, kind, on in session.execute(classed(wanted).with_only_columns(*columns)):
            if kind is not None and is_answer(kind):
                first.setdefault(key, on)
    return first
