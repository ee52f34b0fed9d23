"""Which letters want a reminder."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import tracker_rows
from outreach.domain.letter_life import Step
from outreach.domain.states import OVERDUE_PHASES, LetterStatus
from outreach.letters.situations import next_letters
from outreach.store.models import Letter, LetterEvent


def overdue_without_reminder(
    session: Session,
    campaign: CampaignRow,
    today: date | None = None,
    *,
    rows: Sequence[TrackerRow] | None = None,
) -> tuple[str, ...]:
    """Own letters whose answer is overdue and that no follow-up was drafted for, the longest overdue first.

    Args: rows: the table of that day, where it was read already.
    """
    table = tracker_rows(session, campaign, today=today) if rows is None else rows
    late = [r for r in table if r.origin == "own" and r.phase in OVERDUE_PHASES]
    # One that was deleted or withdrawn again does not count.
    there = set(
        session.scalars(
            select(Letter.reference).where(
                Letter.deleted_at.is_(None), Letter.status != LetterStatus.WITHDRAWN
            )
        )
    )
    reminded = {
        reference
        for reference, told in session.execute(
            select(Letter.reference, LetterEvent.detail)
            .join(LetterEvent, LetterEvent.letter_id == Letter.id)
            .where(Letter.campaign_id == campaign.key, LetterEvent.kind == Step.FOLLOWED_UP)
        )
        if not there.isdisjoint(next_letters(told))
    }
    waiting = [r for r in late if r.reference not in reminded]
    return tuple(r.reference for r in sorted(waiting, key=lambda r: (r.due_on or date.max, r.reference)))
