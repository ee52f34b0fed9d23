"""Letters as files, for a printer, a web form or a mail program, and the table as a file."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from outreach.desk.letter_row import TrackerRow
from outreach.desk.table_files import tracker_csv, tracker_xlsx
from outreach.domain.wording import counted
from outreach.files import write_file
from outreach.letters.exports import export_letters
from outreach.letters.posting import PrintBatch, WebForm, print_batch, web_form
from outreach.mail.mailto import MailtoLink, mailto_link
from outreach.store.database import Database
from outreach.ui.job import Progress
from outreach.ui.operations.operation import Long, Read, tr


def export(references: Sequence[str], formats: Sequence[str], folder: Path) -> Long[tuple[Path, ...]]:
    """Write letters into a folder, a file for each and each format."""

    def work(database: Database, progress: Progress) -> tuple[Path, ...]:
        with database.read() as session:
            return export_letters(session, references, formats, folder, progress=progress)

    def said(paths: tuple[Path, ...]) -> str:
        return tr("{0} written to {1}").format(counted(len(paths), "file", "files"), folder)

    return Long(tr("Exporting letters"), work, said=said)


def print_to(references: Sequence[str], target: Path, *, two_sided: bool) -> Long[PrintBatch]:
    """Write letters as one PDF to print."""

    def work(database: Database, progress: Progress) -> PrintBatch:
        with database.read() as session:
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


def export_table(rows: Sequence[TrackerRow], target: Path) -> Long[Path]:
    """Write rows of the table as CSV or XLSX, by the file's ending."""

    def work(database: Database, progress: Progress) -> Path:
        make = tracker_csv if target.suffix.lower() == ".csv" else tracker_xlsx
        return write_file(target, make(rows))

    return Long(tr("Exporting the table"), work, said=tr("Table written to {0}").format)
