"""What must be done, and how the campaign stands."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from outreach.cases.campaigns import CampaignRow
from outreach.correspondence.promises import FollowUpRow, follow_ups_list
from outreach.desk.calendar import calendar_ics
from outreach.desk.letter_query import GROUPINGS, LetterQuery
from outreach.desk.letter_table import letter_count
from outreach.desk.statistics import GroupCount, Statistics, group_counts, statistics
from outreach.desk.today import Agenda, agenda
from outreach.files import write_file
from outreach.store.database import Database, WorkSession
from outreach.ui.job import Progress
from outreach.ui.operations.operation import Long, Read, tr


@dataclass(frozen=True)
class Standing:
    """How a campaign stands.

    counts: letters by standing. answers: what was answered, by each of GROUPINGS.
    """

    counts: dict[str, int]
    figures: Statistics
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
        every, day = LetterQuery().of(campaign.key), campaign.today
        return Standing(
            {word: letter_count(session, replace(every, status=word), day) for word in counted},
            statistics(session, every, day),
            {by: group_counts(session, every, by, day) for by in GROUPINGS},
            follow_ups_list(session, campaign),
        )

    return Read(work, "rows")


def write_calendar(campaign: CampaignRow, target: Path) -> Long[Path]:
    """Write the days on which answers and promises are due as a calendar file."""

    def work(database: Database, progress: Progress) -> Path:
        with database.read() as session:
            return write_file(target, calendar_ics(session, campaign))

    return Long(tr("Writing the calendar"), work, said=tr("Calendar written to {0}").format)
