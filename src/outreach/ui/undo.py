"""What stands on the stack of Edit > Undo: a change and its opposite.

One of few records is made by `operations.operation.Undoable`, one of any number of letters by
`operations.sets.StepInParts`, and by nobody else.
"""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtGui import QUndoCommand, QUndoStack

from outreach.errors import DatabaseError, OutreachError
from outreach.store.changes import Changes
from outreach.store.database import Database, WorkSession
from outreach.ui.job import Failed, Job, Progress
from outreach.ui.workspace import Workspace

Step = Callable[[WorkSession], Changes]
InParts = Callable[[Database, Progress, Sequence[str]], Changes]
"""Takes a step with letters, in parts that can be stopped between. Its Changes name those that took it."""


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


class ReversibleInParts(QUndoCommand):
    """A step of any number of letters and its opposite, each a job that can be stopped between its parts.
    Undo takes it back with those letters that took it, also while it is under way: it is stopped then.

    find: which letters these are. tell, failed: as for `Reversible`.
    """

    job: Job

    def __init__(
        self,
        workspace: Workspace,
        text: str,
        title: str,
        find: Callable[[WorkSession], Sequence[str]],
        do: InParts,
        undo: InParts,
        *,
        tell: Callable[[Changes], object],
        failed: Failed | None = None,
    ) -> None:
        super().__init__(text)
        self._workspace, self._title, self._find = workspace, title, find
        self._do, self._undo, self._tell, self._failed = do, undo, tell, failed
        self._to_do: tuple[str, ...] | None = None
        self._done: tuple[str, ...] = ()
        self._is_under_way = False
        self._is_next: Callable[[], None] | None = None

    def redo(self) -> None:
        self._soon(self._run_do)

    def undo(self) -> None:
        self._soon(self._run_undo)

    def _soon(self, run: Callable[[], None]) -> None:
        if self._is_under_way:
            self.job.cancel()
            self._is_next = run
        else:
            run()

    def _run_do(self) -> None:
        find, do, wanted = self._find, self._do, self._to_do

        def work(database: Database, progress: Progress) -> Changes:
            found = wanted
            if found is None:
                with database.read() as session:
                    found = tuple(find(session))
            return do(database, progress, found)

        self._start(work, self._did)

    def _run_undo(self) -> None:
        undo, wanted = self._undo, self._done
        self._start(lambda database, progress: undo(database, progress, wanted), self._undid)

    def _start(
        self, work: Callable[[Database, Progress], Changes], done: Callable[[Changes], object]
    ) -> None:
        self._is_under_way = True
        jobs = self._workspace.jobs
        self.job = jobs.long(self._workspace, self._title, work, done, failed=self._refused)

    def _did(self, changes: Changes) -> None:
        self._done += changes.refs
        self._ended(changes)

    def _undid(self, changes: Changes) -> None:
        back = set(changes.refs)
        self._to_do = changes.refs
        self._done = tuple(r for r in self._done if r not in back)
        self._ended(changes)

    def _ended(self, changes: Changes) -> None:
        self._is_under_way = False
        self._tell(changes)
        self._go_on()

    def _go_on(self) -> None:
        following, self._is_next = self._is_next, None
        if following is not None:
            following()

    def _refused(self, error: OutreachError) -> None:
        self._is_under_way = False
        # What was stopped by Undo before its first part has nothing to take back.
        is_expected = self._is_next is not None and not self._done
        self._is_next = None if is_expected else self._is_next
        if not self._done:
            self.setObsolete(True)
        if is_expected:
            return
        if self._failed is not None:
            self._failed(error)
        else:
            self._workspace.jobs.failed.emit(str(error))
        self._go_on()
