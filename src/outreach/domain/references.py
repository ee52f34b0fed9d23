"""Reference numbers of letters, such as MAG-0042, and identifiers made from names."""

import hashlib
import re
import unicodedata

from anyascii import anyascii

_REFERENCE = re.compile(r"^([A-Z][A-Z0-9]{1,9})-(\d{4,})$")
SLUG_LENGTH = 80


def letter_reference(prefix: str, number: int) -> str:
    """Reference of a campaign's n-th letter: the campaign's prefix and at least four digits."""
    return f"{prefix}-{number:04d}"


def reference_key(reference: str) -> str:
    """What references sort by: the prefix, then the number as a number, so that
    MAG-10000 comes after MAG-9999.
    """
    prefix, _, number = reference.rpartition("-")
    return f"{prefix} {int(number):012d}" if number.isdecimal() else reference


def is_reference(text: str) -> bool:
    """Whether the text has the form of a letter's reference (upper case, as printed on letters)."""
    return _REFERENCE.match(text) is not None


def folded(text: str) -> str:
    """Text for comparison: without accents, in lower case, white space as single blanks."""
    plain = text
    if not text.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


def in_latin(text: str) -> str:
    """Text of any script in plain Latin letters, in lower case: Иванов is ivanov, 李伟 is liwei.

    Several names may be written alike; this is for reading and searching, never for telling things apart.
    """
    plain = folded(text)
    return plain if plain.isascii() else folded(anyascii(unicodedata.normalize("NFKC", text)))


def digest_of(text: str, length: int = 8) -> str:
    """A short mark of a text that stays the same on every machine."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def cut(identifier: str, length: int = SLUG_LENGTH) -> str:
    """An identifier that fits: one that is too long ends with a mark of all of it, so that two stay two."""
    if len(identifier) <= length:
        return identifier
    return f"{identifier[: length - 9].rstrip('-')}-{digest_of(identifier)}"


def slug(text: str, fallback: str = "item") -> str:
    """Identifier made from a name of any script: lower-case letters, digits and hyphens, at most 80
    characters.

    Different names may give the same one (Ålesund and Alesund): whoever makes a record asks for one that is
    free (`store.types.free_slug`), and nobody takes two things for one because of it. A name of which nothing
    can be written in Latin letters gives the fallback with a mark of the name; "" as fallback gives "".
    """
    made = re.sub(r"[^a-z0-9]+", "-", in_latin(text)).strip("-")
    if not made:
        return f"{fallback}-{digest_of(text.strip(), 6)}" if fallback and text.strip() else fallback
    return cut(made)


def campaign_prefix(name: str) -> str:
    """Prefix proposed for a campaign's references: its first three letters or digits, in capitals."""
    letters = re.sub(r"[^A-Z0-9]", "", in_latin(name).upper())
    return (letters[:3] if letters[:1].isalpha() else "C" + letters[:2]).ljust(3, "X")
