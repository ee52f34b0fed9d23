"""Importing files: one transaction for all of them, with progress, a dry run, and a report."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from outreach.directory.importers.apply import Applier
from outreach.directory.importers.congress import read_committees, read_legislators
from outreach.directory.importers.reading import refuse_size, sha256_of
from outreach.directory.importers.records import (
    BodyRecord,
    Contact,
    CurrentMembers,
    ImportReport,
    PersonRecord,
    PostRecord,
    Problem,
    Record,
)
from outreach.directory.importers.tables import read_csv, read_europarl_csv, read_uk_mps
from outreach.directory.importers.trees import (
    read_europarl_xml,
    read_popolo,
    read_uk_members,
    read_vcards,
)
from outreach.domain.email_address import parsed_address, several_addresses
from outreach.errors import CancelledError, ImportFileError, OutreachError, UsageError
from outreach.files import os_error
from outreach.store.changes import Changes
from outreach.store.database import Database

CHUNK = 300
Progress = Callable[[int, int], bool]


@dataclass(frozen=True)
class ImportOptions:
    """Choices that some formats have. term: of the European Parliament. mapping, body: of any CSV.

    today: the day that lists of who sits now are current on.
    """

    term: int | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    today: date = field(default_factory=date.today)


@dataclass(frozen=True)
class Format:
    """A format. dataset: files of one data set may update and end what another of them said."""

    title: str
    dataset: str
    read: Callable[[Path, ImportOptions], Iterator[Record]]
    endings: tuple[str, ...]


FORMATS: dict[str, Format] = {
    "congress": Format(
        "US Congress: legislators (YAML)", "congress", lambda p, o: read_legislators(p), (".yaml", ".yml")
    ),
    "congress-committees": Format(
        "US Congress: committees or their members (YAML)",
        "congress",
        lambda p, o: read_committees(p, today=o.today),
        (".yaml", ".yml"),
    ),
    "europarl-csv": Format(
        "European Parliament: Members of one term (CSV)",
        "europarl",
        lambda p, o: read_europarl_csv(p, term=o.term),
        (".csv",),
    ),
    "europarl-xml": Format(
        "European Parliament: Members now (XML)",
        "europarl",
        lambda p, o: read_europarl_xml(p, term=o.term),
        (".xml",),
    ),
    "uk-mps-csv": Format("UK Parliament: MPs (CSV)", "uk-parliament", lambda p, o: read_uk_mps(p), (".csv",)),
    "uk-members-json": Format(
        "UK Parliament: Members API (JSON)", "uk-parliament", lambda p, o: read_uk_members(p), (".json",)
    ),
    "popolo": Format("Popolo (JSON)", "popolo", lambda p, o: read_popolo(p), (".json",)),
    "csv": Format(
        "Any table of people (CSV)",
        "csv",
        lambda p, o: read_csv(p, mapping=o.mapping or None, body=o.body),
        (".csv", ".tsv", ".txt"),
    ),
    "vcard": Format("Address cards (vCard)", "vcard", lambda p, o: read_vcards(p), (".vcf", ".vcard")),
}


class _DryRunError(Exception):
    """Raised to undo the transaction of a dry run."""


def import_files(
    database: Database,
    format_: str,
    paths: Sequence[Path],
    *,
    options: ImportOptions | None = None,
    dry_run: bool = False,
    progress: Progress = lambda done, total: True,
) -> ImportReport:
    """Import files into the directory, all of them or, on an error, none.

    Args: format_: a key of FORMATS. dry_run: say what would be done, and do nothing. progress: told
        roughly how far it is, by the rows read so far; returns False to stop.
    Returns: what was added, changed, found unchanged and skipped, with row and reason.
    Raises: UsageError for an unknown format; ImportFileError for a file that cannot be read as one;
        CancelledError. The database is then as it was.
    """
    if format_ not in FORMATS:
        raise UsageError(f"There is no format “{format_}”. Choose from: {', '.join(FORMATS)}.")
    chosen, options = FORMATS[format_], options or ImportOptions()
    report = ImportReport(is_dry_run=dry_run)
    try:
        with database.write() as session:
            for number, path in enumerate(paths):
                _one(session, chosen, path, options, report, progress, number, len(paths))
            if dry_run:
                raise _DryRunError
    except _DryRunError:
        pass
    return report


def changes_of(report: ImportReport) -> Changes:
    """The report as the window's pages need it."""
    return Changes(frozenset({"directory", "letters"}) if report.has_changes else frozenset(), report.summary)


