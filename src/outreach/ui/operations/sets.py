"""Steps that any number of letters take: few of them in one unit of work, many in parts, with progress."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject

from outreach.desk.chosen import ChosenLetters, chosen_references
from outreach.letters.large_sets import AT_ONCE, StepOfMany, write_in_chunks
from outreach.store.changes import Changes
from outreach.store.database import Database, WorkSession
from outreach.ui.dialogs.forms import FormDialog
from outreach.ui.job import Failed, Job, Progress
from outreach.ui.operations.operation import Long, Operation, Undoable, WithWayBack, Write
from outreach.ui.undo import ReversibleInParts
from outreach.ui.workspace import Workspace


def is_large(chosen: ChosenLetters) -> bool:
    """Whether letters are too many for one unit of work."""
    return chosen.references is None or len(chosen.references) > AT_ONCE


def undoable(
    chosen: ChosenLetters,
    text: str,
    title: str,
    do: StepOfMany,
    undo: StepOfMany,
    *,
    told: Callable[[Changes], object] | None = None,
) -> Operation[Changes]:
    """A step that Edit > Undo takes back.

    Args: text: what was done, as the menu names it. title: shown while it runs, if it takes long. told:
        called each time, after the step and after its opposite.
    """
    if is_large(chosen):
        return StepInParts(text, title, chosen, do, undo, told=told)
    few = chosen.references or ()
    return Undoable(text, partial(_write, do, few), partial(_write, undo, few), told=told)


def final(chosen: ChosenLetters, title: str, step: StepOfMany) -> Operation[Changes]:
    """A step that is not taken back by Undo."""
    if not is_large(chosen):
        return Write(partial(_write, step, chosen.references or ()))

    def work(database: Database, progress: Progress) -> Changes:
        with database.read() as session:
            references = chosen_references(session, chosen)
        return write_in_chunks(database, references, step, progress=progress)

    return FinalInParts(title, work)


class _ClosesAtOnce(Operation[Changes]):
    """May take long: the dialog that asks closes at once, so that the job can be seen and stopped."""

    def run_in(
        self,
        workspace: Workspace,
        dialog: FormDialog[object],
        done: Callable[[Changes], object] | None = None,
    ) -> Job:
        """As for any operation, but for the dialog."""
        dialog.accept_result()
        return self.run(workspace, workspace, done)


@dataclass(frozen=True)
class FinalInParts(_ClosesAtOnce, Long[Changes]):
    """A step of many letters that Undo does not take back, as one job."""


def _write(step: StepOfMany, references: Sequence[str], session: WorkSession) -> Changes:
    return step.write(session, references)


def _in_parts(step: StepOfMany, database: Database, progress: Progress, references: Sequence[str]) -> Changes:
    return write_in_chunks(database, references, step, progress=progress)


@dataclass(frozen=True)
class StepInParts(_ClosesAtOnce, WithWayBack):
    """A step of many letters as one job, some hundreds in a unit of work. Stopped between, it leaves what was
    done, says how much that is, and Undo takes that back."""

    title: str
    chosen: ChosenLetters
    do: StepOfMany
    undo: StepOfMany

    def run(
        self,
        workspace: Workspace,
        parent: QObject,
        done: Callable[[Changes], object] | None = None,
        *,
        failed: Failed | None = None,
    ) -> Job:
        """As for any operation."""
        command = ReversibleInParts(
            workspace,
            self.text,
            self.title,
            partial(chosen_references, chosen=self.chosen),
            partial(_in_parts, self.do),
            partial(_in_parts, self.undo),
            tell=self._teller(workspace, done),
            failed=failed,
        )
        workspace.undo.push(command)
        return command.job
