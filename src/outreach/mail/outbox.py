"""The outbox: letters that wait to be sent, were refused, or of which nobody knows whether they went; going
in and out of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from outreach.domain.letter_life import Step
from outreach.domain.notice import Code, Notice, free_text, notice
from outreach.domain.states import Channel, DispatchOutcome, LetterStatus
from outreach.domain.wording import counted, date_in_words, locale_for
from outreach.errors import NotAllowedError, UsageError
from outreach.letters.addressing import address_of, sending_address, sending_addresses
from outreach.letters.large_sets import StepOfMany
from outreach.letters.ledger import (
    LETTERS,
    advance,
    advance_all,
    find_letters,
    refuse_step,
)
from outreach.letters.situations import STARTED, UNCERTAIN, uncertain_dispatch
from outreach.mail import outcomes
from outreach.mail.outcomes import DEFERRED, FAILED, SENT, SETTLED
from outreach.store.changes import Changes
from outreach.store.models import Dispatch, Letter
from outreach.store.search import in_chunks


@dataclass(frozen=True)
class OutboxRow:
    """A letter that waits, failed, or of which nobody knows whether it went."""

    reference: str
    recipient: str
    to_address: str
    outcome: str
    detail: Notice | None
    message_id: str


def queue_letters(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Put approved letters into the outbox; `undo_queueing` takes it back. by: who does it.

    Raises: NotAllowedError for a letter without an e-mail address that can be used, or in another state; then
        none is queued.
    """
    outcomes.apply_kept(session)
    letters = refuse_queueing(session, references)
    advance_all(session, [x for x in letters if x.status is not LetterStatus.QUEUED], Step.QUEUED, by=by)
    return _in_outbox(letters)


def refuse_queueing(session: Session, references: Sequence[str]) -> list[Letter]:
    """Letters that can go into the outbox. Raises: as `queue_letters`, for the first that cannot."""
    letters = find_letters(session, references)
    refuse_step(session, letters, Step.QUEUED)
    _refuse_unreachable(session, letters)
    return letters


def queueing(*, by: str = "") -> StepOfMany:
    """As `queue_letters`, for `letters.large_sets.write_in_chunks`."""
    return StepOfMany(refuse_queueing, partial(queue_letters, by=by), "in the outbox")


