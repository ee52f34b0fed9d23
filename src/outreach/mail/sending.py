"""Sending approved letters: claimed in the database, handed over, recorded. Never twice by itself.

A letter is claimed in one transaction (its dispatch is *started*), handed over outside of any, and what became of it
is recorded in another. A dispatch that is still *started* when the program looks again was cut off in between: it is
shown as uncertain, and only a user can settle it.
"""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from outreach.domain.states import Channel, LetterStatus
from outreach.domain.wording import counted, date_in_words, locale_for
from outreach.errors import NotAllowedError, UsageError
from outreach.letters.drafting import Progress, always
from outreach.letters.exports import sending_message
from outreach.letters.lifecycle import (
    LETTERS,
    STARTED,
    UNCERTAIN,
    find_letters,
    record_event,
    refuse_uncertain,
    uncertain_dispatch,
)
from outreach.mail.transport import Envelope, NotSentError, Transport, UncertainError
from outreach.store.changes import Changes
from outreach.store.database import Database
from outreach.store.models import Dispatch, Letter
from outreach.store.types import now

SENT, FAILED, DEFERRED = "sent", "failed", "deferred"
ATTEMPTS = 4
_SENDABLE = {LetterStatus.APPROVED, LetterStatus.QUEUED, LetterStatus.FAILED, LetterStatus.BOUNCED}


@dataclass(frozen=True)
class Result:
    """What became of one letter. outcome: sent, failed, deferred, uncertain or skipped. detail: in words.

    concerns_all: no other letter would fare better, so sending stopped with this one.
    """

    reference: str
    outcome: str
    detail: str
    concerns_all: bool = False


@dataclass(frozen=True)
class OutboxRow:
    """A letter that waits, failed, or of which nobody knows whether it went."""

    reference: str
    recipient: str
    to_address: str
    outcome: str
    detail: str
    message_id: str


def queue_letters(session: Session, references: Sequence[str]) -> Changes:
    """Put approved letters into the outbox.

    Raises: NotAllowedError for a letter without an e-mail address, or in another state; then none is queued.
    """
    letters = find_letters(session, references)
    for letter in letters:
        if letter.origin != "own" or letter.status not in _SENDABLE:
            raise NotAllowedError(
                f"{letter.reference} is {letter.status}; only approved letters are sent. Approve it first."
            )
        refuse_uncertain(session, letter)
        to_address = sending_message(session, letter).to_address
        if letter.status is LetterStatus.BOUNCED and to_address in _tried(session, letter.id):
            raise NotAllowedError(
                f"{letter.reference} came back from {to_address}. Correct the address in the directory first, or send it by post."
            )
        if not to_address:
            raise NotAllowedError(
                f"No e-mail address is on file for {letter.reference}. Add one in the directory, or send it by post."
            )
        if letter.status is not LetterStatus.QUEUED:
            before = letter.status
            letter.status = LetterStatus.QUEUED
            record_event(session, letter, "queued", before)
    return Changes(
        LETTERS,
        f"{counted(len(letters), 'letter', 'letters')} in the outbox.",
        tuple(x.reference for x in letters),
    )


def _tried(session: Session, letter_key: int) -> set[str]:
    """Addresses that a letter came back from."""
    return set(
        session.scalars(
            select(Dispatch.to_address).where(Dispatch.letter_id == letter_key, Dispatch.outcome == "bounced")
        )
    )


def waiting(session: Session) -> tuple[str, ...]:
    """References of the letters in the outbox that may be sent now, the oldest first."""
    uncertain = select(Dispatch.letter_id).where(UNCERTAIN)
    return tuple(
        session.scalars(
            select(Letter.reference)
            .where(Letter.status == LetterStatus.QUEUED, Letter.id.not_in(uncertain))
            .order_by(Letter.id)
        )
    )


