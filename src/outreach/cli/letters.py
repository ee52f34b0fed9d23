"""Commands about letters: their life, their files, their answers."""

from collections.abc import Sequence
from dataclasses import asdict
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
    campaign_named,
    opened,
    print_list,
    print_table,
    say,
)
from outreach.correspondence.following_up import draft_follow_ups, draft_referral
from outreach.correspondence.replies import replies_list
from outreach.desk.calendar import calendar_ics
from outreach.desk.letter_query import GROUPINGS, STANDINGS, Filters, find_standing
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import letter_detail, tracker_rows
from outreach.desk.reminders import overdue_without_reminder
from outreach.desk.saved_views import delete_view, save_view, view_named, views_list
from outreach.desk.statistics import group_counts
from outreach.desk.table_files import tracker_csv, tracker_xlsx
from outreach.domain.states import Channel
from outreach.domain.wording import counted, day_short
from outreach.errors import NotAllowedError, OutreachError, UsageError
from outreach.files import write_file
from outreach.letters.checks import letter_notes
from outreach.letters.drafting import AUTO, draft_letters, plan_letters
from outreach.letters.enclosing import enclose, file_to_enclose
from outreach.letters.exports import export_letters, parse_formats
from outreach.letters.ledger import (
    approve_letters,
    close_letters,
    find_letter,
    mark_sent,
    reopen_letters,
    withdraw_letters,
)
from outreach.letters.posting import print_batch, web_form
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import load_template
from outreach.letters.unsaved import forget_unsaved, restore_unsaved, unsaved_texts
from outreach.mail.last_step import undo_last_steps
from outreach.mail.mailto import mailto_link
from outreach.recipients.resolve import recipients_for
from outreach.settings import user_name
from outreach.words import notice_in_words


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
    with TemplateSandbox() as sandbox, opened(context) as database:
        with database.read() as session:
            row = campaign_of_case(session, case)
            day = on or row.today
            answer = recipients_for(session, row.key, to, on=day)
            plan = plan_letters(
                session,
                sandbox,
                case_id=case,
                template=None if template == AUTO else load_template(template, sandbox),
                recipients=answer.recipients,
                on=day,
                about=about.upper(),
            )
        references: Sequence[str] = [""] * len(plan.letters)
        if not dry_run:
            with database.write() as session:
                references = draft_letters(session, plan, by=user_name()).refs
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
def follow_up(
    context: typer.Context,
    refs: Annotated[list[str] | None, typer.Argument(metavar="[REF…]")] = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="All that are overdue and not reminded yet.")
    ] = False,
    on: On = None,
    campaign: CampaignId = "",
) -> None:
    """Draft a reminder about letters without an answer, and thanks for those that have one."""
    if bool(refs) == overdue:
        raise typer.BadParameter("Name letters, or give --overdue.")
    with TemplateSandbox() as sandbox, opened(context) as database:
        if overdue:
            with database.read() as session:
                refs = list(overdue_without_reminder(session, campaign_named(session, campaign), on))
        changes = draft_follow_ups(database, sandbox, refs or [], by=user_name())
    typer.echo(f"{changes.message} {' '.join(changes.refs)}")


