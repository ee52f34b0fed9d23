"""Commands about the database as a whole: the demo, new databases, copies, damage."""

from pathlib import Path
from typing import Annotated

import typer

from outreach.cli.base import app, database_file, location_of, opened
from outreach.errors import OutreachError, UsageError
from outreach.exchange.campaign_folder import campaign_folder, read_campaign
from outreach.exchange.campaign_loader import load_campaign
from outreach.exchange.demo import run_demo
from outreach.store.backup import backup, restore
from outreach.store.database import check, check_notes
from outreach.store.sqlite_files import file_of, is_there


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
    path = file_of(location)
    if content is None and path is not None and is_there(path):
        raise UsageError(f"There is a database at {location} already; it was left as it is.")
    done = ""
    with opened(context, create=True) as database:
        if content is not None:
            with database.write() as session:
                done = load_campaign(session, content).message
    typer.echo(" ".join(x for x in (f"The database {location} is ready.", done) if x))


@app.command("backup")
def make_backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    replace: Annotated[bool, typer.Option("--replace", help="If FILE is there already.")] = False,
) -> None:
    """Copy the database to a file, also while it is in use; the copy is compared with it."""
    typer.echo(f"Copied to {backup(database_file(context), file, replace=replace)}.")


@app.command("restore")
def restore_backup(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Put a copy in the place of the database; what was there is kept beside it."""
    path = database_file(context)
    aside = restore(file, path)
    typer.echo(f"Restored {path} from {file}." + (f" The former one is now {aside}." if aside else ""))


@app.command("check")
def check_database(context: typer.Context) -> None:
    """Look for damage in the database, and for approved letters that were changed."""
    with opened(context) as database:
        problems = check(database)
        notes = check_notes(database)
    if problems:
        raise OutreachError(" ".join(problems))
    typer.echo("\n".join(["The database is in order.", *notes]))
