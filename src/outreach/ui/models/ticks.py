"""Things to tick, any number of them: what is ticked is kept in one place, not
in a part of the window for each.
"""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt

from outreach.ui.models.rows import Index

_ROOT = QModelIndex()


class TicksModel(QAbstractListModel):
    """A list of things with a box before each. items: keys, and the words shown. chosen: keys of those ticked
    at first, none for all."""

    def __init__(self, items: Sequence[tuple[str, str]], chosen: Collection[str] = ()) -> None:
        super().__init__()
        self._items = tuple(items)
        first = set(chosen) or {key for key, _ in items}
        self._off = {key for key, _ in items if key not in first}

    def ticked(self) -> tuple[str, ...]:
        """Keys of those that are ticked, in order."""
        return tuple(key for key, _ in self._items if key not in self._off)

    def set_all(self, ticked: bool) -> None:
        """Tick all of them, or none."""
        self._off = set() if ticked else {key for key, _ in self._items}
        if self._items:
            self.dataChanged.emit(self.index(0), self.index(len(self._items) - 1))

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._items)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsUserCheckable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        key, words = self._items[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return words
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Unchecked if key in self._off else Qt.CheckState.Checked
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if not index.isValid() or role != Qt.ItemDataRole.CheckStateRole:
            return False
        key, _ = self._items[index.row()]
        if Qt.CheckState(value) == Qt.CheckState.Checked:
            self._off.discard(key)
        else:
            self._off.add(key)
        self.dataChanged.emit(index, index)
        return True
