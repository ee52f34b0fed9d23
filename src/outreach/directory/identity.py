"""Who may be the same person twice; making two records one, and undoing that.

Outside ids decide in imports. Names only suggest, here, and a user decides.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from outreach.directory.lookup import find_record
from outreach.domain.references import folded
from outreach.errors import NotAllowedError, NotFoundError, UsageError
from outreach.store.changes import Changes
from outreach.store.models import (
    CaseParty,
    Citation,
    ContactDetail,
    Distinct,
    Fact,
    Identifier,
    Letter,
    Membership,
    Merge,
    OtherName,
    Person,
    Recipient,
)
from outreach.store.types import Base, now, table_of

LIKELY = 88.0
_LARGEST_BLOCK = 60
# Registers that give each person one id: two different ids mean two people.
_EXCLUSIVE = {"bioguide", "europarl", "uk-parliament", "parlparse", "wikidata"}
_KINDS = frozenset({"directory", "letters", "cases"})
# Where a person is named, and what makes two such rows the same.
_PLACES: tuple[tuple[type[Base], str, tuple[str, ...]], ...] = (
    (Membership, "person_id", ("organization_id", "post_id", "role", "start_date")),
    (OtherName, "person_id", ("name",)),
    (Identifier, "person_id", ("scheme", "identifier")),
    (ContactDetail, "person_id", ("type", "value")),
    (Citation, "person_id", ("source_id", "claim")),
    (CaseParty, "person_id", ("case_id", "role")),
    (Recipient, "person_id", ("campaign_id", "organization_id", "post_id")),
    (Letter, "person_id", ()),
    (Letter, "sender_person_id", ()),
    (Fact, "person_id", ()),
)
_TABLES = {table_of(model).name: table_of(model) for model, _, _ in _PLACES}
_SCALARS = (
    "given_name", "family_name", "honorific_prefix", "honorific_suffix", "gender", "birth_date", "death_date",
    "preferred_language", "summary",
)  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """Two people who may be one. score: 0 to 100. reason: why, in words."""

    first: str
    first_name: str
    second: str
    second_name: str
    score: float
    reason: str


@dataclass(frozen=True)
class MergeRow:
    """A merge that can be undone. at: an instant."""

    key: int
    kept: str
    gone: str
    at: Any


@dataclass
class _Someone:
    key: int
    slug: str
    name: str
    given: str
    family: str
    birth: str
    names: list[str]
    ids: dict[str, set[str]]


def duplicate_candidates(session: Session) -> tuple[Candidate, ...]:
    """All pairs of people whose names agree so far that they may be one, the likeliest first.

    Four statements.

    Names are compared without accents, in any order of their parts, with their other spellings and short
    forms of given names. People with different birth dates, or different ids of a register that gives each
    person one, are not compared, nor those whom a user has told apart.
    """
    people = _everyone(session)
    told_apart = {(d.first_id, d.second_id) for d in session.scalars(select(Distinct))}
    blocks: dict[str, set[int]] = defaultdict(set)
    for person in people.values():
        for key in _blocks(person):
            blocks[key].add(person.key)
    pairs: set[tuple[int, int]] = set()
    for block in blocks.values():
        if len(block) <= _LARGEST_BLOCK:
            pairs |= set(combinations(sorted(block), 2))
    found = []
    for first, second in pairs - told_apart:
        a, b = people[first], people[second]
        if _are_different(a, b):
            continue
        score, reason = _likeness(a, b)
        if score >= LIKELY:
            found.append(Candidate(a.slug, a.name, b.slug, b.name, round(score, 1), reason))
    return tuple(sorted(found, key=lambda c: (-c.score, c.first_name, c.first, c.second)))


def _everyone(session: Session) -> dict[int, _Someone]:
    from nameparser import HumanName

    people: dict[int, _Someone] = {}
    query = select(
        Person.id, Person.slug, Person.name, Person.given_name, Person.family_name, Person.birth_date
    )
    for key, slug, name, given, family, birth in session.execute(query):
        if not (given or family):
            parsed = HumanName(name)
            given, family = str(parsed.first), str(parsed.last)
        people[key] = _Someone(
            key, slug, name, folded(given), folded(family), birth or "", [name], defaultdict(set)
        )
    for owner, other in session.execute(select(OtherName.person_id, OtherName.name)):
        if owner in people:
            people[owner].names.append(other)
    for owner, scheme, identifier in session.execute(
        select(Identifier.person_id, Identifier.scheme, Identifier.identifier)
    ):
        if owner in people and scheme in _EXCLUSIVE:
            people[owner].ids[scheme].add(identifier)
    return people


def _blocks(person: _Someone) -> set[str]:
    """Keys under which likely doubles meet: the rarest part of a name, and all its parts in order."""
    keys = {f"f:{person.family}"} if person.family else set()
    for name in person.names:
        words = sorted(folded(name).replace(".", "").split())
        if len(words) > 1:
            keys.add("w:" + " ".join(words))
            keys.add(f"l:{max(words, key=len)}")
    return keys


def _are_different(a: _Someone, b: _Someone) -> bool:
    if a.birth and b.birth and not (a.birth.startswith(b.birth) or b.birth.startswith(a.birth)):
        return True
    return any(a.ids[s] and b.ids[s] and not a.ids[s] & b.ids[s] for s in a.ids.keys() & b.ids.keys())


def _likeness(a: _Someone, b: _Someone) -> tuple[float, str]:
    from rapidfuzz import fuzz

    best, said = 0.0, ""
    for one in a.names:
        for other in b.names:
            score = fuzz.token_sort_ratio(folded(one), folded(other))
            if score > best:
                best = score
                said = "the same name" if one == other else f"“{one}” and “{other}”"
    if a.family and a.family == b.family and best < LIKELY:
        first, second = a.given.split(), b.given.split()
        if (
            first
            and second
            and (first[0].startswith(second[0]) or second[0].startswith(first[0]))
            and min(len(first[0]), len(second[0])) > 1
        ):
            best, said = max(best, 89.0), f"“{a.name}” and “{b.name}”, one given name begins as the other"
    if a.birth and a.birth == b.birth and best >= LIKELY:
        best, said = min(100.0, best + 5), f"{said}, born on the same day"
    return best, said


def merge_people(session: Session, keep: str, gone: str) -> Changes:
    """Make two records of one person one; `undo_merge` takes it back.

    What only the one that goes has (offices, spellings, ids, contact details, sources, letters) moves to the
    one that stays; what is empty there is filled; its name is kept as another spelling. A recipient that both
    are is one from then on. Approved letters move too: their guard lets them follow a merge on record, and
    their hash knows of it.

    Args: keep, gone: readable ids. Returns: Changes whose ref is the merge's number.
    Raises: NotFoundError; UsageError for a person and themself.
    """
    kept, other = find_record(session, Person, keep), find_record(session, Person, gone)
    if kept.id == other.id:
        raise UsageError("This is one record already. Choose two.")
    moved: list[list[Any]] = []
    doubles: list[int] = []
    for model, column, same_by in _PLACES:
        table = table_of(model)
        there = {
            tuple(row[field] for field in same_by)
            for row in session.execute(select(table).where(table.c[column] == kept.id)).mappings()
        }
        for row in session.execute(select(table).where(table.c[column] == other.id)).mappings():
            if not same_by or tuple(row[field] for field in same_by) not in there:
                moved.append([table.name, column, row["id"]])
            elif model is Recipient and row["deleted_at"] is None:
                doubles.append(row["id"])
    # On record before anything moves: the guard of approved letters asks for it.
    merge = Merge(kept_id=kept.id, gone_id=other.id, at=now(), moved={"rows": moved})
    session.add(merge)
    session.flush()
    for name, column, row_id in moved:
        table = _TABLES[name]
        session.execute(update(table).where(table.c.id == row_id).values({column: kept.id}))
    recipient = table_of(Recipient)
    session.execute(update(recipient).where(recipient.c.id.in_(doubles)).values(deleted_at=now()))
    filled = {}
    for field in _SCALARS:
        if not getattr(kept, field) and getattr(other, field):
            filled[field] = getattr(kept, field)
            setattr(kept, field, getattr(other, field))
    spelling = None
    names = {kept.name, *session.scalars(select(OtherName.name).where(OtherName.person_id == kept.id))}
    if other.name not in names:
        added = OtherName(
            person_id=kept.id, name=other.name, note="the name of a record merged into this one"
        )
        session.add(added)
        session.flush()
        spelling = added.id
    other.deleted_at = now()
    merge.moved = {"rows": moved, "filled": filled, "spelling": spelling, "doubles": doubles}
    session.flush()
    return Changes(_KINDS, f"{other.name} was merged into {kept.name}.", (str(merge.id),))


def undo_merge(session: Session, key: int) -> Changes:
    """Make two records of one again, as they were.

    Raises: NotFoundError if it is undone already; NotAllowedError while a later merge has taken away what
        this one moved.
    """
    merge = session.get(Merge, key)
    if merge is None or merge.undone_at is not None:
        raise NotFoundError("This merge was undone already, or never made.")
    later = session.scalar(select(Merge.id).where(Merge.gone_id == merge.kept_id, Merge.undone_at.is_(None)))
    if later is not None:
        raise NotAllowedError(
            f"The record that was kept has been merged into another since. Undo merge {later} first."
        )
    for name, column, row in merge.moved["rows"]:
        table = _TABLES[name]
        session.execute(
            update(table)
            .where(table.c.id == row, table.c[column] == merge.kept_id)
            .values({column: merge.gone_id})
        )
    recipient = table_of(Recipient)
    doubles = merge.moved.get("doubles", ())
    session.execute(update(recipient).where(recipient.c.id.in_(doubles)).values(deleted_at=None))
    kept = session.get_one(Person, merge.kept_id)
    other = session.get(Person, merge.gone_id, execution_options={"include_deleted": True})
    for field, value in merge.moved["filled"].items():
        if other is not None and getattr(kept, field) == getattr(other, field):
            setattr(kept, field, value)
    spelling = session.get(OtherName, merge.moved["spelling"]) if merge.moved["spelling"] else None
    if spelling is not None:
        session.delete(spelling)
    if other is not None:
        other.deleted_at = None
    merge.undone_at = now()
    return Changes(_KINDS, f"{other.name if other else 'The record'} is a record of its own again.")


def merges_list(session: Session) -> tuple[MergeRow, ...]:
    """Merges that can be undone, the newest first."""
    rows = session.scalars(select(Merge).where(Merge.undone_at.is_(None)).order_by(Merge.id.desc()))
    people = table_of(Person)
    names = {row[0]: str(row[1]) for row in session.execute(select(people.c.id, people.c.name))}
    return tuple(MergeRow(m.id, names.get(m.kept_id, ""), names.get(m.gone_id, ""), m.at) for m in rows)


def not_told_apart(session: Session, first: str, second: str) -> Changes:
    """Undo `tell_apart`: the two may be suggested again. Raises: NotFoundError."""
    a, b = sorted(find_record(session, Person, x).id for x in (first, second))
    session.execute(delete(Distinct).where(Distinct.first_id == a, Distinct.second_id == b))
    return Changes(frozenset({"directory"}), "No longer noted as two people.")


def tell_apart(session: Session, first: str, second: str) -> Changes:
    """Note that two people of like names are two; they are not suggested again. Raises: NotFoundError."""
    a, b = sorted(find_record(session, Person, x).id for x in (first, second))
    if session.scalar(select(Distinct).where(Distinct.first_id == a, Distinct.second_id == b)) is None:
        session.add(Distinct(first_id=a, second_id=b))
    return Changes(frozenset({"directory"}), "Noted as two people.")
