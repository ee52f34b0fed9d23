"""Which letters want a reminder."""

from datetime import date

from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session, aliased

from outreach.cases.campaigns import CampaignRow
from outreach.desk.letter_query import Condition, LetterQuery, conditions
from outreach.domain.letter_life import Step
from outreach.domain.states import LetterStatus, Origin
from outreach.store.letter_rows import settle_session
from outreach.store.models import Letter, LetterEvent, LetterRow


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
    follow_up = aliased(Letter)
    # A follow-up that was deleted or withdrawn again does not count.
    reminded = (
        exists()
        .where(
            LetterEvent.letter_id == LetterRow.c.id,
            # Written out, as the index of these steps alone serves no other form.
            text(f"letter_event.kind = '{Step.FOLLOWED_UP.value}'"),
            follow_up.reference == LetterEvent.detail,
            follow_up.deleted_at.is_(None),
            follow_up.status != LetterStatus.WITHDRAWN,
        )
        .correlate(LetterRow)
    )
    return conditions(session, late, today or campaign.today) & ~reminded
