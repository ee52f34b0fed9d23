"""Letters and what became of them."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.domain.letter_life import Step
from outreach.domain.notice import Notice
from outreach.domain.states import Channel, DispatchOutcome, FollowUpReason, LetterStatus, Origin, ReplyKind
from outreach.store.lookup_keys import address_key, domain_key, message_key
from outreach.store.types import Base, Deletable, NoticeText, table_of


class Letter(Deletable, Base):
    """One letter to one recipient.

    reference: such as MAG-0042. origin: own (written here) or reported (correspondence of others that a
    source reports, whose text is not on file). body: Markdown, without salutation and close. Once approved_at
    is set, all but status, summary and the days of sending and answer is frozen: triggers hold that. They let
    an approval be taken back while nothing was sent, and person_id follow a merge of two records of one
    person. digest_version: what text_sha256 covers, see store/integrity.py. sender_*: who wrote it, if not
    the campaign itself.
    """

    __tablename__ = "letter"
    __table_args__ = (
        CheckConstraint("person_id IS NOT NULL OR organization_id IS NOT NULL", name="someone"),
    )
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    origin: Mapped[Origin] = mapped_column(default=Origin.OWN)
    template: Mapped[str] = mapped_column(String(80), default="")
    language: Mapped[str] = mapped_column(String(8), default="en")
    audience: Mapped[str] = mapped_column(String(40), default="default")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    sender_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    sender_organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)

    written_on: Mapped[dt.date | None]
    subject: Mapped[str] = mapped_column(Text, default="")
    address_lines: Mapped[list[str]] = mapped_column(JSON, default=list)
    sender_lines: Mapped[list[str]] = mapped_column(JSON, default=list)
    salutation: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    close: Mapped[str] = mapped_column(Text, default="")
    summary: Mapped[str] = mapped_column(Text, default="")

    status: Mapped[LetterStatus] = mapped_column(default=LetterStatus.DRAFT, index=True)
    created_at: Mapped[dt.datetime]
    approved_at: Mapped[dt.datetime | None]
    approved_by: Mapped[str] = mapped_column(default="")
    text_sha256: Mapped[str] = mapped_column(String(64), default="")
    digest_version: Mapped[int] = mapped_column(default=1, server_default="1")
    sent_on: Mapped[dt.date | None]
    answered_on: Mapped[dt.date | None]

    person: Mapped[Any] = relationship("Person", lazy="raise", foreign_keys=[person_id])
    post: Mapped[Any] = relationship("Post", lazy="raise")
    organization: Mapped[Any] = relationship("Organization", lazy="raise", foreign_keys=[organization_id])
    facts: Mapped[list["LetterFact"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="LetterFact.id"
    )
    asks: Mapped[list["LetterAsk"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    events: Mapped[list["LetterEvent"]] = relationship(lazy="raise", order_by="LetterEvent.id")
    dispatches: Mapped[list["Dispatch"]] = relationship(lazy="raise", order_by="Dispatch.id")
    replies: Mapped[list["Reply"]] = relationship(lazy="raise", order_by="Reply.received_on")


class LetterFact(Base):
    """A place where a fact stands in a letter's text, and the words it stands in there; rows are in the order
    of the text.
    """

    __tablename__ = "letter_fact"
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"), index=True)
    fact_id: Mapped[int | None] = mapped_column(ForeignKey("fact.id", ondelete="SET NULL"), index=True)
    name: Mapped[str]
    label: Mapped[str]
    value: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(24))


class LetterAsk(Base):
    """An ask that a letter makes."""

    __tablename__ = "letter_ask"
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"), index=True)
    ask_id: Mapped[int] = mapped_column(ForeignKey("ask.id"), index=True)


class LetterEvent(Base):
    """A step in a letter's life. Only ever added: a trigger refuses changes and deletion."""

    __tablename__ = "letter_event"
    __table_args__ = (
        Index(
            "ix_letter_event_drafts",
            "letter_id",
            sqlite_where=text("kind IN ('followed_up', 'referral_drafted')"),
        ),
    )
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    at: Mapped[dt.datetime]
    kind: Mapped[Step]
    by: Mapped[str] = mapped_column(default="")
    from_status: Mapped[str] = mapped_column(String(24), default="")
    to_status: Mapped[str] = mapped_column(String(24), default="")
    detail: Mapped[Notice | None] = mapped_column(NoticeText, default=None, nullable=False)


class Dispatch(Base):
    """One attempt to send a letter by one channel.

    sent_at: the instant it was handed over, where this program did it; dispatched_on: the sender's local day.
    """

    __tablename__ = "dispatch"
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"), index=True)
    channel: Mapped[Channel]
    outcome: Mapped[DispatchOutcome]
    dispatched_on: Mapped[dt.date]
    recorded_at: Mapped[dt.datetime]
    to_address: Mapped[str] = mapped_column(Text, default="")
    message_id: Mapped[str] = mapped_column(default="", index=True)
    detail: Mapped[Notice | None] = mapped_column(NoticeText, default=None, nullable=False)
    sent_at: Mapped[dt.datetime | None]


Index("ix_dispatch_message_key", message_key(table_of(Dispatch).c.message_id))
Index("ix_dispatch_address_key", address_key(table_of(Dispatch).c.to_address))
Index("ix_dispatch_domain_key", domain_key(table_of(Dispatch).c.to_address))


class Reply(Base):
    """What came back. mail_id: the message it came as, which `Message` keeps whole, where there was one.

    received_on: the local date it came. kind: None until a person has classed it.
    """

    __tablename__ = "reply"
    __table_args__ = (
        Index(
            "ix_reply_unclassed",
            "mail_id",
            sqlite_where=text("kind IS NULL"),
        ),
    )
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    received_on: Mapped[dt.date] = mapped_column(index=True)
    recorded_at: Mapped[dt.datetime]
    kind: Mapped[ReplyKind | None]
    channel: Mapped[str] = mapped_column(String(24), default="")
    from_name: Mapped[str] = mapped_column(default="")
    from_address: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    message_id: Mapped[str] = mapped_column(default="", index=True)
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)

    letter: Mapped[Letter] = relationship(lazy="raise", overlaps="replies")


class FollowUp(Base):
    """Something to do by a date, because of silence or of a promise."""

    __tablename__ = "follow_up"
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("reply.id"))
    due_on: Mapped[dt.date]
    reason: Mapped[FollowUpReason]
    what: Mapped[str] = mapped_column(Text)
    done_at: Mapped[dt.datetime | None]

    letter: Mapped[Letter] = relationship(lazy="raise")
