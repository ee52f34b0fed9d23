"""Commands about answers: putting them on file, the tray of messages, and what an answer amounts to."""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from outreach.cli.base import (
    GROUPS,
    AsFormat,
    CampaignId,
    Format,
    Limit,
    On,
    Search,
    a_day,
    campaign_named,
    opened,
    print_rows,
    say,
)
from outreach.correspondence.answers import answer_row, answers_read, place_of_answer
from outreach.correspondence.incoming import file_all
from outreach.correspondence.message_files import messages_in
from outreach.correspondence.replies import (
    NOTHING_SAID,
    ReplyRow,
    class_reply,
    edit_reply,
    record_reply,
    remove_answer,
)
from outreach.correspondence.tray import VIEWS, InboxQuery, InboxRow, inbox_found, inbox_read
from outreach.correspondence.triage import (
    assign,
    attachment,
    back_to_tray,
    message_detail,
    raw_of,
    set_aside,
    suggestions,
)
from outreach.domain.message_kind import MessageKind
from outreach.domain.states import Channel, ReplyKind
from outreach.domain.wording import day_short
from outreach.errors import NotFoundError, UsageError
from outreach.files import write_file
from outreach.messages.kind import kind_of
from outreach.messages.parse import read_message
from outreach.messages.suggest import Suggestion
from outreach.store.paging import key_at
from outreach.words import notice_in_words

Keys = Annotated[list[int], typer.Argument(metavar="NUMBER…", help="Numbers, as the inbox lists them.")]
Kind = Annotated[ReplyKind, typer.Option("--kind", help="What it amounts to.")]
AnswerNumber = Annotated[
    int, typer.Argument(metavar="ANSWER", help="As `outreach replies list` numbers them.")
]
Text = Annotated[str, typer.Option("--text", help="What it says, or the points that matter.")]
Sender = Annotated[str, typer.Option("--from", help="Who wrote it.")]
By = Annotated[Channel | None, typer.Option("--by", help="How it came.")]
Promise = Annotated[str, typer.Option("--promise", help="What was offered; becomes a follow-up.")]
AfterNumber = Annotated[
    int,
    typer.Option("--after", metavar="NUMBER", help="Go on after this one, the last of the page before."),
]
_READ_AT_ONCE = 100
"""Messages whose whole texts are read together, to say what they seem to amount to."""
Due = Annotated[
    date | None, typer.Option("--due", parser=a_day, metavar="DATE", help="By when it is to be kept.")
]


@GROUPS["replies"].command("add")
def add_reply(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF")],
    file: Annotated[Path | None, typer.Argument(metavar="[FILE.eml]")] = None,
    kind: Annotated[
        ReplyKind | None,
        typer.Option("--kind", help="What it amounts to; by default substantive for a message."),
    ] = None,
    on: On = None,
    text: Text = "",
    sender: Sender = "",
    by: By = None,
    promise: Promise = "",
    due: Due = None,
) -> None:
    """Put an answer on file that came as a message, or that --text tells of."""
    message = None
    if file is not None:
        message = read_message(file)
        found = kind_of(message)
        if found.nature is not MessageKind.ANSWER:
            raise UsageError(
                f"{file.name} is no answer. {notice_in_words(found.reason)} File it as what it is with: "
                f"outreach replies import {file.name}"
            )
    elif kind is None:
        raise typer.BadParameter("Give the message's file, or say with --kind what the answer amounts to.")
    elif not (text.strip() or promise.strip()):
        raise UsageError(NOTHING_SAID)
    with opened(context) as database, database.write() as session:
        say(
            record_reply(
                session, ref.upper(), kind=kind or ReplyKind.SUBSTANTIVE, on=on, message=message,
                from_name=sender,
                text=text, channel=by.value if by else "", promise=promise, promise_due=due,
            )
        )  # fmt: skip


