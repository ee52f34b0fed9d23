"""Rows of a campaign as it is loaded: cited, and with ids that nobody else on file has."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.entries import CitationEntry
from outreach.domain.address import audiences
from outreach.errors import CampaignDataError
from outreach.exchange import campaign_folder as data
from outreach.store.models import (
    Citation,
    Organization,
    OtherName,
    Person,
    Post,
    Source,
)
from outreach.store.types import Base, free_slug


class CampaignRows:
    """One load.

    sources: those written so far, by id. apart: sentences on records that only share an id with one on file.
    """

    def __init__(self, session: Session, content: data.CampaignData) -> None:
        self.session, self.content = session, content
        self.sources: dict[str, Source] = {}
        self.apart: list[str] = []

    def found(self, kind: str, known: dict[str, Any], key: str, where: str) -> Any:
        """The record that an entry names.

        where: the entry, in words. Raises: CampaignDataError if there is none.
        """
        if key not in known:
            raise CampaignDataError(
                f"{where} names the {kind} “{key}”, which is in none of the campaign's files."
            )
        return known[key]

    def audience(self, key: str, where: str) -> str:
        """An audience that is known, or "". Raises: CampaignDataError."""
        if key and key not in audiences():
            raise CampaignDataError(f"{where} has the audience “{key}”. Known are: {', '.join(audiences())}.")
        return key

    def add(self, record: Base) -> None:
        """Write a record, so that it has an id."""
        self.session.add(record)
        self.session.flush()

    def cite(self, entries: Sequence[CitationEntry], where: str, **subject: int) -> None:
        """Cite sources for a record, such as post_id=3. Raises: CampaignDataError for one that is unknown."""
        for entry in entries:
            source = self.found("source", self.sources, entry.source, where)
            self.session.add(Citation(source_id=source.id, locator=entry.at, claim=entry.claim, **subject))

    def id_for(
        self, model: type[Source | Organization | Post | Person], wanted: str, name: str, taken_by: str
    ) -> str:
        """The readable id of a new record.

        taken_by: the name of another one that has the id wanted, or "".
        """
        if not taken_by:
            return wanted
        found = free_slug(self.session, model, wanted)
        self.apart.append(f"“{name}” is not the “{taken_by}” on file as {wanted}, and was added as {found}.")
        return found

    def names_of(self, record: Organization | Person) -> list[str]:
        """Every name of a body or person on file."""
        owner = OtherName.organization_id if isinstance(record, Organization) else OtherName.person_id
        return [record.name, *self.session.scalars(select(OtherName.name).where(owner == record.id))]
