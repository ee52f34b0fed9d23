"""Applying records to the directory: outside ids decide who is who; what others entered is not overwritten.

An id is believed as far as the name agrees: where the two have nothing in common, it is reported, and two people
stay two. Things that have no id (parties, places, bodies of a table) are the same only under the same name and in
the same place; their readable ids never decide. Rows are written in bulk, a few hundred records at a time, so that a file ten times as long does not take ten
times the memory.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, Table, delete, func, insert, select, update
from sqlalchemy.orm import Session

from outreach.directory.importers.held import Held, owned_by
from outreach.directory.importers.records import (
    BY_NAME,
    EVERYWHERE,
    NO_NAME,
    BodyRecord,
    Contact,
    CurrentMembers,
    ImportReport,
    PersonRecord,
    Place,
    PostRecord,
    Problem,
    Ref,
    named_body,
)
from outreach.directory.importers.registers import Register, row_id
from outreach.directory.places import areas_of
from outreach.domain.names import are_alike, are_of_other_scripts, name_key
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


_WithSlug = Area | Organization | Person | Post


def _deciding(record: PersonRecord | BodyRecord) -> tuple[Ref, ...]:
    """The ids of a record that decide who it is: the file's own, and those of world-wide registers."""
    return tuple(r for n, r in enumerate(record.identifiers) if n == 0 or r.scheme in EVERYWHERE)


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
    if record.name and record.name != row["name"] and (owned or row["name"].startswith(NO_NAME)):
        changes["name"] = record.name
    return changes


