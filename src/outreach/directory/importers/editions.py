"""Whether a file is an edition of a register that is on file: by its size, the names and seats
of its people, and its bodies.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.directory.importers.records import BY_NAME, NO_NAME, OWN, BodyRecord, PersonRecord, Record
from outreach.domain.names import any_order
from outreach.domain.wording import date_in_words, locale_for
from outreach.store.models import Identifier, Organization, OtherName, Person
from outreach.store.types import table_of

Batches = Callable[[], Iterator[list[Record]]]

# Of a list under another file's name, so many people must be the same, and so many are compared.
_STRANGERS, _SAMPLE = 3, 1_000
_ENOUGH = 0.8


@dataclass
class Content:
    """What a file holds, counted."""

    people: int = 0
    by_name: int = 0
    bodies: int = 0
    has_own: bool = False
    url: str = ""
    doubled: set[int] = field(default_factory=set)


@dataclass
class KnownRegister:
    """A register on file, and how far the new file agrees with it.

    common: ids in both. same: of these, with the same name. addressed: of these, with an e-mail address in
    the id.
    """

    scheme: str
    files: dict[str, str] = field(default_factory=dict)
    sources: set[int] = field(default_factory=set)
    urls: set[str] = field(default_factory=set)
    common: int = 0
    same: int = 0
    by_name_common: int = 0
    by_name_addressed: int = 0
    body_common: int = 0
    body_same: int = 0
    size: int = 0

    def imported(self, file: str) -> str:
        """The day on which this file, or the last one, was imported, in words."""
        day = self.files.get(file) or max(self.files.values(), default="")
        return date_in_words(day, locale_for("en")) if day else "an earlier day"

    @property
    def name(self) -> str:
        """As the user names it."""
        return self.scheme.partition(":")[2]


def _fingerprint(record: PersonRecord) -> str:
    """What a row says beside the name, as a mark: tells people of one name apart who have no id."""
    told = [
        record.birth_date,
        *(f"{c.type} {c.value}" for c in record.contacts),
        *(f"{t.role} {t.start} {t.area.name if t.area else ''} {t.party}" for t in record.terms),
    ]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]


def row_id(record: PersonRecord, doubled: Set[int]) -> str:
    """The id of a person's row in the file's register, "" for one of another register's.

    Where it is made from a name that stands for several rows, it holds what the row says beside the name.
    Args: doubled: as `Register.doubled`, of this run of the program only.
    """
    ref = record.identifiers[0] if record.identifiers else None
    if ref is None or not ref.is_own:
        return ""
    is_doubled = ref.scheme == BY_NAME and hash(ref.identifier) in doubled
    return f"{ref.identifier} {_fingerprint(record)}" if is_doubled else ref.identifier


def is_edition(k: KnownRegister, file: str, content: Content) -> bool:
    """Whether a file is a newer edition of a register, by what was counted of the two."""
    has_name = file in k.files
    if content.people and k.common:
        return k.same >= _ENOUGH * k.common and (has_name or k.same >= _STRANGERS)
    if content.url and content.url in k.urls:
        return True
    if not has_name:
        return False
    if content.by_name and not content.people:
        smaller = min(content.by_name, k.size)
        by_address = k.by_name_addressed and k.by_name_addressed >= 0.5 * smaller
        by_names = k.by_name_common >= 2 and k.by_name_common >= _ENOUGH * smaller
        return bool(by_address or by_names)
    if not (content.people and k.size):
        return bool(k.body_common) and k.body_same >= _ENOUGH * k.body_common
    return False


def compare(
    session: Session,
    known: dict[str, KnownRegister],
    file: str,
    batches: Iterable[list[Record]],
    doubled: Set[int],
) -> None:
    """Count for each register how many ids and names of the file agree with it."""
    sampled = 0
    for batch in batches:
        people = [
            r for r in batch if isinstance(r, PersonRecord) and r.identifiers and r.identifiers[0].is_own
        ]
        bodies = [r for r in batch if isinstance(r, BodyRecord) and r.name and r.identifiers]
        for k in known.values():
            if file not in k.files and sampled >= _SAMPLE:
                continue
            if people:
                _compare_people(session, k, people, doubled)
            if bodies:
                _compare_bodies(session, k, bodies)
        sampled += len(people)
    sizes = select(Identifier.scheme, func.count(func.distinct(Identifier.person_id))).where(
        Identifier.scheme.in_(list(known)), Identifier.person_id.is_not(None)
    )
    for scheme, size in session.execute(sizes.group_by(Identifier.scheme)):
        known[scheme].size = size


def _compare_people(
    session: Session, k: KnownRegister, records: list[PersonRecord], doubled: Set[int]
) -> None:
    ids = {r.identifier for record in records for r in record.formerly if r.is_own}
    ids |= {row_id(record, doubled) for record in records}
    person, identifier = table_of(Person), table_of(Identifier)
    names: dict[str, set[str]] = defaultdict(set)
    owners: dict[int, set[str]] = defaultdict(set)
    query = (
        select(identifier.c.identifier, person.c.id, person.c.name)
        .join(person, person.c.id == identifier.c.person_id)
        .where(identifier.c.scheme == k.scheme, identifier.c.identifier.in_(ids))
    )
    for found, owner, name in session.execute(query):
        owners[owner].add(found)
        if not name.startswith(NO_NAME):
            names[found].add(any_order(name))
    others = select(OtherName.person_id, OtherName.name).where(OtherName.person_id.in_(owners))
    for owner, name in session.execute(others):
        for found in owners[owner or 0]:
            names[found].add(any_order(name))
    for record in records:
        ref = record.identifiers[0]
        if ref.scheme != OWN:
            held = {row_id(record, doubled), *(r.identifier for r in record.formerly if r.is_own)}
            if any(any_order(record.name) in names[h] for h in held if h in names):
                k.by_name_common += 1
                k.by_name_addressed += "@" in ref.identifier
        elif record.name and ref.identifier in names:
            k.common += 1
            ours = {any_order(n) for n in (record.name, *record.other_names)}
            k.same += bool(ours & names[ref.identifier])


def _compare_bodies(session: Session, k: KnownRegister, records: list[BodyRecord]) -> None:
    body, identifier = table_of(Organization), table_of(Identifier)
    query = (
        select(identifier.c.identifier, body.c.name)
        .join(body, body.c.id == identifier.c.organization_id)
        .where(
            identifier.c.scheme == k.scheme,
            identifier.c.identifier.in_([r.identifiers[0].identifier for r in records]),
        )
    )
    names = {found: any_order(name) for found, name in session.execute(query)}
    for record in records:
        before = names.get(record.identifiers[0].identifier)
        if before is not None:
            k.body_common += 1
            k.body_same += before in {any_order(n) for n in (record.name, *record.other_names)}
