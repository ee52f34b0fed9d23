"""When two names are the same, and when two spellings may be of one person: for records from outside."""

import re
import unicodedata
from collections.abc import Iterable

from outreach.domain.references import folded, in_latin

_MARKS = str.maketrans("’‘ʼ′`´“”„«»‐‑‒–—−", "''''''\"\"\"\"\"------")
# Words that people of any name share.
_COMMON = frozenset({
    "de", "da", "do", "das", "dos", "del", "della", "di", "du", "la", "le", "van", "von", "der", "den", "ter",
    "te", "al",
    "el", "bin", "ibn", "bint", "abu", "y", "e", "i", "and", "the", "of", "dr", "mr", "mrs", "ms", "miss",
    "prof", "sir",
    "lord", "lady", "dame", "baroness", "baron", "hon", "rt", "mp", "mep", "jr", "sr", "ii", "iii",
})  # fmt: skip
_ALIKE = 75.0
_LONGEST_PARSED = 200


def name_key(text: str) -> str:
    """What is compared to say that two names are the same: case, blanks and the form of quotation marks and
    dashes do not matter, every letter and accent does (Ålesund is not Alesund).
    """
    plain = unicodedata.normalize("NFKC", text).translate(_MARKS).casefold()
    return " ".join(unicodedata.normalize("NFKC", plain).split())


def any_order(text: str) -> str:
    """A name with its words in order of the alphabet, without accents: May, Theresa is Theresa May."""
    return " ".join(sorted(re.sub(r"[,.]", " ", folded(text)).split()))


def are_alike(first: Iterable[str], second: Iterable[str]) -> bool:
    """Whether names may be of one person: any two share a word that tells something, or are spelt nearly
    alike.

    Scripts do not matter: Иванов is like Ivanov. Married names are alike, since the given name is shared.
    """
    from rapidfuzz import fuzz

    ours, theirs = [_plain(n) for n in first if n], [_plain(n) for n in second if n]
    for one in ours:
        for other in theirs:
            if (
                _telling(one) & _telling(other)
                or max(
                    fuzz.token_sort_ratio(one, other),
                    fuzz.ratio(one.replace(" ", ""), other.replace(" ", "")),
                )
                >= _ALIKE
            ):
                return True
    return False


def given_names_differ(first: str, second: str) -> bool:
    """Whether given names are of two people: none of one is a name of the other, its initial, or spelt nearly
    as it.

    What is empty contradicts nothing.
    """
    from rapidfuzz import fuzz

    ours, theirs = _plain(first).split(), _plain(second).split()
    if not ours or not theirs:
        return False
    return not any(
        one.startswith(other) or other.startswith(one) or fuzz.ratio(one, other) >= _ALIKE
        for one in ours
        for other in theirs
    )


def are_of_other_scripts(first: str, second: str) -> bool:
    """Whether one name is written in Latin letters and the other in none, so
    that nothing can be said of the two.
    """
    scripts = []
    for name in (first, second):
        latin = {"LATIN" in unicodedata.name(c, "") for c in name if c.isalpha()}
        scripts.append(latin)
    return {True} in scripts and {False} in scripts


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", in_latin(name[:_LONGEST_PARSED])).split())


def _telling(name: str) -> set[str]:
    return {w for w in name.split() if len(w) > 1 and w not in _COMMON}


def split_name(text: str) -> tuple[str, str, str, str]:
    """A full name in its parts: given names, family name, title, letters after it.

    What is far too long for a name is not taken apart, since that would take for ever; it is the family name.
    """
    from nameparser import HumanName

    if len(text) > _LONGEST_PARSED:
        return "", text, "", ""
    parsed = HumanName(text)
    given = " ".join(x for x in (str(parsed.first), str(parsed.middle)) if x)
    return given, str(parsed.last), str(parsed.title), str(parsed.suffix)
