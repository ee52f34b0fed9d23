"""Taking back the last step of a letter, whichever it was: by the way back that the step has, so that the
history says so.
"""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.correspondence.replies import remove_answer
from outreach.correspondence.triage import back_to_tray
from outreach.domain.letter_life import Step
from outreach.domain.letter_ways_back import refusal_of_way_back, step_in_words, way_back
from outreach.errors import NotAllowedError
from outreach.letters.ledger import (
    LETTERS,
    find_letters,
    reopen_letters,
    restore_drafts,
)
from outreach.letters.situations import situations
from outreach.letters.ways_back import undo_close, undo_sent, undo_withdrawal
from outreach.mail import outcomes
from outreach.mail.outbox import undo_queueing, undo_take_back
from outreach.store.changes import Changes
from outreach.store.models import Letter, Reply
from outreach.store.search import in_chunks


def undo_last_steps(
    session: Session,
    references: Sequence[str],
    *,
    by: str = "",
    expected: Mapping[str, Step | None] | None = None,
) -> Changes:
    """Take back the last step that stands of each letter, a deleted draft included; the message says what was
    taken back.

    An answer that came as a message goes back to the tray, one recorded by hand is removed. Args: by: who
    does it. expected: by reference, which step somebody has seen as the last one of a letter.
    Raises: NotFoundError; NotAllowedError with what to do instead if the last step of one cannot be taken
        back, or is another than expected. Then nothing of this is to be kept.
    """
    outcomes.apply_kept(session)
    letters = _found(session, references)
    found = situations(session, letters)
    for letter, situation in zip(letters, found, strict=True):
        if why := refusal_of_way_back(situation, reference=letter.reference):
            raise NotAllowedError(why)
        if expected and expected.get(letter.reference, situation.last) != situation.last:
            raise NotAllowedError(
                f"{letter.reference} has gone on since: {step_in_words(situation.last)}. Look at it again."
            )
    kinds, ways = set(LETTERS), dict[Step, list[Letter]]()
    for letter, situation in zip(letters, found, strict=True):
        if (step := way_back(situation)) is not None:
            ways.setdefault(step, []).append(letter)
    for step, some in ways.items():
        kinds |= _undo(session, step, some, by)
        session.flush()
    said = []
    for letter, situation in zip(letters, found, strict=True):
        what = step_in_words(Step.DELETED if situation.is_deleted else situation.last)
        said.append(f"{letter.reference}: {what} is taken back; it is {letter.status.value}.")
    return Changes(frozenset(kinds), "\n".join(said), tuple(x.reference for x in letters))


def _found(session: Session, references: Sequence[str]) -> list[Letter]:
    wanted = list(dict.fromkeys(r.strip().upper() for r in references))
    deleted = {
        letter.reference: letter
        for part in in_chunks(wanted)
        for letter in session.scalars(
            select(Letter)
            .where(part(Letter.reference), Letter.deleted_at.is_not(None))
            .execution_options(include_deleted=True)
        )
    }
    there = {x.reference: x for x in find_letters(session, [r for r in wanted if r not in deleted])}
    return [deleted.get(r) or there[r] for r in wanted]


_UNDO: dict[Step, Callable[..., Changes]] = {
    Step.REOPENED: reopen_letters,
    Step.SENT_UNDONE: undo_sent,
    Step.CLOSE_UNDONE: undo_close,
    Step.WITHDRAWAL_UNDONE: undo_withdrawal,
    Step.QUEUEING_UNDONE: undo_queueing,
    Step.TAKING_OUT_UNDONE: undo_take_back,
}


def _undo(session: Session, step: Step, letters: Sequence[Letter], by: str) -> frozenset[str]:
    """Let letters take a step back, the same of all. Returns: kinds of records that it touched."""
    references = [letter.reference for letter in letters]
    if step is Step.RESTORED:
        return restore_drafts(session, references).kinds
    if step is not Step.REPLY_REMOVED:
        return _UNDO[step](session, references, by=by).kinds
    return frozenset[str]().union(*(_remove_last_answer(session, letter) for letter in letters))


def _remove_last_answer(session: Session, letter: Letter) -> frozenset[str]:
    reply = session.scalars(
        select(Reply).where(Reply.letter_id == letter.id).order_by(Reply.id.desc())
    ).first()
    if reply is None:
        raise NotAllowedError(f"No answer to {letter.reference} is on file any more.")
    changes = back_to_tray(session, [reply.mail_id]) if reply.mail_id else remove_answer(session, reply.id)
    session.flush()
    return changes.kinds
