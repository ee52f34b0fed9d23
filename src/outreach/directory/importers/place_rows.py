"""Areas and parties of an import: the same only under the same name and in the same place."""

from typing import Any

from sqlalchemy import select

from outreach.directory.importers.records import (
    Place,
)
from outreach.directory.importers.rows import RowWriter
from outreach.directory.places import areas_of
from outreach.domain.names import name_key
from outreach.domain.references import cut, slug
from outreach.store.models import (
    Area,
    Membership,
    Organization,
)
from outreach.store.types import table_of


class PlaceRows:
    """Finds or makes the areas and parties that terms name.

    rows: the import's writer. jurisdictions: those of bodies, by their id, as far as they were asked for.
    """

    def __init__(self, rows: RowWriter) -> None:
        self._rows, self._session, self._register = rows, rows.session, rows.register
        self.jurisdictions: dict[int, str] = {}
        self._areas: dict[tuple[Any, ...], int] = {}
        self._areas_claimed: dict[int, str] = {}
        self._areas_of: dict[int, dict[str, int]] = {}
        self._parties: dict[tuple[Any, ...], int] = {}
        self._parties_on_file: dict[tuple[str | int], dict[str, int]] = {}

    def area(self, place: Place, body: int) -> int:
        """The area that somebody in a body sits for, made if there is none."""
        is_country = place.classification == "country"
        name = name_key(place.name)
        cached: tuple[Any, ...] = (
            (place.code,) if place.code
            else ("own", place.own_id) if place.own_id
            else ("country", name) if is_country
            else (body, name)
        )  # fmt: skip
        if cached not in self._areas:
            found = self._area_on_file(place, body, name)
            if found is None:
                wanted = place.code or f"{place.prefix}-{slug(place.own_id or place.name)}"
                if place.own_id and self._rows.is_taken(Area, cut(wanted)):
                    wanted = self._own_area_slugs(place)[1]
                found = self._rows.new(
                    Area, slug=self._rows.free_made_slug(Area, wanted), name=place.name,
                    classification=place.classification, parent_id=None,
                )  # fmt: skip
                self._used_areas(body).setdefault(name, found)
            self._areas[cached] = found
            if place.own_id:
                self._areas_claimed[found] = place.own_id
        return self._areas[cached]

    def _area_on_file(self, place: Place, body: int, name: str) -> int | None:
        table = table_of(Area)
        rows = select(table.c.id, table.c.name)
        if place.code:
            return self._session.scalar(select(table.c.id).where(table.c.slug == cut(place.code)))
        if place.own_id:
            self._rows.flush()
            slugs = self._own_area_slugs(place)
            for key, held in self._session.execute(rows.where(table.c.slug.in_(slugs)).order_by(table.c.id)):
                is_other = self._areas_claimed.get(key, place.own_id) != place.own_id
                if name_key(held) == name and not is_other and self._is_place_of(key, body):
                    return int(key)
            return None
        if place.classification == "country":
            self._rows.flush()
            countries = self._session.execute(rows.where(table.c.classification == "country"))
            return next((int(key) for key, held in countries if name_key(held) == name), None)
        return self._used_areas(body).get(name)

    def _own_area_slugs(self, place: Place) -> tuple[str, str]:
        """Readable ids that a place of the file's register may have."""
        own = f"{place.prefix}-{slug(place.own_id)}"
        return cut(own), cut(f"{own}-{slug(self._register.scheme)}")

    def _is_place_of(self, area: int, body: int) -> bool:
        """Whether somebody in a body sits for an area, or nobody at all does."""
        bodies = set(
            self._session.scalars(
                select(Membership.organization_id).where(Membership.area_id == area).distinct()
            )
        )
        return body in bodies or not bodies

    def _used_areas(self, body: int) -> dict[str, int]:
        """The areas of a body by name, those that this import made among them."""
        if body not in self._areas_of:
            self._rows.flush()
            self._areas_of[body] = areas_of(self._session, body)
        return self._areas_of[body]

    def party(self, name: str, jurisdiction: str, body: int) -> int:
        """The party of a name in a jurisdiction; where that is not known, among those in the body."""
        jurisdiction = jurisdiction or self._jurisdiction(body)
        key = name_key(name)
        cached: tuple[Any, ...] = (jurisdiction, key) if jurisdiction else (body, key)
        if cached not in self._parties:
            found = self._party_on_file(key, jurisdiction, body)
            if found is None:
                found = self._rows.new(
                    Organization,
                    slug=self._rows.free_made_slug(
                        Organization, f"{slug(jurisdiction) if jurisdiction else 'x'}-party-{slug(name)}"
                    ),
                    name=name, classification="party", jurisdiction=jurisdiction,
                    parent_id=None, area_id=None, founding_date=None, dissolution_date=None, summary="",
                    deleted_at=None,
                )  # fmt: skip
                self._rows.cite(organization_id=found)
            self._parties[cached] = found
        return self._parties[cached]

    def _jurisdiction(self, body: int) -> str:
        if body not in self.jurisdictions:
            self._rows.flush()
            found = self._session.scalar(select(Organization.jurisdiction).where(Organization.id == body))
            self.jurisdictions[body] = found or ""
        return self.jurisdictions[body]

    def _party_on_file(self, key: str, jurisdiction: str, body: int) -> int | None:
        query = select(Organization.id, Organization.name).where(Organization.classification == "party")
        if jurisdiction:
            query = query.where(Organization.jurisdiction == jurisdiction)
        else:
            query = query.join(Membership, Membership.on_behalf_of_id == Organization.id).where(
                Membership.organization_id == body, Organization.jurisdiction == ""
            )
        where = (jurisdiction or body,)
        if where not in self._parties_on_file:
            self._rows.flush()
            rows = self._session.execute(query.distinct().order_by(Organization.id.desc()))
            self._parties_on_file[where] = {name_key(name): found for found, name in rows}
        return self._parties_on_file[where].get(key)
