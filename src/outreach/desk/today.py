"""What is to be done today: the one list that the Today page and the notification are made from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow
from outreach.correspondence.promises import FollowUpRow, follow_ups_list
from outreach.correspondence.triage import InboxRow, inbox_rows
from outreach.desk.letter_query import standing_holds
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import tracker_rows
from outreach.desk.reminders import overdue_without_reminder
from outreach.domain.wording import counted

PROMISE_DAYS = 7


@dataclass(frozen=True)
class Agenda:
    """What is to be done, each in the order of urgency. Letters are chosen as `letter_query.STANDINGS` has them, so that the table
    filtered by the same word shows the same ones.

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
    promises = [
        f
        for f in follow_ups_list(session, campaign)
        if not f.is_done and (f.due_on - on).days <= PROMISE_DAYS
    ]

    def standing_at(word: str) -> tuple[TrackerRow, ...]:
        return tuple(r for r in rows if standing_holds(r, word))

    return Agenda(
        on=on,
        to_read=inbox_rows(session, "open", campaign_key=campaign.key),
        uncertain=standing_at("uncertain"),
        returned=standing_at("returned"),
        overdue=_by_day(standing_at("overdue")),
        to_remind=overdue_without_reminder(session, campaign, on, rows=rows),
        due_soon=_by_day(standing_at("due soon")),
        promises=tuple(promises),
        to_send=standing_at("ready"),
        drafts=standing_at("draft"),
    )


def _by_day(rows: Iterable[TrackerRow]) -> tuple[TrackerRow, ...]:
    return tuple(sorted(rows, key=lambda r: (r.due_on or date.max, r.reference)))
