"""Which register the ids of a file belong to: files of one name are told apart by what is in them.

Public registers are known by their scheme. The numbers of any other list (a table, a Popolo file, address cards
without ids for the whole world) mean something in that list only. A file is taken as a newer edition of a list
only where enough of its ids carry the names that they carried before; in doubt it is another list, and the report
says which was decided.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from pathlib import PurePath

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.directory.importers.records import (
    BY_NAME,
    NO_NAME,
    OWN,
    BodyRecord,
    ImportReport,
    Origin,
    PersonRecord,
    Record,
)
from outreach.domain.names import any_order
from outreach.domain.references import cut, slug
from outreach.domain.wording import date_in_words, locale_for
from outreach.store.models import Identifier, Organization, OtherName, Person, Source
from outreach.store.types import table_of

Batches = Callable[[], Iterator[list[Record]]]

_ENOUGH = 0.8
# Of a list under another file's name, so many people must be the same, and so many are compared.
_STRANGERS, _SAMPLE = 3, 1_000
_DATASET_LENGTH = 40


@dataclass(frozen=True)
class Register:
    """What a file's own ids belong to.

    scheme: of its ids in the database. dataset: of its sources. sources: their ids, older versions' too. doubled:
    hashes of the ids made from names that stand for several rows of the file, and so for nobody. url: where the
    file says that it comes from.
    """

    scheme: str
    dataset: str
    sources: frozenset[int] = frozenset()
    doubled: frozenset[int] = frozenset()
    url: str = ""


@dataclass
class _Content:
    """What a file holds, counted."""

    people: int = 0
    by_name: int = 0
    bodies: int = 0
    has_own: bool = False
    url: str = ""
    doubled: set[int] = field(default_factory=set)


@dataclass
class _Known:
    """A register on file, and how far the new file agrees with it.

    common: ids in both. same: of these, with the same name. addressed: of these, with an e-mail address in the id.
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


def find_register(
    session: Session,
    family: str,
    file: str,
    sha256: str,
    batches: Batches,
    report: ImportReport,
    *,
    named: str = "",
) -> Register:
    """Which register a file's own ids belong to.

    Args: family: the format's data set, such as csv. batches: gives the records of the file, as often as asked.
        named: what the user calls the list, "" to look at what is in it.
    Returns: the register; for a file that has no ids of its own, the format's.
    """
    content = _content_of(batches())
    if not content.has_own:
        if named:
            report.decided.append(f"{file} has ids of public registers only; no data set was needed.")
        return _format_register(session, family, content.url)
    known = _known_registers(session, family)
    if named:
        scheme = f"{family}:{slug(named.removeprefix(f'{family}:'))}"
        chosen = known.get(scheme)
        return _register(session, family, scheme, chosen, content)
    chosen = _same_file(session, known, file, sha256, family) or _edition(
        session, known, file, content, batches, report
    )
    scheme = chosen.scheme if chosen else _free_scheme(f"{family}:{slug(PurePath(file).stem)}", known)
    if chosen is None:
        _tell_apart(known, file, scheme, content, report)
        _tell_same_bytes(session, file, sha256, family, report)
    return _register(session, family, scheme, chosen, content)


def _content_of(batches: Iterable[list[Record]]) -> _Content:
    content, seen = _Content(), set()
    for batch in batches:
        for record in batch:
            if isinstance(record, Origin):
                content.url = record.url
            elif isinstance(record, PersonRecord) and record.identifiers:
                ref = record.identifiers[0]
                if not ref.is_own:
                    continue
                content.has_own = True
                if ref.scheme == OWN:
                    content.people += record.is_whole
                    continue
                content.by_name += 1
                mark = hash(ref.identifier)
                if mark in seen:
                    content.doubled.add(mark)
                seen.add(mark)
            elif isinstance(record, BodyRecord) and record.identifiers:
                content.bodies += 1
                content.has_own |= record.identifiers[0].is_own
    return content


def _format_register(session: Session, family: str, url: str) -> Register:
    sources = session.scalars(select(Source.id).where(Source.dataset == family))
    return Register("", family, frozenset(sources), url=url)


