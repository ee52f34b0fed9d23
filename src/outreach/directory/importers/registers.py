"""Which register the ids of a file belong to: files of one name are told apart by what is in them.

Public registers are known by their scheme. The numbers of any other list (a table, a Popolo file, address
cards without ids for the whole world) mean something in that list only. A file is taken as a newer edition of
a list only where enough of its ids carry the names that they carried before; in doubt it is another list, and
the report says which was decided.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.directory.importers.editions import Batches, Content, KnownRegister, compare, is_edition
from outreach.directory.importers.records import OWN, BodyRecord, ImportReport, Origin, PersonRecord, Record
from outreach.domain.references import cut, slug
from outreach.store.models import Identifier, Source

_DATASET_LENGTH = 40


@dataclass(frozen=True)
class Register:
    """What a file's own ids belong to.

    scheme: of its ids in the database. dataset: of its sources. sources: their ids, older versions' too.
    doubled: hashes of the ids made from names that stand for several rows of the file, and so for nobody.
    url: where the file says that it comes from.
    """

    scheme: str
    dataset: str
    sources: frozenset[int] = frozenset()
    doubled: frozenset[int] = frozenset()
    url: str = ""


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

    Args: family: the format's data set, such as csv. batches: gives the records of the file, as often as
        asked. named: what the user calls the list, "" to look at what is in it.
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


def _content_of(batches: Iterable[list[Record]]) -> Content:
    content, seen = Content(), set()
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


def _known_registers(session: Session, family: str) -> dict[str, KnownRegister]:
    """The registers of a format by scheme, with the files that they came from."""
    known: dict[str, KnownRegister] = {}
    of_files: dict[tuple[str, str], set[str]] = defaultdict(set)
    rows = session.execute(
        select(Identifier.scheme, Source.dataset, Source.file_name)
        .outerjoin(Source, Source.id == Identifier.source_id)
        .where(Identifier.scheme.like(f"{family}:%"))
        .distinct()
    )
    for scheme, dataset, file in rows:
        known.setdefault(scheme, KnownRegister(scheme))
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
    session: Session, known: dict[str, KnownRegister], file: str, sha256: str, family: str
) -> KnownRegister | None:
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
    known: dict[str, KnownRegister],
    file: str,
    content: Content,
    batches: Batches,
    report: ImportReport,
) -> KnownRegister | None:
    """The register that the file is a newer edition of, None for a list of its own."""
    if not known:
        return None
    compare(session, known, file, batches(), content.doubled)
    found = [k for k in known.values() if is_edition(k, file, content)]
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


def _tell_apart(
    known: dict[str, KnownRegister], file: str, scheme: str, content: Content, report: ImportReport
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
        f"It is the data set “{scheme.partition(':')[2]}”; if it is a newer edition, import it as the data "
        f"set “{latest.name}”."
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
            f"{file} holds the same as {before.file_name}, which was imported before, and is taken as "
            "another list, so everybody stands twice. If it is the same list, import it as the data set "
            f"“{(before.dataset or '').partition(':')[2]}” instead."
        )


def _free_scheme(wanted: str, known: dict[str, KnownRegister]) -> str:
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
    session: Session, family: str, scheme: str, chosen: KnownRegister | None, content: Content
) -> Register:
    dataset = dataset_of(scheme)
    sources = set(chosen.sources) if chosen else set()
    sources |= set(session.scalars(select(Source.id).where(Source.dataset == dataset)))
    return Register(scheme, dataset, frozenset(sources), frozenset(content.doubled), content.url)
