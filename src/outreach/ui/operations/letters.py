"""Letters: reading the table and one of them, and the steps of their life."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from outreach.cases.campaigns import CampaignRow
from outreach.correspondence.replies import ReplyRow, replies_list
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import LetterDetail, letter_detail, tracker_rows
from outreach.desk.saved_views import ViewRow, views_list
from outreach.domain.states import Channel, LetterStatus
from outreach.domain.wording import counted
from outreach.letters.approving import LetterToDecide, letters_to_decide
from outreach.letters.ledger import (
    approve_letters,
    close_letters,
    edit_letter,
    find_letters,
    mark_sent,
    reopen_letters,
    withdraw_letters,
)
from outreach.letters.ways_back import undo_close, undo_sent, undo_withdrawal
from outreach.mail.last_step import undo_last_steps
from outreach.mail.outbox import take_back, undo_take_back
from outreach.settings import user_name
from outreach.store.changes import Changes
from outreach.store.database import WorkSession
from outreach.ui.operations.operation import Read, Undoable, Write, tr
from outreach.ui.saving import Saving


def table(campaign: CampaignRow) -> Read[tuple[tuple[TrackerRow, ...], tuple[ViewRow, ...]]]:
    """All letters of a campaign, and its saved views."""

    def work(session: WorkSession) -> tuple[tuple[TrackerRow, ...], tuple[ViewRow, ...]]:
        return tracker_rows(session, campaign), views_list(session, campaign.key)

    return Read(work, "rows")


def listed(campaign: CampaignRow) -> Read[tuple[TrackerRow, ...]]:
    """All letters of a campaign."""
    return Read(partial(tracker_rows, campaign=campaign))


def one(campaign: CampaignRow, reference: str) -> Read[tuple[LetterDetail, tuple[ReplyRow, ...]]]:
    """A letter in detail, with its answers."""

    def work(session: WorkSession) -> tuple[LetterDetail, tuple[ReplyRow, ...]]:
        return letter_detail(session, campaign, reference), replies_list(session, [reference])

    return Read(work, "detail")


def to_approve(references: Sequence[str]) -> Write[tuple[LetterToDecide, ...]]:
    """What speaks against each of these letters. It waits until what was typed last is on file."""
    return Write(partial(letters_to_decide, references=references))


def to_send(references: Sequence[str]) -> Read[tuple[LetterToDecide, ...]]:
    """Whom these letters go to, to be asked about."""
    return Read(partial(letters_to_decide, references=references))


def approve(references: Sequence[str], saving: Saving) -> Undoable:
    """Approve letters; Undo makes them drafts again as long as none has gone on.

    Words of them that are not on file yet, because saving them was refused or is still under way, go in
    first, in the same unit of work: nothing is approved without the words that were in view.
    """
    held = [text for r in references if (text := saving.text_of(r)) is not None]

    def do(session: WorkSession) -> Changes:
        for text in held:
            edit_letter(session, text.reference, **text.words)
        return approve_letters(session, list(references), by=user_name())

    def told(changes: Changes) -> None:
        for text in held:
            saving.forget(text)
        held.clear()  # a later Redo approves what the drafts say then

    what = tr("approve {0}").format(counted(len(references), "letter", "letters"))
    return Undoable(what, do, partial(_reopen_approved, references=list(references)), told=told)


def _reopen_approved(session: WorkSession, references: Sequence[str]) -> Changes:
    """Make drafts again of letters that were approved together, but for those that somebody put back to draft
    since.

    Raises: NotAllowedError if one has gone on, or all are drafts.
    """
    letters = find_letters(session, references)
    approved = [x.reference for x in letters if x.status is not LetterStatus.DRAFT]
    return reopen_letters(session, approved or list(references), by=user_name())


def reopen(references: Sequence[str]) -> Write[Changes]:
    """Make drafts again of approved letters that have not gone out."""
    return Write(partial(reopen_letters, references=references, by=user_name()))


def mark_as_sent(references: Sequence[str], *, by: Channel, on: date, detail: str = "") -> Undoable:
    """Record that letters went out; Undo takes it back as long as nothing more is on file."""
    return Undoable(
        _named(tr("mark sent"), references),
        partial(mark_sent, references=references, by=by, on=on, detail=detail, who=user_name()),
        partial(undo_sent, references=references, by=user_name()),
    )


def take_out_of_outbox(references: Sequence[str]) -> Undoable:
    """Let letters that wait to be sent wait no longer; Undo puts them in again."""
    return Undoable(
        _named(tr("take out of the outbox"), references),
        partial(take_back, references=references, by=user_name()),
        partial(undo_take_back, references=references, by=user_name()),
    )


def withdraw(references: Sequence[str], *, reason: str) -> Undoable:
    """Do not send these letters; Undo makes them again what they were."""
    return Undoable(
        _named(tr("withdraw"), references),
        partial(withdraw_letters, references=references, reason=reason, by=user_name()),
        partial(undo_withdrawal, references=references, by=user_name()),
    )


def close(references: Sequence[str], *, reason: str) -> Undoable:
    """These letters need no more attention; Undo opens them again."""
    return Undoable(
        _named(tr("close"), references),
        partial(close_letters, references=references, reason=reason, by=user_name()),
        partial(undo_close, references=references, by=user_name()),
    )


def take_back_last_step(references: Sequence[str]) -> Write[Changes]:
    """Take back what was last done with each of these letters. The history keeps both."""
    return Write(partial(undo_last_steps, references=references, by=user_name()))


def _named(what: str, references: Sequence[str]) -> str:
    """A step and the letter, or how many letters, that it was taken with: “close: MAG-0007”."""
    whom = references[0] if len(references) == 1 else counted(len(references), "letter", "letters")
    return tr("{0}: {1}").format(what, whom)
