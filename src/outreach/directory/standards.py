"""The reply standard of each body: what a user noted for it, else what is published for its
kind, else a default that says so.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from outreach.directory.lookup import find_record
from outreach.domain.deadlines import UNITS, ReplyStandard, own_standard, reply_standard
from outreach.errors import UsageError
from outreach.store.changes import Changes
from outreach.store.models import Organization, OrganizationStandard
from outreach.store.search import in_chunks


@dataclass(frozen=True)
class StandardRow:
    """A body's standard. is_own: noted by a user for this body."""

    body_id: str
    body: str
    standard: ReplyStandard
    is_own: bool


def standards_of(session: Session, keys: Collection[int] | None = None) -> dict[int, ReplyStandard]:
    """Reply standards of bodies by their keys. Args: keys: None for all bodies."""
    found: dict[int, ReplyStandard] = {}
    for wanted in in_chunks(keys):
        rows = session.execute(
            select(
                Organization.id,
                Organization.jurisdiction,
                Organization.classification,
                Organization.name,
                OrganizationStandard,
            )
            .outerjoin(OrganizationStandard, OrganizationStandard.organization_id == Organization.id)
            .where(wanted(Organization.id))
        )
        for key, jurisdiction, classification, name, own in rows:
            found[key] = (
                own_standard(jurisdiction, own.amount, own.unit, own.source)
                if own is not None
                else reply_standard(jurisdiction, classification, name)
            )
    return found


def standard_of(session: Session, key: int | None) -> ReplyStandard:
    """Reply standard of one body; the default where there is none."""
    found = standards_of(session, [key]).get(key) if key is not None else None
    return found or reply_standard("", "")


def standards_list(session: Session, search: str = "") -> tuple[StandardRow, ...]:
    """Every body with its standard, by name. search: part of the name."""
    own = set(session.scalars(select(OrganizationStandard.organization_id)))
    standards = standards_of(session)
    bodies = session.execute(
        select(Organization.id, Organization.slug, Organization.name).order_by(Organization.name)
    )
    return tuple(
        StandardRow(slug, name, standards[key], key in own)
        for key, slug, name in bodies
        if search.casefold() in name.casefold()
    )


def set_standard(session: Session, body_id: str, *, amount: int, unit: str, source: str) -> Changes:
    """Note how long a body gives itself to answer.

    Args: amount: of units, at least 1; 0 forgets what was noted. unit: working_days or days. source: where it
        is stated.
    Raises: NotFoundError; UsageError.
    """
    body = find_record(session, Organization, body_id)
    kinds = frozenset({"directory", "letters"})
    if amount == 0:
        session.execute(delete(OrganizationStandard).where(OrganizationStandard.organization_id == body.id))
        return Changes(kinds, f"{body.name}: the published standard, or the default, holds again.")
    if not 0 < amount <= 1000:
        raise UsageError("A reply standard is a number of days from 1 to 1,000.")
    if unit not in UNITS:
        raise UsageError(f"“{unit}” is no unit. Choose from {', '.join(UNITS)}.")
    if not source.strip():
        raise UsageError("Say where the standard is stated, such as a page or a letter of the body's.")
    noted = session.scalar(
        select(OrganizationStandard).where(OrganizationStandard.organization_id == body.id)
    ) or OrganizationStandard(organization_id=body.id)
    noted.amount, noted.unit, noted.source = amount, unit, source.strip()
    session.add(noted)
    session.flush()
    return Changes(kinds, f"{body.name} answers within {standard_of(session, body.id).in_words}.")
