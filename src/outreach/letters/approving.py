"""What to know before a decision about letters: to whom they go, and what speaks against it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.states import LetterStatus
from outreach.letters.checks import letter_notes
from outreach.letters.ledger import Facts, approval_problem, find_letters
from outreach.store.models import Organization, Person


@dataclass(frozen=True)
class LetterToDecide:
    """A letter somebody is about to decide on.

    recipient: their name. notes: one sentence a warning, none if all is well.
    """

    reference: str
    recipient: str
    notes: tuple[str, ...]


def letters_to_decide(session: Session, references: Sequence[str]) -> tuple[LetterToDecide, ...]:
    """Letters as a question about them should name them, in the order given.

    Drafts come with what speaks against approving them: who holds the office no more, placeholders, facts
    that have changed.
    Raises: NotFoundError.
    """
    found = []
    seen: Facts = {}
    for letter in find_letters(session, references, with_facts=True):
        name = session.scalar(select(Person.name).where(Person.id == letter.person_id))
        if name is None:
            name = session.scalar(select(Organization.name).where(Organization.id == letter.organization_id))
        notes = letter_notes(session, letter.reference)
        if letter.status is LetterStatus.DRAFT and (problem := approval_problem(session, letter, seen)):
            notes = (*notes, problem)
        found.append(LetterToDecide(letter.reference, name or "", notes))
    return tuple(found)
