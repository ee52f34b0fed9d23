"""A record of the directory by its readable id."""

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.errors import NotFoundError
from outreach.store.models import Organization, Person, Post

Record = TypeVar("Record", Person, Organization, Post)
_NOUNS: dict[type[Person | Organization | Post], str] = {Person: "person", Organization: "body", Post: "post"}


def find_record(session: Session, model: type[Record], readable_id: str) -> Record:
    """A person, body or post by readable id. Raises: NotFoundError."""
    record = session.scalar(select(model).where(model.slug == readable_id))
    if record is None:
        raise NotFoundError(f"There is no {_NOUNS[model]} “{readable_id}” in the directory.")
    return record