@GROUPS["replies"].command("edit")
def edit_answer(
    context: typer.Context,
    answer: AnswerNumber,
    kind: Annotated[ReplyKind | None, typer.Option("--kind", help="What it amounts to.")] = None,
    on: On = None,
    text: Annotated[str | None, typer.Option("--text", help="What it says.")] = None,
    sender: Annotated[str | None, typer.Option("--from", help="Who wrote it.")] = None,
    by: By = None,
    promise: Annotated[
        str | None, typer.Option("--promise", help="What was offered; empty takes it back.")
    ] = None,
    due: Due = None,
) -> None:
    """Correct an answer that was put on file by hand; what is not named stays as it is."""
    with opened(context) as database, database.write() as session:
        row = answer_row(session, answer)
        if kind is None and not row.kind:
            raise typer.BadParameter("Say with --kind what the answer amounts to.")
        say(
            edit_reply(
                session,
                answer,
                kind=kind or ReplyKind(row.kind),
                on=on or row.received_on,
                from_name=row.from_name if sender is None else sender,
                text=row.text if text is None else text,
                channel=by.value if by else row.channel,
                promise=row.promise if promise is None else promise,
                promise_due=due or row.promise_due,
            )
        )


@GROUPS["replies"].command("remove")
def take_off(context: typer.Context, answer: AnswerNumber) -> None:
    """Remove an answer that was put on file by hand; one that came as a message goes back to the tray."""
    with opened(context) as database, database.write() as session:
        row = answer_row(session, answer)
        if row.mail_key is not None:
            say(back_to_tray(session, [row.mail_key]))
        else:
            say(remove_answer(session, answer))


@GROUPS["replies"].command("import")
def import_messages(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help=".eml, mbox, or folders of them.")],
) -> None:
    """Put messages on file: what is certain goes to its letter, the rest into the tray."""
    with opened(context) as database:
        report = file_all(database, messages_in(files), today=date.today())  # noqa: DTZ011  local day is meant
    typer.echo(report.in_words)
    for problem in report.problems:
        typer.echo(f"Note: {problem}", err=True)


@GROUPS["replies"].command("inbox")
def show_inbox(
    context: typer.Context,
    view: Annotated[str, typer.Option("--view", help=", ".join(VIEWS))] = "open",
    campaign: CampaignId = "",
    search: Search = "",
    limit: Limit = 0,
    after: AfterNumber = 0,
    format: AsFormat = Format.table,
) -> None:
    """List the messages that came in; by default those that somebody must assign or class."""
    if view not in VIEWS:
        raise typer.BadParameter(f"Choose --view from {', '.join(VIEWS)}.")
    with opened(context) as database, database.read() as session:
        key = campaign_named(session, campaign).key if campaign else None
        query = InboxQuery(view, key, search)
        place = key_at(session, inbox_found(query), after) if after else None
        if after and place is None:
            raise NotFoundError(
                f"There is no message {after}. List them with: outreach replies inbox --view all"
            )
        print_rows(_inbox_lines(session, inbox_read(session, query, after=place, limit=limit)), format)


def _inbox_lines(
    session: Session, rows: Iterator[InboxRow]
) -> Iterator[tuple[dict[str, object], dict[str, object]]]:
    """What is printed of messages, with what their texts seem to amount to, some at a time."""
    nothing = Suggestion(None, "")
    while part := tuple(islice(rows, _READ_AT_ONCE)):
        guesses = suggestions(session, part)
        for row in part:
            guess = guesses.get(row.key, nothing)
            yield _cells(row, guess), _data(row, guess)


def _cells(row: InboxRow, guess: Suggestion) -> dict[str, object]:
    return {
        "Number": row.key,
        "Received": day_short(row.received_on),
        "From": row.from_name or row.from_address,
        "Subject": row.subject[:70],
        "MessageKind": row.nature.value.replace("_", " "),
        "State": row.state.replace("_", " "),
        "Letter": row.reference,
        "Sure": f"{row.confidence} %" if row.reference else "",
        "Kind": row.kind or (f"{guess.kind.value}?" if guess.kind else ""),
    }


def _data(row: InboxRow, guess: Suggestion) -> dict[str, object]:
    return {
        "number": row.key,
        "received_on": row.received_on,
        "from_name": row.from_name,
        "from_address": row.from_address,
        "subject": row.subject,
        "nature": row.nature.value,
        "nature_reason": notice_in_words(row.nature_reason),
        "state": row.state,
        "reference": row.reference,
        "basis": row.basis.value,
        "confidence": row.confidence,
        "kind": row.kind,
        "suggested_kind": guess.kind.value if guess.kind else "",
        "suggested_reason": guess.reason,
        "files": row.file_count,
    }


