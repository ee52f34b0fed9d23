"""A letter for the user's own mail program, as a mailto address (RFC 6068)."""

from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy.orm import Session

from outreach.domain.letter_life import Step
from outreach.domain.states import LetterStatus
from outreach.errors import NotAllowedError
from outreach.letters.addressing import address_of, sending_address
from outreach.letters.exports import letter_document
from outreach.letters.formats.text import letter_text
from outreach.letters.ledger import find_letter, refuse_step

LONGEST = 1_900
"""Characters that every system hands on. Windows cuts an address at 2,048 and Outlook takes 2,083."""


@dataclass(frozen=True)
class MailtoLink:
    """url: to open. text: the whole letter. has_text: whether url holds it; if not, it is to be pasted."""

    reference: str
    url: str
    text: str
    has_text: bool


def mailto_link(session: Session, reference: str) -> MailtoLink:
    """A link that opens the letter in the user's mail program; a text too long for one is left out of it.

    Raises: NotFoundError; NotAllowedError for a draft, one without an e-mail address that can be used, or one
        that may have gone out already.
    """
    letter = find_letter(session, reference)
    if letter.status is LetterStatus.DRAFT:
        raise NotAllowedError(f"{letter.reference} is a draft. Approve it before it goes out.")
    refuse_step(session, [letter], Step.SENT)
    to_address = address_of(letter.reference, sending_address(session, letter)).wire
    document = letter_document(session, letter)
    text = letter_text(document, heading=False)
    subject = f"{document.subject} [{letter.reference}]"
    head = f"mailto:{quote(to_address, safe='@')}?subject={quote(subject, safe='')}"
    whole = f"{head}&body={quote(text.replace(chr(10), chr(13) + chr(10)), safe='')}"
    fits = len(whole) <= LONGEST
    return MailtoLink(letter.reference, whole if fits else head[:LONGEST], text, fits)
