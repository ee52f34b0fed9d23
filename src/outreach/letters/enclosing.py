"""Files that go with a letter: added to a draft, frozen with its text, kept by their hash."""

import mimetypes
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.letter_life import Step
from outreach.domain.notice import Code, notice
from outreach.errors import NotAllowedError, NotFoundError, UsageError
from outreach.files import read_given
from outreach.letters.ledger import LETTERS, advance, find_letter, refuse_step
from outreach.store.blobs import keep_blob
from outreach.store.changes import Changes
from outreach.store.models import Blob, LetterAttachment

MAX_BYTES = 20 * 1024 * 1024
"""Most that goes with one letter: what common mail servers take."""


@dataclass(frozen=True)
class EnclosureRow:
    """A file that goes with a letter."""

    key: int
    name: str
    content_type: str
    size_bytes: int


def enclosures_list(session: Session, reference: str) -> tuple[EnclosureRow, ...]:
    """Files that go with a letter, in their order. Raises: NotFoundError."""
    letter = find_letter(session, reference)
    return tuple(
        EnclosureRow(x.id, x.name, x.content_type, x.size_bytes)
        for x in session.scalars(
            select(LetterAttachment)
            .where(LetterAttachment.letter_id == letter.id)
            .order_by(LetterAttachment.id)
        )
    )


def enclosures(session: Session, letter_key: int) -> tuple[tuple[str, str, bytes], ...]:
    """Name, content type and content of each file that goes with a letter.

    Raises: NotAllowedError naming a file whose content is gone: a letter does not go out without what it says
        is enclosed.
    """
    rows = session.execute(
        select(LetterAttachment.name, LetterAttachment.content_type, Blob.content)
        .outerjoin(Blob, Blob.sha256 == LetterAttachment.sha256)
        .where(LetterAttachment.letter_id == letter_key)
        .order_by(LetterAttachment.id)
    ).all()
    if gone := [name for name, _, content in rows if content is None]:
        raise NotAllowedError(
            f"The content of {', '.join(gone)}, which goes with the letter, is not on file any more. "
            "Withdraw the letter and write it again with the file."
        )
    return tuple((name, kind, content) for name, kind, content in rows)


@dataclass(frozen=True)
class GivenFile:
    """A file that was read and may go along."""

    name: str
    content_type: str
    content: bytes


def file_to_enclose(path: Path) -> GivenFile:
    """Read a file before it is added to a draft, for a disk may take its time and nobody can write meanwhile.

    Raises: UsageError for a file that cannot be read, is empty, or is larger than 20 MB.
    """
    content = read_given(path, most=MAX_BYTES)
    if not content:
        raise UsageError(f"{path.name} is empty. Choose another file.")
    if len(content) > MAX_BYTES:
        raise UsageError(
            f"{path.name} is more than 20 MB, which many mail servers refuse. Send a link to it instead."
        )
    return GivenFile(path.name, mimetypes.guess_type(path.name)[0] or "application/octet-stream", content)


def enclose(session: Session, reference: str, file: GivenFile) -> Changes:
    """Add a file to a draft; it goes with the letter by e-mail, and is named in it as enclosed.

    Raises: NotFoundError; NotAllowedError once the letter is approved; UsageError if all together makes more
        than 20 MB.
    """
    letter = find_letter(session, reference)
    refuse_step(session, [letter], Step.ENCLOSED)
    already = sum(row.size_bytes for row in enclosures_list(session, reference))
    if already + len(file.content) > MAX_BYTES:
        raise UsageError(
            f"With {file.name}, more than 20 MB would go with {letter.reference}, which many mail servers "
            "refuse. Send a link instead."
        )
    session.add(
        LetterAttachment(
            letter_id=letter.id,
            name=file.name,
            content_type=file.content_type,
            size_bytes=len(file.content),
            sha256=keep_blob(session, file.content),
        )
    )
    advance(session, letter, Step.ENCLOSED, detail=notice(Code.FILE, name=file.name))
    return Changes(LETTERS, f"{file.name} goes with {letter.reference}.", (letter.reference,))


def take_out(session: Session, reference: str, key: int) -> Changes:
    """Take a file from a draft again. Raises: NotFoundError; NotAllowedError once the letter is approved."""
    letter = find_letter(session, reference)
    refuse_step(session, [letter], Step.TAKEN_OUT)
    row = session.get(LetterAttachment, key)
    if row is None or row.letter_id != letter.id:
        raise NotFoundError(f"No such file goes with {letter.reference}.")
    session.delete(row)
    advance(session, letter, Step.TAKEN_OUT, detail=notice(Code.FILE, name=row.name))
    return Changes(LETTERS, f"{row.name} no longer goes with {letter.reference}.", (letter.reference,))
