"""The table of a `PagedModel`: what is chosen in it is kept by identity, over any number of rows."""

from collections.abc import Hashable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import TypeVar

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal

from outreach.ui.models.paged import PagedModel
from outreach.ui.operations.listing import Chosen, Listing, Loaded, Wanted
from outreach.ui.widgets.tables import ListView

R = TypeVar("R")
Spans = list[tuple[int, int]]
_MOST_EXCEPTIONS = 1_000


NOTHING = Chosen()


class PagedTable(ListView[R]):
    """A table of any number of rows. Scroll position, current row and selection stay with their rows when it
    is read anew; rows that it has no more are not chosen any more.

    Signals: chosen() when the selection is another, or is known; loaded() when the rows were read anew.
    """

    loaded = Signal()

    def __init__(self, model: PagedModel[R], *, many: bool = False, name: str = "") -> None:
        super().__init__(model, many=many, name=name)
        self._model = model
        self._listing: Listing[R] | None = None
        self._chosen: Chosen | None = NOTHING
        self._current: Hashable = None
        self._to_choose: tuple[Hashable, ...] | None = None
        # A heading asks at each painting whether its column is chosen from the first row to the last.
        self.horizontalHeader().setSelectionModel(QItemSelectionModel(model, self))
        self.selectionModel().currentChanged.connect(self._current_changed)
        model.in_view = self.in_view
        model.replacing.connect(self._keep_current)
        model.loaded.connect(self._loaded)
        model.resorted.connect(self._resorted)

    def follow(self, listing: Listing[R], *, find: bool = False) -> None:
        """Read the rows of a listing, the same or another.

        find: bring the current row into view, if it is there.
        """
        is_other = self._listing is not None and self._listing.question != listing.question
        self._listing = listing
        if is_other and self._chosen is not None and self._chosen.ids is None:
            # All that was the answer to another question: not all that is the answer to this one.
            self.clearSelection()
        chosen = self._chosen
        ids = self._to_choose
        if ids is None:
            ids = () if chosen is None else tuple(chosen.but) if chosen.ids is None else chosen.ids
        top, _ = self.in_view()
        anchor, current = self._model.row_at(top), self._current_id()
        focus = self._to_choose[0] if self._to_choose else current if find else None
        self._model.load(
            listing,
            Wanted(
                ids if current is None else (*ids, current),
                focus,
                0 if find and focus is None else top,
                self._model.identity(anchor) if anchor is not None else None,
                self._height(),
            ),
        )

    def forget(self) -> None:
        self._listing, self._to_choose, self._current = None, None, None
        self._keep_quiet = True
        self._model.forget()
        self.clearSelection()
        self._keep_quiet = False
        self._set_chosen(NOTHING)

    def select(self, ids: Sequence[Hashable], *, scroll: bool = True) -> None:
        """Choose the rows with these identities, now if they are in memory, else as soon as it is known where
        they stand.

        Those that the table does not have are not chosen. scroll: show the first of them.
        """
        places = {i: self._model.position(i) for i in ids}
        known = {i: place for i, place in places.items() if place >= 0}
        if len(known) == len(places):
            self._to_choose = None
            self._place(tuple(known), known, scroll=scroll)
        else:
            self._to_choose = tuple(ids)
            if self._listing is not None:
                self.follow(self._listing)

    @property
    def choice(self) -> Chosen | None:
        """What is chosen; None while it is not known yet which rows these are."""
        return self._chosen

    def selected(self) -> list[R]:
        spans = self._spans()
        found = self._model.rows_at(spans)
        if found is not None:
            return found
        rows = (
            self._model.row_at(n) for first, last in spans for n in range(first, last + 1)[:_MOST_EXCEPTIONS]
        )
        return [row for row in rows if row is not None]

    def selected_ids(self) -> list[Hashable]:
        """The identities of the rows selected, as far as these are in memory."""
        return [self._model.identity(row) for row in self.selected()]

    def sort_by(self, column: int, order: Qt.SortOrder) -> None:
        self._model.sort(column, order)

    def in_view(self) -> tuple[int, int]:
        """The first row in view, and the last."""
        first = max(self.rowAt(0), 0)
        last = self.rowAt(self.viewport().height() - 1)
        return first, last if last >= 0 else self._model.rowCount() - 1 if first else first + self._height()

    def _current_changed(self) -> None:
        if not (self._keep_quiet or self._model.is_changing):
            self._current = None

    def _current_id(self) -> Hashable:
        """Who stands where the cursor is, None if that is not known."""
        row = self._model.row_at(self.currentIndex().row()) if self.currentIndex().isValid() else None
        return self._current if row is None else self._model.identity(row)

    def _height(self) -> int:
        return self.viewport().height() // self.verticalHeader().defaultSectionSize() + 1

    def _resorted(self) -> None:
        if self._listing is not None:
            self.follow(self._listing, find=True)

    def _keep_current(self) -> None:
        self._current = self._current_id()

    def _loaded(self, found: Loaded) -> None:
        chosen, wanted = self._chosen, self._to_choose
        # What was chosen while the rows were on their way was not asked about.
        late = {
            self._current,
            *(wanted or ()),
            *(() if chosen is None else chosen.ids or chosen.but),
        } - found.asked
        late.discard(None)
        found.places.update((i, place) for i in late if (place := self._model.position(i)) >= 0)
        if late - found.places.keys() and self._listing is not None:
            self.follow(self._listing)
            return
        if wanted is None and chosen is not None and chosen.ids is None:
            self._place_all(found, chosen.but)
        else:
            ids = wanted if wanted is not None else (chosen.ids or ()) if chosen is not None else ()
            self._to_choose = None
            self._place(
                tuple(i for i in ids if i in found.places),
                found.places,
                scroll=False,
                current=None if wanted else self._current,
            )
            if wanted and self.currentIndex().isValid():
                self.scrollTo(self.currentIndex())
        row = found.top
        if self.in_view()[0] != row and not wanted:
            self.scrollTo(self._model.index(row, 0), self.ScrollHint.PositionAtTop)
        self.loaded.emit()

    def _place_all(self, found: Loaded, but: Iterable[Hashable]) -> None:
        gaps = sorted(found.places[i] for i in but if i in found.places)
        edges = [-1, *gaps, found.total]
        spans = [(a + 1, b - 1) for a, b in pairwise(edges) if a + 1 <= b - 1]
        self._mark(spans, found.places.get(self._current))
        count = found.total - len(gaps)
        left = frozenset(i for i in but if i in found.places)
        self._set_chosen(Chosen(count, None, left) if count else NOTHING)

    def _place(
        self,
        ids: tuple[Hashable, ...],
        places: dict[Hashable, int],
        *,
        scroll: bool,
        current: Hashable = None,
    ) -> None:
        numbers = sorted(places[i] for i in ids)
        at = places.get(current, numbers[0] if numbers else -1)
        self._mark(_spans_of(numbers), at if at >= 0 else None)
        if numbers and scroll:
            self.scrollTo(self._model.index(numbers[0], 0))
        self._set_chosen(Chosen(len(ids), tuple(sorted(ids, key=places.__getitem__))))

    def _mark(self, spans: Spans, current: int | None) -> None:
        """Select rows, and put the cursor somewhere, without a signal."""
        model, selection = self._model, self.selectionModel()
        flags = selection.SelectionFlag
        marked = QItemSelection()
        for first, last in spans:
            marked.select(model.index(first, 0), model.index(last, len(model.columns) - 1))
        self._keep_quiet = True
        selection.select(marked, flags.ClearAndSelect)
        if current is not None:
            selection.setCurrentIndex(model.index(current, 0), flags.NoUpdate)
        elif self.hasFocus() and model.rowCount():
            # A cursor to move from, which chooses nothing.
            selection.setCurrentIndex(model.index(0, 0), flags.NoUpdate)
        self._keep_quiet = False

    def _set_chosen(self, chosen: Chosen | None) -> None:
        self._chosen = chosen
        self.chosen.emit()

    def _spans(self) -> Spans:
        """The rows selected, as numbers of first and last ones."""
        selection = self.selectionModel().selection()
        ranges = sorted((r.top(), r.bottom()) for r in map(selection.at, range(selection.count())))
        spans: Spans = []
        for first, last in ranges:
            if spans and first <= spans[-1][1] + 1:
                spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
            else:
                spans.append((first, last))
        return spans

    def _selection_changed(self) -> None:
        if self._keep_quiet or self._model.is_changing:
            return
        self._to_choose = None
        spans = self._spans()
        rows = self._model.rows_at(spans)
        if rows is not None:
            self._set_chosen(Chosen(len(rows), tuple(self._model.identity(r) for r in rows)))
            return
        total = self._model.rowCount()
        count = sum(last - first + 1 for first, last in spans)
        if total - count <= _MOST_EXCEPTIONS:
            edges = [(-1, -1), *spans, (total, total)]
            gaps = [(a + 1, b - 1) for (_, a), (b, _) in pairwise(edges) if a + 1 <= b - 1]
            left = self._model.rows_at(gaps)
            if left is not None:
                but = frozenset(self._model.identity(r) for r in left)
                self._set_chosen(Chosen(count, None, but))
                return
        self._set_chosen(None)
        self._model.ids_at(spans, partial(self._ids_came, spans))

    def _ids_came(self, spans: Spans, ids: tuple[Hashable, ...]) -> None:
        """Choose the rows that were marked by their numbers, unless others
        stand there by now than those in view.
        """
        if self._chosen is not None or spans != self._spans():
            return
        numbers = (number for first, last in spans for number in range(first, last + 1))
        for number, identity in zip(numbers, ids, strict=False):
            row = self._model.row_at(number)
            if row is not None and self._model.identity(row) != identity:
                self.clearSelection()
                return
        self._set_chosen(Chosen(len(ids), ids))


def _spans_of(numbers: Sequence[int]) -> Spans:
    spans: Spans = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return spans
