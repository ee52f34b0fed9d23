"""What an operation says, tells and undoes, whoever calls it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from outreach.errors import DatabaseBusyError, NotAllowedError, UsageError
from outreach.store.changes import Changes
from outreach.store.database import WorkSession
from outreach.ui.dialogs.forms import ConfirmDialog, FormDialog, ask
from outreach.ui.main_window import MainWindow
from outreach.ui.operations.operation import Compute, Long, Operation, Read, Server, Undoable, Write

Settle = Callable[[MainWindow], None]
CHANGED = Changes(frozenset({"packs"}), "One thing done.")
CUT_SHORT = replace(CHANGED, message="1 of 2 letters done. The other was left: disk full.", is_cut_short=True)


def done_of(session: WorkSession) -> Changes:
    """Work that changes something."""
    return CHANGED


def refused(session: WorkSession) -> Changes:
    """Work that is not allowed."""
    raise NotAllowedError("That is over. Choose another.")


@pytest.fixture
def said(window: MainWindow) -> list[str]:
    """All sentences of the status bar from now on."""
    heard: list[str] = []
    window.workspace.said.connect(heard.append)
    return heard


@pytest.fixture
def changed(window: MainWindow) -> list[Changes]:
    """All changes told from now on."""
    heard: list[Changes] = []
    window.workspace.jobs.changed.connect(heard.append)
    return heard


@pytest.mark.parametrize(
    "operation",
    [
        Read(lambda session: 3, said="{0} read".format),
        Write(lambda session: 3, said="{0} read".format),
        Compute(lambda: 3, said="{0} read".format),
        Long("Counting", lambda database, progress: 3, said="{0} read".format),
        Server("Asking", lambda database, progress, wait: 3, said="{0} read".format),
    ],
)
def test_each_kind_of_operation_hands_on_its_result_and_says_its_sentence_once(
    window: MainWindow, settle: Settle, said: list[str], operation: Operation[int]
) -> None:
    results: list[int] = []
    operation.run(window.workspace, window, results.append)
    settle(window)
    assert (results, said) == ([3], ["3 read"])


def test_changes_are_told_to_everybody_and_their_sentence_is_said(
    window: MainWindow, settle: Settle, said: list[str], changed: list[Changes]
) -> None:
    Write(done_of).run(window.workspace, window)
    settle(window)
    assert (said, changed) == (["One thing done."], [CHANGED])


def test_what_a_result_without_changes_alters_is_told_too(
    window: MainWindow, settle: Settle, changed: list[Changes]
) -> None:
    Read(lambda session: 3, changed=lambda count: CHANGED).run(window.workspace, window)
    settle(window)
    assert changed == [CHANGED]


@pytest.mark.parametrize(
    "operation",
    [
        Write(lambda session: CUT_SHORT),
        Long("Drafting", lambda database, progress: CUT_SHORT),
        Long(
            "Drafting", lambda database, progress: 3, said=lambda count: "", changed=lambda count: CUT_SHORT
        ),
    ],
)
def test_work_that_was_cut_short_is_told_like_a_failure_and_not_in_passing(
    window: MainWindow, settle: Settle, said: list[str], changed: list[Changes], operation: Operation[Any]
) -> None:
    failed: list[str] = []
    window.workspace.jobs.failed.connect(failed.append)
    operation.run(window.workspace, window)
    settle(window)
    assert (said, failed, changed) == ([], [CUT_SHORT.message], [CUT_SHORT])


def asked(window: MainWindow, operation: Operation[Changes]) -> FormDialog[object]:
    """A dialog that asks for an operation, confirmed."""

    def submit(dialog: FormDialog[object], values: object) -> None:
        operation.run_in(window.workspace, dialog)

    dialog: FormDialog[object] = ConfirmDialog(window, "Sure?", "Yes", "Is this meant?")
    ask(dialog, submit)
    dialog.submit_button.click()
    return dialog


def test_a_dialog_stays_with_the_reason_when_its_operation_is_refused(
    window: MainWindow, settle: Settle, said: list[str]
) -> None:
    for operation in (Write(refused), Undoable("do it", refused, done_of)):
        dialog = asked(window, operation)
        settle(window)
        assert dialog.isVisible()
        assert dialog.problem.text() == "That is over. Choose another."
        dialog.reject()
    assert said == []
    assert window.workspace.undo.count() == 0


def test_a_dialog_closes_when_its_operation_is_done(
    window: MainWindow, settle: Settle, said: list[str]
) -> None:
    asked(window, Write(done_of))
    settle(window)
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, ConfirmDialog) and w.isVisible()]
    assert said == ["One thing done."]


def test_what_can_be_undone_goes_forth_and_back_and_says_so_each_time(
    window: MainWindow, settle: Settle, said: list[str]
) -> None:
    steps: list[str] = []

    def step(name: str) -> Callable[[WorkSession], Changes]:
        def work(session: WorkSession) -> Changes:
            steps.append(name)
            return replace(CHANGED, message=f"{name}.")

        return work

    heard: list[Changes] = []
    Undoable("do it", step("done"), step("undone")).run(window.workspace, window, heard.append)
    assert window.workspace.undo.undoText() == "do it"
    window.workspace.undo.undo()
    window.workspace.undo.redo()
    settle(window)
    assert steps == ["done", "undone", "done"]
    assert said == ["done.", "undone.", "done."]
    assert [changes.message for changes in heard] == ["done."]


def test_what_a_dialog_did_is_undone_in_the_campaign_it_was_asked_in(
    window: MainWindow, settle: Settle
) -> None:
    workspace, campaign = window.workspace, window.workspace.campaign
    assert campaign is not None
    stack = workspace.undo
    asked(window, Undoable("do it", done_of, done_of))
    # Another campaign comes into view before the writer has done it.
    workspace.set_campaign(replace(campaign, key=campaign.key + 1))
    settle(window)
    assert workspace.undo.count() == 0
    assert stack.undoText() == "do it"


def test_who_asked_may_take_a_refusal_itself(window: MainWindow, settle: Settle) -> None:
    reasons: list[str] = []

    def failed(error: Exception) -> None:
        reasons.append(str(error))

    def useless(session: WorkSession) -> Changes:
        raise UsageError("Say which.")

    Write(useless).run(window.workspace, window, failed=failed)
    Undoable("do it", useless, done_of).run(window.workspace, window, failed=failed)
    settle(window)
    assert reasons == ["Say which.", "Say which."]
    window.workspace.undo.undo()  # finds that there is nothing to take back
    settle(window)
    assert (window.workspace.undo.count(), len(reasons)) == (0, 2)


def test_what_could_not_be_undone_while_the_database_was_busy_is_what_the_next_undo_takes_back(
    window: MainWindow, settle: Settle
) -> None:
    steps: list[str] = []
    busy: list[str] = []

    def step(name: str) -> Callable[[WorkSession], Changes]:
        def work(session: WorkSession) -> Changes:
            if name in busy:
                busy.remove(name)
                raise DatabaseBusyError("Another program is writing. Try again.")
            steps.append(name)
            return CHANGED

        return work

    stack, reasons = window.workspace.undo, list[str]()
    for name in ("first", "second"):
        operation = Undoable(name, step(name), step(f"{name} undone"))
        operation.run(window.workspace, window, failed=lambda error: reasons.append(str(error)))
        settle(window)
    busy += ["second undone", "second"]
    for way, text in (
        (stack.undo, "second"),
        (stack.undo, "first"),
        (stack.redo, "first"),
        (stack.redo, "second"),
        (stack.undo, "first"),
    ):
        way()
        settle(window)
        assert (stack.undoText(), stack.count()) == (text, 2)
    assert steps == ["first", "second", "second undone", "second", "second undone"]
    assert reasons == ["Another program is writing. Try again."] * 2


def test_what_was_undone_further_meanwhile_is_not_put_back_in_between(
    window: MainWindow, settle: Settle
) -> None:
    steps: list[str] = []

    def busy(session: WorkSession) -> Changes:
        raise DatabaseBusyError("Another program is writing. Try again.")

    def undo_first(session: WorkSession) -> Changes:
        steps.append("first undone")
        return CHANGED

    stack = window.workspace.undo
    for name, undo in (("first", undo_first), ("second", busy)):
        Undoable(name, done_of, undo).run(window.workspace, window, failed=lambda error: steps.append("busy"))
    settle(window)
    stack.undo()
    stack.undo()
    settle(window)
    assert sorted(steps) == ["busy", "first undone"]
    assert (stack.canUndo(), stack.redoText()) == (False, "first")
