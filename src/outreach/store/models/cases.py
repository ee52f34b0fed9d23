"""What is true and what is asked: campaigns, cases, facts with their sources, asks, motions and votes."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.store.types import Base, Deletable, Named


class FactType(StrEnum):
    """Type of a fact's value."""

    DATE = "date"
    NUMBER = "number"
    MONEY = "money"
    TEXT = "text"
    PERSON = "person"
    LEGAL_BASIS = "legal_basis"


class FactStatus(StrEnum):
    """How far a fact is established."""

    VERIFIED = "verified"
    DISPUTED = "disputed"
    SUPERSEDED = "superseded"


class SourceKind(StrEnum):
    """Where a source comes from: a document on file, knowledge from outside the
    documents, a file imported.
    """

    DOCUMENT = "document"
    OUTSIDE = "outside"
    DATASET = "dataset"


def _by_value(enum: type[StrEnum]) -> SqlEnum:
    return SqlEnum(enum, native_enum=False, length=24, values_callable=lambda e: [m.value for m in e])


class Campaign(Named, Base):
    """All work for one cause. prefix: of its letters' references. sender_*: who signs its letters.

    brand_*: the look of its packs: a colour such as #1f4e79, a logo by its hash (see `Blob`). as_of: the day
    a finished campaign's records stand at, from which deadlines count; None: today.
    """

    __tablename__ = "campaign"
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(String(10), unique=True)
    summary: Mapped[str] = mapped_column(Text, default="")
    sender_name: Mapped[str] = mapped_column(default="")
    sender_organization: Mapped[str] = mapped_column(default="")
    sender_address: Mapped[str] = mapped_column(Text, default="")
    sender_email: Mapped[str] = mapped_column(default="")
    last_number: Mapped[int] = mapped_column(default=0)
    brand_color: Mapped[str] = mapped_column(String(64), default="")
    brand_logo: Mapped[str] = mapped_column(String(64), default="")
    as_of: Mapped[dt.date | None]


class Source(Named, Base):
    """A document that states something, or outside knowledge named as such.

    published_on: date of publication (partial), for a file that was imported the day of that. publisher: who
    issued it. dataset, file_name, sha256: of an imported file, the format it was read as, its name and
    digest.
    """

    __tablename__ = "source"
    kind: Mapped[SourceKind] = mapped_column(_by_value(SourceKind), default=SourceKind.DOCUMENT)
    title: Mapped[str]
    publisher: Mapped[str] = mapped_column(default="")
    published_on: Mapped[str | None] = mapped_column(String(10))
    url: Mapped[str] = mapped_column(default="")
    dataset: Mapped[str] = mapped_column(String(40), default="", index=True)
    file_name: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str] = mapped_column(String(64), default="")


_SUBJECTS = (
    "person_id",
    "organization_id",
    "post_id",
    "membership_id",
    "contact_detail_id",
    "other_name_id",
    "fact_id",
    "ask_id",
    "motion_id",
    "letter_id",
    "reply_id",
)


class Citation(Base):
    """That a source supports one record. locator: where in the source. claim: which part of the record."""

    __tablename__ = "citation"
    __table_args__ = (
        CheckConstraint(" + ".join(f"({s} IS NOT NULL)" for s in _SUBJECTS) + " = 1", name="one_subject"),
    )
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), index=True)
    locator: Mapped[str] = mapped_column(default="")
    claim: Mapped[str] = mapped_column(default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[int | None] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True
    )
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)
    membership_id: Mapped[int | None] = mapped_column(
        ForeignKey("membership.id", ondelete="CASCADE"), index=True
    )
    contact_detail_id: Mapped[int | None] = mapped_column(
        ForeignKey("contact_detail.id", ondelete="CASCADE"), index=True
    )
    other_name_id: Mapped[int | None] = mapped_column(
        ForeignKey("other_name.id", ondelete="CASCADE"), index=True
    )
    fact_id: Mapped[int | None] = mapped_column(ForeignKey("fact.id", ondelete="CASCADE"), index=True)
    ask_id: Mapped[int | None] = mapped_column(ForeignKey("ask.id", ondelete="CASCADE"), index=True)
    motion_id: Mapped[int | None] = mapped_column(ForeignKey("motion.id", ondelete="CASCADE"), index=True)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"), index=True)
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("reply.id", ondelete="CASCADE"), index=True)

    source: Mapped[Source] = relationship(lazy="raise")


