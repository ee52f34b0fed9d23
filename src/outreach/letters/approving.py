"""What to know before a decision about letters: to whom they go, and what speaks against it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from outreach.domain.states import LetterStatus
from outreach.domain.wording import first_names_in_words
from outreach.letters.addressing import names_of
from outreach.letters.approval_problems import approval_problems
from outreach.letters.checks import notes_on
from outreach.letters.ledger import find_letters


@dataclass(frozen=True)
class LetterToDecide:
    """A letter somebody is about to decide on.

    recipient: their name. notes: one sentence a warning, none if all is well.
    """

    reference: str
    recipient: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """Letters that somebody is about to decide on together. known: all of them, or of many the first ones and
    those that something speaks against. count: how many they are."""

    known: tuple[LetterToDecide, ...]
    count: int

    @property
    def whom(self) -> str:
        """Whom they go to, in words."""
        return first_names_in_words([x.recipient for x in self.known], self.count)


def letters_to_decide(session: Session, references: Sequence[str]) -> tuple[LetterToDecide, ...]:
    """Letters as a question about them should name them, in the order given.

    Drafts come with what speaks against approving them: who holds the office no more, placeholders, facts
    that have changed.
    Raises: NotFoundError.
    """
    letters = find_letters(session, references)
    names = names_of(session, letters)
    drafts = [letter for letter in letters if letter.status is LetterStatus.DRAFT]
    problems = dict(zip((x.id for x in drafts), approval_problems(session, drafts), strict=True))
    return tuple(
        LetterToDecide(
            letter.reference, name, (*notes, problem) if (problem := problems.get(letter.id)) else notes
        )
        for letter, name, notes in zip(letters, names, notes_on(session, letters), strict=True)
    )
