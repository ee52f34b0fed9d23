"""The terminal: every command is a thin line from arguments to the functions that the window calls too."""

import contextlib
import csv
import getpass
import io
import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from outreach import __version__
from outreach.cases.campaign_data import campaign_folder, read_campaign
from outreach.cases.campaigns import (
    CampaignRow,
    add_recipient,
    campaign_of_case,
    campaigns_list,
    recipients_list,
    remove_recipient,
)
from outreach.cases.facts import facts_for
from outreach.cases.loading import load_campaign
from outreach.directory import popolo
from outreach.directory.bodies import bodies_list, posts_list
from outreach.directory.identity import duplicate_candidates, merge_people, undo_merge
from outreach.directory.importers.feeds import download, feeds_list, find_feed
from outreach.directory.importers.records import ImportReport
from outreach.directory.importers.run import FORMATS, ImportOptions, import_files
from outreach.directory.people import people_list
from outreach.domain.states import Channel, ReplyKind
from outreach.domain.wording import day_short
from outreach.errors import DatabaseMissingError, NotFoundError, OutreachError, UsageError
from outreach.files import write_file
from outreach.letters.checking import check_template
from outreach.letters.drafting import AUTO, draft_letters, plan_letters
from outreach.letters.exports import export_letters, harmless, parse_formats, tracker_csv, tracker_xlsx
from outreach.letters.finding import find
from outreach.letters.following_up import draft_follow_ups
from outreach.letters.lifecycle import approve_letters, close_letters, mark_sent, withdraw_letters
from outreach.letters.questions import delete_group, groups_list, recipients_for, save_group
from outreach.letters.replies import read_message, record_reply, replies_list
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.standing import letter_notes
from outreach.letters.templates import load_template, templates_list
from outreach.letters.tracker import TrackerRow, letter_detail, tracker_rows
from outreach.log import start_logging
from outreach.packs.contents import SECTIONS
from outreach.packs.demo import run_demo
from outreach.packs.exports import export_pack
from outreach.settings import default_database
from outreach.store.backup import backup, restore
from outreach.store.changes import Changes
from outreach.store.database import Database, check, open_database


class Format(StrEnum):
    """How a list is printed."""

    table = "table"
    json = "json"
    csv = "csv"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"“{text}” is not a day. Write it as 2011-01-20.") from error


def _formats(text: str) -> tuple[str, ...]:
    try:
        return parse_formats(text)
    except UsageError as error:
        raise typer.BadParameter(str(error)) from error


def _sections(text: str) -> tuple[str, ...]:
    wanted = tuple(s.strip() for s in text.split(",") if s.strip())
    known = [key for key, _ in SECTIONS]
    if unknown := [s for s in wanted if s not in known]:
        raise typer.BadParameter(f"There is no section {', '.join(unknown)}. Known are: {', '.join(known)}.")
    return wanted


On = Annotated[date | None, typer.Option("--on", parser=_day, metavar="DATE", help="A day, as 2011-01-20.")]
Search = Annotated[str, typer.Option("--search", help="Words that must all occur.")]
AsFormat = Annotated[Format, typer.Option("--format", help="How to print the list.")]
Case_ = Annotated[str, typer.Option("--case", help="The case's id.")]
CampaignId = Annotated[str, typer.Option("--campaign", help="The campaign's id, if there are several.")]
Refs = Annotated[list[str], typer.Argument(metavar="REF…", help="References, such as MAG-0006.")]
Reason = Annotated[str, typer.Option("--reason", help="Kept in the letter's history.")]

