"""Reference numbers of letters, such as MAG-0042, and identifiers made from names."""

import re
import unicodedata

_REFERENCE = re.compile(r"^([A-Z][A-Z0-9]{1,9})-(\d{4,})$")


def letter_reference(prefix: str, number: int) -> str:
    """Reference of a campaign's n-th letter: the campaign's prefix and at least four digits."""
    return f"{prefix}-{number:04d}"


def is_reference(text: str) -> bool:
    """Whether the text has the form of a letter's reference (upper case, as printed on letters)."""
    return _REFERENCE.match(text) is not None


def folded(text: str) -> str:
    """Text for comparison: without accents, in lower case, white space as single blanks."""
    plain = text
    if not text.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


def slug(text: str, fallback: str = "item") -> str:
    """Identifier made from a name: lower-case letters, digits and hyphens, at most 80 characters."""
    return re.sub(r"[^a-z0-9]+", "-", folded(text)).strip("-")[:80].strip("-") or fallback


def campaign_prefix(name: str) -> str:
    """Prefix proposed for a campaign's references: its first three letters or digits, in capitals."""
    letters = re.sub(r"[^A-Z0-9]", "", folded(name).upper())
    return (letters[:3] if letters[:1].isalpha() else "C" + letters[:2]).ljust(3, "X")
