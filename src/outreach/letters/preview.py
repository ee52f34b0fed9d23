"""A draft as it will look, set from what is in the editor rather than from what is saved."""

from dataclasses import replace

from sqlalchemy.orm import Session

from outreach.letters.exports import letter_document
from outreach.letters.formats.document import LetterDocument, parse_blocks
from outreach.letters.formats.pdf import letter_data
from outreach.letters.formats.typesetting import typeset
from outreach.letters.ledger import find_letters


def saved_document(session: Session, reference: str) -> LetterDocument:
    """A letter as it is on file. Raises: NotFoundError; NotAllowedError for a letter without a text."""
    return letter_document(session, find_letters(session, [reference])[0])


def edited_document(
    saved: LetterDocument, *, subject: str, salutation: str, body: str, close: str
) -> LetterDocument:
    """The same letter with other words than those on file."""
    return replace(
        saved,
        subject=subject,
        salutation=salutation,
        blocks=parse_blocks(body),
        close=close,
        body_markdown=body,
    )


def preview_pdf(document: LetterDocument) -> bytes:
    """Set a letter for the screen: the same layout, without the standards' claims, which cost time.

    Raises: TypesettingError.
    """
    return typeset("letter", letter_data(document), standards=False, files=document.letterhead.files)
