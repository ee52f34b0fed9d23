"""How things stand together: boxes, shares that the user can change, columns and rows."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import (
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QSplitterHandle,
    QVBoxLayout,
    QWidget,
)

from outreach.ui.theme import colors


class Panel(QFrame):
    """A quiet box with a thin border."""

    def __init__(self, *, margins: int = 16, spacing: int = 10) -> None:
        super().__init__()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(margins, margins, margins, margins)
        self.body.setSpacing(spacing)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(colors().panel)
        painter.setPen(QPen(colors().border, 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)


def clear_column(column: QVBoxLayout) -> None:
    """Take everything out of a column, at once out of view too."""
    while (item := column.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()


def scrolling(inside: QWidget) -> QScrollArea:
    """A column that scrolls where it is longer than its place, without a frame or a ground of its own."""
    scroll = QScrollArea()
    scroll.setWidget(inside)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QScrollArea.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.viewport().setAutoFillBackground(False)
    inside.setAutoFillBackground(False)
    return scroll


class _Gap(QSplitterHandle):
    """A handle that is only the gap between two panels."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Nothing is drawn."""


class Splitter(QSplitter):
    """Panels side by side, or one above the other, whose shares the user can change."""

    def __init__(self, orientation: Qt.Orientation, *panels: QWidget, sizes: Sequence[int]) -> None:
        super().__init__(orientation)
        for panel in panels:
            self.addWidget(panel)
        self.setHandleWidth(12)
        self.setChildrenCollapsible(False)
        self.setSizes(list(sizes))
        for number, size in enumerate(sizes):
            self.setStretchFactor(number, size)

    def createHandle(self) -> QSplitterHandle:
        return _Gap(self.orientation(), self)


def row_of(
    *items: QWidget | None, spacing: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> QHBoxLayout:
    """Widgets side by side; None takes the space that is left."""
    layout = QHBoxLayout()
    layout.setSpacing(spacing)
    layout.setContentsMargins(*margins)
    for item in items:
        if item is None:
            layout.addStretch()
        else:
            layout.addWidget(item)
    return layout


def shares_in(text: str) -> dict[str, QByteArray]:
    """The shares of panels that `shares_as_text` wrote, by key; none of what another release wrote."""
    parts = [part.split(":") for part in text.split(",") if part.count(":") == 1]
    return {key: QByteArray.fromHex(state.encode()) for key, state in parts}


def shares_as_text(states: Mapping[str, QByteArray]) -> str:
    """The shares of panels, as splitters give them, to be kept in the settings."""
    return ",".join(f"{key}:{state.toHex().toStdString()}" for key, state in states.items())
