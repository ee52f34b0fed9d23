"""Commands that list the directory: people, bodies, offices."""

import typer

from outreach.cli.base import GROUPS, AsFormat, Format, On, Search, opened, print_list
from outreach.directory import popolo
from outreach.directory.bodies import bodies_list, posts_list
from outreach.directory.citations import titles_of
from outreach.directory.people import people_list


@GROUPS["people"].command("list")
def list_people(
    context: typer.Context, on: On = None, search: Search = "", format: AsFormat = Format.table
) -> None:
    """List people; with --on, those who held an office on that day, and only what they held then."""
    with opened(context) as database, database.read() as session:
        people = people_list(session, on=on, search=search)
    rows = [
        {
            "Id": p.id,
            "Name": " ".join(x for x in (p.honorific_prefix, p.name, p.honorific_suffix) if x),
            "Offices": "; ".join(_office(m.post or m.role, m.organization) for m in p.memberships),
            "Other names": "; ".join(n.name for n in p.other_names),
            "Sources": "; ".join(titles_of(p.sources)),
        }
        for p in people
    ]
    print_list(rows, format, [popolo.person(p) for p in people])


def _office(label: str, body: str) -> str:
    return ", ".join(x for x in (label, body) if x)


@GROUPS["bodies"].command("list")
def list_bodies(
    context: typer.Context, on: On = None, search: Search = "", format: AsFormat = Format.table
) -> None:
    """List bodies; with --on, those that existed on that day, and who sat in them."""
    with opened(context) as database, database.read() as session:
        bodies = bodies_list(session, on=on, search=search)
    rows = [
        {
            "Id": b.id,
            "Name": b.name,
            "Kind": b.classification,
            "Part of": b.parent,
            "Place": b.jurisdiction,
            "People": len(b.members),
            "Sources": "; ".join(titles_of(b.sources)),
        }
        for b in bodies
    ]
    print_list(rows, format, [popolo.organization(b) for b in bodies])


@GROUPS["posts"].command("list")
def list_posts(
    context: typer.Context, on: On = None, search: Search = "", format: AsFormat = Format.table
) -> None:
    """List offices and who holds them; with --on, who held them on that day."""
    with opened(context) as database, database.read() as session:
        posts = posts_list(session, on=on, search=search)
    rows = [
        {
            "Id": p.id,
            "Office": p.label,
            "Body": p.organization,
            "Held by": "; ".join(h.name for h in p.holders),
            "Sources": "; ".join(titles_of(p.sources)),
        }
        for p in posts
    ]
    print_list(rows, format, [popolo.post(p) for p in posts])