@GROUPS["letters"].command("refer")
def refer(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF")],
    to: Annotated[str, typer.Option("--to", metavar="QUERY", help="Whom it was passed to.")],
) -> None:
    """Draft the next letter where an answer has passed the matter on."""
    with TemplateSandbox() as sandbox, opened(context) as database:
        changes = draft_referral(database, sandbox, ref, to, by=user_name())
    typer.echo(f"{changes.message} {' '.join(changes.refs)}")


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
    with opened(context) as database, database.read() as session:
        campaigns = [campaign_named(session, campaign)] if campaign else campaigns_list(session)
        letters: list[TrackerRow] = []
        if view:
            row = campaign_named(session, campaign)
            letters += tracker_rows(session, row, today=on, filters=view_named(session, row.key, view))
        else:
            for row in campaigns:
                letters += tracker_rows(session, row, today=on, filters=filters)
    if output is not None:
        make = tracker_xlsx if output.suffix.lower() == ".xlsx" else tracker_csv
        typer.echo(f"{len(letters)} letters: {write_file(output, make(letters))}")
    elif format is Format.csv:
        typer.echo(tracker_csv(letters).decode("utf-8-sig").replace("\r\n", "\n"), nl=False)
    else:
        print_list([_letter_cells(r) for r in letters], format, [_letter_data(r) for r in letters])


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
        rows = tracker_rows(session, campaign_named(session, campaign), today=on)
    counts = group_counts(rows, by)
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
            {"name": g.name, "sent": g.sent, "answered": g.answered, "overdue": g.overdue, "response_rate": g.response_rate,
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
    return {
        "Reference": row.reference,
        "Recipient": row.recipient,
        "Body": row.body,
        "Status": row.status.value,
        "Standing": "sent? not certain" if row.is_uncertain else row.phase.value,
        "Sent": day_short(row.sent_on),
        "Due": day_short(row.due_on),
        "Answered": day_short(row.answered_on),
        "Answer": row.answer,
        "Subject": row.subject,
    }


def _letter_data(row: TrackerRow) -> dict[str, Any]:
    fields = (
        "reference recipient post body jurisdiction audience template language subject sender origin status "
        "phase channel written_on sent_on due_on answered_on days_taken answer standard party country "
        "is_uncertain has_unread"
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
            f"{e.at.astimezone():%Y-%m-%d %H:%M}  {e.kind.replace('_', ' ')}{by}  {notice_in_words(e.detail)}".rstrip()
        )


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
    with opened(context) as database:
        with database.read() as session:
            for ref in refs:
                for note in letter_notes(session, ref):
                    typer.echo(f"Note: {ref.upper()}: {note}", err=True)
        with database.write() as session:
            say(approve_letters(session, refs, by=user_name(), anyway=anyway))


@GROUPS["letters"].command("reopen")
def reopen(context: typer.Context, refs: Refs) -> None:
    """Make approved letters drafts again, as long as they have not gone out."""
    with opened(context) as database, database.write() as session:
        say(reopen_letters(session, refs, by=user_name()))


@GROUPS["letters"].command("unsaved")
def unsaved(
    context: typer.Context,
    save: Annotated[bool, typer.Option("--save", help="Put them into their drafts.")] = False,
    format: AsFormat = Format.table,
) -> None:
    """List words typed in the window that could not be saved; with --save, put them into their drafts."""
    with opened(context) as database:
        texts = unsaved_texts(database.location)
        if not save:
            rows = [{"Letter": t.reference, "Why": t.reason, "Text": t.as_text} for t in texts]
            print_list(
                rows, format, [{"reference": t.reference, "reason": t.reason, **t.words} for t in texts]
            )
            return
        refused: list[OutreachError] = []
        for text in texts:
            try:
                with database.write() as session:
                    say(restore_unsaved(session, text))
            except OutreachError as error:
                refused.append(error)
            else:
                forget_unsaved(database.location, [text])
    if refused:
        raise NotAllowedError(" ".join(str(error) for error in refused)) from refused[0]


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
        say(mark_sent(session, refs, by=by, on=day, detail=detail, who=user_name()))


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
    """Print the address that opens a letter in your own mail program; a text too long for one is printed below it."""
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


@GROUPS["letters"].command("withdraw")
def withdraw(context: typer.Context, refs: Refs, reason: Reason = "") -> None:
    """Withdraw letters that have not gone out."""
    with opened(context) as database, database.write() as session:
        say(withdraw_letters(session, refs, reason=reason, by=user_name()))


@GROUPS["letters"].command("close")
def close(context: typer.Context, refs: Refs, reason: Reason = "") -> None:
    """End letters that need no more."""
    with opened(context) as database, database.write() as session:
        say(close_letters(session, refs, reason=reason, by=user_name()))


@GROUPS["letters"].command("undo")
def undo(context: typer.Context, refs: Refs) -> None:
    """Take back the last step of letters: approved, queued, marked sent, withdrawn, closed, answered."""
    with opened(context) as database, database.write() as session:
        say(undo_last_steps(session, refs, by=user_name()))
