"""Bodies (Popolo: organizations) and the posts in them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from outreach.directory.citations import SourceRef, citations_of
from outreach.directory.finding import DirectoryQuery, bodies_found, posts_found
from outreach.directory.people import (
    ContactRow,
    MembershipRow,
    OtherNameRow,
    contacts_of,
    memberships_of,
    other_names_of,
)
from outreach.domain.partial_dates import covers
from outreach.errors import NotFoundError
from outreach.store.models import Citation, ContactDetail, Membership, Organization, OtherName, Person, Post
from outreach.store.paging import USUAL, Key, Order, Page, in_order_of, page_ids, read_all, read_page
from outreach.store.search import in_chunks
from outreach.store.types import table_of


@dataclass(frozen=True)
class HolderRow:
    """Who holds a post or seat. person: readable id. label: the post or role."""

    person: str
    name: str
    label: str
    start_date: str | None
    end_date: str | None


@dataclass(frozen=True)
class BodyRow:
    """A body with its names, ways to reach it and members; `id` is the readable identifier."""

    key: int
    id: str
    name: str
    classification: str
    jurisdiction: str
    parent: str
    parent_id: str
    summary: str
    founding_date: str | None
    dissolution_date: str | None
    other_names: tuple[OtherNameRow, ...]
    members: tuple[HolderRow, ...]
    contact_details: tuple[ContactRow, ...]
    sources: tuple[SourceRef, ...]


@dataclass(frozen=True)
class PostRow:
    """An office, its body and its holders, the newest first."""

    key: int
    id: str
    label: str
    short_label: str
    organization: str
    organization_id: str
    audience: str
    holders: tuple[HolderRow, ...]
    sources: tuple[SourceRef, ...]


def bodies_page(
    session: Session,
    query: DirectoryQuery,
    order: Order = USUAL,
    *,
    after: Key | None = None,
    offset: int = 0,
    limit: int = 100,
) -> Page[BodyRow]:
    """A page of the bodies that a query means, without who sits in them, by name where no order is asked for.

    Args: order: by name, kind or parent. after, offset, limit: as for `store.paging.page_ids`.
    """
    rows_of = partial(bodies_of, session, on=query.on, with_members=False)
    return read_page(session, bodies_found(query), rows_of, order, after=after, offset=offset, limit=limit)


def bodies_rows(
    session: Session, query: DirectoryQuery, order: Order = USUAL, *, after: Key | None = None, limit: int = 0
) -> Iterator[BodyRow]:
    """All bodies that a query means, with their members, read some at a time.

    limit: at most so many, 0 for all. Args: as for `bodies_page`.
    """
    rows_of = partial(bodies_of, session, on=query.on)
    yield from read_all(session, bodies_found(query), rows_of, order, after=after, limit=limit)


def bodies_list(session: Session, *, on: date | None = None, search: str = "") -> tuple[BodyRow, ...]:
    """Bodies in order of name.

    Args: on: keep those that existed that day, with their members of that day. search: words that
        must all begin a word of the body's names or summary.
    """
    return tuple(bodies_rows(session, DirectoryQuery(search, on)))


def bodies_of(
    session: Session, keys: Collection[int], *, on: date | None = None, with_members: bool = True
) -> tuple[BodyRow, ...]:
    """Bodies by their ids, in the order of these; deleted ones are left out.

    Args: on: only their members of that day. with_members: False leaves out who sits in them, which for all
        parliaments of the world is a long read.
    """
    parent = aliased(Organization)
    query = select(Organization, parent.name, parent.slug).outerjoin(
        parent, parent.id == Organization.parent_id
    )
    read = {
        row[0].id: row
        for chunk in in_chunks(list(keys))
        for row in session.execute(query.where(chunk(Organization.id)))
    }
    rows = in_order_of(keys, read)
    ids = [r[0].id for r in rows]
    names = other_names_of(session, OtherName.organization_id, ids)
    contacts = contacts_of(session, ContactDetail.organization_id, ids)
    members = memberships_of(session, Membership.organization_id, ids) if with_members else {}
    people = _names_of(session, {m.person_id for held in members.values() for m in held})
    sources = citations_of(session, Citation.organization_id, ids)
    return tuple(
        BodyRow(
            key=body.id,
            id=body.slug,
            name=body.name,
            classification=body.classification,
            jurisdiction=body.jurisdiction,
            parent=parent_name or "",
            parent_id=parent_slug or "",
            summary=body.summary,
            founding_date=body.founding_date,
            dissolution_date=body.dissolution_date,
            other_names=tuple(names.get(body.id, ())),
            members=_holders(members.get(body.id, []), people, on),
            contact_details=tuple(contacts.get(body.id, ())),
            sources=sources.get(body.id, ()),
        )
        for body, parent_name, parent_slug in rows
    )


def body_row(session: Session, slug: str) -> BodyRow:
    """One body by identifier. Raises: NotFoundError."""
    body = session.scalar(select(Organization.id).where(Organization.slug == slug))
    if body is None:
        raise NotFoundError(f"There is no body “{slug}”. List them with: outreach bodies list")
    return bodies_of(session, [body])[0]


def posts_page(
    session: Session,
    query: DirectoryQuery,
    order: Order = USUAL,
    *,
    after: Key | None = None,
    offset: int = 0,
    limit: int = 100,
) -> Page[PostRow]:
    """A page of the offices that a query means, by body and label where no order is asked for.

    Args: query: with a day, with their holders of that day only. order: by body, label or holders. after,
        offset, limit: as for `store.paging.page_ids`.
    """
    rows_of = partial(posts_of, session, on=query.on)
    return read_page(session, posts_found(query), rows_of, order, after=after, offset=offset, limit=limit)


def posts_rows(
    session: Session, query: DirectoryQuery, order: Order = USUAL, *, after: Key | None = None, limit: int = 0
) -> Iterator[PostRow]:
    """All offices that a query means, read some at a time.

    limit: at most so many, 0 for all. Args: as for `posts_page`.
    """
    rows_of = partial(posts_of, session, on=query.on)
    yield from read_all(session, posts_found(query), rows_of, order, after=after, limit=limit)


def posts_list(session: Session, *, on: date | None = None, search: str = "") -> tuple[PostRow, ...]:
    """Posts in order of body and label.

    Args: on: with their holders of that day only. search: words that must all begin a word of the
        post, its body or one of its holders (of that day).
    """
    return tuple(posts_rows(session, DirectoryQuery(search, on)))


def posts_of(session: Session, keys: Collection[int], *, on: date | None = None) -> tuple[PostRow, ...]:
    """Offices by their ids, in the order of these. on: with their holders of that day only."""
    query = select(Post, Organization).join(Organization, Organization.id == Post.organization_id)
    read = {
        post.id: (post, body)
        for chunk in in_chunks(list(keys))
        for post, body in session.execute(query.where(chunk(Post.id)))
    }
    rows = in_order_of(keys, read)
    held = memberships_of(session, Membership.post_id, [p.id for p, _ in rows])
    if on is not None:
        held = {k: [m for m in v if covers(m.start_date, m.end_date, on)] for k, v in held.items()}
    people = _names_of(session, {m.person_id for ms in held.values() for m in ms})
    sources = citations_of(session, Citation.post_id, [p.id for p, _ in rows])
    return tuple(
        PostRow(
            key=post.id,
            id=post.slug,
            label=post.label,
            short_label=post.short_label,
            organization=body.name,
            organization_id=body.slug,
            audience=post.audience,
            holders=_holders(held.get(post.id, []), people, None),
            sources=sources.get(post.id, ()),
        )
        for post, body in rows
    )


def _names_of(session: Session, ids: set[int]) -> dict[int, tuple[str, str]]:
    query = select(Person.id, Person.slug, Person.name)
    return {
        key: (slug, name)
        for chunk in in_chunks(ids)
        for key, slug, name in session.execute(query.where(chunk(Person.id)))
    }


def bodies_named(session: Session, typed: str, limit: int = 12) -> tuple[tuple[str, str], ...]:
    """Id and name of the first bodies but parties that have words beginning with what is
    typed, by name, for choosing one.
    """
    found = bodies_found(DirectoryQuery(typed)).only(table_of(Organization).c.classification != "party")
    ids, _ = page_ids(session, found, limit=limit)
    rows = session.execute(
        select(Organization.id, Organization.slug, Organization.name).where(Organization.id.in_(ids))
    )
    read = {key: (slug, name) for key, slug, name in rows}
    return tuple(in_order_of(ids, read))


def _holders(
    memberships: list[MembershipRow], people: dict[int, tuple[str, str]], on: date | None
) -> tuple[HolderRow, ...]:
    return tuple(
        HolderRow(*people[m.person_id], m.post or m.role or "member", m.start_date, m.end_date)
        for m in memberships
        if m.person_id in people and (on is None or covers(m.start_date, m.end_date, on))
    )
