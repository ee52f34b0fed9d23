"""Which people, bodies and offices a list of the directory means: the day, the
words that are searched for, the order.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    and_,
    column,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    table,
    true,
)

from outreach.store.models import Membership, Organization, Person, Post
from outreach.store.paging import ListQuery, Order, key_of_texts
from outreach.store.search import fts_query
from outreach.store.types import table_of

Condition = ColumnElement[bool]

_person, _body, _post, _seat = table_of(Person), table_of(Organization), table_of(Post), table_of(Membership)
_index = table("search_index", column("kind"), column("owner_id"), column("search_index"))


@dataclass(frozen=True)
class DirectoryQuery:
    """Which of a list are meant. search: words, each of which must begin a word of the record. on: only who
    held an office, or what there was, on that day."""

    search: str = ""
    on: date | None = None


class Word:
    """What a word finds in the index, read once a statement."""

    def __init__(self, word: str, number: int) -> None:
        query = fts_query(word)
        self._hits: CTE | None = None
        if any(c.isalnum() for c in query):
            self._hits = (
                select(_index.c.kind, _index.c.owner_id)
                .where(_index.c.search_index.op("MATCH")(query))
                .cte(f"hits_{number}")
            )

    def finds(self, ids: ColumnElement[Any], kind: str) -> Condition:
        """Whether the record with this id, of this kind, has the word."""
        if self._hits is None:
            return false()
        return ids.in_(select(self._hits.c.owner_id).where(self._hits.c.kind == kind))


def words_of(search: str) -> list[Word]:
    """The words of a search."""
    return [Word(word, number) for number, word in enumerate(search.split())]


def covers_day(start: ColumnElement[Any], end: ColumnElement[Any], on: date) -> Condition:
    """Whether a term covers a day, as `domain.partial_dates.covers` says it."""
    day = on.isoformat()
    return and_(
        or_(start.is_(None), start <= day),
        or_(end.is_(None), end >= func.substr(literal(day), 1, func.length(end))),
    )


def seat_has(word: Word, seat: Any) -> Condition:
    """Whether a term of office has a word: in its office, body, place or party."""
    return or_(
        word.finds(seat.c.post_id, "post"),
        word.finds(seat.c.organization_id, "body"),
        word.finds(seat.c.area_id, "area"),
        word.finds(seat.c.on_behalf_of_id, "body"),
    )


def people_found(query: DirectoryQuery) -> ListQuery:
    """People; by family name, or by their newest office.

    Each word must begin a word of the person's names, or of one term of theirs: its office, body, place or
    party.
    """
    seat = _seat.alias("held")
    parts: list[Condition] = [_person.c.deleted_at.is_(None)]
    day = covers_day(seat.c.start_date, seat.c.end_date, query.on) if query.on else true()
    there = and_(day, _is_there(seat.c.organization_id))
    if query.on is not None:
        parts.append(_person.c.id.in_(select(seat.c.person_id).where(there)))
    if words := words_of(query.search):
        # One term has to account for all the words that the names do not.
        term = select(seat.c.person_id).where(
            there, *(or_(w.finds(seat.c.person_id, "person"), seat_has(w, seat)) for w in words)
        )
        named = and_(*(w.finds(_person.c.id, "person") for w in words))
        parts.append(or_(named, _person.c.id.in_(term)))
    return ListQuery(
        _person.c.id,
        _person,
        and_(*parts),
        {"name": family_name_key(_person), "offices": _newest_office(query.on)},
        Order("name"),
    )


def family_name_key(person: Any) -> ColumnElement[str]:
    """What people are sorted by: the family name, then the whole one."""
    return key_of_texts(func.coalesce(func.nullif(person.c.family_name, ""), person.c.name), person.c.name)


def bodies_found(query: DirectoryQuery) -> ListQuery:
    """Bodies; by name, kind, or the body they are part of.

    Each word must begin a word of the body's names or summary.
    """
    parent = _body.alias("parent")
    parts: list[Condition] = [_body.c.deleted_at.is_(None)]
    if query.on is not None:
        parts.append(covers_day(_body.c.founding_date, _body.c.dissolution_date, query.on))
    parts += [word.finds(_body.c.id, "body") for word in words_of(query.search)]
    larger = select(parent.c.name).where(parent.c.id == _body.c.parent_id, parent.c.deleted_at.is_(None))
    return ListQuery(
        _body.c.id,
        _body,
        and_(*parts),
        {
            "name": key_of_texts(_body.c.name),
            "kind": key_of_texts(_body.c.classification),
            "parent": key_of_texts(larger.scalar_subquery()),
        },
        Order("name"),
    )


def posts_found(query: DirectoryQuery) -> ListQuery:
    """Offices; by body, label, or who holds them. Each word must begin a word of the office, its body or one
    of its holders (of that day)."""
    seat = _seat.alias("held")
    day = covers_day(seat.c.start_date, seat.c.end_date, query.on) if query.on else true()
    parts: list[Condition] = [_body.c.deleted_at.is_(None)]
    if query.on is not None:
        parts.append(covers_day(_post.c.start_date, _post.c.end_date, query.on))
    for word in words_of(query.search):
        held = select(seat.c.post_id).where(day, word.finds(seat.c.person_id, "person"))
        parts.append(
            or_(
                word.finds(_post.c.id, "post"),
                word.finds(_post.c.organization_id, "body"),
                _post.c.id.in_(held.where(seat.c.post_id.is_not(None))),
            )
        )
    holder = (
        select(family_name_key(_person))
        .select_from(
            seat.join(_person, and_(_person.c.id == seat.c.person_id, _person.c.deleted_at.is_(None)))
        )
        .where(seat.c.post_id == _post.c.id, day)
        .order_by(seat.c.start_date.desc().nulls_last(), seat.c.id)
        .limit(1)
        .correlate(_post)
        .scalar_subquery()
    )
    label = func.coalesce(func.nullif(_post.c.short_label, ""), _post.c.label)
    return ListQuery(
        _post.c.id,
        _post.join(_body, _body.c.id == _post.c.organization_id),
        and_(*parts),
        {"body": key_of_texts(_body.c.name, _post.c.label), "label": key_of_texts(label), "holders": holder},
        Order("body"),
    )


def _is_there(body_id: ColumnElement[Any]) -> Condition:
    return exists(select(_body.c.id).where(_body.c.id == body_id, _body.c.deleted_at.is_(None)))


def _newest_office(on: date | None) -> ColumnElement[Any]:
    seat, body, post = _seat.alias("newest"), _body.alias("newest_body"), _post.alias("newest_post")
    office = func.coalesce(
        func.nullif(post.c.short_label, ""), func.nullif(post.c.label, ""), func.nullif(seat.c.role, "")
    )
    query = (
        select(key_of_texts(func.coalesce(office, body.c.name), body.c.name))
        .select_from(
            seat.join(body, and_(body.c.id == seat.c.organization_id, body.c.deleted_at.is_(None))).outerjoin(
                post, post.c.id == seat.c.post_id
            )
        )
        .where(seat.c.person_id == _person.c.id)
        .order_by(seat.c.start_date.desc().nulls_last(), seat.c.id)
        .limit(1)
        .correlate(_person)
    )
    if on is not None:
        query = query.where(covers_day(seat.c.start_date, seat.c.end_date, on))
    return query.scalar_subquery()
