"""The list of pages at the left."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from outreach.ui.icons import draw_icon
from outreach.ui.theme import colors, sized

_SYMBOL = Qt.ItemDataRole.UserRole + 1
# How far an item stands from the one above it, which is of another section.
_GAP = Qt.ItemDataRole.UserRole + 2
_HEIGHT = 40
_BETWEEN_SECTIONS = 14


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(option.rect.width(), _HEIGHT + int(index.data(_GAP)))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        c = colors()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        box = QRectF(option.rect).adjusted(8, 2 + int(index.data(_GAP)), -8, -2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(c.accent if chosen else c.raised)
            painter.drawRoundedRect(box, 6, 6)
        ink = c.on_accent if chosen else c.text
        draw_icon(
            painter,
            str(index.data(_SYMBOL)),
            QRectF(box.left() + 10, box.center().y() - 9, 18, 18),
            ink.name(),
        )
        painter.setPen(ink)
        painter.setFont(sized(14, weight=sized(14).Weight.Medium))
        painter.drawText(
            box.adjusted(40, 0, -8, 0),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            str(index.data()),
        )
        painter.restore()


class Sidebar(QListWidget):
    """The arrows turn pages while the sidebar has the focus, which it gets by Tab alone. Every other way to a
    page leads into it.

    Signals: turned(str) with the key of the page chosen; entered() when the user is to go on working on that
        page.
    """

    turned = Signal(str)
    entered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._section = ""
        self.setItemDelegate(_Delegate(self))
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Pages"))
        self.viewport().setAutoFillBackground(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.currentItemChanged.connect(self._moved)
        self.itemClicked.connect(self._clicked)

    def add(self, key: str, title: str, symbol: str, section: str) -> None:
        """Add a page to the list.

        section: what is of another one than the page before stands a little apart.
        """
        item = QListWidgetItem(title)
        item.setData(Qt.ItemDataRole.UserRole, key)
        item.setData(_SYMBOL, symbol)
        item.setData(_GAP, _BETWEEN_SECTIONS if self._section not in ("", section) else 0)
        self._section = section
        self.addItem(item)

    def choose(self, key: str) -> None:
        """Turn to a page, to work on it."""
        for number in range(self.count()):
            if self.item(number).data(Qt.ItemDataRole.UserRole) == key:
                self.setCurrentRow(number)
                self.entered.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Right}:
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def _clicked(self) -> None:
        self.entered.emit()

    def _moved(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.turned.emit(str(item.data(Qt.ItemDataRole.UserRole)))
