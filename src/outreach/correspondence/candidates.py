"""Which letters messages may answer, found by indexes: the cost grows with the messages, not with the
letters."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Any

from sqlalchemy import ColumnElement, literal_column, select
from sqlalchemy.orm import Session

from outreach.domain.matching import (
    Basis,
    Candidate,
    Clues,
    Match,
    Matcher,
    bare_id,
    domain_of,
    references_in,
)
from outreach.domain.states import SENT_STATES, DispatchOutcome, LetterStatus, Origin
from outreach.store.lookup_keys import address_key, domain_key, message_key
from outreach.store.models import ContactDetail, Dispatch, Letter
from outreach.store.search import in_chunks

_MOST_SPELLINGS = 64
_WENT = Dispatch.outcome != DispatchOutcome.TAKEN_BACK
_IS_EMAIL = ContactDetail.type == literal_column("'email'")


class LetterFinder:
    """Finds the letters that messages belong to. Made for one run: letters by domain are read once."""

    def __init__(self) -> None:
        self._of_domain: dict[str, Matcher] = {}

    def matches(self, session: Session, clues: Sequence[Clues]) -> list[Match]:
        """The letter of each message, as `Matcher` finds it among all letters there are."""
        matcher = Matcher(candidates(session, _keys(session, clues)))
        found = [matcher.match(one) for one in clues]
        return [
            self._by_domain(session, one) if match.basis in {Basis.DOMAIN, Basis.NONE} else match
            for one, match in zip(clues, found, strict=True)
        ]

    def _by_domain(self, session: Session, clues: Clues) -> Match:
        """A message that nothing else tells of: whoever writes from the same place.

        Such letters may be many.
        """
        domain = domain_of(clues)
        if domain not in self._of_domain:
            keys = _by_address(session, domain_key, [domain]) if domain else set()
            self._of_domain[domain] = Matcher(candidates(session, keys))
        # What else it says was looked for among all letters already, and not all of these are in here.
        sender = replace(clues, thread=(), subject="", quoted="", returned_ids=(), returned_addresses=())
        return self._of_domain[domain].match(sender)


def own_message_ids(session: Session, message_ids: Iterable[str]) -> set[str]:
    """Those of some Message-IDs, in lower case, that messages of our own letters have."""
    wanted_ids = {i.lower() for i in message_ids if i}
    known = candidates(session, _by_message_id(session, wanted_ids))
    return wanted_ids & {i.lower() for candidate in known for i in candidate.message_ids}


def candidates(session: Session, keys: Collection[int] | None) -> list[Candidate]:
    """Letters that went out, or may have: how to recognise what answers them.

    Args: keys: of the letters to choose from, None for all there are.
    """
    letters = [
        row
        for wanted in in_chunks(None if keys is None else sorted(keys))
        for row in session.execute(
            select(
                Letter.id,
                Letter.reference,
                Letter.status,
                Letter.sent_on,
                Letter.person_id,
                Letter.organization_id,
            )
            .where(wanted(Letter.id), Letter.origin == Origin.OWN)
            .order_by(Letter.id)
        )
    ]
    tried: dict[int, list[tuple[str, str]]] = {}
    for wanted in in_chunks(None if keys is None else [row.id for row in letters]):
        columns = (Dispatch.letter_id, Dispatch.message_id, Dispatch.to_address)
        for key, message_id, address in session.execute(
            select(*columns).where(wanted(Dispatch.letter_id), _WENT).order_by(Dispatch.id)
        ):
            tried.setdefault(key, []).append((message_id, address))
    people = _addresses(session, ContactDetail.person_id, {row.person_id for row in letters})
    bodies = _addresses(session, ContactDetail.organization_id, {row.organization_id for row in letters})
    found = []
    for row in letters:
        sent = tried.get(row.id, [])
        if not sent and row.status not in SENT_STATES:
            continue
        addresses = [address.lower() for _, address in sent if address]
        addresses += people.get(row.person_id or 0, [])
        addresses += bodies.get(row.organization_id or 0, [])
        found.append(
            Candidate(
                key=row.id,
                reference=row.reference,
                message_ids=tuple(dict.fromkeys(i for i, _ in sent if i)),
                addresses=tuple(dict.fromkeys(addresses)),
                sent_on=row.sent_on,
                is_open=row.status in {LetterStatus.SENT, LetterStatus.ACKNOWLEDGED},
            )
        )
    return found


def _addresses(session: Session, owner: Any, keys: Collection[int | None]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for wanted in in_chunks({key for key in keys if key is not None}):
        query = select(owner, ContactDetail.value).where(wanted(owner), _IS_EMAIL)
        for key, value in session.execute(query.order_by(ContactDetail.id)):
            found.setdefault(key, []).append(value.lower())
    return found


def _keys(session: Session, clues: Sequence[Clues]) -> set[int]:
    """Keys of all letters that the messages name by Message-ID, reference or address."""
    found = _by_message_id(session, (i for one in clues for i in (*one.thread, *one.returned_ids)))
    named = {r for one in clues for text in (one.subject, one.quoted) for r in references_in(text)}
    for wanted in in_chunks(sorted(named)):
        found.update(session.scalars(select(Letter.id).where(wanted(Letter.reference))))
    senders = {one.from_address.lower() for one in clues} | {
        a for one in clues for a in one.returned_addresses
    }
    return found | _by_address(session, address_key, senders)


def _by_message_id(session: Session, message_ids: Iterable[str]) -> set[int]:
    bare = {bare_id(i).strip(" <>") for i in message_ids} - {""}
    keys = {key for i in bare for key in _spellings(i)}
    return {
        letter
        for wanted in in_chunks(sorted(keys))
        for letter in session.scalars(
            select(Dispatch.letter_id).where(wanted(message_key(Dispatch.message_id)), _WENT)
        )
    }


def _by_address(session: Session, key_of: Any, wanted_keys: Iterable[str]) -> set[int]:
    """Letters that went to an address, or are to somebody who has it.

    key_of: of a column, what the keys are compared with.
    """
    keys = sorted({spelling for key in wanted_keys if key for spelling in _spellings(key)})
    found: set[int] = set()
    people: set[int] = set()
    bodies: set[int] = set()
    for wanted in in_chunks(keys):
        found.update(
            session.scalars(select(Dispatch.letter_id).where(wanted(key_of(Dispatch.to_address)), _WENT))
        )
        value: ColumnElement[str] = key_of(ContactDetail.value)
        for person, body in session.execute(
            select(ContactDetail.person_id, ContactDetail.organization_id).where(wanted(value), _IS_EMAIL)
        ):
            (people if person else bodies).add(person or body or 0)
    for column, owners in ((Letter.person_id, people), (Letter.organization_id, bodies)):
        for wanted in in_chunks(owners):
            found.update(session.scalars(select(Letter.id).where(wanted(column))))
    return found


def _spellings(text: str) -> list[str]:
    """How a text in lower case may lie in an index, which makes small letters of those of ASCII only."""
    choices = [(c,) if c.isascii() or c.upper().lower() != c else (c, c.upper()) for c in text]
    return ["".join(chosen) for chosen in islice(product(*choices), _MOST_SPELLINGS)]
