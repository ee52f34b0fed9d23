"""What is opened by click, Enter or Space: a count, the heading of a list, a thing to do."""

from typing import ClassVar

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QWidget,
)

from outreach.ui.theme import colors
from outreach.ui.widgets.fields import MixedIn
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.panels import Panel


class _Openable(MixedIn):
    """For widgets opened by click, Enter or Space, with a ring while they have the focus.

    They have a signal opened().
    """

    opened: ClassVar[Signal]

    def _be_openable(self, radius: float) -> None:
        self._radius = radius
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(colors().accent, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), self._radius, self._radius)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


class Figure(_Openable, Panel):
    """A number with its name that opens what it counts. Signals: opened()."""

    opened = Signal()

    def __init__(self, name: str, *, tone: str = "text") -> None:
        super().__init__(margins=14, spacing=2)
        self._value = Label("", size=26, strong=True, tone=tone, wrap=False)
        self.body.addWidget(self._value)
        self.body.addWidget(Label(name, size=12, tone="quiet", wrap=False))
        self._be_openable(8)
        self.setAccessibleName(name)
        self._name = name

    def set_value(self, value: str, tone: str | None = None) -> None:
        """Show a number."""
        self._value.setText(value)
        self.setAccessibleName(f"{self._name}: {value}")
        if tone is not None:
            self._value.set_tone(tone)

    def value(self) -> str:
        """The number shown."""
        return self._value.text()

    def forget(self) -> None:
        """Show no number."""
        self.set_value("", "text")
        self.setAccessibleName(self._name)


class Heading(_Openable, QWidget):
    """The title of a list with the number of what is in it; it opens all of that. Signals: opened()."""

    opened = Signal()

    def __init__(self, title: str, number: int) -> None:
        super().__init__()
        self.number = number
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 2, 8, 2)
        line.setSpacing(8)
        line.addWidget(Label(title, size=14, strong=True, wrap=False))
        line.addWidget(Label(str(number), tone="quiet", wrap=False))
        line.addStretch()
        self._be_openable(6)
        self.setAccessibleName(f"{title}: {number}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not _move_focus(self, event):
            super().keyPressEvent(event)


def _move_focus(widget: QWidget, event: QKeyEvent) -> bool:
    """Up and Down go to the neighbours in a column of things to open.

    Returns: whether the key was one of them.
    """
    if event.key() not in {Qt.Key.Key_Down, Qt.Key.Key_Up}:
        return False
    widget.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
    return True


class TaskRow(_Openable, QWidget):
    """One thing to do: what, more of it, and a note at the right. Signals: opened()."""

    opened = Signal()

    def __init__(self, what: str, more: str, note: str, *, tone: str = "quiet") -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 5, 8, 5)
        line.setSpacing(12)
        name = Label(what, strong=True, wrap=False, tone=tone if not more and not note else "text")
        about = Label(more, tone="quiet", wrap=False)
        about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        right = Label(note, tone=tone, wrap=False)
        name.setText(name.fontMetrics().elidedText(what, Qt.TextElideMode.ElideRight, 440))
        line.addWidget(name)
        line.addWidget(about, 1)
        line.addWidget(right)
        self._be_openable(6)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(", ".join(x for x in (what, more, note) if x))
        self.setToolTip(f"{what}\n{more}".strip())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not _move_focus(self, event):
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.underMouse():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(colors().raised)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
            painter.end()
        super().paintEvent(event)
