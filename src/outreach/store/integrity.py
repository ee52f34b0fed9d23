"""The frozen text of a letter, and the hash that proves it has not changed since approval."""

import contextlib
import hashlib
import json
from collections.abc import Iterator

from sqlalchemy import select, text
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


@contextlib.contextmanager
def thawed(session: Session) -> Iterator[None]:
    """For as long as it takes to reopen letters, lift the guard that keeps an approval from being cleared.

    The guard of revision 0001 refuses every change of approved_at. It is put back as it was before the transaction ends,
    and other connections never see the database without it, since SQLite's schema is part of the transaction.
    """
    guard: str | None = None
    if session.get_bind().dialect.name == "sqlite":
        named = "FROM sqlite_master WHERE type = 'trigger' AND name = 'letter_text_frozen'"
        guard = session.execute(text(f"SELECT sql {named}")).scalar()
    if guard:
        session.flush()
        session.execute(text("DROP TRIGGER letter_text_frozen"))
    yield
    session.flush()
    if guard:
        session.connection().exec_driver_sql(guard)


def frozen_text_problems(session: Session) -> list[str]:
    """One sentence for each approved letter whose text no longer matches its hash."""
    letters = session.scalars(select(Letter).where(Letter.text_sha256 != "").order_by(Letter.reference))
    return [
        f"The text of {letter.reference} is not the one that was approved."
        for letter in letters
        if text_digest(session, letter) != letter.text_sha256
    ]
