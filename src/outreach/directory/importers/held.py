"""What the database has of the people of one batch, read in a few queries."""

from collections import defaultdict
from collections.abc import Set
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.directory.importers.records import EVERYWHERE, NO_NAME, PersonRecord, Term
from outreach.domain.names import are_alike, given_names_differ
from outreach.store.models import Citation, ContactDetail, Identifier, Membership, OtherName, Person
from outreach.store.types import table_of


def owned_by(session: Session, column: Any, keys: Any, sources: Set[int]) -> set[int]:
    """Records that the files of one register alone vouch for, so that a newer one may change their values.

    What a document states or a user entered has another source beside it, and is only completed.
    """
    query = select(column, Citation.source_id).where(column.in_(keys)).distinct()
    found: dict[int, set[int]] = defaultdict(set)
    for key, source in session.execute(query):
        found[key].add(source)
    return {key for key, cited in found.items() if cited <= sources}


class Held:
    """What the database has of the people of one chunk."""

    def __init__(self, session: Session, keys: set[int], sources: Set[int]) -> None:
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

        self.owned |= owned_by(session, Citation.person_id, keys, sources)
        contacts = select(ContactDetail.id).where(ContactDetail.person_id.in_(keys))
        mine = owned_by(session, Citation.contact_detail_id, contacts, sources)
        for key, person, kind, value in session.execute(
            select(ContactDetail.id, ContactDetail.person_id, ContactDetail.type, ContactDetail.value).where(
                ContactDetail.person_id.in_(keys)
            )
        ):
            self.contacts[person or 0].append((key, kind, value, key in mine))
        held = select(terms.c.id).where(terms.c.person_id.in_(keys))
        mine = owned_by(session, Citation.membership_id, held, sources)
        for row in session.execute(select(terms).where(terms.c.person_id.in_(keys))).mappings():
            self.terms[row["person_id"]].append({**row, "owned": row["id"] in mine})

    def add(self, key: int, name: str, values: dict[str, Any]) -> None:
        """Someone who was just made, of this data set alone."""
        self.people[key] = {"name": name, **values}
        self.owned.add(key)

    def is_alike(self, key: int, record: PersonRecord) -> bool:
        """Whether somebody on file may be whom a record names.

        A number of the file's own may be that of a row, which is another's in the next edition. Brothers and
        sisters share a family name, so there the given names must agree too.
        """
        held = self.people[key]
        name = held["name"]
        if record.name in {name, *self.names[key]} or name.startswith(NO_NAME):
            return True
        if (
            record.identifiers[0].identifier.isdigit()
            and all(ref.scheme not in EVERYWHERE for ref in record.identifiers)
            and given_names_differ(held.get("given_name") or "", record.given_name)
            and not (held.get("birth_date") and held["birth_date"] == record.birth_date)
        ):
            return False
        return are_alike((name, *self.names[key]), (record.name, *record.other_names))

    def find_term(self, key: int, body: int, post: int | None, term: Term) -> dict[str, Any] | None:
        """The term on file that this one is: same body and post, and a first
        day that agrees as far as both go.
        """
        for held in self.terms[key]:
            if held["organization_id"] != body or held["post_id"] != post:
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