app = typer.Typer(
    name="outreach",
    help="Write to people in power, and know who answered. Without a command, opens the window.",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_GROUPS = {
    name: typer.Typer(help=text, rich_markup_mode=None)
    for name, text in {
        "people": "People in the directory.",
        "bodies": "Bodies in the directory.",
        "posts": "Offices and who holds them.",
        "feeds": "Public directories, fetched when you ask.",
        "facts": "What is true of a case, with its sources.",
        "templates": "Letter templates.",
        "recipients": "Whom a campaign writes to.",
        "groups": "Saved questions about recipients.",
        "letters": "Letters and their life.",
        "replies": "Answers.",
        "pack": "Briefing packs.",
    }.items()
}
for _name, _group in _GROUPS.items():
    app.add_typer(_group, name=_name)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"outreach {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    database: Annotated[
        str,
        typer.Option("--database", envvar="OUTREACH_DATABASE", metavar="PATH|URL", help="The database."),
    ] = "",
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Write to people in power, and know who answered. Without a command, opens the window."""
    context.obj = database
    if context.invoked_subcommand is None:
        if sys.platform.startswith("linux") and not (
            os.environ.get("DISPLAY")
            or os.environ.get("WAYLAND_DISPLAY")
            or os.environ.get("QT_QPA_PLATFORM")
        ):
            raise OutreachError(
                "There is no display to open a window on. Run the main job without one: outreach demo --output DIR"
            )
        from outreach.app import run_app

        raise typer.Exit(run_app(database))


def _location(context: typer.Context) -> str:
    return str(context.find_root().obj or "") or str(default_database())


@contextlib.contextmanager
def _database(context: typer.Context, *, create: bool = False) -> Iterator[Database]:
    database = open_database(_location(context), create=create)
    try:
        yield database
    finally:
        database.close()


def _file_of(context: typer.Context) -> Path:
    location = _location(context)
    if "://" in location:
        raise UsageError("Copies are made of database files. Use the server's own tools for a server.")
    return Path(location)


def _say(changes: Changes) -> None:
    typer.echo(changes.message)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _print(rows: Sequence[Mapping[str, object]], how: Format, data: Sequence[object] | None = None) -> None:
    """Print a list. rows: by column heading, for tables and CSV. data: what JSON prints instead."""
    match how:
        case Format.json:
            typer.echo(json.dumps(rows if data is None else data, ensure_ascii=False, indent=2, default=str))
        case Format.csv:
            stream = io.StringIO()
            if rows:
                writer = csv.writer(stream, lineterminator="\n")
                writer.writerow(rows[0])
                writer.writerows([harmless(_plain(v)) for v in row.values()] for row in rows)
            typer.echo(stream.getvalue(), nl=False)
        case Format.table:
            _print_table(rows)


def _print_table(rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        typer.echo("Nothing found.")
        return
    terminal = sys.stdout.isatty()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in rows[0]:
        table.add_column(heading, no_wrap=not terminal, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_plain(v).replace("\n", " ")) for v in row.values()))
    console = Console(highlight=False, width=None if terminal else 4000)
    with console.capture() as captured:
        console.print(table)
    typer.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _campaign(session: Session, wanted: str) -> CampaignRow:
    campaigns = campaigns_list(session)
    known = ", ".join(c.id for c in campaigns)
    if not campaigns:
        raise NotFoundError(
            "This database has no campaign yet. Load one with: outreach init --campaign magnitsky"
        )
    if not wanted:
        if len(campaigns) > 1:
            raise UsageError(f"This database has several campaigns. Say which: --campaign {known}")
        return campaigns[0]
    for campaign in campaigns:
        if campaign.id == wanted:
            return campaign
    raise NotFoundError(f"There is no campaign “{wanted}”. Known are: {known}.")


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="A folder; it is made if need be.")],
    campaign: Annotated[str, typer.Option("--campaign", help="One that ships, or a folder.")] = "magnitsky",
) -> None:
    """Run the whole main job without a screen: database, letters, table and briefing pack."""
    run_demo(output, campaign=campaign, say=typer.echo)


@app.command()
def init(
    context: typer.Context,
    campaign: Annotated[
        str, typer.Option("--campaign", help="Load one that ships (magnitsky), or a folder of files.")
    ] = "",
) -> None:
    """Make a new database, empty or with a campaign; or load a campaign into one that is there."""
    content = read_campaign(campaign_folder(campaign)) if campaign else None
    location = _location(context)
    if content is None and "://" not in location and Path(location).exists():
        raise UsageError(f"There is a database at {location} already; it was left as it is.")
    with _database(context, create=True) as database:
        if content is not None:
            with database.write() as session:
                load_campaign(session, content)
    loaded = f" with “{content.campaign.name}”" if content else ""
    typer.echo(f"The database {location} is ready{loaded}.")


@_GROUPS["people"].command("list")
def list_people(
    context: typer.Context, on: On = None, search: Search = "", format: AsFormat = Format.table
) -> None:
    """List people; with --on, those who held an office on that day, and only what they held then."""
    with _database(context) as database, database.read() as session:
        people = people_list(session, on=on, search=search)
    rows = [
        {
            "Id": p.id,
            "Name": " ".join(x for x in (p.honorific_prefix, p.name, p.honorific_suffix) if x),
            "Offices": "; ".join(_office(m.post or m.role, m.organization) for m in p.memberships),
            "Other names": "; ".join(n.name for n in p.other_names),
            "Sources": "; ".join(dict.fromkeys(s.title for s in p.sources)),
        }
        for p in people
    ]
    _print(rows, format, [popolo.person(p) for p in people])


def _office(label: str, body: str) -> str:
    return ", ".join(x for x in (label, body) if x)


@_GROUPS["bodies"].command("list")
def list_bodies(
    context: typer.Context, on: On = None, search: Search = "", format: AsFormat = Format.table
) -> None:
    """List bodies; with --on, those that existed on that day, and who sat in them."""
    with _database(context) as database, database.read() as session:
        bodies = bodies_list(session, on=on, search=search)
    rows = [
        {
            "Id": b.id,
            "Name": b.name,
            "Kind": b.classification,
            "Part of": b.parent,
            "Place": b.jurisdiction,
            "People": len(b.members),
            "Sources": "; ".join(dict.fromkeys(s.title for s in b.sources)),
        }
        for b in bodies
    ]
    _print(rows, format, [popolo.organization(b) for b in bodies])


@_GROUPS["posts"].command("list")
def list_posts(
    context: typer.Context, on: On = None, search: Search = "", format: AsFormat = Format.table
) -> None:
    """List offices and who holds them; with --on, who held them on that day."""
    with _database(context) as database, database.read() as session:
        posts = posts_list(session, on=on, search=search)
    rows = [
        {
            "Id": p.id,
            "Office": p.label,
            "Body": p.organization,
            "Held by": "; ".join(h.name for h in p.holders),
            "Sources": "; ".join(dict.fromkeys(s.title for s in p.sources)),
        }
        for p in posts
    ]
    _print(rows, format, [popolo.post(p) for p in posts])


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
    format: Annotated[Format, typer.Option("--format", help="How to print the report.")] = Format.table,
) -> None:
    """Import people and bodies from a public directory; running it twice changes nothing."""
    if format_ not in FORMATS:
        raise typer.BadParameter(f"There is no format “{format_}”. Choose from: {', '.join(FORMATS)}.")
    options = ImportOptions(term=term, mapping=_pairs(map_ or []), body=body)
    with _database(context) as database:
        report = import_files(database, format_, files, options=options, dry_run=dry_run)
    _print_report(report, format)


def _print_report(report: ImportReport, format: Format) -> None:
    problems = [("skipped", *p) for p in report.skipped] + [("note", *p) for p in report.notes]
    if format is Format.table:
        typer.echo(report.summary)
        for kind, file, row, reason in problems:
            typer.echo(f"{kind}: {file}, row {row}: {reason}")
        left = report.skipped_count + report.notes_count - len(problems)
        if left:
            typer.echo(f"… and {left:,} more.")
        return
    data = {
        "dry_run": report.is_dry_run,
        "counts": {kind: asdict(count) for kind, count in report.counts.items()},
        "skipped": [{"file": f, "row": r, "reason": x} for f, r, x in report.skipped],
        "notes": [{"file": f, "row": r, "reason": x} for f, r, x in report.notes],
    }
    if format is Format.json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        _print([{"Kind": k, "File": f, "Row": r, "Reason": x} for k, f, r, x in problems], format)


@_GROUPS["feeds"].command("list")
def list_feeds(format: AsFormat = Format.table) -> None:
    """List the public directories that can be fetched."""
    rows = [{"Id": f.id, "Title": f.title, "Address": f.url, "Publisher": f.publisher} for f in feeds_list()]
    _print(rows, format)


@_GROUPS["feeds"].command("update")
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
    with tempfile.TemporaryDirectory() as folder, _database(context) as database:
        path = download(chosen.url, Path(folder))
        report = import_files(database, chosen.format, [path], dry_run=dry_run)
    _print_report(report, format)


@_GROUPS["people"].command("duplicates")
def list_duplicates(context: typer.Context, format: AsFormat = Format.table) -> None:
    """List people who may be on file twice; names only suggest it."""
    with _database(context) as database, database.read() as session:
        found = duplicate_candidates(session)
    rows = [
        {"First": c.first, "Second": c.second, "Likeness": c.score, "Because of": c.reason} for c in found
    ]
    _print(rows, format)


@_GROUPS["people"].command("merge")
def merge(
    context: typer.Context,
    keep: Annotated[str, typer.Argument(help="Id of the record that stays.")],
    gone: Annotated[str, typer.Argument(help="Id of the record that goes into it.")],
) -> None:
    """Make two records of one person one."""
    with _database(context) as database, database.write() as session:
        changes = merge_people(session, keep, gone)
    typer.echo(f"{changes.message} Undo it with: outreach people unmerge {changes.refs[0]}")


@_GROUPS["people"].command("unmerge")
def unmerge(
    context: typer.Context, number: Annotated[int, typer.Argument(help="The merge's number.")]
) -> None:
    """Make two records of one again."""
    with _database(context) as database, database.write() as session:
        _say(undo_merge(session, number))


@app.command("search")
def search_everything(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(help="Words; accents and small mistakes do not matter.")],
    format: AsFormat = Format.table,
) -> None:
    """Search people, bodies, offices, places, facts, letters and answers at once."""
    with _database(context) as database, database.read() as session:
        found = find(session, " ".join(words))
    if found.meant:
        typer.echo(f"Nothing holds these words; shown is: {found.meant}", err=True)
    rows = [{"Kind": h.kind, "Id": h.ref, "Title": h.title, "More": h.detail} for h in found.hits]
    _print(rows, format)


@_GROUPS["facts"].command("list")
def list_facts(context: typer.Context, case: Case_, format: AsFormat = Format.table) -> None:
    """List a case's facts with their sources, and which contradict one another."""
    with _database(context) as database, database.read() as session:
        facts = facts_for(session, case)
    rows = [
        {
            "Name": f.name,
            "Fact": f.label,
            "Value": f.value,
            "Status": f.status,
            "Conflicts with": ", ".join(f.conflicts_with),
            "Sources": "; ".join(dict.fromkeys(s.title for s in f.sources)),
        }
        for f in facts
    ]
    data = [
        {
            "name": f.name,
            "label": f.label,
            "type": f.type,
            "value": f.value,
            "raw": f.raw,
            "unit": f.unit,
            "status": f.status,
            "occurred_on": f.occurred_on,
            "conflicts_with": list(f.conflicts_with),
            "note": f.note,
            "sources": popolo.sources(f.sources),
        }
        for f in facts
    ]
    _print(rows, format, data)


