"""People: who they are, what they held and when, and how to reach them."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from outreach.directory.citations import SourceRef, citations_of
from outreach.directory.finding import DirectoryQuery, people_found
from outreach.domain.partial_dates import covers
from outreach.errors import NotFoundError
from outreach.store.models import (
    Area,
    Citation,
    ContactDetail,
    Identifier,
    Membership,
    Organization,
    OtherName,
    Person,
    Post,
)
from outreach.store.paging import USUAL, Key, Order, Page, in_order_of, read_all, read_page
from outreach.store.search import in_chunks


@dataclass(frozen=True)
class MembershipRow:
    """A post or seat held. start_date, end_date: partial dates, None where not on file."""

    person_id: int
    post_id: int | None
    organization_id: int
    area_id: int | None
    post_slug: str
    post: str
    role: str
    organization_slug: str
    organization: str
    on_behalf_of: str
    area: str
    start_date: str | None
    end_date: str | None
    sources: tuple[SourceRef, ...]

    @property
    def label(self) -> str:
        """The post, or the role in the body."""
        office = self.post or self.role or "member"
        return office if self.organization in office else f"{office}, {self.organization}"


@dataclass(frozen=True)
class ContactRow:
    """A way to reach somebody. type: Popolo's, such as email, voice, address."""

    type: str
    value: str
    label: str
    note: str
    sources: tuple[SourceRef, ...]


@dataclass(frozen=True)
class OtherNameRow:
    """Another name or spelling."""

    name: str
    note: str
    sources: tuple[SourceRef, ...]


@dataclass(frozen=True)
class PersonRow:
    """A person with everything the directory holds; `id` is the readable identifier."""

    key: int
    id: str
    name: str
    given_name: str
    family_name: str
    honorific_prefix: str
    honorific_suffix: str
    gender: str
    birth_date: str | None
    death_date: str | None
    preferred_language: str
    summary: str
    other_names: tuple[OtherNameRow, ...]
    identifiers: tuple[tuple[str, str], ...]
    memberships: tuple[MembershipRow, ...]
    contact_details: tuple[ContactRow, ...]
    sources: tuple[SourceRef, ...]


def people_page(
    session: Session,
    query: DirectoryQuery,
    order: Order = USUAL,
    *,
    after: Key | None = None,
    offset: int = 0,
    limit: int = 100,
) -> Page[PersonRow]:
    """A page of the people that a query means, by family name where no order is asked for.

    Args: query: with a day, only who held a post or a seat then, and only what they held then. order: by name
        or offices. after, offset, limit: as for `store.paging.page_ids`.
    """
    rows_of = partial(people_of, session, on=query.on)
    return read_page(session, people_found(query), rows_of, order, after=after, offset=offset, limit=limit)


def people_rows(
    session: Session, query: DirectoryQuery, order: Order = USUAL, *, after: Key | None = None, limit: int = 0
) -> Iterator[PersonRow]:
    """All people that a query means, read some at a time.

    limit: at most so many, 0 for all. Args: as for `people_page`.
    """
    rows_of = partial(people_of, session, on=query.on)
    yield from read_all(session, people_found(query), rows_of, order, after=after, limit=limit)


def people_list(
    session: Session, *, on: date | None = None, search: str = "", limit: int | None = None
) -> tuple[PersonRow, ...]:
    """People in order of family name, at most limit of them.

    Args: on: keep only those who held a post or a seat on that day, and only what they held then.
        search: words that must all begin a word of the person's names, or of one post they held
        (its label, its body, its area, its party); accents do not matter.
    """
    query = DirectoryQuery(search, on)
    return (
        tuple(people_rows(session, query)) if limit is None else people_page(session, query, limit=limit).rows
    )


def people_of(session: Session, keys: Collection[int], *, on: date | None = None) -> tuple[PersonRow, ...]:
    """People by their ids, in the order of these; deleted ones are left out.

    on: only what they held on that day.
    """
    found = {
        p.id: p
        for chunk in in_chunks(list(keys))
        for p in session.scalars(select(Person).where(chunk(Person.id)))
    }
    people = in_order_of(keys, found)
    memberships = memberships_of(session, Membership.person_id, [p.id for p in people])
    if on is not None:
        memberships = {
            key: [m for m in held if covers(m.start_date, m.end_date, on)]
            for key, held in memberships.items()
        }
    ids = [p.id for p in people]
    names, contacts = (
        other_names_of(session, OtherName.person_id, ids),
        contacts_of(session, ContactDetail.person_id, ids),
    )
    sources = citations_of(session, Citation.person_id, ids)
    identifiers: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for chunk in in_chunks(ids):
        for identifier in session.scalars(select(Identifier).where(chunk(Identifier.person_id))):
            identifiers[identifier.person_id or 0].append((identifier.scheme, identifier.identifier))
    return tuple(
        PersonRow(
            key=p.id,
            id=p.slug,
            name=p.name,
            given_name=p.given_name,
            family_name=p.family_name,
            honorific_prefix=p.honorific_prefix,
            honorific_suffix=p.honorific_suffix,
            gender=p.gender,
            birth_date=p.birth_date,
            death_date=p.death_date,
            preferred_language=p.preferred_language,
            summary=p.summary,
            other_names=tuple(names.get(p.id, ())),
            identifiers=tuple(identifiers.get(p.id, ())),
            memberships=tuple(memberships.get(p.id, ())),
            contact_details=tuple(contacts.get(p.id, ())),
            sources=sources.get(p.id, ()),
        )
        for p in people
    )


