"""A window on the sample campaign, closed and cleared away after each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from outreach.app import Desktop, make_application
from outreach.settings import Settings
from outreach.ui.main_window import MainWindow


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The one application, set up as the real one is."""
    return make_application()


@pytest.fixture
def desktop(qapp: QApplication) -> Iterator[Desktop]:
    """What owns the window."""
    made = Desktop(qapp, Settings(theme="light"))
    yield made
    made.shut_down()
    qapp.aboutToQuit.disconnect(made.shut_down)
    for widget in QApplication.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def settle(qtbot: QtBot) -> Callable[[MainWindow], None]:
    """Wait until every job has come home, and nothing waits to be asked for."""

    def wait(window: MainWindow) -> None:
        def is_settled() -> bool:
            # What is typed, or comes into view, is asked for a moment later.
            soon = (t for t in window.findChildren(QTimer) if t.isSingleShot() and t.isActive())
            return window.workspace.jobs.is_idle and next(soon, None) is None

        qtbot.waitUntil(is_settled, timeout=20_000)

    return wait


@pytest.fixture
def window(desktop: Desktop, sample_path: Path, settle: Callable[[MainWindow], None]) -> MainWindow:
    """The main window on a copy of the sample campaign."""
    opened = desktop.open(str(sample_path))
    settle(opened)
    return opened