@_GROUPS["templates"].command("list")
def list_templates(format: AsFormat = Format.table) -> None:
    """List the letter templates."""
    rows = [
        {
            "Id": t.id,
            "Title": t.title,
            "Language": t.language,
            "Purpose": t.purpose.replace("_", " "),
            "Audience": ", ".join(t.audience),
            "Required facts": ", ".join(t.required_facts),
        }
        for t in templates_list()
    ]
    data = [
        {
            "id": t.id,
            "title": t.title,
            "language": t.language,
            "purpose": t.purpose,
            "audience": list(t.audience),
            "asks": None if t.asks is None else list(t.asks),
            "required_facts": list(t.required_facts),
            "optional_facts": list(t.optional_facts),
        }
        for t in templates_list()
    ]
    _print(rows, format, data)


@_GROUPS["templates"].command("check")
def check_one_template(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A template file, or the id of one that is there.")],
    case: Annotated[str, typer.Option("--case", help="The case to try it with.")] = "",
) -> None:
    """Say what is wrong with a template: syntax, front matter, unknown names, and a trial run."""
    template = load_template(file)
    sandbox = TemplateSandbox()
    try:
        with contextlib.ExitStack() as stack:
            try:
                database = stack.enter_context(_database(context))
            except DatabaseMissingError:
                if case:
                    raise
                # Nothing of the user's to try it with: the sample campaign serves.
                folder = stack.enter_context(tempfile.TemporaryDirectory())
                database = open_database(Path(folder) / "trial.db", create=True)
                stack.callback(database.close)
                with database.write() as session:
                    load_campaign(session, read_campaign(campaign_folder("magnitsky")))
            with database.read() as session:
                cases = [key for c in campaigns_list(session) for key, _ in c.cases]
                if not case and not cases:
                    raise NotFoundError("This database has no case to try the template with.")
                tried = case or cases[0]
                problems = check_template(session, sandbox, template, tried)
    finally:
        sandbox.close()
    if problems:
        raise OutreachError(" ".join(problems))
    typer.echo(f"{file} is in order: tried with the case {tried}.")


