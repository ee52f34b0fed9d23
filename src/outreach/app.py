"""The window's way in, and the only place that wires the parts together."""

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import (
    QCoreApplication,
    QLibraryInfo,
    QLocale,
    QObject,
    QSocketNotifier,
    QTimer,
    QTranslator,
    Slot,
)
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from outreach import __version__
from outreach.errors import OutreachError, UsageError
from outreach.letters.sandbox import TemplateSandbox
from outreach.mail.outcome_files import outcome_files
from outreach.settings import Settings, default_database, load_settings, save_settings
from outreach.store.backup import copied_file, restore
from outreach.store.database import Database, WorkSession, open_database
from outreach.store.sqlite_files import file_of, is_there
from outreach.ui.dialogs.files import DatabaseDialog
from outreach.ui.dialogs.forms import ask_for_file
from outreach.ui.errors import ErrorHook, show_message
from outreach.ui.jobs import Jobs
from outreach.ui.main_window import MainWindow
from outreach.ui.reading_ahead import ReadingAhead
from outreach.ui.stalls import StallWatch
from outreach.ui.theme import Theme
from outreach.ui.widgets.buttons import push_button
from outreach.ui.widgets.labels import Label
from outreach.ui.workspace import Workspace

SAMPLE = "magnitsky"
_AHEAD_MS = 300


def make_application(arguments: Sequence[str] = ()) -> QApplication:
    """The one QApplication of the process, made if need be."""
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(["outreach", *arguments])
    application.setApplicationName("outreach")
    application.setApplicationDisplayName("outreach")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("outreach")
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    translator = QTranslator(application)
    if translator.load(
        QLocale(), "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    ):
        application.installTranslator(translator)
    return application


class Desktop(QObject):
    """Owns the database in use, its jobs and its window; one at a time."""

    def __init__(self, application: QApplication, settings: Settings) -> None:
        super().__init__(application)
        self._settings = settings
        self.theme = Theme(application)
        self.theme.apply(settings.theme)
        self.window: MainWindow | None = None
        self.welcome: Welcome | None = None
        self._database: Database | None = None
        self._jobs: Jobs | None = None
        self._sandbox = TemplateSandbox()
        self._replacing = False
        application.aboutToQuit.connect(self.shut_down)

    def open(self, location: str, *, sample: bool = False, create: bool = False) -> MainWindow:
        """Open a database in a window, in place of the one that is open.

        Args: sample: load the first campaign into a new database. create: make it if there is none.
        Raises: OutreachError; the window that is open then stays as it was.
        """
        load = _sample() if sample else None
        database = open_database(location, create=create or sample)
        try:
            if load is not None:
                with database.write() as session:
                    load(session)
        except BaseException:
            database.close()
            raise
        self._close_window()
        self._database = database
        self._jobs = Jobs(database)
        workspace = Workspace(self._jobs, self._sandbox, self._jobs)
        window = MainWindow(workspace, self.theme, self._settings, location)
        window.database.open_wanted.connect(self._open)
        window.database.new_wanted.connect(self._new)
        window.database.restore_wanted.connect(self._restore)
        window.closed.connect(self._closed)
        self.window = window
        self._location = location
        # Read anew: the account, say, may have been entered since the start.
        save_settings(replace(load_settings(), last_database=location))
        window.show()
        if outcome_files(database.path):
            window.mailing.catch_up()
        return window

    def _close_window(self) -> None:
        if self.window is not None:
            self._replacing = True
            self.window.leave()
            self.window.deleteLater()
            self.window = None
            self._replacing = False
        if self._jobs is not None:
            self._jobs.close()
            self._jobs.deleteLater()
            self._jobs = None
        if self._database is not None:
            self._database.close()
            self._database = None

    @Slot(object)
    def _closed(self, settings: Settings) -> None:
        self._settings = replace(settings, last_database=self._location)
        save_settings(self._settings)
        if not self._replacing:
            QApplication.quit()

    @Slot(str)
    def _open(self, path: str) -> None:
        self._when_saved(partial(self._open_now, path))

    @Slot(str)
    def _new(self, path: str) -> None:
        self._when_saved(partial(self._new_now, path))

    @Slot(str)
    def _restore(self, copy: str) -> None:
        self._when_saved(partial(self._restore_now, copy))

    def _when_saved(self, then: Callable[[], None]) -> None:
        if self.window is not None:
            self.window.when_saved(then)

    def _open_now(self, path: str) -> None:
        try:
            self.open(path)
        except OutreachError as error:
            show_message(self.window, str(error))

    def _new_now(self, path: str) -> None:
        try:
            if Path(path).exists():
                raise UsageError(f"There is a file at {path} already. Choose another name.")
            self.open(path, create=True)
        except OutreachError as error:
            show_message(self.window, str(error))

    def _restore_now(self, copy: str) -> None:
        location = self._location
        try:
            path = copied_file(location)
        except OutreachError as error:
            show_message(self.window, str(error))
            return
        self._close_window()
        problem = ""
        try:
            restore(Path(copy), path)
        except OutreachError as error:
            problem = str(error)
        try:
            window = self.open(location)
        except OutreachError as error:
            self.welcome = Welcome(self, location, problem or str(error))
            self.welcome.show()
            return
        if problem:
            show_message(window, problem)
        else:
            window.workspace.said.emit(f"Restored from {copy}.")

    @Slot()
    def shut_down(self) -> None:
        """End jobs, the templates' process and the database."""
        self._close_window()
        self._sandbox.close()


def _sample() -> Callable[[WorkSession], object]:
    """What puts the first campaign into a new database.

    Its files are read by then. Raises: OutreachError if they cannot be.
    """
    from outreach.exchange.campaign_folder import campaign_folder, read_campaign
    from outreach.exchange.campaign_loader import load_campaign

    content = read_campaign(campaign_folder(SAMPLE))
    return lambda session: load_campaign(session, content)


class StopSignals(QObject):
    """Ends the app in good order when the system or a terminal asks for it, so that what was typed is kept.

    Python runs its handlers only between its own steps, and none is taken while Qt waits: a byte in a socket
    wakes it.
    """

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._before_fd = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        names = ("SIGINT", "SIGTERM", "SIGHUP")
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        self._before = {number: signal.signal(number, self._asked) for number in numbers}
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)

    def _asked(self, number: int, frame: object) -> None:
        # Not quit(), which asks the windows and ends nothing while one of them has a question.
        QCoreApplication.exit(128 + number)

    @Slot()
    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(64)

    def release(self) -> None:
        """Put the handlers back that were there before."""
        self._notifier.setEnabled(False)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._before_fd)
        self._reader.close()
        self._writer.close()


