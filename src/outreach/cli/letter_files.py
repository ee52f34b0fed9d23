"""Commands that take letters out of the house: files, paper, mail programs and
web forms; and what is enclosed.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from outreach.cli.base import GROUPS, Refs, opened, say
from outreach.domain.wording import counted
from outreach.errors import UsageError
from outreach.files import write_file
from outreach.letters.enclosing import enclose, file_to_enclose
from outreach.letters.exports import export_letters, parse_formats
from outreach.letters.posting import print_batch, web_form
from outreach.mail.mailto import mailto_link


def some_formats(text: str) -> tuple[str, ...]:
    """Formats of letters from an option. Raises: typer.BadParameter."""
    try:
        return parse_formats(text)
    except UsageError as error:
        raise typer.BadParameter(str(error)) from error


@GROUPS["letters"].command("export")
def export(
    context: typer.Context,
    refs: Refs,
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Folder for the files.")],
    formats: Annotated[
        Any, typer.Option("--as", parser=some_formats, metavar="FORMATS", help="pdf,docx,eml,txt,html")
    ] = "pdf",
) -> None:
    """Write letters as files."""
    with opened(context) as database, database.read() as session:
        for path in export_letters(session, refs, formats, output):
            typer.echo(path)


@GROUPS["letters"].command("enclose")
def add_file(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…")],
) -> None:
    """Add files to a draft; they go with it by e-mail."""
    given = [file_to_enclose(file) for file in files]
    with opened(context) as database, database.write() as session:
        for file in given:
            say(enclose(session, ref, file))


@GROUPS["letters"].command("print")
def print_letters(
    context: typer.Context,
    refs: Refs,
    output: Annotated[Path, typer.Option("--output", metavar="FILE.pdf", help="The batch to print.")],
    two_sided: Annotated[bool, typer.Option("--two-sided", help="Begin each letter on a new sheet.")] = False,
) -> None:
    """Put approved letters into one PDF to print, addresses where window envelopes show them."""
    with opened(context) as database, database.read() as session:
        batch = print_batch(session, refs, two_sided=two_sided)
    typer.echo(f"{counted(batch.pages, 'page', 'pages')}: {write_file(output, batch.pdf)}")
    if batch.without_address:
        typer.echo(f"Note: no postal address is on file for {', '.join(batch.without_address)}.", err=True)


@GROUPS["letters"].command("mailto")
def show_mailto(context: typer.Context, ref: Annotated[str, typer.Argument(metavar="REF")]) -> None:
    """Print the address that opens a letter in your own mail program.

    A text too long for one is printed below it.
    """
    with opened(context) as database, database.read() as session:
        link = mailto_link(session, ref)
    typer.echo(link.url)
    if not link.has_text:
        typer.echo("Note: the text is too long for such an address. Paste it:", err=True)
        typer.echo(f"\n{link.text}")


@GROUPS["letters"].command("web-form")
def show_web_form(context: typer.Context, ref: Annotated[str, typer.Argument(metavar="REF")]) -> None:
    """Print the address of a body's web form and the text to paste; then mark it sent by web_form."""
    with opened(context) as database, database.read() as session:
        form = web_form(session, ref)
    typer.echo(f"{form.url}\n\n{form.subject}\n\n{form.text}")