def person_row(session: Session, slug: str) -> PersonRow:
    """One person by identifier. Raises: NotFoundError."""
    person = session.scalar(select(Person.id).where(Person.slug == slug))
    if person is None:
        raise NotFoundError(f"There is no person “{slug}”. List them with: outreach people list")
    return people_of(session, [person])[0]


def people_named(session: Session, typed: str, limit: int = 12) -> tuple[tuple[str, str], ...]:
    """Id and name, with the newest office, of the first people that a search
    finds, by family name, for choosing one.
    """
    people = people_page(session, DirectoryQuery(typed), limit=limit).rows
    return tuple((p.id, ", ".join([p.name, *(m.label for m in p.memberships[:1])])) for p in people)


def memberships_of(session: Session, column: object, ids: Collection[int]) -> dict[int, list[MembershipRow]]:
    """Posts and seats, newest first.

    Args: column: ``Membership.person_id``, ``organization_id`` or ``post_id``, which the ids are of.
    Returns: by that id.
    """
    behalf = aliased(Organization)
    attribute = getattr(Membership, getattr(column, "key", "person_id"))
    query = (
        select(Membership, Organization, Post, behalf.name, Area.name)
        .join(Organization, Organization.id == Membership.organization_id)
        .outerjoin(Post, Post.id == Membership.post_id)
        .outerjoin(behalf, behalf.id == Membership.on_behalf_of_id)
        .outerjoin(Area, Area.id == Membership.area_id)
        .order_by(Membership.start_date.desc().nulls_last(), Membership.id)
    )
    rows = [row for chunk in in_chunks(ids) for row in session.execute(query.where(chunk(attribute)))]
    sources = citations_of(session, Citation.membership_id, [m.id for m, *_ in rows])
    found: dict[int, list[MembershipRow]] = defaultdict(list)
    for membership, body, post, party, area in rows:
        found[getattr(membership, attribute.key)].append(
            MembershipRow(
                person_id=membership.person_id,
                post_id=membership.post_id,
                organization_id=membership.organization_id,
                area_id=membership.area_id,
                post_slug=post.slug if post else "",
                post=(post.short_label or post.label) if post else "",
                role=membership.role,
                organization_slug=body.slug,
                organization=body.name,
                on_behalf_of=party or "",
                area=area or "",
                start_date=membership.start_date,
                end_date=membership.end_date,
                sources=sources.get(membership.id, ()),
            )
        )
    return found


def other_names_of(session: Session, column: object, ids: Collection[int]) -> dict[int, list[OtherNameRow]]:
    """Other names by owner. Args: column: ``OtherName.person_id`` or ``organization_id``."""
    attribute = getattr(OtherName, getattr(column, "key", "person_id"))
    names = [
        name
        for chunk in in_chunks(ids)
        for name in session.scalars(select(OtherName).where(chunk(attribute)).order_by(OtherName.id))
    ]
    sources = citations_of(session, Citation.other_name_id, [n.id for n in names])
    found: dict[int, list[OtherNameRow]] = defaultdict(list)
    for name in names:
        found[getattr(name, attribute.key)].append(
            OtherNameRow(name.name, name.note, sources.get(name.id, ()))
        )
    return found


def contacts_of(session: Session, column: object, ids: Collection[int]) -> dict[int, list[ContactRow]]:
    """Contact details by owner. Args: column: ``ContactDetail.person_id`` or ``organization_id``."""
    attribute = getattr(ContactDetail, getattr(column, "key", "person_id"))
    details = [
        detail
        for chunk in in_chunks(ids)
        for detail in session.scalars(
            select(ContactDetail).where(chunk(attribute)).order_by(ContactDetail.id)
        )
    ]
    sources = citations_of(session, Citation.contact_detail_id, [d.id for d in details])
    found: dict[int, list[ContactRow]] = defaultdict(list)
    for detail in details:
        found[getattr(detail, attribute.key)].append(
            ContactRow(detail.type, detail.value, detail.label, detail.note, sources.get(detail.id, ()))
        )
    return found
