"""Letters as files, for a printer, a web form or a mail program, and the table as a file."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from outreach.desk.chosen import ChosenLetters, chosen_references
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import letter_rows
from outreach.desk.table_files import write_csv, write_xlsx
from outreach.domain.wording import counted
from outreach.errors import CancelledError
from outreach.files import new_file, write_file
from outreach.letters.exports import export_letters
from outreach.letters.posting import PrintBatch, WebForm, print_batch, web_form
from outreach.mail.mailto import MailtoLink, mailto_link
from outreach.store.database import Database
from outreach.ui.job import Progress
from outreach.ui.operations.operation import Long, Read, tr

_SAID_EVERY = 500


def export(chosen: ChosenLetters, formats: Sequence[str], folder: Path) -> Long[tuple[Path, ...]]:
    """Write letters into a folder, a file for each and each format."""

    def work(database: Database, progress: Progress) -> tuple[Path, ...]:
        with database.read() as session:
            references = chosen_references(session, chosen)
            return export_letters(session, references, formats, folder, progress=progress)

    def said(paths: tuple[Path, ...]) -> str:
        return tr("{0} written to {1}").format(counted(len(paths), "file", "files"), folder)

    return Long(tr("Exporting letters"), work, said=said)


def print_to(chosen: ChosenLetters, target: Path, *, two_sided: bool) -> Long[PrintBatch]:
    """Write letters as one PDF to print."""

    def work(database: Database, progress: Progress) -> PrintBatch:
        with database.read() as session:
            references = chosen_references(session, chosen)
            batch = print_batch(session, references, two_sided=two_sided, progress=progress)
        write_file(target, batch.pdf)
        return batch

    def said(batch: PrintBatch) -> str:
        without = (
            tr(" No postal address is on file for {0}.").format(", ".join(batch.without_address))
            if batch.without_address
            else ""
        )
        return tr("{0} in {1}.").format(counted(batch.pages, "page", "pages"), target) + without

    return Long(tr("Setting the batch"), work, said=said)


def form_of(reference: str) -> Read[WebForm]:
    """The text for a body's web form, and where the form is."""
    return Read(partial(web_form, reference=reference))


def mail_program_link(reference: str) -> Read[MailtoLink]:
    """The letter for the user's own mail program."""
    return Read(partial(mailto_link, reference=reference))


def export_table(shown: ChosenLetters, target: Path) -> Long[Path]:
    """Write a table of letters as CSV or XLSX, by the file's ending, a page of it at a time."""

    def work(database: Database, progress: Progress) -> Path:
        write = write_csv if target.suffix.lower() == ".csv" else write_xlsx
        with database.read() as session:
            rows = letter_rows(session, shown.query, shown.today, shown.order)
            with new_file(target) as file:
                write(_counted(rows, shown.count, progress), file)
        return target

    return Long(tr("Exporting the table"), work, said=tr("Table written to {0}").format)


def _counted(rows: Iterator[TrackerRow], total: int, progress: Progress) -> Iterator[TrackerRow]:
    for number, row in enumerate(rows):
        if number % _SAID_EVERY == 0 and not progress(number, total):
            raise CancelledError("Stopped; no table was written.")
        yield row
