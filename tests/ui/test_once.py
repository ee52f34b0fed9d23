"""A button that is pressed twice acts once, and Enter presses what has the focus."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from outreach.desk.letter_query import Filters
from outreach.desk.saved_views import save_view
from outreach.directory.importers.run import import_files
from outreach.domain.notice import free_text
from outreach.errors import UsageError
from outreach.letters.approving import Decision, LetterToDecide
from outreach.mail.outbox import OutboxRow
from outreach.messages.suggest import Suggestion
from outreach.settings import Settings
from outreach.store.database import Database, open_database
from outreach.ui.acting import Action
from outreach.ui.dialogs import forms
from outreach.ui.dialogs.campaigns import CampaignDialog, NewCampaignDialog
from outreach.ui.dialogs.directory import BodyDialog, GroupDialog, PersonDialog, RecipientDialog
from outreach.ui.dialogs.duplicates import DuplicatesDialog
from outreach.ui.dialogs.facts import FactDialog, SourceDialog
from outreach.ui.dialogs.forms import ConfirmDialog, FormDialog, ask
from outreach.ui.dialogs.importing import ImportDialog
from outreach.ui.dialogs.inbox import AssignDialog, ClassDialog
from outreach.ui.dialogs.letters import (
    ApproveDialog,
    ConfirmSentDialog,
    ExportDialog,
    MarkSentDialog,
    NameDialog,
    PrintDialog,
    ReasonDialog,
    ReplyDialog,
    SendDialog,
)
from outreach.ui.dialogs.mail import AccountDialog, PasswordDialog, SettleDialog
from outreach.ui.dialogs.packs import BrandDialog, EvidenceDialog, GivenToDialog, TicksDialog
from outreach.ui.jobs import Jobs
from outreach.ui.main_window import MainWindow
from outreach.ui.operations.inbox import letters_to_file_with
from outreach.ui.widgets.buttons import make_action, push_button
from tests.integration.test_importers import write
from tests.ui.test_pages import busy, dialog, go, messages, references

__all__ = ["busy"]

Settle = Callable[[MainWindow], None]
DAY = date(2011, 1, 26)


@pytest.fixture(autouse=True)
def _no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(url: QUrl) -> bool:
        return True

    monkeypatch.setattr("outreach.ui.pages.letter_steps.QDesktopServices.openUrl", opened)


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is started meanwhile: jobs and dialogs."""
    started: list[str] = []
    start, opened = Jobs._start, QDialog.open

    def count(self: Jobs, pool: Any, job: Any, *rest: Any, **more: Any) -> Any:
        started.append(f"job {job.title or job.slot}")
        return start(self, pool, job, *rest, **more)

    def shown(self: QDialog, *rest: Any) -> Any:
        started.append(type(self).__name__)
        return opened(self, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(Jobs, "_start", count)
        patched.setattr(QDialog, "open", shown)
        yield started


def close_dialogs() -> None:
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QDialog) and widget.isVisible():
            widget.reject()


# What quits, and what only turns a page or reads again, does no harm twice; undoing twice is two wishes.
_MAY_REPEAT = {"Quit", "Read again"}


@pytest.mark.parametrize(
    "page_key", ["today", "overview", "letters", "inbox", "compose", "directory", "cases", "packs"]
)
def test_every_action_triggered_twice_at_once_starts_nothing_twice(
    busy: MainWindow, settle: Settle, monkeypatch: pytest.MonkeyPatch, page_key: str
) -> None:
    page = go(busy, page_key, settle)
    for table in page.findChildren(QWidget):
        if hasattr(table, "selectRow") and table.isVisible():
            table.selectRow(0)
    settle(busy)
    if page_key == "compose":
        page.tick([r.key for r in page.recipients.model().rows])
        page.question.setText("Theresa May")
    actions = [a for a in page.findChildren(Action) if a.isEnabled() and a.text() not in _MAY_REPEAT]
    assert actions
    tried = 0
    for action in actions:
        if not action.isEnabled():
            continue
        with counting(monkeypatch) as started:
            action.trigger()
            once = list(started)
            action.trigger()
            action.trigger()
        assert started == once, action.text()
        tried += 1
        settle(busy)
        close_dialogs()
        settle(busy)
        busy.sidebar.choose(page_key)
        settle(busy)
    assert tried


