"""Applying records to the directory: outside ids decide who is who; what others entered is not overwritten.

Rows are written in bulk, a few hundred records at a time, so that a file ten times as long does not take ten
times the memory.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, Table, delete, func, insert, select, update
from sqlalchemy.orm import Session

from outreach.directory.importers.records import (
    BodyRecord,
    Contact,
    CurrentMembers,
    ImportReport,
    PersonRecord,
    PostRecord,
    Problem,
    Ref,
    Term,
)
from outreach.domain.references import slug
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
from outreach.store.types import Base, table_of

_SCALARS = (
    "given_name",
    "family_name",
    "honorific_prefix",
    "honorific_suffix",
    "gender",
    "birth_date",
    "death_date",
    "preferred_language",
    "summary",
)
_BODY_SCALARS = ("classification", "jurisdiction", "founding_date", "dissolution_date", "summary")


# Registers whose ids mean the same person in whatever file they stand. Others, such as a newspaper's own
# numbering, only tell people apart within their file.
_EVERYWHERE = {
    "bioguide", "europarl", "uk-parliament", "parlparse", "wikidata", "viaf", "isni", "orcid",
}  # fmt: skip


def _deciding(record: PersonRecord) -> tuple[Ref, ...]:
    """The ids of a record that decide who it is: the file's own, and those of world-wide registers."""
    return tuple(r for n, r in enumerate(record.identifiers) if n == 0 or r.scheme in _EVERYWHERE)


