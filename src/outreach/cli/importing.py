"""Commands that bring public directories in."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from outreach.cli.base import GROUPS, AsFormat, Format, app, opened, print_list
from outreach.directory.importers.feeds import download, feeds_list, find_feed
from outreach.directory.importers.records import ImportReport
from outreach.directory.importers.run import FORMATS, ImportOptions, import_files


def _pairs(values: list[str]) -> dict[str, str]:
    found = {}
    for value in values:
        heading, equals, field_ = value.rpartition("=")
        if not equals or not heading or not field_:
            raise typer.BadParameter(f'“{value}” is no mapping. Write it as "Heading=name".')
        found[heading] = field_
    return found


@app.command("import")
def import_directory(
    context: typer.Context,
    format_: Annotated[str, typer.Argument(metavar="FORMAT", help=", ".join(FORMATS))],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    term: Annotated[int | None, typer.Option("--term", help="Parliamentary term of a European list.")] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="HEADING=FIELD", help="Which column of a CSV is what."),
    ] = None,
    body: Annotated[str, typer.Option("--body", help="Where everybody in a CSV sits.")] = "",
    dataset: Annotated[
        str,
        typer.Option(
            "--dataset",
            metavar="NAME",
            help="Which list the files are editions of, where their ids are the list’s own: its people are "
            "known "
            "again by them. By default what is in the files decides.",
        ),
    ] = "",
    format: Annotated[Format, typer.Option("--format", help="How to print the report.")] = Format.table,
) -> None:
    """Import people and bodies from a public directory; running it twice changes nothing."""
    if format_ not in FORMATS:
        raise typer.BadParameter(f"There is no format “{format_}”. Choose from: {', '.join(FORMATS)}.")
    options = ImportOptions(term=term, mapping=_pairs(map_ or []), body=body, dataset=dataset)
    with opened(context) as database:
        report = import_files(database, format_, files, options=options, dry_run=dry_run)
    _print_report(report, format)


def _print_report(report: ImportReport, format: Format) -> None:
    lines = report.lines
    if format is Format.table:
        for sentence in report.decided:
            typer.echo(sentence)
        typer.echo(report.summary)
        for what, file, row, words in lines:
            typer.echo(f"{what}: {file}, row {row}: {words}")
        if left := report.lines_count - len(lines):
            typer.echo(f"… and {left:,} more.")
        return
    data = {
        "dry_run": report.is_dry_run,
        "decided": report.decided,
        "counts": {kind: asdict(count) for kind, count in report.counts.items()},
        "renamed": [asdict(renamed) for renamed in report.renamed],
        "conflicts": [{"file": f, "row": r, "reason": x} for f, r, x in report.conflicts],
        "skipped": [{"file": f, "row": r, "reason": x} for f, r, x in report.skipped],
        "notes": [{"file": f, "row": r, "reason": x} for f, r, x in report.notes],
    }
    if format is Format.json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        print_list([{"Kind": k, "File": f, "Row": r, "Reason": x} for k, f, r, x in lines], format)


@GROUPS["feeds"].command("list")
def list_feeds(format: AsFormat = Format.table) -> None:
    """List the public directories that can be fetched."""
    rows = [{"Id": f.id, "Title": f.title, "Address": f.url, "Publisher": f.publisher} for f in feeds_list()]
    print_list(rows, format)


@GROUPS["feeds"].command("update")
def update_feed(
    context: typer.Context,
    feed: Annotated[str, typer.Argument(metavar="ID", help="As in: outreach feeds list")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Fetch, and only say what would be done.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="How to print the report.")] = Format.table,
) -> None:
    """Fetch a public directory from its address and import it."""
    chosen = find_feed(feed)
    with tempfile.TemporaryDirectory() as folder, opened(context) as database:
        path = download(chosen.url, Path(folder))
        report = import_files(database, chosen.format, [path], dry_run=dry_run)
    _print_report(report, format)
