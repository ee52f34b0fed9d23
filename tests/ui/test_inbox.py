"""The inbox and the day's list in the window: by keyboard, with the same results as in the terminal."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from outreach.app import Desktop
from outreach.cases.campaigns import campaigns_list
from outreach.correspondence.incoming import Incoming, file_all
from outreach.correspondence.triage import inbox_rows
from outreach.desk.chosen import ChosenLetters
from outreach.desk.letter_query import Filters
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import tracker_rows
from outreach.desk.saved_views import views_list
from outreach.domain.states import LetterStatus, Phase, ReplyKind
from outreach.letters.sandbox import TemplateSandbox
from outreach.store.database import open_database
from outreach.store.models import Campaign
from outreach.ui.dialogs.inbox import AssignDialog, ClassDialog
from outreach.ui.dialogs.letters import ConfirmSentDialog, NameDialog
from outreach.ui.main_window import MainWindow
from outreach.ui.notifying import Notifier
from outreach.ui.widgets.openable import TaskRow
from tests import factories
from tests.messages import message, report

Settle = Callable[[MainWindow], None]


@pytest.fixture
def window(desktop: Desktop, sample_path: Path, sandbox: TemplateSandbox, settle: Settle) -> MainWindow:
    """The sample with two letters sent (MAG-0006 to Theresa May, MAG-0007 to Heidi Hautala) and mail that
    came in."""
    database = open_database(sample_path)
    factories.sent(database, sandbox, "Theresa May, Heidi Hautala")
    text = (
        "Dear friends,\n\nI have passed your letter to the Foreign Office and would be happy to meet you.\n\n"
        "On Wed, 26 Jan 2011, the office wrote:\n> We write on the case\n> of Sergei Magnitsky\n> and "
        "ask\n> for a ban.\n"
    )
    file_all(
        database,
        [
            Incoming(message(text, subject="Re: entry [MAG-0006]", message_id="<1@x>")),
            Incoming(
                message(
                    "Which letter?", sender="Somebody <a@b.example>", subject="Question", message_id="<2@x>"
                )
            ),
            Incoming(report("failed", "nobody@x.example", "Subject: y [MAG-0007]")),
        ],
        today=date(2011, 2, 10),
    )
    database.close()
    opened = desktop.open(str(sample_path))
    settle(opened)
    return opened


def row(window: MainWindow, reference: str) -> TrackerRow:
    database = window.workspace.jobs._database
    with database.read() as session:
        return tracker_rows(session, campaigns_list(session)[0], references=[reference])[0]


def dialog(window: MainWindow, kind: type[QDialog]) -> QDialog:
    found = [d for d in window.findChildren(kind) if d.isVisible()]
    assert len(found) == 1
    return found[0]


def test_an_answer_is_read_classed_and_passed_on_by_keyboard(
    window: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    window.sidebar.choose("inbox")
    settle(window)
    page = window.pages["inbox"]
    assert [r.subject for r in page.model.rows] == ["Question", "Re: entry [MAG-0006]"]
    page.table.select([page.model.rows[1].key])
    settle(window)
    shown = page.message.text.toPlainText()
    assert "passed your letter" in shown and "for a ban" not in shown
    page.message.quoted.setChecked(True)
    assert "for a ban" in page.message.text.toPlainText()
    assert "referred" in page.message.guess.text()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    asked = dialog(window, ClassDialog)
    assert asked.kind.value() == "referred"
    assert asked.refer_to.text() == "Foreign Office"
    asked.refer_to.setText("Marietje Schaake")
    qtbot.mouseClick(asked.submit_button, Qt.MouseButton.LeftButton)
    settle(window)
    answered = row(window, "MAG-0006")
    assert (answered.status, answered.answer) == (LetterStatus.ANSWERED, "referred")
    database = window.workspace.jobs._database
    with database.read() as session:
        drafts = tracker_rows(session, campaigns_list(session)[0], filters=Filters(status="draft"))
    assert [(d.recipient, d.template) for d in drafts] == [("Marietje Schaake", "referral")]


def test_a_message_is_assigned_to_the_letter_typed(window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
    window.sidebar.choose("inbox")
    settle(window)
    page = window.pages["inbox"]
    page.table.select([page.model.rows[0].key])
    settle(window)
    assert not page.accept.isEnabled()
    page.assign.trigger()
    asked = dialog(window, AssignDialog)
    qtbot.keyClicks(asked.search, "hautala")
    qtbot.keyClick(asked.search, Qt.Key.Key_Return)
    settle(window)
    with window.workspace.jobs._database.read() as session:
        (filed,) = [r for r in inbox_rows(session, "filed") if r.subject == "Question"]
    assert filed.reference == "MAG-0007"
    page.view.choose("filed")
    settle(window)
    page.table.select([filed.key])
    settle(window)
    page.back.trigger()
    settle(window)
    with window.workspace.jobs._database.read() as session:
        assert [r.subject for r in inbox_rows(session, "triage")] == ["Question"]


def test_messages_set_aside_leave_the_list_and_the_next_is_chosen(window: MainWindow, settle: Settle) -> None:
    window.sidebar.choose("inbox")
    settle(window)
    page = window.pages["inbox"]
    page.table.select([page.model.rows[0].key])
    settle(window)
    page.aside.trigger()
    settle(window)
    assert [r.subject for r in page.model.rows] == ["Re: entry [MAG-0006]"]
    assert [r.subject for r in page.table.selected()] == ["Re: entry [MAG-0006]"]


def test_files_dropped_on_the_window_are_put_on_file(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    file = tmp_path / "answer.eml"
    file.write_bytes(message("We agree.", subject="MAG-0006", message_id="<dropped@x>"))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    event = QDropEvent(
        QPointF(QPoint(10, 10)),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)
    settle(window)
    assert window.stack.currentWidget() is window.pages["inbox"]
    assert len([r for r in window.pages["inbox"].model.rows if r.reference == "MAG-0006"]) == 2
    assert "1 answer filed" in window.statusBar().currentMessage()


def test_a_message_is_saved_as_it_came(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    window.sidebar.choose("inbox")
    settle(window)
    page = window.pages["inbox"]
    page.save_to(page.model.rows[0].key, "", str(tmp_path / "out.eml"))
    settle(window)
    assert (tmp_path / "out.eml").read_bytes().startswith(b"From: Somebody")


def test_the_day_lists_what_presses_and_leads_there(window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
    window.sidebar.choose("today")
    settle(window)
    page = window.pages["today"]
    names = [r.accessibleName() for r in page.findChildren(TaskRow)]
    assert any(n.startswith("Somebody, Question") for n in names)
    assert any("Heidi Hautala" in n and "Bounced" in n for n in names)
    task = next(r for r in page.findChildren(TaskRow) if r.accessibleName().startswith("Somebody"))
    qtbot.keyClick(task, Qt.Key.Key_Return)
    settle(window)
    assert window.stack.currentWidget() is window.pages["inbox"]
    assert [r.subject for r in window.pages["inbox"].table.selected()] == ["Question"]


def test_follow_ups_for_all_overdue_in_one_step(window: MainWindow, settle: Settle) -> None:
    database = window.workspace.jobs._database
    with database.write() as session:
        campaign = session.get_one(Campaign, 1)
        campaign.as_of = date(2011, 3, 10)
    window.campaigns.read()
    settle(window)
    window.sidebar.choose("inbox")
    settle(window)
    page = window.pages["inbox"]
    page.table.select([r.key for r in page.model.rows if r.reference])
    settle(window)
    page.aside.trigger()
    settle(window)
    window.sidebar.choose("today")
    settle(window)
    today = window.pages["today"]
    assert today.remind.text() == "Draft 1 follow-up"
    assert row(window, "MAG-0006").phase is Phase.OVERDUE
    today.remind.trigger()
    settle(window)
    assert window.stack.currentWidget() is window.pages["letters"]
    (chosen,) = window.pages["letters"].table.selected()
    assert (chosen.recipient, chosen.template) == ("Theresa May", "follow-up")
    window.sidebar.choose("today")
    settle(window)
    assert not today.remind.isEnabled()


def test_the_calendar_is_written(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    window.pages["today"].write_calendar(str(tmp_path / "days.ics"))
    settle(window)
    assert b"BEGIN:VTODO" in (tmp_path / "days.ics").read_bytes()


def test_the_desktop_is_told_once_a_day_and_never_of_a_finished_campaign(
    window: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    told: list[str] = []
    notifier: Notifier = window.notifier
    notifier.told.connect(told.append)
    notifier.look()
    settle(window)
    assert told == []
    database = window.workspace.jobs._database
    with database.write() as session:
        session.get_one(Campaign, 1).as_of = None
    window.campaigns.read()
    settle(window)
    notifier.look()
    settle(window)
    assert len(told) == 1 and "answers to read" in told[0]
    notifier.set_wanted(False)
    settle(window)
    assert len(told) == 1


def test_a_view_is_saved_used_and_deleted(window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
    window.sidebar.choose("letters")
    settle(window)
    page = window.pages["letters"]
    page.filter_bar.status.choose("answer to read")
    settle(window)
    assert [r.reference for r in page.model.rows] == ["MAG-0006"]
    page.save_view.trigger()
    asked = dialog(window, NameDialog)
    asked.name.setText("To read")
    qtbot.mouseClick(asked.submit_button, Qt.MouseButton.LeftButton)
    settle(window)
    page.filter_bar.set_filters(Filters())
    settle(window)
    assert len(page.model.rows) > 1
    page._fill_views()
    next(a for a in page.views.menu().actions() if a.text() == "To read").trigger()
    settle(window)
    assert [r.reference for r in page.model.rows] == ["MAG-0006"]
    page._delete_view("To read")
    settle(window)
    with window.workspace.jobs._database.read() as session:
        assert views_list(session, 1) == ()


def test_a_letter_goes_by_the_users_own_mail_program(
    window: MainWindow,
    settle: Settle,
    qtbot: QtBot,
    sandbox: TemplateSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        "outreach.ui.pages.letter_steps.QDesktopServices.openUrl", lambda url: opened.append(url.toString())
    )
    from tests.integration.test_mail import reachable

    (reference, *_) = reachable(window.workspace.jobs._database, sandbox, "Theresa May")
    page = window.pages["letters"]
    window.sidebar.choose("letters")
    page.mark_stale()
    settle(window)
    page.table.select([reference])
    page.mail_program.trigger()
    settle(window)
    assert opened[0].startswith("mailto:may@example.org?subject=") and len(opened[0]) <= 1900
    assert "Dear Home Secretary" in QGuiApplication.clipboard().text()
    asked = dialog(window, ConfirmSentDialog)
    qtbot.mouseClick(asked.submit_button, Qt.MouseButton.LeftButton)
    settle(window)
    assert (row(window, reference).status, row(window, reference).channel) == (LetterStatus.SENT, "email")


def test_a_batch_is_printed(
    window: MainWindow, settle: Settle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.ui.pages.letter_steps.QDesktopServices.openUrl", lambda url: True)
    page = window.pages["letters"]
    chosen = ChosenLetters.named(["MAG-0006", "MAG-0007"], page.today())
    page.print_to(chosen, True, str(tmp_path / "batch.pdf"))
    settle(window)
    assert (tmp_path / "batch.pdf").read_bytes().startswith(b"%PDF")


def test_kinds_of_answers_are_all_offered() -> None:
    from outreach.ui.dialogs.letters import ReplyDialog

    assert set(ReplyDialog.KINDS) == set(ReplyKind)