def _differences(
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
    if record.name and record.name != row["name"] and owned:
        changes["name"] = record.name
    return changes


class Applier:
    """One import: a data set from one file into the database. Not shared between threads."""

    def __init__(
        self,
        session: Session,
        report: ImportReport,
        *,
        dataset: str,
        file_name: str,
        sha256: str,
        today: date,
    ) -> None:
        self._session, self._report = session, report
        self._dataset, self._file, self._today = dataset, file_name, today
        self._next: dict[Table, int] = {}
        self._waiting: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        self._bodies: dict[Ref, int] = {}
        self._posts: dict[Ref, int | None] = {}
        self._areas: dict[str, int] = {}
        self._parties: dict[str, int] = {}
        self._seen: dict[Ref, int] = {}
        self._source, self._source_is_new = self._find_source(sha256)

    def finish(self) -> None:
        """Write what waits; drop the note of the file if nothing cites it."""
        self._flush()
        if self._source_is_new and not self._report.has_changes:
            cited = self._session.scalar(
                select(func.count()).select_from(Citation).where(Citation.source_id == self._source)
            )
            if not cited:
                self._session.execute(delete(table_of(Source)).where(table_of(Source).c.id == self._source))

    # Bodies and posts

    def bodies(self, records: Sequence[BodyRecord]) -> None:
        """Add or update bodies, found by their outside ids, else by their readable id."""
        for record in records:
            if record.name and record.identifiers and not self._is_first(record, record.identifiers):
                continue
            key = self._body_by_ids(record)
            if key is None and not record.name:
                continue  # a second mention of a body that was skipped
            if key is None:
                self._add_body(record)
            else:
                self._update_body(key, record)

    def _body_by_ids(self, record: BodyRecord) -> int | None:
        for ref in record.identifiers:
            key = self.body(ref)
            if key is not None:
                return key
        return self.body(Ref("id", record.slug)) if record.slug and not record.identifiers else None

    def _add_body(self, record: BodyRecord) -> None:
        key = self._new(
            Organization,
            slug=self._free_slug(Organization, record.slug or slug(record.name, "body"), record.identifiers),
            name=record.name,
            classification=record.classification,
            jurisdiction=record.jurisdiction,
            parent_id=self.body(record.parent) if record.parent else None,
            area_id=None,
            founding_date=record.founding_date or None,
            dissolution_date=record.dissolution_date or None,
            summary=record.summary,
            deleted_at=None,
        )
        self._flush()
        self._bodies[Ref("id", record.slug)] = key
        for ref in record.identifiers:
            self._new(
                Identifier, person_id=None, organization_id=key, scheme=ref.scheme, identifier=ref.identifier,
                source_id=self._source,
            )  # fmt: skip
            self._bodies[ref] = key
        self._cite(organization_id=key)
        for name in record.other_names:
            self._other_name(name, organization_id=key)
        for contact in record.contacts:
            self._contact(contact, organization_id=key)
        self._report.counts["bodies"].added += 1

    def _update_body(self, key: int, record: BodyRecord) -> None:
        self._flush()
        table = table_of(Organization)
        row = self._session.execute(select(table).where(table.c.id == key)).mappings().one()
        owned = key in self._owned("organization_id", [key])
        changes = _differences(record, row, _BODY_SCALARS, owned=owned)
        parent = self.body(record.parent) if record.parent else None
        if (
            parent is not None
            and parent != row["parent_id"]
            and parent != key
            and (owned or not row["parent_id"])
        ):
            changes["parent_id"] = parent
        if changes:
            self._session.execute(update(table).where(table.c.id == key).values(**changes))
        names = {row["name"]} | set(
            self._session.scalars(select(OtherName.name).where(OtherName.organization_id == key))
        )
        fresh = [
            n for n in (*record.other_names, record.name) if n and n not in names | {changes.get("name", "")}
        ]
        for name in dict.fromkeys(fresh):
            self._other_name(name, organization_id=key)
        known = {
            (c.type, c.value)
            for c in self._session.execute(
                select(ContactDetail.type, ContactDetail.value).where(ContactDetail.organization_id == key)
            )
        }
        added = [c for c in record.contacts if (c.type, c.value) not in known]
        for contact in added:
            self._contact(contact, organization_id=key)
        if changes or fresh or added:
            if not self._recite("organization_id", key):
                self._cite(organization_id=key)
            if record.name:
                self._report.counts["bodies"].changed += 1
        elif record.name:
            self._report.counts["bodies"].unchanged += 1

    def body(self, ref: Ref) -> int | None:
        """Id of a body by an outside id, or by its readable one; None if there is none."""
        if ref not in self._bodies:
            if self._waiting[table_of(Identifier)] or self._waiting[table_of(Organization)]:
                self._flush()
            query = (
                select(Organization.id).where(Organization.slug == ref.identifier)
                if ref.scheme == "id"
                else select(Identifier.organization_id).where(
                    Identifier.scheme == ref.scheme,
                    Identifier.identifier == ref.identifier,
                    Identifier.organization_id.is_not(None),
                )
            )
            found = self._session.scalars(query).first()
            if found is None:
                return None
            self._bodies[ref] = found
        return self._bodies[ref]

    def posts(self, records: Sequence[PostRecord]) -> None:
        """Add or update offices."""
        for record in records:
            body = self.body(record.body)
            if body is None:
                self._report.problem(
                    self._file,
                    Problem(
                        record.row,
                        f"post {record.label}: its organization {record.body.identifier} is not known",
                    ),
                )
                continue
            row = self._session.execute(
                select(Post.id, Post.label, Post.organization_id).where(Post.slug == record.slug)
            ).first()
            if row is None:
                key: int = self._new(
                    Post, slug=record.slug, label=record.label, short_label="", role=record.role,
                    audience=record.audience, organization_id=body, start_date=None, end_date=None,
                )  # fmt: skip
                self._flush()
                self._cite(post_id=key)
                self._report.counts["posts"].added += 1
            elif row.label != record.label:
                self._session.execute(update(Post).where(Post.id == row.id).values(label=record.label))
                self._report.counts["posts"].changed += 1
            else:
                self._report.counts["posts"].unchanged += 1
            self._posts |= dict.fromkeys(
                (*record.identifiers, Ref("id", record.slug)), row.id if row else key
            )

    # People

    def people(self, records: Sequence[PersonRecord]) -> None:
        """Add or update people and the terms they hold, a few hundred at a time."""
        self._flush()
        wanted = [r for r in records if not r.is_whole or self._is_first(r, r.identifiers)]
        by_ref = self._people_by_ref({ref for r in wanted for ref in _deciding(r)})
        known = {key for keys in by_ref.values() for key in keys}
        state = _State(self._session, known, self._dataset)
        taken = self._taken_slugs(Person, [slug(r.name or r.placeholder, "person") for r in wanted])
        for record in wanted:
            keys = {key for ref in _deciding(record) for key in by_ref.get(ref, ())}
            if len(keys) > 1:
                self._report.problem(
                    self._file,
                    Problem(
                        record.row, f"{record.name}: its ids belong to two people here; merge them first"
                    ),
                )
                continue
            if keys:
                key = keys.pop()
                changed = self._update_person(key, record, state)
            else:
                new = self._add_person(record, state, taken)
                if new is None:
                    continue
                key, changed = new, None
                for ref in _deciding(record):
                    by_ref[ref] = {key}
            terms_changed = self._terms(key, record, state)
            count = self._report.counts["people"]
            if changed is None:
                count.added += 1
            elif changed or (terms_changed and record.is_whole):
                count.changed += 1
            elif record.is_whole:
                count.unchanged += 1
        self._flush()

    def _is_first(self, record: PersonRecord | BodyRecord, refs: tuple[Ref, ...]) -> bool:
        first = refs[0] if refs else Ref("row", str(record.row))
        if first in self._seen:
            self._report.problem(
                self._file,
                Problem(
                    record.row,
                    f"{record.name}: has the same id as row {self._seen[first]} ({first.identifier})",
                ),
            )
            return False
        self._seen[first] = record.row
        return True

    def _people_by_ref(self, refs: set[Ref]) -> dict[Ref, set[int]]:
        found: dict[Ref, set[int]] = defaultdict(set)
        by_scheme: dict[str, list[str]] = defaultdict(list)
        for ref in refs:
            by_scheme[ref.scheme].append(ref.identifier)
        for scheme, identifiers in by_scheme.items():
            for chunk in in_chunks(identifiers):
                query = select(Identifier.identifier, Identifier.person_id).where(
                    Identifier.scheme == scheme,
                    chunk(Identifier.identifier),
                    Identifier.person_id.is_not(None),
                )
                for identifier, person in self._session.execute(query):
                    found[Ref(scheme, identifier)].add(person or 0)
        return found

    def _add_person(self, record: PersonRecord, state: "_State", taken: set[str]) -> int | None:
        name = record.name or record.placeholder
        if not name:
            self._report.problem(self._file, Problem(record.row, "has no name"))
            return None
        wanted = slug(name, "person")
        if wanted in taken:
            own = record.identifiers[0].identifier if record.identifiers else str(record.row)
            stem = f"{wanted[:48]}-{slug(own)[-24:]}".rstrip("-")
            wanted, number = stem, 1
            while wanted in taken or self._taken_slugs(Person, [wanted]):
                number += 1
                wanted = f"{stem}-{number}"
        taken.add(wanted)
        values: dict[str, Any] = {field: getattr(record, field) for field in _SCALARS}
        values |= {"birth_date": record.birth_date or None, "death_date": record.death_date or None}
        key = self._new(Person, slug=wanted, name=name, deleted_at=None, **values)
        state.add(key, name, values)
        for ref in record.identifiers:
            self._identifier(key, ref)
        self._cite(person_id=key)
        for other in record.other_names:
            self._other_name(other, person_id=key)
        for contact in record.contacts:
            state.contacts[key].append(
                (self._contact(contact, person_id=key), contact.type, contact.value, True)
            )
        return key

    def _identifier(self, key: int, ref: Ref) -> None:
        self._new(
            Identifier, person_id=key, organization_id=None, scheme=ref.scheme, identifier=ref.identifier,
            source_id=self._source,
        )  # fmt: skip

    def _update_person(self, key: int, record: PersonRecord, state: "_State") -> bool:
        """Returns: whether anything changed."""
        if not record.is_whole:
            return False
        row, owned = state.people[key], key in state.owned
        changes = _differences(record, row, _SCALARS, owned=owned)
        changed = bool(changes)
        if changes:
            table = table_of(Person)
            self._session.execute(update(table).where(table.c.id == key).values(**changes))
            row.update(changes)
        names = state.names[key] | {row["name"]}
        for name in dict.fromkeys((*record.other_names, record.name)):
            if name and name not in names:
                names.add(name)
                self._other_name(name, person_id=key)
                changed = True
        for ref in record.identifiers:
            if (ref.scheme, ref.identifier) not in state.identifiers[key]:
                self._identifier(key, ref)
                changed = True
        changed |= self._contacts(key, record, state)
        if changed and not self._recite("person_id", key):
            self._cite(person_id=key)
        return changed

    def _contacts(self, key: int, record: PersonRecord, state: "_State") -> bool:
        """Add contact details that are new, and take away those of this data set that the file has no more."""
        wanted = {(c.type, c.value): c for c in record.contacts}
        there = {(kind, value) for _, kind, value, _ in state.contacts[key]}
        changed = False
        for pair, contact in wanted.items():
            if pair not in there:
                self._contact(contact, person_id=key)
                changed = True
        if record.contacts:
            gone = [
                i for i, kind, value, owned in state.contacts[key] if owned and (kind, value) not in wanted
            ]
            if gone:
                self._session.execute(
                    delete(table_of(ContactDetail)).where(table_of(ContactDetail).c.id.in_(gone))
                )
                changed = True
        return changed

    def _terms(self, key: int, record: PersonRecord, state: "_State") -> bool:
        changed = False
        count = self._report.counts["terms"]
        for term in record.terms:
            body = self.body(term.body)
            if body is None:
                self._report.problem(
                    self._file,
                    Problem(
                        record.row,
                        f"{record.name or record.placeholder}: the body {term.body.identifier} is not known, so this seat was left out",
                        is_skipped=not record.is_whole,
                    ),
                )
                continue
            post = self._post(term.post) if term.post else None
            held = state.find_term(key, body, post, term)
            area = self._area(term.area) if term.area else None
            party = self.body(term.party_body) if term.party_body else None
            if party is None and term.party:
                party = self._party(term.party, term.jurisdiction)
            if held is None:
                new = self._new(
                    Membership, person_id=key, organization_id=body, post_id=post, on_behalf_of_id=party,
                    area_id=area, role=term.role, rank=term.rank, start_date=term.start or None, end_date=term.end or None,
                )  # fmt: skip
                self._cite(membership_id=new, claim=term.claim)
                state.add_term(key, new, body, post, term, area, party)
                count.added += 1
                changed = True
                continue
            changes: dict[str, Any] = {
                field: value
                for field, value in (
                    ("role", term.role),
                    ("rank", term.rank),
                    ("start_date", term.start or None),
                    ("end_date", term.end or None),
                    ("area_id", area),
                    ("on_behalf_of_id", party),
                )
                if value is not None
                and value != ""
                and value != held[field]
                and (held["owned"] or held[field] in (None, ""))
            }
            if held["owned"] and held["end_date"] and not term.end:
                changes["end_date"] = None  # the file has them in office again, or still
            if changes:
                self._flush()  # what the change points to must be there first
                table = table_of(Membership)
                self._session.execute(update(table).where(table.c.id == held["id"]).values(**changes))
                held.update(changes)
                if not self._recite("membership_id", held["id"]):
                    self._cite(membership_id=held["id"], claim=term.claim)
                count.changed += 1
                changed = True
            else:
                count.unchanged += 1
        return changed

    def current_members(self, records: Sequence[CurrentMembers]) -> None:
        """End the seats of those whom a list of everybody sitting now no longer names."""
        self._flush()
        for record in records:
            body = self.body(record.body)
            if body is None:
                continue
            named = {k for keys in self._people_by_ref(set(record.people)).values() for k in keys}
            query = (
                select(Membership.id, Membership.person_id)
                .join(Citation, Citation.membership_id == Membership.id)
                .join(Source, Source.id == Citation.source_id)
                .where(
                    Membership.organization_id == body,
                    Membership.end_date.is_(None),
                    Source.dataset == self._dataset,
                )
            )
            for membership, person in {(row[0], row[1]) for row in self._session.execute(query)}:
                if person not in named:
                    table = table_of(Membership)
                    self._session.execute(
                        update(table).where(table.c.id == membership).values(end_date=self._today.isoformat())
                    )
                    self._cite(
                        membership_id=membership,
                        claim="left out of the list of this day, taken as the end of the seat",
                    )
                    self._report.counts["terms"].changed += 1

    # Small things

    def _post(self, ref: Ref) -> int | None:
        if ref not in self._posts:
            self._posts[ref] = self._session.scalar(
                select(Post.id).where(Post.slug == slug(ref.identifier)[:80])
            )
        return self._posts[ref]

    def _area(self, area: tuple[str, str, str]) -> int:
        key, name, kind = area
        if key not in self._areas:
            found = self._session.scalar(select(Area.id).where(Area.slug == key[:80]))
            self._areas[key] = found or self._new(
                Area, slug=key[:80], name=name, classification=kind, parent_id=None
            )
        return self._areas[key]

    def _party(self, name: str, jurisdiction: str) -> int:
        key = f"{jurisdiction.lower() or 'x'}-party-{slug(name)}"[:80]
        if key not in self._parties:
            found = self._session.scalar(select(Organization.id).where(Organization.slug == key))
            if found is None:
                found = self._new(
                    Organization, slug=key, name=name, classification="party", jurisdiction=jurisdiction,
                    parent_id=None, area_id=None, founding_date=None, dissolution_date=None, summary="", deleted_at=None,
                )  # fmt: skip
                self._cite(organization_id=found)
            self._parties[key] = found
        return self._parties[key]

    def _other_name(self, name: str, **owner: int) -> None:
        key = self._new(
            OtherName, person_id=owner.get("person_id"), organization_id=owner.get("organization_id"), name=name, note="",
        )  # fmt: skip
        self._cite(other_name_id=key)

    def _contact(self, contact: Contact, **owner: int) -> int:
        key = self._new(
            ContactDetail, person_id=owner.get("person_id"), organization_id=owner.get("organization_id"),
            type=contact.type, value=contact.value, label=contact.label, note="", valid_from=None, valid_until=None,
        )  # fmt: skip
        self._cite(contact_detail_id=key)
        return key

    def _cite(self, claim: str = "", **subject: int) -> None:
        values: dict[str, Any] = {c.name: None for c in table_of(Citation).columns if c.name.endswith("_id")}
        values |= {"source_id": self._source, "locator": "", "claim": claim, **subject}
        self._new(Citation, **values)

    def _recite(self, subject: str, key: int) -> bool:
        """Point this data set's citation of a record to the file that changed it. Returns: whether it had one."""
        table = table_of(Citation)
        sources = select(Source.id).where(Source.dataset == self._dataset)
        done = self._session.execute(
            update(table)
            .where(table.c[subject] == key, table.c.source_id.in_(sources))
            .values(source_id=self._source)
        )
        return bool(getattr(done, "rowcount", 0))

    def _owned(self, subject: str, keys: list[int]) -> set[int]:
        return owned_by(self._session, getattr(Citation, subject), keys, self._dataset)

    def _taken_slugs(self, model: type[Person] | type[Organization], wanted: list[str]) -> set[str]:
        taken: set[str] = set()
        column = table_of(model).c.slug
        for chunk in in_chunks(wanted):
            taken |= set(self._session.scalars(select(column).where(chunk(column))))
        return taken

    def _free_slug(self, model: type[Organization], wanted: str, refs: tuple[Ref, ...]) -> str:
        wanted = wanted[:80].strip("-")
        if not self._taken_slugs(model, [wanted]):
            return wanted
        own = slug(refs[0].identifier)[-20:] if refs else "2"
        candidate, number = f"{wanted[:58]}-{own}", 1
        while self._taken_slugs(model, [candidate]):
            number += 1
            candidate = f"{wanted[:54]}-{own}-{number}"
        return candidate

    def _new(self, model: type[Base], **values: Any) -> int:
        table = table_of(model)
        if table not in self._next:
            self._next[table] = (self._session.scalar(select(func.max(table.c.id))) or 0) + 1
        key = self._next[table]
        self._next[table] += 1
        self._waiting[table].append({"id": key, **values})
        return key

    def _flush(self) -> None:
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
                self._session.execute(insert(table_of(model)), rows)
                rows.clear()

    def _find_source(self, sha256: str) -> tuple[int, bool]:
        found = self._session.scalar(
            select(Source.id).where(Source.sha256 == sha256, Source.dataset == self._dataset)
        )
        if found is not None:
            return found, False
        source = Source(
            slug=f"{slug(self._file)[:56]}-{sha256[:8]}-{slug(self._dataset)[:12]}",
            kind=SourceKind.DATASET,
            title=f"{self._file}, imported",
            published_on=self._today.isoformat(),
            dataset=self._dataset,
            file_name=self._file,
            sha256=sha256,
        )
        self._session.add(source)
        self._session.flush()
        return source.id, True


def owned_by(session: Session, column: Any, keys: Any, dataset: str) -> set[int]:
    """Records that a data set alone vouches for, so that a newer file of it may change their values.

    What a document states or a user entered has another source beside it, and is only completed.
    """
    sources = (
        select(column, Source.dataset).join(Source, Source.id == Citation.source_id).where(column.in_(keys))
    )
    found: dict[int, set[str]] = defaultdict(set)
    for key, name in session.execute(sources):
        found[key].add(name)
    return {key for key, names in found.items() if names == {dataset}}


class _State:
    """What the database has of the people of one chunk."""

    def __init__(self, session: Session, keys: set[int], dataset: str) -> None:
        self.people: dict[int, dict[str, Any]] = {}
        self.names: dict[int, set[str]] = defaultdict(set)
        self.identifiers: dict[int, set[tuple[str, str]]] = defaultdict(set)
        self.contacts: dict[int, list[tuple[int, str, str, bool]]] = defaultdict(list)
        self.terms: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.owned: set[int] = set()
        people, terms = table_of(Person), table_of(Membership)
        for row in session.execute(select(people).where(people.c.id.in_(keys))).mappings():
            self.people[row["id"]] = dict(row)
        for person, name in session.execute(
            select(OtherName.person_id, OtherName.name).where(OtherName.person_id.in_(keys))
        ):
            self.names[person or 0].add(name)
        for person, scheme, identifier in session.execute(
            select(Identifier.person_id, Identifier.scheme, Identifier.identifier).where(
                Identifier.person_id.in_(keys)
            )
        ):
            self.identifiers[person or 0].add((scheme, identifier))

        self.owned |= owned_by(session, Citation.person_id, keys, dataset)
        contacts = select(ContactDetail.id).where(ContactDetail.person_id.in_(keys))
        mine = owned_by(session, Citation.contact_detail_id, contacts, dataset)
        for key, person, kind, value in session.execute(
            select(ContactDetail.id, ContactDetail.person_id, ContactDetail.type, ContactDetail.value).where(
                ContactDetail.person_id.in_(keys)
            )
        ):
            self.contacts[person or 0].append((key, kind, value, key in mine))
        held = select(terms.c.id).where(terms.c.person_id.in_(keys))
        mine = owned_by(session, Citation.membership_id, held, dataset)
        for row in session.execute(select(terms).where(terms.c.person_id.in_(keys))).mappings():
            self.terms[row["person_id"]].append({**row, "owned": row["id"] in mine})

    def add(self, key: int, name: str, values: dict[str, Any]) -> None:
        """Someone who was just made, of this data set alone."""
        self.people[key] = {"name": name, **values}
        self.owned.add(key)

    def find_term(self, key: int, body: int, post: int | None, term: Term) -> dict[str, Any] | None:
        """The term on file that this one is: same body and post, and a first day that agrees as far as both go."""
        for held in self.terms[key]:
            if held["organization_id"] != body or held["post_id"] not in (
                post,
                None if post is None else post,
            ):
                continue
            if term.role_matters and held["role"] and held["role"] != term.role:
                continue
            start = held["start_date"] or ""
            if start == term.start or (
                start and term.start and (start.startswith(term.start) or term.start.startswith(start))
            ):
                return held
        return None

    def add_term(
        self, key: int, new: int, body: int, post: int | None, term: Term, area: int | None, party: int | None
    ) -> None:
        self.terms[key].append(
            {
                "id": new,
                "organization_id": body,
                "post_id": post,
                "role": term.role,
                "rank": term.rank,
                "start_date": term.start or None,
                "end_date": term.end or None,
                "area_id": area,
                "on_behalf_of_id": party,
                "owned": True,
            }
        )
