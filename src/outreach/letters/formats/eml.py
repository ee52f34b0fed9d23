"""A letter as an e-mail message file (RFC 5322) that any mail program opens, with the PDF attached."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from outreach.domain.wording import one_line, printable
from outreach.letters.formats.document import LetterDocument
from outreach.letters.formats.html import letter_html
from outreach.letters.formats.text import letter_text


def letter_eml(
    document: LetterDocument,
    pdf: bytes,
    *,
    to_name: str,
    to_address: str,
    from_address: str,
    message_id: str,
    reply_to: str = "",
    sent_at: datetime | None = None,
    attachments: Sequence[tuple[str, str, bytes]] = (),
) -> bytes:
    """The message with its text, the same as HTML, and the letter as PDF.

    Args: to_address, from_address: "" where not on file; the header is then left out, for the user's
        mail program to fill. message_id: made once for a letter, so that answers can be matched. reply_to: where
        answers go, if not to from_address. sent_at: the instant it goes out; None for a message still to be sent.
        attachments: name, content type and content of files that go with it.
    """
    message = EmailMessage(policy=SMTP)
    if from_address:
        message["From"] = _address(document.signature[0] if document.signature else "", from_address)
    if to_address:
        message["To"] = _address(to_name, to_address)
    message["Subject"] = _header(f"{document.subject} [{document.reference}]")
    message["Message-ID"] = message_id
    if reply_to:
        message["Reply-To"] = _address("", reply_to)
    if sent_at is None:
        message["X-Unsent"] = "1"  # Outlook then opens it as a message to be sent
    else:
        message["Date"] = sent_at
    message.set_content(letter_text(document, heading=False))
    message.add_alternative(letter_html(document, with_logo=False), subtype="html")
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{document.reference}.pdf")
    for name, content_type, content in attachments:
        main, _, sub = (content_type or "application/octet-stream").partition("/")
        message.add_attachment(
            content, maintype=main, subtype=sub or "octet-stream", filename=_header(name) or "file"
        )
    # Boundaries from what is in the message in place of chance, so that the same letter gives the same bytes.
    seed = hashlib.sha256(f"{message_id} {document.body_markdown}".encode()).hexdigest()[:32]
    for number, part in enumerate(p for p in message.walk() if p.get_content_maintype() == "multipart"):
        part.set_boundary(f"=_{seed}_{number}")
    return message.as_bytes()


def _address(name: str, address: str) -> Address:
    local, _, domain = _header(address).rpartition("@")
    return Address(display_name=_header(name), username=local, domain=domain)


def make_message_id(reference: str, digest: str, sender: str) -> str:
    """Message-ID of a letter: the same for the same text, so that making the file again does not change it.

    Args: digest: SHA-256 of the text.
    """
    domain = sender.rpartition("@")[2] or "outreach.invalid"
    return f"<{reference.lower()}.{digest[:32]}@{domain}>"


def _header(text: str) -> str:
    """Text for a header: one line, whatever is in it."""
    return one_line(printable(text))
