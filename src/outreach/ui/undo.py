"""What stands on the stack of Edit > Undo: a change and its opposite, both run by the writer's thread.

It is made by `operations.operation.Undoable` and by nobody else.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QUndoCommand, QUndoStack

from outreach.errors import DatabaseError, OutreachError
from outreach.store.changes import Changes
from outreach.store.database import WorkSession
from outreach.ui.job import Failed, Job
from outreach.ui.workspace import Workspace

Step = Callable[[WorkSession], Changes]


class Reversible(QUndoCommand):
    """A change and its opposite, both functions of a session that return Changes.

    stack: on which it stands. tell: told what was done, each time. failed: told of a refusal; by default the
    window shows the reason. is_done: the change was made already, so that pushing the command does nothing.
    job: the one under way or the last.
    """

    job: Job

    def __init__(
        self,
        workspace: Workspace,
        stack: QUndoStack,
        text: str,
        do: Step,
        undo: Step,
        *,
        tell: Callable[[Changes], object],
        failed: Failed | None = None,
    ) -> None:
        super().__init__(text)
        self.is_done = False
        self._is_undone = self._was_done = False
        self._stack = stack
        self._workspace, self._do, self._undo, self._tell, self._failed = workspace, do, undo, tell, failed

    def redo(self) -> None:
        if self.is_done:
            self.is_done, self._was_done = False, True
        else:
            self._run(self._do, is_undo=False)

    def undo(self) -> None:
        if self._is_undone:
            self._is_undone = False
        else:
            self._run(self._undo, is_undo=True)

    def _run(self, work: Step, *, is_undo: bool) -> None:
        refused = partial(self._refused, is_undo=is_undo)
        self.job = self._workspace.jobs.write(self._workspace, work, self._told, failed=refused)

    def _told(self, changes: Changes) -> None:
        self._was_done = True
        self._tell(changes)

    def _refused(self, error: OutreachError, *, is_undo: bool) -> None:
        if not (isinstance(error, DatabaseError) and self._was_done and self._put_back(is_undo)):
            # It was not done, so there is nothing to undo.
            self.setObsolete(True)
        if self._failed is not None:
            self._failed(error)
        else:
            self._workspace.jobs.failed.emit(str(error))

    def _put_back(self, is_undo: bool) -> bool:
        """Where the database could not be written, such as while another program does, stand on the stack as
        before: who tries again means this, and not what was done earlier.

        Returns: whether that was possible; something else may have been done or undone meanwhile.
        """
        at = self._stack.index() - (0 if is_undo else 1)
        if self._stack.command(at) is not self:
            return False
        if is_undo:
            self.is_done = True
            self._stack.redo()
        else:
            self._is_undone = True
            self._stack.undo()
        return True