@_GROUPS["recipients"].command("list")
def list_recipients(
    context: typer.Context,
    to: Annotated[str, typer.Option("--to", help="Only those a query names; see the README.")] = "all",
    on: On = None,
    campaign: CampaignId = "",
    format: AsFormat = Format.table,
) -> None:
    """List whom a campaign writes to, or whom a query would name."""
    with _database(context) as database, database.write() as session:
        row = _campaign(session, campaign)
        everyone = recipients_list(session, row.key)
        found = everyone
        if to != "all":
            found = recipients_for(session, row.key, to, on=on or row.today).recipients
            session.rollback()
    rows = [
        {
            "Number": r.key,
            "Name": r.name,
            "Office": r.post,
            "Body": r.body,
            "Audience": r.audience,
            "Language": r.language,
            "Reached by": ", ".join(r.channels),
        }
        for r in found
    ]
    _print(rows, format)


@_GROUPS["recipients"].command("add")
def add_one_recipient(
    context: typer.Context,
    audience: Annotated[str, typer.Option("--audience", help="How they are addressed, as uk_minister.")],
    person: Annotated[str, typer.Option("--person", help="Id of a person.")] = "",
    post: Annotated[str, typer.Option("--post", help="Id of an office.")] = "",
    body: Annotated[str, typer.Option("--body", help="Id of a body.")] = "",
    campaign: CampaignId = "",
) -> None:
    """Add somebody from the directory to those the campaign writes to."""
    with _database(context) as database, database.write() as session:
        row = _campaign(session, campaign)
        _say(add_recipient(session, row.key, audience=audience, person=person, post=post, body=body))


