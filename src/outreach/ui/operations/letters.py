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
from outreach.mail.outbox import take_back
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
        return approve_letters(session, list(references))

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
    return reopen_letters(session, approved or list(references))


def reopen(references: Sequence[str]) -> Write[Changes]:
    """Make drafts again of approved letters that have not gone out."""
    return Write(partial(reopen_letters, references=references))


def mark_as_sent(references: Sequence[str], *, by: Channel, on: date, detail: str = "") -> Write[Changes]:
    """Record that letters went out."""
    return Write(partial(mark_sent, references=references, by=by, on=on, detail=detail))


def take_out_of_outbox(references: Sequence[str]) -> Write[Changes]:
    """Let letters that wait to be sent wait no longer."""
    return Write(partial(take_back, references=references))


def withdraw(references: Sequence[str], *, reason: str) -> Write[Changes]:
    """Send these letters never."""
    return Write(partial(withdraw_letters, references=references, reason=reason))


def close(references: Sequence[str], *, reason: str) -> Write[Changes]:
    """These letters need no more attention."""
    return Write(partial(close_letters, references=references, reason=reason))
