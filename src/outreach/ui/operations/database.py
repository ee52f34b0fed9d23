"""The database as a whole: searched, copied, checked."""

from functools import partial
from pathlib import Path

from outreach.cases.campaigns import CampaignRow
from outreach.desk.search import Found, find
from outreach.store.backup import backup, copied_file
from outreach.store.database import Database, check, check_notes
from outreach.ui.job import Progress
from outreach.ui.operations.operation import Long, Read, tr


def search(typed: str, campaign: CampaignRow | None) -> Read[Found]:
    """The directory, and the letters and facts of a campaign, that hold these words."""
    return Read(partial(find, typed=typed, campaign_key=campaign.key if campaign else None), "hits")


def back_up(location: str, target: Path) -> Long[Path]:
    """Copy the database to a file, in place of what is there: whoever asks has been asked."""

    def work(database: Database, progress: Progress) -> Path:
        return backup(copied_file(location), target, replace=True)

    return Long(tr("Backing up"), work, said=tr("Copied to {0}").format)


def check_all() -> Long[tuple[list[str], list[str]]]:
    """Whether the database is in order: what is wrong with it, and what is to be known all the same."""

    def work(database: Database, progress: Progress) -> tuple[list[str], list[str]]:
        return check(database), check_notes(database)

    return Long(tr("Checking the database"), work)
