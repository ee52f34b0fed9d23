"""Letters that go by post or by web form: a batch to print, and the text to paste.

The layout puts the address where a window envelope shows it (DIN 5008, form B: 45 mm from the top), which
C6/5, DL and C4 envelopes with the usual window fit.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.letter_life import Step
from outreach.domain.states import LetterStatus
from outreach.errors import CancelledError, NotAllowedError
from outreach.letters.exports import Documents, letter_document
from outreach.letters.formats.pdf import letter_pdf
from outreach.letters.formats.text import letter_text
from outreach.letters.in_parts import letter_heads, letters_in_parts
from outreach.letters.ledger import find_letter, refuse_step
from outreach.letters.planning import Progress, always
from outreach.store.models import ContactDetail


@dataclass(frozen=True)
class PrintBatch:
    """Letters as one PDF to print.

    without_address: references of those whose address lines are the name alone.
    """

    pdf: bytes
    pages: int
    without_address: tuple[str, ...]


@dataclass(frozen=True)
class WebForm:
    """What to paste into a body's web form.

    url: of the form. subject, text: without addresses, which forms ask for apart.
    """

    reference: str
    url: str
    subject: str
    text: str


def print_batch(
    session: Session, references: Sequence[str], *, two_sided: bool = False, progress: Progress = always
) -> PrintBatch:
    """Approved letters, one after the other, in the order given.

    Args: two_sided: adds an empty page after an odd number of them, so that each letter begins on a new
        sheet.
    Raises: NotFoundError; NotAllowedError for a draft, whose text may still change; CancelledError.
    """
    import pikepdf

    heads = letter_heads(session, references)
    for head in heads:
        if head.status is LetterStatus.DRAFT:
            raise NotAllowedError(f"{head.reference} is a draft. Approve it before it is printed.")
    bare: list[str] = []
    documents = Documents(session)
    done = 0
    with pikepdf.new() as batch:
        for letters in letters_in_parts(session, [head.key for head in heads]):
            for letter, document in zip(letters, documents.of(letters), strict=True):
                if not progress(done, len(heads)):
                    raise CancelledError("Printing was stopped; nothing was written.")
                if len(document.address_lines) < 3:
                    bare.append(letter.reference)
                with pikepdf.open(io.BytesIO(letter_pdf(document, at=letter.approved_at))) as one:
                    batch.pages.extend(one.pages)
                    if two_sided and len(one.pages) % 2:
                        box = one.pages[-1].mediabox
                        batch.add_blank_page(page_size=(float(box[2] - box[0]), float(box[3] - box[1])))
                done += 1
        stream = io.BytesIO()
        batch.save(stream)
        pages = len(batch.pages)
    progress(len(heads), len(heads))
    return PrintBatch(stream.getvalue(), pages, tuple(bare))


def web_form(session: Session, reference: str) -> WebForm:
    """The form of a letter's body, or the person's own, with the text for it.

    Raises: NotFoundError; NotAllowedError for a draft, one that went out or may have, or where no form is on
        file.
    """
    letter = find_letter(session, reference)
    if letter.status is LetterStatus.DRAFT:
        raise NotAllowedError(f"{letter.reference} is a draft. Approve it before it goes out.")
    refuse_step(session, [letter], Step.SENT)
    document = letter_document(session, letter)
    for owner, key in (
        (ContactDetail.person_id, letter.person_id),
        (ContactDetail.organization_id, letter.organization_id),
    ):
        url = session.scalar(
            select(ContactDetail.value).where(owner == key, ContactDetail.type == "form").limit(1)
        ) if key else None  # fmt: skip
        if url and url.startswith(("https://", "http://")):
            text = f"{letter_text(document, heading=False)}\n[{letter.reference}]\n"
            return WebForm(letter.reference, url, f"{document.subject} [{letter.reference}]", text)
    raise NotAllowedError(f"No web form is on file for {letter.reference}. Add its address in the directory.")
