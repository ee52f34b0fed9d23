"""Dates known to the year, the month or the day (ISO 8601 reduced precision, as Popolo allows)."""

import re
from calendar import monthrange
from datetime import date

from outreach.errors import UsageError

_FORM = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")


def parse_partial(text: str) -> str:
    """Check a date of the form YYYY, YYYY-MM or YYYY-MM-DD and give it back trimmed.

    Raises: UsageError if it has another form or names a day that does not exist.
    """
    cleaned = text.strip()
    match = _FORM.fullmatch(cleaned)
    try:
        if match is None:
            raise ValueError(cleaned)
        year, month, day = match.groups()
        date(int(year), int(month or 1), int(day or 1))
        # int() reads the digits of every script; what is kept has those of ISO 8601.
        return "-".join(f"{int(part):0{len(part)}}" for part in (year, month, day) if part)
    except ValueError as error:
        raise UsageError(f"“{text[:60]}” is not a date. Write it as 2011-01-20, 2011-01 or 2011.") from error


def first_day(partial: str) -> date:
    """Earliest day the partial date can mean."""
    parts = [int(p) for p in partial.split("-")]
    return date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)


def last_day(partial: str) -> date:
    """Latest day the partial date can mean."""
    parts = [int(p) for p in partial.split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    return date(year, month, parts[2] if len(parts) > 2 else monthrange(year, month)[1])


def covers(start: str | None, end: str | None, on: date) -> bool:
    """Whether a term from start to end includes the day; an unknown or open end counts as open.

    The end date is the last day of the term, both limits included, and a partial date is read
    generously: a term that began in 2010 covers all of 2010.
    """
    return (start is None or first_day(start) <= on) and (end is None or on <= last_day(end))


def ends_too_soon(start: str | None, end: str | None) -> bool:
    """Whether a term ends before it can have begun: one from 2013-01-24 to 2013 does not."""
    return bool(start and end) and last_day(end or "") < first_day(start or "")
