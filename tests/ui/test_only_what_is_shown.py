"""No key, click or shortcut acts on what a filter keeps out of view."""

from collections.abc import Callable, Hashable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QDialog
from pytestqt.qtbot import QtBot

from outreach.app import Desktop
from outreach.cases.campaigns import campaigns_list
from outreach.cases.facts import facts_for
from outreach.correspondence.incoming import Incoming, file_all
from outreach.correspondence.triage import inbox_rows
from outreach.desk.letter_table import tracker_rows
from outreach.letters.sandbox import TemplateSandbox
from outreach.recipients.rows import recipients_list
from outreach.store.database import open_database
from outreach.ui.dialogs.duplicates import DuplicatesDialog
from outreach.ui.dialogs.inbox import AssignDialog
from outreach.ui.main_window import MainWindow
from outreach.ui.operations.listing import Chosen
from outreach.ui.widgets.recipient_item import RecipientList
from outreach.ui.widgets.tables import ListView
from tests import factories
from tests.messages import message

Settle = Callable[[MainWindow], None]
NO, CTRL, SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
KEYS = (
    (Qt.Key.Key_Home, NO), (Qt.Key.Key_Space, NO), (Qt.Key.Key_End, NO), (Qt.Key.Key_Space, NO),
    (Qt.Key.Key_PageUp, NO), (Qt.Key.Key_Space, NO), (Qt.Key.Key_PageDown, NO), (Qt.Key.Key_Up, NO),
    (Qt.Key.Key_Down, NO), (Qt.Key.Key_Home, CTRL), (Qt.Key.Key_End, CTRL), (Qt.Key.Key_Home, SHIFT),
    (Qt.Key.Key_End, SHIFT), (Qt.Key.Key_A, CTRL), (Qt.Key.Key_Return, NO), (Qt.Key.Key_Delete, NO),
    (Qt.Key.Key_D, CTRL), (Qt.Key.Key_Home, NO), (Qt.Key.Key_Delete, NO), (Qt.Key.Key_Space, NO),
    (Qt.Key.Key_Return, CTRL),
)  # fmt: skip


@pytest.fixture
def window(desktop: Desktop, sample_path: Path, sandbox: TemplateSandbox, settle: Settle) -> MainWindow:
    """The sample with drafts to four people and a few messages that belong to no letter."""
    database = open_database(sample_path)
    factories.sent(database, sandbox, "Damian Green")
    factories.drafted(database, sandbox, "Theresa May, Marietje Schaake, Chris Bryant, Heidi Hautala")
    raw = [
        message(
            f"About {word}.",
            sender=f"{word} <{word}@b.example>",
            subject=f"On {word}",
            message_id=f"<{word}@x>",
        )
        for word in ("apples", "pears", "plums", "quinces")
    ]
    file_all(database, [Incoming(r) for r in raw], today=date(2011, 2, 10))
    database.close()
    opened = desktop.open(str(sample_path))
    opened.show()
    opened.activateWindow()
    settle(opened)
    return opened


def turn(window: MainWindow, key: str, settle: Settle) -> Any:
    window.sidebar.choose(key)
    settle(window)
    return window.pages[key]


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = NO) -> None:
    """A key, where the keyboard is."""
    target = QApplication.focusWidget()
    assert target is not None
    QTest.keyClick(target, key, modifiers)


def close_dialogs() -> None:
    for shown in QApplication.topLevelWidgets():
        if isinstance(shown, QDialog) and shown.isVisible():
            shown.reject()


def on_file(window: MainWindow) -> dict[Hashable, object]:
    """What could be acted on, each by what the lists know it by."""
    with window.workspace.jobs._database.read() as session:
        campaign = campaigns_list(session)[0]
        return {
            **{r.reference: r.status for r in tracker_rows(session, campaign)},
            **{f"recipient {r.key}": r.name for r in recipients_list(session, campaign.key)},
            **{f"fact {f.name}": f.value for f in facts_for(session, "magnitsky")},
            **{f"message {m.key}": m.state for m in inbox_rows(session, "all")},
        }


