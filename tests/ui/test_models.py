"""The table model: sorting by value, and a selection that moves with its rows."""

from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from outreach.ui.models.rows import Column, RowsModel
from outreach.ui.widgets.tables import Table

UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


@dataclass(frozen=True)
class Row:
    key: str
    day: date | None
    number: int | None


ROWS = [
    Row("b", date(2011, 1, 2), 10),
    Row("A", None, 9),
    Row("c", date(2010, 12, 31), None),
    Row("d", date(2011, 1, 1), 2**40),
]


def model() -> RowsModel:
    made = RowsModel(
        [
            Column("Key", lambda r: r.key),
            Column("Day", lambda r: str(r.day or ""), key=lambda r: r.day),
            Column("Number", lambda r: str(r.number or ""), key=lambda r: r.number, right=True),
        ],
        lambda r: r.key,
    )
    made.set_rows(ROWS)
    return made


def keys(made: RowsModel) -> str:
    return "".join(r.key for r in made.rows)


def test_dates_and_large_numbers_sort_by_value_with_empty_cells_last(qtbot: QtBot) -> None:
    made = model()
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for column, order, wanted in (
        (0, UP, "Abcd"),
        (1, UP, "cdbA"),
        (1, DOWN, "bdcA"),
        (2, UP, "Abdc"),
        (2, DOWN, "dbAc"),
    ):
        made.sort(column, order)
        assert keys(made) == wanted


def test_the_order_holds_when_rows_are_replaced() -> None:
    made = model()
    made.sort(1, UP)
    made.set_rows([*ROWS, Row("e", date(2000, 1, 1), 1)])
    assert keys(made) == "ecdbA"


def test_persistent_indexes_follow_their_row() -> None:
    made = model()
    held = QPersistentModelIndex(made.index(made.position("c"), 0))
    made.sort(0, DOWN)
    assert made.row(held).key == "c"


def test_a_selection_stays_with_its_rows_across_sorting_and_refresh(qtbot: QtBot) -> None:
    made = model()
    table = Table(made, many=True)
    qtbot.addWidget(table)
    table.select(["b", "d"])
    made.sort(1, UP)
    assert set(table.selected_ids()) == {"b", "d"}
    table.set_rows([r for r in ROWS if r.key != "d"])
    assert table.selected_ids() == ["b"]


def test_cells_are_aligned_as_their_column() -> None:
    made = model()
    alignment = made.data(made.index(0, 2), Qt.ItemDataRole.TextAlignmentRole)
    assert alignment & Qt.AlignmentFlag.AlignRight
    assert made.headerData(2, Qt.Orientation.Horizontal) == "Number"
