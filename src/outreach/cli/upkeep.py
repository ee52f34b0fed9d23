"""Commands about the database as a whole: the demo, new databases, packs, copies, damage."""

from pathlib import Path
from typing import Annotated, Any

import typer

from outreach.cases.campaign_data import campaign_folder, read_campaign
from outreach.cases.loading import load_campaign
from outreach.cli.base import GROUPS, Case_, On, app, file_of, location_of, opened, say
from outreach.errors import OutreachError, UsageError
from outreach.packs.contents import SECTIONS
from outreach.packs.demo import run_demo
from outreach.packs.exports import export_pack
from outreach.store.backup import backup, restore
from outreach.store.database import check


def some_sections(text: str) -> tuple[str, ...]:
    """Sections of a pack from an option. Raises: typer.BadParameter."""
    wanted = tuple(s.strip() for s in text.split(",") if s.strip())
    known = [key for key, _ in SECTIONS]
    if unknown := [s for s in wanted if s not in known]:
        raise typer.BadParameter(f"There is no section {', '.join(unknown)}. Known are: {', '.join(known)}.")
    return wanted


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
    location = location_of(context)
    if content is None and "://" not in location and Path(location).exists():
        raise UsageError(f"There is a database at {location} already; it was left as it is.")
    with opened(context, create=True) as database:
        if content is not None:
            with database.write() as session:
                load_campaign(session, content)
    loaded = f" with “{content.campaign.name}”" if content else ""
    typer.echo(f"The database {location} is ready{loaded}.")


@GROUPS["pack"].command("export")
def export_one_pack(
    context: typer.Context,
    case: Case_,
    output: Annotated[Path, typer.Option("--output", metavar="FILE.pdf")],
    on: On = None,
    without: Annotated[
        Any,
        typer.Option("--without", parser=some_sections, metavar="SECTIONS", help="Sections to leave out."),
    ] = "",
) -> None:
    """Write a case's briefing pack as PDF."""
    with opened(context) as database:
        say(export_pack(database, case, output, on=on, leave_out=without))


@app.command("backup")
def make_backup(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Copy the database to a file, also while it is in use."""
    typer.echo(f"Copied to {backup(file_of(context), file)}.")


@app.command("restore")
def restore_backup(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Put a copy in the place of the database; what was there is kept beside it."""
    path = file_of(context)
    aside = restore(file, path)
    typer.echo(f"Restored {path} from {file}." + (f" The former one is now {aside}." if aside else ""))


@app.command("check")
def check_database(context: typer.Context) -> None:
    """Look for damage in the database, and for frozen letters whose text was changed."""
    with opened(context) as database:
        problems = check(database)
    if problems:
        raise OutreachError(" ".join(problems))
    typer.echo("The database is in order.")
