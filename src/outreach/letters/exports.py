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
from outreach.letters.addressing import names_of, sending_address, sending_addresses
from outreach.letters.enclosing import enclosures
from outreach.letters.formats.document import LetterDocument, Letterhead, make_document
from outreach.letters.formats.eml import letter_eml, make_message_id
from outreach.letters.formats.html import letter_html
from outreach.letters.formats.pdf import letter_pdf
from outreach.letters.formats.text import letter_text
from outreach.letters.in_parts import LetterHead, alike_together, letter_heads, letters_in_parts
from outreach.letters.planning import Progress, always
from outreach.store.blobs import blob
from outreach.store.integrity import text_digests
from outreach.store.models import Campaign, Letter, Organization
from outreach.store.search import in_chunks

FORMATS = ("pdf", "docx", "eml", "txt", "html")
_AT_ONCE = 64
"""Letters set and not yet written that are kept in memory."""


def letter_document(session: Session, letter: Letter) -> LetterDocument:
    """A letter's text, parsed for the formats.

    Raises: NotAllowedError for a letter whose text is not on file.
    """
    return Documents(session).of([letter])[0]


class Documents:
    """Makes documents of letters that are read a part at a time; what many share is read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._heads: dict[int, Letterhead] = {}
        self._senders: dict[int, str] = {}

    def of(self, letters: Sequence[Letter]) -> list[LetterDocument]:
        """Letters' texts, parsed for the formats.

        Raises: NotAllowedError for one whose text is not on file.
        """
        for letter in letters:
            _check_has_text(letter)
        places: dict[int, str] = {}
        for wanted in in_chunks({x.organization_id for x in letters if x.organization_id}):
            query = select(Organization.id, Organization.jurisdiction).where(wanted(Organization.id))
            places.update((k, v) for k, v in self._session.execute(query))
        for key in {x.campaign_id for x in letters} - self._heads.keys():
            self._heads[key] = letterhead(self._session, key)
        return [
            _document(x, places.get(x.organization_id or 0, ""), self._heads[x.campaign_id]) for x in letters
        ]

    def sender_of(self, letter: Letter) -> str:
        """The address that the letter's campaign writes from."""
        key = letter.campaign_id
        if key not in self._senders:
            query = select(Campaign.sender_email).where(Campaign.id == key)
            self._senders[key] = self._session.scalar(query) or ""
        return self._senders[key]


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


def _check_has_text(letter: Letter | LetterHead) -> None:
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
    heads = letter_heads(session, references)
    for head in heads:
        _check_has_text(head)
    make_folder(folder)
    written: dict[str, str] = {}
    ready = _set_ahead(session, alike_together(session, [head.key for head in heads]), formats)
    for done, (letter, pdf) in enumerate(ready):
        if not progress(done, len(heads)):
            raise CancelledError(f"Export was stopped after {done} letters.")
        stem = written[letter.document.reference] = file_stem(letter.document)
        for extension in formats:
            write_file(folder / f"{stem}.{extension}", _content(session, letter, extension, pdf))
    progress(len(heads), len(heads))
    return tuple(folder / f"{written[h.reference]}.{extension}" for h in heads for extension in formats)


@dataclass(frozen=True)
class _Ready:
    """A letter as it is written into files.

    The last four are for messages alone, and empty where none is made.
    """

    key: int
    document: LetterDocument
    approved_at: datetime | None
    to_name: str = ""
    to_address: str = ""
    sender: str = ""
    message_id: str = ""


def _set_ahead(
    session: Session, keys: Sequence[int], formats: Collection[str]
) -> Iterator[tuple[_Ready, bytes]]:
    """Letters with their PDFs (b"" where none is needed), which are set side by side while earlier ones are
    written.

    typst works outside Python's lock; letters are read here, in the thread of their session. Args: keys:
    those
        with the same paragraphs one after the other, since typst remembers paragraphs that it has just set.
    """
    documents = Documents(session)
    waiting: deque[tuple[_Ready, Future[bytes] | None]] = deque()
    with ThreadPoolExecutor(max(1, min(os.cpu_count() or 1, 8))) as pool:
        for letters in letters_in_parts(session, keys):
            for letter in _read(session, documents, letters, as_messages="eml" in formats):
                needs_pdf = not {"pdf", "eml"}.isdisjoint(formats)
                setting = (
                    pool.submit(letter_pdf, letter.document, at=letter.approved_at) if needs_pdf else None
                )
                waiting.append((letter, setting))
                if len(waiting) > _AT_ONCE:
                    yield _when_set(waiting.popleft())
            letters.clear()
        while waiting:
            yield _when_set(waiting.popleft())


def _read(
    session: Session, documents: "Documents", letters: Sequence[Letter], *, as_messages: bool
) -> list[_Ready]:
    made = documents.of(letters)
    if not as_messages:
        return [_Ready(x.id, document, x.approved_at) for x, document in zip(letters, made, strict=True)]
    names, addresses = names_of(session, letters), sending_addresses(session, letters)
    drafts = text_digests(session, [x for x in letters if not x.text_sha256])
    found = []
    for letter, document, name, address in zip(letters, made, names, addresses, strict=True):
        sender = documents.sender_of(letter)
        digest = letter.text_sha256 or drafts[letter.id]
        message_id = make_message_id(letter.reference, digest, sender)
        found.append(_Ready(letter.id, document, letter.approved_at, name, address, sender, message_id))
    return found


def _when_set(one: tuple[_Ready, Future[bytes] | None]) -> tuple[_Ready, bytes]:
    letter, setting = one
    return letter, setting.result() if setting else b""


def _content(session: Session, letter: _Ready, extension: str, pdf: bytes) -> bytes:
    from outreach.letters.formats.docx import letter_docx

    match extension:
        case "pdf":
            return pdf
        case "docx":
            return letter_docx(letter.document, at=letter.approved_at)
        case "txt":
            return letter_text(letter.document).encode("utf-8")
        case "html":
            return letter_html(letter.document).encode("utf-8")
        case _:
            return letter_eml(
                letter.document,
                pdf,
                to_name=letter.to_name,
                to_address=letter.to_address,
                from_address=letter.sender,
                message_id=letter.message_id,
                attachments=enclosures(session, letter.key),
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
        to_name=names_of(session, [letter])[0],
        to_address=to_address,
        from_address=from_address,
        reply_to=own if own and own != from_address else "",
        message_id=message_id,
        sent_at=sent_at,
        attachments=enclosures(session, letter.id),
    )
    return SendingMessage(to_address, message_id, content)


def file_stem(document: LetterDocument) -> str:
    """File name of a letter without its ending: MAG-0006 The Rt Hon Theresa May MP, safe on every system."""
    first = document.address_lines[0] if document.address_lines else ""
    second = (
        document.address_lines[1] if first.startswith("The ") and len(document.address_lines) == 2 else ""
    )
    named = " ".join(x for x in (first, second) if x)
    safe = "".join(c if c.isalnum() or c in " -.’'" else " " for c in named)
    return f"{document.reference} {' '.join(safe.split())}"[:120].strip(" .")