def undo_take_back(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Put letters that were taken out of the outbox back into it. Raises: as `queue_letters`."""
    outcomes.apply_kept(session)
    letters = find_letters(session, references)
    refuse_step(session, letters, Step.TAKING_OUT_UNDONE)
    _refuse_unreachable(session, letters)
    advance_all(session, letters, Step.TAKING_OUT_UNDONE, by=by)
    return _in_outbox(letters)


def _refuse_unreachable(session: Session, letters: Sequence[Letter]) -> None:
    tried = _tried(session, [x.id for x in letters if x.status is LetterStatus.BOUNCED])
    for letter, to_address in zip(letters, sending_addresses(session, letters), strict=True):
        if letter.status is LetterStatus.BOUNCED and (letter.id, to_address) in tried:
            raise NotAllowedError(
                f"{letter.reference} came back from {to_address}. Correct the address in the directory "
                "first, or send it by post."
            )
        address_of(letter.reference, to_address)


def _in_outbox(letters: Sequence[Letter]) -> Changes:
    return Changes(
        LETTERS,
        f"{counted(len(letters), 'letter', 'letters')} in the outbox.",
        tuple(x.reference for x in letters),
    )


def _tried(session: Session, letter_keys: Sequence[int]) -> set[tuple[int, str]]:
    """Letters with the addresses that they came back from."""
    return {
        (key, address)
        for wanted in in_chunks(letter_keys)
        for key, address in session.execute(
            select(Dispatch.letter_id, Dispatch.to_address).where(
                wanted(Dispatch.letter_id), Dispatch.outcome == DispatchOutcome.BOUNCED
            )
        )
    }


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


def settle(session: Session, reference: str, *, was_sent: bool, on: date | None = None) -> Changes:
    """Say of an uncertain letter whether it went out.

    Args: on: the day, if it did; by default the day it was tried.
    Raises: NotFoundError; NotAllowedError if there is nothing uncertain about it; UsageError for a day
        before.
    """
    outcomes.apply_kept(session)
    letter = find_letters(session, [reference])[0]
    dispatch = _uncertain(session, letter)
    day = on or dispatch.dispatched_on
    if was_sent and letter.written_on and day < letter.written_on:
        raise UsageError(
            f"{letter.reference} is dated after {date_in_words(day, locale_for('en'))}. Give the day it "
            "went out."
        )
    if was_sent:
        advance(session, letter, Step.SETTLED_SENT, detail=notice(Code.SETTLED_AS_SENT))
        dispatch.outcome, letter.sent_on = SENT, day
        return Changes(LETTERS, f"{letter.reference} is noted as sent.", (letter.reference,))
    advance(session, letter, Step.SETTLED_NOT_SENT, detail=notice(Code.SETTLED_AS_NOT_SENT))
    # Not FAILED: no server has said so, and the text that may have gone is kept as it was.
    dispatch.outcome = SETTLED
    return Changes(LETTERS, f"{letter.reference} is back in the outbox.", (letter.reference,))


def uncertain_message_id(session: Session, reference: str) -> str:
    """Message-ID of a letter that was cut off while it was being sent.

    Raises: NotFoundError; NotAllowedError if none was.
    """
    return _uncertain(session, find_letters(session, [reference])[0]).message_id


def _uncertain(session: Session, letter: Letter) -> Dispatch:
    refuse_step(session, [letter], Step.SETTLED_SENT)
    dispatch = uncertain_dispatch(session, letter.id)
    assert dispatch is not None
    return dispatch


def take_back(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Take letters out of the outbox; they are approved again.

    `undo_take_back` puts them in again. Raises: NotAllowedError.
    """
    return _take_out(session, references, Step.TAKEN_BACK, by)


def undo_queueing(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Take back that letters were put into the outbox; each is again what it was before.

    Raises: NotAllowedError.
    """
    return _take_out(session, references, Step.QUEUEING_UNDONE, by)


def _take_out(session: Session, references: Sequence[str], step: Step, by: str) -> Changes:
    outcomes.apply_kept(session)
    letters = find_letters(session, references)
    advance_all(session, letters, step, by=by)
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
    known = {said.key: said for _, said in outcomes.kept_outcomes(outcomes.database_of(session))}
    rows = []
    for letter in letters:
        tried = [d for d in letter.dispatches if d.outcome is not DispatchOutcome.TAKEN_BACK]
        started = next((d for d in reversed(tried) if _is_uncertain(d)), None)
        last = started or (tried[-1] if tried else None)
        said = known.get(started.id) if started else None
        if said is not None and started is not None and said.is_of(started):
            # Another program holds the database, so that it does not say so yet.
            if said.outcome == SENT:
                continue
            outcome, detail = said.outcome, free_text(said.detail)
        elif started is not None:
            outcome, detail = "uncertain", started.detail or Notice(Code.CUT_OFF)
        else:
            outcome, detail = "waiting", last.detail if last else None
            if letter.status is LetterStatus.FAILED:
                outcome = FAILED
            elif last is not None and last.outcome == DEFERRED:
                outcome = DEFERRED
        named = letter.person or letter.organization
        rows.append(
            OutboxRow(
                letter.reference,
                named.name if named else "",
                last.to_address if last else sending_address(session, letter),
                outcome,
                detail,
                last.message_id if last else "",
            )
        )
    return tuple(rows)


def _is_uncertain(dispatch: Dispatch) -> bool:
    return dispatch.channel == Channel.EMAIL and dispatch.outcome == STARTED
