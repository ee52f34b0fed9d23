"""What is to be done by a day: what answers promise, and what somebody set themselves."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow
from outreach.directory.standards import standard_of
from outreach.domain.deadlines import reply_due
from outreach.domain.states import FollowUpReason
from outreach.errors import NotFoundError
from outreach.letters.ledger import LETTERS
from outreach.store.changes import Changes
from outreach.store.models import FollowUp, Letter, Organization, Person, Reply
from outreach.store.types import now


@dataclass(frozen=True)
class FollowUpRow:
    """Something to do by a date. reason: promise or silence."""

    key: int
    reference: str
    who: str
    due_on: date
    reason: str
    what: str
    is_done: bool


def keep_promise(session: Session, letter: Letter, reply: Reply, what: str, due: date | None) -> None:
    """What an answer promises, in place of what it was said to promise, as long as that is not done."""
    day = due or reply_due(reply.received_on, standard_of(session, letter.organization_id))
    known = open_promise(session, reply.id)
    if known is not None:
        known.what, known.due_on = what.strip(), day
        return
    session.add(
        FollowUp(
            letter_id=letter.id,
            reply_id=reply.id,
            due_on=day,
            reason=FollowUpReason.PROMISE,
            what=what.strip(),
        )
    )


def open_promise(session: Session, reply_key: int) -> FollowUp | None:
    """What an answer promises that is not done, None if there is nothing."""
    return session.scalars(
        select(FollowUp)
        .where(
            FollowUp.reply_id == reply_key,
            FollowUp.reason == FollowUpReason.PROMISE,
            FollowUp.done_at.is_(None),
        )
        .order_by(FollowUp.id)
    ).first()


def follow_ups_list(
    session: Session, campaign: CampaignRow, *, due_by: date | None = None
) -> tuple[FollowUpRow, ...]:
    """What is to be done, open ones first, the most urgent first.

    Args: due_by: only what is open and to be done by that day.
    """
    query = (
        select(FollowUp, Letter.reference, Person.name, Organization.name)
        .join(Letter, Letter.id == FollowUp.letter_id)
        .outerjoin(Person, Person.id == Letter.person_id)
        .outerjoin(Organization, Organization.id == Letter.organization_id)
        # The sum keeps SQLite from reading every letter of the campaign for the few things there are to do.
        .where(Letter.campaign_id + 0 == campaign.key)
        .order_by(FollowUp.done_at.is_not(None), FollowUp.due_on, FollowUp.id)
    )
    if due_by is not None:
        query = query.where(FollowUp.done_at.is_(None), FollowUp.due_on <= due_by)
    return tuple(
        FollowUpRow(f.id, reference, person or body or "", f.due_on, f.reason, f.what, f.done_at is not None)
        for f, reference, person, body in session.execute(query)
    )


def set_follow_up_done(session: Session, key: int, done: bool = True) -> Changes:
    """Tick a follow-up off, or open it again. Raises: NotFoundError."""
    follow_up = session.get(FollowUp, key)
    if follow_up is None:
        raise NotFoundError("There is no such follow-up.")
    follow_up.done_at = now() if done else None
    return Changes(LETTERS, "Follow-up done." if done else "Follow-up opened again.")
