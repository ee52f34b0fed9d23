"""Briefing packs and each export of them."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
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
    """That a pack was written to a file on a day, with the file's hash, so one can say who got what.

    given_to: whom it was made for, in words. contents: JSON of what it holds: options, letters, facts and
    their digests. format: pdf, html or docx.
    """

    __tablename__ = "pack_export"
    pack_id: Mapped[int] = mapped_column(ForeignKey("pack.id", ondelete="CASCADE"), index=True)
    exported_at: Mapped[dt.datetime]
    file_name: Mapped[str]
    size_bytes: Mapped[int]
    pages: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    given_to: Mapped[str] = mapped_column(Text, default="")
    contents: Mapped[str] = mapped_column(Text, default="")
    format: Mapped[str] = mapped_column(Text, default="")


class Evidence(Base):
    """A file that proves something in a case: a PDF or a picture, kept by its hash (see `Blob`).

    position: its place among them.
    """

    __tablename__ = "evidence"
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    title: Mapped[str]
    note: Mapped[str] = mapped_column(Text, default="")
    file_name: Mapped[str]
    content_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
