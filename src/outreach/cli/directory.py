"""Commands that list the directory: people, bodies, offices."""

import typer
from sqlalchemy.orm import Session

from outreach.cli.base import GROUPS, After, AsFormat, Format, Limit, On, Search, opened, print_rows
from outreach.directory import popolo
from outreach.directory.bodies import BodyRow, PostRow, bodies_rows, posts_rows
from outreach.directory.citations import titles_of
from outreach.directory.finding import DirectoryQuery, bodies_found, people_found, posts_found
from outreach.directory.lookup import Record, find_record
from outreach.directory.people import PersonRow, people_rows
from outreach.store.models import Organization, Person, Post
from outreach.store.paging import Key, ListQuery, key_at


@GROUPS["people"].command("list")
def list_people(
    context: typer.Context,
    on: On = None,
    search: Search = "",
    limit: Limit = 0,
    after: After = "",
    format: AsFormat = Format.table,
) -> None:
    """List people; with --on, those who held an office on that day, and only what they held then."""
    query = DirectoryQuery(search, on)
    with opened(context) as database, database.read() as session:
        place = _place(session, Person, people_found(query), after)
        people = people_rows(session, query, after=place, limit=limit)
        print_rows(((_person_cells(p), popolo.person(p)) for p in people), format)


@GROUPS["bodies"].command("list")
def list_bodies(
    context: typer.Context,
    on: On = None,
    search: Search = "",
    limit: Limit = 0,
    after: After = "",
    format: AsFormat = Format.table,
) -> None:
    """List bodies; with --on, those that existed on that day, and who sat in them."""
    query = DirectoryQuery(search, on)
    with opened(context) as database, database.read() as session:
        place = _place(session, Organization, bodies_found(query), after)
        bodies = bodies_rows(session, query, after=place, limit=limit)
        print_rows(((_body_cells(b), popolo.organization(b)) for b in bodies), format)


@GROUPS["posts"].command("list")
def list_posts(
    context: typer.Context,
    on: On = None,
    search: Search = "",
    limit: Limit = 0,
    after: After = "",
    format: AsFormat = Format.table,
) -> None:
    """List offices and who holds them; with --on, who held them on that day."""
    query = DirectoryQuery(search, on)
    with opened(context) as database, database.read() as session:
        place = _place(session, Post, posts_found(query), after)
        posts = posts_rows(session, query, after=place, limit=limit)
        print_rows(((_post_cells(p), popolo.post(p)) for p in posts), format)


def _place(session: Session, model: type[Record], found: ListQuery, after: str) -> Key | None:
    """Where the record with an id stands in a list, None without an id. Raises: NotFoundError."""
    return key_at(session, found, find_record(session, model, after).id) if after else None


def _person_cells(p: PersonRow) -> dict[str, object]:
    return {
        "Id": p.id,
        "Name": " ".join(x for x in (p.honorific_prefix, p.name, p.honorific_suffix) if x),
        "Offices": "; ".join(_office(m.post or m.role, m.organization) for m in p.memberships),
        "Other names": "; ".join(n.name for n in p.other_names),
        "Sources": "; ".join(titles_of(p.sources)),
    }


def _office(label: str, body: str) -> str:
    return ", ".join(x for x in (label, body) if x)


def _body_cells(b: BodyRow) -> dict[str, object]:
    return {
        "Id": b.id,
        "Name": b.name,
        "Kind": b.classification,
        "Part of": b.parent,
        "Place": b.jurisdiction,
        "People": len(b.members),
        "Sources": "; ".join(titles_of(b.sources)),
    }


def _post_cells(p: PostRow) -> dict[str, object]:
    return {
        "Id": p.id,
        "Office": p.label,
        "Body": p.organization,
        "Held by": "; ".join(h.name for h in p.holders),
        "Sources": "; ".join(titles_of(p.sources)),
    }
