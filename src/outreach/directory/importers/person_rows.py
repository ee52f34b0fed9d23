"""People of an import and the terms they hold: who is who by outside ids, as far as the names agree."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select, update

from outreach.directory.importers.body_rows import BodyRows
from outreach.directory.importers.editions import row_id
from outreach.directory.importers.held import Held
from outreach.directory.importers.place_rows import PlaceRows
from outreach.directory.importers.records import (
    BY_NAME,
    EVERYWHERE,
    NO_NAME,
    CurrentMembers,
    PersonRecord,
    Problem,
    Ref,
)
from outreach.directory.importers.rows import RowWriter, deciding, differences
from outreach.domain.names import are_of_other_scripts, name_key
from outreach.domain.references import slug
from outreach.store.models import (
    Citation,
    ContactDetail,
    Identifier,
    Membership,
    Person,
    Source,
)
from outreach.store.search import in_chunks
from outreach.store.types import table_of

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


class PersonRows:
    """Adds or updates people, and ends the seats of those whom a list no longer names."""

    def __init__(self, rows: RowWriter, places: PlaceRows, bodies: BodyRows) -> None:
        self._rows, self._places, self._bodies = rows, places, bodies
        self._session, self._report = rows.session, rows.report
        self._register, self._file, self._today = rows.register, rows.file, rows.today
        self._meant: dict[Ref, int] = {}

    def people(self, records: Sequence[PersonRecord]) -> None:
        """Add or update people and the terms they hold, a few hundred at a time."""
        self._rows.flush()
        wanted = [
            r
            for r in map(self._told_apart, records)
            if not r.is_whole or self._rows.is_first(r, r.identifiers[0] if r.identifiers else None)
        ]
        by_ref = self._people_by_ref({ref for r in wanted for ref in (*deciding(r), *r.formerly)})
        known = {key for keys in by_ref.values() for key in keys}
        state = Held(self._session, known, self._rows.mine)
        taken = self._rows.taken_slugs(Person, [slug(r.name or r.placeholder, "person") for r in wanted])
        for record in wanted:
            keys = {key for ref in deciding(record) for key in by_ref.get(ref, ())}
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
                for ref in deciding(record):
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
        self._rows.flush()

    def _choose(
        self, record: PersonRecord, keys: set[int], by_ref: Mapping[Ref, set[int]], state: Held
    ) -> tuple[int | None, bool]:
        """Whom a record is of. Returns: the person, None for a new one; and whether that is clear."""
        meant = {self._meant[ref] for ref in deciding(record) if ref in self._meant}
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
        public = {k for ref in deciding(record) if ref.scheme in EVERYWHERE for k in by_ref.get(ref, ())}
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
                self._meant |= dict.fromkeys(deciding(record), alike[0])
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
                    f"the id {ref.identifier} is {names}’s here and {record.name}’s in the file; the name "
                    "was kept. Look whether they are one",
                )
            return other, True
        self._report.conflict(
            self._file,
            record.row,
            f"the id {ref.identifier} is {names}’s here and {record.name}’s in the file; they stay two "
            "people. If they are one, merge them",
        )
        return None, True

    def _told_apart(self, record: PersonRecord) -> PersonRecord:
        """A record known by its name alone, where the file has several of this
        name: by what its row says too.
        """
        stem = own = row_id(record, self._register.doubled)
        if not stem or stem == record.identifiers[0].identifier:
            return record
        number = 1
        while hash(Ref(BY_NAME, own)) in self._rows.seen:
            number += 1
            own = f"{stem} {number}"
        if number > 1:
            first = self._rows.seen[hash(Ref(BY_NAME, stem))]
            self._rows.note(
                record.row,
                f"{record.name}: the same as row {first} in every cell that counts; kept as somebody else",
            )
        return replace(record, identifiers=(Ref(BY_NAME, own), *record.identifiers[1:]), formerly=())

    def _people_by_ref(self, refs: set[Ref]) -> dict[Ref, set[int]]:
        found: dict[Ref, set[int]] = defaultdict(set)
        by_scheme: dict[str, dict[str, list[Ref]]] = defaultdict(lambda: defaultdict(list))
        for ref in refs:
            by_scheme[self._rows.scheme(ref)][ref.identifier].append(ref)
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
            while wanted in taken or self._rows.taken_slugs(Person, [wanted]):
                number += 1
                wanted = f"{stem}-{number}"
        taken.add(wanted)
        values: dict[str, Any] = {field: getattr(record, field) for field in _SCALARS}
        values |= {"birth_date": record.birth_date or None, "death_date": record.death_date or None}
        key = self._rows.new(Person, slug=wanted, name=name, deleted_at=None, **values)
        state.add(key, name, values)
        for ref in record.identifiers:
            self._identifier(key, ref)
        self._rows.cite(person_id=key)
        for other in record.other_names:
            self._rows.other_name(other, person_id=key)
        for contact in record.contacts:
            state.contacts[key].append(
                (self._rows.contact(contact, person_id=key), contact.type, contact.value, True)
            )
        return key

    def _identifier(self, key: int, ref: Ref) -> None:
        self._rows.new(
            Identifier, person_id=key, organization_id=None, scheme=self._rows.scheme(ref),
            identifier=ref.identifier,
            source_id=self._rows.source,
        )  # fmt: skip

    def _update_person(self, key: int, record: PersonRecord, state: Held) -> bool:
        """Returns: whether anything changed."""
        if not record.is_whole:
            return False
        row, owned = state.people[key], key in state.owned
        before = row["name"]
        changes = differences(record, row, _SCALARS, owned=owned)
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
                self._rows.old_name(before, "person_id", key)
        for name in dict.fromkeys((*record.other_names, record.name)):
            if name and name not in names:
                names.add(name)
                self._rows.other_name(name, person_id=key)
                changed = True
                if name == record.name:
                    self._rows.note(
                        record.row,
                        f"{row['name']}: the file has the name {name}, which was added to the other names",
                    )
        state.names[key] = names - {row["name"]}
        for ref in record.identifiers:
            if (self._rows.scheme(ref), ref.identifier) not in state.identifiers[key]:
                self._identifier(key, ref)
                changed = True
        changed |= self._contacts(key, record, state)
        if changed and not self._rows.cite_anew("person_id", key):
            self._rows.cite(person_id=key)
        return changed

    def _contacts(self, key: int, record: PersonRecord, state: Held) -> bool:
        """Add contact details that are new, and take away those of this data
        set that the file has no more.
        """
        wanted = {(c.type, c.value): c for c in record.contacts}
        there = {(kind, value) for _, kind, value, _ in state.contacts[key]}
        changed = False
        for pair, contact in wanted.items():
            if pair not in there:
                self._rows.contact(contact, person_id=key)
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
            body = self._bodies.body(term.body)
            if body is None:
                self._report.problem(
                    self._file,
                    Problem(
                        record.row,
                        f"{record.name or record.placeholder}: the body "
                        f"{term.body.identifier.rpartition(chr(0))[2]} is not known, so this seat was left "
                        "out",
                        is_skipped=not record.is_whole,
                    ),
                )
                continue
            post = self._bodies.post(term.post, body) if term.post else None
            held = state.find_term(key, body, post, term)
            area = self._places.area(term.area, body) if term.area else None
            party = self._bodies.body(term.party_body) if term.party_body else None
            if party is None and term.party:
                party = self._places.party(term.party, term.jurisdiction, body)
            if held is None:
                new = self._rows.new(
                    Membership, person_id=key, organization_id=body, post_id=post, on_behalf_of_id=party,
                    area_id=area, role=term.role, rank=term.rank, start_date=term.start or None,
                    end_date=term.end or None,
                )  # fmt: skip
                self._rows.cite(membership_id=new, claim=term.claim)
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
                self._rows.flush()  # what the change points to must be there first
                table = table_of(Membership)
                self._session.execute(update(table).where(table.c.id == held["id"]).values(**changes))
                held.update(changes)
                if not self._rows.cite_anew("membership_id", held["id"]):
                    self._rows.cite(membership_id=held["id"], claim=term.claim)
                count.changed += 1
                changed = True
            else:
                count.unchanged += 1
        return changed

    def current_members(self, records: Sequence[CurrentMembers]) -> None:
        """End the seats of those whom a list of everybody sitting now no longer names."""
        self._rows.flush()
        for record in records:
            body = self._bodies.body(record.body)
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
                    self._rows.cite(
                        membership_id=membership,
                        claim="left out of the list of this day, taken as the end of the seat",
                    )
                    self._report.counts["terms"].changed += 1