# A page, its list, how its rows are known on file, and words that some of them have.
LISTS = (
    ("letters", lambda p: p.table, lambda r: r.reference, "hautala"),
    ("letters", lambda p: p.table, lambda r: r.reference, "home office"),
    ("inbox", lambda p: p.table, lambda r: f"message {r.key}", "pears"),
    ("compose", lambda p: p.recipients, lambda r: f"recipient {r.key}", "schaake"),
    ("cases", lambda p: p.table, lambda r: f"fact {r.name}", "detention"),
    ("directory", lambda p: p.tables["recipients"], lambda r: f"recipient {r.key}", "mendez"),
    ("directory", lambda p: p.tables["people"], lambda r: r.id, "hautala"),
    ("directory", lambda p: p.tables["bodies"], lambda r: r.id, "home office"),
    ("directory", lambda p: p.tables["posts"], lambda r: r.id, "secretary"),
)


def rows_in(view: QAbstractItemView, known_by: Callable[[Any], Hashable]) -> list[Hashable]:
    assert isinstance(view, ListView)
    return [known_by(r) for r in view.model().rows]


@pytest.mark.parametrize(("key", "list_of", "known_by", "words"), LISTS)
def test_no_key_reaches_a_row_that_a_filter_hides(
    window: MainWindow,
    settle: Settle,
    qtbot: QtBot,
    key: str,
    list_of: Callable[[Any], QAbstractItemView],
    known_by: Callable[[Any], Hashable],
    words: str,
) -> None:
    page = turn(window, key, settle)
    view = list_of(page)
    if key == "directory":
        page.tabs.setCurrentIndex(list(page.tables.values()).index(view))
        settle(window)
    every = set(rows_in(view, known_by))
    view.setFocus()
    press(Qt.Key.Key_A, CTRL)
    page.search.setText(words)
    qtbot.waitUntil(lambda: 0 < len(rows_in(view, known_by)) < len(every), timeout=10_000)
    settle(window)
    shown = set(rows_in(view, known_by))
    hidden = every - shown
    before = {k: v for k, v in on_file(window).items() if k in hidden}
    letters = {r for r in on_file(window) if str(r).startswith("MAG-")}
    view.setFocus()
    for stroke, modifiers in KEYS:
        in_view = rows_in(view, known_by)
        assert set(in_view) <= shown
        chosen = {in_view[i.row()] for i in view.selectionModel().selectedIndexes()}
        assert chosen <= shown
        current = view.currentIndex()
        assert not current.isValid() or (current.row() < len(in_view) and not view.isIndexHidden(current))
        if isinstance(view, RecipientList):
            assert {f"recipient {k}" for k in page.ticked()} <= shown
            assert view.ticked_elsewhere() == []
        press(stroke, modifiers)
        settle(window)
        close_dialogs()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        if window.stack.currentWidget() is not page:
            turn(window, key, settle)
        (view if view.isVisible() else page).setFocus()
    now = on_file(window)
    assert {k: now.get(k) for k in before} == before
    # Nobody hidden was written to either.
    with window.workspace.jobs._database.read() as session:
        written = [r for r in tracker_rows(session, campaigns_list(session)[0]) if r.reference not in letters]
        hidden_names = {r.name for r in recipients_list(session, 1) if f"recipient {r.key}" in hidden}
    assert not hidden_names & {r.recipient for r in written}
    if isinstance(view, RecipientList):
        assert [r.recipient for r in written] == ["Marietje Schaake"]


def test_the_letter_goes_to_the_recipient_found_not_to_the_first_of_those_hidden(
    window: MainWindow, settle: Settle
) -> None:
    compose = turn(window, "compose", settle)
    drafts = {r.reference for r in compose.model.rows}
    compose.focus_search()
    for letter in "mendez":
        press(Qt.Key[f"Key_{letter.upper()}"])
    settle(window)
    assert compose.recipients.model().rowCount() == 1
    compose.recipients.setFocus()
    press(Qt.Key.Key_Home)
    press(Qt.Key.Key_Space)
    press(Qt.Key.Key_Return, CTRL)
    settle(window)
    assert [r.recipient for r in compose.model.rows if r.reference not in drafts] == ["Juan Mendez"]


