"""What came in by e-mail, kept whole, and where in a mailbox reading goes on."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.domain.matching import Basis
from outreach.domain.message_kind import MessageKind
from outreach.domain.notice import Notice
from outreach.domain.states import MessageState
from outreach.store.types import Base, NoticeText


class Message(Base):
    """A message as it was received. raw: byte for byte; sha256: of raw, so that none is kept twice.

    received_on: local day it came. nature: what kind of message it is, nature_reason: how that is known.
    failed_addresses: that a bounce gives back, with blanks between.
    state: triage (nobody knows which letter it belongs to), filed or set_aside. letter_id: the letter it
    belongs to, or the one that matching proposes while it is in triage. basis, confidence: why that letter,
    and how sure (percent).
    """

    __tablename__ = "message"
    __table_args__ = (
        # All by which messages are listed: the table itself holds them whole, and is not read for it.
        Index(
            "ix_message_listed",
            "state",
            "received_on",
            "letter_id",
            "nature",
            "from_name",
            "from_address",
            "subject",
        ),
    )
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    message_id: Mapped[str] = mapped_column(default="", index=True)
    from_name: Mapped[str] = mapped_column(default="")
    from_address: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[dt.datetime | None]
    received_on: Mapped[dt.date]
    recorded_at: Mapped[dt.datetime]
    nature: Mapped[MessageKind] = mapped_column(default=MessageKind.ANSWER)
    nature_reason: Mapped[Notice | None] = mapped_column(NoticeText, default=None, nullable=False)
    failed_addresses: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[MessageState] = mapped_column(default=MessageState.TRIAGE, index=True)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)
    basis: Mapped[Basis] = mapped_column(default=Basis.NONE)
    confidence: Mapped[int] = mapped_column(default=0)


class Attachment(Base):
    """A file that came with a message. sha256: of its content, see `Blob`."""

    __tablename__ = "attachment"
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    content_type: Mapped[str] = mapped_column(default="")
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)


class LetterAttachment(Base):
    """A file that goes out with a letter. Frozen with the letter's text."""

    __tablename__ = "letter_attachment"
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    content_type: Mapped[str] = mapped_column(default="")
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)


class Blob(Base):
    """Content kept once, by its hash, however many messages or letters carry it."""

    __tablename__ = "blob"
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class MailboxPlace(Base):
    """How far a folder of a mailbox was read (RFC 3501, 2.3.1.1): UIDs up to
    last_uid, while uid_validity holds.
    """

    __tablename__ = "mailbox_place"
    __table_args__ = (UniqueConstraint("account", "folder", name="uq_mailbox_place_account"),)
    account: Mapped[str]
    folder: Mapped[str]
    uid_validity: Mapped[int]
    last_uid: Mapped[int]
    read_at: Mapped[dt.datetime]
