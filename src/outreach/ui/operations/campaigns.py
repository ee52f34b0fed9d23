"""Campaigns: which there are, a new one, and the details of one."""

from functools import partial

from outreach.cases.campaigns import CampaignRow, campaigns_list, create_campaign, update_campaign
from outreach.store.changes import Changes
from outreach.ui.operations.operation import Read, Write, silent


def listed(slot: str = "campaigns") -> Read[tuple[CampaignRow, ...]]:
    """All campaigns."""
    return Read(campaigns_list, slot)


def create(*, name: str, prefix: str, case_name: str, sender: str) -> Write[Changes]:
    """A new campaign with its first case. Nothing is said before it is in view."""
    return Write(
        partial(create_campaign, name=name, prefix=prefix, case_name=case_name, sender=sender),
        said=silent,
    )


def change(
    campaign: CampaignRow,
    *,
    name: str,
    sender_name: str,
    sender_organization: str,
    sender_address: str,
    sender_email: str,
) -> Write[Changes]:
    """Change a campaign's name and sender."""
    return Write(
        partial(
            update_campaign,
            campaign_key=campaign.key,
            name=name,
            sender_name=sender_name,
            sender_organization=sender_organization,
            sender_address=sender_address,
            sender_email=sender_email,
        )
    )
