"""What takes back that a letter was marked sent, withdrawn or closed: each a step of its own, so that its
history keeps both.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.letter_life import Step
from outreach.domain.states import DispatchOutcome
from outreach.letters.ledger import LETTERS, advance_all, find_letters
from outreach.store.changes import Changes
from outreach.store.models import Dispatch, Letter


def undo_sent(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Take back that letters were marked sent; each is again what it was before.

    The record of it stays, as taken back.

    Raises: NotAllowedError for a letter that a server has, or of which more is on file since; then none is
        changed.
    """
    letters = find_letters(session, references)
    advance_all(session, letters, Step.SENT_UNDONE, by=by)
    for letter in letters:
        went = session.scalars(
            select(Dispatch)
            .where(
                Dispatch.letter_id == letter.id,
                Dispatch.outcome.in_([DispatchOutcome.SENT, DispatchOutcome.BOUNCED]),
            )
            .order_by(Dispatch.id.desc())
        ).all()
        record = next(d for d in went if d.outcome is DispatchOutcome.SENT)
        record.outcome = DispatchOutcome.TAKEN_BACK
        earlier = [d.dispatched_on for d in went if d is not record]
        letter.sent_on = earlier[0] if earlier else None
    return _undone(letters, "no longer marked sent")


def undo_withdrawal(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Take a withdrawal back; a letter that was in the outbox is approved.

    Raises: NotAllowedError; then none is changed.
    """
    letters = find_letters(session, references)
    advance_all(session, letters, Step.WITHDRAWAL_UNDONE, by=by)
    return _undone(letters, "no longer withdrawn")


def undo_close(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Open closed letters again; they are what the answers on file make them.

    Raises: NotAllowedError; then none is changed.
    """
    letters = find_letters(session, references)
    advance_all(session, letters, Step.CLOSE_UNDONE, by=by)
    return _undone(letters, "no longer closed")


def _undone(letters: Sequence[Letter], words: str) -> Changes:
    """What was taken back, and what the letters are now."""
    references = tuple(x.reference for x in letters)
    if len(letters) == 1:
        return Changes(LETTERS, f"{references[0]} is {words}; it is {letters[0].status.value}.", references)
    return Changes(LETTERS, f"{len(letters)} letters are {words}.", references)