@_GROUPS["recipients"].command("remove")
def remove_one_recipient(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="As in: outreach recipients list")],
) -> None:
    """Take somebody off the campaign; letters already written stay."""
    with _database(context) as database, database.write() as session:
        _say(remove_recipient(session, number))


@_GROUPS["groups"].command("list")
def list_groups(context: typer.Context, campaign: CampaignId = "", format: AsFormat = Format.table) -> None:
    """List the saved groups of recipients."""
    with _database(context) as database, database.read() as session:
        groups = groups_list(session, _campaign(session, campaign).key)
    _print([{"Name": name, "Query": query} for name, query in groups], format)


@_GROUPS["groups"].command("save")
def save_one_group(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Usable in --to from then on.")],
    query: Annotated[str, typer.Argument(help="Such as: members of JCSE")],
    campaign: CampaignId = "",
) -> None:
    """Save a question about recipients under a name."""
    with _database(context) as database, database.write() as session:
        _say(save_group(session, _campaign(session, campaign).key, name, query))


@_GROUPS["groups"].command("delete")
def delete_one_group(
    context: typer.Context, name: Annotated[str, typer.Argument()], campaign: CampaignId = ""
) -> None:
    """Delete a saved group; recipients stay."""
    with _database(context) as database, database.write() as session:
        _say(delete_group(session, _campaign(session, campaign).key, name))


