"""Keeping messages whole and files by their hash."""

from collections.abc import Mapping, Sequence

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from outreach.domain.matching import Basis
from outreach.domain.message_kind import MessageKind
from outreach.domain.states import MessageState
from outreach.messages.parse import ReadMessage
from outreach.store.blobs import keep_blob
from outreach.store.models import Attachment, Message
from outreach.store.search import in_chunks
from outreach.store.types import now, table_of

_UNJUDGED: Mapping[str, object] = {
    "nature": MessageKind.ANSWER, "nature_reason": None, "failed_addresses": "",
    "state": MessageState.TRIAGE, "letter_id": None, "basis": Basis.NONE,
    "confidence": 0,
}  # fmt: skip


def kept_message(session: Session, read: ReadMessage) -> Message | None:
    """The same message on file: the same bytes, or the same Message-ID from the same sender."""
    same = [Message.sha256 == read.sha256]
    if read.message_id:
        same.append((Message.message_id == read.message_id) & (Message.from_address == read.from_address))
    return session.scalar(select(Message).where(or_(*same)).limit(1))


def keep_messages(
    session: Session, messages: Sequence[tuple[ReadMessage, Mapping[str, object]]]
) -> list[int]:
    """Put messages on file whole, with their attachments by hash.

    They are in triage unless their columns say otherwise.

    Args: messages: each with further columns of `Message`; received_on must be among them.
    Returns: their keys, in their order.
    """
    at = now()
    rows = [
        {
            "sha256": read.sha256,
            "raw": read.raw,
            "message_id": read.message_id,
            "from_name": read.from_name,
            "from_address": read.from_address,
            "subject": read.subject,
            "sent_at": read.sent_at,
            "recorded_at": at,
            **_UNJUDGED,
            **columns,
        }
        for read, columns in messages
    ]
    # Asking for the keys by hash afterwards is faster than RETURNING, which SQLite gives in order for one row
    # at a time only.
    session.execute(insert(table_of(Message)), rows)
    found: dict[str, int] = {}
    for wanted in in_chunks([read.sha256 for read, _ in messages]):
        found.update(
            (digest, key)
            for key, digest in session.execute(
                select(Message.id, Message.sha256).where(wanted(Message.sha256))
            )
        )
    keys = [found[read.sha256] for read, _ in messages]
    for key, (read, _) in zip(keys, messages, strict=True):
        for part in read.attachments:
            session.add(
                Attachment(
                    message_id=key,
                    name=part.name,
                    content_type=part.content_type,
                    size_bytes=len(part.content),
                    sha256=keep_blob(session, part.content),
                )
            )
    return keys
