"""Commands that show letters: the tracking table, its saved views, figures and days, and one letter whole."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from itertools import count, islice
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow, campaigns_list
from outreach.cli.base import (
    GROUPS,
    AsFormat,
    CampaignId,
    Format,
    On,
    Search,
    campaign_named,
    campaign_of_letter,
    opened,
    print_list,
    print_rows,
    say,
)
from outreach.correspondence.replies import replies_list
from outreach.desk.calendar import calendar_ics
from outreach.desk.letter_columns import LETTER_COLUMNS, find_column, screen_columns
from outreach.desk.letter_query import GROUPINGS, STANDINGS, Filters, find_standing
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import key_of, letter_detail, letter_rows
from outreach.desk.saved_views import delete_view, save_view, view_named, views_list
from outreach.desk.statistics import group_counts
from outreach.desk.table_files import csv_lines, tracker_csv, tracker_xlsx
from outreach.domain.wording import day_short
from outreach.errors import UsageError
from outreach.files import write_file
from outreach.store.paging import Order
from outreach.words import notice_in_words

Status = Annotated[
    str,
    typer.Option("--status", help=f"Where they stand: {', '.join(s.word for s in STANDINGS)}."),
]


@GROUPS["letters"].command("list")
def list_letters(
    context: typer.Context,
    status: Status = "",
    body: Annotated[str, typer.Option("--body", help="A body's name, or part of one.")] = "",
    party: Annotated[str, typer.Option("--party", help="A party's name, or part of one.")] = "",
    country: Annotated[str, typer.Option("--country", help="A country, as Finland.")] = "",
    channel: Annotated[str, typer.Option("--by", help="How it went, as email or post.")] = "",
    answer: Annotated[str, typer.Option("--answer", help="A kind of answer, as refused.")] = "",
    within: Annotated[str, typer.Option("--due-within", help="Days until an answer is due, or past.")] = "",
    search: Search = "",
    view: Annotated[str, typer.Option("--view", help="A saved view, in place of the filters.")] = "",
    sort: Annotated[
        str, typer.Option("--sort", metavar="COLUMN", help=f"By: {', '.join(c.key for c in LETTER_COLUMNS)}.")
    ] = "reference",
    descending: Annotated[bool, typer.Option("--descending", help="The last first.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=0, help="At most so many; 0 for all.")] = 0,
    after: Annotated[
        str,
        typer.Option("--after", metavar="REF", help="Go on after this letter, the last of the page before."),
    ] = "",
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
    filters = _filters(status, body, party, country, channel, answer, within, search)
    order = Order(find_column(sort).key, descending)
    with opened(context) as database, database.read() as session:
        campaigns = [campaign_named(session, campaign)] if campaign or view else campaigns_list(session)
        if view:
            filters = view_named(session, campaigns[0].key, view)
        found = _letters(session, campaigns, filters, order, on, after)
        letters = islice(found, limit) if limit else found
        if output is not None:
            make = tracker_xlsx if output.suffix.lower() == ".xlsx" else tracker_csv
            counter = count()
            content = make(row for row, _ in zip(letters, counter, strict=False))
            typer.echo(f"{next(counter) - 1} letters: {write_file(output, content)}")
        elif format is Format.csv:
            for line in csv_lines(letters):
                typer.echo(line, nl=False)
        else:
            print_rows(((_letter_cells(r), _letter_data(r)) for r in letters), format)


def _letters(
    session: Session,
    campaigns: Sequence[CampaignRow],
    filters: Filters,
    order: Order,
    on: date | None,
    after: str,
) -> Iterator[TrackerRow]:
    """Letters of campaigns, one campaign after another, as each has its own day. after: begins behind this
    letter."""
    key = None
    if after:
        key = key_of(session, after, order)
        begun = campaign_of_letter(session, after).key
        keys = [c.key for c in campaigns]
        if begun not in keys:
            raise UsageError(
                f"{after.upper()} is of another campaign. Give --after a letter of the list itself."
            )
        campaigns = campaigns[keys.index(begun) :]
    for row in campaigns:
        yield from letter_rows(session, filters.of(row.key), on or row.today, order, after=key)
        key = None


def _filters(
    status: str, body: str, party: str, country: str, channel: str, answer: str, within: str, search: str
) -> Filters:
    if within and within != "past" and not within.isdigit():
        raise typer.BadParameter("Give --due-within a number of days, or past.")
    if status:
        status = find_standing(status).word
    return Filters(status, body, party, country, channel, answer, within, search)


@GROUPS["letters"].command("stats")
def statistics_of(
    context: typer.Context,
    by: Annotated[str, typer.Option("--by", help=", ".join(GROUPINGS))] = "body",
    on: On = None,
    campaign: CampaignId = "",
    format: AsFormat = Format.table,
) -> None:
    """Answer rate and median days to the answer, by body, party or country."""
    if by not in GROUPINGS:
        raise typer.BadParameter(f"Choose --by from {', '.join(GROUPINGS)}.")
    with opened(context) as database, database.read() as session:
        row = campaign_named(session, campaign)
        counts = group_counts(session, Filters().of(row.key), by, on or row.today)
    print_list(
        [
            {
                by.capitalize(): g.name,
                "Sent": g.sent,
                "Answered": g.answered,
                "Overdue": g.overdue,
                "Answer rate": f"{g.response_rate:.0%}",
                "Median days": "" if g.median_days is None else f"{g.median_days:g}",
            }
            for g in counts
        ],
        format,
        [
            {"name": g.name, "sent": g.sent, "answered": g.answered, "overdue": g.overdue,
            "response_rate": g.response_rate,
             "median_days": g.median_days}
            for g in counts
        ],
    )  # fmt: skip


@GROUPS["views"].command("list")
def list_views(context: typer.Context, campaign: CampaignId = "", format: AsFormat = Format.table) -> None:
    """Filters of the table that were saved."""
    with opened(context) as database, database.read() as session:
        views = views_list(session, campaign_named(session, campaign).key)
    chosen = [(v.name, {k: x for k, x in asdict(v.filters).items() if x}) for v in views]
    print_list(
        [{"View": name, "Filters": ", ".join(f"{k} {v}" for k, v in f.items())} for name, f in chosen],
        format,
        [{"name": name, **f} for name, f in chosen],
    )


@GROUPS["views"].command("save")
def save_filters(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    status: Status = "",
    body: Annotated[str, typer.Option("--body")] = "",
    party: Annotated[str, typer.Option("--party")] = "",
    country: Annotated[str, typer.Option("--country")] = "",
    channel: Annotated[str, typer.Option("--by")] = "",
    answer: Annotated[str, typer.Option("--answer")] = "",
    within: Annotated[str, typer.Option("--due-within")] = "",
    search: Search = "",
    campaign: CampaignId = "",
) -> None:
    """Save filters of the table under a name; the options are those of letters list."""
    filters = _filters(status, body, party, country, channel, answer, within, search)
    with opened(context) as database, database.write() as session:
        say(save_view(session, campaign_named(session, campaign).key, name, filters))


@GROUPS["views"].command("delete")
def forget_view(
    context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME")], campaign: CampaignId = ""
) -> None:
    """Forget a saved view."""
    with opened(context) as database, database.write() as session:
        say(delete_view(session, campaign_named(session, campaign).key, name))


def _letter_cells(row: TrackerRow) -> dict[str, object]:
    cells: dict[str, object] = {}
    for column in screen_columns():
        value = column.on_screen(row)
        cells[column.label] = day_short(value) if isinstance(value, date) else value
    return cells


def _letter_data(row: TrackerRow) -> dict[str, Any]:
    more = "jurisdiction audience template origin standard is_uncertain has_unread"
    return {c.key: c.value(row) for c in LETTER_COLUMNS} | {name: getattr(row, name) for name in more.split()}


@GROUPS["letters"].command("show")
def show_letter(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF")],
    format: Annotated[Format, typer.Option("--format")] = Format.table,
) -> None:
    """Show a letter whole: its text, the facts it uses, its answers and its history."""
    with opened(context) as database, database.read() as session:
        detail = letter_detail(session, campaign_of_letter(session, ref), ref)
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
                {
                    "at": e.at.isoformat(),
                    "kind": e.kind,
                    "by": e.by,
                    "to": e.to_status,
                    "detail": notice_in_words(e.detail),
                }
                for e in detail.events
            ],
        }
        print_list([{k: v for k, v in data.items() if not isinstance(v, list | tuple)}], format, [data])
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
        typer.echo(
            f"{e.at.astimezone():%Y-%m-%d %H:%M}  {e.kind.replace('_', ' ')}{by}  "
            f"{notice_in_words(e.detail)}".rstrip()
        )


@GROUPS["letters"].command("calendar")
def write_calendar(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", metavar="FILE.ics")],
    on: On = None,
    campaign: CampaignId = "",
) -> None:
    """Write the days on which answers and promises are due as a calendar file."""
    with opened(context) as database, database.read() as session:
        content = calendar_ics(session, campaign_named(session, campaign), today=on)
    typer.echo(write_file(output, content))