def _one(
    session: Session,
    chosen: Format,
    path: Path,
    options: ImportOptions,
    report: ImportReport,
    progress: Progress,
    number: int,
    files: int,
) -> None:
    try:
        if path.is_dir():
            raise ImportFileError(f"{path} is a folder. Name a file.")
        if not path.exists():
            raise ImportFileError(f"{path} cannot be read: there is no such file.")
        refuse_size(path)
        digest = sha256_of(path)
        applier = Applier(
            session,
            report,
            dataset=chosen.dataset,
            file_name=path.name,
            sha256=digest,
            today=options.today,
        )
        rows = 0
        for batch in _batches(chosen.read(path, options), report, path.name):
            rows += len(batch)
            if not progress(number * 1000 + min(999, rows // 10), files * 1000):
                raise CancelledError("The import was stopped; nothing was changed.")
            _apply(applier, batch)
        applier.finish()
    except OSError as error:
        raise os_error(error, path) from error
    except RecursionError as error:
        raise ImportFileError(f"{path.name} is nested too deeply. Nothing was imported.") from error
    except MemoryError as error:
        raise OutreachError(
            f"{path.name} is too large for this machine’s memory. Split it and try again."
        ) from error


def _batches(records: Iterator[Record], report: ImportReport, file: str) -> Iterator[list[Record]]:
    """Records of one kind together, in the order of the file, at most CHUNK at a time; problems are noted."""
    batch: list[Record] = []
    for record in records:
        if isinstance(record, Problem):
            report.problem(file, record)
            continue
        if isinstance(record, PersonRecord | BodyRecord) and any(c.type == "email" for c in record.contacts):
            record = _with_addresses(record, report, file)
        if batch and (type(batch[0]) is not type(record) or len(batch) >= CHUNK):
            yield batch
            batch = []
        batch.append(record)
    if batch:
        yield batch


def _with_addresses(
    record: PersonRecord | BodyRecord, report: ImportReport, file: str
) -> PersonRecord | BodyRecord:
    """A record whose e-mail addresses were looked at: several in one field are parted, and what is none is kept and noted."""
    contacts: list[Contact] = []
    for contact in record.contacts:
        value = contact.value.strip().removeprefix("mailto:")
        if contact.type != "email" or parsed_address(value):
            contacts.append(replace(contact, value=value) if contact.type == "email" else contact)
            continue
        parts = several_addresses(value)
        contacts += [replace(contact, value=x) for x in parts or [value]]
        said = (
            f"“{value[:60]}” holds {len(parts)} e-mail addresses; each is kept by itself"
            if parts
            else f"“{value[:60]}” is no e-mail address; it is kept as it stands, and no letter goes to it until it is corrected"
        )
        report.problem(file, Problem(record.row, f"{record.name}: {said}", is_skipped=False))
    return replace(record, contacts=tuple(dict.fromkeys(contacts)))


def _apply(applier: Applier, batch: list[Record]) -> None:
    bodies = [r for r in batch if isinstance(r, BodyRecord)]
    posts = [r for r in batch if isinstance(r, PostRecord)]
    people = [r for r in batch if isinstance(r, PersonRecord)]
    sitting = [r for r in batch if isinstance(r, CurrentMembers)]
    if bodies:
        applier.bodies(bodies)
    if posts:
        applier.posts(posts)
    if people:
        applier.people(people)
    if sitting:
        applier.current_members(sitting)
