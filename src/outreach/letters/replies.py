"""What came back: reading messages, recording answers, and what they promise."""

import email
import email.policy
import email.utils
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow
from outreach.domain.deadlines import ReplyStandard, reply_due, reply_standard
from outreach.domain.states import SENT_STATES, LetterStatus, ReplyKind, status_after_reply
from outreach.domain.wording import date_in_words, locale_for
from outreach.errors import NotAllowedError, NotFoundError, UsageError
from outreach.letters.lifecycle import LETTERS, find_letters, record_event
from outreach.store.changes import Changes
from outreach.store.models import FollowUp, Letter, Organization, Person, Reply
from outreach.store.types import now

MAX_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True)
class ReplyRow:
    """An answer on file. received_on: local date. kind: "" until a person has classed it."""

    key: int
    reference: str
    received_on: date
    kind: str
    from_name: str
    from_address: str
    subject: str
    text: str
    channel: str
    has_message: bool


@dataclass(frozen=True)
class FollowUpRow:
    """Something to do by a date. reason: promise or silence."""

    key: int
    reference: str
    who: str
    due_on: date
    reason: str
    what: str
    is_done: bool


@dataclass(frozen=True)
class ReadMessage:
    """An e-mail as read from a file; raw is the file, byte for byte."""

    raw: bytes
    message_id: str
    from_name: str
    from_address: str
    subject: str
    text: str
    sent_on: date | None


