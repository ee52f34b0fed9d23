"""What one import writes: rows in bulk, each cited, with readable ids that nobody has."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, Table, delete, func, insert, select, update
from sqlalchemy.orm import Session

from outreach.directory.importers.held import owned_by
from outreach.directory.importers.records import (
    EVERYWHERE,
    NO_NAME,
    BodyRecord,
    Contact,
    ImportReport,
    PersonRecord,
    Problem,
    Ref,
)
from outreach.directory.importers.registers import Register
from outreach.domain.references import SLUG_LENGTH, cut, slug
from outreach.store.models import (
    Area,
    Citation,
    ContactDetail,
    Identifier,
    Membership,
    Organization,
    OtherName,
    Person,
    Post,
    Source,
    SourceKind,
)
from outreach.store.search import in_chunks
from outreach.store.types import Base, free_slug, table_of

_WithSlug = Area | Organization | Person | Post


def deciding(record: PersonRecord | BodyRecord) -> tuple[Ref, ...]:
    """The ids of a record that decide who it is: the file's own, and those of world-wide registers."""
    return tuple(r for n, r in enumerate(record.identifiers) if n == 0 or r.scheme in EVERYWHERE)


def differences(
    record: PersonRecord | BodyRecord,
    row: RowMapping | Mapping[str, Any],
    fields: Sequence[str],
    *,
    owned: bool,
) -> dict[str, Any]:
    """What a record changes of a row: what is empty, and what the data set alone vouches for."""
    changes: dict[str, Any] = {}
    for field in fields:
        value = getattr(record, field)
        if value and value != row[field] and (owned or not row[field]):
            changes[field] = value
    if record.name and record.name != row["name"] and (owned or row["name"].startswith(NO_NAME)):
        changes["name"] = record.name
    return changes


