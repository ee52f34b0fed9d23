"""Party and country of people on a day, as their seats have them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel import Locale
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from outreach.domain.partial_dates import covers
from outreach.store.models import Area, Membership, Organization
from outreach.store.search import in_chunks

_UNIONS = {"EU": "European Union", "UN": "United Nations"}


@dataclass(frozen=True)
class Seat:
    """A membership, as far as party and place go; dates are partial."""

    party: str
    area: str
    jurisdiction: str
    start_date: str | None
    end_date: str | None


def seats_of(session: Session, people: Collection[int]) -> dict[int, Sequence[Seat]]:
    """Seats with a party or a place, by person."""
    behalf = aliased(Organization)
    found: dict[int, list[Seat]] = defaultdict(list)
    query = (
        select(
            Membership.person_id, Membership.start_date, Membership.end_date, behalf.name, Area.name,
            Organization.jurisdiction, Organization.classification, Organization.name,
        )
        .join(Organization, Organization.id == Membership.organization_id)
        .outerjoin(behalf, behalf.id == Membership.on_behalf_of_id)
        .outerjoin(Area, Area.id == Membership.area_id)
        .order_by(Membership.id)
    )  # fmt: skip
    for wanted in in_chunks(people):
        for person, start, end, party, area, jurisdiction, kind, name in session.execute(
            query.where(wanted(Membership.person_id))
        ):
            own_party = name if kind == "party" else ""
            if party or area or own_party:
                found[person].append(Seat(party or own_party, area or "", jurisdiction, start, end))
    return dict(found)


def seat_on(seats: Sequence[Seat], on: date, jurisdiction: str) -> tuple[str, str]:
    """Party and country on a day, "" where not on file.

    Args: jurisdiction: of the body written to. Members of the European Parliament count by the country they
        sit for; everybody else by the body's own.
    """
    then = [s for s in seats if covers(s.start_date, s.end_date, on)] or list(seats)
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
