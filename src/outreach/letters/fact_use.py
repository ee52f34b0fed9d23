"""Where a letter's facts stand in its text, and whether they still do after it was edited.

A letter keeps, for each place where a fact stands, the words it stands in, in the order of the text. Where
that is follows from the words and their order; what an edit left alone follows from comparing the text before
and after it.
"""

import re
import sys
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import accumulate

from outreach.cases.facts import FactRow
from outreach.domain.wording import one_line

# A number with its separators is one token, so that a 2 is not found in 2.5 or 12.
_TOKEN = re.compile(r"\d+(?:[.,’'\u00a0\u202f]\d+)*\w*|\w+|[^\w\s]")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENTITY = re.compile(r"&#(\d{1,5});")
_MOST_COMPARED = 4_000_000
"""Tokens of one text times tokens of the other, for passages that were written anew.

Larger ones count as changed.
"""


def forms_of(fact: FactRow) -> frozenset[str]:
    """The words in which a template can put a fact: as prose has it, with its unit, as data,
    formally, by label or year.
    """
    year = fact.raw[:4] if fact.type == "date" else ""
    words = (fact.in_prose, fact.value, fact.raw, fact.formal, fact.label, year)
    return frozenset(_shown(x) for x in words if x)


def words_of(fact: FactRow, printed: str) -> str:
    """The words to keep for a place: those printed, or those of prose where the
    template made others of them.
    """
    words = _shown(printed)
    return words if words in forms_of(fact) else _shown(fact.in_prose)


def still_standing(old: str, new: str, words: Sequence[str]) -> list[bool]:
    """For each place of a fact in a text, whether an edit has left it.

    Args: old, new: subject and body, as Markdown. words: of each place, in the order of the old text.
    Returns: False for a place whose words were deleted or changed, or of which nobody can say that they were
        not: where the same words also stand elsewhere between the facts before and after it, all of these
        must be left. Words that are not in the old text, since the template made others of them, count as
        left.
    """
    before, after = _lines(old), _lines(new)
    moved = _moved(before, after)
    text = [token for line in before for token in line]
    wanted = [[token for line in _lines(x) for token in line] for x in words]
    places = [_places(text, tokens) for tokens in wanted]
    first, last = _earliest(places, wanted), _latest(places, wanted)
    standing = []
    for own, tokens, low, high in zip(places, wanted, first, last, strict=True):
        possible = [p for p in own if low <= p <= high] or own
        standing.append(
            all(
                p in moved and all(moved.get(p + n) == moved[p] + n for n in range(len(tokens)))
                for p in possible
            )
        )
    return standing


def _shown(text: str) -> str:
    return " ".join(one_line(text).split())


def _lines(text: str) -> list[list[str]]:
    """Words, numbers and signs of each line that has any, as they are read: without escapes,
    small and capital letters the same.
    """
    plain = _ENTITY.sub(lambda found: chr(int(found[1])), _ESCAPE.sub(r"\1", text))
    return [tokens for line in plain.split("\n") if (tokens := _TOKEN.findall(line.casefold()))]


def _places(text: list[str], words: list[str]) -> list[int]:
    length = len(words)
    return [n for n in range(len(text) - length + 1) if text[n : n + length] == words] if words else []


def _earliest(places: Sequence[Sequence[int]], words: Sequence[Sequence[str]]) -> list[int]:
    """The first place of each words after those before them; 0 for words that have none."""
    found, at = [], 0
    for own, tokens in zip(places, words, strict=True):
        place = next((p for p in own if p >= at), None)
        found.append(0 if place is None else place)
        at = at if place is None else place + len(tokens)
    return found


def _latest(places: Sequence[Sequence[int]], words: Sequence[Sequence[str]]) -> list[int]:
    """The last place of each words before those after them; -1 for words that have none."""
    found: list[int] = []
    end = sys.maxsize
    for own, tokens in zip(reversed(places), reversed(words), strict=True):
        place = next((p for p in reversed(own) if p + len(tokens) <= end), None)
        found.append(-1 if place is None else place)
        end = end if place is None else place
    return found[::-1]


def _moved(old: list[list[str]], new: list[list[str]]) -> dict[int, int]:
    """For each token of the old text that an edit has left, by its number, the
    number it has in the new one.
    """
    starts = [list(accumulate(map(len, lines), initial=0)) for lines in (old, new)]
    moved: dict[int, int] = {}
    lines = SequenceMatcher(None, [tuple(x) for x in old], [tuple(x) for x in new], autojunk=False)
    for kind, a, a_end, b, b_end in lines.get_opcodes():
        first, second = starts[0][a], starts[1][b]
        if kind == "equal":
            moved.update((first + n, second + n) for n in range(starts[0][a_end] - first))
        elif kind == "replace":
            one = [token for line in old[a:a_end] for token in line]
            other = [token for line in new[b:b_end] for token in line]
            if len(one) * len(other) > _MOST_COMPARED:
                continue
            for block in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks():
                moved.update((first + block.a + n, second + block.b + n) for n in range(block.size))
    return moved
