"""Places that people sit for: one is the same only under the same name and in the same body.

Two constituencies of two chambers may be called Newport, and a readable id made from a name says nothing at
all.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.names import name_key
from outreach.store.models import Area, Membership


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
