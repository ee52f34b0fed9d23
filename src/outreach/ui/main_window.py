"""The window: pages at the left, menus, undo, what runs and what went wrong."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from outreach import __version__
from outreach.cases.campaigns import CampaignRow
from outreach.desk.search import Hit
from outreach.errors import OutreachError
from outreach.letters.unsaved import UnsavedText
from outreach.settings import Settings, load_settings
from outreach.store.changes import Changes
from outreach.ui.acting import Action
from outreach.ui.dialogs.campaigns import CampaignDialog, CampaignValues, NewCampaignDialog, NewCampaignValues
from outreach.ui.dialogs.duplicates import DuplicatesDialog
from outreach.ui.dialogs.files import FileDialog
from outreach.ui.dialogs.forms import ConfirmDialog, FormDialog, ask, ask_for_file, open_dialog
from outreach.ui.dialogs.importing import ImportDialog
from outreach.ui.dialogs.search import SearchDialog
from outreach.ui.dialogs.unsaved import LeaveDialog, UnsavedDialog
from outreach.ui.errors import show_message
from outreach.ui.icons import icon
from outreach.ui.mailing import Mailing
from outreach.ui.notifying import Notifier
from outreach.ui.operations import campaigns, database
from outreach.ui.pages.base import Page
from outreach.ui.pages.cases import CasesPage
from outreach.ui.pages.compose import ComposePage
from outreach.ui.pages.directory import DirectoryPage
from outreach.ui.pages.inbox import InboxPage
from outreach.ui.pages.letters import LettersPage
from outreach.ui.pages.overview import OverviewPage
from outreach.ui.pages.packs import PacksPage
from outreach.ui.pages.today import TodayPage
from outreach.ui.theme import CHOICES, Theme
from outreach.ui.widgets.buttons import Shortcut
from outreach.ui.widgets.campaign_choice import CampaignChoice
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.panels import Splitter
from outreach.ui.widgets.sidebar import Sidebar
from outreach.ui.workspace import Place, Workspace

_log = logging.getLogger(__name__)
_PAGES: tuple[tuple[str, str, str, type[Page]], ...] = (
    ("today", "Today", "clock", TodayPage),
    ("overview", "Overview", "house", OverviewPage),
    ("letters", "Letters", "mail", LettersPage),
    ("inbox", "Inbox", "inbox", InboxPage),
    ("compose", "Compose", "pen-line", ComposePage),
    ("directory", "Directory", "users", DirectoryPage),
    ("cases", "Cases", "scale", CasesPage),
    ("packs", "Packs", "briefcase-business", PacksPage),
)
_SAID_MS = 8000


class MainWindow(QMainWindow):
    """One database's window. Signals: open_wanted(str) and restore_wanted(str) with a file chosen;
    new_wanted(str) with the file for a new database; closed(Settings) when it is gone, with what to remember."""

    open_wanted = Signal(str)
    new_wanted = Signal(str)
    restore_wanted = Signal(str)
    closed = Signal(object)

    def __init__(self, workspace: Workspace, theme: Theme, settings: Settings, location: str) -> None:
        super().__init__()
        self.workspace = workspace
        self._theme = theme
        self._settings = settings
        self._location = location
        self._is_left = self._is_closed = False
        self._kept_in: Path | None = None
        self.setWindowTitle(self.tr("outreach"))
        self.setWindowIcon(icon("mail", "accent"))
        self.resize(1280, 800)
        self.sidebar = Sidebar()
        self.stack = QStackedWidget()
        self.pages: dict[str, Page] = {}
        for key, title, symbol, make in _PAGES:
            page = make(workspace)
            self.pages[key] = page
            self.stack.addWidget(page)
            self.sidebar.add(key, self.tr(title), symbol)
        self.sidebar.turned.connect(self.turn)
        self.sidebar.entered.connect(self._enter)
        self.campaign_name = Label("", size=13, strong=True)
        self.campaign_choice = CampaignChoice([])
        self.campaign_choice.setAccessibleName(self.tr("Campaign"))
        self.campaign_choice.currentIndexChanged.connect(self._campaign_chosen)
        self.mailing = Mailing(workspace, self)
        self.notifier = Notifier(workspace, self)
        self.notifier.clicked.connect(self._show_today)
        self.setAcceptDrops(True)
        self.setCentralWidget(self._layout())
        self._make_status_bar()
        self._make_menus()
        workspace.jobs.changed.connect(self._changed)
        workspace.jobs.failed.connect(self._failed)
        workspace.jobs.shown.connect(self._show_jobs)
        workspace.going.connect(self._go)
        workspace.said.connect(self._say)
        theme.changed.connect(self._recolor)
        workspace.saving.refused.connect(self._refused_words)
        self._restore_state()
        self.sidebar.setCurrentRow(0)
        self._enter()
        self._read_campaigns()
        self._show_unsaved(workspace.saving.left_behind())

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
        head.addWidget(self.campaign_name)
        head.addWidget(self.campaign_choice)
        column.addLayout(head)
        column.addWidget(self.sidebar, 1)
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(side)
        row.addWidget(self.stack, 1)
        return middle

    def _make_status_bar(self) -> None:
        self._job_name = QLabel()
        self._progress = QProgressBar()
        self._progress.setFixedWidth(160)
        self._progress.setTextVisible(False)
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.clicked.connect(self._cancel_jobs)
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        for widget in (self._job_name, self._progress, self._cancel):
            bar.addPermanentWidget(widget)
            widget.hide()

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
        keys = QKeySequence.StandardKey
        file = self.menuBar().addMenu(self.tr("&File"))
        self._action(file, self.tr("Write letters"), partial(self.sidebar.choose, "compose"), keys.New)
        file.addSeparator()
        self._action(file, self.tr("New campaign…"), self._new_campaign, symbol="plus")
        self._action(file, self.tr("Campaign details…"), self._edit_campaign, symbol="pencil")
        self._action(file, self.tr("Mail account…"), self._edit_account, symbol="settings")
        file.addSeparator()
        self._action(file, self.tr("Import directory…"), self._import, "Ctrl+I", symbol="download")
        self._action(file, self.tr("Possible duplicates…"), self._duplicates, symbol="users")
        file.addSeparator()
        self._action(file, self.tr("New database…"), self._new_database)
        self._action(file, self.tr("Open database…"), self._open_database, keys.Open, symbol="folder-open")
        self._action(file, self.tr("Back up…"), self._back_up, symbol="save")
        self._action(file, self.tr("Restore a copy…"), self._restore_copy, symbol="rotate-ccw")
        self._action(file, self.tr("Check database"), self._check)
        file.addSeparator()
        letters = self._letters()
        file.addAction(letters.export_table)
        file.addSeparator()
        self._action(file, self.tr("Quit"), self.close, keys.Quit)

        edit = self.menuBar().addMenu(self.tr("&Edit"))
        undo = self.workspace.undo_group.createUndoAction(self, self.tr("Undo"))
        undo.setShortcut(keys.Undo)
        redo = self.workspace.undo_group.createRedoAction(self, self.tr("Redo"))
        redo.setShortcut(keys.Redo)
        edit.addActions([undo, redo])
        self._action(edit, self.tr("Words not on file…"), self._unsaved_words)
        edit.addSeparator()
        self._action(edit, self.tr("Search everything…"), self._search, "Ctrl+K", symbol="search")
        self._action(edit, self.tr("Find on this page"), self._find, keys.Find, symbol="search")

        view = self.menuBar().addMenu(self.tr("&View"))
        for number, (key, title, symbol, _) in enumerate(_PAGES, start=1):
            self._action(
                view, self.tr(title), partial(self.sidebar.choose, key), f"Ctrl+{number}", symbol=symbol
            )
        view.addSeparator()
        self._action(view, self.tr("Read again"), self._refresh, keys.Refresh, symbol="refresh-cw")
        view.addSeparator()
        notify = view.addAction(self.tr("Notify once a day"))
        notify.setCheckable(True)
        notify.setChecked(self.notifier.is_wanted)
        notify.triggered.connect(self.notifier.set_wanted)
        looks = view.addMenu(self.tr("Colours"))
        group = QActionGroup(self)
        names = {
            "system": self.tr("As the system"),
            "light": self.tr("Light"),
            "dark": self.tr("Dark"),
        }
        for choice in CHOICES:
            action = looks.addAction(names[choice])
            action.setCheckable(True)
            action.setChecked(choice == self._theme.choice)
            action.triggered.connect(partial(self._theme.apply, choice))
            group.addAction(action)

        self.letters_menu = self.menuBar().addMenu(self.tr("&Letters"))
        self.letters_menu.addActions(letters.actions_for_menu())

        self.inbox_menu = self.menuBar().addMenu(self.tr("&Inbox"))
        self.inbox_menu.addActions(self._inbox().actions_for_menu())

        help_ = self.menuBar().addMenu(self.tr("&Help"))
        self._action(help_, self.tr("Keyboard shortcuts"), self._show_shortcuts, "F1")
        self._action(help_, self.tr("About outreach"), self._about)

    def _letters(self) -> LettersPage:
        page = self.pages["letters"]
        assert isinstance(page, LettersPage)
        return page

    def _compose(self) -> ComposePage:
        page = self.pages["compose"]
        assert isinstance(page, ComposePage)
        return page

    def _inbox(self) -> InboxPage:
        page = self.pages["inbox"]
        assert isinstance(page, InboxPage)
        return page

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
            self.sidebar.choose("inbox")
            self._inbox().take_files(paths)

    def turn(self, key: str) -> None:
        """Show a page, with the keyboard where one works on it; while somebody goes through the sidebar by keys, it stays there."""
        self.stack.setCurrentWidget(self.pages[key])
        if not self.sidebar.hasFocus():
            self._enter()
        # Other pages have shortcuts of the same keys; a disabled menu lends its actions none.
        self.letters_menu.menuAction().setEnabled(key == "letters")
        self.inbox_menu.menuAction().setEnabled(key == "inbox")
        # It writes the rows in view, so they must be.
        self._letters().export_table.setEnabled(key == "letters")

    def _enter(self) -> None:
        self._page().take_focus()

    def _go(self, place: Place) -> None:
        self.sidebar.choose(place.page)
        self.pages[place.page].show_place(place.what)
        self._enter()

    def _read_campaigns(self) -> None:
        campaigns.listed().run(self.workspace, self, self._show_campaigns)

    def _show_campaigns(self, found: tuple[CampaignRow, ...]) -> None:
        self._campaigns = found
        self.campaign_choice.set_options([(c.id, c.name) for c in found])
        self.campaign_choice.setVisible(len(found) > 1)
        self.campaign_name.setVisible(len(found) <= 1)
        if not found:
            self.campaign_name.setText(self.tr("No campaign yet"))
            self.workspace.set_campaign(None)
            self._new_campaign()
            return
        self._campaign_chosen()

    def _campaign_chosen(self) -> None:
        chosen = self.campaign_choice.value()
        for campaign in self._campaigns:
            if campaign.id == chosen:
                self.campaign_name.setText(campaign.name)
                self.setWindowTitle(self.tr("{0} – outreach").format(campaign.name))
                former = self.workspace.campaign
                if campaign != former:
                    self.workspace.set_campaign(campaign)
                self.campaign_choice.setToolTip(campaign.name)
                if former is not None and campaign.key != former.key:
                    self._say(self.tr("“{0}” is in view.").format(campaign.name))
                    self._enter()

    def _changed(self, changes: Changes) -> None:
        if "cases" in changes.kinds:
            self._read_campaigns()
        for page in self.pages.values():
            if page.concerns(changes.kinds):
                page.mark_stale()

    def _failed(self, message: str) -> None:
        show_message(self, message)

    def _say(self, message: str) -> None:
        self.statusBar().showMessage(message, _SAID_MS)

    def _show_jobs(self) -> None:
        jobs = self.workspace.jobs.titled
        for widget in (self._job_name, self._progress, self._cancel):
            widget.setVisible(bool(jobs))
        if jobs:
            job = jobs[0]
            self._job_name.setText(job.title)
            self._progress.setRange(0, job.total)
            self._progress.setValue(job.done)
            self._cancel.setEnabled(not job.is_cancelled)

    def _cancel_jobs(self) -> None:
        for job in self.workspace.jobs.titled:
            job.cancel()
        self._show_jobs()

    def _page(self) -> Page:
        page = self.stack.currentWidget()
        assert isinstance(page, Page)
        return page

    def _find(self) -> None:
        self._page().focus_search()

    def _edit_account(self) -> None:
        self.mailing.edit_account()

    def _import(self) -> None:
        open_dialog(ImportDialog(self, self.workspace))

    def _duplicates(self) -> None:
        open_dialog(DuplicatesDialog(self, self.workspace))

    def _search(self) -> None:
        dialog = SearchDialog(self, self.workspace)
        dialog.chosen.connect(self._open_hit)
        open_dialog(dialog)

    def _open_hit(self, hit: Hit) -> None:
        if hit.kind == "letter":
            self._go(Place("letters", {"references": [hit.ref]}))
        elif hit.kind == "fact":
            self._go(Place("cases", {"fact": hit.ref}))
        else:
            self._go(Place("directory", {"kind": hit.kind, "id": hit.ref, "name": hit.title}))

    def _refresh(self) -> None:
        for page in self.pages.values():
            page.mark_stale()

    def _recolor(self) -> None:
        self._refresh()
        self.sidebar.viewport().update()

    def _new_campaign(self) -> None:
        def submit(dialog: FormDialog[object], values: NewCampaignValues) -> None:
            campaigns.create(**values).run_in(self.workspace, dialog, self._campaign_made)

        ask(NewCampaignDialog(self), submit)

    def _campaign_made(self, changes: Changes) -> None:
        self._wanted_campaign, self._made = changes.refs[0], changes.message
        campaigns.listed("").run(self.workspace, self, self._show_new_campaign)

    def _show_new_campaign(self, found: tuple[CampaignRow, ...]) -> None:
        self._show_campaigns(found)
        self.campaign_choice.choose(self._wanted_campaign)
        self._say(self._made)

    def _edit_campaign(self) -> None:
        campaign = self.workspace.campaign
        if campaign is None:
            self._new_campaign()
            return

        def submit(dialog: FormDialog[object], values: CampaignValues) -> None:
            campaigns.change(campaign, **values).run_in(self.workspace, dialog)

        ask(CampaignDialog(self, campaign), submit)

    def _file_dialog(self, title: str, name: str, slot: Callable[[str], object], *, save: bool) -> None:
        dialog = FileDialog(self, title, name, self.tr("outreach databases (*.db);;All files (*)"))
        if save:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix("db")
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        ask_for_file(dialog, slot)

    def _open_database(self) -> None:
        self._file_dialog(self.tr("Open database"), "", self.open_wanted.emit, save=False)

    def _new_database(self) -> None:
        self._file_dialog(self.tr("New database"), "outreach.db", self.new_wanted.emit, save=True)

    def _restore_copy(self) -> None:
        self._file_dialog(self.tr("Restore a copy"), "", self.ask_to_restore, save=False)

    def ask_to_restore(self, path: str) -> None:
        """Ask before a copy takes the place of everything that is on file."""
        question = self.tr(
            "{0} takes the place of everything in this database. What is there now is moved into the folder “backups” beside it."
        ).format(Path(path).name)
        dialog = ConfirmDialog(self, self.tr("Restore a copy"), self.tr("Restore"), question)
        ask(dialog, partial(self._restore_confirmed, path))

    def _restore_confirmed(self, path: str, dialog: FormDialog[object], values: object) -> None:
        dialog.accept_result()
        self.restore_wanted.emit(path)

    def _back_up(self) -> None:
        self._file_dialog(self.tr("Back up to"), "outreach backup.db", self.back_up_to, save=True)

    def back_up_to(self, path: str) -> None:
        """Copy the database to a file."""
        database.back_up(self._location, Path(path)).run(self.workspace, self)

    def _check(self) -> None:
        database.check_all().run(self.workspace, self, self._checked)

    def _checked(self, found: tuple[list[str], list[str]]) -> None:
        problems, notes = found
        if problems:
            show_message(self, "\n\n".join(problems))
        elif notes:
            self._message(
                self.tr("The database is in order."), "".join(f"<p>{escape(note)}</p>" for note in notes)
            )
        else:
            self._say(self.tr("The database is in order."))

    def _show_shortcuts(self) -> None:
        rows = []
        for menu in self.menuBar().findChildren(QMenu):
            for action in menu.actions():
                if not action.shortcut().isEmpty():
                    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                    rows.append(f"<tr><td>{action.text().rstrip('…')}</td><td><b>{keys}</b></td></tr>")
        self._message(
            self.tr("Keyboard shortcuts"),
            f"<table cellspacing='0' cellpadding='3' width='380'>{''.join(dict.fromkeys(rows))}</table>",
        )

    def _about(self) -> None:
        self._message(
            self.tr("About outreach"),
            f"<p><b>outreach {__version__}</b></p>"
            "<p>Letters to people in power, and who answered.</p>"
            f"<p>This database: {escape(self._location)}</p>"
            "<p>MIT licence. Fonts: Inter and Source Serif 4 (SIL OFL). Icons: Lucide (ISC).</p>",
        )

    def _message(self, title: str, markup: str) -> None:
        box = QMessageBox(QMessageBox.Icon.NoIcon, title, markup, QMessageBox.StandardButton.Close, self)
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        open_dialog(box)

    def _restore_state(self) -> None:
        if self._settings.window_geometry:
            self.restoreGeometry(QByteArray.fromHex(self._settings.window_geometry.encode()))
        parts = self._settings.window_state.split(",")
        splitters = self._splitters()
        if len(parts) == len(splitters):
            for splitter, state in zip(splitters, parts, strict=True):
                splitter.restoreState(QByteArray.fromHex(state.encode()))

    def _splitters(self) -> list[Splitter]:
        return [page.splitter for page in self.pages.values() if page.splitter is not None]

    def finish(self) -> bool:
        """Put everything on file that was typed and decided, for which slow work is stopped.

        Returns: whether all of it is; what is not is kept in the recovery file if that can be written.
        """
        self._compose().editor.save()
        saving = self.workspace.saving
        saving.retry()
        self._kept_in = None
        try:
            self._kept_in = saving.keep()  # in case the wait that follows is cut short
            refused = self.workspace.jobs.finish_writes()
            self._kept_in = saving.keep()
        except OutreachError as error:
            refused = (*self.workspace.jobs.finish_writes(), str(error))
            _log.error("What was typed cannot be kept: %s", error)
        return not refused and not saving.texts

    def when_saved(self, then: Callable[[], object]) -> None:
        """Do what ends this window once everything is on file; where something cannot be saved, the user is asked first."""
        if self.finish():
            then()
        else:
            self._ask_to_leave(then)

    def _ask_to_leave(self, then: Callable[[], object]) -> None:
        """Ask whether to go although words are not saved. Whatever else was refused has been told already."""
        if texts := self.workspace.saving.texts:
            ask(LeaveDialog(self, texts, self._kept_in), partial(self._leave_anyway, then))

    def _leave_anyway(self, then: Callable[[], object], dialog: FormDialog[object], values: object) -> None:
        dialog.accept_result()
        then()

    def leave(self) -> None:
        """Close without a question; what cannot be saved is kept in the recovery file."""
        if not self._is_left:
            self._is_left = True
            self.finish()
            self.close()

    def _refused_words(self, text: UnsavedText, is_over: bool) -> None:
        """Words that stay in the editor are told about; others are shown, so that nobody misses them."""
        if self._compose().editor.reference == text.reference and not is_over:
            self._failed(text.reason)
        else:
            self._show_unsaved((text,))

    def _show_unsaved(self, texts: tuple[UnsavedText, ...]) -> None:
        for dialog in self.findChildren(UnsavedDialog):
            if dialog.isVisible():
                for text in texts:
                    dialog.add(text)
                return
        if texts:
            open_dialog(UnsavedDialog(self, self.workspace, texts))

    def _unsaved_words(self) -> None:
        saving = self.workspace.saving
        texts = tuple(t for t in saving.texts if t.reason) + saving.left_behind()
        if texts:
            self._show_unsaved(texts)
        else:
            self._say(self.tr("Everything that was typed is on file."))

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._is_closed:
            event.accept()
            return
        if not self._is_left and not self.finish():
            event.ignore()
            self._ask_to_leave(self.leave)
            return
        self._is_left = self._is_closed = True
        state = ",".join(s.saveState().toHex().toStdString() for s in self._splitters())
        geometry = self.saveGeometry().toHex().toStdString()
        self.hide()  # what cannot be stopped at once is waited for out of sight
        self.workspace.jobs.close()
        # Read anew, and last: what was entered meanwhile, such as the mail account, stands in them.
        settings = replace(
            load_settings(), window_geometry=geometry, window_state=state, theme=self._theme.choice
        )
        event.accept()
        self.closed.emit(settings)
