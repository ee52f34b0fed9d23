"""Where the keyboard is after a page was turned, and what it does there."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication
from pytestqt.qtbot import QtBot

from outreach.app import Desktop
from outreach.store.database import open_database
from outreach.ui.main_window import MainWindow
from outreach.ui.widgets.openable import Heading, TaskRow
from tests import factories

Settle = Callable[[MainWindow], None]
PAGES = ("today", "overview", "letters", "inbox", "compose", "directory", "cases", "packs")
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(tmp_path: Path, desktop: Desktop, settle: Settle) -> MainWindow:
    """A window on two campaigns, so that the choice between them is there to be hit by mistake."""
    path = tmp_path / "two.db"
    database = open_database(path, create=True)
    factories.a_campaign(database, "zebrafish", "ZEB")
    factories.a_campaign(database, "quokkaland", "QUO", on=date(2012, 5, 9))
    database.close()
    opened = desktop.open(str(path))
    opened.show()
    opened.activateWindow()
    settle(opened)
    assert opened.campaign_choice.isVisible()
    return opened


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    target = QApplication.focusWidget()
    assert target is not None
    QTest.keyClick(target, key, modifiers)


def assert_on(window: MainWindow, key: str) -> None:
    """The page is in view, the keyboard is on its list with a row to go on from, and arrows stay on it."""
    page = window.pages[key]
    campaign = window.workspace.campaign
    assert window.stack.currentWidget() is page
    for _ in range(3):
        focus = QApplication.focusWidget()
        assert focus is not None and page.isAncestorOf(focus), (key, focus)
        assert isinstance(focus, QAbstractItemView | Heading | TaskRow), (key, focus)
        assert focus is page.main_widgets()[0] or key == "today"
        if isinstance(focus, QAbstractItemView) and focus.model().rowCount():
            assert focus.currentIndex().isValid(), key
        press(Qt.Key.Key_Down)
        assert window.stack.currentWidget() is page
        assert window.workspace.campaign is campaign


def by_shortcut(window: MainWindow, key: str) -> None:
    press(Qt.Key(Qt.Key.Key_1 + PAGES.index(key)), CTRL)


def by_click(window: MainWindow, key: str) -> None:
    place = window.sidebar.visualItemRect(window.sidebar.item(PAGES.index(key))).center()
    QTest.mouseClick(
        window.sidebar.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place
    )


def by_link(window: MainWindow, key: str) -> None:
    window.workspace.go(key)


def from_the_sidebar(window: MainWindow, key: str) -> None:
    window.sidebar.setFocus(Qt.FocusReason.TabFocusReason)
    by_shortcut(window, key)


@pytest.mark.parametrize("way", [by_shortcut, by_click, by_link, from_the_sidebar])
def test_after_a_page_is_turned_the_keyboard_is_on_its_list(
    window: MainWindow, settle: Settle, way: Callable[[MainWindow, str], None]
) -> None:
    for key in (*reversed(PAGES), *PAGES):
        way(window, key)
        settle(window)
        assert_on(window, key)
        # Once more when the page is in view already, from wherever the keyboard was.
        window.campaign_choice.setFocus()
        way(window, key)
        settle(window)
        assert_on(window, key)


def test_the_window_opens_with_the_keyboard_on_the_first_thing_to_do(
    window: MainWindow,
) -> None:
    assert isinstance(QApplication.focusWidget(), Heading)


def test_a_page_of_an_empty_campaign_hears_its_shortcuts_too(
    desktop: Desktop, tmp_path: Path, settle: Settle
) -> None:
    from outreach.cases.campaigns import create_campaign

    path = tmp_path / "bare.db"
    database = open_database(path, create=True)
    with database.write() as session:
        create_campaign(session, name="Bare", prefix="BAR", case_name="Nothing yet")
    database.close()
    window = desktop.open(str(path))
    window.show()
    window.activateWindow()
    settle(window)
    for key in PAGES:
        by_shortcut(window, key)
        settle(window)
        focus = QApplication.focusWidget()
        page = window.pages[key]
        assert focus is page or page.isAncestorOf(focus), key


def test_headings_and_rows_of_today_lead_into_the_page_they_open(
    window: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    for kind in (Heading, TaskRow):
        by_shortcut(window, "today")
        settle(window)
        seen = set()
        for number in range(len(window.pages["today"].findChildren(kind))):
            by_shortcut(window, "today")
            settle(window)
            widget = window.pages["today"].findChildren(kind)[number]
            widget.setFocus()
            press(Qt.Key.Key_Return)
            settle(window)
            (key,) = [k for k, p in window.pages.items() if p is window.stack.currentWidget()]
            seen.add(key)
            assert_on(window, key)
        assert seen == {"letters", "inbox"}


def test_arrows_turn_pages_only_while_somebody_goes_through_the_sidebar(
    window: MainWindow, settle: Settle
) -> None:
    window.sidebar.setFocus(Qt.FocusReason.TabFocusReason)
    press(Qt.Key.Key_Down)
    settle(window)
    press(Qt.Key.Key_Down)
    settle(window)
    assert window.stack.currentWidget() is window.pages["letters"]
    assert window.sidebar.hasFocus()
    press(Qt.Key.Key_Return)
    assert_on(window, "letters")


def test_a_click_never_leaves_the_keyboard_in_the_sidebar(window: MainWindow, settle: Settle) -> None:
    assert window.sidebar.focusPolicy() == Qt.FocusPolicy.TabFocus
    window.sidebar.setFocus(Qt.FocusReason.TabFocusReason)
    by_click(window, "letters")
    settle(window)
    assert_on(window, "letters")


def test_reading_again_does_not_take_the_keyboard_from_where_one_types(
    window: MainWindow, settle: Settle
) -> None:
    for key in ("letters", "inbox", "compose", "directory", "cases"):
        by_shortcut(window, key)
        press(Qt.Key.Key_F, CTRL)
        page = window.pages[key]
        assert page.search.hasFocus()
        page.mark_stale()
        settle(window)
        assert page.search.hasFocus(), key
        page.mark_stale()
        settle(window)
        assert page.search.hasFocus(), key


def test_the_day_s_list_keeps_the_keyboard_when_it_is_made_anew(window: MainWindow, settle: Settle) -> None:
    by_shortcut(window, "today")
    settle(window)
    today = window.pages["today"]
    row = today.findChildren(TaskRow)[3]
    name = row.accessibleName()
    row.setFocus()
    today.mark_stale()
    settle(window)
    focus = QApplication.focusWidget()
    assert isinstance(focus, TaskRow) and focus.accessibleName() == name
    press(Qt.Key.Key_Down)
    assert QApplication.focusWidget() is not focus


def test_choosing_a_campaign_puts_the_keyboard_back_on_the_page(window: MainWindow, settle: Settle) -> None:
    by_shortcut(window, "letters")
    settle(window)
    window.campaign_choice.setFocus()
    window.campaign_choice.choose("quokkaland-alliance")
    settle(window)
    assert_on(window, "letters")