def send_queued(
    database: Database,
    transport: Transport,
    *,
    on: date,
    from_address: str,
    progress: Progress = always,
    per_minute: int = 30,
    wait: Callable[[float], object] | None = None,
) -> tuple[Result, ...]:
    """Send what is in the outbox.

    Args: on: local day, recorded as the day of sending. from_address: of the account. progress: returns False to stop
        before the next letter. per_minute: most letters handed over in a minute, 0 for no limit. wait: waits so many
        seconds and returns whether to stop; by default the thread sleeps.
    Returns: what became of each letter tried. A temporary refusal is tried again with growing pauses, up to four times,
        and then left in the outbox.
    """
    pause = wait or threading.Event().wait
    with database.read() as session:
        references = waiting(session)
    results = []
    for number, reference in enumerate(references):
        if not progress(number, len(references)):
            break
        if number and per_minute and pause(60 / per_minute):
            break
        results.append(_send_one(database, transport, reference, on, from_address, pause))
        if results[-1].concerns_all:
            break
    progress(len(references), len(references))
    return tuple(results)


def _send_one(
    database: Database,
    transport: Transport,
    reference: str,
    on: date,
    from_address: str,
    pause: Callable[[float], object],
) -> Result:
    for attempt in range(1, ATTEMPTS + 1):
        with database.write() as session:
            claimed = _claim(session, reference, on, from_address)
        if isinstance(claimed, Result):
            return claimed
        dispatch, envelope = claimed
        try:
            answer = transport.send(envelope)
        except UncertainError as error:
            with database.write() as session:
                session.get_one(Dispatch, dispatch).detail = str(error)
            return Result(reference, "uncertain", str(error))
        except NotSentError as error:
            gives_up = attempt == ATTEMPTS or not error.is_temporary
            with database.write() as session:
                _record_failure(session, dispatch, error, gives_up=gives_up)
            if gives_up:
                about_letter = not error.is_temporary and not error.concerns_all
                return Result(reference, FAILED if about_letter else DEFERRED, str(error), error.concerns_all)
            pause(2**attempt + random.uniform(0, 1))
        else:
            with database.write() as session:
                _record_sent(session, dispatch, on, answer)
            return Result(reference, SENT, answer)
    raise AssertionError("every attempt returns")


def _claim(session: Session, reference: str, on: date, from_address: str) -> tuple[int, Envelope] | Result:
    letter = find_letters(session, [reference])[0]
    if letter.status is not LetterStatus.QUEUED or uncertain_dispatch(session, letter.id) is not None:
        return Result(reference, "skipped", "Another window has taken it.")
    made = sending_message(session, letter, from_address=from_address, sent_at=now())
    if not made.to_address:
        return Result(reference, "skipped", "Its e-mail address is not on file any more.")
    dispatch = Dispatch(
        letter_id=letter.id,
        channel=Channel.EMAIL,
        outcome=STARTED,
        dispatched_on=on,
        recorded_at=now(),
        to_address=made.to_address,
        message_id=made.message_id,
    )
    session.add(dispatch)
    session.flush()
    return dispatch.id, Envelope(from_address, made.to_address, made.content)


def _record_sent(session: Session, key: int, on: date, answer: str) -> None:
    dispatch = session.get_one(Dispatch, key)
    letter = session.get_one(Letter, dispatch.letter_id)
    dispatch.outcome, dispatch.detail = SENT, answer
    if on == date.today():  # noqa: DTZ011  a day given by hand says nothing of the instant
        dispatch.sent_at = now()
    before = letter.status
    letter.status, letter.sent_on = LetterStatus.SENT, on
    record_event(
        session,
        letter,
        "sent",
        before,
        detail=f"by e-mail to {dispatch.to_address} on {date_in_words(on, locale_for('en'))}",
    )


