"""Which letters want a reminder."""

from datetime import date

from sqlalchemy import false, func, select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow
from outreach.desk.letter_query import Condition, LetterQuery, conditions
from outreach.domain.states import Origin
from outreach.store.letter_rows import settle_session
from outreach.store.models import LetterRow


def overdue_without_reminder(
    session: Session, campaign: CampaignRow, today: date | None = None
) -> tuple[str, ...]:
    """Own letters whose answer is overdue and that no follow-up was drafted for, the longest overdue first.

    Args: today: by default the campaign's own day.
    """
    query = (
        select(LetterRow.c.reference)
        .where(_wants_reminder(session, campaign, today))
        .order_by(LetterRow.c.due_on, LetterRow.c.reference_key)
    )
    return tuple(session.scalars(query))


def reminders_wanted(session: Session, campaign: CampaignRow, today: date | None = None) -> int:
    """How many letters `overdue_without_reminder` names."""
    where = _wants_reminder(session, campaign, today)
    return session.execute(select(func.count()).select_from(LetterRow).where(where)).scalar_one()


def _wants_reminder(session: Session, campaign: CampaignRow, today: date | None) -> Condition:
    settle_session(session)
    late = LetterQuery(status="overdue", origin=Origin.OWN.value).of(campaign.key)
    return conditions(session, late, today or campaign.today) & (LetterRow.c.is_reminded == false())