def _known_registers(session: Session, family: str) -> dict[str, _Known]:
    """The registers of a format by scheme, with the files that they came from."""
    known: dict[str, _Known] = {}
    of_files: dict[tuple[str, str], set[str]] = defaultdict(set)
    rows = session.execute(
        select(Identifier.scheme, Source.dataset, Source.file_name)
        .outerjoin(Source, Source.id == Identifier.source_id)
        .where(Identifier.scheme.like(f"{family}:%"))
        .distinct()
    )
    for scheme, dataset, file in rows:
        known.setdefault(scheme, _Known(scheme))
        of_files[(dataset or "", file or "")].add(scheme)
    datasets = {dataset_of(scheme): scheme for scheme in known}
    sources = select(Source.id, Source.dataset, Source.file_name, Source.published_on, Source.url).where(
        Source.dataset.like(f"{family}:%") | (Source.dataset == family)
    )
    for key, dataset, file, day, url in session.execute(sources):
        # Older versions kept the format alone with a file, so that its name tells which list it was.
        schemes = {datasets[dataset]} if dataset in datasets else of_files.get((dataset, file), set())
        for scheme in schemes:
            one = known[scheme]
            one.sources.add(key)
            one.files[file] = max(one.files.get(file, ""), day or "")
            if url:
                one.urls.add(url)
    return known


def _same_file(
    session: Session, known: dict[str, _Known], file: str, sha256: str, family: str
) -> _Known | None:
    """The register that this very file was imported into before."""
    found = set(
        session.scalars(
            select(Source.id).where(
                Source.sha256 == sha256,
                Source.file_name == file,
                Source.dataset.like(f"{family}:%") | (Source.dataset == family),
            )
        )
    )
    return next((k for k in known.values() if k.sources & found), None)


def _edition(
    session: Session,
    known: dict[str, _Known],
    file: str,
    content: _Content,
    batches: Batches,
    report: ImportReport,
) -> _Known | None:
    """The register that the file is a newer edition of, None for a list of its own."""
    if not known:
        return None
    _compare(session, known, file, batches(), content.doubled)
    found = [k for k in known.values() if _is_edition(k, file, content)]
    if not found:
        return None
    best = max(
        found, key=lambda k: (k.same + k.by_name_common, k.body_same, max(k.files.values(), default=""))
    )
    before = file if file in best.files else next(iter(best.files), best.name)
    report.decided.append(
        f"{file} is taken as a newer edition of {before}, imported on {best.imported(before)} "
        f"(data set “{best.name}”). If it is another list, give it a data set of its own name."
    )
    return best


def _is_edition(k: _Known, file: str, content: _Content) -> bool:
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


def _compare(
    session: Session, known: dict[str, _Known], file: str, batches: Iterable[list[Record]], doubled: Set[int]
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


def _compare_people(session: Session, k: _Known, records: list[PersonRecord], doubled: Set[int]) -> None:
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


def _compare_bodies(session: Session, k: _Known, records: list[BodyRecord]) -> None:
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


def _tell_apart(
    known: dict[str, _Known], file: str, scheme: str, content: _Content, report: ImportReport
) -> None:
    """Say that a file is another list than one of its name."""
    namesakes = [k for k in known.values() if file in k.files]
    if not namesakes:
        return
    latest = max(namesakes, key=lambda k: (k.common, k.files[file]))
    common = latest.common or latest.by_name_common
    same = latest.same if latest.common else latest.by_name_common
    why = (
        f"of {common:,} ids in common {same:,} carry the same name" if common else "they have no id in common"
    )
    report.decided.append(
        f"{file} is taken as another list than the {file} imported on {latest.imported(file)}: {why}. "
        f"It is the data set “{scheme.partition(':')[2]}”; if it is a newer edition, import it as the data set “{latest.name}”."
    )


def _tell_same_bytes(session: Session, file: str, sha256: str, family: str, report: ImportReport) -> None:
    """Say that the same bytes were imported under another name: nobody is taken for one by name alone."""
    before = session.execute(
        select(Source.file_name, Source.dataset).where(
            Source.sha256 == sha256,
            Source.file_name != file,
            Source.dataset.like(f"{family}:%") | (Source.dataset == family),
        )
    ).first()
    if before is not None:
        report.decided.append(
            f"{file} holds the same as {before.file_name}, which was imported before, and is taken as another list, so everybody "
            f"stands twice. If it is the same list, import it as the data set “{(before.dataset or '').partition(':')[2]}” instead."
        )


def _free_scheme(wanted: str, known: dict[str, _Known]) -> str:
    taken = set(known) | {dataset_of(scheme) for scheme in known}
    scheme, number = wanted, 1
    while scheme in taken or dataset_of(scheme) in taken:
        number += 1
        scheme = f"{wanted}-{number}"
    return scheme


def dataset_of(scheme: str) -> str:
    """The name of a register as a source's data set has it."""
    return cut(scheme, _DATASET_LENGTH)


def _register(
    session: Session, family: str, scheme: str, chosen: _Known | None, content: _Content
) -> Register:
    dataset = dataset_of(scheme)
    sources = set(chosen.sources) if chosen else set()
    sources |= set(session.scalars(select(Source.id).where(Source.dataset == dataset)))
    return Register(scheme, dataset, frozenset(sources), frozenset(content.doubled), content.url)
