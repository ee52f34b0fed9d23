"""Days that matter, for a calendar program (RFC 5545): answers due, promises, what is to be done."""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from outreach import __version__
from outreach.cases.campaigns import CampaignRow
from outreach.correspondence.promises import follow_ups_list
from outreach.desk.letter_table import tracker_rows
from outreach.domain.states import AWAITING_PHASES


def calendar_ics(
    session: Session, campaign: CampaignRow, *, today: date | None = None, at: datetime | None = None
) -> bytes:
    """A campaign's calendar: an all-day event for each answer that is due, a task for each promise that is
    open.

    Args: today: the day deadlines are judged on; by default the campaign's. at: the instant written into it.
    Returns: iCalendar in UTF-8. Ids are made of the campaign and the letter, so that reading it again changes
        events and adds none.
    """
    from icalendar import Calendar, Event, Todo

    stamp = at or datetime.now(UTC).replace(microsecond=0)
    calendar = Calendar()
    calendar.add("prodid", f"-//outreach//outreach {__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", campaign.name)
    for row in tracker_rows(session, campaign, today=today):
        if row.phase not in AWAITING_PHASES or row.due_on is None:
            continue
        event = Event()
        event.add("uid", f"due-{row.reference.lower()}-{campaign.id}@outreach.invalid")
        event.add("dtstamp", stamp)
        event.add("dtstart", row.due_on)
        event.add("dtend", row.due_on + timedelta(days=1))
        event.add("summary", f"Answer due: {row.recipient} ({row.reference})")
        event.add("description", f"{row.subject}\n{row.standard}")
        event.add("transp", "TRANSPARENT")
        event.add("categories", [campaign.name])
        calendar.add_component(event)
    for task in follow_ups_list(session, campaign):
        if task.is_done:
            continue
        todo = Todo()
        todo.add("uid", f"follow-up-{task.key}-{campaign.id}@outreach.invalid")
        todo.add("dtstamp", stamp)
        todo.add("due", datetime.combine(task.due_on, time(17, 0)))
        todo.add("summary", f"{task.who}: {task.what} ({task.reference})")
        todo.add("status", "NEEDS-ACTION")
        calendar.add_component(todo)
    return bytes(calendar.to_ical())
