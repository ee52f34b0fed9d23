"""Letters as files, in any of the formats, and the tracking table as CSV and XLSX."""

import os
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.states import Origin
from outreach.errors import CancelledError, NotAllowedError, UsageError
from outreach.files import make_folder, write_file
from outreach.letters.addressing import sending_address
from outreach.letters.drafting import Progress, always
from outreach.letters.enclosing import enclosures
from outreach.letters.formats.document import LetterDocument, Letterhead, make_document
from outreach.letters.formats.eml import letter_eml, make_message_id
from outreach.letters.formats.html import letter_html
from outreach.letters.formats.pdf import letter_pdf
from outreach.letters.formats.text import letter_text
from outreach.letters.ledger import find_letters
from outreach.store.blobs import blob
from outreach.store.integrity import text_digest
from outreach.store.models import Campaign, Letter, Organization, Person

FORMATS = ("pdf", "docx", "eml", "txt", "html")
_AT_ONCE = 64
"""Letters set and not yet written that are kept in memory."""


def letter_document(session: Session, letter: Letter) -> LetterDocument:
    """A letter's text, parsed for the formats.

    Raises: NotAllowedError for a letter whose text is not on file.
    """
    _check_has_text(letter)
    body = session.get(Organization, letter.organization_id) if letter.organization_id else None
    return _document(letter, body.jurisdiction if body else "", letterhead(session, letter.campaign_id))


def _document(letter: Letter, jurisdiction: str, head: Letterhead) -> LetterDocument:
    return make_document(
        reference=letter.reference,
        language=letter.language,
        jurisdiction=jurisdiction,
        sender_lines=tuple(letter.sender_lines),
        address_lines=tuple(letter.address_lines),
        written_on=letter.written_on,
        subject=letter.subject,
        salutation=letter.salutation,
        body=letter.body,
        close=letter.close,
        is_draft=letter.approved_at is None,
        letterhead=head,
    )


def _check_has_text(letter: Letter) -> None:
    if letter.origin is not Origin.OWN:
        raise NotAllowedError(
            f"{letter.reference} is reported correspondence; its text is not on file, so it cannot be "
            "exported."
        )


def letterhead(session: Session, campaign_key: int) -> Letterhead:
    """The colour and the logo of a campaign's letters and packs."""
    row = session.execute(
        select(Campaign.brand_color, Campaign.brand_logo).where(Campaign.id == campaign_key)
    ).one()
    return Letterhead(row.brand_color, blob(session, row.brand_logo) if row.brand_logo else b"")


def parse_formats(text: str) -> tuple[str, ...]:
    """Formats from a list with commas. Raises: UsageError naming those there are."""
    wanted = tuple(dict.fromkeys(f.strip().lower() for f in text.split(",") if f.strip()))
    if unknown := [f for f in wanted if f not in FORMATS]:
        raise UsageError(f"There is no format {', '.join(unknown)}. Choose from {', '.join(FORMATS)}.")
    if not wanted:
        raise UsageError(f"Name at least one format: {', '.join(FORMATS)}.")
    return wanted


def export_letters(
    session: Session,
    references: Sequence[str],
    formats: Sequence[str],
    folder: Path,
    *,
    progress: Progress = always,
) -> tuple[Path, ...]:
    """Write letters into a folder, one file a letter and format, named by reference and addressee.

    Returns: the files written. Raises: NotFoundError, NotAllowedError before anything is written;
        DiskFullError, ReadOnlyError, CancelledError, after which the files written so far are whole.
    """
    letters = find_letters(session, references)
    for letter in letters:
        _check_has_text(letter)
    make_folder(folder)
    written: dict[tuple[str, str], Path] = {}
    ready = _set_ahead(session, letters, {"pdf", "eml"} & set(formats))
    for done, (letter, document, pdf) in enumerate(ready):
        if not progress(done, len(letters)):
            raise CancelledError(f"Export was stopped after {done} letters.")
        for extension in formats:
            target = folder / f"{file_stem(document)}.{extension}"
            write_file(target, _content(session, letter, document, extension, pdf))
            written[letter.reference, extension] = target
    progress(len(letters), len(letters))
    return tuple(written[letter.reference, extension] for letter in letters for extension in formats)


