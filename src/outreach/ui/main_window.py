"""The window: pages at the left, menus, undo, what runs and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from outreach.settings import Settings, load_settings
from outreach.store.changes import Changes
from outreach.ui.acting import Action
from outreach.ui.campaign_bar import CampaignBar
from outreach.ui.database_actions import DatabaseActions
from outreach.ui.dialogs.forms import open_dialog
from outreach.ui.dialogs.text import show_about, show_text
from outreach.ui.errors import show_message
from outreach.ui.icons import icon
from outreach.ui.leaving import Leaving
from outreach.ui.notifying import Notifier
from outreach.ui.pages.base import Page
from outreach.ui.pages.registry import PAGES, PageEntry, Pages
from outreach.ui.theme import Theme
from outreach.ui.widgets.buttons import Shortcut
from outreach.ui.widgets.colour_menu import ColourMenu
from outreach.ui.widgets.job_bar import JobBar
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.panels import shares_as_text, shares_in
from outreach.ui.widgets.sidebar import Sidebar
from outreach.ui.workspace import Place, Workspace

if TYPE_CHECKING:
    from outreach.desk.chosen import ChosenLetters
    from outreach.desk.search import Hit
    from outreach.ui.mailing import Mailing

_SAID_MS = 8000


class MainWindow(QMainWindow):
    """One database's window, made of the pages' entries.

    Signals: closed(Settings) when it is gone, with what to remember.
    """

    closed = Signal(object)

    def __init__(
        self,
        workspace: Workspace,
        theme: Theme,
        settings: Settings,
        location: str,
        pages: Sequence[PageEntry] = PAGES,
    ) -> None:
        super().__init__()
        self.workspace = workspace
        self._theme = theme
        self._location = location
        self._is_left = self._is_closed = False
        self._splitter_states = shares_in(settings.window_state)
        self.setWindowTitle(self.tr("outreach"))
        self.setWindowIcon(icon("mail", "accent"))
        self.resize(1280, 800)
        self.sidebar = Sidebar()
        self.stack = QStackedWidget()
        self.pages = Pages(pages, workspace, self._page_made)
        for entry in self.pages.entries:
            self.sidebar.add(entry.key, self.tr(entry.title), entry.icon, entry.section)
        self.sidebar.turned.connect(self.turn)
        self.sidebar.entered.connect(self._enter)
        self.campaigns = CampaignBar(workspace)
        self.campaigns.turned.connect(self._enter)
        self.campaign_choice = self.campaigns.choice
        self.database = DatabaseActions(workspace, self, location)
        self.leaving = Leaving(workspace, self, self.pages)
        self.notifier = Notifier(workspace, self)
        self.notifier.clicked.connect(self._show_today)
        self.setAcceptDrops(True)
        self.setCentralWidget(self._layout())
        self.job_bar = JobBar(workspace.jobs)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addPermanentWidget(self.job_bar)
        self.page_menus: dict[str, QMenu] = {}
        self._make_menus()
        workspace.jobs.changed.connect(self._changed)
        workspace.jobs.failed.connect(self._failed)
        workspace.campaign_changed.connect(self._name_window)
        workspace.send_wanted.connect(self._send)
        workspace.settle_wanted.connect(self._settle)
        workspace.fetch_wanted.connect(self._fetch)
        workspace.going.connect(self._go)
        workspace.said.connect(self._say)
        theme.changed.connect(self._recolor)
        if settings.window_geometry:
            self.restoreGeometry(QByteArray.fromHex(settings.window_geometry.encode()))
        self.sidebar.setCurrentRow(0)
        self._enter()
        self.campaigns.read()
        self.leaving.show_left_behind()

    @cached_property
    def mailing(self) -> Mailing:
        """What is done with mail, made and read when it is first wanted."""
        from outreach.ui.mailing import Mailing

        return Mailing(self.workspace, self)

    def _send(self, chosen: ChosenLetters) -> None:
        self.mailing.send(chosen)

    def _settle(self, reference: str) -> None:
        self.mailing.settle(reference)

    def _fetch(self) -> None:
        self.mailing.fetch()

    def _layout(self) -> QWidget:
        side = QWidget()
        side.setFixedWidth(204)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 16, 0, 12)
        column.setSpacing(8)
        head = QVBoxLayout()
        head.setContentsMargins(18, 0, 14, 6)
        head.setSpacing(4)
        head.addWidget(Label("outreach", size=18, strong=True, tone="accent", wrap=False))
        head.addWidget(self.campaigns)
        column.addLayout(head)
        column.addWidget(self.sidebar, 1)
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(side)
        row.addWidget(self.stack, 1)
        return middle

    def _action(
        self,
        menu: QMenu,
        text: str,
        slot: Callable[[], object],
        shortcut: Shortcut | None = None,
        *,
        symbol: str = "",
    ) -> QAction:
        action = Action(text, menu, slot)
        menu.addAction(action)
        if symbol:
            action.setIcon(icon(symbol))
        if shortcut is not None:
            action.setShortcut(shortcut)
        return action

    def _make_menus(self) -> None:
        self._make_file_menu()
        self._make_edit_menu()
        self._make_view_menu()
        for entry in self.pages.entries:
            if entry.menu:
                menu = self.page_menus[entry.key] = self.menuBar().addMenu(self.tr(entry.menu))
                menu.menuAction().setEnabled(False)
        help_ = self.menuBar().addMenu(self.tr("&Help"))
        self._action(help_, self.tr("Keyboard shortcuts"), self._show_shortcuts, "F1")
        self._action(help_, self.tr("About outreach"), self._about)
        # PySide drops a menu with the last reference to its action, once that was asked for its menu.
        self._held = self.menuBar().actions()

    def _make_file_menu(self) -> None:
        keys, database = QKeySequence.StandardKey, self.database
        file = self.file_menu = self.menuBar().addMenu(self.tr("&File"))
        self._action(file, self.tr("Write letters"), partial(self.sidebar.choose, "compose"), keys.New)
        file.addSeparator()
        self._action(file, self.tr("New campaign…"), self.campaigns.make_new, symbol="plus")
        self._action(file, self.tr("Campaign details…"), self.campaigns.edit, symbol="pencil")
        self._action(file, self.tr("Mail account…"), self._edit_account, symbol="settings")
        file.addSeparator()
        self._action(file, self.tr("Import directory…"), self._import, "Ctrl+I", symbol="download")
        self._action(file, self.tr("Possible duplicates…"), self._duplicates, symbol="users")
        file.addSeparator()
        self._action(file, self.tr("New database…"), database.make_new)
        self._action(file, self.tr("Open database…"), database.open, keys.Open, symbol="folder-open")
        self._action(file, self.tr("Back up…"), database.back_up, symbol="save")
        self._action(file, self.tr("Restore a copy…"), database.restore, symbol="rotate-ccw")
        self._action(file, self.tr("Check database"), database.check)
        file.addSeparator()
        self._before_quit = file.addSeparator()
        self._action(file, self.tr("Quit"), self.close, keys.Quit)

    def _make_edit_menu(self) -> None:
        keys = QKeySequence.StandardKey
        edit = self.menuBar().addMenu(self.tr("&Edit"))
        undo = self.workspace.undo_group.createUndoAction(self, self.tr("Undo"))
        undo.setShortcut(keys.Undo)
        redo = self.workspace.undo_group.createRedoAction(self, self.tr("Redo"))
        redo.setShortcut(keys.Redo)
        edit.addActions([undo, redo])
        self._action(edit, self.tr("Words not on file…"), self.leaving.show_all)
        edit.addSeparator()
        self._action(edit, self.tr("Search everything…"), self._search, "Ctrl+K", symbol="search")
        self._action(edit, self.tr("Find on this page"), self._find, keys.Find, symbol="search")

    def _make_view_menu(self) -> None:
        view = self.menuBar().addMenu(self.tr("&View"))
        section = ""
        for entry in self.pages.entries:
            if section not in ("", entry.section):
                view.addSeparator()
            section = entry.section
            turn = partial(self.sidebar.choose, entry.key)
            self._action(view, self.tr(entry.title), turn, entry.shortcut, symbol=entry.icon)
        view.addSeparator()
        keys = QKeySequence.StandardKey
        self._action(view, self.tr("Read again"), self._refresh, keys.Refresh, symbol="refresh-cw")
        view.addSeparator()
        notify = view.addAction(self.tr("Notify once a day"))
        notify.setCheckable(True)
        notify.setChecked(self.notifier.is_wanted)
        notify.triggered.connect(self.notifier.set_wanted)
        view.addMenu(ColourMenu(self._theme, view))

    def _page_made(self, entry: PageEntry, page: Page) -> None:
        """A page is shown for the first time: it joins the others, and what can be done on it the menus."""
        self.stack.addWidget(page)
        state = self._splitter_states.get(entry.key)
        if page.splitter is not None and state is not None:
            page.splitter.restoreState(state)
        if entry.menu:
            self.page_menus[entry.key].addActions(page.actions_for_menu())
        for action in page.actions_for_file_menu():
            action.setEnabled(False)  # until the page is in view
            self.file_menu.insertAction(self._before_quit, action)

    def _show_today(self) -> None:
        self.sidebar.choose("today")
        self.raise_()
        self.activateWindow()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Messages dropped anywhere on the window are put on file."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.workspace.go("inbox", files=paths)

    def turn(self, key: str) -> None:
        """Show a page, with the keyboard where one works on it.

        While somebody goes through the sidebar by keys, the keyboard stays there.
        """
        self.stack.setCurrentWidget(self.pages[key])
        if not self.sidebar.hasFocus():
            self._enter()
        # Other pages have shortcuts of the same keys; a disabled menu lends its actions none.
        for owner, menu in self.page_menus.items():
            menu.menuAction().setEnabled(owner == key)
        # They are about what is in view.
        for owner, page in self.pages.made.items():
            for action in page.actions_for_file_menu():
                action.setEnabled(owner == key)

    def _enter(self) -> None:
        self._page().take_focus()

    def _go(self, place: Place) -> None:
        self.sidebar.choose(place.page)
        self.pages[place.page].show_place(place.what)
        self._enter()

    def _name_window(self) -> None:
        campaign = self.workspace.campaign
        if campaign is not None:
            self.setWindowTitle(self.tr("{0} – outreach").format(campaign.name))

    def _changed(self, changes: Changes) -> None:
        if "cases" in changes.kinds:
            self.campaigns.read()
        for page in self.pages.made.values():
            if page.concerns(changes.kinds):
                page.mark_stale()

    def _failed(self, message: str) -> None:
        show_message(self, message)

    def _say(self, message: str) -> None:
        self.statusBar().showMessage(message, _SAID_MS)

    def _page(self) -> Page:
        page = self.stack.currentWidget()
        assert isinstance(page, Page)
        return page

    def _find(self) -> None:
        self._page().focus_search()

    def _edit_account(self) -> None:
        self.mailing.edit_account()

    def _import(self) -> None:
        from outreach.ui.dialogs.importing import ImportDialog

        open_dialog(ImportDialog(self, self.workspace))

    def _duplicates(self) -> None:
        from outreach.ui.dialogs.duplicates import DuplicatesDialog

        open_dialog(DuplicatesDialog(self, self.workspace))

    def _search(self) -> None:
        from outreach.ui.dialogs.search import SearchDialog

        dialog = SearchDialog(self, self.workspace)
        dialog.chosen.connect(self._open_hit)
        open_dialog(dialog)

    def _open_hit(self, hit: Hit) -> None:
        if hit.kind == "letter":
            self.workspace.go("letters", references=[hit.ref])
        elif hit.kind == "fact":
            self.workspace.go("cases", fact=hit.ref)
        else:
            self.workspace.go("directory", kind=hit.kind, id=hit.ref, name=hit.title)

    def _refresh(self) -> None:
        for page in self.pages.made.values():
            page.mark_stale()

    def _recolor(self) -> None:
        self._refresh()
        self.sidebar.viewport().update()

    def _show_shortcuts(self) -> None:
        rows = []
        for key in self.page_menus:
            self.pages.make(key)  # which fills its menu
        for menu in self.menuBar().findChildren(QMenu):
            for action in menu.actions():
                if not action.shortcut().isEmpty():
                    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                    rows.append(f"<tr><td>{action.text().rstrip('…')}</td><td><b>{keys}</b></td></tr>")
        show_text(
            self,
            self.tr("Keyboard shortcuts"),
            f"<table cellspacing='0' cellpadding='3' width='380'>{''.join(dict.fromkeys(rows))}</table>",
        )

    def _about(self) -> None:
        show_about(self, self._location)

    def when_saved(self, then: Callable[[], object]) -> None:
        """Do what ends this window once everything is on file; else the user is asked first."""
        if self.leaving.finish():
            then()
        else:
            self.leaving.ask(then)

    def leave(self) -> None:
        """Close without a question; what cannot be saved is kept in the recovery file."""
        if not self._is_left:
            self._is_left = True
            self.leaving.finish()
            self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._is_closed:
            event.accept()
            return
        if not self._is_left and not self.leaving.finish():
            event.ignore()
            self.leaving.ask(self.leave)
            return
        self._is_left = self._is_closed = True
        geometry = self.saveGeometry().toHex().toStdString()
        for key, page in self.pages.made.items():
            if page.splitter is not None:
                self._splitter_states[key] = page.splitter.saveState()
        self.hide()  # what cannot be stopped at once is waited for out of sight
        self.workspace.jobs.close()
        # Read anew, and last: what was entered meanwhile, such as the mail account, stands in them.
        settings = replace(
            load_settings(),
            window_geometry=geometry,
            window_state=shares_as_text(self._splitter_states),
            theme=self._theme.choice,
        )
        event.accept()
        self.closed.emit(settings)