def _record_failure(session: Session, key: int, error: NotSentError, *, gives_up: bool) -> None:
    dispatch = session.get_one(Dispatch, key)
    letter = session.get_one(Letter, dispatch.letter_id)
    is_refused = not error.is_temporary and not error.concerns_all
    dispatch.outcome = FAILED if is_refused else DEFERRED
    dispatch.detail = str(error)
    if is_refused:
        before = letter.status
        letter.status = LetterStatus.FAILED
        record_event(session, letter, "failed", before, detail=str(error))
    elif gives_up:
        record_event(session, letter, "deferred", letter.status, detail=str(error))


def settle(session: Session, reference: str, *, was_sent: bool, on: date | None = None) -> Changes:
    """Say of an uncertain letter whether it went out.

    Args: on: the day, if it did; by default the day it was tried.
    Raises: NotFoundError; NotAllowedError if there is nothing uncertain about it; UsageError for a day before.
    """
    letter = find_letters(session, [reference])[0]
    dispatch = _uncertain(session, letter)
    day = on or dispatch.dispatched_on
    if was_sent and letter.written_on and day < letter.written_on:
        raise UsageError(
            f"{letter.reference} is dated after {date_in_words(day, locale_for('en'))}. Give the day it went out."
        )
    before = letter.status
    if was_sent:
        dispatch.outcome = SENT
        letter.status, letter.sent_on = LetterStatus.SENT, day
        record_event(session, letter, "sent", before, detail="settled by a user: it went out")
        return Changes(LETTERS, f"{letter.reference} is noted as sent.", (letter.reference,))
    dispatch.outcome = FAILED
    letter.status = LetterStatus.QUEUED
    record_event(session, letter, "queued", before, detail="settled by a user: it did not go out")
    return Changes(LETTERS, f"{letter.reference} is back in the outbox.", (letter.reference,))


def uncertain_message_id(session: Session, reference: str) -> str:
    """Message-ID of a letter that was cut off while it was being sent. Raises: NotFoundError; NotAllowedError if none was."""
    return _uncertain(session, find_letters(session, [reference])[0]).message_id


def _uncertain(session: Session, letter: Letter) -> Dispatch:
    dispatch = uncertain_dispatch(session, letter.id)
    if dispatch is None:
        raise NotAllowedError(f"There is nothing uncertain about {letter.reference}: it is {letter.status}.")
    return dispatch


def take_back(session: Session, references: Sequence[str]) -> Changes:
    """Take letters out of the outbox; they are approved again. Raises: NotAllowedError."""
    letters = find_letters(session, references)
    for letter in letters:
        refuse_uncertain(session, letter)
        if letter.status is not LetterStatus.QUEUED:
            raise NotAllowedError(f"{letter.reference} is {letter.status}, not in the outbox.")
        letter.status = LetterStatus.APPROVED
        record_event(session, letter, "taken_back", LetterStatus.QUEUED)
    return Changes(LETTERS, f"{len(letters)} taken out of the outbox.", tuple(x.reference for x in letters))


def outbox(session: Session) -> tuple[OutboxRow, ...]:
    """Letters that wait, that failed, or that are uncertain, the oldest first."""
    letters = session.scalars(
        select(Letter)
        .where(Letter.status.in_([LetterStatus.QUEUED, LetterStatus.FAILED]))
        .options(
            selectinload(Letter.dispatches), selectinload(Letter.person), selectinload(Letter.organization)
        )
        .order_by(Letter.id)
    )
    rows = []
    for letter in letters:
        last = letter.dispatches[-1] if letter.dispatches else None
        outcome = "waiting"
        if last is not None and last.outcome == STARTED:
            outcome = "uncertain"
        elif letter.status is LetterStatus.FAILED:
            outcome = FAILED
        elif last is not None and last.outcome == DEFERRED:
            outcome = DEFERRED
        named = letter.person or letter.organization
        rows.append(
            OutboxRow(
                letter.reference,
                named.name if named else "",
                last.to_address if last else sending_message(session, letter).to_address,
                outcome,
                (last.detail or "It was cut off while it was being sent.")
                if last and outcome == "uncertain"
                else (last.detail if last else ""),
                last.message_id if last else "",
            )
        )
    return tuple(rows)
