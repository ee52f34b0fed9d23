"""How a recipient looks in the composer's list: a tick, the name, and the office in small below it."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

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
        painter.save()
        for text, font, ink, top in (
            (str(index.data() or ""), sized(13, weight=QFont.Weight.DemiBold), c.text, 4),
            (str(index.data(OFFICE) or ""), sized(11), c.quiet, 22),
        ):
            painter.setFont(font)
            painter.setPen(ink)
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
            place = QRect(left, option.rect.top() + top, width, 18)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()
