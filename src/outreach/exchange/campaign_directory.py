"""The bodies, offices and people of a campaign: those on file under the same id and name, or new ones."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from outreach.directory.places import areas_of
from outreach.domain.names import are_alike, name_key
from outreach.domain.partial_dates import ends_too_soon
from outreach.domain.references import slug
from outreach.errors import CampaignDataError
from outreach.exchange import campaign_folder as data
from outreach.exchange.campaign_rows import CampaignRows
from outreach.store.models import (
    Area,
    ContactDetail,
    Identifier,
    Membership,
    Organization,
    OtherName,
    Person,
    Post,
)
from outreach.store.types import free_slug


class CampaignDirectory:
    """Writes the directory of a campaign. bodies, posts, people: those of the campaign so far, by id."""

    def __init__(self, rows: CampaignRows) -> None:
        self._rows, self.session, self.content = rows, rows.session, rows.content
        self.bodies: dict[str, Organization] = {}
        self.posts: dict[str, Post] = {}
        self.people: dict[str, Person] = {}

    def load_bodies(self) -> None:
        new: list[tuple[data.BodyEntry, Organization]] = []
        for entry in self.content.bodies:
            known = self.session.scalar(select(Organization).where(Organization.slug == entry.id))
            other = ""
            if known is not None and not self._is_body(known, entry):
                other, known = known.name, None
            body = known or Organization(
                slug=self._rows.id_for(Organization, entry.id, entry.name, other),
                name=entry.name,
                classification=entry.classification,
                jurisdiction=entry.jurisdiction,
                summary=entry.summary,
                founding_date=entry.founding_date,
                dissolution_date=entry.dissolution_date,
            )
            self._rows.add(body)
            self.bodies[entry.id] = body
            if known is None:
                new.append((entry, body))
        for entry, body in new:
            where = f"The body {entry.id}"
            if entry.parent:
                body.parent_id = self._rows.found("body", self.bodies, entry.parent, where).id
            self._rows.cite(entry.sources, where, organization_id=body.id)
            self._names(
                entry.other_names, entry.identifiers, entry.contact_details, where, organization_id=body.id
            )
        for entry, _body in new:
            seen = {entry.id}
            parent = entry.parent
            parents = {e.id: e.parent for e in self.content.bodies}
            while parent:
                if parent in seen:
                    raise CampaignDataError(f"The body {entry.id} is its own parent by way of {parent}.")
                seen.add(parent)
                parent = parents.get(parent)

    def _names(
        self,
        names: Sequence[data.OtherNameEntry],
        identifiers: Sequence[data.IdentifierEntry],
        contacts: Sequence[data.ContactEntry],
        where: str,
        **owner: int,
    ) -> None:
        for name in names:
            other = OtherName(name=name.name, note=name.note, **owner)
            self._rows.add(other)
            self._rows.cite(name.sources, where, other_name_id=other.id)
        for identifier in identifiers:
            self._rows.add(Identifier(scheme=identifier.scheme, identifier=identifier.identifier, **owner))
        for contact in contacts:
            detail = ContactDetail(
                type=contact.type,
                value=contact.value,
                label=contact.label,
                note=contact.note,
                valid_from=contact.valid_from,
                valid_until=contact.valid_until,
                **owner,
            )
            self._rows.add(detail)
            self._rows.cite(contact.sources, where, contact_detail_id=detail.id)

    def load_posts(self) -> None:
        for entry in self.content.posts:
            where = f"The post {entry.id}"
            known = self.session.scalar(select(Post).where(Post.slug == entry.id))
            body = self._rows.found("body", self.bodies, entry.body, where)
            other = ""
            if known is not None and (
                known.organization_id != body.id or not are_alike([known.label], [entry.label])
            ):
                other, known = known.label, None
            post = known or Post(
                slug=self._rows.id_for(Post, entry.id, entry.label, other),
                label=entry.label,
                short_label=entry.short_label,
                role=entry.role,
                organization_id=body.id,
                audience=self._rows.audience(entry.audience, where),
                start_date=entry.start,
                end_date=entry.end,
            )
            self._rows.add(post)
            self.posts[entry.id] = post
            if known is None:
                self._rows.cite(entry.sources, where, post_id=post.id)

    def load_people(self) -> None:
        for entry in self.content.people:
            where = f"The person {entry.id}"
            known = self.session.scalar(select(Person).where(Person.slug == entry.id))
            other = ""
            if known is not None and not self._is_person(known, entry):
                other, known = known.name, None
            if known is not None:
                self.people[entry.id] = known
                continue
            person = Person(
                slug=self._rows.id_for(Person, entry.id, entry.name, other),
                name=entry.name,
                given_name=entry.given_name,
                family_name=entry.family_name,
                honorific_prefix=entry.honorific_prefix,
                honorific_suffix=entry.honorific_suffix,
                gender=entry.gender,
                birth_date=entry.birth_date,
                death_date=entry.death_date,
                preferred_language=entry.preferred_language,
                summary=entry.summary,
            )
            self._rows.add(person)
            self.people[entry.id] = person
            self._rows.cite(entry.sources, where, person_id=person.id)
            self._names(
                entry.other_names, entry.identifiers, entry.contact_details, where, person_id=person.id
            )
            for membership in entry.memberships:
                self._membership(person, membership, where)

    def _is_body(self, known: Organization, entry: data.BodyEntry) -> bool:
        """Whether the body on file under an entry's id may be the entry's."""
        places = {known.jurisdiction, entry.jurisdiction} - {""}
        names = (entry.name, *(n.name for n in entry.other_names))
        return len(places) < 2 and are_alike(self._rows.names_of(known), names)

    def _is_person(self, known: Person, entry: data.PersonEntry) -> bool:
        """Whether the person on file under an entry's id may be the entry's: born alike, and named alike."""
        days = sorted(filter(None, (known.birth_date, entry.birth_date)), key=len)
        if len(days) == 2 and not days[1].startswith(days[0]):
            return False
        return are_alike(self._rows.names_of(known), (entry.name, *(n.name for n in entry.other_names)))

    def _membership(self, person: Person, entry: data.MembershipEntry, where: str) -> None:
        if ends_too_soon(entry.start, entry.end):
            raise CampaignDataError(
                f"{where} has a membership that ends ({entry.end}) before it starts ({entry.start})."
            )
        post: Any = self._rows.found("post", self.posts, entry.post, where) if entry.post else None
        body_id = (
            self._rows.found("body", self.bodies, entry.body, where).id
            if entry.body
            else post.organization_id
        )
        party = (
            self._rows.found("body", self.bodies, entry.on_behalf_of, where) if entry.on_behalf_of else None
        )
        area_id = self._area(entry.area, body_id) if entry.area else None
        membership = Membership(
            person_id=person.id,
            organization_id=body_id,
            post_id=post.id if post else None,
            on_behalf_of_id=party.id if party else None,
            area_id=area_id,
            role=entry.role or (post.label if post else ""),
            start_date=entry.start,
            end_date=entry.end,
        )
        self._rows.add(membership)
        self._rows.cite(entry.sources, where, membership_id=membership.id)

    def _area(self, name: str, body_id: int) -> int:
        """The area of that name which people in the body sit for, made if there is none."""
        found = areas_of(self.session, body_id).get(name_key(name))
        if found is None:
            area = Area(slug=free_slug(self.session, Area, slug(name, "area")), name=name)
            self._rows.add(area)
            found = area.id
        return found