def _set_ahead(
    session: Session, letters: Sequence[Letter], needs_pdf: Collection[str]
) -> Iterator[tuple[Letter, LetterDocument, bytes]]:
    """Letters with their PDFs (b"" where none is needed), which are set side by side while earlier ones are
    written.

    typst works outside Python's lock; letters are read here, in the thread of their session. Letters with the
    same paragraphs come one after the other, since typst remembers paragraphs that it has just set.
    """
    alike = sorted(letters, key=lambda letter: (letter.template, letter.language, letter.body))
    heads = {key: letterhead(session, key) for key in {letter.campaign_id for letter in letters}}
    bodies = {letter.organization_id for letter in letters}
    query = select(Organization.id, Organization.jurisdiction).where(Organization.id.in_(bodies))
    jurisdictions: dict[int | None, str] = {row.id: row.jurisdiction for row in session.execute(query)}
    waiting: deque[tuple[Letter, LetterDocument, Future[bytes] | None]] = deque()
    with ThreadPoolExecutor(max(1, min(os.cpu_count() or 1, 8))) as pool:
        for letter in alike:
            jurisdiction = jurisdictions.get(letter.organization_id, "")
            document = _document(letter, jurisdiction, heads[letter.campaign_id])
            setting = pool.submit(letter_pdf, document, at=letter.approved_at) if needs_pdf else None
            waiting.append((letter, document, setting))
            if len(waiting) > _AT_ONCE:
                yield _when_set(waiting.popleft())
        while waiting:
            yield _when_set(waiting.popleft())


def _when_set(
    one: tuple[Letter, LetterDocument, Future[bytes] | None],
) -> tuple[Letter, LetterDocument, bytes]:
    letter, document, setting = one
    return letter, document, setting.result() if setting else b""


def _content(session: Session, letter: Letter, document: LetterDocument, extension: str, pdf: bytes) -> bytes:
    from outreach.letters.formats.docx import letter_docx

    match extension:
        case "pdf":
            return pdf
        case "docx":
            return letter_docx(document, at=letter.approved_at)
        case "txt":
            return letter_text(document).encode("utf-8")
        case "html":
            return letter_html(document).encode("utf-8")
        case _:
            sender = (
                session.scalar(select(Campaign.sender_email).where(Campaign.id == letter.campaign_id)) or ""
            )
            return letter_eml(
                document,
                pdf,
                to_name=_name(session, letter),
                to_address=sending_address(session, letter),
                from_address=sender,
                message_id=make_message_id(
                    letter.reference, letter.text_sha256 or text_digest(session, letter), sender
                ),
                attachments=enclosures(session, letter.id),
            )


@dataclass(frozen=True)
class SendingMessage:
    """A letter as the message that goes out.

    to_address: as it is on file, "" where none is; content is then empty.
    """

    to_address: str
    message_id: str
    content: bytes


def sending_message(
    session: Session, letter: Letter, *, from_address: str = "", sent_at: datetime | None = None
) -> SendingMessage:
    """Make the message of an approved letter.

    Its Message-ID depends on the frozen text alone, so it is always the same.

    Args: from_address, sent_at: of the sending; without sent_at only the address is looked up.
    Raises: NotAllowedError for a letter with an enclosed file that is not on file any more; TypesettingError.
    """
    to_address = sending_address(session, letter)
    own = session.scalar(select(Campaign.sender_email).where(Campaign.id == letter.campaign_id)) or ""
    message_id = make_message_id(letter.reference, letter.text_sha256, own or from_address)
    if not to_address or sent_at is None:
        return SendingMessage(to_address, message_id, b"")
    document = letter_document(session, letter)
    content = letter_eml(
        document,
        letter_pdf(document, at=letter.approved_at),
        to_name=_name(session, letter),
        to_address=to_address,
        from_address=from_address,
        reply_to=own if own and own != from_address else "",
        message_id=message_id,
        sent_at=sent_at,
        attachments=enclosures(session, letter.id),
    )
    return SendingMessage(to_address, message_id, content)


def _name(session: Session, letter: Letter) -> str:
    if letter.person_id:
        return session.scalar(select(Person.name).where(Person.id == letter.person_id)) or ""
    return session.scalar(select(Organization.name).where(Organization.id == letter.organization_id)) or ""


def file_stem(document: LetterDocument) -> str:
    """File name of a letter without its ending: MAG-0006 The Rt Hon Theresa May MP, safe on every system."""
    first = document.address_lines[0] if document.address_lines else ""
    second = (
        document.address_lines[1] if first.startswith("The ") and len(document.address_lines) == 2 else ""
    )
    named = " ".join(x for x in (first, second) if x)
    safe = "".join(c if c.isalnum() or c in " -.’'" else " " for c in named)
    return f"{document.reference} {' '.join(safe.split())}"[:120].strip(" .")
