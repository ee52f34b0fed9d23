"""What stands on the stack of Edit > Undo: a change and its opposite, both run by the writer's thread.

It is made by `operations.operation.Undoable` and by nobody else.
"""

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from outreach.errors import OutreachError
from outreach.store.changes import Changes
from outreach.store.database import WorkSession
from outreach.ui.job import Failed, Job
from outreach.ui.workspace import Workspace

Step = Callable[[WorkSession], Changes]


class Reversible(QUndoCommand):
    """A change and its opposite, both functions of a session that return Changes.

    tell: told what was done, each time. failed: told of a refusal; by default the window shows the reason.
    is_done: the change was made already, so that pushing the command does nothing. job: the one under way or
    the last.
    """

    job: Job

    def __init__(
        self,
        workspace: Workspace,
        text: str,
        do: Step,
        undo: Step,
        *,
        tell: Callable[[Changes], object],
        failed: Failed | None = None,
    ) -> None:
        super().__init__(text)
        self.is_done = False
        self._workspace, self._do, self._undo, self._tell, self._failed = workspace, do, undo, tell, failed

    def redo(self) -> None:
        if self.is_done:
            self.is_done = False
        else:
            self._run(self._do)

    def undo(self) -> None:
        self._run(self._undo)

    def _run(self, work: Step) -> None:
        self.job = self._workspace.jobs.write(self._workspace, work, self._tell, failed=self._refused)

    def _refused(self, error: OutreachError) -> None:
        # It was not done, so there is nothing to undo.
        self.setObsolete(True)
        if self._failed is not None:
            self._failed(error)
        else:
            self._workspace.jobs.failed.emit(str(error))
