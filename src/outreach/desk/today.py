"""What is to be done today: the one list that the Today page and the notification are made from."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow
from outreach.correspondence.promises import FollowUpRow, follow_ups_list
from outreach.correspondence.tray import InboxQuery, InboxRow, inbox_found, inbox_page
from outreach.desk.letter_order import BY_REFERENCE
from outreach.desk.letter_query import LetterQuery
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import letter_count, letter_page
from outreach.desk.reminders import reminders_wanted
from outreach.domain.wording import counted
from outreach.store.letter_rows import settle_session
from outreach.store.paging import Order, count_of

PROMISE_DAYS = 7


@dataclass(frozen=True)
class Waiting:
    """Letters that wait for something. count: how many; first: the first few of them; query, order: to read
    them all."""

    count: int
    first: tuple[TrackerRow, ...]
    query: LetterQuery
    order: Order


@dataclass(frozen=True)
class WaitingMessages:
    """Messages that wait for somebody: how many, the first of them, and which ones they are."""

    count: int
    first: tuple[InboxRow, ...]
    query: InboxQuery


@dataclass(frozen=True)
class Agenda:
    """What is to be done, each in the order of urgency. Letters are chosen as `letter_query.STANDINGS` has
    them, so that the table filtered by the same word shows the same ones.

    to_read: messages to assign or to class. uncertain: letters of which nobody knows whether they went out.
    returned: letters that came back or were refused. overdue: without an answer past their day; to_remind:
    how many of these no follow-up was drafted for, see `reminders.overdue_without_reminder`. due_soon:
    letters whose answer is due within days. promises: open ones due within a week or past. to_send: approved
    letters. drafts: letters to approve.
    """

    on: date
    to_read: WaitingMessages
    uncertain: Waiting
    returned: Waiting
    overdue: Waiting
    to_remind: int
    due_soon: Waiting
    promises: tuple[FollowUpRow, ...]
    to_send: Waiting
    drafts: Waiting

    @property
    def pressing(self) -> tuple[str, ...]:
        """What a notification says: only what somebody waits for, in words."""
        late = sum(p.due_on < self.on for p in self.promises)
        return tuple(
            words
            for number, words in (
                (self.to_read.count, counted(self.to_read.count, "answer to read", "answers to read")),
                (
                    self.uncertain.count,
                    counted(self.uncertain.count, "letter to settle", "letters to settle"),
                ),
                (self.returned.count, counted(self.returned.count, "letter came back", "letters came back")),
                (self.to_remind, counted(self.to_remind, "answer overdue", "answers overdue")),
                (late, counted(late, "promise past its day", "promises past their day")),
            )
            if number
        )


def agenda(session: Session, campaign: CampaignRow, *, today: date | None = None, first: int = 6) -> Agenda:
    """What a campaign needs somebody to do. Args: today: by default the campaign's own day. first: rows read
    of each list."""
    on = today or campaign.today
    settle_session(session)
    messages = InboxQuery("open", campaign.key)
    to_read = count_of(session, inbox_found(messages))

    def standing_at(word: str, order: Order = BY_REFERENCE) -> Waiting:
        query = LetterQuery(status=word).of(campaign.key)
        count = letter_count(session, query, on)
        rows = letter_page(session, query, on, order, limit=first).rows if count else ()
        return Waiting(count, rows, query, order)

    return Agenda(
        on=on,
        to_read=WaitingMessages(
            to_read, inbox_page(session, messages, limit=first).rows if to_read else (), messages
        ),
        uncertain=standing_at("uncertain"),
        returned=standing_at("returned"),
        overdue=standing_at("overdue", Order("due_on")),
        to_remind=reminders_wanted(session, campaign, on),
        due_soon=standing_at("due soon", Order("due_on")),
        promises=follow_ups_list(session, campaign, due_by=on + timedelta(days=PROMISE_DAYS)),
        to_send=standing_at("ready"),
        drafts=standing_at("draft"),
    )
