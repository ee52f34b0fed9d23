"""The table of letters as CSV and XLSX, written row by row."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any, BinaryIO

from outreach.desk import letter_columns
from outreach.desk.letter_row import TrackerRow
from outreach.domain.wording import printable
from outreach.errors import UsageError

_PIXELS = 7
"""Of a character of a spreadsheet's cell, about."""
_MOST_ROWS = 1_048_576
"""Of a spreadsheet, with its heading."""


def csv_lines(rows: Iterable[TrackerRow], end: str = "\n") -> Iterator[str]:
    """The table as lines of CSV, its heading first; dates as YYYY-MM-DD.

    A text that a spreadsheet would run as a formula is given a leading apostrophe.
    """
    columns = letter_columns.LETTER_COLUMNS
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator=end)

    def line(cells: Iterable[str]) -> str:
        stream.seek(0)
        stream.truncate()
        writer.writerow(cells)
        return stream.getvalue()

    yield line(c.title for c in columns)
    for row in rows:
        values = (c.value(row) for c in columns)
        yield line("" if value is None else harmless(value) for value in values)


def tracker_csv(rows: Iterable[TrackerRow]) -> bytes:
    """The table as CSV; see `write_csv`."""
    stream = io.BytesIO()
    write_csv(rows, stream)
    return stream.getvalue()


def write_csv(rows: Iterable[TrackerRow], file: BinaryIO) -> None:
    """Write the table as CSV in UTF-8 with a byte-order mark, as spreadsheets expect; see `csv_lines`."""
    file.write(codecs.BOM_UTF8)
    for line in csv_lines(rows, "\r\n"):
        file.write(line.encode())


def harmless(value: object) -> str:
    """A cell's text that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def tracker_xlsx(rows: Iterable[TrackerRow]) -> bytes:
    """The table as an Excel workbook; see `write_xlsx`."""
    stream = io.BytesIO()
    write_xlsx(rows, stream)
    return stream.getvalue()


def write_xlsx(rows: Iterable[TrackerRow], file: BinaryIO) -> None:
    """Write the table as an Excel workbook with real dates, a frozen heading and a filter.

    Raises: UsageError for more letters than a sheet holds.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    columns = letter_columns.LETTER_COLUMNS
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Letters")
    sheet.freeze_panes = "B2"
    for number, column in enumerate(columns, start=1):
        width = max(len(column.title) + 2, column.width // _PIXELS)
        sheet.column_dimensions[get_column_letter(number)].width = width
    heading = []
    for column in columns:
        cell = WriteOnlyCell(sheet, column.title)
        cell.font, cell.alignment = Font(bold=True), Alignment(vertical="top")
        heading.append(cell)
    sheet.append(heading)
    count = 1
    for row in rows:
        cells: list[Any] = []
        for column in columns:
            value = column.value(row)
            if value is None or value == "":
                cells.append(None)
            elif isinstance(value, date):
                cells.append(WriteOnlyCell(sheet, datetime.combine(value, time())))
                cells[-1].number_format = "d mmm yyyy"
            elif isinstance(value, int):
                cells.append(WriteOnlyCell(sheet, value))
            else:
                cells.append(WriteOnlyCell(sheet, printable(value)))
                cells[-1].data_type = "s"  # never read as a formula
        if count == _MOST_ROWS:
            book.close()
            raise UsageError(
                f"A spreadsheet holds {_MOST_ROWS - 1:,} letters. Export the table as CSV, or filter it "
                "first."
            )
        sheet.append(cells)
        count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{count}"
    book.save(file)