def test_recipients_ticked_but_not_in_view_are_named_and_get_no_letter(
    window: MainWindow, settle: Settle
) -> None:
    compose = turn(window, "compose", settle)
    drafts = {r.reference for r in compose.model.rows}
    keys = {r.name: r.key for r in compose.recipients.model().rows}
    compose.tick([keys["Theresa May"], keys["Juan Mendez"]])
    settle(window)
    assert compose.draft.text() == "Draft 2 letters"
    assert compose.elsewhere.isHidden()
    compose.search.setText("mendez")
    settle(window)
    assert compose.draft.text() == "Draft 1 letter"
    assert compose.elsewhere.isVisible()
    assert "Theresa May" in compose.elsewhere.text()
    compose.search.setText("hautala")
    settle(window)
    assert not compose.draft.isEnabled()
    assert "Theresa May, Juan Mendez" in compose.elsewhere.text()
    compose.search.setText("mendez")
    settle(window)
    compose.draft.trigger()
    settle(window)
    assert [r.recipient for r in compose.model.rows if r.reference not in drafts] == ["Juan Mendez"]
    compose.search.clear()
    settle(window)
    assert compose.ticked() == [keys["Theresa May"]]
    assert compose.elsewhere.isHidden()


def test_many_recipients_out_of_view_are_counted_and_the_first_named(
    window: MainWindow, settle: Settle
) -> None:
    compose = turn(window, "compose", settle)
    compose.everyone.trigger()
    count = len(compose.ticked())
    compose.search.setText("mendez")
    settle(window)
    assert f"and {count - 4} more" in compose.elsewhere.text()
    compose.nobody.trigger()
    compose.search.clear()
    settle(window)
    assert len(compose.ticked()) == count - 1
    compose.nobody.trigger()
    assert compose.ticked() == []


def test_a_recipient_to_write_to_is_shown_whatever_was_searched_for(
    window: MainWindow, settle: Settle
) -> None:
    compose = turn(window, "compose", settle)
    key = next(r.key for r in compose.recipients.model().rows if r.name == "Theresa May")
    compose.search.setText("hautala")
    settle(window)
    window.workspace.go("compose", recipient=key)
    settle(window)
    assert compose.ticked() == [key]
    assert compose.search.text() == ""


def test_a_recipient_to_write_to_is_ticked_when_the_page_has_not_been_read_yet(
    window: MainWindow, settle: Settle
) -> None:
    directory = turn(window, "directory", settle)
    directory.tabs.setCurrentIndex(3)
    settle(window)
    row = directory.models["recipients"].rows[2]
    directory.tables["recipients"].select([row.key])
    directory.write.trigger()
    settle(window)
    assert window.pages["compose"].ticked() == [row.key]


def test_letters_that_a_filter_takes_out_of_view_are_not_chosen_any_more(
    window: MainWindow, settle: Settle
) -> None:
    letters = turn(window, "letters", settle)
    letters.filter_bar.status.choose("draft")
    settle(window)
    letters.table.setFocus()
    press(Qt.Key.Key_A, CTRL)
    assert len(letters.table.selected()) == 4
    letters.search.setText("bryant")
    settle(window)
    assert [r.recipient for r in letters.table.selected()] == ["Chris Bryant"]
    letters.approve.trigger()
    settle(window)
    close_dialogs()
    letters.search.clear()
    settle(window)
    still = {r.recipient for r in letters.model.rows if r.status.value == "draft"}
    assert still >= {"Theresa May", "Marietje Schaake", "Heidi Hautala"}


def test_a_filter_that_hides_letters_is_in_view_itself(window: MainWindow, settle: Settle) -> None:
    letters = turn(window, "letters", settle)
    letters.filter_bar.body.choose("Home Office")
    with window.workspace.jobs._database.write() as session:
        from outreach.store.models import Letter

        # All letters but those to one body are gone: there is nothing to choose between any more.
        for letter in session.query(Letter).filter(Letter.organization_id.is_not(None)):
            if letter.reference not in {r.reference for r in letters.model.rows}:
                letter.deleted_at = letter.created_at
    letters.mark_stale()
    settle(window)
    assert letters.filter_bar.body.value() == "Home Office"
    assert letters.filter_bar.body.isVisible()