@_GROUPS["letters"].command("draft")
def draft(
    context: typer.Context,
    case: Case_,
    to: Annotated[str, typer.Option("--to", metavar="QUERY", help="Who to; see the README.")],
    template: Annotated[
        str, typer.Option("--template", help="A template's id, a file, or auto: by recipient.")
    ] = AUTO,
    on: On = None,
    about: Annotated[str, typer.Option("--about", help="Earlier letter, for follow-ups and thanks.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be written.")] = False,
) -> None:
    """Draft one letter for each recipient; nothing is written while a fact is missing."""
    chosen = None if template == AUTO else load_template(template)
    sandbox = TemplateSandbox()
    try:
        with _database(context) as database, database.write() as session:
            row = campaign_of_case(session, case)
            day = on or row.today
            answer = recipients_for(session, row.key, to, on=day)
            plan = plan_letters(
                session,
                sandbox,
                case_id=case,
                template=chosen,
                recipients=answer.recipients,
                on=day,
                about=about.upper(),
            )
            references: Sequence[str] = [""] * len(plan.letters)
            if dry_run:
                session.rollback()  # a question may have made recipients of people in the directory
            else:
                references = draft_letters(session, plan, by=_user()).refs
    finally:
        sandbox.close()
    _print_table(
        [
            {
                "Reference": reference or "(not written)",
                "To": p.recipient.label,
                "Template": p.template.id,
                "Subject": p.subject,
            }
            for reference, p in zip(references, plan.letters, strict=True)
        ]
    )
    for warning in dict.fromkeys((*answer.notes, *(w for p in plan.letters for w in p.warnings))):
        typer.echo(f"Note: {warning}", err=True)


@_GROUPS["letters"].command("follow-up")
def follow_up(context: typer.Context, refs: Refs) -> None:
    """Draft a reminder about letters without an answer, and thanks for those that have one."""
    sandbox = TemplateSandbox()
    try:
        with _database(context) as database, database.write() as session:
            changes = draft_follow_ups(session, sandbox, refs, by=_user())
    finally:
        sandbox.close()
    typer.echo(f"{changes.message} {' '.join(changes.refs)}")


@_GROUPS["letters"].command("list")
def list_letters(
    context: typer.Context,
    status: Annotated[str, typer.Option("--status", help="A state or standing, as overdue.")] = "",
    body: Annotated[str, typer.Option("--body", help="Part of a body's name.")] = "",
    search: Search = "",
    on: On = None,
    campaign: CampaignId = "",
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write FILE.csv or FILE.xlsx.")
    ] = None,
    format: AsFormat = Format.table,
) -> None:
    """The tracking table: every letter, whether it was sent and answered, and what is overdue."""
    if output is not None and output.suffix.lower() not in {".csv", ".xlsx"}:
        raise typer.BadParameter("Give --output a file that ends in .csv or .xlsx.")
    with _database(context) as database, database.read() as session:
        campaigns = [_campaign(session, campaign)] if campaign else campaigns_list(session)
        letters = [
            r
            for c in campaigns
            for r in tracker_rows(session, c, today=on, status=status, body=body, search=search)
        ]
    if output is not None:
        make = tracker_xlsx if output.suffix.lower() == ".xlsx" else tracker_csv
        typer.echo(f"{len(letters)} letters: {write_file(output, make(letters))}")
    elif format is Format.csv:
        typer.echo(tracker_csv(letters).decode("utf-8-sig").replace("\r\n", "\n"), nl=False)
    else:
        _print([_letter_cells(r) for r in letters], format, [_letter_data(r) for r in letters])


def _letter_cells(row: TrackerRow) -> dict[str, object]:
    return {
        "Reference": row.reference,
        "Recipient": row.recipient,
        "Body": row.body,
        "Status": row.status.value,
        "Standing": row.phase.value,
        "Sent": day_short(row.sent_on),
        "Due": day_short(row.due_on),
        "Answered": day_short(row.answered_on),
        "Answer": row.answer,
        "Subject": row.subject,
    }


def _letter_data(row: TrackerRow) -> dict[str, Any]:
    fields = (
        "reference recipient post body jurisdiction audience template language subject sender origin status "
        "phase channel written_on sent_on due_on answered_on days_taken answer standard"
    )
    return {name: getattr(row, name) for name in fields.split()}


