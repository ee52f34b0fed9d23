"""The table of letters as CSV and XLSX."""

import csv
import io
from collections.abc import Iterable
from datetime import date

from outreach.desk.letter_row import TrackerRow
from outreach.domain.address import audiences
from outreach.domain.wording import printable

_COLUMNS: tuple[tuple[str, str], ...] = (
    ("Reference", "reference"),
    ("Recipient", "recipient"),
    ("Office", "post"),
    ("Body", "body"),
    ("Party", "party"),
    ("Country", "country"),
    ("Audience", "audience"),
    ("Subject", "subject"),
    ("Language", "language"),
    ("Written by", "sender"),
    ("Status", "status"),
    ("Standing", "phase"),
    ("Sent by", "channel"),
    ("Dated", "written_on"),
    ("Sent on", "sent_on"),
    ("Answer due", "due_on"),
    ("Answered on", "answered_on"),
    ("Days taken", "days_taken"),
    ("Answer", "answer"),
)


def _cells(row: TrackerRow) -> list[object]:
    cells: list[object] = []
    for _, field in _COLUMNS:
        value = getattr(row, field)
        if field == "audience":
            value = audiences().get(value, value)
        cells.append("" if value is None else value)
    return cells


def tracker_csv(rows: Iterable[TrackerRow]) -> bytes:
    """The table as CSV in UTF-8 with a byte-order mark, as spreadsheets expect; dates as YYYY-MM-DD.

    A text that a spreadsheet would run as a formula is given a leading apostrophe.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([title for title, _ in _COLUMNS])
    for row in rows:
        writer.writerow([harmless(c) for c in _cells(row)])
    return stream.getvalue().encode("utf-8-sig")


def harmless(value: object) -> str:
    """A cell's text that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def tracker_xlsx(rows: Iterable[TrackerRow]) -> bytes:
    """The table as an Excel workbook with real dates, a frozen heading and a filter."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Letters"
    sheet.append([title for title, _ in _COLUMNS])
    widths = [len(title) for title, _ in _COLUMNS]
    for row in rows:
        cells = _cells(row)
        sheet.append([c if isinstance(c, int | date) else "" for c in cells])
        for number, cell in enumerate(cells):
            if isinstance(cell, date):
                sheet.cell(sheet.max_row, number + 1).number_format = "d mmm yyyy"
            elif not isinstance(cell, int):
                target = sheet.cell(sheet.max_row, number + 1)
                target.value, target.data_type = printable(str(cell)), "s"  # never read as a formula
            widths[number] = max(widths[number], min(48, len(str(cell)) + 1))
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width + 2
        sheet.cell(1, number).font = Font(bold=True)
        sheet.cell(1, number).alignment = Alignment(vertical="top")
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
