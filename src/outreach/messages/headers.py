"""What stands in the headers of a message (RFC 5322, RFC 2047), however it was written."""

import codecs
import email.errors
import email.header
import email.utils
import re
from datetime import UTC, datetime

MAX_HEADER = 4_000
# Codecs that are no character sets, or that take quadratic time.
_NO_CHARSET = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7"})
_SIMPLE_ADDRESS = re.compile(
    r"^\"?([^\"<>(),;:\\@\[\]]{0,200})\"? ?<([^<>\s@\",;:()]{1,200}@[^<>\s@\",;:()]{1,250})>$"
)
_BARE_ADDRESS = re.compile(r"^[\w.+-]{1,200}@[\w.-]{1,250}$", re.ASCII)
MESSAGE_ID = re.compile(r"<([^<>\s]{1,900})>")


def decoded_header(value: str, longest: int = MAX_HEADER) -> str:
    """The words of a header's value, at most so many characters of it."""
    text = value[:longest]
    try:
        if "=?" in text:
            text = "".join(_piece(piece, charset) for piece, charset in email.header.decode_header(text))
        if not text.isascii():
            # Bytes that are no UTF-8 arrived as surrogates.
            text = decoded(text.encode("utf-8", "surrogateescape"), "utf-8")
    except (ValueError, LookupError, TypeError, AttributeError, IndexError, email.errors.MessageError):
        text = text.encode("utf-8", "replace").decode("utf-8")
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def _piece(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    return decoded(piece, charset or "utf-8")


def decoded(content: bytes, charset: str) -> str:
    """Bytes as text: by the character set named, if it is one, else as UTF-8, else as Windows-1252."""
    for name in (charset, "utf-8"):
        try:
            known = codecs.lookup(name).name.replace("-", "_")
            if known in _NO_CHARSET:
                continue
            return content.decode(name)
        except (LookupError, ValueError, TypeError):
            continue
    return content.decode("cp1252", "replace")


def address_of(header: str) -> tuple[str, str]:
    """Name and address of the first mailbox in a header."""
    # The common forms, which the library takes ten times as long for.
    if simple := _SIMPLE_ADDRESS.match(header):
        return simple[1].strip(), simple[2]
    if _BARE_ADDRESS.match(header):
        return "", header
    try:
        name, address = email.utils.parseaddr(header[:1000])
    except (ValueError, IndexError, TypeError, AttributeError, RecursionError):
        return header[:200], ""
    return name, address if "@" in address else ""


def ids_in(text: str) -> tuple[str, ...]:
    """Message-IDs in a text, in their order."""
    return tuple(f"<{i}>" for i in MESSAGE_ID.findall(text))


def instant_in(header: str) -> datetime | None:
    """The instant that a header names, None for none that can be read."""
    if not header:
        return None
    try:
        parsed = email.utils.parsedate_to_datetime(header[:100])
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        aware.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return aware
