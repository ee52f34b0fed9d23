"""The seats that a question means: bodies, places and parties, found by their names."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.references import folded
from outreach.errors import NotFoundError
from outreach.recipients.parse import US_STATES, Question
from outreach.store.models import (
    Area,
    Identifier,
    Membership,
    Organization,
    OtherName,
    Person,
)
from outreach.store.search import in_chunks


def seats_meant(session: Session, question: Question) -> list[tuple[int, int, str, str | None, str | None]]:
    """(person, body, role, start, end) of the seats that fit, on whatever day."""
    party = _bodies(session, question.party, parties=True) if question.party else None
    areas = _areas(session, question.place) if question.place else None
    query = (
        select(
            Membership.person_id,
            Membership.organization_id,
            Membership.role,
            Membership.start_date,
            Membership.end_date,
            Membership.on_behalf_of_id,
            Membership.area_id,
        )
        .join(Person, Person.id == Membership.person_id)
        .order_by(Membership.rank.nulls_last(), Person.family_name, Person.name)
    )
    wanted = None
    if question.body:
        wanted = _bodies(session, question.body)
        if question.chairs:
            query = query.where(Membership.role.ilike("%chair%"))
    chamber = (
        session.scalar(select(Organization.id).where(Organization.slug == question.kind))
        if question.kind
        else None
    )
    if question.kind and chamber is None:
        raise NotFoundError(
            "No such chamber is on file yet. Import its directory first with: outreach import"
        )
    first = wanted if wanted is not None else ([chamber] if chamber is not None else None)
    rows = [
        row
        for chunk in in_chunks(first)
        for row in session.execute(query.where(chunk(Membership.organization_id)))
    ]
    if wanted is not None and (chamber is not None or areas is not None or party is not None):
        # Members of a committee who also hold a seat of the kind, for the place, or of the party.
        seats = [
            row
            for chunk in in_chunks({r[0] for r in rows})
            for row in session.execute(query.where(chunk(Membership.person_id)))
        ]
        fitting = {
            r[0]
            for r in seats
            if (chamber is None or r[1] == chamber)
            and (areas is None or r[6] in areas)
            and (party is None or r[5] in party)
        }
        rows = [r for r in rows if r[0] in fitting]
    else:
        rows = [r for r in rows if (areas is None or r[6] in areas) and (party is None or r[5] in party)]
    return [(r[0], r[1], r[2], r[3], r[4]) for r in rows]


def _bodies(session: Session, wanted: str, *, parties: bool = False) -> list[int]:
    """Bodies by readable id, outside code or name. Raises: NotFoundError with the nearest names."""
    from rapidfuzz import process

    exact = list(session.scalars(select(Organization.id).where(Organization.slug == wanted.lower())))
    exact += session.scalars(
        select(Identifier.organization_id).where(
            Identifier.identifier == wanted.upper(), Identifier.organization_id.is_not(None)
        )
    )
    if exact:
        return [e for e in dict.fromkeys(exact) if e is not None]
    names: dict[int, list[str]] = {}
    rows = session.execute(select(Organization.id, Organization.name, Organization.classification))
    labels = {}
    for key, name, classification in rows:
        if parties == (classification in {"party", "political group"}):
            names[key] = [name]
            labels[key] = name
    for owner, other in session.execute(select(OtherName.organization_id, OtherName.name)):
        if owner in names:
            names[owner].append(other)
    text = folded(wanted)
    same = [k for k, all_ in names.items() if any(folded(n) == text for n in all_)]
    if same:
        return same
    words = text.split()
    like = [k for k, all_ in names.items() if any(all(w in folded(n) for w in words) for n in all_)]
    if len(like) == 1 or (parties and like):
        return like
    if like:
        some = "; ".join(sorted(labels[k] for k in like)[:5])
        raise NotFoundError(f"Several bodies fit “{wanted}”: {some}. Say more of the name.")
    near = [n for n, score, _ in process.extract(wanted, list(labels.values()), limit=3) if score > 60]
    hint = f" Did you mean {' or '.join(near)}?" if near else " Look at: outreach bodies list"
    raise NotFoundError(f"No {'party' if parties else 'body'} on file is called “{wanted}”.{hint}")


def _areas(session: Session, place: str) -> set[int]:
    """Areas of a name; for a US state its own seat and its districts."""
    text = folded(place)
    code = US_STATES.get(text, place.upper() if place.upper() in US_STATES.values() else "")
    found = set()
    for key, name, slug in session.execute(select(Area.id, Area.name, Area.slug)):
        if folded(name) == text or (code and (name == code or slug.startswith(f"us-{code.lower()}-"))):
            found.add(key)
    if not found:
        raise NotFoundError(
            f"No seat on file is for “{place}”. Write the state, country or constituency as on file."
        )
    return found
