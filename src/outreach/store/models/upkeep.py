"""What updates of the database's format did that somebody may want to look at."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.store.types import Base


class SetAside(Base):
    """A row that an update took out of a table, kept whole. row_id: its number there. reason: in words."""

    __tablename__ = "set_aside"
    table_name: Mapped[str]
    row_id: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[dt.datetime]
