"""The tray: messages that came in, which letter each belongs to, and what a person decides about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from outreach.correspondence.incoming import file_message, last_email
from outreach.correspondence.replies import ReplyRecord, remove_reply, reply_record, restore_reply
from outreach.correspondence.tray import VIEWS, InboxRow, inbox_rows, messages_of
from outreach.domain.letter_life import Step
from outreach.domain.matching import Basis
from outreach.domain.message_kind import MessageKind
from outreach.domain.notice import Code, Notice
from outreach.domain.states import DispatchOutcome, MessageState
from outreach.domain.wording import counted
from outreach.errors import NotAllowedError, NotFoundError
from outreach.letters.ledger import LETTERS, advance, find_letter
from outreach.messages.parse import tolerant_message
from outreach.messages.quotes import Passage, fresh_text, passages
from outreach.messages.safe_html import safe_html
from outreach.messages.suggest import Suggestion, suggest_kind
from outreach.store.blobs import blob
from outreach.store.changes import Changes
from outreach.store.models import Attachment, Dispatch, Letter, Message, Reply

__all__ = [
    "INBOX",
    "VIEWS",
    "FileRow",
    "InboxRow",
    "MessageDetail",
    "Standing",
    "assign",
    "attachment",
    "back_to_tray",
    "basis_in_words",
    "inbox_rows",
    "message_detail",
    "open_counts",
    "raw_of",
    "restore_standings",
    "set_aside",
    "set_nature",
    "standings",
    "suggestions",
]

TRIAGE, FILED, ASIDE = MessageState.TRIAGE, MessageState.FILED, MessageState.SET_ASIDE
INBOX = LETTERS | {"inbox"}


@dataclass(frozen=True)
class FileRow:
    """A file that came with a message."""

    name: str
    content_type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class MessageDetail:
    """A message to read.

    passages: its text, quoted and not. html: made harmless, "" for none. reason: why it was matched.
    """

    row: InboxRow
    passages: tuple[Passage, ...]
    html: str
    files: tuple[FileRow, ...]
    sent_at: datetime | None
    reason: str
    suggestion: Suggestion


def suggestions(session: Session, rows: Sequence[InboxRow]) -> dict[int, Suggestion]:
    """What the answers among a page of rows that nobody has classed seem to amount to, by message."""
    wanted = [r.key for r in rows if r.nature is MessageKind.ANSWER and not r.kind and r.reference]
    found = session.execute(
        select(Message.id, Message.raw, Message.received_on).where(Message.id.in_(wanted))
    )
    return {key: suggest_kind(fresh_text(tolerant_message(raw).text), on) for key, raw, on in found}


def message_detail(session: Session, key: int) -> MessageDetail:
    """A message to read. Raises: NotFoundError."""
    message = _message(session, key, whole=True)
    (row,) = messages_of(session, [key])
    read = tolerant_message(message.raw)
    files = session.scalars(select(Attachment).where(Attachment.message_id == key).order_by(Attachment.id))
    return MessageDetail(
        row=row,
        passages=passages(read.text),
        html=safe_html(read.html) if read.html else "",
        files=tuple(FileRow(f.name, f.content_type, f.size_bytes, f.sha256) for f in files),
        sent_at=message.sent_at,
        reason=basis_in_words(row),
        suggestion=suggest_kind(fresh_text(read.text), message.received_on),
    )


def basis_in_words(row: InboxRow) -> str:
    """Why a message is with a letter, or may belong to it."""
    said = {
        Basis.BY_HAND: "Assigned by hand.",
        Basis.THREAD: f"It is in reply to the message of {row.reference}.",
        Basis.SUBJECT: f"Its subject names {row.reference}.",
        Basis.QUOTED: f"Its text names {row.reference}.",
        Basis.ADDRESS: f"It has to do with the address that {row.reference} went to.",
        Basis.DOMAIN: f"It comes from the same place as the address of {row.reference}.",
        Basis.CONFLICT: f"It points to {row.reference} and to another letter as well.",
        Basis.NONE: "Nothing in it names a letter.",
    }[row.basis]
    return said if row.basis in {Basis.BY_HAND, Basis.NONE} else f"{said} {row.confidence} % sure."


def _message(session: Session, key: int, *, whole: bool = False) -> Message:
    options = (undefer(Message.raw),) if whole else ()
    message = session.scalar(select(Message).where(Message.id == key).options(*options))
    if message is None:
        raise NotFoundError(f"There is no message {key}. List them with: outreach replies inbox --view all")
    return message


def assign(session: Session, keys: Sequence[int], reference: str = "") -> Changes:
    """File messages with a letter, in place of the one they are filed with.

    Args: reference: "" for the letter that matching proposes for each.
    Raises: NotFoundError; NotAllowedError for a letter that has not gone out, or if nothing is proposed.
    """
    done = []
    for key in keys:
        message = _message(session, key)
        if not reference and message.letter_id is None:
            raise NotAllowedError(
                f"No letter is proposed for message {key}. Say which: outreach replies assign {key} REF"
            )
        letter = find_letter(session, reference) if reference else session.get_one(Letter, message.letter_id)
        if message.state == FILED:
            if message.letter_id == letter.id:
                continue
            _take_off(session, message)
        file_message(session, message, letter)
        message.basis, message.confidence = Basis.BY_HAND, 100
        done.append(letter.reference)
    return Changes(INBOX, f"Filed with {', '.join(dict.fromkeys(done)) or reference}.", tuple(done))


def set_aside(session: Session, keys: Sequence[int]) -> Changes:
    """Put messages away that belong to no letter. They are kept. Raises: NotFoundError."""
    _move(session, keys, ASIDE)
    return Changes(INBOX, f"{counted(len(keys), 'message', 'messages')} set aside.")


def back_to_tray(session: Session, keys: Sequence[int]) -> Changes:
    """Undo assigning or setting aside. Raises: NotFoundError."""
    _move(session, keys, TRIAGE)
    return Changes(INBOX, f"{counted(len(keys), 'message', 'messages')} back in the tray.")


@dataclass(frozen=True)
class Standing:
    """Where a message stood, whole, so that it can stand there again.

    reply: the answer it was, None if it was none.
    """

    key: int
    state: MessageState
    letter_key: int | None
    basis: Basis
    confidence: int
    nature: MessageKind
    nature_reason: Notice | None
    reply: ReplyRecord | None


def standings(session: Session, keys: Sequence[int]) -> tuple[Standing, ...]:
    """Where messages stand now, for `restore_standings`. Raises: NotFoundError."""
    found = []
    for key in keys:
        m = _message(session, key)
        reply = session.scalar(select(Reply.id).where(Reply.mail_id == key))
        record = reply_record(session, reply) if reply is not None else None
        found.append(
            Standing(key, m.state, m.letter_id, m.basis, m.confidence, m.nature, m.nature_reason, record)
        )
    return tuple(found)


def restore_standings(session: Session, before: Sequence[Standing]) -> Changes:
    """Put messages back where they stood, answers with what they were classed as and promised.

    Raises: NotFoundError.
    """
    for was in before:
        message = _message(session, was.key, whole=True)
        if message.state == FILED:
            _take_off(session, message)
        message.nature, message.nature_reason = was.nature, was.nature_reason
        if was.state == FILED and was.reply is not None:
            restore_reply(session, was.reply)
        elif was.state == FILED and was.letter_key is not None:
            file_message(session, message, session.get_one(Letter, was.letter_key))
        message.state, message.letter_id = was.state, was.letter_key
        message.basis, message.confidence = was.basis, was.confidence
    return Changes(INBOX, f"{counted(len(before), 'message', 'messages')} back where they were.")


def _move(session: Session, keys: Sequence[int], state: MessageState) -> list[Message]:
    """Messages taken off their letters, if they were filed, and put into a state."""
    messages = [_message(session, key) for key in keys]
    for message in messages:
        if message.state == FILED:
            _take_off(session, message)
        message.state = state
    return messages


def set_nature(session: Session, keys: Sequence[int], nature: MessageKind) -> Changes:
    """Say what kind of message it is, where the app was mistaken. Filed messages go back to the tray first.

    Raises: NotFoundError.
    """
    for message in _move(session, keys, TRIAGE):
        message.nature, message.nature_reason = nature, Notice(Code.SAID_BY_HAND)
    return Changes(INBOX, f"{counted(len(keys), 'message', 'messages')} changed.")


def _take_off(session: Session, message: Message) -> None:
    reply = session.scalar(select(Reply).where(Reply.mail_id == message.id))
    if reply is not None:
        remove_reply(session, reply)
    elif message.letter_id is not None:
        letter = session.get_one(Letter, message.letter_id)
        if message.nature is MessageKind.BOUNCE:
            _undo_bounce(session, letter, message)
        else:
            advance(session, letter, Step.REPORT_MOVED, detail=Notice(Code.REPORT_OF_ANOTHER))


def _undo_bounce(session: Session, letter: Letter, message: Message) -> None:
    """A bounce that was another letter's no longer holds this one back, but where another report of the same
    sending does."""
    reports = session.scalar(
        select(func.count())
        .select_from(Message)
        .where(
            Message.id != message.id,
            Message.letter_id == letter.id,
            Message.state == FILED,
            Message.nature == MessageKind.BOUNCE,
        )
    )
    returned = session.scalar(
        select(func.count())
        .select_from(Dispatch)
        .where(Dispatch.letter_id == letter.id, Dispatch.outcome == DispatchOutcome.BOUNCED)
    )
    if reports and reports >= max(1, returned or 0):
        step = Step.REPEATED_BOUNCE_MOVED
    else:
        step = Step.BOUNCE_MOVED
        dispatch = last_email(session, letter, DispatchOutcome.BOUNCED)
        if dispatch is not None:
            dispatch.outcome = DispatchOutcome.SENT
    advance(session, letter, step, detail=Notice(Code.BOUNCE_OF_ANOTHER))


def attachment(session: Session, key: int, name: str) -> bytes:
    """Content of a file that came with a message.

    It is handed out as it came and never opened. Raises: NotFoundError.
    """
    digest = session.scalar(
        select(Attachment.sha256).where(Attachment.message_id == key, Attachment.name == name)
    )
    if digest is None:
        raise NotFoundError(f"Message {key} has no file “{name}”.")
    return blob(session, digest)


def raw_of(session: Session, key: int) -> bytes:
    """A message as it was received. Raises: NotFoundError."""
    return _message(session, key, whole=True).raw


def open_counts(session: Session) -> tuple[int, int]:
    """How many messages are to be assigned, and how many answers to be classed."""
    tray = session.scalar(select(func.count()).select_from(Message).where(Message.state == TRIAGE)) or 0
    unread = session.scalar(select(func.count()).select_from(Reply).where(Reply.kind.is_(None))) or 0
    return tray, unread
