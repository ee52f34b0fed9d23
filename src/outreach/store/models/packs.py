"""Briefing packs and each export of them."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from outreach.store.types import Base, Named


class Pack(Named, Base):
    """A briefing document for a case. options: sections left out and other choices."""

    __tablename__ = "pack"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    title: Mapped[str]
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class PackExport(Base):
    """That a pack was written to a file on a day, with the file's hash, so one can say who got what."""

    __tablename__ = "pack_export"
    pack_id: Mapped[int] = mapped_column(ForeignKey("pack.id", ondelete="CASCADE"), index=True)
    exported_at: Mapped[dt.datetime]
    file_name: Mapped[str]
    size_bytes: Mapped[int]
    pages: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
