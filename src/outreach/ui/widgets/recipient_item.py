"""The composer's list of recipients, and how one looks in it: a tick, the name, the office in small below."""

from collections.abc import Collection
from functools import partial

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from outreach.recipients.rows import RecipientKeys, RecipientRow
from outreach.ui.models.paged import PagedModel
from outreach.ui.models.rows import Column, Index
from outreach.ui.operations import directory
from outreach.ui.operations.listing import Listing
from outreach.ui.theme import colors, sized
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.paged_table import PagedTable
from outreach.ui.workspace import Workspace

OFFICE = Qt.ItemDataRole.UserRole + 1
_HEIGHT = 42
_NAMED = 3


class RecipientDelegate(QStyledItemDelegate):
    """Paints the second line, which the item holds under `OFFICE`, quieter than the first."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, _HEIGHT)

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


class RecipientsModel(PagedModel[RecipientRow]):
    """Recipients with a tick each, which is kept by their keys.

    Signals: ticks_changed() when the user ticks.
    """

    ticks_changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        column = Column[RecipientRow]("Recipient", lambda r: r.name, stretch=True)
        super().__init__(workspace, [column], lambda r: r.key)
        self.ticks: set[int] = set()

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        is_here = index.isValid() and self.row_at(index.row()) is not None
        return flags | Qt.ItemFlag.ItemIsUserCheckable if is_here else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.row_at(index.row()) if index.isValid() else None
        if row is None:
            return super().data(index, role)
        match role:
            case Qt.ItemDataRole.CheckStateRole:
                return Qt.CheckState.Checked if row.key in self.ticks else Qt.CheckState.Unchecked
            case Qt.ItemDataRole.ToolTipRole:
                return f"{row.label}\n{row.audience_label}"
            case _ if role == OFFICE:
                return ", ".join(x for x in (row.post, row.body) if x and x != row.name) or row.audience_label
        return super().data(index, role)

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row = self.row_at(index.row()) if index.isValid() else None
        if row is None or role != Qt.ItemDataRole.CheckStateRole:
            return False
        if Qt.CheckState(value) == Qt.CheckState.Checked:
            self.ticks.add(row.key)
        else:
            self.ticks.discard(row.key)
        self.dataChanged.emit(index, index, [role])
        self.ticks_changed.emit()
        return True

    def show_ticks(self) -> None:
        """Paint the ticks anew, after they were changed otherwise."""
        if self.rowCount():
            last = self.index(self.rowCount() - 1, 0)
            self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.CheckStateRole])


class RecipientList(PagedTable[RecipientRow]):
    """Recipients to tick. It holds only those that its filter lets through, so that no key can come to
    another.

    A tick outlasts the filter, but `ticked` names those in the list only: whom one does not see, one does not
    write to. `ticked_elsewhere` names the others, to be said beside the list. Signals: ticks_changed().
    """

    ticks_changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        self._recipients = RecipientsModel(workspace)
        super().__init__(self._recipients)
        self._listed: tuple[int, ...] = ()
        self._keys: frozenset[int] = frozenset()
        self.setAccessibleName(self.tr("Recipients"))
        self.setItemDelegate(RecipientDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_HEIGHT)
        self.elsewhere = Label("", size=11, tone="warning")
        """Says who is ticked but not listed; whoever shows the list puts it below."""
        self.elsewhere.hide()
        self._workspace = workspace
        self.opened.connect(self._toggle)
        self._recipients.ticks_changed.connect(self.ticks_changed)
        self.ticks_changed.connect(self._say_elsewhere)

    def list_those(self, known: RecipientKeys, listing: Listing[RecipientRow], *, find: bool) -> None:
        """List others; who was ticked and is still a recipient stays so.

        Args: known: whom the list holds, and who there is besides. listing: the same, as a table reads it.
            find: bring who is chosen into view.
        """
        self._listed, self._keys = known.listed, frozenset(known.listed)
        self._recipients.ticks &= known.every
        self.follow(listing, find=find)
        self.ticks_changed.emit()

    def forget(self) -> None:
        """List nobody."""
        self._listed, self._keys = (), frozenset()
        self._recipients.ticks.clear()
        super().forget()
        self.ticks_changed.emit()

    def ticked(self) -> list[int]:
        """Keys of those ticked and listed, in their order."""
        return [key for key in self._listed if key in self._recipients.ticks]

    def ticked_elsewhere(self) -> list[int]:
        """Keys of those ticked whom the filter keeps out of the list."""
        return sorted(self._recipients.ticks - self._keys)

    def has_any_of(self, keys: Collection[int]) -> bool:
        """Whether one of these is listed."""
        return not self._keys.isdisjoint(keys)

    def tick_only(self, keys: Collection[int]) -> None:
        """Tick these and nobody else, and show the first of them."""
        self._recipients.ticks = set(keys) & self._keys
        self._changed()
        if first := self.ticked()[:1]:
            self.select(first)

    def untick(self, keys: Collection[int]) -> None:
        """Untick those for whom there is nothing more to do, listed or not."""
        self._recipients.ticks -= set(keys)
        self._changed()

    def set_all(self, on: bool) -> None:
        """Tick all who are listed, or none of them."""
        ticks = self._recipients.ticks
        self._recipients.ticks = ticks | self._keys if on else ticks - self._keys
        self._changed()

    def _say_elsewhere(self) -> None:
        others = self.ticked_elsewhere()
        self.elsewhere.setVisible(bool(others))
        if others:
            told = partial(self._name_elsewhere, len(others))
            directory.recipients_called(others[:_NAMED]).run(self._workspace, self, told)

    def _name_elsewhere(self, count: int, first: tuple[str, ...]) -> None:
        names = ", ".join(first)
        if count > _NAMED:
            names = self.tr("{0} and {1} more").format(names, f"{count - _NAMED:,}")
        self.elsewhere.setText(
            self.tr(
                "Also ticked, but not in view: {0}. They get no letter now; clear the search to write to "
                "them."
            ).format(names)
        )

    def _changed(self) -> None:
        self._recipients.show_ticks()
        self.ticks_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        if event.key() in {keys.Key_Return, keys.Key_Enter} and event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        ):
            event.ignore()  # it drafts, and ticks nobody where there is nothing to draft
        elif event.key() in {keys.Key_Return, keys.Key_Enter, keys.Key_Space}:
            self._toggle()
        else:
            super().keyPressEvent(event)

    def _toggle(self) -> None:
        index = self.currentIndex()
        if index.isValid():
            is_ticked = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
            wanted = Qt.CheckState.Unchecked if is_ticked else Qt.CheckState.Checked
            self._recipients.setData(index, wanted, Qt.ItemDataRole.CheckStateRole)
