"""Deletes that can be undone. Each command runs in the writer thread, forth and back."""

from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QUndoCommand

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
