"""Campaigns, their asks and the people and bodies they write to."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.facts import find_case
from outreach.errors import UsageError
from outreach.store.changes import Changes
from outreach.store.models import Ask, Campaign, Case
from outreach.store.types import free_slug


@dataclass(frozen=True)
class CampaignRow:
    """A campaign. as_of: the day its records stand at; None means today. cases: (id, name) of each."""

    key: int
    id: str
    name: str
    prefix: str
    summary: str
    sender_name: str
    sender_organization: str
    sender_address: str
    sender_email: str
    as_of: date | None
    cases: tuple[tuple[str, str], ...]

    @property
    def today(self) -> date:
        """The day that deadlines of this campaign are counted from."""
        return self.as_of or date.today()  # noqa: DTZ011  local calendar day is meant


@dataclass(frozen=True)
class AskRow:
    """What is requested. text: in the language asked for, or "" if there is none in it."""

    key: int
    id: str
    name: str
    text: str
    audiences: tuple[str, ...]


def campaigns_list(session: Session) -> tuple[CampaignRow, ...]:
    """All campaigns, the oldest first."""
    cases: dict[int, list[tuple[str, str]]] = {}
    for case in session.scalars(select(Case).order_by(Case.id)):
        cases.setdefault(case.campaign_id, []).append((case.slug, case.name))
    return tuple(
        CampaignRow(
            c.id,
            c.slug,
            c.name,
            c.prefix,
            c.summary,
            c.sender_name,
            c.sender_organization,
            c.sender_address,
            c.sender_email,
            c.as_of,
            tuple(cases.get(c.id, ())),
        )
        for c in session.scalars(select(Campaign).order_by(Campaign.id))
    )


def campaign_of_case(session: Session, case_id: str) -> CampaignRow:
    """The campaign that owns a case. Raises: NotFoundError naming the cases there are."""
    key = find_case(session, case_id).campaign_id
    return next(c for c in campaigns_list(session) if c.key == key)


def asks_list(session: Session, campaign_key: int, language: str = "en") -> tuple[AskRow, ...]:
    """A campaign's asks in their order, worded in one language."""
    asks = session.scalars(select(Ask).where(Ask.campaign_id == campaign_key).order_by(Ask.position, Ask.id))
    return tuple(
        AskRow(
            a.id,
            a.slug,
            a.name,
            a.text if language == "en" else a.translations.get(language, ""),
            tuple(a.audiences),
        )
        for a in asks
    )


def create_campaign(session: Session, *, name: str, prefix: str, case_name: str, sender: str = "") -> Changes:
    """Start a campaign with its first case.

    Args: prefix: of its letters' references, 2 to 10 capitals and digits.
    Raises: UsageError if the name is empty or the prefix malformed or taken.
    """
    from outreach.domain.references import is_reference, slug

    if not name.strip() or not case_name.strip():
        raise UsageError("A campaign needs a name, and its case needs one too.")
    if not is_reference(f"{prefix}-0001"):
        raise UsageError(
            f"“{prefix}” cannot stand before a number. Use 2 to 10 capitals and digits, such as MAG."
        )
    if session.scalar(select(Campaign).where(Campaign.prefix == prefix)):
        raise UsageError(f"The prefix {prefix} is taken by another campaign. Choose another.")
    campaign_slug = free_slug(session, Campaign, slug(name, "campaign"))
    campaign = Campaign(
        slug=campaign_slug, name=name.strip(), prefix=prefix, sender_organization=sender.strip()
    )
    session.add(campaign)
    session.flush()
    session.add(
        Case(
            slug=free_slug(session, Case, slug(case_name, "case")),
            campaign_id=campaign.id,
            name=case_name.strip(),
        )
    )
    return Changes(
        frozenset({"cases", "letters", "directory", "packs"}), f"Started “{name}”.", (campaign_slug,)
    )


def update_campaign(
    session: Session,
    campaign_key: int,
    *,
    name: str,
    sender_name: str,
    sender_organization: str,
    sender_address: str,
    sender_email: str,
) -> Changes:
    """Change a campaign's name and who its letters come from; letters already drafted keep their sender.

    Raises: UsageError if the name is empty or the e-mail address is not one.
    """
    if not name.strip():
        raise UsageError("A campaign needs a name.")
    email = sender_email.strip()
    if email:
        from outreach.domain.email_address import email_address

        email_address(email)
    campaign = session.get_one(Campaign, campaign_key)
    campaign.name = name.strip()
    campaign.sender_name = sender_name.strip()
    campaign.sender_organization = sender_organization.strip()
    campaign.sender_address = "\n".join(line.strip() for line in sender_address.splitlines() if line.strip())
    campaign.sender_email = email
    return Changes(frozenset({"cases", "letters", "packs"}), "Campaign saved.", (campaign.slug,))
