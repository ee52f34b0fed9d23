"""Rows of a table as a file has them: encodings, headings, ragged rows, and dates as Europeans write them."""

import csv
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from outreach.directory.importers.reading import encoding_of, lines_of
from outreach.directory.importers.records import Problem
from outreach.domain.partial_dates import parse_partial
from outreach.domain.wording import printable
from outreach.errors import ImportFileError, UsageError

_MAX_FIELD = 1_000_000


def rows_of(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file, by heading, numbered from 1. Comma, semicolon or tab is recognised.

    Raises: ImportFileError for a file without headings, or with a field out of all proportion.
    """
    encoding = encoding_of(path)
    csv.field_size_limit(_MAX_FIELD)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        sample = file.read(8192)
        file.seek(0)
        if not sample.strip():
            raise ImportFileError(f"{path.name} is empty. Choose a file with a row of headings.")
        first = sample.splitlines()[0]
        delimiter = max(",;\t|", key=first.count)
        reader = csv.reader((printable(line) for line in lines_of(file, path.name)), delimiter=delimiter)
        try:
            headings = [h.strip() for h in next(reader)]
            if len([h for h in headings if h]) < 2 and delimiter not in first:
                raise ImportFileError(
                    f"{path.name} has no row of headings with commas, semicolons or tabs between them. "
                    "Check that it is a CSV file."
                )
            for number, cells in enumerate(reader, start=1):
                if any(c.strip() for c in cells):
                    values = dict.fromkeys((h for h in headings if h), "")
                    values |= {h: c.strip() for h, c in zip(headings, cells, strict=False) if h}
                    if len(cells) != len(headings):
                        values["\0cells"] = f"{len(cells)} of {len(headings)}"
                    yield number, values
        except csv.Error as error:
            raise ImportFileError(
                f"{path.name} cannot be read as CSV: {error}. Nothing was imported."
            ) from error


def headings_of(path: Path) -> tuple[str, ...]:
    """The headings of a CSV file. Raises: ImportFileError."""
    for _, values in islice(rows_of(path), 1):
        return tuple(h for h in values if h != "\0cells")
    raise ImportFileError(f"{path.name} has headings but no rows.")


def need_columns(path: Path, values: Mapping[str, str], *wanted: str) -> None:
    """Raises: ImportFileError naming the columns that a table lacks."""
    if missing := [w for w in wanted if w not in values]:
        raise ImportFileError(
            f"{path.name} lacks the columns {', '.join(missing)}. Check that the right format was chosen, "
            "or import it as csv and say which column is which."
        )


def ragged_row(row: int, values: Mapping[str, str]) -> Problem | None:
    """A row with too few or too many cells, of which nobody can say which is which."""
    cells = values.get("\0cells")
    return (
        Problem(row, f"has {cells} cells; look for a quotation mark or a comma too many") if cells else None
    )


_EP_DATE = re.compile(r"^(\d{2})/(\d{2})/(\d{4})(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?$")


def european_date(text: str) -> str:
    """A day as 02/12/1930 02:00 (local midnight with its offset) or in ISO form.

    Returns: YYYY-MM-DD, "" for none. Raises: UsageError for what a spreadsheet left as ##### or is no day.
    """
    if not text:
        return ""
    match = _EP_DATE.match(text)
    if match:
        day, month, year = match.groups()
        return parse_partial(f"{year}-{month}-{day}")
    if set(text) == {"#"}:
        raise UsageError("it reads ####, which is all a too narrow column of a spreadsheet left of it")
    return parse_partial(text[:10])
