"""Fields: those that a wheel rolling by does not change, and the one to search with."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QLineEdit,
    QSpinBox,
    QWidget,
)

from outreach.ui.icons import icon

_TYPING_MS = 120

# What is mixed into a widget is one to the type checker; at run time Qt takes a single class of its own among
# the bases.
if TYPE_CHECKING:
    MixedIn = QWidget
else:
    MixedIn = object


class Still(MixedIn):
    """For fields with values one after the other: the wheel turns them only while they have the focus, and
    never gives it to them. A page that is scrolled under the pointer changes nothing. Comes before the Qt
    class among the bases."""

    def _be_still(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class NumberField(Still, QSpinBox):
    """A whole number."""

    def __init__(self) -> None:
        super().__init__()
        self._be_still()


class SearchField(QLineEdit):
    """A field to filter with: Escape empties it. Signals: paused() when nothing was typed for a moment."""

    paused = Signal()

    def __init__(self, hint: str) -> None:
        super().__init__()
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self.paused)
        self.textChanged.connect(self._typed)
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self.setClearButtonEnabled(True)
        self.addAction(icon("search", "quiet"), QLineEdit.ActionPosition.LeadingPosition)
        self.setMinimumWidth(220)

    def forget(self) -> None:
        """Be empty, without filtering by that."""
        self._typing.stop()
        self.blockSignals(True)
        self.clear()
        self.blockSignals(False)

    def _typed(self) -> None:
        self._typing.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)
