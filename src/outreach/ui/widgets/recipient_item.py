"""The composer's list of recipients, and how one looks in it: a tick, the name, the office in small below."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from outreach.domain.references import folded
from outreach.recipients.rows import RecipientRow
from outreach.ui.theme import colors, sized

OFFICE = Qt.ItemDataRole.UserRole + 1


class RecipientDelegate(QStyledItemDelegate):
    """Paints the second line, which the item holds under `OFFICE`, quieter than the first."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, 42)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        plain.text = ""
        style = option.widget.style() if option.widget else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, plain, painter, option.widget)
        box = style.subElementRect(QStyle.SubElement.SE_ItemViewItemCheckIndicator, plain, option.widget)
        left = max(box.right() + 10, option.rect.left() + 30)
        width = option.rect.right() - left - 6
        c = colors()
        # Only with the focus does the style paint the row in the accent; otherwise it is a pale one, on which
        # the usual inks stand.
        is_selected = bool(plain.state & QStyle.StateFlag.State_Selected) and (
            option.widget is None or option.widget.hasFocus()
        )
        on_accent = plain.palette.highlightedText().color()
        painter.save()
        for text, font, ink, top in (
            (
                str(index.data() or ""),
                sized(13, weight=QFont.Weight.DemiBold),
                on_accent if is_selected else c.text,
                4,
            ),
            (str(index.data(OFFICE) or ""), sized(11), on_accent if is_selected else c.quiet, 22),
        ):
            painter.setFont(font)
            painter.setPen(ink)
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
            place = QRect(left, option.rect.top() + top, width, 18)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()


class RecipientList(QListWidget):
    """Recipients to tick. It holds only those that its filter lets through, so that no key can come to
    another.

    A tick outlasts the filter, but `ticked` names those in view only: whom one does not see, one does not
    write to. `ticked_elsewhere` names the others, to be said beside the list. Signals: ticks_changed().
    """

    ticks_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._recipients: tuple[RecipientRow, ...] = ()
        self._ticks: set[int] = set()
        self._words: list[str] = []
        self.setAccessibleName(self.tr("Recipients"))
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(RecipientDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemChanged.connect(self._changed)
        self.itemActivated.connect(self._toggle)

    def set_recipients(self, recipients: Sequence[RecipientRow]) -> None:
        """List others; who was ticked and is still there stays so."""
        self._recipients = tuple(recipients)
        self._ticks &= {r.key for r in recipients}
        self._fill()

    def narrow(self, typed: str) -> None:
        """List only those of whom every word typed says something; all without a word."""
        self._words = folded(typed).split()
        self._fill()

    def forget(self) -> None:
        """List nobody."""
        self._words = []
        self.set_recipients(())

    def ticked(self) -> list[RecipientRow]:
        """Those ticked and in view, in their order."""
        return [r for r in self._shown() if r.key in self._ticks]

    def ticked_elsewhere(self) -> list[RecipientRow]:
        """Those ticked whom the filter keeps out of view."""
        shown = {r.key for r in self._shown()}
        return [r for r in self._recipients if r.key in self._ticks and r.key not in shown]

    def tick(self, keys: Collection[int], on: bool = True) -> None:
        """Tick recipients in view, or untick them."""
        shown = {r.key for r in self._shown()} & set(keys)
        self._ticks = self._ticks | shown if on else self._ticks - shown
        self._fill()

    def tick_only(self, keys: Collection[int]) -> None:
        """Tick these and nobody else, and show the first of them, for which the filter must let them
        through."""
        self._ticks = set()
        self.tick(keys)
        for item in self._items():
            if item.data(Qt.ItemDataRole.UserRole) in self._ticks:
                self.scrollToItem(item, QListWidget.ScrollHint.PositionAtTop)
                return

    def untick(self, keys: Collection[int]) -> None:
        """Untick those for whom there is nothing more to do, in view or not."""
        self._ticks -= set(keys)
        self._fill()

    def set_all(self, on: bool) -> None:
        """Tick all in view, or none of them."""
        self.tick([r.key for r in self._shown()], on)

    def _shown(self) -> list[RecipientRow]:
        return [
            r
            for r in self._recipients
            if all(w in f"{r.search_text} {folded(r.audience_label)}" for w in self._words)
        ]

    def _items(self) -> list[QListWidgetItem]:
        return [self.item(n) for n in range(self.count())]

    def _fill(self) -> None:
        current = self.currentItem()
        kept = current.data(Qt.ItemDataRole.UserRole) if current is not None else None
        place = self.verticalScrollBar().value()
        self.blockSignals(True)
        self.clear()
        for row in self._shown():
            office = ", ".join(x for x in (row.post, row.body) if x and x != row.name)
            item = QListWidgetItem(row.name)
            item.setData(Qt.ItemDataRole.UserRole, row.key)
            item.setData(OFFICE, office or row.audience_label)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if row.key in self._ticks else Qt.CheckState.Unchecked)
            item.setToolTip(f"{row.label}\n{row.audience_label}")
            self.addItem(item)
            if row.key == kept:
                self.setCurrentItem(item)
        if self.hasFocus() and self.count() and self.currentItem() is None:
            self.setCurrentRow(0)
        self.blockSignals(False)
        self.verticalScrollBar().setValue(place)
        self.ticks_changed.emit()

    def _changed(self, item: QListWidgetItem) -> None:
        key = item.data(Qt.ItemDataRole.UserRole)
        if item.checkState() == Qt.CheckState.Checked:
            self._ticks.add(key)
        else:
            self._ticks.discard(key)
        self.ticks_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        ):
            event.ignore()  # it drafts, and ticks nobody where there is nothing to draft
            return
        super().keyPressEvent(event)

    def _toggle(self, item: QListWidgetItem) -> None:
        ticked = item.checkState() == Qt.CheckState.Checked
        item.setCheckState(Qt.CheckState.Unchecked if ticked else Qt.CheckState.Checked)
