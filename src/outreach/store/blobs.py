"""Files kept once, by their hash."""

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.errors import NotFoundError
from outreach.store.models import Blob


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
