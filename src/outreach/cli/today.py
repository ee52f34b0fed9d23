"""What is to be done today, and how long bodies give themselves to answer."""

from collections.abc import Iterator
from typing import Annotated

import typer
from sqlalchemy.orm import Session

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
    print_rows,
    say,
)
from outreach.correspondence.tray import inbox_read
from outreach.desk.letter_table import letter_rows
from outreach.desk.today import Agenda, agenda
from outreach.directory.standards import set_standard, standards_list
from outreach.domain.wording import day_short


@app.command("today")
def show_today(
    context: typer.Context, on: On = None, campaign: CampaignId = "", format: AsFormat = Format.table
) -> None:
    """What is to be done: answers to read, what is overdue, promises, letters to send."""
    with opened(context) as database, database.read() as session:
        found = agenda(session, campaign_named(session, campaign), today=on)
        print_rows(((row, row) for row in _what_to_do(session, found)), format)


def _what_to_do(session: Session, found: Agenda) -> Iterator[dict[str, object]]:
    for m in inbox_read(session, found.to_read.query):
        yield {
            "What": "to class" if m.reply_key else "to assign",
            "Day": day_short(m.received_on),
            "Letter": m.reference,
            "Who": m.from_name or m.from_address,
            "About": m.subject,
        }
    for what, waiting in (
        ("sent? not certain", found.uncertain),
        ("came back", found.returned),
        ("overdue", found.overdue),
        ("due soon", found.due_soon),
        ("to send", found.to_send),
        ("to approve", found.drafts),
    ):
        for r in letter_rows(session, waiting.query, found.on, waiting.order):
            yield {
                "What": what,
                "Day": day_short(r.due_on),
                "Letter": r.reference,
                "Who": r.recipient,
                "About": r.subject,
            }
    for p in found.promises:
        yield {
            "What": "promised",
            "Day": day_short(p.due_on),
            "Letter": p.reference,
            "Who": p.who,
            "About": p.what,
        }


@GROUPS["standards"].command("list")
def list_standards(context: typer.Context, search: Search = "", format: AsFormat = Format.table) -> None:
    """How long each body gives itself to answer, and where that is stated."""
    with opened(context) as database, database.read() as session:
        rows = standards_list(session, search)
    print_list(
        [
            {
                "Id": r.body_id,
                "Body": r.body,
                "Answers within": r.standard.in_words,
                "Holidays": r.standard.country or "weekends only",
                "Source": r.standard.source,
            }
            for r in rows
        ],
        format,
    )


@GROUPS["standards"].command("set")
def note_standard(
    context: typer.Context,
    body: Annotated[str, typer.Argument(metavar="BODY", help="The body's id.")],
    days: Annotated[int, typer.Option("--days", help="How many; 0 forgets what was noted.")],
    source: Annotated[str, typer.Option("--source", help="Where it is stated.")] = "",
    calendar: Annotated[bool, typer.Option("--calendar-days", help="Not working days.")] = False,
) -> None:
    """Note how long a body gives itself to answer."""
    with opened(context) as database, database.write() as session:
        say(
            set_standard(
                session, body, amount=days, unit="days" if calendar else "working_days", source=source
            )
        )
