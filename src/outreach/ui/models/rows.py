"""Tables of dataclasses: what a cell shows, and the table whose rows are all in
memory, which sorts them itself.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from outreach.ui.icons import icon
from outreach.ui.theme import colors, sized

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


R = TypeVar("R")
Sortable = str | date | float | None


def _last(value: Sortable) -> tuple[bool, str | float]:
    """Sort key that puts what is empty after what is not."""
    if value is None or value == "":
        return (True, "")
    if isinstance(value, str):
        return (False, value.casefold())
    if isinstance(value, date):
        return (False, value.toordinal())
    return (False, value)


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column. text: what a cell shows. key: what it sorts by, by default the text.

    stretch: takes the width that the others leave. tone: name of a colour for the cell, see
    `theme.Colors.tone`. icon: name of an icon, "" for none. sorted_by: what the database calls it when it
    sorts, for a `PagedModel`; "" if it cannot.
    """

    title: str
    text: Callable[[R], str]
    key: Callable[[R], Sortable] | None = None
    width: int = 120
    right: bool = False
    bold: bool = False
    stretch: bool = False
    tone: Callable[[R], str] | None = None
    icon: Callable[[R], str] | None = None
    tip: Callable[[R], str] | None = None
    sorted_by: str = ""


class ColumnsModel(QAbstractTableModel, Generic[R]):
    """Rows of one kind, and how their cells look.

    identity: what tells one row from another across refreshes.
    """

    def __init__(self, columns: Sequence[Column[R]], identity: Callable[[R], Hashable]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.identity = identity

    @property
    def rows(self) -> list[R]:
        """The rows in memory, as they are shown."""
        raise NotImplementedError

    def position(self, identity: Hashable) -> int:
        """Number of the row with this identity, -1 if there is none in memory."""
        raise NotImplementedError

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(self.columns):
            column = self.columns[section]
            if role == Qt.ItemDataRole.DisplayRole:
                return column.title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def cell(self, row: R, column: Column[R], role: int) -> object:
        """What a cell shows in a role of Qt."""
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return column.text(row)
            case Qt.ItemDataRole.ToolTipRole:
                return column.tip(row) if column.tip else column.text(row)
            case Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.ForegroundRole if column.tone and column.tone(row):
                return colors().tone(column.tone(row))
            case Qt.ItemDataRole.FontRole if column.bold:
                return sized(13, weight=sized(13).Weight.DemiBold)
            case Qt.ItemDataRole.DecorationRole if column.icon and column.icon(row):
                return icon(column.icon(row), column.tone(row) if column.tone else "text")
        return None


class RowsModel(ColumnsModel[R]):
    """Rows that are all in memory: for short lists. Sorting happens here, and the selection moves with it."""

    def __init__(self, columns: Sequence[Column[R]], identity: Callable[[R], Hashable]) -> None:
        super().__init__(columns, identity)
        self._rows: list[R] = []
        self._sorted_by: tuple[int, Qt.SortOrder] | None = None

    def set_rows(self, rows: Sequence[R]) -> None:
        """Show other rows, in the order the user sorts by, or as they come."""
        self.beginResetModel()
        self._rows = list(rows)
        if self._sorted_by is not None:
            self._order(*self._sorted_by)
        self.endResetModel()

    def row(self, index: Index | int) -> R:
        """The dataclass of a row."""
        return self._rows[index if isinstance(index, int) else index.row()]

    @property
    def rows(self) -> list[R]:
        """All rows, as they are shown."""
        return list(self._rows)

    def position(self, identity: Hashable) -> int:
        """Number of the row with this identity, -1 if there is none."""
        for number, row in enumerate(self._rows):
            if self.identity(row) == identity:
                return number
        return -1

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        return self.cell(self._rows[index.row()], self.columns[index.column()], role)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self.columns):
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [(self.identity(self._rows[i.row()]), i.column()) for i in before]
        self._sorted_by = (column, order)
        self._order(column, order)
        places = {self.identity(row): number for number, row in enumerate(self._rows)}
        self.changePersistentIndexList(
            before, [self.index(places[identity], number) for identity, number in kept]
        )
        self.layoutChanged.emit()

    def _order(self, number: int, order: Qt.SortOrder) -> None:
        column = self.columns[number]
        key = column.key or column.text
        filled = [r for r in self._rows if not _last(key(r))[0]]
        empty = [r for r in self._rows if _last(key(r))[0]]
        filled.sort(key=lambda r: _last(key(r)), reverse=order == Qt.SortOrder.DescendingOrder)
        self._rows = filled + empty
