"""Deletes that can be undone. Each command runs in the writer thread, forth and back."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtGui import QUndoCommand

from outreach.domain.wording import counted
from outreach.letters.lifecycle import delete_drafts, restore_drafts
from outreach.ui.workspace import Workspace


class Reversible(QUndoCommand):
    """A change and its opposite, both functions of a session that return Changes."""

    def __init__(
        self, workspace: Workspace, text: str, do: Callable[[Any], Any], undo: Callable[[Any], Any]
    ) -> None:
        super().__init__(text)
        self._workspace, self._do, self._undo = workspace, do, undo

    def redo(self) -> None:
        self._run(self._do)

    def undo(self) -> None:
        self._run(self._undo)

    def _run(self, work: Callable[[Any], Any]) -> None:
        self._workspace.jobs.write(self._workspace, work, self._workspace.tell, failed=self._refused)

    def _refused(self, error: Exception) -> None:
        # It was not done, so there is nothing to undo.
        self.setObsolete(True)
        self._workspace.jobs.failed.emit(str(error))


def delete_drafts_undoably(workspace: Workspace, references: list[str]) -> None:
    """Delete drafts; Undo brings them back."""
    workspace.undo.push(
        Reversible(
            workspace,
            workspace.tr("delete {0}").format(counted(len(references), "draft", "drafts")),
            partial(delete_drafts, references=references),
            partial(restore_drafts, references=references),
        )
    )
