"""Which letter a message answers, from what its headers and words say; how sure that is, in percent."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

CERTAIN_FROM = 90
"""From this confidence on a message is filed by itself; below, a person decides."""

_REFERENCE = re.compile(r"(?<![A-Z0-9-])([A-Z][A-Z0-9]{1,9})-(\d{4,9})(?!\d)")
_NUMBER = re.compile(r"-\d{4}")
# Providers whose addresses say nothing about the body that writes.
_FREE = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "yahoo.com",
        "yahoo.co.uk",
        "icloud.com",
        "me.com",
        "aol.com",
        "gmx.de",
        "gmx.net",
        "web.de",
        "mail.ru",
        "yandex.ru",
        "proton.me",
        "protonmail.com",
    ]
)


class Basis(StrEnum):
    """On what a match rests, the firmest first."""

    BY_HAND = "by_hand"
    THREAD = "thread"
    SUBJECT = "subject"
    QUOTED = "quoted"
    ADDRESS = "address"
    DOMAIN = "domain"
    CONFLICT = "conflict"
    NONE = "none"


@dataclass(frozen=True)
class Candidate:
    """A letter that went out. addresses: in lower case, of whom it went to and of whom it is addressed to."""

    key: int
    reference: str
    message_ids: tuple[str, ...]
    addresses: tuple[str, ...]
    sent_on: date | None
    is_open: bool


@dataclass(frozen=True)
class Clues:
    """What a message says of itself. thread: Message-IDs of In-Reply-To, then References, the nearest first.

    returned: Message-IDs and failed addresses that a bounce gives back.
    """

    thread: tuple[str, ...]
    subject: str
    quoted: str
    from_address: str
    on: date
    returned_ids: tuple[str, ...] = ()
    returned_addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Match:
    """key: of the letter, None if there is none. reason: for the user, in words."""

    key: int | None
    basis: Basis
    confidence: int
    reason: str

    @property
    def is_certain(self) -> bool:
        """Whether it may be filed without asking."""
        return self.key is not None and self.confidence >= CERTAIN_FROM


def references_in(text: str) -> tuple[str, ...]:
    """References such as MAG-0042 in a text, each once, in their order; case does not matter."""
    if _NUMBER.search(text) is None:  # most texts name none, and this is found out ten times as fast
        return ()
    return tuple(dict.fromkeys(f"{p}-{n}" for p, n in _REFERENCE.findall(text.upper())))


class Matcher:
    """Finds letters for messages. Built once for many messages; holds no database."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._by_id: dict[str, Candidate] = {}
        self._by_reference: dict[str, Candidate] = {}
        self._by_address: dict[str, list[Candidate]] = defaultdict(list)
        self._by_domain: dict[str, list[Candidate]] = defaultdict(list)
        self._marks: set[str] = set()
        for candidate in candidates:
            self._marks.add(candidate.reference.rpartition("-")[0].lower() + "-")
            self._by_reference[candidate.reference] = candidate
            for message_id in candidate.message_ids:
                self._by_id[bare_id(message_id)] = candidate
            for address in candidate.addresses:
                self._by_address[address].append(candidate)
            for domain in {a.rpartition("@")[2] for a in candidate.addresses}:
                self._by_domain[domain].append(candidate)

    def match(self, clues: Clues) -> Match:
        """The letter a message belongs to.

        Thread headers (RFC 5322, 3.6.4) decide, then the reference in the subject, then the one in the quoted
        text; where two of them name different letters a person is asked. Who wrote and when is a proposal
        only.
        """
        found: list[tuple[Candidate, Basis, int, str]] = []
        by_id = next(
            (
                self._by_id[bare_id(i)]
                for i in (*clues.thread, *clues.returned_ids)
                if bare_id(i) in self._by_id
            ),
            None,
        )
        if by_id is not None:
            found.append((by_id, Basis.THREAD, 99, f"It is in reply to the message of {by_id.reference}."))
        # A long mailing may name several letters of ours; then no single one is meant.
        in_subject = self._known(clues.subject)
        if len(in_subject) == 1:
            letter = in_subject[0]
            found.append((letter, Basis.SUBJECT, 97, f"Its subject names {letter.reference}."))
        in_text = self._known(clues.quoted)
        if len(in_text) == 1:
            letter = in_text[0]
            found.append((letter, Basis.QUOTED, 92, f"Its text names {letter.reference}."))
        if found:
            return _agreed(found, clues)
        failed = [c for a in clues.returned_addresses for c in self._by_address.get(a, [])]
        if failed:
            return _latest(failed, clues, Basis.ADDRESS, 95, "It gives back the address of")
        return self._by_sender(clues)

    def _known(self, text: str) -> list[Candidate]:
        lowered = text.lower()
        if not any(mark in lowered for mark in self._marks):
            return []
        return [self._by_reference[r] for r in references_in(text) if r in self._by_reference]

    def _by_sender(self, clues: Clues) -> Match:
        address, domain = clues.from_address.lower(), domain_of(clues)
        if address and self._by_address.get(address):
            return _latest(
                self._by_address[address], clues, Basis.ADDRESS, 80, "It comes from the address of"
            )
        if domain and self._by_domain.get(domain):
            return _latest(
                self._by_domain[domain],
                clues,
                Basis.DOMAIN,
                55,
                "It comes from the same place as the address of",
            )
        return Match(None, Basis.NONE, 0, "Nothing in it names a letter.")


def domain_of(clues: Clues) -> str:
    """Where a message comes from, "" where that says nothing of who writes."""
    domain = clues.from_address.lower().rpartition("@")[2]
    return "" if domain in _FREE else domain


def bare_id(message_id: str) -> str:
    """A Message-ID without its brackets, in lower case: so they are compared."""
    return message_id.strip().strip("<>").lower()


def _agreed(found: Sequence[tuple[Candidate, Basis, int, str]], clues: Clues) -> Match:
    letter, basis, confidence, reason = found[0]
    others = [f for f in found[1:] if f[0].key != letter.key]
    if others and basis is Basis.THREAD and others[0][1] is Basis.QUOTED:
        others = []  # the thread is firmer than what somebody quotes
    if others:
        said = f"{reason} But {others[0][3][0].lower()}{others[0][3][1:]}"
        return Match(letter.key, Basis.CONFLICT, 60, said)
    # The clock of who answers may be wrong; a thread cannot be.
    if basis is not Basis.THREAD and letter.sent_on is not None and clues.on < letter.sent_on:
        return Match(letter.key, basis, 60, f"{reason} But it is dated before that letter went out.")
    return Match(letter.key, basis, confidence, reason)


def _latest(letters: Sequence[Candidate], clues: Clues, basis: Basis, confidence: int, reason: str) -> Match:
    """The letter sent last before the message; less sure where several are open."""
    possible = [c for c in letters if c.sent_on is None or c.sent_on <= clues.on] or list(letters)
    still_open = [c for c in possible if c.is_open] or possible
    best = max(still_open, key=lambda c: (c.sent_on or date.min, c.key))
    several = len({c.key for c in still_open}) > 1
    more = f", the newest of {len({c.key for c in still_open})} letters there" if several else ""
    return Match(
        best.key, basis, confidence - 25 if several else confidence, f"{reason} {best.reference}{more}."
    )
