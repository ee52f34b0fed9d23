"""A letter as an e-mail message file (RFC 5322) that any mail program opens, with the PDF attached."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, EmailPolicy
from typing import Any

from outreach.domain.email_address import EmailAddress, parsed_address
from outreach.domain.wording import one_line, printable
from outreach.letters.formats.document import LetterDocument
from outreach.letters.formats.html import letter_html
from outreach.letters.formats.text import letter_text

_NAME_LENGTH = 60
_OPAQUE = frozenset({"message", "multipart"})
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]+")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


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

    Args: to_address, from_address: "" where not on file; the header of one that is none, or is no address, is
        left out, for the user's mail program to fill. message_id: made once for a letter, so that answers can
        be matched. reply_to: where answers go, if not to from_address. sent_at: the instant it goes out; None
        for a message still to be sent. attachments: name, content type and content of files that go with it.
    """
    sender, addressee, answers = map(parsed_address, (from_address, to_address, reply_to))
    in_utf8 = any(x.needs_utf8 for x in (sender, addressee, answers) if x is not None)
    rules = SMTPUTF8 if in_utf8 else SMTP
    message = EmailMessage(policy=rules)
    if sender is not None:
        message["From"] = _address(document.signature[0] if document.signature else "", sender, rules)
    if addressee is not None:
        message["To"] = _address(to_name, addressee, rules)
    message["Subject"] = _header(f"{document.subject} [{document.reference}]")
    message["Message-ID"] = message_id
    if answers is not None:
        message["Reply-To"] = _address("", answers, rules)
    if sent_at is None:
        message["X-Unsent"] = "1"  # Outlook then opens it as a message to be sent
    else:
        message["Date"] = sent_at
    message.set_content(letter_text(document, heading=False))
    message.add_alternative(letter_html(document, with_logo=False), subtype="html")
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{document.reference}.pdf")
    for name, content_type, content in attachments:
        main, sub = _media_type(content_type)
        message.add_attachment(content, maintype=main, subtype=sub, filename=_header(name) or "file")
    # Boundaries from what is in the message in place of chance, so that the same letter gives the same bytes.
    seed = hashlib.sha256(f"{message_id} {document.body_markdown}".encode()).hexdigest()[:32]
    for number, part in enumerate(p for p in message.walk() if p.get_content_maintype() == "multipart"):
        part.set_boundary(f"=_{seed}_{number}")
    return message.as_bytes()


def _address(name: str, address: EmailAddress, rules: "EmailPolicy[Any]") -> Address:
    """An address with a name before it, or as much of the name as leaves it one address when it is read
    again.

    WORKAROUND Python 3.11 to 3.13: folding a long name with commas or quotes and other alphabets drops the
    quotes around it, so that its parts read as addresses; a name that looks like an encoded word is read as
    what it encodes.
    """
    local, _, domain = address.wire.rpartition("@")
    whole = _header(name.replace("=?", " ").replace("?=", " "))
    plain = _header("".join(c if c.isalnum() or c in " .-’'" else " " for c in whole))[:_NAME_LENGTH]
    for shown in (whole, plain, ""):
        made = Address(display_name=shown, username=local, domain=domain)
        if not shown or _reads_as_one(made, address, rules):
            break
    return made


def _reads_as_one(made: Address, address: EmailAddress, rules: "EmailPolicy[Any]") -> bool:
    probe = EmailMessage(policy=rules)
    probe["To"] = made
    try:
        read = message_from_bytes(probe.as_bytes(), policy=SMTP)["To"].addresses
    except (AttributeError, IndexError):  # Python's own reader stumbles over what it folded wrongly
        return False
    specs = [x.addr_spec.encode("utf-8", "surrogateescape") for x in read]
    return specs == [address.wire.encode("utf-8")]


def _media_type(text: str) -> tuple[str, str]:
    """The two halves of a content type.

    A file in a message may be neither a message nor in parts (RFC 2046, 5.2.1), nor of no type.
    """
    main, _, sub = text.partition("/")
    if main in _OPAQUE or not (_TOKEN.fullmatch(main) and _TOKEN.fullmatch(sub)):
        return "application", "octet-stream"
    return main, sub


def make_message_id(reference: str, digest: str, sender: str) -> str:
    """Message-ID of a letter: the same for the same text, so that making the file again does not change it.

    Args: digest: SHA-256 of the text.
    """
    domain = sender.strip().rpartition("@")[2]
    if not _DOMAIN.fullmatch(domain):
        found = parsed_address(sender)
        domain = found.domain if found else "outreach.invalid"
    return f"<{reference.lower()}.{digest[:32]}@{domain}>"


def _header(text: str) -> str:
    """Text for a header: one line, whatever is in it."""
    return one_line(printable(text))