@_GROUPS["letters"].command("show")
def show_letter(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF")],
    format: Annotated[Format, typer.Option("--format")] = Format.table,
) -> None:
    """Show a letter whole: its text, the facts it uses, its answers and its history."""
    with _database(context) as database, database.read() as session:
        detail = letter_detail(session, _campaign_of_letter(session, ref), ref)
        replies = replies_list(session, [detail.row.reference])
    row = detail.row
    if format is not Format.table:
        data = {
            **_letter_data(row),
            "summary": detail.summary,
            "address_lines": detail.address_lines,
            "salutation": detail.salutation,
            "body_text": detail.body,
            "close": detail.close,
            "sha256": detail.text_sha256,
            "facts": [{"name": n, "label": la, "value": v, "status": s} for n, la, v, s in detail.facts],
            "replies": [{"received_on": r.received_on, "kind": r.kind, "text": r.text} for r in replies],
            "events": [
                {"at": e.at.isoformat(), "kind": e.kind, "by": e.by, "to": e.to_status, "detail": e.detail}
                for e in detail.events
            ],
        }
        _print([{k: v for k, v in data.items() if not isinstance(v, list | tuple)}], format, [data])
        return
    typer.echo(f"{row.reference}  {row.status.value}, {row.phase.value}  {row.recipient}".rstrip())
    if detail.summary:
        typer.echo(detail.summary)
    if detail.body:
        text = "\n".join(
            (
                *detail.address_lines,
                "",
                row.subject,
                "",
                detail.salutation,
                "",
                detail.body,
                "",
                detail.close,
                *detail.sender_lines,
            )
        )
        typer.echo(f"\n{text}\n")
    for _, label, value, fact_status in detail.facts:
        typer.echo(f"Fact: {label}: {value}" + ("" if fact_status == "verified" else f" ({fact_status})"))
    for reply in replies:
        sender = f" from {reply.from_name}" if reply.from_name else ""
        typer.echo(f"Answer of {day_short(reply.received_on)}{sender}: {reply.kind}. {reply.text}".rstrip())
    for e in detail.events:
        by = f" by {e.by}" if e.by else ""
        typer.echo(f"{e.at.astimezone():%Y-%m-%d %H:%M}  {e.kind.replace('_', ' ')}{by}  {e.detail}".rstrip())


def _campaign_of_letter(session: Session, ref: str) -> CampaignRow:
    campaigns = campaigns_list(session)
    for campaign in campaigns:
        if ref.upper().startswith(f"{campaign.prefix}-"):
            return campaign
    raise NotFoundError(f"There is no letter {ref}. List them with: outreach letters list")


@_GROUPS["letters"].command("approve")
def approve(
    context: typer.Context,
    refs: Refs,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also when a fact has changed since the draft.")
    ] = False,
) -> None:
    """Approve letters; their text is frozen from then on."""
    with _database(context) as database, database.write() as session:
        for ref in refs:
            for note in letter_notes(session, ref):
                typer.echo(f"Note: {ref.upper()}: {note}", err=True)
        _say(approve_letters(session, refs, by=_user(), anyway=anyway))


@_GROUPS["letters"].command("export")
def export(
    context: typer.Context,
    refs: Refs,
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Folder for the files.")],
    formats: Annotated[
        Any, typer.Option("--as", parser=_formats, metavar="FORMATS", help="pdf,docx,eml,txt,html")
    ] = "pdf",
) -> None:
    """Write letters as files."""
    with _database(context) as database, database.read() as session:
        for path in export_letters(session, refs, formats, output):
            typer.echo(path)


@_GROUPS["letters"].command("mark-sent")
def mark_as_sent(
    context: typer.Context,
    refs: Refs,
    by: Annotated[Channel, typer.Option("--by", help="How it went.")],
    on: On = None,
    detail: Annotated[str, typer.Option("--detail", help="Such as a tracking number.")] = "",
) -> None:
    """Record that approved letters went out, on a day (by default today)."""
    with _database(context) as database, database.write() as session:
        day = on or max(_campaign_of_letter(session, r).today for r in refs)
        _say(mark_sent(session, refs, by=by, on=day, detail=detail))


@_GROUPS["letters"].command("withdraw")
def withdraw(context: typer.Context, refs: Refs, reason: Reason = "") -> None:
    """Take back letters that have not gone out."""
    with _database(context) as database, database.write() as session:
        _say(withdraw_letters(session, refs, reason=reason))


@_GROUPS["letters"].command("close")
def close(context: typer.Context, refs: Refs, reason: Reason = "") -> None:
    """End letters that need no more."""
    with _database(context) as database, database.write() as session:
        _say(close_letters(session, refs, reason=reason))


