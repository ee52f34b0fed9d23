"""The window takes steps of letters back: by Undo at once, and by the menu after it was closed in between."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel

from outreach.app import Desktop
from outreach.letters.ledger import close_letters
from outreach.letters.sandbox import TemplateSandbox
from outreach.mail.outbox import queue_letters
from outreach.store.database import open_database
from outreach.ui.dialogs.forms import ConfirmDialog
from outreach.ui.dialogs.letters import MarkSentDialog, ReasonDialog
from outreach.ui.main_window import MainWindow
from tests import factories
from tests.integration.test_mail import reachable
from tests.ui.test_deciding import history, status
from tests.ui.test_pages import dialog, go

Settle = Callable[[MainWindow], None]


@pytest.fixture
def ready(sample_path: Path, sandbox: TemplateSandbox, desktop: Desktop, settle: Settle) -> MainWindow:
    """A window on one letter that is approved, one in the outbox, one sent and one closed."""
    database = open_database(sample_path)
    _, queued = reachable(database, sandbox)
    (closed,) = factories.sent(database, sandbox, "Damian Green")
    with database.write() as session:
        queue_letters(session, [queued])
        close_letters(session, [closed])
    database.close()
    window = desktop.open(str(sample_path))
    settle(window)
    return window


def choose(window: MainWindow, settle: Settle, *references: str) -> Any:
    page = go(window, "letters", settle)
    page.table.select(list(references))
    settle(window)
    return page


def words_of(form: Any) -> str:
    return " ".join(label.text() for label in form.findChildren(QLabel))


@pytest.mark.parametrize(
    ("action", "form", "reference", "before", "after", "text"),
    [
        ("sent", MarkSentDialog, "MAG-0006", "approved", "sent", "mark sent: MAG-0006"),
        ("withdraw", ReasonDialog, "MAG-0006", "approved", "withdrawn", "withdraw: MAG-0006"),
        ("take_back", None, "MAG-0007", "queued", "approved", "take out of the outbox: MAG-0007"),
    ],
)
def test_undo_takes_back_what_was_done_with_a_letter_and_redo_does_it_again(
    ready: MainWindow,
    settle: Settle,
    action: str,
    form: type | None,
    reference: str,
    before: str,
    after: str,
    text: str,
) -> None:
    page = choose(ready, settle, reference)
    getattr(page, action).trigger()
    settle(ready)
    if form is not None:
        assert "cannot" not in words_of(dialog(form))
        dialog(form).submit_button.click()
        settle(ready)
    for _ in range(2):
        assert status(ready, reference) == after
        assert ready.workspace.undo.undoText() == text
        ready.workspace.undo.undo()
        settle(ready)
        assert status(ready, reference) == before
        ready.workspace.undo.redo()
        settle(ready)
    assert status(ready, reference) == after


def test_closing_is_undone_and_the_dialog_says_that_it_can_be(ready: MainWindow, settle: Settle) -> None:
    page = choose(ready, settle, "MAG-0005")
    page.close_letter.trigger()
    assert "can be taken back" in words_of(dialog(ReasonDialog))
    dialog(ReasonDialog).submit_button.click()
    settle(ready)
    assert status(ready, "MAG-0005") == "closed"
    ready.workspace.undo.undo()
    settle(ready)
    assert status(ready, "MAG-0005") == "sent"


def test_the_menu_takes_back_the_last_step_after_the_window_was_closed_and_says_which(
    ready: MainWindow, settle: Settle
) -> None:
    page = choose(ready, settle, "MAG-0008")
    assert ready.workspace.undo.undoText() == ""
    assert page.undo_last in page.actions_for_menu()
    page.undo_last.trigger()
    assert "MAG-0008 to Damian Green: its closing is taken back." in words_of(dialog(ConfirmDialog))
    dialog(ConfirmDialog).submit_button.click()
    settle(ready)
    assert (status(ready, "MAG-0008"), history(ready, "MAG-0008")[-1]) == ("sent", "close_undone")
    choose(ready, settle, "MAG-0008", "MAG-0007")
    page.undo_last.trigger()
    dialog(ConfirmDialog).submit_button.click()
    settle(ready)
    assert (status(ready, "MAG-0008"), status(ready, "MAG-0007")) == ("approved", "approved")
    choose(ready, settle, "MAG-0001")
    assert not page.undo_last.isEnabled()


def test_the_history_in_view_says_who_took_a_step_and_who_took_it_back(
    ready: MainWindow, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.ui.operations.letters.user_name", lambda: "Ann Other")
    page = choose(ready, settle, "MAG-0006")
    page.withdraw.trigger()
    dialog(ReasonDialog).submit_button.click()
    settle(ready)
    ready.workspace.undo.undo()
    settle(ready)
    choose(ready, settle, "MAG-0006")
    shown = page.detail.history.toPlainText()
    assert "Withdrawn by Ann Other" in shown
    assert "Withdrawal taken back by Ann Other" in shown


def test_an_undo_that_came_too_late_says_why_and_changes_nothing(
    ready: MainWindow, settle: Settle, sample_path: Path
) -> None:
    from outreach.correspondence.replies import record_reply
    from outreach.domain.states import ReplyKind

    page = choose(ready, settle, "MAG-0006")
    page.sent.trigger()
    dialog(MarkSentDialog).day.set_day(date(2011, 1, 26))
    dialog(MarkSentDialog).submit_button.click()
    settle(ready)
    ready.workspace.jobs.write(
        ready,
        lambda s: record_reply(s, "MAG-0006", kind=ReplyKind.AGREED, on=date(2011, 2, 1), text="Yes."),
    )
    settle(ready)
    said: list[str] = []
    ready.workspace.jobs.failed.connect(said.append)
    ready.workspace.undo.undo()
    settle(ready)
    assert "is answered. Only that a letter was marked sent" in said[0]
    assert status(ready, "MAG-0006") == "answered"
