"""Those whom letters are to go to: what is on file of them, read for many at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.directory.lookup import records_by_id
from outreach.directory.people import MembershipRow, memberships_of
from outreach.directory.tenure import Addressed, office_problems
from outreach.domain.address import Addressee
from outreach.domain.postal import postal_lines
from outreach.domain.states import LetterStatus, Origin
from outreach.recipients.rows import RecipientRow
from outreach.store.models import ContactDetail, Letter, Membership, Organization, Person, Post
from outreach.store.search import in_chunks


@dataclass(frozen=True)
class AddresseeOnFile:
    """A recipient as forms of address need them, and what else is known of them.

    held: their offices and seats. has_written: whether a letter of theirs is on file. earlier: references of
    the first letter they had of each template. problem: a sentence if they do not hold their office on the
    day, else "".
    """

    addressee: Addressee
    held: tuple[MembershipRow, ...]
    has_written: bool
    earlier: Mapping[str, str]
    problem: str


def addressees_on_file(
    session: Session, recipients: Sequence[RecipientRow], *, on: date, templates: Collection[str]
) -> list[AddresseeOnFile]:
    """What is on file of each recipient, in their order.

    Args: templates: ids of those of which earlier letters matter.
    """
    people = records_by_id(session, Person, {r.person_id for r in recipients if r.person_id})
    posts = records_by_id(session, Post, {r.post_id for r in recipients if r.post_id})
    bodies = records_by_id(session, Organization, {r.body_id for r in recipients if r.body_id})
    person_keys = {p.id for p in people.values()}
    body_keys = {b.id for b in bodies.values()}
    held = memberships_of(session, Membership.person_id, person_keys)
    person_addresses = _postal(session, ContactDetail.person_id, person_keys)
    body_addresses = _postal(session, ContactDetail.organization_id, body_keys)
    writers = {
        key
        for wanted in in_chunks(person_keys)
        for key in session.scalars(
            select(Letter.sender_person_id).where(wanted(Letter.sender_person_id)).distinct()
        )
    }
    had_by_person = _earlier(session, Letter.person_id, person_keys, templates)
    had_by_body = _earlier(session, Letter.organization_id, body_keys, templates)
    places = [
        (
            people.get(r.person_id) if r.person_id else None,
            posts.get(r.post_id) if r.post_id else None,
            bodies.get(r.body_id) if r.body_id else None,
        )
        for r in recipients
    ]
    problems = office_problems(
        session,
        [
            Addressed(person.id if person else None, post.id if post else None, body.id if body else None, on)
            for person, post, body in places
        ],
        held,
    )
    found = []
    for (person, post, body), problem in zip(places, problems, strict=True):
        postal = (person_addresses.get(person.id) if person else "") or (
            body_addresses.get(body.id) if body else ""
        )
        earlier: Mapping[str, str] = {}
        if person is not None:
            earlier = had_by_person.get(person.id, {})
        elif body is not None:
            earlier = had_by_body.get(body.id, {})
        found.append(
            AddresseeOnFile(
                _addressee(person, post, body, postal or ""),
                tuple(held.get(person.id, ())) if person else (),
                person is not None and person.id in writers,
                earlier,
                problem,
            )
        )
    return found


def _postal(session: Session, owner: Any, keys: Collection[int]) -> dict[int, str]:
    """The first postal address of each, by key. owner: the column of `ContactDetail` that the keys are of."""
    found: dict[int, str] = {}
    for wanted in in_chunks(keys):
        query = select(owner, ContactDetail.value).where(wanted(owner), ContactDetail.type == "address")
        for key, value in session.execute(query.order_by(ContactDetail.id)):
            found.setdefault(key, value)
    return found


def _earlier(
    session: Session, whom: Any, keys: Collection[int], templates: Collection[str]
) -> dict[int, dict[str, str]]:
    """References of the first letter that each had of each template. whom: column of `Letter`; of a body only
    where no person is named."""
    found: dict[int, dict[str, str]] = {}
    nobody = [] if whom is Letter.person_id else [Letter.person_id.is_(None)]
    for wanted in in_chunks(keys):
        first = (
            select(func.min(Letter.id))
            .where(
                wanted(whom),
                *nobody,
                Letter.origin == Origin.OWN,
                Letter.template.in_(sorted(templates)),
                Letter.status != LetterStatus.WITHDRAWN,
                Letter.deleted_at.is_(None),
            )
            .group_by(whom, Letter.template)
        )
        for key, template, reference in session.execute(
            select(whom, Letter.template, Letter.reference).where(Letter.id.in_(first))
        ):
            found.setdefault(key, {})[template] = reference
    return found


def _addressee(person: Person | None, post: Post | None, body: Organization | None, postal: str) -> Addressee:
    return Addressee(
        name=person.name if person else "",
        given_name=person.given_name if person else "",
        family_name=person.family_name if person else "",
        honorific_prefix=person.honorific_prefix if person else "",
        honorific_suffix=person.honorific_suffix if person else "",
        gender=person.gender if person else "",
        post=(post.short_label or post.label) if post else "",
        body_name=body.name if body else "",
        postal_address=postal_lines(postal, body.jurisdiction if body else ""),
    )