@_GROUPS["replies"].command("add")
def add_reply(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF")],
    file: Annotated[Path, typer.Argument(metavar="FILE.eml")],
    kind: Annotated[ReplyKind, typer.Option("--kind", help="What it amounts to.")] = ReplyKind.SUBSTANTIVE,
    on: On = None,
    promise: Annotated[str, typer.Option("--promise", help="What was offered; becomes a follow-up.")] = "",
    due: Annotated[
        date | None, typer.Option("--due", parser=_day, metavar="DATE", help="By when it is to be kept.")
    ] = None,
) -> None:
    """Put an answer that came as a message on file."""
    message = read_message(file)
    with _database(context) as database, database.write() as session:
        _say(
            record_reply(
                session, ref.upper(), kind=kind, on=on, message=message, promise=promise, promise_due=due
            )
        )


@_GROUPS["replies"].command("list")
def list_replies(context: typer.Context, format: AsFormat = Format.table) -> None:
    """List the answers on file, the newest first."""
    with _database(context) as database, database.read() as session:
        replies = replies_list(session)
    rows = [
        {
            "Letter": r.reference,
            "Received": day_short(r.received_on),
            "Kind": r.kind,
            "From": r.from_name or r.from_address,
            "By": r.channel.replace("_", " "),
            "Text": " ".join(r.text.split())[:100],
        }
        for r in replies
    ]
    data = [
        {
            "reference": r.reference,
            "received_on": r.received_on,
            "kind": r.kind,
            "from_name": r.from_name,
            "from_address": r.from_address,
            "subject": r.subject,
            "channel": r.channel,
            "text": r.text,
        }
        for r in replies
    ]
    _print(rows, format, data)


@_GROUPS["pack"].command("export")
def export_one_pack(
    context: typer.Context,
    case: Case_,
    output: Annotated[Path, typer.Option("--output", metavar="FILE.pdf")],
    on: On = None,
    without: Annotated[
        Any, typer.Option("--without", parser=_sections, metavar="SECTIONS", help="Sections to leave out.")
    ] = "",
) -> None:
    """Write a case's briefing pack as PDF."""
    with _database(context) as database:
        _say(export_pack(database, case, output, on=on, leave_out=without))


@app.command("backup")
def make_backup(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Copy the database to a file, also while it is in use."""
    typer.echo(f"Copied to {backup(_file_of(context), file)}.")


@app.command("restore")
def restore_backup(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Put a copy in the place of the database; what was there is kept beside it."""
    path = _file_of(context)
    aside = restore(file, path)
    typer.echo(f"Restored {path} from {file}." + (f" The former one is now {aside}." if aside else ""))


@app.command("check")
def check_database(context: typer.Context) -> None:
    """Look for damage in the database, and for frozen letters whose text was changed."""
    with _database(context) as database:
        problems = check(database)
    if problems:
        raise OutreachError(" ".join(problems))
    typer.echo("The database is in order.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the terminal.

    Args: arguments: by default those of the process.
    Returns: the exit code: 0, 1 for an error, 2 for misuse, 130 when interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    log = start_logging()
    command = typer.main.get_command(app)
    try:
        code = command.main(
            args=list(arguments) if arguments is not None else None,
            prog_name="outreach",
            standalone_mode=False,
        )
        return int(code or 0)
    except OutreachError as error:
        return _fail(str(error), 1)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("Stopped.", 130)
    except typer.TyperException as error:
        context: typer.Context | None = getattr(error, "ctx", None)
        message = error.format_message().replace("Value error, ", "")
        return _fail(
            f"{message.rstrip('.')}. See: {context.command_path if context else 'outreach'} --help", 2
        )
    except BrokenPipeError:
        # The reader, such as head, has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0

    except Exception:  # a bug: the user gets a sentence, the log gets the rest
        logging.getLogger(__name__).exception("unforeseen")
        place = f" The details are in {log}." if log else ""
        return _fail(f"Something went wrong that should not have. What was saved before is safe.{place}", 1)


def _fail(message: str, code: int) -> int:
    typer.echo("outreach: " + " ".join(message.split()), err=True)
    return code
