"""Commands about letters: their life, their files, their answers."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from outreach.cases.campaigns import (
    CampaignRow,
    campaign_of_case,
    campaigns_list,
)
from outreach.cli.base import (
    GROUPS,
    AsFormat,
    CampaignId,
    Case_,
    Format,
    On,
    Reason,
    Refs,
    Search,
    a_day,
    campaign_named,
    opened,
    print_list,
    print_table,
    say,
    user_name,
)
from outreach.domain.states import Channel, ReplyKind
from outreach.domain.wording import day_short
from outreach.errors import UsageError
from outreach.files import write_file
from outreach.letters.drafting import AUTO, draft_letters, plan_letters
from outreach.letters.exports import export_letters, parse_formats, tracker_csv, tracker_xlsx
from outreach.letters.following_up import draft_follow_ups
from outreach.letters.lifecycle import (
    approve_letters,
    close_letters,
    find_letter,
    mark_sent,
    withdraw_letters,
)
from outreach.letters.questions import recipients_for
from outreach.letters.replies import read_message, record_reply, replies_list
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.standing import letter_notes
from outreach.letters.templates import load_template
from outreach.letters.tracker import TrackerRow, letter_detail, tracker_rows


def some_formats(text: str) -> tuple[str, ...]:
    """Formats of letters from an option. Raises: typer.BadParameter."""
    try:
        return parse_formats(text)
    except UsageError as error:
        raise typer.BadParameter(str(error)) from error


@GROUPS["letters"].command("draft")
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
        with opened(context) as database, database.write() as session:
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
                references = draft_letters(session, plan, by=user_name()).refs
    finally:
        sandbox.close()
    print_table(
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


@GROUPS["letters"].command("follow-up")
def follow_up(context: typer.Context, refs: Refs) -> None:
    """Draft a reminder about letters without an answer, and thanks for those that have one."""
    sandbox = TemplateSandbox()
    try:
        with opened(context) as database, database.write() as session:
            changes = draft_follow_ups(session, sandbox, refs, by=user_name())
    finally:
        sandbox.close()
    typer.echo(f"{changes.message} {' '.join(changes.refs)}")


@GROUPS["letters"].command("list")
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
    with opened(context) as database, database.read() as session:
        campaigns = [campaign_named(session, campaign)] if campaign else campaigns_list(session)
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
        print_list([_letter_cells(r) for r in letters], format, [_letter_data(r) for r in letters])


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


@GROUPS["letters"].command("show")
def show_letter(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF")],
    format: Annotated[Format, typer.Option("--format")] = Format.table,
) -> None:
    """Show a letter whole: its text, the facts it uses, its answers and its history."""
    with opened(context) as database, database.read() as session:
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
        typer.echo(f"{e.at.astimezone():%Y-%m-%d %H:%M}  {e.kind.replace('_', ' ')}{by}  {e.detail}".rstrip())


def _campaign_of_letter(session: Session, ref: str) -> CampaignRow:
    key = find_letter(session, ref).campaign_id
    return next(c for c in campaigns_list(session) if c.key == key)


@GROUPS["letters"].command("approve")
def approve(
    context: typer.Context,
    refs: Refs,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also when a fact has changed since the draft.")
    ] = False,
) -> None:
    """Approve letters; their text is frozen from then on."""
    with opened(context) as database, database.write() as session:
        for ref in refs:
            for note in letter_notes(session, ref):
                typer.echo(f"Note: {ref.upper()}: {note}", err=True)
        say(approve_letters(session, refs, by=user_name(), anyway=anyway))


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


@GROUPS["letters"].command("mark-sent")
def mark_as_sent(
    context: typer.Context,
    refs: Refs,
    by: Annotated[Channel, typer.Option("--by", help="How it went.")],
    on: On = None,
    detail: Annotated[str, typer.Option("--detail", help="Such as a tracking number.")] = "",
) -> None:
    """Record that approved letters went out, on a day (by default today)."""
    with opened(context) as database, database.write() as session:
        day = on or max(_campaign_of_letter(session, r).today for r in refs)
        say(mark_sent(session, refs, by=by, on=day, detail=detail))


@GROUPS["letters"].command("withdraw")
def withdraw(context: typer.Context, refs: Refs, reason: Reason = "") -> None:
    """Take back letters that have not gone out."""
    with opened(context) as database, database.write() as session:
        say(withdraw_letters(session, refs, reason=reason))


@GROUPS["letters"].command("close")
def close(context: typer.Context, refs: Refs, reason: Reason = "") -> None:
    """End letters that need no more."""
    with opened(context) as database, database.write() as session:
        say(close_letters(session, refs, reason=reason))


@GROUPS["replies"].command("add")
def add_reply(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF")],
    file: Annotated[Path, typer.Argument(metavar="FILE.eml")],
    kind: Annotated[ReplyKind, typer.Option("--kind", help="What it amounts to.")] = ReplyKind.SUBSTANTIVE,
    on: On = None,
    promise: Annotated[str, typer.Option("--promise", help="What was offered; becomes a follow-up.")] = "",
    due: Annotated[
        date | None, typer.Option("--due", parser=a_day, metavar="DATE", help="By when it is to be kept.")
    ] = None,
) -> None:
    """Put an answer that came as a message on file."""
    message = read_message(file)
    with opened(context) as database, database.write() as session:
        say(
            record_reply(
                session, ref.upper(), kind=kind, on=on, message=message, promise=promise, promise_due=due
            )
        )


@GROUPS["replies"].command("list")
def list_replies(context: typer.Context, format: AsFormat = Format.table) -> None:
    """List the answers on file, the newest first."""
    with opened(context) as database, database.read() as session:
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
    print_list(rows, format, data)