def test_every_menu_entry_triggered_twice_at_once_opens_one_dialog(
    busy: MainWindow, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = busy.pages["letters"]
    own = [a for menu in busy.menuBar().findChildren(QMenu) for a in menu.actions()]
    entries = [a for a in own if isinstance(a, Action) and a.parent() is not page and a.isEnabled()]
    assert len(entries) > 15
    for action in entries:
        if action.text() in _MAY_REPEAT or not action.isEnabled():
            continue
        with counting(monkeypatch) as started:
            action.trigger()
            once = list(started)
            action.trigger()
        assert started == once or (started == once * 2 and not any("Dialog" in s for s in once)), (
            action.text()
        )
        settle(busy)
        close_dialogs()
        settle(busy)


def test_drafting_pressed_twice_writes_each_letter_once(
    window: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    page = go(window, "compose", settle)
    page.tick([r.key for r in page.recipients.model().rows[:3]])
    press = next(b for b in page.findChildren(QPushButton) if b.text() == "Draft 3 letters")
    qtbot.mouseClick(press, Qt.MouseButton.LeftButton)
    qtbot.mouseDClick(press, Qt.MouseButton.LeftButton)
    page.draft.trigger()
    page._draft()  # even where no button stands between
    settle(window)
    assert len(references(page.drafts)) == 3
    assert messages() == ["Drafting letters is under way already. Wait until it is done."]


def test_an_action_can_be_used_again_once_what_it_started_is_done(
    jobs: Jobs, qtbot: QtBot, owner: QMainWindow
) -> None:
    gate, ran = threading.Event(), []

    def start() -> None:
        jobs.write(owner, lambda session: gate.wait(5), done)

    def done(result: Any) -> None:
        ran.append("first")
        jobs.read(owner, lambda session: 1, ran.append)  # what follows belongs to the same errand

    action = make_action(owner, "Do", "", start)
    press = QPushButton(owner)
    press.clicked.connect(action.trigger)
    action.trigger()
    action.trigger()
    press.click()
    assert not action.isEnabled()
    action.setEnabled(True)  # as a page does when another row is chosen
    assert not action.isEnabled()
    gate.set()
    qtbot.waitUntil(lambda: ran == ["first", 1])
    qtbot.waitUntil(action.isEnabled)
    action.setEnabled(False)
    assert not action.isEnabled()


def test_a_second_enter_does_not_press_the_neighbour_of_a_button_that_is_at_work(
    jobs: Jobs, qtbot: QtBot, owner: QMainWindow
) -> None:
    gate, wrong, started = threading.Event(), [], []

    def start() -> None:
        started.append(1)
        jobs.write(owner, lambda session: gate.wait(5) and None)

    first = push_button(owner, "Approve", start)
    second = push_button(owner, "Delete", lambda: wrong.append(1))
    holder = QWidget()
    layout = QHBoxLayout(holder)
    layout.addWidget(first)
    layout.addWidget(second)
    owner.setCentralWidget(holder)
    owner.show()
    owner.activateWindow()
    qtbot.waitUntil(owner.isActiveWindow)
    first.setFocus()
    for _ in range(3):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert QApplication.focusWidget() is first
    assert (started, wrong) == ([1], [])
    gate.set()
    qtbot.waitUntil(lambda: jobs.is_idle)
    QTest.keyClick(first, Qt.Key.Key_Return)
    assert started == [1, 1]
    first.setEnabled(False)  # nothing is chosen any more when it is done
    qtbot.waitUntil(lambda: jobs.is_idle)
    assert not first.isEnabled()


def test_a_second_enter_on_submit_does_not_cancel_what_is_being_saved(
    owner: QMainWindow, qtbot: QtBot
) -> None:
    form, submitted = NameDialog(owner, "T", "Name", "Label"), []
    ask(form, lambda dialog, values: submitted.append(values["name"]))
    qtbot.waitUntil(form.isActiveWindow)
    form.name.setText("A")
    form.submit_button.setFocus()
    for _ in range(3):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert form.isVisible()
    assert submitted == ["A"]
    form.reject()


def test_an_action_is_free_again_after_a_refusal(jobs: Jobs, qtbot: QtBot, owner: QMainWindow) -> None:
    def refuse(session: Any) -> None:
        raise UsageError("No.")

    action = make_action(owner, "Do", "", lambda: jobs.write(owner, refuse))
    with qtbot.waitSignal(jobs.failed):
        action.trigger()
    qtbot.waitUntil(action.isEnabled)


def test_a_dialog_is_submitted_once_and_again_after_a_problem(owner: QMainWindow) -> None:
    form, submitted = NameDialog(owner, "T", "Name", "Label"), []
    ask(form, lambda dialog, values: submitted.append(values["name"]))
    form.name.setText("A")
    form.submit_button.click()
    form._submit()
    QTest.keyClick(form.name, Qt.Key.Key_Return)
    assert submitted == ["A"]
    form.show_problem(UsageError("Taken."))
    form.name.setText("B")
    QTest.keyClick(form.name, Qt.Key.Key_Return)
    assert submitted == ["A", "B"]
    form.reject()


def test_a_double_click_on_a_button_is_one_press(owner: QMainWindow, qtbot: QtBot) -> None:
    pressed: list[int] = []
    press = push_button(owner, "Do", lambda: pressed.append(1))
    owner.setCentralWidget(press)
    owner.show()
    qtbot.mouseClick(press, Qt.MouseButton.LeftButton)
    qtbot.mouseDClick(press, Qt.MouseButton.LeftButton)
    assert len(pressed) == 1
    QTest.keyClick(press, Qt.Key.Key_Return)
    assert len(pressed) == 2


def test_a_shortcut_that_is_held_down_is_one_press(busy: MainWindow) -> None:
    for action in busy.findChildren(QAction):
        if isinstance(action, Action):
            assert not action.autoRepeat(), action.text()


def test_two_people_are_merged_once_by_a_double_press(
    window: MainWindow, settle: Settle, tmp_path: Path, sample_path: Path
) -> None:
    database = open_database(sample_path)
    import_files(database, "csv", [write(tmp_path / "x.csv", "Name,E-mail\nMay Theresa,may@example.org\n")])
    database.close()
    window._duplicates()
    form = dialog(DuplicatesDialog)
    settle(window)
    form.keep_left.click()
    form.keep_left.click()
    settle(window)
    assert messages() == []
    assert window.workspace.undo.count() == 1


def test_deleting_a_view_twice_is_one_deletion_and_can_be_undone(window: MainWindow, settle: Settle) -> None:
    filters = Filters(status="answered")
    window.workspace.jobs.write(window, lambda session: save_view(session, 1, "Mine", filters))
    settle(window)
    page = go(window, "letters", settle)
    page._fill_views()
    gone = next(m for m in page.views.menu().findChildren(QMenu)).actions()[0]
    gone.trigger()
    gone.trigger()
    settle(window)
    assert (page._around.views, messages()) == ((), [])
    window.workspace.undo.undo()
    settle(window)
    assert [(v.name, v.filters) for v in page._around.views] == [("Mine", filters)]


@pytest.fixture
def jobs(database: Database, qapp: object) -> Iterator[Jobs]:
    made = Jobs(database)
    yield made
    made.close()


@pytest.fixture
def owner(qapp: object) -> Iterator[QMainWindow]:
    made = QMainWindow()
    yield made
    close_dialogs()
    made.close()
    made.deleteLater()


_UNCERTAIN = OutboxRow("MAG-0001", "Somebody", "a@b.example", "uncertain", free_text("Cut off."), "<1@x>")
_LETTERS = (LetterToDecide("MAG-0001", "One", ()), LetterToDecide("MAG-0002", "Two", ("Careful.",)))


def presses(button: QPushButton) -> list[int]:
    """One entry for each time that a button is pressed from now on."""
    counted: list[int] = []

    def count() -> None:
        counted.append(1)

    button.clicked.connect(count)
    return counted


def every_form(window: MainWindow) -> dict[str, FormDialog]:
    """One of each form of the app, new or filled."""
    space = window.workspace
    assert space.campaign is not None
    made: list[FormDialog] = [
        MarkSentDialog(window, 2, DAY),
        ConfirmSentDialog(window, "MAG-0001", "Label", DAY),
        PrintDialog(window, 2),
        ReplyDialog(window, "MAG-0001", "Somebody", DAY),
        NameDialog(window, "Title", "Name", "Label"),
        ReasonDialog(window, "Title", "Do it", "Label"),
        ExportDialog(window, 2),
        ApproveDialog(window, Decision(_LETTERS[:1], 1)),
        SendDialog(window, Decision(_LETTERS, 2), "smtp.example.org"),
        ConfirmDialog(window, "Title", "Do it", "Label"),
        AccountDialog(window, space, Settings(), ""),
        PasswordDialog(window, "me", "Why", "Send"),
        SettleDialog(window, _UNCERTAIN, DAY, can_look=True),
        GivenToDialog(window, ""),
        TicksDialog(window, "Facts", [("a", "A"), ("b", "B")], ()),
        EvidenceDialog(window, space, "magnitsky"),
        BrandDialog(window, "Name"),
        FactDialog(window, [("s", "Source")], None),
        SourceDialog(window),
        RecipientDialog(window, "Name", ""),
        PersonDialog(window, None),
        BodyDialog(window, None),
        GroupDialog(window, "all"),
        NewCampaignDialog(window),
        CampaignDialog(window, space.campaign),
        AssignDialog(window, 1, space, partial(letters_to_file_with, campaign=space.campaign, proposed="")),
        ClassDialog(window, "Somebody", Suggestion(None, ""), "", DAY),
    ]
    return {type(form).__name__: form for form in made}


def test_no_form_is_missing_from_the_tests_of_forms(window: MainWindow) -> None:
    def below(kind: type) -> set[str]:
        return {k.__name__ for k in kind.__subclasses__()} | {
            n for k in kind.__subclasses__() for n in below(k)
        }

    assert below(forms.FormDialog) - {"LeaveDialog"} == set(every_form(window))


def test_enter_presses_the_button_that_has_the_focus_in_every_form(
    window: MainWindow, settle: Settle
) -> None:
    for name, form in every_form(window).items():
        submitted: list[object] = []
        form.submitted.connect(submitted.append)
        form.open()
        form.cancel_button.setFocus()
        QTest.keyClick(form.cancel_button, Qt.Key.Key_Return)
        assert not form.isVisible(), name
        assert submitted == [], name
    settle(window)


def test_enter_on_the_submit_button_submits_in_every_form(window: MainWindow, settle: Settle) -> None:
    for name, form in every_form(window).items():
        clicked = presses(form.submit_button)
        form.open()
        form.submit_button.setFocus()
        QTest.keyClick(form.submit_button, Qt.Key.Key_Enter)
        assert len(clicked) == 1, name
        form.reject()
    settle(window)


def test_enter_on_any_other_focused_button_presses_only_that_one(
    window: MainWindow, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0
    for name, form in every_form(window).items():
        submitted: list[object] = []
        form.submitted.connect(submitted.append)
        form.open()
        settle(window)
        for press in form.findChildren(QPushButton):
            if (
                press in {form.submit_button, form.cancel_button}
                or not press.isVisible()
                or not press.isEnabled()
            ):
                continue
            clicked = presses(press)
            press.setFocus()
            QTest.keyClick(press, Qt.Key.Key_Return)
            assert len(clicked) == 1, (name, press.text())
            assert submitted == [], (name, press.text())
            tried += 1
            settle(window)
            for other in form.findChildren(QDialog):
                other.reject()
        form.reject()
    assert tried >= 7


def test_enter_is_a_new_line_in_a_text_and_submits_from_a_line(window: MainWindow, settle: Settle) -> None:
    texts = lines = 0
    for name, form in every_form(window).items():
        clicked = presses(form.submit_button)
        form.open()
        settle(window)
        for area in form.findChildren(QPlainTextEdit):
            if area.isVisible() and not area.isReadOnly():
                area.setFocus()
                QTest.keyClick(area, Qt.Key.Key_Return)
                assert (area.toPlainText().count("\n"), clicked) == (1, []), name
                area.clear()
                texts += 1
        line = next(
            (
                x
                for x in form.findChildren(QLineEdit)
                if x.isVisible() and x.isEnabled() and x.parent() is form
            ),
            None,
        )
        if line is not None and name != "AssignDialog":
            line.setFocus()
            QTest.keyClick(line, Qt.Key.Key_Return)
            assert len(clicked) == 1, name
            lines += 1
        form.reject()
        form.reject()
    settle(window)
    assert texts >= 5
    assert lines >= 10


def test_every_form_opens_with_the_focus_on_its_first_field(window: MainWindow, settle: Settle) -> None:
    expected = {
        "ReplyDialog": "kind", "GivenToDialog": "given_to", "BrandDialog": "color",
        "PrintDialog": "two_sided", "TicksDialog": "list", "EvidenceDialog": "title",
        "SettleDialog": "answer", "AssignDialog": "search", "PasswordDialog": "password",
        "FactDialog": "label", "MarkSentDialog": "channel", "ClassDialog": "kind",
    }  # fmt: skip
    questions = {"ApproveDialog", "SendDialog", "ConfirmDialog"}
    for name, form in every_form(window).items():
        form.open()
        focused = form.focusWidget()
        if name in expected:
            assert focused is getattr(form, expected[name]), name
        elif name in questions:
            assert focused in {form.submit_button, form.cancel_button}, name
        else:
            assert not isinstance(focused, QPushButton), name
        form.reject()
    settle(window)


def test_enter_in_the_import_dialog_changes_nothing_and_presses_the_focused_button(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    form = ImportDialog(window, window.workspace)
    form.open()
    form.format.choose("csv")
    form.use_files([str(write(tmp_path / "mine.csv", "Name,E-mail\nAda Byron,a@b.example\n"))])
    form.report.setFocus()
    QTest.keyClick(form.report, Qt.Key.Key_Return)
    settle(window)
    assert "dry run" in form.report.toPlainText()
    close = next(b for b in form.findChildren(QPushButton) if b.text() == "Close")
    close.setFocus()
    QTest.keyClick(close, Qt.Key.Key_Return)
    assert not form.isVisible()


def test_escape_asks_before_it_throws_away_what_was_written(window: MainWindow) -> None:
    form = ReplyDialog(window, "MAG-0001", "Somebody", DAY)
    form.open()
    QTest.keyClicks(form.text, "They will meet us.")
    QTest.keyClick(form.text, Qt.Key.Key_Escape)
    assert form.isVisible()
    assert "Escape again" in form.problem.text()
    QTest.keyClick(form.text, Qt.Key.Key_Escape)
    assert not form.isVisible()


def test_removing_evidence_leaves_what_is_being_entered_and_can_be_undone(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    from PIL import Image

    picture = tmp_path / "ruling.png"
    Image.new("RGB", (30, 40), "white").save(picture)
    page = go(window, "packs", settle)
    page.evidence.trigger()
    settle(window)
    form = dialog(EvidenceDialog)
    form.title.setText("A ruling")
    form.add_file(str(picture))
    settle(window)
    form.title.setText("The next one, half entered")
    form.list.setCurrentRow(0)
    form.remove.click()
    form.remove.click()
    settle(window)
    assert (form.list.count(), form.title.text(), messages()) == (0, "The next one, half entered", [])
    window.workspace.undo.undo()
    settle(window)
    assert form.list.item(0).text().startswith("Annex 1: A ruling")


def test_a_page_that_is_gone_takes_its_errand_with_it(jobs: Jobs, qtbot: QtBot) -> None:
    owner, gate = QWidget(), threading.Event()
    action = make_action(owner, "Do", "", lambda: jobs.write(QObject(jobs), lambda session: gate.wait(5)))
    action.trigger()
    owner.deleteLater()
    QApplication.sendPostedEvents(owner, 52)
    gate.set()
    qtbot.waitUntil(lambda: jobs.is_idle)
