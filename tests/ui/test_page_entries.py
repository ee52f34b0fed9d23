"""A page is one entry, of which sidebar, menus and keys are made; the page itself is made when it is first
shown."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from outreach.app import Desktop
from outreach.settings import Settings, load_settings
from outreach.ui.main_window import MainWindow
from outreach.ui.operations import campaigns
from outreach.ui.pages import registry
from outreach.ui.pages.base import Page
from outreach.ui.pages.registry import PAGES, PageEntry
from outreach.ui.workspace import What, Workspace

Settle = Callable[[MainWindow], None]


class NotesPage(Page):
    """A page that no release has."""

    title = "Notes"
    kinds = frozenset({"cases"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.names: list[str] = []
        self.shown: list[What] = []
        self.jot = QAction("Jot down", self)
        self.layout_.addWidget(self.heading)

    def refresh(self) -> None:
        self.read(campaigns.listed("rows"), self._show)

    def _show(self, found: Sequence[object]) -> None:
        self.names = [getattr(campaign, "name", "") for campaign in found]

    def main_widgets(self) -> Sequence[QWidget]:
        return ()

    def show_place(self, what: What) -> None:
        self.shown.append(what)

    def actions_for_menu(self) -> list[QAction]:
        return [self.jot]


@pytest.fixture
def with_notes(desktop: Desktop, window: MainWindow, settle: Settle) -> MainWindow:
    """A window with one page more, for which one entry was written."""
    entry = PageEntry("notes", "Notes", lambda: NotesPage, "book-open", "Ctrl+9", "records", menu="&Notes")
    workspace = Workspace(window.workspace.jobs, window.workspace.sandbox, window.workspace.jobs)
    made = MainWindow(workspace, desktop.theme, Settings(), "somewhere", pages=(*PAGES, entry))
    made.show()
    settle(made)
    return made


def menu_named(window: MainWindow, title: str) -> QMenu:
    """A menu of the bar."""
    return next(m for m in window.menuBar().findChildren(QMenu) if m.title() == title)


def test_a_page_with_one_entry_stands_in_sidebar_and_menu_and_has_its_key(
    with_notes: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    sidebar = with_notes.sidebar
    assert sidebar.item(sidebar.count() - 1).text() == "Notes"
    (turn,) = [a for a in menu_named(with_notes, "&View").actions() if a.text() == "Notes"]
    assert turn.shortcut().toString() == "Ctrl+9"
    assert menu_named(with_notes, "&Notes").actions() == []
    with_notes.activateWindow()
    qtbot.waitUntil(with_notes.isActiveWindow)
    qtbot.keyClick(with_notes, Qt.Key.Key_9, Qt.KeyboardModifier.ControlModifier)
    page = with_notes.stack.currentWidget()
    assert isinstance(page, NotesPage)
    settle(with_notes)
    assert page.names
    assert sidebar.currentItem().text() == "Notes"
    assert [a.text() for a in menu_named(with_notes, "&Notes").actions()] == ["Jot down"]
    assert menu_named(with_notes, "&Notes").menuAction().isEnabled()
    with_notes.sidebar.choose("today")
    assert not menu_named(with_notes, "&Notes").menuAction().isEnabled()


def test_a_link_leads_to_a_page_that_was_never_shown(with_notes: MainWindow) -> None:
    with_notes.workspace.go("notes", fact="x")
    page = with_notes.pages["notes"]
    assert isinstance(page, NotesPage)
    assert page.shown == [{"fact": "x"}]
    assert with_notes.stack.currentWidget() is page


def test_a_page_is_made_when_it_is_first_shown(window: MainWindow, settle: Settle) -> None:
    assert list(window.pages.made) == ["today"]
    window.sidebar.choose("cases")
    assert list(window.pages.made) == ["today", "cases"]
    made = window.pages["cases"]
    window.sidebar.choose("today")
    window.sidebar.choose("cases")
    assert window.stack.currentWidget() is made


def test_a_page_that_is_made_late_has_the_day_of_the_campaign_in_view(window: MainWindow) -> None:
    campaign = window.workspace.campaign
    assert campaign is not None
    for key in ("compose", "packs", "directory"):
        page = window.pages[key]
        assert page.day.day() == campaign.today, key  # type: ignore[attr-defined]


def test_the_keys_of_pages_that_were_not_shown_yet_are_listed(window: MainWindow) -> None:
    assert "letters" not in window.pages.made
    (action,) = [a for a in menu_named(window, "&Help").actions() if a.text() == "Keyboard shortcuts"]
    action.trigger()
    (box,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]
    for words in ("Mark sent", "Fetch mail", "Packs"):
        assert words in box.text()
    box.close()


def test_the_shares_of_panels_are_remembered_also_of_pages_not_shown_since(
    desktop: Desktop, window: MainWindow, sample_path: Path, settle: Settle
) -> None:
    for key in ("letters", "cases"):
        window.sidebar.choose(key)
    splitter = window.pages["letters"].splitter
    assert splitter is not None
    splitter.setSizes([300, 730])
    kept = splitter.saveState()
    again = desktop.open(str(sample_path))
    settle(again)
    third = desktop.open(str(sample_path))  # in the second, letters were not shown
    settle(third)
    third.sidebar.choose("letters")
    restored = third.pages["letters"].splitter
    assert restored is not None
    assert restored.saveState() == kept
    assert "cases:" in load_settings().window_state


def test_what_another_release_kept_of_the_panels_is_left_aside(desktop: Desktop, window: MainWindow) -> None:
    former = Settings(window_state="000000ff00,000000ff01")
    opened = MainWindow(window.workspace, desktop.theme, former, "somewhere")
    opened.sidebar.choose("letters")
    assert opened.pages["letters"].splitter is not None


def test_no_two_pages_share_a_key_or_a_shortcut() -> None:
    for field in ("key", "shortcut", "title"):
        values = [getattr(entry, field) for entry in registry.PAGES]
        assert len(set(values)) == len(values)
