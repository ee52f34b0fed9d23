"""Whether whom a letter addresses holds the office on its date, and if not, who does."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.directory.people import MembershipRow, memberships_of
from outreach.domain.partial_dates import covers
from outreach.domain.wording import date_in_words, locale_for
from outreach.store.models import Membership, Person
from outreach.store.search import in_chunks


@dataclass(frozen=True)
class Addressed:
    """Whom a letter of a day addresses, by keys: a person, in a post or in a body."""

    person_id: int | None
    post_id: int | None
    body_id: int | None
    on: date


def office_problems(
    session: Session,
    addressed: Sequence[Addressed],
    held: Mapping[int, Sequence[MembershipRow]] | None = None,
) -> list[str]:
    """For each a sentence if the person does not hold the post, or sit in the body, on the day; "" if all is
    well.

    Nothing is said of somebody of whom the directory knows no such post or seat at all. Args: held: posts and
        seats by person, where they have been read already.
    """
    if held is None:
        people = {one.person_id for one in addressed if one.person_id is not None}
        held = memberships_of(session, Membership.person_id, people)
    left = {n: row for n, one in enumerate(addressed) if (row := _left(one, held)) is not None}
    holders = _holders(session, left.values())
    people = {row.person_id for row in left.values()} | {
        m.person_id for found in holders.values() for m in found
    }
    names = {
        key: name
        for wanted in in_chunks(people)
        for key, name in session.execute(select(Person.id, Person.name).where(wanted(Person.id)))
    }
    said = [""] * len(addressed)
    for number, last in left.items():
        said[number] = _said(last, addressed[number].on, holders, names)
    return said


def _left(one: Addressed, held: Mapping[int, Sequence[MembershipRow]]) -> MembershipRow | None:
    """The post or seat that the person had or will have, but has not on the day; None if all is well."""
    relevant = [
        m
        for m in (held.get(one.person_id, ()) if one.person_id is not None else ())
        if (m.post_id == one.post_id if one.post_id else m.organization_id == one.body_id)
    ]
    if not relevant or any(covers(m.start_date, m.end_date, one.on) for m in relevant):
        return None
    if ended := [m for m in relevant if m.end_date and m.end_date < one.on.isoformat()]:
        return max(ended, key=lambda m: m.end_date or "")
    return min(relevant, key=lambda m: m.start_date or "")


_Seat = tuple[int | None, int | None, int | None]


def _seat(post_id: int | None, body_id: int | None, area_id: int | None) -> _Seat:
    """What only one person holds at a time: a post, or the seat of an area in a body."""
    return (post_id, None, None) if post_id else (None, body_id, area_id)


def _holders(session: Session, left: Iterable[MembershipRow]) -> dict[_Seat, list[Membership]]:
    """All who ever held the posts and the seats of areas that others left."""
    rows = list(left)
    posts = {row.post_id for row in rows if row.post_id}
    areas = {row.area_id for row in rows if not row.post_id and row.area_id}
    found: dict[_Seat, list[Membership]] = defaultdict(list)
    for wanted in in_chunks(posts):
        for held in session.scalars(
            select(Membership).where(wanted(Membership.post_id)).order_by(Membership.id)
        ):
            found[_seat(held.post_id, None, None)].append(held)
    for wanted in in_chunks(areas):
        for held in session.scalars(
            select(Membership).where(wanted(Membership.area_id)).order_by(Membership.id)
        ):
            found[_seat(None, held.organization_id, held.area_id)].append(held)
    return found


def _said(
    last: MembershipRow, on: date, holders: Mapping[_Seat, Sequence[Membership]], names: Mapping[int, str]
) -> str:
    name, office, locale = names.get(last.person_id, ""), last.label, locale_for("en")
    if last.end_date and last.end_date < on.isoformat():
        said = f"{name} held the office “{office}” until {date_in_words(last.end_date, locale)}"
    else:
        began = f" from {date_in_words(last.start_date, locale)}" if last.start_date else ""
        said = f"{name} holds the office “{office}” only{began}"
    return f"{said}, not on {date_in_words(on, locale)}. {_successor(last, on, holders, names)}"


def _successor(
    last: MembershipRow, on: date, holders: Mapping[_Seat, Sequence[Membership]], names: Mapping[int, str]
) -> str:
    if not (last.post_id or last.area_id):
        return ""
    now_there = {
        m.person_id
        for m in holders.get(_seat(last.post_id, last.organization_id, last.area_id), ())
        if m.person_id != last.person_id and covers(m.start_date, m.end_date, on)
    }
    found = sorted(names[key] for key in now_there if key in names)
    if not found:
        return "The directory does not say who holds it then."
    return f"{' and '.join(found)} {'hold' if len(found) > 1 else 'holds'} it then."
