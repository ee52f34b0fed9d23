"""Steps of many letters: all are checked first, then written some hundreds at a time, so that nobody waits
long.

A call on a session does all or nothing. That is right for what fits into one unit of writing, and wrong for
ten thousand letters: others could not write meanwhile, and nothing could be stopped. Here all letters are
looked at before the first is written, so that letter 7,312 that cannot be approved keeps all from being
approved. What goes wrong later, such as an edit by somebody else meanwhile, ends the work: what was written
stays, and the message says how far it came.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from sqlalchemy.orm import Session

from outreach.domain.letter_life import Step
from outreach.domain.states import Channel
from outreach.errors import CancelledError, OutreachError
from outreach.letters.ledger import (
    approve_letters,
    close_letters,
    delete_drafts,
    find_letters,
    mark_sent,
    refuse_approval,
    refuse_sent,
    refuse_step,
    reopen_letters,
    restore_drafts,
    withdraw_letters,
)
from outreach.letters.planning import Progress, always
from outreach.letters.ways_back import undo_close, undo_sent, undo_withdrawal
from outreach.store.changes import Changes
from outreach.store.database import Database

AT_ONCE = 500
"""Letters in one unit of writing."""


@dataclass(frozen=True)
class StepOfMany:
    """A step as letters take it together.

    refuse: gets a session that only reads and references; raises for the first letter that cannot take it.
    write: lets the letters take it, all or none. done: how letters that took it are called, such as
    “approved”.
    """

    refuse: Callable[[Session, Sequence[str]], object]
    write: Callable[[Session, Sequence[str]], Changes]
    done: str


def write_in_chunks(
    database: Database, references: Sequence[str], step: StepOfMany, *, progress: Progress = always
) -> Changes:
    """Let any number of letters take a step, `AT_ONCE` in a unit of writing.

    Args: progress: called with letters written and all; returns False to stop before the next unit. What is
        written by then stays, and the message says how much.
    Returns: Changes whose refs are the letters that took the step. Where something goes wrong after the first
        unit, the message says so too.
    Raises: NotFoundError, NotAllowedError before anything is written; CancelledError if it is stopped before.
    """
    wanted = list(dict.fromkeys(r.strip().upper() for r in references))
    parts = [wanted[at : at + AT_ONCE] for at in range(0, len(wanted), AT_ONCE)] or [wanted]
    if len(parts) > 1:
        for part in parts:
            if not progress(0, len(wanted)):
                raise CancelledError("Stopped; nothing was changed.")
            with database.read() as session:
                step.refuse(session, part)
    changes: list[Changes] = []
    written = 0
    for part in parts:
        so_far = f"{written:,} of {len(wanted):,} letters {step.done}"
        if not progress(written, len(wanted)):
            if not changes:
                raise CancelledError("Stopped; nothing was changed.")
            return _together(changes, f"{so_far}; stopped.")
        try:
            with database.write() as session:
                taken = step.write(session, part)
        except OutreachError as error:
            if not changes:
                raise
            told = _together(changes, f"{so_far}. The others were left as they are: {error}")
            return replace(told, is_cut_short=True)
        # Only now is it committed.
        changes.append(taken)
        written += len(part)
    progress(written, written)
    if len(changes) == 1:
        return changes[0]
    return _together(changes, f"{written:,} letters {step.done}.")


def _together(changes: Sequence[Changes], message: str) -> Changes:
    kinds = frozenset[str]().union(*(c.kinds for c in changes))
    return replace(changes[0], kinds=kinds, message=message, refs=tuple(r for c in changes for r in c.refs))


def approving(*, by: str = "", anyway: bool = False) -> StepOfMany:
    """As `approve_letters`."""
    write = partial(approve_letters, by=by, anyway=anyway)
    return StepOfMany(partial(refuse_approval, anyway=anyway), write, "approved")


def reopening(*, by: str = "") -> StepOfMany:
    """As `reopen_letters`."""
    return StepOfMany(refused_as(Step.REOPENED), partial(reopen_letters, by=by), "drafts again")


def marking_sent(*, by: Channel, on: date, detail: str = "", who: str = "") -> StepOfMany:
    """As `mark_sent`."""
    write = partial(mark_sent, by=by, on=on, detail=detail, who=who)
    return StepOfMany(partial(refuse_sent, on=on), write, "marked sent")


def undoing_sent(*, by: str = "") -> StepOfMany:
    """As `undo_sent`."""
    return StepOfMany(refused_as(Step.SENT_UNDONE), partial(undo_sent, by=by), "no longer marked sent")


def withdrawing(*, reason: str = "", by: str = "") -> StepOfMany:
    """As `withdraw_letters`."""
    write = partial(withdraw_letters, reason=reason, by=by)
    return StepOfMany(refused_as(Step.WITHDRAWN), write, "withdrawn")


def undoing_withdrawal(*, by: str = "") -> StepOfMany:
    """As `undo_withdrawal`."""
    write = partial(undo_withdrawal, by=by)
    return StepOfMany(refused_as(Step.WITHDRAWAL_UNDONE), write, "no longer withdrawn")


def closing(*, reason: str = "", by: str = "") -> StepOfMany:
    """As `close_letters`."""
    return StepOfMany(refused_as(Step.CLOSED), partial(close_letters, reason=reason, by=by), "closed")


def undoing_close(*, by: str = "") -> StepOfMany:
    """As `undo_close`."""
    return StepOfMany(refused_as(Step.CLOSE_UNDONE), partial(undo_close, by=by), "no longer closed")


def deleting() -> StepOfMany:
    """As `delete_drafts`."""
    return StepOfMany(refused_as(Step.DELETED), delete_drafts, "deleted")


def restoring() -> StepOfMany:
    """As `restore_drafts`, which leaves alone what is not deleted."""
    return StepOfMany(_refuse_nothing, restore_drafts, "restored")


def refused_as(step: Step) -> Callable[[Session, Sequence[str]], None]:
    """The check of a step that depends on the life of the letters alone."""

    def refuse(session: Session, references: Sequence[str]) -> None:
        refuse_step(session, find_letters(session, references), step)

    return refuse


def _refuse_nothing(session: Session, references: Sequence[str]) -> None:
    """The check of a step that every letter can take."""
