"""Places that people sit for: one is the same only under the same name and in the same body.

Two constituencies of two chambers may be called Newport, and a readable id made from a name says nothing at
all.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.directory.finding import words_of
from outreach.domain.names import name_key
from outreach.store.models import Area, Membership
from outreach.store.paging import key_of_texts
from outreach.store.types import table_of


def areas_of(session: Session, body_id: int) -> dict[str, int]:
    """The areas that people in a body sit for, or once sat for: id by `name_key`; of namesakes the oldest."""
    rows = session.execute(
        select(Area.id, Area.name)
        .join(Membership, Membership.area_id == Area.id)
        .where(Membership.organization_id == body_id)
        .distinct()
        .order_by(Area.id.desc())
    )
    return {name_key(name): key for key, name in rows}


def areas_named(session: Session, typed: str, limit: int = 12) -> tuple[str, ...]:
    """Names of the first areas that have words beginning with what is typed,
    each once, in order of the alphabet.
    """
    area = table_of(Area)
    words = (word.finds(area.c.id, "area") for word in words_of(typed))
    query = select(area.c.name).where(*words).group_by(area.c.name).order_by(key_of_texts(area.c.name))
    return tuple(session.scalars(query.limit(limit)))