class Welcome(QWidget):
    """Shown when the database cannot be opened: says why, and offers what can be done."""

    def __init__(self, desktop: Desktop, location: str, problem: str) -> None:
        super().__init__()
        self._desktop, self._location = desktop, location
        self.setWindowTitle("outreach")
        self.setMinimumWidth(560)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 28, 32, 24)
        layout.setSpacing(12)
        layout.addWidget(Label("The database could not be opened", size=18, strong=True))
        self.problem = Label(problem)
        layout.addWidget(self.problem)
        layout.addWidget(
            Label(
                "Nothing was changed. Copies made before updates lie in the folder “backups” beside it.",
                tone="quiet",
            )
        )
        row = QHBoxLayout()
        for text, slot in (
            ("Open another…", self._choose),
            ("Restore a copy…", self._choose_copy),
            ("New database…", self._choose_new),
        ):
            row.addWidget(push_button(self, text, slot))
        layout.addSpacing(8)
        layout.addLayout(row)

    def _ask(self, title: str, slot: Callable[[str], None], *, save: bool = False) -> None:
        ask_for_file(DatabaseDialog(self, title, save=save), slot)

    @Slot()
    def _choose(self) -> None:
        self._ask("Open database", self.open)

    @Slot()
    def _choose_copy(self) -> None:
        self._ask("Restore a copy", self.restore)

    @Slot()
    def _choose_new(self) -> None:
        self._ask("New database", self.create, save=True)

    @Slot(str)
    def open(self, path: str) -> None:
        """Open another database."""
        self._try(path)

    @Slot(str)
    def create(self, path: str) -> None:
        """Make a new database with the sample campaign."""
        self._try(path, sample=not Path(path).exists())

    @Slot(str)
    def restore(self, copy: str) -> None:
        """Put a copy in the place of the database, which is moved aside, and open it."""
        try:
            restore(Path(copy), copied_file(self._location))
        except OutreachError as error:
            self.problem.setText(str(error))
            return
        self._try(self._location)

    def _try(self, path: str, *, sample: bool = False) -> None:
        try:
            self._desktop.open(path, sample=sample)
        except OutreachError as error:
            self.problem.setText(str(error))
        else:
            self.close()


def start(desktop: Desktop, database: str, settings: Settings) -> QWidget:
    """Open the database named, else the one used last, else a new one with the sample campaign.

    Returns: the main window, or the welcome window that says why the database cannot be opened.
    Raises: OutreachError if a database that was named does not open.
    """
    if database:
        return desktop.open(database)
    last = settings.last_database
    location = last if last and not _is_missing(last) else str(default_database())
    try:
        is_new = _is_missing(location)
        return desktop.open(location, sample=is_new)
    except OutreachError as error:
        welcome = Welcome(desktop, location, str(error))
        welcome.show()
        return welcome


def _is_missing(location: str) -> bool:
    path = file_of(location)
    try:
        return path is not None and not is_there(path)
    except OutreachError:
        return False  # opening it says why


def run_app(database: str = "") -> int:
    """Open the window and run until it is closed.

    Args: database: path or URL; "" for the one used last.
    Returns: the exit code. Raises: OutreachError if the database named cannot be opened.
    """
    application = make_application()
    settings = load_settings()
    hook = ErrorHook(application)
    stop = StopSignals(application)
    stalls = os.environ.get("OUTREACH_STALLS")
    watch = StallWatch(Path(stalls), application) if stalls else None
    desktop = Desktop(application, settings)
    try:
        ahead = ReadingAhead(desktop)
        shown = start(desktop, database, settings)
        QTimer.singleShot(_AHEAD_MS, ahead.start)
        code = application.exec()
        del shown
    finally:
        desktop.shut_down()
        if watch is not None:
            watch.stop()
        stop.release()
        hook.release()
    return int(code)
