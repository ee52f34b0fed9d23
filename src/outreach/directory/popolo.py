"""The directory in Popolo's JSON form, as the terminal's ``--format json`` prints it.

Source: https://www.popoloproject.com/specs/ (Person, Organization, Post, Membership, ContactDetail).
"""

from typing import Any

from outreach.directory.bodies import BodyRow, HolderRow, PostRow
from outreach.directory.citations import SourceRef
from outreach.directory.people import ContactRow, MembershipRow, OtherNameRow, PersonRow


def _source(ref: SourceRef) -> dict[str, Any]:
    found = {
        "id": ref.id,
        "title": ref.title,
        "date": ref.date,
        "kind": ref.kind,
        "locator": ref.locator,
        "claim": ref.claim,
        "publisher": ref.publisher,
        "url": ref.url,
    }
    return {key: value for key, value in found.items() if value}


def sources(refs: tuple[SourceRef, ...]) -> list[dict[str, Any]]:
    """Citations as plain data, without what is empty."""
    return [_source(ref) for ref in refs]


def _names(names: tuple[OtherNameRow, ...]) -> list[dict[str, Any]]:
    return [{"name": n.name, "note": n.note, "sources": sources(n.sources)} for n in names]


def _contacts(contacts: tuple[ContactRow, ...]) -> list[dict[str, Any]]:
    return [
        {"type": c.type, "value": c.value, "label": c.label, "note": c.note, "sources": sources(c.sources)}
        for c in contacts
    ]


def _membership(m: MembershipRow) -> dict[str, Any]:
    return {
        "role": m.role,
        "post_id": m.post_slug or None,
        "post": m.post or None,
        "organization_id": m.organization_slug,
        "organization": m.organization,
        "on_behalf_of": m.on_behalf_of or None,
        "area": m.area or None,
        "start_date": m.start_date,
        "end_date": m.end_date,
        "sources": sources(m.sources),
    }


def _holder(h: HolderRow) -> dict[str, Any]:
    return {
        "person_id": h.person,
        "name": h.name,
        "role": h.label,
        "start_date": h.start_date,
        "end_date": h.end_date,
    }


def person(row: PersonRow) -> dict[str, Any]:
    """A person as Popolo has it."""
    return {
        "id": row.id,
        "name": row.name,
        "given_name": row.given_name,
        "family_name": row.family_name,
        "honorific_prefix": row.honorific_prefix,
        "honorific_suffix": row.honorific_suffix,
        "gender": row.gender,
        "birth_date": row.birth_date,
        "death_date": row.death_date,
        "summary": row.summary,
        "other_names": _names(row.other_names),
        "identifiers": [{"scheme": s, "identifier": i} for s, i in row.identifiers],
        "memberships": [_membership(m) for m in row.memberships],
        "contact_details": _contacts(row.contact_details),
        "sources": sources(row.sources),
    }


def organization(row: BodyRow) -> dict[str, Any]:
    """A body as Popolo has it."""
    return {
        "id": row.id,
        "name": row.name,
        "classification": row.classification,
        "jurisdiction": row.jurisdiction,
        "parent_id": row.parent_id or None,
        "summary": row.summary,
        "founding_date": row.founding_date,
        "dissolution_date": row.dissolution_date,
        "other_names": _names(row.other_names),
        "memberships": [_holder(m) for m in row.members],
        "contact_details": _contacts(row.contact_details),
        "sources": sources(row.sources),
    }


def post(row: PostRow) -> dict[str, Any]:
    """A post as Popolo has it, with its holders."""
    return {
        "id": row.id,
        "label": row.label,
        "short_label": row.short_label,
        "organization_id": row.organization_id,
        "organization": row.organization,
        "memberships": [_holder(h) for h in row.holders],
        "sources": sources(row.sources),
    }
