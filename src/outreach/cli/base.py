"""What all commands share: the parser, options, the database, and how a list is printed."""

import contextlib
import csv
import importlib
import io
import json
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any
from unicodedata import combining, east_asian_width

import typer
from sqlalchemy.orm import Session
from typer.core import TyperGroup

from outreach.cases.campaigns import (
    CampaignRow,
    campaigns_list,
)
from outreach.desk.table_files import harmless
from outreach.errors import NotFoundError, UsageError
from outreach.mail.outcome_files import outcome_files
from outreach.settings import default_database
from outreach.store.backup import copied_file
from outreach.store.changes import Changes
from outreach.store.database import Database, open_database


class Format(StrEnum):
    """How a list is printed."""

    table = "table"
    json = "json"
    csv = "csv"


def a_day(text: str) -> date:
    """A day from an option. Raises: typer.BadParameter."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"“{text}” is not a day. Write it as 2011-01-20.") from error


On = Annotated[date | None, typer.Option("--on", parser=a_day, metavar="DATE", help="A day, as 2011-01-20.")]


Search = Annotated[str, typer.Option("--search", help="Words that must all occur.")]


Limit = Annotated[int, typer.Option("--limit", min=0, help="At most so many; 0 for all.")]


After = Annotated[
    str,
    typer.Option("--after", metavar="ID", help="Go on after this one, the last of the page before."),
]


AsFormat = Annotated[Format, typer.Option("--format", help="How to print the list.")]


Case_ = Annotated[str, typer.Option("--case", help="The case's id.")]


CampaignId = Annotated[str, typer.Option("--campaign", help="The campaign's id, if there are several.")]


Refs = Annotated[list[str], typer.Argument(metavar="REF…", help="References, such as MAG-0006.")]


Reason = Annotated[str, typer.Option("--reason", help="Kept in the letter's history.")]


PLACES = {
    "people": "directory", "people duplicates": "identity", "people merge": "identity",
    "people unmerge": "identity",
    "bodies": "directory", "posts": "directory", "feeds": "importing", "import": "importing",
    "search": "search",
    "facts": "campaign", "templates": "campaign", "recipients": "campaign", "groups": "campaign",
    "letters list": "letter_table", "letters stats": "letter_table", "letters show": "letter_table",
    "letters calendar": "letter_table", "views": "letter_table",
    "letters draft": "letter_drafting", "letters follow-up": "letter_drafting",
    "letters refer": "letter_drafting",
    "letters export": "letter_files", "letters enclose": "letter_files", "letters print": "letter_files",
    "letters mailto": "letter_files", "letters web-form": "letter_files", "letters": "letters",
    "replies": "replies", "mail": "mail",
    "today": "today", "standards": "today",
    "pack": "packs", "evidence": "packs",
    "demo": "upkeep", "init": "upkeep", "backup": "upkeep", "restore": "upkeep", "check": "upkeep",
}  # fmt: skip
"""The module of this room that has a command, or all others of a group, in the order in which they are
listed. Only the module that is needed is read."""


class _OnDemand(TyperGroup):
    """Commands whose modules are imported when they are asked for, so that a
    command of one part waits for no other.
    """

    def get_command(self, context: Any, name: str) -> Any:
        if self._is_root:
            # A group is there already; what it has is read when one of its commands is asked for.
            place = None if name in GROUPS else PLACES.get(name)
        else:
            place = PLACES.get(f"{self.name} {name}") or PLACES.get(str(self.name))
        if place is not None:
            self._read([place])
        command = super().get_command(context, name)
        if command is None:
            self.list_commands(context)  # so that the nearest of all can be named
        return command

    def list_commands(self, context: Any) -> list[str]:
        own = [place for key, place in PLACES.items() if self._is_root or key.split()[0] == self.name]
        self._read(own)
        names = super().list_commands(context)
        return [name for name in PLACES if name in names] if self._is_root else names

    @property
    def _is_root(self) -> bool:
        return self.name not in GROUPS

    def _read(self, places: Iterable[str]) -> None:
        for place in dict.fromkeys(places):
            importlib.import_module(f"outreach.cli.{place}")
        self.commands = typer.main.get_group(GROUPS.get(str(self.name), app)).commands


app = typer.Typer(
    name="outreach",
    cls=_OnDemand,
    help="Write to people in power, and know who answered. Without a command, opens the window.",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


GROUPS = {
    name: typer.Typer(help=text, cls=_OnDemand, rich_markup_mode=None)
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
        "views": "Saved filters of the table.",
        "replies": "Answers, and the tray of messages that came in.",
        "mail": "Sending and fetching e-mail.",
        "standards": "How long bodies give themselves to answer.",
        "pack": "Briefing packs, and what was given to whom.",
        "evidence": "Files that prove something, for packs.",
    }.items()
}


for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name)


def location_of(context: typer.Context) -> str:
    """Path or URL of the database that the command is about."""
    return str(context.find_root().obj or "") or str(default_database())


@contextlib.contextmanager
def opened(context: typer.Context, *, create: bool = False) -> Iterator[Database]:
    """The database, closed again when the command is done, with what a sending that was cut off left beside
    it recorded.

    Raises: as `open_database`.
    """
    database = open_database(location_of(context), create=create)
    try:
        if outcome_files(database.path) and _catch_up(database):
            typer.echo(
                "Note: what became of some letters is noted and not recorded yet, since the database cannot "
                "be written just now.",
                err=True,
            )
        yield database
    finally:
        database.close()


def _catch_up(database: Database) -> int:
    from outreach.mail.outcomes import catch_up

    return catch_up(database)


def database_file(context: typer.Context) -> Path:
    """The database as a file. Raises: UsageError for one on a server."""
    return copied_file(location_of(context))


def say(changes: Changes) -> None:
    """Print what was done."""
    typer.echo(changes.message)


def say_steps(changes: Changes, references: Sequence[str]) -> None:
    """Say which letters took a step; the command has failed if some of those named did not."""
    say(changes)
    if len(changes.refs) < len({reference.strip().upper() for reference in references}):
        raise typer.Exit(1)


def note(words: str) -> None:
    """Say why a command takes long, apart from what it prints."""
    typer.echo(words, err=True)


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def print_list(
    rows: Sequence[Mapping[str, object]], how: Format, data: Sequence[object] | None = None
) -> None:
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
            print_table(rows)


def print_rows(rows: Iterable[tuple[Mapping[str, object], object]], how: Format) -> None:
    """Print a list as it is read, holding a few rows at a time.

    rows: each by column heading, and what JSON prints instead.

    In a table, the first rows say how wide the columns are.
    """
    left = iter(rows)
    if how is Format.json:
        # The same text as json.dumps gives of the whole list.
        begun = False
        for _, data in left:
            text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
            typer.echo((",\n" if begun else "[\n") + textwrap.indent(text, "  "), nl=False)
            begun = True
        typer.echo("\n]" if begun else "[]")
        return
    first = [row for row, _ in islice(left, _ROWS_MEASURED)]
    print_list(first, how)
    if how is Format.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([harmless(_plain(v)) for v in row.values()] for row, _ in left)
        return
    if len(first) < _ROWS_MEASURED:
        return
    widths = _widths(first)
    for row, _ in left:
        _print_line([_cell(v) for v in row.values()], widths)


_ROWS_MEASURED = 1_000


def print_table(rows: Sequence[Mapping[str, object]]) -> None:
    """Print a list with its columns aligned, whole rows where the output is no terminal."""
    if not rows:
        typer.echo("Nothing found.")
    elif sys.stdout.isatty():
        _print_in_terminal(rows)
    else:
        # Nothing is to be wrapped or coloured here, so that what does that need not be imported.
        widths = _widths(rows)
        _print_line(list(rows[0]), widths)
        for row in rows:
            _print_line([_cell(v) for v in row.values()], widths)


def _print_in_terminal(rows: Sequence[Mapping[str, object]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in rows[0]:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(v)) for v in row.values()))
    console = Console(highlight=False)
    with console.capture() as captured:
        console.print(table)
    typer.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _cell(value: object) -> str:
    return _plain(value).replace("\n", " ")


def _width(text: str) -> int:
    """How many places a text takes where letters of East Asia take two."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(c) in "WF" else 0 if combining(c) else 1 for c in text)


def _widths(rows: Sequence[Mapping[str, object]]) -> list[int]:
    return [max(_width(name), *(_width(_cell(row[name])) for row in rows)) for name in rows[0]]


def _print_line(cells: Sequence[str], widths: Sequence[int]) -> None:
    padded = (cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True))
    typer.echo("  ".join(padded).rstrip())


def campaign_named(session: Session, wanted: str) -> CampaignRow:
    """The campaign of an option, or the only one. Raises: NotFoundError, UsageError."""
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


def campaign_of_letter(session: Session, ref: str) -> CampaignRow:
    """The campaign that a letter is of. Raises: NotFoundError."""
    from outreach.letters.ledger import find_letter

    key = find_letter(session, ref).campaign_id
    return next(c for c in campaigns_list(session) if c.key == key)
