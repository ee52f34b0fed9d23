"""What an operation is: how it runs, its work, and the sentence that is said when it succeeded.

A function of this room only makes one. Nothing happens before `run`, or `run_in` for what a dialog asks for.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QUndoStack

from outreach.store.changes import Changes
from outreach.store.database import Database, WorkSession
from outreach.ui.dialogs.forms import FormDialog
from outreach.ui.job import Failed, Job, Progress, Wait
from outreach.ui.jobs import Jobs
from outreach.ui.undo import Reversible
from outreach.ui.workspace import Workspace

R = TypeVar("R")


def tr(words: str) -> str:
    """Words of an operation in the user's language."""
    return QCoreApplication.translate("operations", words)


def in_words(result: object) -> str:
    """The sentence that Changes bring with them; "" for any other result."""
    return result.message if isinstance(result, Changes) else ""


def silent(result: object) -> str:
    """For an operation whose success is seen: nothing is said."""
    return ""


@dataclass(frozen=True)
class Operation(ABC, Generic[R]):
    """One thing that can be done, with a result R.

    said: the sentence for the status bar, from the result. changed: what others are to read again, for a
    result that is no Changes itself.
    """

    said: Callable[[R], str] = field(default=in_words, kw_only=True)
    changed: Callable[[R], Changes] | None = field(default=None, kw_only=True)

    @abstractmethod
    def run(
        self,
        workspace: Workspace,
        parent: QObject,
        done: Callable[[R], object] | None = None,
        *,
        failed: Failed | None = None,
    ) -> Job:
        """Begin.

        Args: parent: the page or dialog that asks; its `done` is not called any more once it is gone. done:
            gets the result, on the window's thread. failed: gets a refusal; without it the window shows the
            reason.
        Returns: the job, to stop it or to see how far it is.
        """

    @abstractmethod
    def run_in(
        self,
        workspace: Workspace,
        dialog: FormDialog[object],
        done: Callable[[R], object] | None = None,
    ) -> Job:
        """Do what a dialog asks for: it closes once that is done, and stays with the reason if it is
        refused."""

    def _say(self, workspace: Workspace, result: R, changes: Changes | None) -> None:
        if changes is not None and changes.is_cut_short:
            # A status bar is soon empty again; and whatever is in view by now, this is to be known.
            workspace.jobs.failed.emit(changes.message)
        elif sentence := self.said(result):
            workspace.said.emit(sentence)


@dataclass(frozen=True)
class Started(Operation[R]):
    """One that is started as a job, and is over with it."""

    def run(
        self,
        workspace: Workspace,
        parent: QObject,
        done: Callable[[R], object] | None = None,
        *,
        failed: Failed | None = None,
    ) -> Job:
        """As for any operation."""
        return self._start(workspace.jobs, parent, partial(self._succeeded, workspace, done), failed)

    def run_in(
        self,
        workspace: Workspace,
        dialog: FormDialog[object],
        done: Callable[[R], object] | None = None,
    ) -> Job:
        """As for any operation."""

        def accepted(result: R) -> None:
            dialog.accept_result()
            self._succeeded(workspace, done, result)

        return self._start(workspace.jobs, dialog, accepted, dialog.show_problem)

    @abstractmethod
    def _start(
        self, jobs: Jobs, owner: QObject, done: Callable[[R], object], failed: Failed | None
    ) -> Job: ...

    def _succeeded(self, workspace: Workspace, done: Callable[[R], object] | None, result: R) -> None:
        more = self.changed(result) if self.changed is not None else None
        self._say(workspace, result, result if isinstance(result, Changes) else more)
        if done is not None:
            done(result)
        if more is not None:
            workspace.jobs.changed.emit(more)


@dataclass(frozen=True)
class Read(Started[R]):
    """Reads from the database.

    slot: of several reads of one parent with the same slot, only the last is answered.
    """

    work: Callable[[WorkSession], R]
    slot: str = ""

    def _start(self, jobs: Jobs, owner: QObject, done: Callable[[R], object], failed: Failed | None) -> Job:
        return jobs.read(owner, self.work, done, failed=failed, slot=self.slot)


