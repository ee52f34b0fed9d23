"""Whom letters go to, and where by e-mail, as the directory has it now."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.email_address import EmailAddress, address_problem, parsed_address
from outreach.errors import NotAllowedError
from outreach.store.models import ContactDetail, Letter, Organization, Person
from outreach.store.search import in_chunks


def sending_address(session: Session, letter: Letter) -> str:
    """The e-mail address that a letter goes to; see `sending_addresses`."""
    return sending_addresses(session, [letter])[0]


def sending_addresses(session: Session, letters: Sequence[Letter]) -> list[str]:
    """The e-mail address that each letter goes to, as it is on file, "" if there is none.

    It is the first of the person, else of the body; one that can be used comes before one that cannot.
    """
    of_people = _addresses(session, ContactDetail.person_id, {x.person_id for x in letters if x.person_id})
    of_bodies = _addresses(
        session, ContactDetail.organization_id, {x.organization_id for x in letters if x.organization_id}
    )
    found = []
    for letter in letters:
        known = [*of_people.get(letter.person_id or 0, ()), *of_bodies.get(letter.organization_id or 0, ())]
        found.append(next((x for x in known if parsed_address(x)), known[0] if known else ""))
    return found


def _addresses(session: Session, owner: Any, keys: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for wanted in in_chunks(keys):
        query = select(owner, ContactDetail.value).where(wanted(owner), ContactDetail.type == "email")
        for key, value in session.execute(query.order_by(ContactDetail.id)):
            found.setdefault(key, []).append(value)
    return found


def names_of(session: Session, letters: Sequence[Letter]) -> list[str]:
    """Whom each letter is to: the person, or else the body."""
    people: dict[int, str] = {}
    bodies: dict[int, str] = {}
    for names, model, keys in (
        (people, Person, {x.person_id for x in letters if x.person_id}),
        (bodies, Organization, {x.organization_id for x in letters if x.organization_id}),
    ):
        for wanted in in_chunks(keys):
            names.update(
                (k, v) for k, v in session.execute(select(model.id, model.name).where(wanted(model.id)))
            )
    return [people.get(x.person_id or 0) or bodies.get(x.organization_id or 0, "") for x in letters]


def address_of(reference: str, to_address: str) -> EmailAddress:
    """The address that a letter can be sent to. Args: to_address: as it is on file.

    Raises: NotAllowedError where none is on file, or what is on file is not one address.
    """
    if not to_address:
        raise NotAllowedError(
            f"No e-mail address is on file for {reference}. Add one in the directory, or send it by post."
        )
    found = parsed_address(to_address)
    if found is None:
        raise NotAllowedError(
            f"{reference} cannot be sent by e-mail: {address_problem(to_address)} Correct it in the "
            "directory, or send it by post."
        )
    return found
