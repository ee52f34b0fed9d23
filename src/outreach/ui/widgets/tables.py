"""The tables that all lists are shown in: what they share, and the one whose rows are all in memory."""

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QTableView,
)

from outreach.ui.models.rows import ColumnsModel, RowsModel

R = TypeVar("R")


class ListView(QTableView, Generic[R]):
    """What tables share: their look and their keys.

    Signals: chosen() when the selection is another; opened() on Enter or double click.
    """

    chosen = Signal()
    opened = Signal()

    def __init__(self, model: ColumnsModel[R], *, many: bool = False, name: str = "") -> None:
        super().__init__()
        self._keep_quiet = False
        self.setModel(model)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.ExtendedSelection if many else modes.SingleSelection)
        self.setSortingEnabled(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(34)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self.sort_by)
        for number, column in enumerate(model.columns):
            self.setColumnWidth(number, column.width)
            if column.stretch:
                header.setStretchLastSection(False)
                header.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)
                header.setMinimumSectionSize(48)
        self.selectionModel().selectionChanged.connect(self._selection_changed)
        self.doubleClicked.connect(self._opened)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        current, selection = self.currentIndex(), self.selectionModel()
        if (
            current.isValid()
            and not selection.hasSelection()
            and event.key() in {keys.Key_Return, keys.Key_Enter, keys.Key_Space, keys.Key_Down, keys.Key_Up}
        ):
            # The cursor stands on a row that is not chosen yet: that is the one meant, and it is shown before
            # anything is done.
            flags = selection.SelectionFlag
            selection.select(current, flags.ClearAndSelect | flags.Rows)
        elif event.key() in {keys.Key_Return, keys.Key_Enter} and current.isValid():
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        # Rows are chosen whole, so the first and the last place are rows, not cells at the side.
        rows = self.model().rowCount()
        if action in (self.CursorAction.MoveHome, self.CursorAction.MoveEnd) and rows:
            row = 0 if action == self.CursorAction.MoveHome else rows - 1
            return self.model().index(row, max(self.currentIndex().column(), 0))
        return super().moveCursor(action, modifiers)

    def sort_by(self, column: int, order: Qt.SortOrder) -> None:
        """Sort by a column; -1 for the order that rows come in, where the model has one."""
        raise NotImplementedError

    def forget(self) -> None:
        """Show no rows."""
        raise NotImplementedError

    def selected(self) -> list[R]:
        """The rows selected, from top to bottom, as far as they are in memory."""
        raise NotImplementedError

    def _selection_changed(self) -> None:
        if not self._keep_quiet:
            self.chosen.emit()

    def _opened(self, index: QModelIndex) -> None:
        self.opened.emit()


class Table(ListView[R]):
    """A table of a `RowsModel` that keeps selection and place by identity across refreshes."""

    def __init__(self, model: RowsModel[R], *, many: bool = False, name: str = "") -> None:
        super().__init__(model, many=many, name=name)
        self._model = model

    def set_rows(self, rows: Sequence[R]) -> None:
        """Show other rows; what was selected stays selected where it is still there."""
        kept = self.selected_ids()
        current = (
            self._model.identity(self._model.row(self.currentIndex()))
            if self.currentIndex().isValid()
            else None
        )
        place = self.verticalScrollBar().value()
        self._keep_quiet = True
        self._model.set_rows(rows)
        self.select(kept, scroll=False, current=current)
        self.verticalScrollBar().setValue(place)
        self._keep_quiet = False
        if self.hasFocus() and rows and not self.currentIndex().isValid():
            # A cursor to move from, which chooses nothing.
            selection = self.selectionModel()
            selection.setCurrentIndex(self._model.index(0, 0), selection.SelectionFlag.NoUpdate)
        self.chosen.emit()

    def forget(self) -> None:
        """Show no rows."""
        self.set_rows(())

    def select(self, ids: Sequence[Hashable], *, scroll: bool = True, current: Hashable = None) -> None:
        """Select the rows with these identities."""
        selection = self.selectionModel()
        flags = selection.SelectionFlag
        selection.clearSelection()
        places = {self._model.identity(r): n for n, r in enumerate(self._model.rows)}
        numbers = [places[i] for i in ids if i in places]
        if numbers:
            at = places.get(current, numbers[0])
            selection.setCurrentIndex(self._model.index(at, 0), flags.NoUpdate)
            for number in numbers:
                selection.select(self._model.index(number, 0), flags.Select | flags.Rows)
            if scroll:
                self.scrollTo(self._model.index(numbers[0], 0))

    def selected(self) -> list[R]:
        """The rows selected, from top to bottom."""
        return [self._model.row(i) for i in sorted(self.selectionModel().selectedRows())]

    def selected_ids(self) -> list[Hashable]:
        """The identities of the rows selected."""
        return [self._model.identity(row) for row in self.selected()]

    def sort_by(self, column: int, order: Qt.SortOrder) -> None:
        if column >= 0:
            self._model.sort(column, order)
