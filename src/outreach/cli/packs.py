"""Commands about packs: making them, what was given to whom, evidence, the look of an organization."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from outreach.cli.base import (
    GROUPS,
    AsFormat,
    CampaignId,
    Case_,
    Format,
    On,
    campaign_named,
    note,
    opened,
    print_list,
    say,
)
from outreach.domain.wording import LANGUAGES, moment_short
from outreach.packs.brand import brand_change, set_brand
from outreach.packs.evidence import add_evidence, evidence_list, file_as_evidence, remove_evidence
from outreach.packs.exports import export_of_file, export_pack, pack_exports
from outreach.packs.options import PRESETS, SECTIONS, PackOptions


def some_words(text: str) -> tuple[str, ...]:
    """Words from an option, with commas between."""
    return tuple(s.strip() for s in text.split(",") if s.strip())


def some_sections(text: str) -> tuple[str, ...]:
    """Sections of a pack from an option. Raises: typer.BadParameter."""
    wanted = some_words(text)
    if unknown := [s for s in wanted if s not in SECTIONS]:
        raise typer.BadParameter(
            f"There is no section {', '.join(unknown)}. Known are: {', '.join(SECTIONS)}."
        )
    return wanted


def _sections(help_: str) -> Any:
    return typer.Option(parser=some_sections, metavar="SECTIONS", help=help_)


def _passphrase() -> str:
    """The passphrase of a certificate: from OUTREACH_SIGNING_PASSPHRASE, else
    asked for, never from the command line.
    """
    given = os.environ.get("OUTREACH_SIGNING_PASSPHRASE")
    return given if given is not None else str(typer.prompt("Passphrase of the certificate", hide_input=True))


@GROUPS["pack"].command("export")
def export_one_pack(
    context: typer.Context,
    case: Case_,
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE.pdf", help="Ends in .pdf, .html or .docx.")
    ],
    on: On = None,
    preset: Annotated[str, typer.Option("--preset", help=", ".join(PRESETS))] = "dossier",
    sections: Annotated[Any, _sections("Sections wanted, in this order.")] = "",
    without: Annotated[Any, _sections("Sections to leave out.")] = "",
    title: Annotated[str, typer.Option("--title")] = "",
    audience: Annotated[str, typer.Option("--for", help="Whom it is for, as printed on it.")] = "",
    given_to: Annotated[str, typer.Option("--given-to", help="Whom it is given to, for your records.")] = "",
    language: Annotated[str, typer.Option("--language", help=", ".join(LANGUAGES))] = "en",
    marking: Annotated[str, typer.Option("--marking", help="Such as Confidential.")] = "",
    facts: Annotated[
        Any, typer.Option("--facts", parser=some_words, metavar="NAMES", help="These facts only.")
    ] = "",
    letters: Annotated[
        Any, typer.Option("--letters", parser=some_words, metavar="REFS", help="These letters only.")
    ] = "",
    sign: Annotated[
        Path | None,
        typer.Option(
            "--sign", metavar="FILE.p12", help="Sign the PDF with this certificate; asks for its passphrase."
        ),
    ] = None,
) -> None:
    """Write a case's briefing pack, and note what it holds and to whom it is given."""
    if preset not in PRESETS:
        raise typer.BadParameter(f"Choose --preset from {', '.join(PRESETS)}.")
    options: PackOptions = replace(
        PRESETS[preset],
        title=title,
        audience=audience,
        language=language,
        marking=marking,
        facts=facts or (),
        letters=tuple(r.upper() for r in letters or ()),
    )
    if sections:
        options = replace(options, sections=sections)
    passphrase = _passphrase() if sign else ""
    with opened(context) as database:
        say(
            export_pack(
                database,
                case,
                output,
                on=on,
                options=options.without(without or ()),
                given_to=given_to or audience,
                certificate=sign,
                passphrase=passphrase,
                say=note,
            )
        )


@GROUPS["pack"].command("list")
def list_exports(context: typer.Context, campaign: CampaignId = "", format: AsFormat = Format.table) -> None:
    """What was given to whom: every export with its digest and what it holds."""
    with opened(context) as database, database.read() as session:
        rows = pack_exports(session, campaign_named(session, campaign).key if campaign else None)
    print_list(
        [
            {
                "Exported": moment_short(r.exported_at),
                "File": r.file_name,
                "Given to": r.given_to,
                "Pages": r.pages or "",
                "Letters": len(r.contents.get("letters", [])),
                "SHA-256": r.sha256,
            }
            for r in rows
        ],
        format,
        [
            {
                "exported_at": r.exported_at.isoformat(), "file": r.file_name, "given_to": r.given_to,
                "format": r.format, "pages": r.pages,
                "size_bytes": r.size_bytes, "sha256": r.sha256, "contents": r.contents,
            }
            for r in rows
        ],
    )  # fmt: skip


@GROUPS["pack"].command("which")
def which(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Which export a file is, and to whom it was given: told by its SHA-256, so that one
    changed letter is noticed.
    """
    with opened(context) as database, database.read() as session:
        row = export_of_file(session, file)
    typer.echo(
        f"{row.pack}, exported {moment_short(row.exported_at)}, as {row.file_name}; "
        + (f"given to {row.given_to}." if row.given_to else "no note to whom it was given.")
    )


@GROUPS["pack"].command("brand")
def brand(
    context: typer.Context,
    color: Annotated[str, typer.Option("--color", help="Such as #1f4e79; “none” forgets it.")] = "",
    logo: Annotated[
        str, typer.Option("--logo", metavar="FILE", help="SVG, PNG or JPEG; “none” forgets it.")
    ] = "",
    campaign: CampaignId = "",
) -> None:
    """Set the colour and the logo of a campaign's letters and packs."""
    change = brand_change(color=color, logo=logo)
    with opened(context) as database, database.write() as session:
        say(set_brand(session, campaign_named(session, campaign).key, change))


@GROUPS["evidence"].command("add")
def add(
    context: typer.Context,
    case: Case_,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    title: Annotated[str, typer.Option("--title")] = "",
    note: Annotated[str, typer.Option("--note", help="Where it comes from.")] = "",
) -> None:
    """Put a PDF or a picture on file, to be appended to packs."""
    given = file_as_evidence(file)
    with opened(context) as database, database.write() as session:
        say(add_evidence(session, case, given, title=title, note=note))


@GROUPS["evidence"].command("list")
def list_evidence(context: typer.Context, case: Case_, format: AsFormat = Format.table) -> None:
    """Evidence of a case, in the order it is appended."""
    with opened(context) as database, database.read() as session:
        rows = evidence_list(session, case)
    print_list(
        [
            {
                "Number": r.key,
                "Title": r.title,
                "File": r.file_name,
                "Note": r.note,
                "Bytes": r.size_bytes,
                "SHA-256": r.sha256,
            }
            for r in rows
        ],
        format,
    )


@GROUPS["evidence"].command("remove")
def remove(
    context: typer.Context, case: Case_, number: Annotated[int, typer.Argument(metavar="NUMBER")]
) -> None:
    """Take a piece of evidence out of packs."""
    with opened(context) as database, database.write() as session:
        say(remove_evidence(session, case, number))
