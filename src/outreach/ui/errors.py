"""What nobody foresaw: logged whole, and shown once in a dialog that leaves the window alive."""

import logging
import platform
import sys
import traceback
from types import TracebackType

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from shiboken6 import isValid

from outreach import __version__
from outreach.errors import OutreachError

_log = logging.getLogger(__name__)


class ErrorHook(QObject):
    """Takes ``sys.excepthook``. An error on any thread is shown on the window's, each distinct one once."""

    _raised = Signal(str, str)

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._seen: set[str] = set()
        self._raised.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self._before = sys.excepthook
        sys.excepthook = self._caught

    def release(self) -> None:
        """Give ``sys.excepthook`` back."""
        sys.excepthook = self._before

    def _caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        _log.error("%s", text)
        message = str(error) if isinstance(error, OutreachError) else ""
        if text not in self._seen:
            self._seen.add(text)
            self._raised.emit(message, text)

    @Slot(str, str)
    def _show(self, message: str, text: str) -> None:
        parent = QApplication.activeWindow()
        if message:
            show_message(parent, message)
            return
        box = QMessageBox(
            QMessageBox.Icon.Critical,
            self.tr("Something went wrong"),
            self.tr("This should not have happened. What you had saved is safe, and you can go on working."),
            QMessageBox.StandardButton.Close,
            parent,
        )
        box.setInformativeText(self.tr("If it happens again, please report it with the details below."))
        versions = f"outreach {__version__}, Python {platform.python_version()}, Qt {pyside_version}"
        details = f"{versions}, {platform.platform()}\n\n{text}"
        box.setDetailedText(details)
        copy = box.addButton(self.tr("Copy details"), QMessageBox.ButtonRole.ActionRole)
        copy.clicked.connect(_Copier(box, details).copy)
        _open(box)


class _Copier(QObject):
    def __init__(self, parent: QObject, text: str) -> None:
        super().__init__(parent)
        self._text = text

    @Slot()
    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)


def show_message(parent: QWidget | None, message: str, title: str = "") -> QMessageBox:
    """Tell the user what went wrong and what to do, without stopping anything."""
    box = QMessageBox(
        QMessageBox.Icon.Warning,
        title or QApplication.applicationDisplayName(),
        message,
        QMessageBox.StandardButton.Ok,
        parent,
    )
    box.setTextFormat(Qt.TextFormat.PlainText)
    _open(box)
    return box


_OPEN: list[QMessageBox] = []


def _open(box: QMessageBox) -> None:
    """Open a box and hold on to it: one without a parent would go with its last reference in Python."""
    _OPEN[:] = [shown for shown in _OPEN if isValid(shown)]
    _OPEN.append(box)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
