"""The frozen text of a letter, and the hash that proves it has not changed since approval."""

import hashlib
import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.store.models import Letter, LetterAttachment


def text_digest(session: Session, letter: Letter) -> str:
    """SHA-256 over everything a letter says and the files that go with it, in a form that does not depend on the program."""
    enclosed = session.execute(
        select(LetterAttachment.name, LetterAttachment.sha256)
        .where(LetterAttachment.letter_id == letter.id)
        .order_by(LetterAttachment.id)
    ).all()
    parts: list[object] = [
        letter.subject,
        list(letter.address_lines),
        list(letter.sender_lines),
        letter.salutation,
        letter.body,
        letter.close,
        letter.written_on.isoformat() if letter.written_on else "",
    ]
    if enclosed:
        parts.append([[name, digest] for name, digest in enclosed])
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8")).hexdigest()


def frozen_text_problems(session: Session) -> list[str]:
    """One sentence for each approved letter whose text no longer matches its hash."""
    letters = session.scalars(select(Letter).where(Letter.text_sha256 != "").order_by(Letter.reference))
    return [
        f"The text of {letter.reference} is not the one that was approved."
        for letter in letters
        if text_digest(session, letter) != letter.text_sha256
    ]
