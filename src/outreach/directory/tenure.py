"""Whether whom a letter addresses holds the office on its date, and if not, who does."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.directory.people import MembershipRow, memberships_of
from outreach.domain.partial_dates import covers
from outreach.domain.wording import date_in_words, locale_for
from outreach.store.models import Membership, Organization, Person, Post


def office_problem(
    session: Session, *, person_id: int | None, post_id: int | None, body_id: int | None, on: date
) -> str:
    """A sentence if a person does not hold the post, or sit in the body, on a day; "" if all is well.

    Nothing is said of somebody of whom the directory knows no such post or seat at all.
    """
    if person_id is None:
        return ""
    held = memberships_of(session, Membership.person_id, [person_id]).get(person_id, [])
    relevant = [m for m in held if (m.post_id == post_id if post_id else m.organization_id == body_id)]
    if not relevant or any(covers(m.start_date, m.end_date, on) for m in relevant):
        return ""
    name = session.scalar(select(Person.name).where(Person.id == person_id)) or ""
    ended = [m for m in relevant if m.end_date and m.end_date < on.isoformat()]
    last = (
        max(ended, key=lambda m: m.end_date or "")
        if ended
        else min(relevant, key=lambda m: m.start_date or "")
    )
    office = last.label
    locale = locale_for("en")
    if last.end_date and last.end_date < on.isoformat():
        said = f"{name} held the office “{office}” until {date_in_words(last.end_date, locale)}"
    else:
        began = f" from {date_in_words(last.start_date, locale)}" if last.start_date else ""
        said = f"{name} holds the office “{office}” only{began}"
    return f"{said}, not on {date_in_words(on, locale)}. {_successor(session, last, on)}"


def _successor(session: Session, last: MembershipRow, on: date) -> str:
    if last.post_id:
        query = select(Membership).where(Membership.post_id == last.post_id)
    elif last.area_id:
        query = select(Membership).where(
            Membership.organization_id == last.organization_id, Membership.area_id == last.area_id
        )
    else:
        return ""
    holders = [
        m.person_id
        for m in session.scalars(query)
        if m.person_id != last.person_id and covers(m.start_date, m.end_date, on)
    ]
    names = list(session.scalars(select(Person.name).where(Person.id.in_(holders)).order_by(Person.name)))
    if not names:
        return "The directory does not say who holds it then."
    return f"{' and '.join(names)} {'hold' if len(names) > 1 else 'holds'} it then."


def keys_of(
    session: Session, *, person: str, post: str, body: str
) -> tuple[int | None, int | None, int | None]:
    """Ids in the database of a person, post and body by their readable ids; None for an empty one."""

    def key(model: type[Person] | type[Post] | type[Organization], slug: str) -> int | None:
        return session.scalar(select(model.id).where(model.slug == slug)) if slug else None

    return key(Person, person), key(Post, post), key(Organization, body)
