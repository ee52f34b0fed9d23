"""A table of any number of rows: it reads what is in view, and keeps by identity what was chosen."""

import bisect
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from outreach.letters.sandbox import TemplateSandbox
from outreach.store.database import WorkSession, open_database
from outreach.ui.jobs import Jobs
from outreach.ui.models.paged import PagedModel
from outreach.ui.models.rows import Column
from outreach.ui.operations.listing import Listing, Sort
from outreach.ui.widgets.paged_table import PagedTable
from outreach.ui.workspace import Workspace

CTRL, SHIFT, NO = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)


class Numbers:
    """Numbers in a list that grows and shrinks, and what was asked of it."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self.numbers = sorted(numbers)
        self.asked: list[tuple[int, int]] = []

    def listing(self) -> Listing[int]:
        return Listing(self.count, self.rows, self.ids, self.places)

    def count(self, session: WorkSession) -> int:
        return len(self.numbers)

    def ids(self, session: WorkSession, order: Sort, offset: int, limit: int) -> Sequence[int]:
        every = self.numbers[::-1] if order.descending else self.numbers
        return every[offset : offset + limit]

    def rows(self, session: WorkSession, order: Sort, offset: int, limit: int) -> Sequence[int]:
        self.asked.append((offset, limit))
        return self.ids(session, order, offset, limit)

    def places(self, session: WorkSession, order: Sort, ids: Collection[Hashable]) -> dict[Hashable, int]:
        found: dict[Hashable, int] = {}
        for number in ids:
            at = bisect.bisect_left(self.numbers, number)
            if at < len(self.numbers) and self.numbers[at] == number:
                found[number] = len(self.numbers) - 1 - at if order.descending else at
        return found


@pytest.fixture
def workspace(qapp: object, sample_path: Path, sandbox: TemplateSandbox) -> Iterator[Workspace]:
    database = open_database(sample_path)
    made = Workspace(Jobs(database), sandbox)
    yield made
    made.jobs.close()
    database.close()


@pytest.fixture
def settled(workspace: Workspace, qtbot: QtBot) -> Callable[[PagedTable[int]], None]:
    """Wait until all that is in view has come."""

    def wait(table: PagedTable[int]) -> None:
        def has_come() -> bool:
            first, last = table.in_view()
            rows = range(first, min(last + 1, table._model.rowCount()))
            return workspace.jobs.is_idle and all(table._model.row_at(n) is not None for n in rows)

        qtbot.waitUntil(has_come, timeout=10_000)

    return wait


def table_of(workspace: Workspace, qtbot: QtBot) -> PagedTable[int]:
    column = Column[int]("Number", lambda n: f"number {n}", sorted_by="number")
    table = PagedTable(PagedModel(workspace, [column], lambda n: n), many=True)
    table.resize(300, 400)
    qtbot.addWidget(table)
    table.show()
    return table


def shown(table: PagedTable[int]) -> list[str]:
    first, last = table.in_view()
    return [table._model.data(table._model.index(n, 0)) for n in range(first, last + 1)]


def test_a_million_rows_are_read_only_where_they_are_in_view(
    workspace: Workspace, qtbot: QtBot, settled: Callable[[PagedTable[int]], None]
) -> None:
    numbers, table = Numbers(range(1_000_000)), table_of(workspace, qtbot)
    QAbstractItemModelTester(table._model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    numbers.asked.clear()
    table.follow(numbers.listing())
    settled(table)
    assert numbers.asked == [(0, 100)]
    assert shown(table)[0] == "number 0"
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_End, CTRL)
    settled(table)
    assert shown(table)[-1] == "number 999999"
    assert table.horizontalScrollBar().value() == 0
    bar = table.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    settled(table)
    assert "…" not in shown(table)
    assert sum(limit for _, limit in numbers.asked) <= 600


def test_rows_scrolled_past_before_they_come_are_not_asked_for(
    workspace: Workspace, qtbot: QtBot, settled: Callable[[PagedTable[int]], None]
) -> None:
    numbers, table = Numbers(range(100_000)), table_of(workspace, qtbot)
    table.follow(numbers.listing())
    settled(table)
    numbers.asked.clear()
    bar = table.verticalScrollBar()
    for part in range(1, 100):
        bar.setValue(bar.maximum() * part // 100)
        shown(table)
    settled(table)
    assert len(numbers.asked) <= 3


def test_memory_does_not_grow_with_what_was_scrolled_through(
    workspace: Workspace, qtbot: QtBot, settled: Callable[[PagedTable[int]], None]
) -> None:
    numbers, table = Numbers(range(100_000)), table_of(workspace, qtbot)
    table._model._kept = 5
    table.follow(numbers.listing())
    settled(table)
    for place in range(0, 3_000, 150):
        table.scrollTo(table._model.index(place, 0), table.ScrollHint.PositionAtTop)
        shown(table)
        settled(table)
    assert len(table._model.rows) <= 500


def test_what_is_chosen_and_in_view_stays_when_rows_come_and_go_above_it(
    workspace: Workspace, qtbot: QtBot, settled: Callable[[PagedTable[int]], None]
) -> None:
    numbers, table = Numbers(range(1_000, 5_000)), table_of(workspace, qtbot)
    table.follow(numbers.listing())
    settled(table)
    table.select([3_000, 3_002])
    settled(table)
    assert table.selected() == [3_000, 3_002]
    first = shown(table)[0]
    assert "number 3000" in shown(table)
    numbers.numbers = [*range(0, 1_000), *(n for n in range(1_000, 5_000) if n != 3_002)]
    table.follow(numbers.listing())
    settled(table)
    assert table.selected() == [3_000]
    assert shown(table)[0] == first
    assert table.currentIndex().row() == 3_000


def test_a_change_elsewhere_reads_the_block_in_view_and_no_other(
    workspace: Workspace, qtbot: QtBot, settled: Callable[[PagedTable[int]], None]
) -> None:
    numbers, table = Numbers(range(5_000)), table_of(workspace, qtbot)
    table.follow(numbers.listing())
    settled(table)
    for place in (2_010, 4_010, 1_010):
        table.scrollTo(table._model.index(place, 0), table.ScrollHint.PositionAtTop)
        shown(table)
        settled(table)
    numbers.asked.clear()
    table.follow(numbers.listing())
    settled(table)
    assert numbers.asked == [(1_000, 100)]


def test_sorting_keeps_the_current_row_in_view(
    workspace: Workspace, qtbot: QtBot, settled: Callable[[PagedTable[int]], None]
) -> None:
    numbers, table = Numbers(range(5_000)), table_of(workspace, qtbot)
    table.follow(numbers.listing())
    settled(table)
    table.select([4_000])
    settled(table)
    table.horizontalHeader().setSortIndicator(0, Qt.SortOrder.DescendingOrder)
    settled(table)
    assert "number 4000" in shown(table)
    assert shown(table)[1] < shown(table)[0]
    assert table.selected() == [4_000]


def test_all_rows_are_chosen_without_a_list_of_them_and_some_can_be_left_out(
    workspace: Workspace, qtbot: QtBot, settled: Callable[[PagedTable[int]], None]
) -> None:
    numbers, table = Numbers(range(1_000_000)), table_of(workspace, qtbot)
    table.follow(numbers.listing())
    settled(table)
    table.selectAll()
    assert table.choice is not None
    assert (table.choice.ids, table.choice.count) == (None, 1_000_000)
    flags = QItemSelectionModel.SelectionFlag
    table.selectionModel().select(table._model.index(3, 0), flags.Deselect | flags.Rows)
    assert table.choice.but == {3}
    assert table.choice.count == 999_999
    numbers.numbers = [-2, -1, *numbers.numbers]
    table.follow(numbers.listing())
    settled(table)
    assert table.choice.count == 1_000_001
    assert not table.selectionModel().isRowSelected(5)
    assert table.selectionModel().isRowSelected(4)
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, NO, table.visualRect(table._model.index(1, 0)).center()
    )
    assert table.choice.ids == (-1,)


def test_rows_chosen_out_of_memory_are_known_by_who_they_are(
    workspace: Workspace, qtbot: QtBot, settled: Callable[[PagedTable[int]], None]
) -> None:
    numbers, table = Numbers(range(100_000)), table_of(workspace, qtbot)
    table.follow(numbers.listing())
    settled(table)
    table.setCurrentIndex(table._model.index(10, 0))
    table.scrollTo(table._model.index(30_010, 0))
    settled(table)
    place = table.visualRect(table._model.index(30_010, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, SHIFT, place)
    assert table.choice is None
    settled(table)
    assert table.choice is not None
    assert table.choice.ids == tuple(range(10, 30_011))


def test_a_row_that_is_gone_before_it_is_read_is_shown_so_and_cannot_be_chosen(
    workspace: Workspace, qtbot: QtBot, settled: Callable[[PagedTable[int]], None]
) -> None:
    numbers, table = Numbers(range(250)), table_of(workspace, qtbot)
    table.follow(numbers.listing())
    settled(table)
    del numbers.numbers[245:]
    table.scrollToBottom()
    qtbot.waitUntil(lambda: shown(table)[-1] == "no longer here")
    assert not table._model.flags(table._model.index(249, 0)) & Qt.ItemFlag.ItemIsSelectable
    assert table._model.flags(table._model.index(244, 0)) & Qt.ItemFlag.ItemIsSelectable
    assert table._model.data(table._model.index(244, 0)) == "number 244"


def test_a_row_chosen_while_the_table_is_read_anew_stays_chosen(
    workspace: Workspace, qtbot: QtBot, settled: Callable[[PagedTable[int]], None]
) -> None:
    numbers, table = Numbers(range(5_000)), table_of(workspace, qtbot)
    table.follow(numbers.listing())
    settled(table)
    numbers.numbers = [-1, *numbers.numbers]
    table.follow(numbers.listing())
    table.select([7])
    settled(table)
    assert table.selected() == [7]
    assert table.choice is not None
    assert table.choice.ids == (7,)
    assert table.currentIndex().row() == 8
