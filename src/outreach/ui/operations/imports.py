"""Directories of others: public sources and files, what their columns are, and reading them in."""

from collections.abc import Sequence
from pathlib import Path

from outreach.directory.importers.feeds import Feed, download, feeds_list, find_feed
from outreach.directory.importers.records import ImportReport
from outreach.directory.importers.run import ImportOptions, changes_of, import_files
from outreach.directory.importers.table_rows import headings_of
from outreach.directory.importers.tables import guess_mapping
from outreach.store.changes import Changes
from outreach.store.database import Database
from outreach.ui.job import Progress, Wait
from outreach.ui.operations.operation import Long, Server, silent, tr


def sources() -> tuple[Feed, ...]:
    """Public directories that can be fetched."""
    return feeds_list()


def format_of(feed: str) -> str:
    """The format of a public directory. Raises: OutreachError if there is none of this id."""
    return find_feed(feed).format


def columns_of(path: Path) -> dict[str, str]:
    """The headings of a table, each with the field it seems to hold, "" for none.

    Raises: OutreachError, OSError.
    """
    headings = headings_of(path)
    guessed = guess_mapping(headings)
    return {heading: guessed.get(heading, "") for heading in headings}


def fetch(feed: str, folder: Path) -> Server[list[Path]]:
    """Fetch a public directory. It is read in afterwards, so that a slow server keeps nobody from saving."""

    def work(database: Database, progress: Progress, wait: Wait) -> list[Path]:
        return [download(find_feed(feed).url, folder, progress=progress)]

    return Server(tr("Fetching the directory"), work)


def read_in(
    format_: str, paths: Sequence[Path], options: ImportOptions, *, dry_run: bool
) -> Long[ImportReport]:
    """Read files in. dry_run: only say what would be done."""

    def work(database: Database, progress: Progress) -> ImportReport:
        return import_files(database, format_, paths, options=options, dry_run=dry_run, progress=progress)

    def changed(report: ImportReport) -> Changes:
        return changes_of(report) if has_changed(report) else Changes(frozenset())

    return Long(tr("Importing"), work, said=silent, changed=changed)


def has_changed(report: ImportReport) -> bool:
    """Whether anything on file is another since."""
    return report.has_changes and not report.is_dry_run
