"""What is shown where there is nothing yet."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import (
    QAction,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from outreach.ui.icons import draw_icon
from outreach.ui.theme import colors
from outreach.ui.widgets.buttons import button
from outreach.ui.widgets.labels import Label


class _Symbol(QWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.setFixedSize(40, 40)

    def paintEvent(self, event: QPaintEvent) -> None:
        draw_icon(QPainter(self), self._name, QRectF(self.rect()), colors().quiet.name())


class EmptyState(QWidget):
    """Shown where there is nothing yet: says what to do, with a button for it."""

    def __init__(self, symbol: str, title: str, text: str, action: QAction | None = None) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(8)
        layout.addStretch()
        layout.addWidget(_Symbol(symbol), alignment=Qt.AlignmentFlag.AlignHCenter)
        heading = Label(title, size=16, strong=True)
        heading.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        words = Label(text, tone="quiet")
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(heading)
        layout.addWidget(words)
        if action is not None:
            layout.addSpacing(6)
            layout.addWidget(button(action, primary=True), alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch()


class TableOrEmpty(QWidget):
    """A table, or what to do while it has no rows."""

    def __init__(self, table: QWidget, empty: QWidget) -> None:
        super().__init__()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(table)
        self._stack.addWidget(empty)

    def show_table(self, has_rows: bool) -> None:
        """Show the table, or the empty state."""
        self._stack.setCurrentIndex(0 if has_rows else 1)
