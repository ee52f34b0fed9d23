"""Commands that draft letters: the first, reminders and thanks, and those passed on."""

from typing import Annotated

import typer

from outreach.cases.campaigns import campaign_of_case
from outreach.cli.base import GROUPS, CampaignId, Case_, On, campaign_named, opened, print_table
from outreach.correspondence.following_up import draft_follow_ups, draft_referral
from outreach.desk.reminders import overdue_without_reminder
from outreach.letters.drafting import AUTO, draft_in_chunks, plan_letters
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import load_template
from outreach.recipients.resolve import recipients_for
from outreach.settings import user_name


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
        written = None if dry_run else draft_in_chunks(database, plan, by=user_name())
    drafted = written.refs if written is not None else ()
    references = (*drafted, *[""] * (len(plan.letters) - len(drafted)))
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
    if written is not None and len(drafted) < len(plan.letters):
        typer.echo(written.message, err=True)
        raise typer.Exit(1)


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
    if len(changes.refs) < len({reference.strip().upper() for reference in refs or []}):
        raise typer.Exit(1)


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
