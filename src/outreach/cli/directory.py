"""Commands about the directory: people, bodies, offices, imports, duplicates, search."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from outreach.cli.base import (
    GROUPS,
    AsFormat,
    CampaignId,
    Format,
    On,
    Search,
    app,
    campaign_named,
    opened,
    print_list,
    say,
)
from outreach.desk.search import find
from outreach.directory import popolo
from outreach.directory.bodies import bodies_list, posts_list
from outreach.directory.citations import titles_of
from outreach.directory.identity import duplicate_candidates, merge_people, undo_merge
from outreach.directory.importers.feeds import download, feeds_list, find_feed
from outreach.directory.importers.records import ImportReport
from outreach.directory.importers.run import FORMATS, ImportOptions, import_files
from outreach.directory.people import people_list


@GROUPS["people"].command("list")
def list_people(
    context: typer.Context, on: On = None, search: Search = "", format: AsFormat = Format.table
) -> None:
    """List people; with --on, those who held an office on that day, and only what they held then."""
    with opened(context) as database, database.read() as session:
        people = people_list(session, on=on, search=search)
    rows = [
        {
            "Id": p.id,
            "Name": " ".join(x for x in (p.honorific_prefix, p.name, p.honorific_suffix) if x),
            "Offices": "; ".join(_office(m.post or m.role, m.organization) for m in p.memberships),
            "Other names": "; ".join(n.name for n in p.other_names),
            "Sources": "; ".join(titles_of(p.sources)),
        }
        for p in people
    ]
    print_list(rows, format, [popolo.person(p) for p in people])


def _office(label: str, body: str) -> str:
    return ", ".join(x for x in (label, body) if x)


@GROUPS["bodies"].command("list")
def list_bodies(
    context: typer.Context, on: On = None, search: Search = "", format: AsFormat = Format.table
) -> None:
    """List bodies; with --on, those that existed on that day, and who sat in them."""
    with opened(context) as database, database.read() as session:
        bodies = bodies_list(session, on=on, search=search)
    rows = [
        {
            "Id": b.id,
            "Name": b.name,
            "Kind": b.classification,
            "Part of": b.parent,
            "Place": b.jurisdiction,
            "People": len(b.members),
            "Sources": "; ".join(titles_of(b.sources)),
        }
        for b in bodies
    ]
    print_list(rows, format, [popolo.organization(b) for b in bodies])


@GROUPS["posts"].command("list")
def list_posts(
    context: typer.Context, on: On = None, search: Search = "", format: AsFormat = Format.table
) -> None:
    """List offices and who holds them; with --on, who held them on that day."""
    with opened(context) as database, database.read() as session:
        posts = posts_list(session, on=on, search=search)
    rows = [
        {
            "Id": p.id,
            "Office": p.label,
            "Body": p.organization,
            "Held by": "; ".join(h.name for h in p.holders),
            "Sources": "; ".join(titles_of(p.sources)),
        }
        for p in posts
    ]
    print_list(rows, format, [popolo.post(p) for p in posts])


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


@GROUPS["people"].command("duplicates")
def list_duplicates(context: typer.Context, format: AsFormat = Format.table) -> None:
    """List people who may be on file twice; names only suggest it."""
    with opened(context) as database, database.read() as session:
        found = duplicate_candidates(session)
    rows = [
        {"First": c.first, "Second": c.second, "Likeness": c.score, "Because of": c.reason} for c in found
    ]
    print_list(rows, format)


@GROUPS["people"].command("merge")
def merge(
    context: typer.Context,
    keep: Annotated[str, typer.Argument(help="Id of the record that stays.")],
    gone: Annotated[str, typer.Argument(help="Id of the record that goes into it.")],
) -> None:
    """Make two records of one person one."""
    with opened(context) as database, database.write() as session:
        changes = merge_people(session, keep, gone)
    typer.echo(f"{changes.message} Undo it with: outreach people unmerge {changes.refs[0]}")


@GROUPS["people"].command("unmerge")
def unmerge(
    context: typer.Context, number: Annotated[int, typer.Argument(help="The merge's number.")]
) -> None:
    """Make two records of one again."""
    with opened(context) as database, database.write() as session:
        say(undo_merge(session, number))


@app.command("search")
def search_everything(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(help="Words; accents and small mistakes do not matter.")],
    campaign: CampaignId = "",
    format: AsFormat = Format.table,
) -> None:
    """Search people, bodies, offices, places, facts, letters and answers at
    once, of all campaigns or of one.
    """
    with opened(context) as database, database.read() as session:
        key = campaign_named(session, campaign).key if campaign else None
        found = find(session, " ".join(words), campaign_key=key)
    if found.meant:
        typer.echo(f"Nothing holds these words; shown is: {found.meant}", err=True)
    rows = [
        {"Kind": h.kind, "Id": h.ref, "Title": h.title, "More": h.detail, "Campaign": h.campaign}
        for h in found.hits
    ]
    print_list(rows, format)
