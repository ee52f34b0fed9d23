"""Keeping messages whole and files by their hash."""

import hashlib
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.errors import NotFoundError
from outreach.letters.messages import ReadMessage
from outreach.store.models import Attachment, Blob, Message
from outreach.store.types import now


def kept_message(session: Session, read: ReadMessage) -> Message | None:
    """The same message on file: the same bytes, or the same Message-ID from the same sender."""
    same = [Message.sha256 == read.sha256]
    if read.message_id:
        same.append((Message.message_id == read.message_id) & (Message.from_address == read.from_address))
    return session.scalar(select(Message).where(or_(*same)).limit(1))


def keep_message(session: Session, read: ReadMessage, *, on: date) -> Message:
    """Put a message on file whole, with its attachments by hash. It is in triage until it is filed. on: local day it came."""
    message = Message(
        sha256=read.sha256,
        raw=read.raw,
        message_id=read.message_id,
        from_name=read.from_name,
        from_address=read.from_address,
        subject=read.subject,
        text=read.text,
        sent_at=read.sent_at,
        received_on=on,
        recorded_at=now(),
    )
    session.add(message)
    session.flush()
    for part in read.attachments:
        session.add(
            Attachment(
                message_id=message.id,
                name=part.name,
                content_type=part.content_type,
                size_bytes=len(part.content),
                sha256=keep_blob(session, part.content),
            )
        )
    return message


def keep_blob(session: Session, content: bytes) -> str:
    """Keep content, once however often it comes. Returns: its SHA-256."""
    digest = hashlib.sha256(content).hexdigest()
    if session.scalar(select(Blob.id).where(Blob.sha256 == digest)) is None:
        session.add(Blob(sha256=digest, content=content))
        session.flush()
    return digest


def blob(session: Session, sha256: str) -> bytes:
    """Content by its hash. Raises: NotFoundError."""
    content = session.scalar(select(Blob.content).where(Blob.sha256 == sha256))
    if content is None:
        raise NotFoundError("The file is not on file any more.")
    return content