class RowWriter:
    """Gathers the rows of one import and writes them a few hundred at a time. Not shared between threads.

    session, report, register, file, today: see `apply.Applier`. source: the id of the file's note in the
    database. mine: the ids of all files of its register, this one among them. seen: the rows read, by the
    hash of their id.
    """

    def __init__(
        self,
        session: Session,
        report: ImportReport,
        *,
        register: Register,
        file_name: str,
        sha256: str,
        today: date,
    ) -> None:
        self.session, self.report = session, report
        self.register, self.file, self.today = register, file_name, today
        self.seen: dict[int, int] = {}
        self._next: dict[Table, int] = {}
        self._waiting: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        self._made: dict[Table, set[str]] = defaultdict(set)
        self.source, self._source_is_new = self._find_source(sha256)
        self.mine = register.sources | {self.source}

    def scheme(self, ref: Ref) -> str:
        """The scheme of an id as the database has it."""
        return self.register.scheme if ref.is_own else ref.scheme

    def finish(self) -> None:
        """Write what waits; drop the note of the file if nothing cites it."""
        self.flush()
        if self._source_is_new and not self.report.has_changes:
            cited = self.session.scalar(
                select(func.count()).select_from(Citation).where(Citation.source_id == self.source)
            )
            if not cited:
                self.session.execute(delete(table_of(Source)).where(table_of(Source).c.id == self.source))

    def note(self, row: int, reason: str) -> None:
        """Report something about a row that was taken nevertheless."""
        self.report.problem(self.file, Problem(row, reason, is_skipped=False))

    def is_first(self, record: PersonRecord | BodyRecord, ref: Ref | None) -> bool:
        """Whether no row before had this id; where one had, the report says so."""
        mark = hash(ref or Ref("row", str(record.row)))
        if mark in self.seen:
            self.report.problem(
                self.file,
                Problem(
                    record.row,
                    f"{record.name}: has the same id as row {self.seen[mark]} "
                    f"({ref.identifier if ref else ''})",
                ),
            )
            return False
        self.seen[mark] = record.row
        return True

    def other_name(self, name: str, **owner: int) -> None:
        """Add another name to a person_id or an organization_id."""
        key = self.new(
            OtherName, person_id=owner.get("person_id"), organization_id=owner.get("organization_id"),
            name=name, note="",
        )  # fmt: skip
        self.cite(other_name_id=key)

    def old_name(self, name: str, subject: str, owner: int) -> None:
        """Keep a name that was changed, with the sources it had."""
        owners = {"person_id": None, "organization_id": None} | {subject: owner}
        key = self.new(OtherName, name=name, note="", **owners)
        sources = select(Citation.source_id).where(getattr(Citation, subject) == owner).distinct()
        for source in self.session.scalars(sources).all():
            self.cite(other_name_id=key, source_id=source)

    def contact(self, contact: Contact, **owner: int) -> int:
        """Add a contact detail to a person_id or an organization_id. Returns: its id."""
        key = self.new(
            ContactDetail, person_id=owner.get("person_id"), organization_id=owner.get("organization_id"),
            type=contact.type, value=contact.value, label=contact.label, note="", valid_from=None,
            valid_until=None,
        )  # fmt: skip
        self.cite(contact_detail_id=key)
        return key

    def cite(self, claim: str = "", **subject: int) -> None:
        """Cite the file for a record, such as person_id=3; claim: which part of it."""
        values: dict[str, Any] = {c.name: None for c in table_of(Citation).columns if c.name.endswith("_id")}
        values |= {"source_id": self.source, "locator": "", "claim": claim, **subject}
        self.new(Citation, **values)

    def cite_anew(self, subject: str, key: int) -> bool:
        """Point this register's citation of a record to the file that changed it.

        Returns: whether it had one.
        """
        table = table_of(Citation)
        done = self.session.execute(
            update(table)
            .where(table.c[subject] == key, table.c.source_id.in_(self.mine))
            .values(source_id=self.source)
        )
        return bool(getattr(done, "rowcount", 0))

    def owned(self, subject: str, keys: list[int]) -> set[int]:
        """Those of some records that this register alone vouches for. subject: a column of Citation."""
        return owned_by(self.session, getattr(Citation, subject), keys, self.mine)

    def taken_slugs(self, model: type[_WithSlug], wanted: list[str]) -> set[str]:
        """Those of some readable ids that a record in the database has."""
        taken: set[str] = set()
        column = table_of(model).c.slug
        for chunk in in_chunks(wanted):
            taken |= set(self.session.scalars(select(column).where(chunk(column))))
        return taken

    def is_taken(self, model: type[_WithSlug], wanted: str) -> bool:
        """Whether a record has a readable id, in the database or among those that wait."""
        return wanted in self._made[table_of(model)] or bool(self.taken_slugs(model, [wanted]))

    def free_made_slug(self, model: type[_WithSlug], wanted: str) -> str:
        """An identifier for a record that is not written at once: nobody has it, and nobody is about to."""
        stem = candidate = cut(wanted)
        number = 1
        while self.is_taken(model, candidate):
            number += 1
            candidate = f"{cut(stem, SLUG_LENGTH - 8)}-{number}"
        self._made[table_of(model)].add(candidate)
        return candidate

    def free_slug(self, model: type[_WithSlug], wanted: str, refs: tuple[Ref, ...]) -> str:
        """A readable id that nobody has: as wanted, or with the outside id after it."""
        wanted = cut(wanted.strip("-"))
        if not self.is_taken(model, wanted):
            return wanted
        own = slug(refs[0].identifier)[-20:].strip("-") if refs else "2"
        candidate, number = f"{wanted[:58]}-{own}", 1
        while self.is_taken(model, candidate):
            number += 1
            candidate = f"{wanted[:54]}-{own}-{number}"
        return candidate

    def new(self, model: type[Base], **values: Any) -> int:
        """Add a row to those that wait. Returns: the id that it will have."""
        table = table_of(model)
        if table not in self._next:
            self._next[table] = (self.session.scalar(select(func.max(table.c.id))) or 0) + 1
        key = self._next[table]
        self._next[table] += 1
        self._waiting[table].append({"id": key, **values})
        return key

    def flush(self) -> None:
        """Write the rows that wait, those first that others point to."""
        for model in (
            Area,
            Organization,
            Post,
            Person,
            Identifier,
            OtherName,
            ContactDetail,
            Membership,
            Citation,
        ):
            rows = self._waiting[table_of(model)]
            if rows:
                self.session.execute(insert(table_of(model)), rows)
                rows.clear()

    def _find_source(self, sha256: str) -> tuple[int, bool]:
        found = self.session.scalar(
            select(Source.id)
            .where(Source.sha256 == sha256, Source.id.in_(self.register.sources))
            .order_by(Source.id.desc())
        )
        if found is not None:
            return found, False
        wanted = f"{slug(self.file)[:56]}-{sha256[:8]}-{slug(self.register.dataset)[:12]}"
        source = Source(
            slug=free_slug(self.session, Source, wanted),
            kind=SourceKind.DATASET,
            title=f"{self.file}, imported",
            published_on=self.today.isoformat(),
            url=self.register.url,
            dataset=self.register.dataset,
            file_name=self.file,
            sha256=sha256,
        )
        self.session.add(source)
        self.session.flush()
        return source.id, True
