"""Commands about people who may be on file twice."""

from typing import Annotated

import typer

from outreach.cli.base import GROUPS, AsFormat, Format, opened, print_list, say
from outreach.directory.identity import duplicate_candidates, merge_people, undo_merge


@GROUPS["people"].command("duplicates")
def list_duplicates(context: typer.Context, format: AsFormat = Format.table) -> None:
    """List people who may be on file twice; names only suggest it."""
    with opened(context) as database, database.read() as session:
        found = duplicate_candidates(session)
    rows = [
        {"First": c.first, "Second": c.second, "Likeness": c.score, "Because of": c.reason} for c in found
    ]
    print_list(rows, format)


@GROUPS["people"].command("merge")
def merge(
    context: typer.Context,
    keep: Annotated[str, typer.Argument(help="Id of the record that stays.")],
    gone: Annotated[str, typer.Argument(help="Id of the record that goes into it.")],
) -> None:
    """Make two records of one person one."""
    with opened(context) as database, database.write() as session:
        changes = merge_people(session, keep, gone)
    typer.echo(f"{changes.message} Undo it with: outreach people unmerge {changes.refs[0]}")


@GROUPS["people"].command("unmerge")
def unmerge(
    context: typer.Context, number: Annotated[int, typer.Argument(help="The merge's number.")]
) -> None:
    """Make two records of one again."""
    with opened(context) as database, database.write() as session:
        say(undo_merge(session, number))
