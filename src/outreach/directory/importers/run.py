"""Importing files: all are read first, then applied in one transaction.

With progress, a dry run, and a report.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from outreach.directory.importers.apply import Applier
from outreach.directory.importers.congress import read_committees, read_legislators
from outreach.directory.importers.european_parliament import read_europarl_csv, read_europarl_xml
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
from outreach.directory.importers.registers import find_register
from outreach.directory.importers.spool import CHUNK, Spool
from outreach.directory.importers.tables import read_csv, read_uk_mps
from outreach.directory.importers.trees import read_popolo, read_uk_members
from outreach.directory.importers.vcards import read_vcards
from outreach.domain.email_address import parsed_address, several_addresses
from outreach.errors import CancelledError, ImportFileError, OutreachError, UsageError
from outreach.files import os_error
from outreach.store.changes import Changes
from outreach.store.database import Database

Progress = Callable[[int, int], bool]
_LONGEST_NAME = 500


@dataclass(frozen=True)
class ImportOptions:
    """Choices that some formats have. term: of the European Parliament. mapping, body: of any CSV.

    today: the day that lists of who sits now are current on. dataset: what the user calls the list that the
    files are editions of, "" to find out by what is in them; for formats whose ids are the list's own.
    """

    term: int | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    today: date = field(default_factory=date.today)
    dataset: str = ""


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

    The files are read and understood before the database is touched, so that others can write meanwhile; what
    they hold is then applied in one short transaction.

    Args: format_: a key of FORMATS. dry_run: say what would be done, and do nothing. progress: told
        roughly how far it is, first with the reading, then with the writing; returns False to stop.
    Returns: what was added, changed, found unchanged and skipped, with row and reason.
    Raises: UsageError for an unknown format; ImportFileError for a file that cannot be read as one;
        CancelledError. The database is then as it was.
    """
    if format_ not in FORMATS:
        raise UsageError(f"There is no format “{format_}”. Choose from: {', '.join(FORMATS)}.")
    chosen, options = FORMATS[format_], options or ImportOptions()
    report = ImportReport(is_dry_run=dry_run)
    steps = _Steps(progress, len(paths))
    with contextlib.ExitStack() as stack:
        read = [_read(stack.enter_context(Spool()), chosen, path, options, steps) for path in paths]
        steps.total_batches = sum(r.spool.batches_count for r in read)
        try:
            with database.write() as session:
                for one in read:
                    _apply_file(session, chosen, one, options, report, steps)
                if dry_run:
                    raise _DryRunError
        except _DryRunError:
            pass
    return report


@dataclass(frozen=True)
class _ReadFile:
    """A file that was read, with what it holds."""

    name: str
    sha256: str
    spool: Spool


@dataclass
class _Steps:
    """How far an import is: the first half is reading, the second writing."""

    progress: Progress
    files: int
    files_done: int = 0
    batches_done: int = 0
    total_batches: int = 0

    def read(self, rows: int) -> None:
        """Told after some rows of the file that is being read. Raises: CancelledError."""
        self._tell(self.files_done * 1000 + min(999, rows // 10))

    def applied(self) -> None:
        """Told before each batch is written. Raises: CancelledError."""
        self._tell(self.files * 1000 + self.files * 1000 * self.batches_done // max(1, self.total_batches))
        self.batches_done += 1

    def _tell(self, done: int) -> None:
        if not self.progress(done, self.files * 2000):
            raise CancelledError("The import was stopped; nothing was changed.")


def changes_of(report: ImportReport) -> Changes:
    """The report as the window's pages need it."""
    return Changes(frozenset({"directory", "letters"}) if report.has_changes else frozenset(), report.summary)


def _read(spool: Spool, chosen: Format, path: Path, options: ImportOptions, steps: _Steps) -> _ReadFile:
    """Read a file to its end. Raises: ImportFileError, OutreachError, CancelledError."""
    try:
        if path.is_dir():
            raise ImportFileError(f"{path} is a folder. Name a file.")
        if not path.exists():
            raise ImportFileError(f"{path} cannot be read: there is no such file.")
        refuse_size(path)
        digest = sha256_of(path)
        steps.read(0)
        for rows, record in enumerate(chosen.read(path, options), start=1):
            for sound in _with_addresses(_sound(record)):
                spool.put(sound)
            if rows % CHUNK == 0:
                steps.read(rows)
        spool.flush()
        steps.files_done += 1
        return _ReadFile(path.name, digest, spool)
    except OSError as error:
        raise os_error(error, path) from error
    except RecursionError as error:
        raise ImportFileError(f"{path.name} is nested too deeply. Nothing was imported.") from error
    except MemoryError as error:
        raise OutreachError(
            f"{path.name} is too large for this machine’s memory. Split it and try again."
        ) from error


def _with_addresses(record: Record) -> Iterator[Record]:
    """What is wrong with a record's e-mail addresses, then the record: several in one field are parted, and
    what is none is kept as it stands."""
    if not isinstance(record, PersonRecord | BodyRecord) or all(c.type != "email" for c in record.contacts):
        yield record
        return
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
            else (
                f"“{value[:60]}” is no e-mail address; it is kept as it stands, and no letter goes to it "
                "until it is corrected"
            )
        )
        yield Problem(record.row, f"{record.name}: {said}", is_skipped=False)
    yield replace(record, contacts=tuple(dict.fromkeys(contacts)))


def _sound(record: Record) -> Record:
    """The record, or what is wrong with it: nobody has a name or an id of a page’s length."""
    if isinstance(record, PersonRecord | BodyRecord):
        name = record.name or (record.placeholder if isinstance(record, PersonRecord) else "")
        if len(name) > _LONGEST_NAME:
            return Problem(record.row, f"“{name[:40]}…” is too long for a name ({len(name):,} characters)")
        if any(len(ref.identifier) > _LONGEST_NAME for ref in record.identifiers):
            return Problem(record.row, f"{name}: has an id that is too long to be one")
    return record


def _apply_file(
    session: Session,
    chosen: Format,
    file: _ReadFile,
    options: ImportOptions,
    report: ImportReport,
    steps: _Steps,
) -> None:
    register = find_register(
        session, chosen.dataset, file.name, file.sha256, file.spool.batches, report, named=options.dataset
    )
    applier = Applier(
        session, report, register=register, file_name=file.name, sha256=file.sha256, today=options.today
    )
    for batch in file.spool.batches():
        steps.applied()
        _apply(applier, batch, report, file.name)
    applier.finish()


def _apply(applier: Applier, batch: list[Record], report: ImportReport, file: str) -> None:
    """Apply records, which are all of one kind but for the problems among them."""
    for problem in (r for r in batch if isinstance(r, Problem)):
        report.problem(file, problem)
    if bodies := [r for r in batch if isinstance(r, BodyRecord)]:
        applier.bodies(bodies)
    if posts := [r for r in batch if isinstance(r, PostRecord)]:
        applier.posts(posts)
    if people := [r for r in batch if isinstance(r, PersonRecord)]:
        applier.people(people)
    if sitting := [r for r in batch if isinstance(r, CurrentMembers)]:
        applier.current_members(sitting)