class Applier:
    """One import: one file into the database. Not shared between threads.

    register: what the file's own ids belong to, and which sources were of it before.
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
        self._session, self._report = session, report
        self._register, self._file, self._today = register, file_name, today
        self._next: dict[Table, int] = {}
        self._waiting: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        self._bodies: dict[Ref, int] = {}
        self._posts: dict[Ref, int | None] = {}
        self._made: dict[Table, set[str]] = defaultdict(set)
        self._areas: dict[tuple[Any, ...], int] = {}
        self._areas_claimed: dict[int, str] = {}
        self._areas_of: dict[int, dict[str, int]] = {}
        self._parties: dict[tuple[Any, ...], int] = {}
        self._parties_on_file: dict[tuple[str | int], dict[str, int]] = {}
        self._by_body_name: dict[str, list[int]] | None = None
        self._jurisdictions: dict[int, str] = {}
        self._seen: dict[int, int] = {}
        self._meant: dict[Ref, int] = {}
        self._source, self._source_is_new = self._find_source(sha256)
        self._mine = register.sources | {self._source}

    def _scheme(self, ref: Ref) -> str:
        """The scheme of an id as the database has it."""
        return self._register.scheme if ref.is_own else ref.scheme

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
        """Add or update bodies, found by their outside ids, else by their name and jurisdiction."""
        for record in records:
            if record.name and record.identifiers and not self._is_first(record, record.identifiers[0]):
                continue
            key = self._body_of(record)
            if key is None and not record.name:
                continue  # a second mention of a body that was skipped
            if key is None:
                self._add_body(record)
            else:
                self._update_body(key, record)

    def _body_of(self, record: BodyRecord) -> int | None:
        """The body on file that a record is of."""
        if not record.identifiers:
            return self._body_by_name(record)
        found: list[int] = []
        for ref in _deciding(record):
            found += [key for key in self._bodies_by_id(ref) if key not in found]
        if len(found) < 2 or not record.name:
            return found[0] if found else None
        alike = [key for key in found if are_alike(self._body_names(key), (record.name, *record.other_names))]
        return (alike or found)[0]

    def _bodies_by_id(self, ref: Ref) -> list[int]:
        if ref in self._bodies:
            return [self._bodies[ref]]
        self._flush()
        return list(
            self._session.scalars(
                select(Identifier.organization_id)
                .join(Organization, Organization.id == Identifier.organization_id)
                .where(Identifier.scheme == self._scheme(ref), Identifier.identifier == ref.identifier)
                .order_by(Identifier.id)
            )
        )

    def _body_names(self, key: int) -> list[str]:
        self._flush()
        return [
            *self._session.scalars(select(Organization.name).where(Organization.id == key)),
            *self._session.scalars(select(OtherName.name).where(OtherName.organization_id == key)),
        ]

    def _body_by_name(self, record: BodyRecord) -> int | None:
        """A body without an outside id: the one on file of this name, or of this readable id, and jurisdiction.

        Where the file does not say the jurisdiction, or the database, a body that is the only one of its name is
        taken, and the report says so.
        """
        self._flush()
        names = self._names_of_bodies()
        if record.slug:
            table = table_of(Organization)
            row = self._session.execute(
                select(table.c.id, table.c.jurisdiction, table.c.classification).where(
                    table.c.slug == record.slug, table.c.deleted_at.is_(None)
                )
            ).first()
            if (
                row
                and row.jurisdiction == record.jurisdiction
                and row.classification != "party"
                and are_alike(self._body_names(row.id), [record.name])
            ):
                return int(row.id)
        found = names.get(name_key(record.name), [])
        same = [k for k in found if self._jurisdictions[k] == record.jurisdiction]
        if record.jurisdiction:
            found = same or [k for k in found if not self._jurisdictions[k]]
        if len(found) > 1:
            mine = sorted(self._owned("organization_id", found)) or same
            found = mine if len(mine) == 1 else []
            if not found:
                self._note(
                    record.row,
                    f"{record.name}: several bodies on file have this name, so another was made; write a body’s id to mean it",
                )
        if not found and not record.slug:
            # Somebody who writes a readable id means that body.
            return self._session.scalar(select(Organization.id).where(Organization.slug == record.name))
        if found and not record.slug and not self._owned("organization_id", found):
            taken = self._session.scalars(select(Organization.slug).where(Organization.id == found[0])).one()
            place = f", {self._jurisdictions[found[0]]}" if self._jurisdictions[found[0]] else ""
            self._note(
                record.row,
                f"{record.name}: taken as the body on file of this name ({taken}{place}); if it is another, give the "
                "table a column with the code of its country",
            )
        return found[0] if found else None

    def _names_of_bodies(self) -> dict[str, list[int]]:
        """Bodies that are no parties, by every name; read once."""
        if self._by_body_name is None:
            by_name: dict[str, list[int]] = defaultdict(list)
            for key, name, place in self._session.execute(
                select(Organization.id, Organization.name, Organization.jurisdiction)
                .where(Organization.classification != "party")
                .order_by(Organization.id)
            ):
                by_name[name_key(name)].append(key)
                self._jurisdictions[key] = place
            others = select(OtherName.organization_id, OtherName.name).where(
                OtherName.organization_id.is_not(None)
            )
            for owner, name in self._session.execute(others):
                key = owner or 0
                if key in self._jurisdictions and key not in by_name[name_key(name)]:
                    by_name[name_key(name)].append(key)
            self._by_body_name = by_name
        return self._by_body_name

    def _remember_body(self, key: int, record: BodyRecord) -> None:
        """What a record was found or made to be, for what refers to it."""
        for ref in record.identifiers:
            self._bodies[ref] = key
        if record.slug:
            self._bodies[Ref("id", record.slug)] = key
        if record.name and not record.identifiers:
            self._bodies[named_body(record.name, record.jurisdiction)] = key

    def _note(self, row: int, reason: str) -> None:
        self._report.problem(self._file, Problem(row, reason, is_skipped=False))

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
        self._jurisdictions[key] = record.jurisdiction
        if self._by_body_name is not None and record.classification != "party":
            self._by_body_name.setdefault(name_key(record.name), []).append(key)
        self._remember_body(key, record)
        for ref in record.identifiers:
            self._new(
                Identifier, person_id=None, organization_id=key, scheme=self._scheme(ref), identifier=ref.identifier,
                source_id=self._source,
            )  # fmt: skip
        self._cite(organization_id=key)
        for name in record.other_names:
            self._other_name(name, organization_id=key)
        for contact in record.contacts:
            self._contact(contact, organization_id=key)
        self._report.counts["bodies"].added += 1

    def _update_body(self, key: int, record: BodyRecord) -> None:
        self._flush()
        self._remember_body(key, record)
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
        names = set(self._session.scalars(select(OtherName.name).where(OtherName.organization_id == key)))
        if "name" in changes:
            self._report.rename(self._file, record.row, row["name"], record.name)
            if row["name"] not in names:
                self._old_name(row["name"], "organization_id", key)
        names |= {row["name"], changes.get("name", "")}
        fresh = [n for n in (*record.other_names, record.name) if n and n not in names]
        for name in dict.fromkeys(fresh):
            self._other_name(name, organization_id=key)
        if record.name in fresh:
            self._note(
                record.row,
                f"{row['name']}: the file has the name {record.name}, which was added to the other names",
            )
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
            self._flush()
            found = (
                self._session.scalar(select(Organization.id).where(Organization.slug == ref.identifier))
                if ref.scheme == "id"
                else next(iter(self._bodies_by_id(ref)), None)
            )
            if found is None:
                return None
            self._bodies[ref] = found
        return self._bodies[ref]

    def posts(self, records: Sequence[PostRecord]) -> None:
        """Add or update offices. An office is the same only within the same body."""
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
            key = self._post_on_file(record.slug, body)
            if key is None:
                key = self._new(
                    Post, slug=self._post_slug(record.slug, body), label=record.label, short_label="", role=record.role,
                    audience=record.audience, organization_id=body, start_date=None, end_date=None,
                )  # fmt: skip
                self._flush()
                self._cite(post_id=key)
                self._report.counts["posts"].added += 1
            else:
                self._update_post(key, record)
            self._posts |= dict.fromkeys((*record.identifiers, Ref("id", record.slug)), key)

    def _update_post(self, key: int, record: PostRecord) -> None:
        label = self._session.scalars(select(Post.label).where(Post.id == key)).one()
        if label == record.label or key not in self._owned("post_id", [key]):
            self._report.counts["posts"].unchanged += 1
            return
        self._session.execute(update(Post).where(Post.id == key).values(label=record.label))
        self._report.rename(self._file, record.row, label, record.label)
        self._report.counts["posts"].changed += 1

    def _post_slugs(self, wanted: str, body: int) -> tuple[str, str]:
        """Readable ids that a post of a body may have: its own, or with the body's where another body has that."""
        name = self._session.scalars(select(Organization.slug).where(Organization.id == body)).one()
        return cut(wanted), cut(f"{wanted}-{name}")

    def _post_on_file(self, wanted: str, body: int) -> int | None:
        return self._session.scalar(
            select(Post.id)
            .where(Post.slug.in_(self._post_slugs(wanted, body)), Post.organization_id == body)
            .order_by(Post.id)
        )

    def _post_slug(self, wanted: str, body: int) -> str:
        own, with_body = self._post_slugs(wanted, body)
        return own if not self._taken_slugs(Post, [own]) else self._free_slug(Post, with_body, ())

    # People

    def people(self, records: Sequence[PersonRecord]) -> None:
        """Add or update people and the terms they hold, a few hundred at a time."""
        self._flush()
        wanted = [
            r
            for r in map(self._told_apart, records)
            if not r.is_whole or self._is_first(r, r.identifiers[0] if r.identifiers else None)
        ]
        by_ref = self._people_by_ref({ref for r in wanted for ref in (*_deciding(r), *r.formerly)})
        known = {key for keys in by_ref.values() for key in keys}
        state = Held(self._session, known, self._mine)
        taken = self._taken_slugs(Person, [slug(r.name or r.placeholder, "person") for r in wanted])
        for record in wanted:
            keys = {key for ref in _deciding(record) for key in by_ref.get(ref, ())}
            key, is_clear = self._choose(record, keys, by_ref, state)
            if not is_clear:
                continue
            changed: bool | None = None
            if key is not None:
                changed = self._update_person(key, record, state)
            else:
                key = self._add_person(record, state, taken)
                if key is None:
                    continue
                for ref in _deciding(record):
                    if keys:
                        self._meant[ref] = key
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

    def _choose(
        self, record: PersonRecord, keys: set[int], by_ref: Mapping[Ref, set[int]], state: Held
    ) -> tuple[int | None, bool]:
        """Whom a record is of. Returns: the person, None for a new one; and whether that is clear."""
        meant = {self._meant[ref] for ref in _deciding(record) if ref in self._meant}
        keys = meant or keys
        if not record.is_whole or not keys:
            if not keys:
                former = {k for ref in record.formerly for k in by_ref.get(ref, ())}
                same = [k for k in former if name_key(state.people[k]["name"]) == name_key(record.name)]
                return (same[0] if len(same) == 1 else None), True
            if len(keys) > 1:
                who = record.name or record.placeholder
                self._report.problem(
                    self._file,
                    Problem(record.row, f"{who}: the id belongs to two people here; merge them first"),
                )
            return next(iter(keys)), len(keys) == 1
        # A public register is believed where the two names cannot be compared.
        public = {k for ref in _deciding(record) if ref.scheme in EVERYWHERE for k in by_ref.get(ref, ())}
        alike = [
            k
            for k in sorted(keys)
            if state.is_alike(k, record)
            or (k in public and are_of_other_scripts(state.people[k]["name"], record.name))
        ]
        if len(alike) > 1:
            self._report.problem(
                self._file,
                Problem(record.row, f"{record.name}: its ids belong to two people here; merge them first"),
            )
            return None, False
        if alike:
            if len(keys) > 1:
                self._meant |= dict.fromkeys(_deciding(record), alike[0])
            return alike[0], True
        other = sorted(keys)[0]
        names = " and ".join(state.people[k]["name"] for k in sorted(keys))
        ref = record.identifiers[0]
        if len(keys) == 1 and other not in state.owned and other in public:
            # A document or a user says that somebody of another name has this id of a public register.
            if record.name not in state.names[other]:
                self._report.conflict(
                    self._file,
                    record.row,
                    f"the id {ref.identifier} is {names}’s here and {record.name}’s in the file; the name was kept. Look whether they are one",
                )
            return other, True
        self._report.conflict(
            self._file,
            record.row,
            f"the id {ref.identifier} is {names}’s here and {record.name}’s in the file; they stay two people. If they are one, merge them",
        )
        return None, True

    def _told_apart(self, record: PersonRecord) -> PersonRecord:
        """A record known by its name alone, where the file has several of this name: by what its row says too."""
        stem = own = row_id(record, self._register.doubled)
        if not stem or stem == record.identifiers[0].identifier:
            return record
        number = 1
        while hash(Ref(BY_NAME, own)) in self._seen:
            number += 1
            own = f"{stem} {number}"
        if number > 1:
            first = self._seen[hash(Ref(BY_NAME, stem))]
            self._note(
                record.row,
                f"{record.name}: the same as row {first} in every cell that counts; kept as somebody else",
            )
        return replace(record, identifiers=(Ref(BY_NAME, own), *record.identifiers[1:]), formerly=())

    def _is_first(self, record: PersonRecord | BodyRecord, ref: Ref | None) -> bool:
        mark = hash(ref or Ref("row", str(record.row)))
        if mark in self._seen:
            self._report.problem(
                self._file,
                Problem(
                    record.row,
                    f"{record.name}: has the same id as row {self._seen[mark]} ({ref.identifier if ref else ''})",
                ),
            )
            return False
        self._seen[mark] = record.row
        return True

    def _people_by_ref(self, refs: set[Ref]) -> dict[Ref, set[int]]:
        found: dict[Ref, set[int]] = defaultdict(set)
        by_scheme: dict[str, dict[str, list[Ref]]] = defaultdict(lambda: defaultdict(list))
        for ref in refs:
            by_scheme[self._scheme(ref)][ref.identifier].append(ref)
        deleted: dict[Ref, set[int]] = defaultdict(set)
        person = table_of(Person)
        for scheme, wanted in by_scheme.items():
            for chunk in in_chunks(wanted):
                query = (
                    select(Identifier.identifier, person.c.id, person.c.deleted_at)
                    .join(person, person.c.id == Identifier.person_id)
                    .where(Identifier.scheme == scheme, chunk(Identifier.identifier))
                )
                for identifier, key, gone in self._session.execute(query):
                    for ref in wanted[identifier]:
                        (found if gone is None else deleted)[ref].add(key)
        # Somebody who was merged or deleted counts only where nobody else has the id.
        return found | {ref: keys for ref, keys in deleted.items() if ref not in found}

    def _add_person(self, record: PersonRecord, state: Held, taken: set[str]) -> int | None:
        name = record.name or record.placeholder
        if not name:
            self._report.problem(self._file, Problem(record.row, "has no name"))
            return None
        wanted = slug(name, "person")
        if wanted in taken:
            own = record.identifiers[0].identifier if record.identifiers else str(record.row)
            stem = f"{wanted[:48]}-{slug(own)[-24:].strip('-')}"
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
            Identifier, person_id=key, organization_id=None, scheme=self._scheme(ref), identifier=ref.identifier,
            source_id=self._source,
        )  # fmt: skip

    def _update_person(self, key: int, record: PersonRecord, state: Held) -> bool:
        """Returns: whether anything changed."""
        if not record.is_whole:
            return False
        row, owned = state.people[key], key in state.owned
        before = row["name"]
        changes = _differences(record, row, _SCALARS, owned=owned)
        changed = bool(changes)
        if changes:
            table = table_of(Person)
            self._session.execute(update(table).where(table.c.id == key).values(**changes))
            row.update(changes)
        names = state.names[key] | {row["name"]}
        if "name" in changes and not before.startswith(NO_NAME):
            self._report.rename(self._file, record.row, before, record.name)
            if before not in names:
                names.add(before)
                self._old_name(before, "person_id", key)
        for name in dict.fromkeys((*record.other_names, record.name)):
            if name and name not in names:
                names.add(name)
                self._other_name(name, person_id=key)
                changed = True
                if name == record.name:
                    self._note(
                        record.row,
                        f"{row['name']}: the file has the name {name}, which was added to the other names",
                    )
        state.names[key] = names - {row["name"]}
        for ref in record.identifiers:
            if (self._scheme(ref), ref.identifier) not in state.identifiers[key]:
                self._identifier(key, ref)
                changed = True
        changed |= self._contacts(key, record, state)
        if changed and not self._recite("person_id", key):
            self._cite(person_id=key)
        return changed

    def _contacts(self, key: int, record: PersonRecord, state: Held) -> bool:
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

    def _terms(self, key: int, record: PersonRecord, state: Held) -> bool:
        changed = False
        count = self._report.counts["terms"]
        for term in record.terms:
            body = self.body(term.body)
            if body is None:
                self._report.problem(
                    self._file,
                    Problem(
                        record.row,
                        f"{record.name or record.placeholder}: the body {term.body.identifier.rpartition(chr(0))[2]} is not known, so this seat was left out",
                        is_skipped=not record.is_whole,
                    ),
                )
                continue
            post = self._post(term.post, body) if term.post else None
            held = state.find_term(key, body, post, term)
            area = self._area(term.area, body) if term.area else None
            party = self.body(term.party_body) if term.party_body else None
            if party is None and term.party:
                party = self._party(term.party, term.jurisdiction, body)
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
                    Source.dataset == self._register.dataset,
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

    def _post(self, ref: Ref, body: int) -> int | None:
        if ref not in self._posts:
            self._flush()
            self._posts[ref] = self._post_on_file(slug(ref.identifier), body)
        return self._posts[ref]

    def _area(self, place: Place, body: int) -> int:
        """The area that somebody in a body sits for, made if there is none."""
        is_country = place.classification == "country"
        name = name_key(place.name)
        cached: tuple[Any, ...] = (
            (place.code,) if place.code
            else ("own", place.own_id) if place.own_id
            else ("country", name) if is_country
            else (body, name)
        )  # fmt: skip
        if cached not in self._areas:
            found = self._area_on_file(place, body, name)
            if found is None:
                wanted = place.code or f"{place.prefix}-{slug(place.own_id or place.name)}"
                if place.own_id and self._is_taken(Area, cut(wanted)):
                    wanted = self._own_area_slugs(place)[1]
                found = self._new(
                    Area, slug=self._free_made_slug(Area, wanted), name=place.name,
                    classification=place.classification, parent_id=None,
                )  # fmt: skip
                self._used_areas(body).setdefault(name, found)
            self._areas[cached] = found
            if place.own_id:
                self._areas_claimed[found] = place.own_id
        return self._areas[cached]

    def _area_on_file(self, place: Place, body: int, name: str) -> int | None:
        table = table_of(Area)
        rows = select(table.c.id, table.c.name)
        if place.code:
            return self._session.scalar(select(table.c.id).where(table.c.slug == cut(place.code)))
        if place.own_id:
            self._flush()
            slugs = self._own_area_slugs(place)
            for key, held in self._session.execute(rows.where(table.c.slug.in_(slugs)).order_by(table.c.id)):
                is_other = self._areas_claimed.get(key, place.own_id) != place.own_id
                if name_key(held) == name and not is_other and self._is_place_of(key, body):
                    return int(key)
            return None
        if place.classification == "country":
            self._flush()
            countries = self._session.execute(rows.where(table.c.classification == "country"))
            return next((int(key) for key, held in countries if name_key(held) == name), None)
        return self._used_areas(body).get(name)

    def _own_area_slugs(self, place: Place) -> tuple[str, str]:
        """Readable ids that a place of the file's register may have."""
        own = f"{place.prefix}-{slug(place.own_id)}"
        return cut(own), cut(f"{own}-{slug(self._register.scheme)}")

    def _is_place_of(self, area: int, body: int) -> bool:
        """Whether somebody in a body sits for an area, or nobody at all does."""
        bodies = set(
            self._session.scalars(
                select(Membership.organization_id).where(Membership.area_id == area).distinct()
            )
        )
        return body in bodies or not bodies

    def _used_areas(self, body: int) -> dict[str, int]:
        """The areas of a body by name, those that this import made among them."""
        if body not in self._areas_of:
            self._flush()
            self._areas_of[body] = areas_of(self._session, body)
        return self._areas_of[body]

    def _party(self, name: str, jurisdiction: str, body: int) -> int:
        """The party of a name in a jurisdiction; where that is not known, among those in the body."""
        jurisdiction = jurisdiction or self._jurisdiction(body)
        key = name_key(name)
        cached: tuple[Any, ...] = (jurisdiction, key) if jurisdiction else (body, key)
        if cached not in self._parties:
            found = self._party_on_file(key, jurisdiction, body)
            if found is None:
                found = self._new(
                    Organization,
                    slug=self._free_made_slug(
                        Organization, f"{slug(jurisdiction) if jurisdiction else 'x'}-party-{slug(name)}"
                    ),
                    name=name, classification="party", jurisdiction=jurisdiction,
                    parent_id=None, area_id=None, founding_date=None, dissolution_date=None, summary="", deleted_at=None,
                )  # fmt: skip
                self._cite(organization_id=found)
            self._parties[cached] = found
        return self._parties[cached]

    def _jurisdiction(self, body: int) -> str:
        if body not in self._jurisdictions:
            self._flush()
            found = self._session.scalar(select(Organization.jurisdiction).where(Organization.id == body))
            self._jurisdictions[body] = found or ""
        return self._jurisdictions[body]

    def _party_on_file(self, key: str, jurisdiction: str, body: int) -> int | None:
        query = select(Organization.id, Organization.name).where(Organization.classification == "party")
        if jurisdiction:
            query = query.where(Organization.jurisdiction == jurisdiction)
        else:
            query = query.join(Membership, Membership.on_behalf_of_id == Organization.id).where(
                Membership.organization_id == body, Organization.jurisdiction == ""
            )
        where = (jurisdiction or body,)
        if where not in self._parties_on_file:
            self._flush()
            rows = self._session.execute(query.distinct().order_by(Organization.id.desc()))
            self._parties_on_file[where] = {name_key(name): found for found, name in rows}
        return self._parties_on_file[where].get(key)

    def _other_name(self, name: str, **owner: int) -> None:
        key = self._new(
            OtherName, person_id=owner.get("person_id"), organization_id=owner.get("organization_id"), name=name, note="",
        )  # fmt: skip
        self._cite(other_name_id=key)

    def _old_name(self, name: str, subject: str, owner: int) -> None:
        """Keep a name that was changed, with the sources it had."""
        owners = {"person_id": None, "organization_id": None} | {subject: owner}
        key = self._new(OtherName, name=name, note="", **owners)
        sources = select(Citation.source_id).where(getattr(Citation, subject) == owner).distinct()
        for source in self._session.scalars(sources).all():
            self._cite(other_name_id=key, source_id=source)

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
        """Point this register's citation of a record to the file that changed it. Returns: whether it had one."""
        table = table_of(Citation)
        done = self._session.execute(
            update(table)
            .where(table.c[subject] == key, table.c.source_id.in_(self._mine))
            .values(source_id=self._source)
        )
        return bool(getattr(done, "rowcount", 0))

    def _owned(self, subject: str, keys: list[int]) -> set[int]:
        return owned_by(self._session, getattr(Citation, subject), keys, self._mine)

    def _taken_slugs(self, model: type[_WithSlug], wanted: list[str]) -> set[str]:
        taken: set[str] = set()
        column = table_of(model).c.slug
        for chunk in in_chunks(wanted):
            taken |= set(self._session.scalars(select(column).where(chunk(column))))
        return taken

    def _is_taken(self, model: type[_WithSlug], wanted: str) -> bool:
        return wanted in self._made[table_of(model)] or bool(self._taken_slugs(model, [wanted]))

    def _free_made_slug(self, model: type[_WithSlug], wanted: str) -> str:
        """An identifier for a record that is not written at once: nobody has it, and nobody is about to."""
        stem = candidate = cut(wanted)
        number = 1
        while self._is_taken(model, candidate):
            number += 1
            candidate = f"{cut(stem, SLUG_LENGTH - 8)}-{number}"
        self._made[table_of(model)].add(candidate)
        return candidate

    def _free_slug(self, model: type[_WithSlug], wanted: str, refs: tuple[Ref, ...]) -> str:
        wanted = cut(wanted.strip("-"))
        if not self._is_taken(model, wanted):
            return wanted
        own = slug(refs[0].identifier)[-20:].strip("-") if refs else "2"
        candidate, number = f"{wanted[:58]}-{own}", 1
        while self._is_taken(model, candidate):
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
            select(Source.id)
            .where(Source.sha256 == sha256, Source.id.in_(self._register.sources))
            .order_by(Source.id.desc())
        )
        if found is not None:
            return found, False
        wanted = f"{slug(self._file)[:56]}-{sha256[:8]}-{slug(self._register.dataset)[:12]}"
        source = Source(
            slug=free_slug(self._session, Source, wanted),
            kind=SourceKind.DATASET,
            title=f"{self._file}, imported",
            published_on=self._today.isoformat(),
            url=self._register.url,
            dataset=self._register.dataset,
            file_name=self._file,
            sha256=sha256,
        )
        self._session.add(source)
        self._session.flush()
        return source.id, True
