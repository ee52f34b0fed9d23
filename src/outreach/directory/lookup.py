"""Records of the directory by their readable ids."""

from collections.abc import Collection, Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.errors import NotFoundError
from outreach.store.models import Organization, Person, Post
from outreach.store.search import in_chunks

Record = TypeVar("Record", Person, Organization, Post)
_NOUNS: dict[type[Person | Organization | Post], str] = {Person: "person", Organization: "body", Post: "post"}


def slugs_of(
    session: Session, model: type[Person | Organization | Post], keys: Sequence[int]
) -> dict[int, str]:
    """Readable ids of records by their keys."""
    return {
        key: slug
        for chunk in in_chunks(keys)
        for key, slug in session.execute(select(model.id, model.slug).where(chunk(model.id)))
    }


def keys_of_slugs(
    session: Session, model: type[Person | Organization | Post], slugs: Collection[str]
) -> dict[str, int]:
    """Keys of records by their readable ids; those that are not there are left out."""
    return {
        slug: key
        for chunk in in_chunks(slugs)
        for slug, key in session.execute(select(model.slug, model.id).where(chunk(model.slug)))
    }


def find_record(session: Session, model: type[Record], readable_id: str) -> Record:
    """A person, body or post by readable id. Raises: NotFoundError."""
    record = session.scalar(select(model).where(model.slug == readable_id))
    if record is None:
        raise NotFoundError(f"There is no {_NOUNS[model]} “{readable_id}” in the directory.")
    return record


def records_by_id(session: Session, model: type[Record], readable_ids: Collection[str]) -> dict[str, Record]:
    """People, bodies or posts by readable id; one that is not in the directory is missing."""
    return {
        record.slug: record
        for wanted in in_chunks(readable_ids)
        for record in session.scalars(select(model).where(wanted(model.slug)))
    }
