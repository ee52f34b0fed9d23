"""What is to be done today: the one list that the Today page and the notification are made from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow
from outreach.domain.states import OVERDUE_PHASES, LetterStatus, Phase
from outreach.domain.wording import counted
from outreach.letters.following_up import overdue_without_reminder
from outreach.letters.replies import FollowUpRow, follow_ups_list
from outreach.letters.tracker import TrackerRow, tracker_rows
from outreach.mail.triage import InboxRow, inbox_rows

PROMISE_DAYS = 7


@dataclass(frozen=True)
class Agenda:
    """What is to be done, each in the order of urgency.

    to_read: messages to assign or to class. uncertain: letters of which nobody knows whether they went out. returned: letters
    that came back or were refused. overdue: without an answer past their day; to_remind: references of these that no follow-up was
    drafted for. due_soon: letters whose answer is due within days. promises: open ones due within a week or past.
    to_send: approved letters. drafts: letters to approve.
    """

    on: date
    to_read: tuple[InboxRow, ...]
    uncertain: tuple[TrackerRow, ...]
    returned: tuple[TrackerRow, ...]
    overdue: tuple[TrackerRow, ...]
    to_remind: tuple[str, ...]
    due_soon: tuple[TrackerRow, ...]
    promises: tuple[FollowUpRow, ...]
    to_send: tuple[TrackerRow, ...]
    drafts: tuple[TrackerRow, ...]

    @property
    def pressing(self) -> tuple[str, ...]:
        """What a notification says: only what somebody waits for, in words."""
        late = sum(p.due_on < self.on for p in self.promises)
        return tuple(
            words
            for number, words in (
                (len(self.to_read), counted(len(self.to_read), "answer to read", "answers to read")),
                (len(self.uncertain), counted(len(self.uncertain), "letter to settle", "letters to settle")),
                (len(self.returned), counted(len(self.returned), "letter came back", "letters came back")),
                (len(self.to_remind), counted(len(self.to_remind), "answer overdue", "answers overdue")),
                (late, counted(late, "promise past its day", "promises past their day")),
            )
            if number
        )


def agenda(session: Session, campaign: CampaignRow, *, today: date | None = None) -> Agenda:
    """What a campaign needs somebody to do. Args: today: by default the campaign's own day."""
    on = today or campaign.today
    rows = tracker_rows(session, campaign, today=on)
    own = [r for r in rows if r.origin == "own"]
    references = {r.reference for r in rows}
    promises = [
        f
        for f in follow_ups_list(session, campaign)
        if not f.is_done and (f.due_on - on).days <= PROMISE_DAYS
    ]
    return Agenda(
        on=on,
        to_read=tuple(r for r in inbox_rows(session, "open") if not r.reference or r.reference in references),
        uncertain=tuple(r for r in own if r.is_uncertain),
        returned=tuple(r for r in own if r.status in {LetterStatus.BOUNCED, LetterStatus.FAILED}),
        overdue=_by_day(r for r in rows if r.phase in OVERDUE_PHASES),
        to_remind=overdue_without_reminder(session, campaign, on, rows=rows),
        due_soon=_by_day(r for r in rows if r.phase is Phase.DUE_SOON),
        promises=tuple(promises),
        to_send=tuple(
            r for r in own if r.status in {LetterStatus.APPROVED, LetterStatus.QUEUED} and not r.is_uncertain
        ),
        drafts=tuple(r for r in own if r.status is LetterStatus.DRAFT),
    )


def _by_day(rows: Iterable[TrackerRow]) -> tuple[TrackerRow, ...]:
    return tuple(sorted(rows, key=lambda r: (r.due_on or date.max, r.reference)))
