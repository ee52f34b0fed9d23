"""Party and country of somebody on a day, as the seats on file have them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel import Locale

from outreach.domain.partial_dates import covers

_UNIONS = {"EU": "European Union", "UN": "United Nations"}


@dataclass(frozen=True)
class Seat:
    """A membership, as far as party and place go; dates are partial."""

    party: str
    area: str
    jurisdiction: str
    start_date: str | None
    end_date: str | None


def seats_on(seats: Sequence[Seat], on: date) -> list[Seat]:
    """Seats held on a day; where none is known to have been held then, all of them."""
    return [s for s in seats if covers(s.start_date, s.end_date, on)] or list(seats)


def seat_on(seats: Sequence[Seat], on: date, jurisdiction: str) -> tuple[str, str]:
    """Party and country on a day, "" where not on file.

    Args: jurisdiction: of the body written to. Members of the European Parliament count by the country they
        sit for; everybody else by the body's own.
    """
    then = seats_on(seats, on)
    party = next((s.party for s in then if s.party and s.jurisdiction == jurisdiction), "")
    party = party or next((s.party for s in then if s.party), "")
    place = next((s.area for s in then if s.area and s.jurisdiction == jurisdiction == "EU"), "")
    return party, place or country_name(jurisdiction)


@lru_cache(maxsize=512)
def country_name(jurisdiction: str) -> str:
    """Name of a jurisdiction in English; "" for none, the code itself where nobody knows it."""
    if not jurisdiction:
        return ""
    return _UNIONS.get(jurisdiction) or Locale("en", "GB").territories.get(jurisdiction) or jurisdiction
