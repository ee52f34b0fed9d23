"""Commands about a campaign: facts, templates, recipients and groups of them."""

import contextlib
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from outreach.cases.campaigns import campaigns_list
from outreach.cases.facts import facts_for
from outreach.cli.base import (
    GROUPS,
    AsFormat,
    CampaignId,
    Case_,
    Format,
    Limit,
    On,
    Search,
    campaign_named,
    opened,
    print_list,
    print_rows,
    say,
)
from outreach.directory import popolo
from outreach.directory.citations import titles_of
from outreach.errors import DatabaseMissingError, NotFoundError, OutreachError
from outreach.exchange.campaign_folder import campaign_folder, read_campaign
from outreach.exchange.campaign_loader import load_campaign
from outreach.letters.checks import check_template
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import load_template, templates_list
from outreach.recipients.enlist import add_recipient, remove_recipient
from outreach.recipients.groups import delete_group, groups_list, save_group
from outreach.recipients.resolve import recipients_for
from outreach.recipients.rows import RecipientRow, recipients_found, recipients_read
from outreach.store.database import open_database
from outreach.store.paging import key_at


@GROUPS["facts"].command("list")
def list_facts(context: typer.Context, case: Case_, format: AsFormat = Format.table) -> None:
    """List a case's facts with their sources, and which contradict one another."""
    with opened(context) as database, database.read() as session:
        facts = facts_for(session, case)
    rows = [
        {
            "Name": f.name,
            "Fact": f.label,
            "Value": f.value,
            "Status": f.status,
            "Conflicts with": ", ".join(f.conflicts_with),
            "Sources": "; ".join(titles_of(f.sources)),
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
    print_list(rows, format, data)


@GROUPS["templates"].command("list")
def list_templates(format: AsFormat = Format.table) -> None:
    """List the letter templates."""
    templates = templates_list()
    rows = [
        {
            "Id": t.id,
            "Title": t.title,
            "Language": t.language,
            "Purpose": t.purpose.replace("_", " "),
            "Audience": ", ".join(t.audience),
            "Required facts": ", ".join(t.required_facts),
        }
        for t in templates
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
        for t in templates
    ]
    print_list(rows, format, data)


@GROUPS["templates"].command("check")
def check_one_template(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A template file, or the id of one that is there.")],
    case: Annotated[str, typer.Option("--case", help="The case to try it with.")] = "",
) -> None:
    """Say what is wrong with a template: syntax, front matter, unknown names, and a trial run."""
    with contextlib.ExitStack() as stack:
        sandbox = stack.enter_context(TemplateSandbox())
        template = load_template(file, sandbox)
        try:
            database = stack.enter_context(opened(context))
        except DatabaseMissingError:
            if case:
                raise
            # Nothing of the user's to try it with: the sample campaign serves.
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            database = open_database(Path(folder) / "trial.db", create=True)
            stack.callback(database.close)
            content = read_campaign(campaign_folder("magnitsky"))
            with database.write() as session:
                load_campaign(session, content)
        with database.read() as session:
            cases = [key for c in campaigns_list(session) for key, _ in c.cases]
            if not case and not cases:
                raise NotFoundError("This database has no case to try the template with.")
            tried = case or cases[0]
            problems = check_template(session, sandbox, template, tried)
    if problems:
        raise OutreachError(" ".join(problems))
    typer.echo(f"{file} is in order: tried with the case {tried}.")


@GROUPS["recipients"].command("list")
def list_recipients(
    context: typer.Context,
    to: Annotated[str, typer.Option("--to", help="Only those a query names; see the README.")] = "all",
    on: On = None,
    search: Search = "",
    limit: Limit = 0,
    after: Annotated[
        int,
        typer.Option("--after", metavar="NUMBER", help="Go on after this one, the last of the page before."),
    ] = 0,
    campaign: CampaignId = "",
    format: AsFormat = Format.table,
) -> None:
    """List whom a campaign writes to, or whom a query would name."""
    if to != "all" and (search or after):
        raise typer.BadParameter("Give --to, or --search and --after, not both.")
    with opened(context) as database, database.read() as session:
        row = campaign_named(session, campaign)
        if to == "all":
            place = key_at(session, recipients_found(row.key), after) if after else None
            if after and place is None:
                raise NotFoundError(
                    f"There is no recipient {after}. List them with: outreach recipients list"
                )
            found = recipients_read(session, row.key, search, after=place, limit=limit)
        else:
            named = recipients_for(session, row.key, to, on=on or row.today).recipients
            found = iter(named[:limit] if limit else named)
        lines = (_recipient_cells(r) for r in found)
        print_rows(((cells, cells) for cells in lines), format)


def _recipient_cells(r: RecipientRow) -> dict[str, object]:
    return {
        "Number": r.key or "",
        "Name": r.name,
        "Office": r.post,
        "Body": r.body,
        "Audience": r.audience,
        "Language": r.language,
        "Reached by": ", ".join(r.channels),
    }


@GROUPS["recipients"].command("add")
def add_one_recipient(
    context: typer.Context,
    audience: Annotated[str, typer.Option("--audience", help="How they are addressed, as uk_minister.")],
    person: Annotated[str, typer.Option("--person", help="Id of a person.")] = "",
    post: Annotated[str, typer.Option("--post", help="Id of an office.")] = "",
    body: Annotated[str, typer.Option("--body", help="Id of a body.")] = "",
    campaign: CampaignId = "",
) -> None:
    """Add somebody from the directory to those the campaign writes to."""
    with opened(context) as database, database.write() as session:
        row = campaign_named(session, campaign)
        say(add_recipient(session, row.key, audience=audience, person=person, post=post, body=body))


@GROUPS["recipients"].command("remove")
def remove_one_recipient(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="As in: outreach recipients list")],
) -> None:
    """Take somebody off the campaign; letters already written stay."""
    with opened(context) as database, database.write() as session:
        say(remove_recipient(session, number))


@GROUPS["groups"].command("list")
def list_groups(context: typer.Context, campaign: CampaignId = "", format: AsFormat = Format.table) -> None:
    """List the saved groups of recipients."""
    with opened(context) as database, database.read() as session:
        groups = groups_list(session, campaign_named(session, campaign).key)
    print_list([{"Name": name, "Query": query} for name, query in groups], format)


@GROUPS["groups"].command("save")
def save_one_group(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Usable in --to from then on.")],
    query: Annotated[str, typer.Argument(help="Such as: members of JCSE")],
    campaign: CampaignId = "",
) -> None:
    """Save a question about recipients under a name."""
    with opened(context) as database, database.write() as session:
        say(save_group(session, campaign_named(session, campaign).key, name, query))


@GROUPS["groups"].command("delete")
def delete_one_group(
    context: typer.Context, name: Annotated[str, typer.Argument()], campaign: CampaignId = ""
) -> None:
    """Delete a saved group; recipients stay."""
    with opened(context) as database, database.write() as session:
        say(delete_group(session, campaign_named(session, campaign).key, name))