@dataclass(frozen=True)
class Compute(Started[R]):
    """Needs no database, such as typesetting what is in view. slot: as for `Read`."""

    work: Callable[[], R]
    slot: str = ""

    def _start(self, jobs: Jobs, owner: QObject, done: Callable[[R], object], failed: Failed | None) -> Job:
        return jobs.compute(owner, self.work, done, failed=failed, slot=self.slot)


@dataclass(frozen=True)
class Write(Started[R]):
    """Changes the database in one short transaction, after all that was written before.

    It is never cancelled.
    """

    work: Callable[[WorkSession], R]

    def _start(self, jobs: Jobs, owner: QObject, done: Callable[[R], object], failed: Failed | None) -> Job:
        return jobs.write(owner, self.work, done, failed=failed)


@dataclass(frozen=True)
class Long(Started[R]):
    """Slow work that can be stopped.

    title: shown while it runs. once: refused while the same one of a parent runs.
    """

    title: str
    work: Callable[[Database, Progress], R]
    once: bool = False

    def _start(self, jobs: Jobs, owner: QObject, done: Callable[[R], object], failed: Failed | None) -> Job:
        return jobs.long(owner, self.title, self.work, done, failed=failed, once=self.once)


@dataclass(frozen=True)
class Server(Started[R]):
    """Talks to a server or the keychain.

    title, once: as for `Long`. is_kept: it saves what somebody entered.
    """

    title: str
    work: Callable[[Database, Progress, Wait], R]
    once: bool = False
    is_kept: bool = False

    def _start(self, jobs: Jobs, owner: QObject, done: Callable[[R], object], failed: Failed | None) -> Job:
        return jobs.network(
            owner, self.title, self.work, done, failed=failed, once=self.once, is_kept=self.is_kept
        )


@dataclass(frozen=True)
class WithWayBack(Operation[Changes]):
    """A change that Edit > Undo takes back.

    text: what was done, as the menu names it, such as “delete 2 drafts”. told: called each time, after the
    change and after its opposite.
    """

    text: str
    told: Callable[[Changes], object] | None = field(default=None, kw_only=True)

    def _each_time(self, workspace: Workspace, changes: Changes) -> None:
        if self.told is not None:
            self.told(changes)
        self._say(workspace, changes, changes)

    def _teller(
        self, workspace: Workspace, done: Callable[[Changes], object] | None
    ) -> Callable[[Changes], None]:
        """What tells of the change and of its opposite, each time; `done` gets the first."""
        waiting = [done] if done is not None else []

        def tell(changes: Changes) -> None:
            self._each_time(workspace, changes)
            while waiting:
                waiting.pop()(changes)

        return tell


@dataclass(frozen=True)
class Undoable(WithWayBack):
    """One of few records, in one unit of work. do, undo: the change and its opposite, each as often as the
    user wants."""

    do: Callable[[WorkSession], Changes]
    undo: Callable[[WorkSession], Changes]

    def run(
        self,
        workspace: Workspace,
        parent: QObject,
        done: Callable[[Changes], object] | None = None,
        *,
        failed: Failed | None = None,
    ) -> Job:
        """As for any operation. It can be undone from now on, for undoing waits its turn behind it."""
        stack = workspace.undo
        command = self._command(workspace, stack, done, failed)
        stack.push(command)
        return command.job

    def run_in(
        self,
        workspace: Workspace,
        dialog: FormDialog[object],
        done: Callable[[Changes], object] | None = None,
    ) -> Job:
        """As for any operation. It can be undone once the dialog has closed."""
        stack = workspace.undo  # of the campaign it is about, whichever is in view by then

        def accepted(changes: Changes) -> None:
            dialog.accept_result()
            self._each_time(workspace, changes)
            if done is not None:
                done(changes)
            command = self._command(workspace, stack)
            command.is_done = True
            stack.push(command)

        return workspace.jobs.write(dialog, self.do, accepted, failed=dialog.show_problem)

    def _command(
        self,
        workspace: Workspace,
        stack: QUndoStack,
        done: Callable[[Changes], object] | None = None,
        failed: Failed | None = None,
    ) -> Reversible:
        tell = self._teller(workspace, done)
        return Reversible(workspace, stack, self.text, self.do, self.undo, tell=tell, failed=failed)