class Recipient(Deletable, Base):
    """Whom a campaign writes to: a person, in a post or by name, or a body. audience: form of address."""

    __tablename__ = "recipient"
    __table_args__ = (
        CheckConstraint("person_id IS NOT NULL OR organization_id IS NOT NULL", name="someone"),
        # Not of the columns themselves: two empty values are not the same to a database.
        Index(
            "uq_recipient_whom",
            "campaign_id",
            *(text(f"coalesce({column}, 0)") for column in ("person_id", "organization_id", "post_id")),
            unique=True,
        ),
    )
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    audience: Mapped[str] = mapped_column(String(40), default="default")


class RecipientGroup(Base):
    """A question about recipients that was saved under a name, see recipients/parse.py."""

    __tablename__ = "recipient_group"
    __table_args__ = (UniqueConstraint("campaign_id", "name", name="uq_recipient_group_name"),)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    name: Mapped[str]
    query: Mapped[str] = mapped_column(Text)


class SavedView(Base):
    """Filters of the tracking table under a name. filters: see `desk.letter_query.Filters`."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("campaign_id", "name", name="uq_saved_view_name"),)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    name: Mapped[str]
    filters: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)


class Case(Named, Base):
    """What happened to one person or group."""

    __tablename__ = "case"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    name: Mapped[str]
    summary: Mapped[str] = mapped_column(Text, default="")


class CaseParty(Base):
    """A person or body in a case. role: victim, alleged perpetrator, submitter, relative, ally."""

    __tablename__ = "case_party"
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))
    role: Mapped[str]
    note: Mapped[str] = mapped_column(default="")

    person: Mapped[Any] = relationship("Person", lazy="raise")
    organization: Mapped[Any] = relationship("Organization", lazy="raise")


class Fact(Deletable, Base):
    """One typed, named statement of a case.

    name: identifier used in templates. conflict: facts of a case with the same word here contradict
    one another; all stand. occurred_on: date (partial) that puts the fact on the timeline.
    translations: the text value in other languages. One value column is set, by type.
    """

    __tablename__ = "fact"
    __table_args__ = (
        UniqueConstraint("case_id", "name"),
        CheckConstraint(
            "(value_text IS NOT NULL) + (value_number IS NOT NULL) + (value_date IS NOT NULL)"
            " + (person_id IS NOT NULL) = 1",
            name="one_value",
        ),
    )
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    label: Mapped[str]
    type: Mapped[FactType] = mapped_column(_by_value(FactType))
    value_text: Mapped[str | None] = mapped_column(Text)
    value_number: Mapped[Decimal | None] = mapped_column(Numeric(24, 4))
    value_date: Mapped[str | None] = mapped_column(String(10))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    unit: Mapped[str] = mapped_column(String(40), default="")
    translations: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    occurred_on: Mapped[str | None] = mapped_column(String(10))
    status: Mapped[FactStatus] = mapped_column(_by_value(FactStatus), default=FactStatus.VERIFIED)
    conflict: Mapped[str] = mapped_column(String(80), default="")
    note: Mapped[str] = mapped_column(Text, default="")

    person: Mapped[Any] = relationship("Person", lazy="raise")


class Ask(Named, Base):
    """What is requested, and of which kinds of body. audiences: keys of the forms of address."""

    __tablename__ = "ask"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    name: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    translations: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    audiences: Mapped[list[str]] = mapped_column(JSON, default=list)
    position: Mapped[int] = mapped_column(default=0)


class Motion(Named, Base):
    """A motion before a body. result: such as adopted, or "" while it is open or not on file."""

    __tablename__ = "motion"
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"), index=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    text: Mapped[str] = mapped_column(Text)
    classification: Mapped[str] = mapped_column(default="")
    date: Mapped[str | None] = mapped_column(String(10))
    result: Mapped[str] = mapped_column(default="")

    organization: Mapped[Any] = relationship("Organization", lazy="raise")
    vote_events: Mapped[list["VoteEvent"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class VoteEvent(Base):
    """One vote on a motion, with its counts as reported; a count not on file is None."""

    __tablename__ = "vote_event"
    motion_id: Mapped[int] = mapped_column(ForeignKey("motion.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    start_date: Mapped[str | None] = mapped_column(String(10))
    result: Mapped[str] = mapped_column(default="")
    yes_count: Mapped[int | None]
    no_count: Mapped[int | None]
    abstain_count: Mapped[int | None]


__all__ = [
    "Ask",
    "Campaign",
    "Case",
    "CaseParty",
    "Citation",
    "Fact",
    "FactStatus",
    "FactType",
    "Motion",
    "Recipient",
    "RecipientGroup",
    "SavedView",
    "Source",
    "SourceKind",
    "VoteEvent",
]