@GROUPS["replies"].command("show")
def show_message(context: typer.Context, number: Annotated[int, typer.Argument(metavar="NUMBER")]) -> None:
    """Show a message, with what is quoted marked, and why it is where it is."""
    with opened(context) as database, database.read() as session:
        detail = message_detail(session, number)
    row = detail.row
    sender = f"{row.from_name} <{row.from_address}>" if row.from_name else row.from_address
    typer.echo(
        f"{row.subject}\n{sender}, "
        f"{day_short(row.received_on)}\n{notice_in_words(row.nature_reason) or detail.reason}\n"
    )
    for passage in detail.passages:
        mark = "| " if passage.is_quoted else ""
        typer.echo("\n".join(mark + line for line in passage.text.splitlines()) + "\n")
    for file in detail.files:
        typer.echo(f"File: {file.name} ({file.content_type}, {file.size_bytes:,} bytes)")
    if detail.suggestion.kind:
        typer.echo(f"It may be: {detail.suggestion.kind.value}. {detail.suggestion.reason}")
    if detail.suggestion.promise:
        due = f", by {day_short(detail.suggestion.promise_due)}" if detail.suggestion.promise_due else ""
        typer.echo(f"It may promise: {detail.suggestion.promise}{due}")


@GROUPS["replies"].command("assign")
def assign_message(
    context: typer.Context,
    numbers: Keys,
    ref: Annotated[
        str, typer.Option("--to", metavar="REF", help="The letter; by default the one proposed.")
    ] = "",
) -> None:
    """File messages with the letter they belong to."""
    with opened(context) as database, database.write() as session:
        say(assign(session, numbers, ref))


@GROUPS["replies"].command("set-aside")
def put_aside(context: typer.Context, numbers: Keys) -> None:
    """Put messages away that belong to no letter; they are kept."""
    with opened(context) as database, database.write() as session:
        say(set_aside(session, numbers))


@GROUPS["replies"].command("unassign")
def put_back(context: typer.Context, numbers: Keys) -> None:
    """Put messages back into the tray."""
    with opened(context) as database, database.write() as session:
        say(back_to_tray(session, numbers))


@GROUPS["replies"].command("class")
def class_answer(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As the inbox lists it.")],
    kind: Kind,
    promise: Promise = "",
    due: Due = None,
) -> None:
    """Say what an answer amounts to."""
    with opened(context) as database, database.write() as session:
        row = message_detail(session, number).row
        if row.reply_key is None:
            raise UsageError(
                f"Message {number} is with no letter yet. Assign it first: outreach replies assign {number}"
            )
        say(class_reply(session, row.reply_key, kind, promise=promise, promise_due=due))


@GROUPS["replies"].command("save")
def save_message(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NUMBER")],
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="Where to write it.")],
    file: Annotated[
        str, typer.Option("--file", help="A file that came with it; by default the message whole.")
    ] = "",
) -> None:
    """Write a message as it was received, or a file that came with it. It is not opened."""
    with opened(context) as database, database.read() as session:
        content = attachment(session, number, file) if file else raw_of(session, number)
    typer.echo(write_file(output, content))


@GROUPS["replies"].command("list")
def list_replies(
    context: typer.Context, limit: Limit = 0, after: AfterNumber = 0, format: AsFormat = Format.table
) -> None:
    """List the answers on file, the newest first."""
    with opened(context) as database, database.read() as session:
        place = place_of_answer(session, after) if after else None
        replies = answers_read(session, after=place, limit=limit)
        print_rows(((_answer_cells(r), _answer_data(r)) for r in replies), format)


def _answer_cells(r: ReplyRow) -> dict[str, object]:
    return {
        "Answer": r.key,
        "Letter": r.reference,
        "Received": day_short(r.received_on),
        "Kind": r.kind or "not classed",
        "From": r.from_name or r.from_address,
        "By": r.channel.replace("_", " "),
        "Text": " ".join(r.text.split())[:100],
    }


def _answer_data(r: ReplyRow) -> dict[str, object]:
    return {
        "answer": r.key,
        "reference": r.reference,
        "received_on": r.received_on,
        "kind": r.kind,
        "from_name": r.from_name,
        "from_address": r.from_address,
        "subject": r.subject,
        "channel": r.channel,
        "text": r.text,
        "number": r.mail_key,
    }