def test_the_detail_shown_is_of_the_letter_chosen_or_there_is_none(
    window: MainWindow, settle: Settle
) -> None:
    letters = turn(window, "letters", settle)
    first, second = (r.reference for r in letters.model.rows[:2])
    letters.table.select([first])
    letters.table.select([])
    settle(window)
    assert letters.detail.isHidden()
    letters.table.select([first])
    settle(window)
    assert letters.detail.isVisible()
    letters.table.select([first, second])
    settle(window)
    assert letters.detail.isHidden()


def test_return_shows_the_row_under_the_cursor_before_it_does_anything(
    window: MainWindow, settle: Settle
) -> None:
    inbox = turn(window, "inbox", settle)
    assert inbox.table.hasFocus()
    assert inbox.table.currentIndex().row() == 0
    assert inbox.table.selected() == []
    press(Qt.Key.Key_Return)
    settle(window)
    assert inbox.table.selected() == [inbox.model.rows[0]]
    assert [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()] == []
    press(Qt.Key.Key_Return)
    assert any(isinstance(w, AssignDialog) and w.isVisible() for w in QApplication.topLevelWidgets())
    close_dialogs()


def test_messages_are_filed_with_a_letter_that_the_search_shows(
    window: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    inbox = turn(window, "inbox", settle)
    inbox.table.selectRow(0)
    inbox.assign.trigger()
    form = next(w for w in QApplication.topLevelWidgets() if isinstance(w, AssignDialog))
    form.search.setText("green")
    settle(window)
    (only,) = form.model.rows
    for key in (Qt.Key.Key_End, Qt.Key.Key_Home, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Up):
        qtbot.keyClick(form.table, key)
        assert form.values() == {"reference": only.reference}
    form.search.setText("no letter of this kind")
    form.submit_button.click()
    settle(window)
    assert "Choose a letter" in form.problem.text()
    close_dialogs()


def test_two_records_are_not_merged_before_both_are_shown(
    window: MainWindow, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outreach.store.models import Person

    with window.workspace.jobs._database.write() as session:
        for number in range(2):
            for name in ("Jonathan Exampleton", "Margaret Sampleworth"):
                session.add(Person(slug=f"{name.lower().replace(' ', '-')}-{number}", name=name))
    dialog = DuplicatesDialog(window, window.workspace)
    dialog.open()
    settle(window)
    assert len(dialog.model.rows) >= 2
    dialog.table.selectRow(0)
    settle(window)
    buttons = (dialog.keep_left, dialog.keep_right, dialog.apart)
    assert all(b.isEnabled() for b in buttons)
    dialog.table.selectRow(1)
    assert not any(b.isEnabled() for b in buttons)
    settle(window)
    assert all(b.isEnabled() for b in buttons)
    assert dialog._pair().first_name in dialog.left.toPlainText()  # type: ignore[union-attr]
    dialog.close()


def test_a_table_is_exported_only_while_its_rows_are_in_view(window: MainWindow, settle: Settle) -> None:
    letters = window.pages["letters"]
    for key in window.pages:
        turn(window, key, settle)
        assert letters.export_table.isEnabled() == (key == "letters")


def test_a_letter_asked_for_and_not_found_is_not_chosen_by_surprise_later(
    window: MainWindow, settle: Settle
) -> None:
    letters = turn(window, "letters", settle)
    window.workspace.go("letters", references=["MAG-9999"])
    letters.mark_stale()
    settle(window)
    assert letters.table.choice == Chosen()
    for key, what in (("cases", {"fact": "no_such"}), ("directory", {"kind": "person", "id": "no-such"})):
        page = turn(window, key, settle)
        page.show_place(what)
        settle(window)
        page.mark_stale()
        settle(window)
        assert not page._wanted
