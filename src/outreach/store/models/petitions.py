"""Petitions: a text for a body, and who signed it."""

import datetime as dt

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.store.types import Base, Named


class Petition(Named, Base):
    """A text addressed to a body. closes_on: last day to sign, if any."""

    __tablename__ = "petition"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))
    title: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    opens_on: Mapped[dt.date | None]
    closes_on: Mapped[dt.date | None]


class Signature(Base):
    """One person's signature.

    email: the address that makes it unique; unknown on paper forms, of which any number may be.
    """

    __tablename__ = "signature"
    __table_args__ = (UniqueConstraint("petition_id", "email"),)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    email: Mapped[str | None]
    country: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    signed_at: Mapped[dt.datetime]
    is_public: Mapped[bool] = mapped_column(default=False)
