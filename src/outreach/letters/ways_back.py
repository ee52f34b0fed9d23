"""What takes back that a letter was marked sent, withdrawn or closed: each a step of its own, so that its
history keeps both.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.domain.letter_life import Step
from outreach.domain.states import DispatchOutcome
from outreach.letters.ledger import LETTERS, advance_all, find_letters, refuse_step
from outreach.store.changes import Changes
from outreach.store.models import Dispatch, Letter
from outreach.store.search import in_chunks


def undo_sent(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Take back that letters were marked sent; each is again what it was before. The record of it stays, as
    taken back.

    Raises: NotAllowedError for a letter that a server has, or of which more is on file since; then none is
        changed.
    """
    letters = find_letters(session, references)
    refuse_step(session, letters, Step.SENT_UNDONE)
    went: dict[int, list[tuple[int, DispatchOutcome, date]]] = {}
    for wanted in in_chunks([letter.id for letter in letters]):
        columns = (Dispatch.id, Dispatch.letter_id, Dispatch.outcome, Dispatch.dispatched_on)
        gone = Dispatch.outcome.in_([DispatchOutcome.SENT, DispatchOutcome.BOUNCED])
        for key, letter_key, outcome, on in session.execute(
            select(*columns).where(wanted(Dispatch.letter_id), gone).order_by(Dispatch.id.desc())
        ):
            went.setdefault(letter_key, []).append((key, outcome, on))
    records = []
    earlier: list[dict[str, date | None]] = []
    for letter in letters:
        record = next(key for key, outcome, _ in went[letter.id] if outcome is DispatchOutcome.SENT)
        records.append(record)
        earlier.append({"sent_on": next((on for key, _, on in went[letter.id] if key != record), None)})
    advance_all(session, letters, Step.SENT_UNDONE, by=by, more=earlier)
    for wanted in in_chunks(records):
        taken_back = update(Dispatch).where(wanted(Dispatch.id)).values(outcome=DispatchOutcome.TAKEN_BACK)
        session.execute(taken_back)
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
