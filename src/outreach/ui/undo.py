"""Decisions that can be undone. Each command runs in the writer thread, forth and back."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from PySide6.QtGui import QUndoCommand

from outreach.correspondence.replies import ReplyRecord, ReplyRow, remove_answer, reply_record, restore_reply
from outreach.correspondence.triage import Standing, restore_standings, standings
from outreach.domain.states import Channel, LetterStatus
from outreach.domain.wording import counted
from outreach.letters.ledger import (
    approve_letters,
    close_letters,
    delete_drafts,
    edit_letter,
    find_letters,
    mark_sent,
    reopen_letters,
    restore_drafts,
    withdraw_letters,
)
from outreach.letters.ways_back import undo_close, undo_sent, undo_withdrawal
from outreach.mail.outbox import take_back, undo_take_back
from outreach.settings import user_name
from outreach.store.changes import Changes
from outreach.store.database import WorkSession
from outreach.ui.dialogs.forms import FormDialog
from outreach.ui.workspace import Workspace

Step = Callable[[WorkSession], Changes]


class Reversible(QUndoCommand):
    """A change and its opposite, both functions of a session that return Changes.

    is_done: the change was made already, so that pushing the command does nothing. tell: told what was done,
    each time.
    """

    def __init__(
        self,
        workspace: Workspace,
        text: str,
        do: Step,
        undo: Step,
        *,
        is_done: bool = False,
        tell: Callable[[Changes], None] | None = None,
    ) -> None:
        super().__init__(text)
        self._tell = tell or workspace.tell
        self._workspace, self._do, self._undo, self._is_done = workspace, do, undo, is_done

    def redo(self) -> None:
        if self._is_done:
            self._is_done = False
        else:
            self._run(self._do)

    def undo(self) -> None:
        self._run(self._undo)

    def _run(self, work: Step) -> None:
        self._workspace.jobs.write(self._workspace, work, self._tell, failed=self._refused)

    def _refused(self, error: Exception) -> None:
        # It was not done, so there is nothing to undo.
        self.setObsolete(True)
        self._workspace.jobs.failed.emit(str(error))


def save_undoably(workspace: Workspace, dialog: FormDialog[object], text: str, do: Step, undo: Step) -> None:
    """Save what a dialog holds, as `Workspace.save` does; Undo takes it back."""

    def saved(changes: Changes) -> None:
        dialog.accept_result()
        workspace.tell(changes)
        workspace.undo.push(Reversible(workspace, text, do, undo, is_done=True))

    workspace.jobs.write(dialog, do, saved, failed=dialog.show_problem)


def _reopen_approved(session: WorkSession, references: Sequence[str]) -> Changes:
    """Make drafts again of letters that were approved together, but for those that somebody put back to draft
    since.

    Raises: NotAllowedError if one has gone on, or all are drafts.
    """
    letters = find_letters(session, references)
    approved = [x.reference for x in letters if x.status is not LetterStatus.DRAFT]
    return reopen_letters(session, approved or list(references), by=user_name())


def approve_undoably(workspace: Workspace, references: Sequence[str]) -> None:
    """Approve letters; Undo makes them drafts again as long as none has gone on.

    Words of them that are not on file yet, because saving them was refused or is still under way, go in
    first, in the same unit of work: nothing is approved without the words that were in view.
    """
    held = [text for r in references if (text := workspace.saving.text_of(r)) is not None]

    def do(session: WorkSession) -> Changes:
        for text in held:
            edit_letter(session, text.reference, **text.words)
        return approve_letters(session, list(references), by=user_name())

    def tell(changes: Changes) -> None:
        for text in held:
            workspace.saving.forget(text)
        held.clear()  # a later Redo approves what the drafts say then
        workspace.tell(changes)

    workspace.undo.push(
        Reversible(
            workspace,
            workspace.tr("approve {0}").format(counted(len(references), "letter", "letters")),
            do,
            partial(_reopen_approved, references=list(references)),
            tell=tell,
        )
    )


def mark_sent_undoably(
    workspace: Workspace,
    dialog: FormDialog[object],
    references: Sequence[str],
    by: Channel,
    on: date,
    detail: str,
) -> None:
    """Record what a dialog says of letters that went out; Undo takes it back as long as nothing more is on
    file.
    """
    save_undoably(
        workspace,
        dialog,
        _named(workspace, workspace.tr("mark sent"), references),
        partial(mark_sent, references=references, by=by, on=on, detail=detail, who=user_name()),
        partial(undo_sent, references=references, by=user_name()),
    )


def withdraw_undoably(
    workspace: Workspace, dialog: FormDialog[object], references: Sequence[str], reason: str
) -> None:
    """Withdraw letters for the reason that a dialog holds; Undo makes them again what they were."""
    save_undoably(
        workspace,
        dialog,
        _named(workspace, workspace.tr("withdraw"), references),
        partial(withdraw_letters, references=references, reason=reason, by=user_name()),
        partial(undo_withdrawal, references=references, by=user_name()),
    )


def close_undoably(
    workspace: Workspace, dialog: FormDialog[object], references: Sequence[str], reason: str
) -> None:
    """Close letters for the reason that a dialog holds; Undo opens them again."""
    save_undoably(
        workspace,
        dialog,
        _named(workspace, workspace.tr("close"), references),
        partial(close_letters, references=references, reason=reason, by=user_name()),
        partial(undo_close, references=references, by=user_name()),
    )


def take_out_undoably(workspace: Workspace, references: Sequence[str]) -> None:
    """Take letters out of the outbox; Undo puts them in again."""
    workspace.undo.push(
        Reversible(
            workspace,
            _named(workspace, workspace.tr("take out of the outbox"), references),
            partial(take_back, references=references, by=user_name()),
            partial(undo_take_back, references=references, by=user_name()),
        )
    )


def _named(workspace: Workspace, what: str, references: Sequence[str]) -> str:
    """A step and the letter, or how many letters, that it was taken with: “close: MAG-0007”."""
    whom = references[0] if len(references) == 1 else counted(len(references), "letter", "letters")
    return workspace.tr("{0}: {1}").format(what, whom)


def delete_drafts_undoably(workspace: Workspace, references: Sequence[str]) -> None:
    """Delete drafts; Undo brings them back."""
    workspace.undo.push(
        Reversible(
            workspace,
            workspace.tr("delete {0}").format(counted(len(references), "draft", "drafts")),
            partial(delete_drafts, references=references),
            partial(restore_drafts, references=references),
        )
    )


def remove_answer_undoably(workspace: Workspace, reply: ReplyRow) -> None:
    """Remove an answer that was recorded by hand; Undo puts it back with what it promised."""
    key, kept = [reply.key], list[ReplyRecord]()

    def do(session: WorkSession) -> Changes:
        kept[:] = [reply_record(session, key[0])]
        return remove_answer(session, key[0])

    def undo(session: WorkSession) -> Changes:
        key[0], changes = restore_reply(session, kept[0])
        return changes

    workspace.undo.push(
        Reversible(workspace, workspace.tr("remove an answer to {0}").format(reply.reference), do, undo)
    )


def triage_steps(
    step: Callable[[WorkSession, Sequence[int]], Changes], keys: Sequence[int]
) -> tuple[Step, Step]:
    """A decision about messages and its opposite: they stand again where they stood.

    step: gets a session and keys.
    """
    before: list[Standing] = []

    def do(session: WorkSession) -> Changes:
        before[:] = standings(session, keys)
        return step(session, keys)

    def undo(session: WorkSession) -> Changes:
        return restore_standings(session, before)

    return do, undo


def triage_undoably(
    workspace: Workspace,
    text: str,
    step: Callable[[WorkSession, Sequence[int]], Changes],
    keys: Sequence[int],
) -> None:
    """Decide about messages in the tray; Undo takes it back. text: what was done, such as “set aside”."""
    what = workspace.tr("{0}: {1}").format(text.lower(), counted(len(keys), "message", "messages"))
    workspace.undo.push(Reversible(workspace, what, *triage_steps(step, keys)))
