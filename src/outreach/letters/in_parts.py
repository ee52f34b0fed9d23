"""Any number of letters, read a part at a time: in memory are the texts of those that are being worked on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.states import LetterStatus, Origin
from outreach.letters.ledger import refuse_unknown
from outreach.store.models import Letter
from outreach.store.search import in_chunks

AT_ONCE = 64


@dataclass(frozen=True)
class LetterHead:
    """What can be said of a letter without its text."""

    key: int
    reference: str
    origin: Origin
    status: LetterStatus


def letter_heads(session: Session, references: Sequence[str]) -> list[LetterHead]:
    """Heads of letters by reference, in the order given; case does not matter.

    Raises: NotFoundError naming every reference there is no letter for.
    """
    wanted_references = list(dict.fromkeys(r.strip().upper() for r in references))
    found = {}
    for wanted in in_chunks(wanted_references):
        columns = (Letter.id, Letter.reference, Letter.origin, Letter.status)
        for key, reference, origin, status in session.execute(
            select(*columns).where(wanted(Letter.reference))
        ):
            found[reference] = LetterHead(key, reference, origin, status)
    refuse_unknown(wanted_references, found)
    return [found[r] for r in wanted_references]


def alike_together(session: Session, keys: Sequence[int]) -> list[int]:
    """Keys of letters, those with the same template, language and text one after the other."""
    return [
        key
        for wanted in in_chunks(keys)
        for key in session.scalars(
            select(Letter.id).where(wanted(Letter.id)).order_by(Letter.template, Letter.language, Letter.body)
        )
    ]


def letters_in_parts(session: Session, keys: Sequence[int]) -> Iterator[list[Letter]]:
    """Letters in the order of their keys, `AT_ONCE` at a time.

    Keep none of them, so that memory stays as it is.
    """
    for at in range(0, len(keys), AT_ONCE):
        part = keys[at : at + AT_ONCE]
        found = {x.id: x for x in session.scalars(select(Letter).where(Letter.id.in_(part)))}
        letters = [found[key] for key in part]
        del found
        yield letters
