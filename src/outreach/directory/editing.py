"""People and bodies entered or corrected by hand."""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from outreach.directory.lookup import find_record
from outreach.domain.email_address import email_address
from outreach.domain.partial_dates import ends_too_soon, parse_partial
from outreach.domain.references import slug
from outreach.errors import UsageError
from outreach.store.changes import Changes
from outreach.store.models import (
    Citation,
    ContactDetail,
    Membership,
    Organization,
    Person,
    Post,
    Source,
    SourceKind,
)
from outreach.store.types import free_slug

BY_HAND = "entered by hand"


@dataclass(frozen=True)
class PersonEntry:
    """What a user enters of a person. contacts: value by type, "" removes it.

    body_id, post_id, role, start_date, end_date: a term to add, body_id "" for none; partial dates.
    """

    given_name: str
    family_name: str
    honorific_prefix: str
    honorific_suffix: str
    gender: str
    preferred_language: str
    summary: str
    contacts: tuple[tuple[str, str], ...]
    body_id: str = ""
    post_id: str = ""
    role: str = ""
    start_date: str = ""
    end_date: str = ""


@dataclass(frozen=True)
class BodyEntry:
    """What a user enters of a body. contacts: value by type, "" removes it."""

    name: str
    classification: str
    jurisdiction: str
    parent_id: str
    summary: str
    contacts: tuple[tuple[str, str], ...]


def save_person(session: Session, entry: PersonEntry, person_id: str = "") -> Changes:
    """Add a person, or change the one with this id.

    Returns: Changes whose ref is the id. Raises: UsageError for a missing name, a malformed address or
        date; NotFoundError.
    """
    name = " ".join(f"{entry.given_name} {entry.family_name}".split())
    if not name:
        raise UsageError("A person needs a name.")
    _check_contacts(entry.contacts)
    if person_id:
        person = find_record(session, Person, person_id)
    else:
        person = Person(slug=free_slug(session, Person, slug(name, "person")), name=name)
        session.add(person)
    person.name = name
    person.given_name, person.family_name = entry.given_name.strip(), entry.family_name.strip()
    person.honorific_prefix = entry.honorific_prefix.strip()
    person.honorific_suffix = entry.honorific_suffix.strip()
    person.gender, person.preferred_language = entry.gender, entry.preferred_language
    person.summary = entry.summary.strip()
    session.flush()
    _cite_by_hand(session, person_id=person.id)
    _save_contacts(session, entry.contacts, person_id=person.id)
    if entry.body_id:
        _add_term(session, person, entry)
    return Changes(frozenset({"directory", "letters"}), f"Saved {name}.", (person.slug,))


def _add_term(session: Session, person: Person, entry: PersonEntry) -> None:
    body = find_record(session, Organization, entry.body_id)
    post = session.scalar(select(Post).where(Post.slug == entry.post_id)) if entry.post_id else None
    start = parse_partial(entry.start_date) if entry.start_date.strip() else None
    end = parse_partial(entry.end_date) if entry.end_date.strip() else None
    if ends_too_soon(start, end):
        raise UsageError("The term ends before it begins. Correct one of its dates.")
    session.add(
        Membership(
            person_id=person.id,
            organization_id=body.id,
            post_id=post.id if post else None,
            role=entry.role.strip() or (post.label if post else ""),
            start_date=start,
            end_date=end,
        )
    )


def save_body(session: Session, entry: BodyEntry, body_id: str = "") -> Changes:
    """Add a body, or change the one with this id. Returns and raises as `save_person`."""
    name = " ".join(entry.name.split())
    if not name:
        raise UsageError("A body needs a name.")
    _check_contacts(entry.contacts)
    if body_id:
        body = find_record(session, Organization, body_id)
    else:
        body = Organization(slug=free_slug(session, Organization, slug(name, "body")), name=name)
        session.add(body)
    parent = find_record(session, Organization, entry.parent_id) if entry.parent_id else None
    body.name, body.classification = name, entry.classification.strip()
    body.jurisdiction, body.summary = entry.jurisdiction.strip().upper(), entry.summary.strip()
    session.flush()
    if parent is not None:
        _refuse_circle(session, body, parent)
    body.parent_id = parent.id if parent else None
    _cite_by_hand(session, organization_id=body.id)
    _save_contacts(session, entry.contacts, organization_id=body.id)
    return Changes(frozenset({"directory", "letters"}), f"Saved {name}.", (body.slug,))


def _refuse_circle(session: Session, body: Organization, parent: Organization) -> None:
    above: Organization | None = parent
    while above is not None:
        if above.id == body.id:
            raise UsageError(f"{body.name} cannot be part of itself. Choose another body.")
        above = session.get(Organization, above.parent_id) if above.parent_id else None


def _check_contacts(contacts: tuple[tuple[str, str], ...]) -> None:
    for kind, value in contacts:
        text = value.strip()
        if kind == "email" and text:
            email_address(text)
        if kind == "form" and text and not text.startswith(("https://", "http://")):
            raise UsageError(f"“{text}” is not a web address. Begin it with https://")


def _cite_by_hand(session: Session, **subject: int) -> None:
    """Say that a user vouches for a record, so that no import overwrites what they entered."""
    source = session.scalar(select(Source).where(Source.slug == "entered-by-hand"))
    if source is None:
        source = Source(slug="entered-by-hand", kind=SourceKind.OUTSIDE, title="Entered by hand")
        session.add(source)
        session.flush()
    if session.scalar(select(Citation.id).filter_by(source_id=source.id, **subject)) is None:
        session.add(Citation(source_id=source.id, **subject))


def _save_contacts(session: Session, contacts: tuple[tuple[str, str], ...], **owner: int) -> None:
    for kind, value in contacts:
        text = "\n".join(line.strip() for line in value.strip().splitlines())
        found = session.scalars(
            select(ContactDetail).filter_by(type=kind, **owner).order_by(ContactDetail.id)
        ).first()
        if not text:
            if found is not None:
                session.delete(found)
        elif found is None:
            found = ContactDetail(type=kind, value=text, note=BY_HAND, **owner)
            session.add(found)
            session.flush()
            _cite_by_hand(session, contact_detail_id=found.id)
        elif found.value != text:
            found.value, found.note = text, BY_HAND
            session.execute(delete(Citation).where(Citation.contact_detail_id == found.id))
            _cite_by_hand(session, contact_detail_id=found.id)
