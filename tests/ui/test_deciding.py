"""Nothing large happens by one key: it asks and names whom, or it can be taken back."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from sqlalchemy import text

from outreach.app import Desktop
from outreach.cases.campaigns import campaigns_list
from outreach.correspondence.incoming import Incoming, file_all
from outreach.correspondence.promises import follow_ups_list
from outreach.correspondence.replies import class_reply, record_reply, replies_list
from outreach.correspondence.triage import back_to_tray, inbox_rows
from outreach.desk.letter_table import letter_detail
from outreach.domain.states import ReplyKind
from outreach.errors import DatabaseBusyError
from outreach.letters.ledger import find_letter, reopen_letters
from outreach.letters.sandbox import TemplateSandbox
from outreach.store.database import open_database
from outreach.ui.dialogs.forms import ConfirmDialog
from outreach.ui.dialogs.inbox import AssignDialog
from outreach.ui.dialogs.letters import ApproveDialog, ReplyDialog
from outreach.ui.main_window import MainWindow
from tests import factories
from tests.messages import message
from tests.ui.test_pages import busy, dialog, go, messages, references

__all__ = ["busy"]

Settle = Callable[[MainWindow], None]
DAY = date(2011, 1, 26)


def words_of(form: object) -> str:
    return " ".join(label.text() for label in form.findChildren(QLabel))  # type: ignore[attr-defined]


def status(window: MainWindow, reference: str) -> str:
    with window.workspace.jobs._database.read() as session:
        return letter_detail(session, campaigns_list(session)[0], reference).row.status.value


def history(window: MainWindow, reference: str) -> list[str]:
    with window.workspace.jobs._database.read() as session:
        return [e.kind for e in letter_detail(session, campaigns_list(session)[0], reference).events]


@pytest.fixture
def many(sample_path: Path, sandbox: TemplateSandbox, desktop: Desktop, settle: Settle) -> MainWindow:
    """A window with a draft to every recipient."""
    database = open_database(sample_path)
    factories.drafted(database, sandbox, "all")
    database.close()
    window = desktop.open(str(sample_path))
    settle(window)
    return window


def test_approving_all_drafts_asks_and_names_how_many_and_whom(
    many: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    compose = go(many, "compose", settle)
    count = len(references(compose.drafts))
    assert count > 8
    compose.approve_all.trigger()
    settle(many)
    form = dialog(ApproveDialog)
    assert f"{count} letters to " in words_of(form)
    assert f"and {count - 5} more" in words_of(form)
    assert form.submit_button.text() == f"Approve {count} letters"
    QTest.keyClick(form.focusWidget(), Qt.Key.Key_Return)  # by itself, Enter does not approve so many
    settle(many)
    assert len(references(compose.drafts)) == count
    compose.approve_all.trigger()
    settle(many)
    dialog(ApproveDialog).submit_button.click()
    settle(many)
    assert references(compose.drafts) == []
    assert f"approve {count} letters" in many.workspace.undo.undoText()
    many.workspace.undo.undo()
    settle(many)
    assert len(references(compose.drafts)) == count
    many.workspace.undo.redo()
    settle(many)
    assert references(compose.drafts) == []


@pytest.mark.parametrize("page_key", ["compose", "letters"])
def test_pressing_the_key_again_does_not_approve_the_next_draft_unread(
    busy: MainWindow, settle: Settle, page_key: str
) -> None:
    page = go(busy, page_key, settle)
    table = page.drafts if page_key == "compose" else page.table
    table.select(["MAG-0009"])
    settle(busy)
    page.approve.trigger()
    settle(busy)
    assert "MAG-0009 to Chris Bryant" in words_of(dialog(ApproveDialog))
    dialog(ApproveDialog).submit_button.click()
    settle(busy)
    for _ in range(3):
        page.approve.trigger()
        settle(busy)
    assert (status(busy, "MAG-0009"), status(busy, "MAG-0010")) == ("approved", "draft")
    if page_key == "compose":
        assert table.selected() == []
        assert not page.approve.isEnabled()
        page.mark_stale()
        settle(busy)
        assert table.selected() == []


def test_approving_shows_what_speaks_against_it(busy: MainWindow, settle: Settle) -> None:
    compose = go(busy, "compose", settle)
    compose.editor.body.setPlainText("Dear [TODO],")
    compose.approve.trigger()
    settle(busy)
    form = dialog(ApproveDialog)
    assert "Look at this first" in words_of(form)
    assert "MAG-0009: MAG-0009 still holds the placeholder" in words_of(form)
    assert form.cancel_button.isDefault()
    form.submit_button.click()
    settle(busy)
    assert "placeholder" in messages()[0]
    assert status(busy, "MAG-0009") == "draft"


def test_an_approved_letter_goes_back_to_draft_is_edited_and_approved_anew(
    busy: MainWindow, settle: Settle
) -> None:
    page = go(busy, "letters", settle)
    page.table.select(["MAG-0008"])
    settle(busy)
    page.reopen.trigger()
    form = dialog(ConfirmDialog)
    assert "1 letter to Damian Green" in words_of(form)
    form.submit_button.click()
    settle(busy)
    assert status(busy, "MAG-0008") == "draft"
    assert history(busy, "MAG-0008")[-1] == "reopened"
    assert "Back to draft" in page.detail.history.toPlainText()
    assert page.edit_draft.isEnabled()
    assert not page.reopen.isEnabled()


def test_an_approval_is_not_undone_once_the_letter_has_gone_on(busy: MainWindow, settle: Settle) -> None:
    page = go(busy, "letters", settle)
    page.table.select(["MAG-0009"])
    page.approve.trigger()
    settle(busy)
    dialog(ApproveDialog).submit_button.click()
    settle(busy)
    with busy.workspace.jobs._database.write() as session:
        session.execute(text("UPDATE letter SET status = 'queued' WHERE reference = 'MAG-0009'"))
    busy.workspace.undo.undo()
    settle(busy)
    assert "outbox first" in messages()[0]
    assert status(busy, "MAG-0009") == "queued"


def test_enter_in_a_new_answer_records_nothing_without_a_choice_and_words(
    busy: MainWindow, settle: Settle
) -> None:
    page = go(busy, "letters", settle)
    page.table.select(["MAG-0006"])
    settle(busy)
    page.answer.trigger()
    form = dialog(ReplyDialog)
    assert form.kind.value() == ""
    QTest.keyClick(form.focusWidget(), Qt.Key.Key_Return)
    settle(busy)
    assert "Choose what the answer amounts to" in form.problem.text()
    for kind in ReplyKind:
        form.kind.choose(kind.value)
        form.submit_button.click()
        settle(busy)
        assert form.isVisible()
        assert "Say what came" in form.problem.text()
    assert status(busy, "MAG-0006") == "sent"
    form.kind.choose("agreed")
    form.promise.setText("To call back")
    form.submit_button.click()
    settle(busy)
    assert status(busy, "MAG-0006") == "answered"


def test_an_answer_recorded_by_hand_is_edited_removed_and_brought_back(
    busy: MainWindow, settle: Settle
) -> None:
    page = go(busy, "letters", settle)
    page.table.select(["MAG-0007"])
    settle(busy)
    assert page.detail.reply().promise == "To meet"
    page.edit_answer.trigger()
    form = dialog(ReplyDialog)
    assert (form.kind.value(), form.promise.text()) == ("agreed", "To meet")
    form.kind.choose("holding")
    form.promise.setText("To write in March")
    form.due.set_day(date(2011, 3, 1))
    form.submit_button.click()
    settle(busy)
    assert status(busy, "MAG-0007") == "acknowledged"
    assert page.detail.reply().promise_due == date(2011, 3, 1)
    busy.workspace.undo.undo()
    settle(busy)
    assert (status(busy, "MAG-0007"), page.detail.reply().promise) == ("answered", "To meet")
    busy.workspace.undo.redo()
    settle(busy)
    page.remove_answer.trigger()
    page.remove_answer.trigger()
    settle(busy)
    assert status(busy, "MAG-0007") == "sent"
    assert page.detail.reply() is None
    assert not page.edit_answer.isEnabled()
    with busy.workspace.jobs._database.read() as session:
        assert [f for f in follow_ups_list(session, campaigns_list(session)[0]) if "March" in f.what] == []
    busy.workspace.undo.undo()
    settle(busy)
    assert status(busy, "MAG-0007") == "acknowledged"
    assert page.detail.reply().promise == "To write in March"
    assert history(busy, "MAG-0007")[-3:] == ["reply_edited", "reply_removed", "reply_restored"]
    busy.workspace.undo.redo()
    settle(busy)
    assert status(busy, "MAG-0007") == "sent"


def test_of_several_answers_the_one_chosen_is_removed(busy: MainWindow, settle: Settle) -> None:
    def add(session):  # type: ignore[no-untyped-def]
        return record_reply(
            session, "MAG-0007", kind=ReplyKind.REFUSED, on=date(2011, 2, 3), text="No after all."
        )

    busy.workspace.jobs.write(busy, add)
    page = go(busy, "letters", settle)
    page.table.select(["MAG-0007"])
    settle(busy)
    assert not page.detail.which.isHidden()
    page.detail.which.setCurrentIndex(1)
    assert page.detail.reply().kind == "agreed"
    page.remove_answer.trigger()
    settle(busy)
    with busy.workspace.jobs._database.read() as session:
        assert [r.kind for r in replies_list(session, ["MAG-0007"])] == ["refused"]


@pytest.fixture
def filed(sample_path: Path, sandbox: TemplateSandbox, desktop: Desktop, settle: Settle) -> MainWindow:
    """A window with an answer that came as a message, classed, with a promise."""
    database = open_database(sample_path)
    factories.sent(database, sandbox, "Theresa May, Heidi Hautala")
    file_all(
        database,
        [Incoming(message("We shall meet you.", subject="Re: entry [MAG-0006]", message_id="<1@x>"))],
        today=date(2011, 2, 10),
    )
    with database.write() as session:
        (reply,) = replies_list(session, ["MAG-0006"])
        class_reply(session, reply.key, ReplyKind.AGREED, promise="A meeting", promise_due=date(2011, 3, 1))
    database.close()
    window = desktop.open(str(sample_path))
    settle(window)
    return window


def the_answer(window: MainWindow) -> tuple[str, str, str, date | None]:
    with window.workspace.jobs._database.read() as session:
        (row,) = inbox_rows(session, "all")
        found = replies_list(session, [row.reference])
        promise = (found[0].promise, found[0].promise_due) if found else ("", None)
        return (row.state, row.reference, row.kind, promise[1])


@pytest.mark.parametrize("step", ["back", "aside", "is_bounce", "is_automatic"])
def test_what_is_decided_about_a_classed_answer_is_undone_with_its_class_and_promise(
    filed: MainWindow, settle: Settle, step: str
) -> None:
    before = the_answer(filed)
    assert before == ("filed", "MAG-0006", "agreed", date(2011, 3, 1))
    page = go(filed, "inbox", settle)
    page.view.choose("all")
    settle(filed)
    page.table.selectRow(0)
    settle(filed)
    getattr(page, step).trigger()
    settle(filed)
    assert the_answer(filed)[0] != "filed"
    assert status(filed, "MAG-0006") == "sent"
    filed.workspace.undo.undo()
    settle(filed)
    assert the_answer(filed) == before
    assert status(filed, "MAG-0006") == "answered"
    filed.workspace.undo.redo()
    settle(filed)
    assert the_answer(filed)[0] != "filed"
    filed.workspace.undo.undo()
    settle(filed)
    assert the_answer(filed) == before


def test_filing_with_another_letter_is_undone(filed: MainWindow, settle: Settle) -> None:
    before = the_answer(filed)
    page = go(filed, "inbox", settle)
    page.view.choose("all")
    settle(filed)
    page.table.selectRow(0)
    settle(filed)
    page.assign.trigger()
    form = dialog(AssignDialog)
    settle(filed)
    form.table.select(["MAG-0007"])
    form.submit_button.click()
    settle(filed)
    assert the_answer(filed)[1] == "MAG-0007"
    filed.workspace.undo.undo()
    settle(filed)
    assert the_answer(filed) == before
    assert status(filed, "MAG-0007") == "sent"


def test_an_answer_that_came_as_a_message_goes_back_to_the_tray_from_the_letter(
    filed: MainWindow, settle: Settle
) -> None:
    page = go(filed, "letters", settle)
    page.table.select(["MAG-0006"])
    settle(filed)
    assert not page.edit_answer.isEnabled()
    page.remove_answer.trigger()
    settle(filed)
    assert the_answer(filed)[0] == "triage"
    filed.workspace.undo.undo()
    settle(filed)
    assert the_answer(filed)[2] == "agreed"


def test_a_bounce_taken_back_and_undone_bounces_again(sample_path: Path, sandbox: TemplateSandbox) -> None:
    from outreach.correspondence.triage import restore_standings, standings
    from outreach.domain.states import Channel
    from outreach.letters.ledger import mark_sent
    from tests.messages import report

    database = open_database(sample_path)
    (reference,) = factories.approved(database, sandbox, "Theresa May")
    with database.write() as session:
        mark_sent(session, [reference], by=Channel.EMAIL, on=DAY)
    file_all(database, [Incoming(report("failed", "may@x.example", f"Subject: y [{reference}]"))], today=DAY)
    with database.write() as session:
        (row,) = inbox_rows(session, "all")
        before = standings(session, [row.key])
        back_to_tray(session, [row.key])
    with database.write() as session:
        restore_standings(session, before)
    with database.read() as session:
        letter = letter_detail(session, campaigns_list(session)[0], reference)
        assert letter.row.status.value == "bounced"
        assert standings(session, [row.key]) == before
    database.close()


def test_restoring_a_copy_asks_first(
    window: MainWindow, desktop: Desktop, settle: Settle, tmp_path: Path
) -> None:
    window.database.back_up_to(str(tmp_path / "copy.db"))
    settle(window)
    window.database.ask_to_restore(str(tmp_path / "copy.db"))
    form = dialog(ConfirmDialog)
    assert "copy.db takes the place of everything" in words_of(form)
    QTest.keyClick(form.focusWidget(), Qt.Key.Key_Return)
    assert desktop.window is window
    window.database.ask_to_restore(str(tmp_path / "copy.db"))
    dialog(ConfirmDialog).submit_button.click()
    assert desktop.window is not window


def test_preferences_entered_in_a_session_survive_its_end(window: MainWindow, settle: Settle) -> None:
    from outreach.settings import load_settings

    window.notifier.set_wanted(False)
    settle(window)
    window.close()
    assert load_settings().notify == "no"
    assert load_settings().window_geometry
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible()]


def test_words_whose_save_was_refused_are_approved_with_the_letter_or_not_at_all(
    busy: MainWindow, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = go(busy, "compose", settle)
    compose.drafts.select(["MAG-0009"])
    settle(busy)

    def refused(*_: object, **__: object) -> None:
        raise DatabaseBusyError("Another program is writing. Try again in a moment.")

    with monkeypatch.context() as patch:
        patch.setattr("outreach.ui.operations.drafts.edit_letter", refused)
        compose.editor.body.setPlainText("The words that were typed last.")
        compose.approve.trigger()
        settle(busy)
    assert busy.workspace.saving.text_of("MAG-0009") is not None
    dialog(ApproveDialog).submit_button.click()
    settle(busy)
    assert status(busy, "MAG-0009") == "approved"
    with open_database(busy.workspace.jobs.location).read() as session:
        assert find_letter(session, "MAG-0009").body == "The words that were typed last."
    assert busy.workspace.saving.text_of("MAG-0009") is None


def test_undoing_an_approval_leaves_alone_what_was_put_back_to_draft_since(
    busy: MainWindow, settle: Settle
) -> None:
    compose = go(busy, "compose", settle)
    drafts = references(compose.drafts)
    assert len(drafts) > 1
    compose.approve_all.trigger()
    settle(busy)
    dialog(ApproveDialog).submit_button.click()
    settle(busy)
    with open_database(busy.workspace.jobs.location).write() as session:
        reopen_letters(session, drafts[:1])
    busy.workspace.undo.undo()
    settle(busy)
    assert {status(busy, r) for r in drafts} == {"draft"}


def test_ctrl_return_with_nobody_ticked_ticks_nobody(busy: MainWindow, settle: Settle) -> None:
    compose = go(busy, "compose", settle)
    compose.recipients.setCurrentIndex(compose.recipients.model().index(0, 0))
    compose.recipients.setFocus()
    QTest.keyClick(compose.recipients, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle(busy)
    assert compose.recipients.ticked() == []
    QTest.keyClick(compose.recipients, Qt.Key.Key_Return)
    assert len(compose.recipients.ticked()) == 1
