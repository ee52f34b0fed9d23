"""A table of any number of rows: it knows how many there are, and reads them in
blocks when they are painted.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal

from outreach.errors import OutreachError
from outreach.ui.models.rows import Column, ColumnsModel, Index
from outreach.ui.operations.listing import Found, Listing, Sort, Wanted
from outreach.ui.theme import colors
from outreach.ui.workspace import Workspace

R = TypeVar("R")
_ROOT = QModelIndex()
_BLOCK = 100
_KEPT = 60


class PagedModel(ColumnsModel[R]):
    """Rows of a `Listing`. Blocks of them are read when they are painted, and the last ones are kept.

    in_view: which rows are in view, the first and the last; a table sets it. Signals: replacing() before rows
    are replaced by what was read anew, loaded(Loaded) afterwards; resorted() when the order is another, so
    that they have to be.
    """

    replacing = Signal()
    loaded = Signal(object)
    resorted = Signal()

    def __init__(
        self,
        workspace: Workspace,
        columns: Sequence[Column[R]],
        identity: Callable[[R], Hashable],
        *,
        block: int = _BLOCK,
        kept: int = _KEPT,
    ) -> None:
        """Args: block: rows read at once. kept: blocks kept in memory at most."""
        super().__init__(columns, identity)
        self.in_view: Callable[[], tuple[int, int]] = self._none_in_view
        self.order = Sort()
        """As the user wants it; until the rows have come, they are shown in another."""
        self.is_changing = False
        """Whether rows are being replaced: a selection that changes meanwhile is not the user's."""
        self.shown_order = Sort()
        self.listing: Listing[R] | None = None
        self._workspace, self._size, self._kept = workspace, block, kept
        self._total = 0
        self._blocks: OrderedDict[int, tuple[R, ...]] = OrderedDict()
        self._age = 0
        """Counts what was read anew: blocks asked for before belong to rows that are no more."""
        self._asked: frozenset[int] = frozenset()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._fetch)

    def load(self, listing: Listing[R], wanted: Wanted) -> None:
        """Read how many rows there are, and those that come into view; `loaded` says when.

        What is shown stays until then.
        """
        done = partial(self._load_done, listing, self.order)
        listing.load(self.order, wanted, self._size).run(self._workspace, self, done)

    def forget(self) -> None:
        """Have no rows, and expect none."""
        self._workspace.jobs.forget(self)
        self.listing = None
        self._take(0, {})

    def ids_at(
        self, spans: Sequence[tuple[int, int]], done: Callable[[tuple[Hashable, ...]], object]
    ) -> None:
        """Read the identities of rows, by numbers of first and last ones.

        Of several such questions the last is answered.
        """
        if self.listing is not None:
            self.listing.ids_in(self.shown_order, spans).run(self._workspace, self, done)

    def row_at(self, number: int) -> R | None:
        """A row, None while it is not in memory."""
        block = self._blocks.get(number // self._size, ())
        return block[number % self._size] if number % self._size < len(block) else None

    def rows_at(self, spans: Iterable[tuple[int, int]]) -> list[R] | None:
        """Rows by numbers of first and last ones, None if one of them is not in memory."""
        found: list[R] = []
        for first, last in spans:
            if last - first >= self._size * self._kept:
                return None
            for number in range(first, last + 1):
                row = self.row_at(number)
                if row is None:
                    return None
                found.append(row)
        return found

    @property
    def rows(self) -> list[R]:
        return [row for _, block in sorted(self._blocks.items()) for row in block]

    def position(self, identity: Hashable) -> int:
        for number, block in self._blocks.items():
            for at, row in enumerate(block):
                if self.identity(row) == identity:
                    return number * self._size + at
        return -1

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else self._total

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.isValid() and self._is_gone(index.row()):
            return Qt.ItemFlag.NoItemFlags
        return super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        number = index.row()
        row = self.row_at(number)
        if row is not None:
            self._blocks.move_to_end(number // self._size)
            return self.cell(row, self.columns[index.column()], role)
        if role == Qt.ItemDataRole.ForegroundRole:
            return colors().tone("quiet")
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        if self._is_gone(number):
            return self.tr("no longer here") if index.column() == 0 else ""
        self._timer.start()
        return "…"

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        by = self.columns[column].sorted_by if 0 <= column < len(self.columns) else ""
        wanted = Sort(by, bool(by) and order == Qt.SortOrder.DescendingOrder)
        if wanted != self.order:
            self.order = wanted
            self.resorted.emit()

    def _none_in_view(self) -> tuple[int, int]:
        return 0, -1

    def _is_gone(self, number: int) -> bool:
        return number // self._size in self._blocks and self.row_at(number) is None

    def _load_done(self, listing: Listing[R], order: Sort, found: Found[R]) -> None:
        self.replacing.emit()
        self.listing, self.shown_order = listing, order
        self._take(found.loaded.total, found.blocks)
        self.loaded.emit(found.loaded)

    def _take(self, total: int, blocks: dict[int, tuple[R, ...]]) -> None:
        """Show other rows.

        The table is told of rows at its end, so that it stays where it is; who stands where, it finds out.
        """
        self._age += 1
        self._asked = frozenset()
        self._blocks = OrderedDict(blocks)
        self.is_changing = True
        before = self._total
        if total > before:
            self.beginInsertRows(_ROOT, before, total - 1)
            self._total = total
            self.endInsertRows()
        elif total < before:
            self.beginRemoveRows(_ROOT, total, before - 1)
            self._total = total
            self.endRemoveRows()
        if total:
            self._changed(0, total - 1)
        self.is_changing = False

    def _fetch(self) -> None:
        """Ask for the blocks in view that are not here yet.

        One question at a time, so that none is asked in vain.
        """
        listing, age, size = self.listing, self._age, self._size
        if self._asked or listing is None:
            return
        first, last = self.in_view()
        last = min(last, self._total - 1)
        missing = [b for b in range(first // size, last // size + 1) if b not in self._blocks]
        if last < first or not missing:
            return
        asked = self._asked = frozenset(missing)
        reading = listing.blocks(self.shown_order, missing, size, partial(self._is_of, age))
        reading.run(self._workspace, self, partial(self._came, age, asked), failed=self._failed)

    def _is_of(self, age: int) -> bool:
        """Whether nothing was read anew since."""
        return self._age == age

    def _failed(self, error: OutreachError) -> None:
        self._asked = frozenset()
        self._workspace.jobs.failed.emit(str(error))

    def _came(self, age: int, asked: frozenset[int], blocks: dict[int, tuple[R, ...]]) -> None:
        if age != self._age:
            return
        self._asked = frozenset()
        for number in asked:
            self._blocks[number] = blocks.get(number, ())
            self._blocks.move_to_end(number)
            self._changed(number * self._size, min((number + 1) * self._size, self._total) - 1)
        while len(self._blocks) > self._kept:
            self._blocks.popitem(last=False)
        self._fetch()

    def _changed(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))
