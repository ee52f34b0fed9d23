"""The command that searches everything."""

from typing import Annotated

import typer

from outreach.cli.base import AsFormat, CampaignId, Format, app, campaign_named, opened, print_list
from outreach.desk.search import find


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
