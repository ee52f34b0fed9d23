"""What must be done, and how the campaign stands."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from outreach.cases.campaigns import CampaignRow
from outreach.correspondence.promises import FollowUpRow, follow_ups_list
from outreach.desk.calendar import calendar_ics
from outreach.desk.letter_query import Filters, filter_rows
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import tracker_rows
from outreach.desk.statistics import GroupCount, Statistics, group_counts, statistics
from outreach.desk.today import Agenda, agenda
from outreach.domain.states import AWAITING_PHASES
from outreach.files import write_file
from outreach.store.database import Database, WorkSession
from outreach.ui.job import Progress
from outreach.ui.operations.operation import Long, Read, tr

# What answers are counted by.
GROUPINGS = ("body", "party", "country")


@dataclass(frozen=True)
class Standing:
    """How a campaign stands. counts: letters by standing. awaited: letters without an answer, the next due
    first.

    answers: what was answered, by each of GROUPINGS.
    """

    counts: dict[str, int]
    figures: Statistics
    awaited: tuple[TrackerRow, ...]
    answers: dict[str, tuple[GroupCount, ...]]
    promises: tuple[FollowUpRow, ...]


def today(campaign: CampaignRow) -> Read[Agenda]:
    """What waits for somebody."""
    return Read(partial(agenda, campaign=campaign), "agenda")


def standing(campaign: CampaignRow, counted: tuple[str, ...]) -> Read[Standing]:
    """How a campaign stands.

    counted: standings to count letters by, words of `desk.letter_query.STANDINGS`.
    """

    def work(session: WorkSession) -> Standing:
        rows = tracker_rows(session, campaign)
        awaited = [r for r in rows if r.phase in AWAITING_PHASES]
        awaited.sort(key=lambda r: (r.due_on is None, r.due_on, r.reference))
        return Standing(
            {word: len(filter_rows(rows, Filters(status=word), campaign.today)) for word in counted},
            statistics(rows),
            tuple(awaited),
            {by: group_counts(rows, by) for by in GROUPINGS},
            follow_ups_list(session, campaign),
        )

    return Read(work, "rows")


def write_calendar(campaign: CampaignRow, target: Path) -> Long[Path]:
    """Write the days on which answers and promises are due as a calendar file."""

    def work(database: Database, progress: Progress) -> Path:
        with database.read() as session:
            return write_file(target, calendar_ics(session, campaign))

    return Long(tr("Writing the calendar"), work, said=tr("Calendar written to {0}").format)