def read_message(path: Path) -> ReadMessage:
    """Read an .eml file (RFC 5322), whatever its faults.

    Raises: UsageError if it is missing, empty, over 50 MB or holds no message.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path.name} is larger than 50 MB. Save the message without its attachments.")
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    return parse_message(raw, path.name)


def parse_message(raw: bytes, name: str) -> ReadMessage:
    """As `read_message`, of bytes. name: for messages."""
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        sender, subject = _header(message, "From"), _header(message, "Subject")
        message_id, text = _header(message, "Message-ID"), _text(message)
    except (ValueError, LookupError, AssertionError, RecursionError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{name} cannot be read as an e-mail. Save it again from the mail program as .eml."
        ) from error
    if not (sender or subject or message_id):
        raise UsageError(
            f"{name} holds no e-mail: it has neither sender nor subject. Save the message as .eml."
        )
    from_name, from_address = email.utils.parseaddr(sender)
    return ReadMessage(
        raw, message_id, from_name, from_address, subject, text, _date(_header(message, "Date"))
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = message.get(name, "")
    except (ValueError, LookupError, TypeError, AttributeError, IndexError):
        value = dict(message.raw_items()).get(name, "")
    return " ".join(str(value).split())


def _text(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    try:
        content = str(part.get_content())
    except (LookupError, ValueError):
        payload = part.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
    if part.get_content_type() == "text/html":
        content = html_as_text(content)
    return content.replace("\r\n", "\n").strip()


def html_as_text(markup: str) -> str:
    """The words of an HTML message, with its paragraphs as lines; scripts and styles are left out."""
    from html.parser import HTMLParser

    class Words(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.pieces: list[str] = []
            self.hidden = 0

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.hidden += tag in {"script", "style", "head"}
            if tag in {"p", "br", "div", "li", "tr"}:
                self.pieces.append("\n")

        def handle_endtag(self, tag: str) -> None:
            self.hidden = max(0, self.hidden - (tag in {"script", "style", "head"}))

        def handle_data(self, data: str) -> None:
            if not self.hidden:
                self.pieces.append(" ".join(data.split()) + " ")

    words = Words()
    words.feed(markup)
    lines = [line.strip() for line in "".join(words.pieces).splitlines()]
    return "\n".join(line for line in lines if line)


def _date(header: str) -> date | None:
    try:
        parsed = email.utils.parsedate_to_datetime(header)
    except (ValueError, TypeError, IndexError):
        return None
    aware: datetime = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    try:
        return aware.astimezone().date()
    except (OverflowError, ValueError):
        return None


def record_reply(
    session: Session,
    reference: str,
    *,
    kind: ReplyKind,
    on: date | None = None,
    message: ReadMessage | None = None,
    from_name: str = "",
    text: str = "",
    channel: str = "",
    promise: str = "",
    promise_due: date | None = None,
) -> Changes:
    """Put an answer on file for a letter that was sent.

    Args: on: local day it came; by default the message's own date. message: the e-mail, if it was one.
        promise: what was offered, which becomes a follow-up due on promise_due (by default after the
        body's own time to reply).
    Raises: NotFoundError; NotAllowedError if the letter never went out; UsageError for a message that
        is on file already or a day before the letter was sent.
    """
    letter = find_letters(session, [reference])[0]
    if letter.status not in SENT_STATES or letter.status is LetterStatus.BOUNCED:
        raise NotAllowedError(
            f"{letter.reference} is {letter.status}. Mark it sent before recording an answer."
        )
    day = on or (message.sent_on if message else None)
    if day is None:
        raise UsageError("The message has no readable date. Say on which day it came.")
    if letter.sent_on and day < letter.sent_on:
        raise UsageError(
            f"{letter.reference} was sent on {date_in_words(letter.sent_on, locale_for('en'))}; an answer cannot have come before. Give the day it came."
        )
    if message and message.message_id:
        known = session.execute(
            select(Letter.reference)
            .join(Reply, Reply.letter_id == Letter.id)
            .where(Reply.message_id == message.message_id)
        ).scalar()
        if known:
            raise UsageError(f"This message is on file already, as an answer to {known}.")
    reply = Reply(
        letter_id=letter.id,
        received_on=day,
        recorded_at=now(),
        kind=kind,
        channel=channel or ("email" if message else "post"),
        from_name=from_name or (message.from_name if message else ""),
        from_address=message.from_address if message else "",
        subject=message.subject if message else "",
        text=text or (message.text if message else ""),
        message_id=message.message_id if message else "",
        raw=message.raw if message else None,
    )
    session.add(reply)
    session.flush()
    before = letter.status
    letter.status = status_after_reply(before, kind)
    if letter.status is LetterStatus.ANSWERED and letter.answered_on is None:
        letter.answered_on = day
    record_event(
        session,
        letter,
        "reply_received",
        before,
        detail=f"{kind.value}, {date_in_words(day, locale_for('en'))}",
    )
    if promise.strip():
        session.add(
            FollowUp(
                letter_id=letter.id,
                reply_id=reply.id,
                due_on=promise_due or reply_due(day, _standard(session, letter)),
                reason="promise",
                what=promise.strip(),
            )
        )
    return Changes(LETTERS, f"Answer to {letter.reference} recorded: {kind.value}.", (letter.reference,))


def _standard(session: Session, letter: Letter) -> ReplyStandard:
    body = session.get(Organization, letter.organization_id) if letter.organization_id else None
    return reply_standard(body.jurisdiction if body else "", body.classification if body else "")


def replies_list(session: Session, references: list[str] | None = None) -> tuple[ReplyRow, ...]:
    """Answers on file, the newest first. Args: references: only to these letters."""
    query = (
        select(Reply, Letter.reference)
        .join(Letter, Letter.id == Reply.letter_id)
        .order_by(Reply.received_on.desc(), Reply.id.desc())
    )
    if references is not None:
        query = query.where(Letter.reference.in_(references))
    return tuple(
        ReplyRow(
            r.id,
            reference,
            r.received_on,
            r.kind.value if r.kind else "",
            r.from_name,
            r.from_address,
            r.subject,
            r.text,
            r.channel,
            r.raw is not None,
        )
        for r, reference in session.execute(query)
    )


def raw_message(session: Session, key: int) -> bytes:
    """The message of an answer as it was received. Raises: NotFoundError if there is none."""
    raw = session.scalar(select(Reply.raw).where(Reply.id == key))
    if raw is None:
        raise NotFoundError("No message is on file for this answer.")
    return raw


def follow_ups_list(session: Session, campaign: CampaignRow) -> tuple[FollowUpRow, ...]:
    """What is to be done, open ones first, the most urgent first."""
    rows = session.execute(
        select(FollowUp, Letter.reference, Person.name, Organization.name)
        .join(Letter, Letter.id == FollowUp.letter_id)
        .outerjoin(Person, Person.id == Letter.person_id)
        .outerjoin(Organization, Organization.id == Letter.organization_id)
        .where(Letter.campaign_id == campaign.key)
        .order_by(FollowUp.done_at.is_not(None), FollowUp.due_on, FollowUp.id)
    )
    return tuple(
        FollowUpRow(f.id, reference, person or body or "", f.due_on, f.reason, f.what, f.done_at is not None)
        for f, reference, person, body in rows
    )


def set_follow_up_done(session: Session, key: int, done: bool = True) -> Changes:
    """Tick a follow-up off, or open it again. Raises: NotFoundError."""
    follow_up = session.get(FollowUp, key)
    if follow_up is None:
        raise NotFoundError("There is no such follow-up.")
    follow_up.done_at = now() if done else None
    return Changes(LETTERS, "Follow-up done." if done else "Follow-up opened again.")
