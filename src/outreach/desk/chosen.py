"""Letters that somebody chose in a table, few by name or all that a query
means, and what has to be known of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.desk.letter_order import BY_REFERENCE
from outreach.desk.letter_query import LetterQuery
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import letter_count, letter_ids, letter_page, situations_of
from outreach.domain.letter_life import LetterSituation
from outreach.domain.wording import counted, first_names_in_words
from outreach.store.models import LetterRow
from outreach.store.paging import Order

NAMED = 6


@dataclass(frozen=True)
class ChosenLetters:
    """Letters that were chosen.

    query, today: which ones these are. order: as the table shows them. count: how many.
    """

    query: LetterQuery
    today: date
    count: int
    order: Order = BY_REFERENCE

    @classmethod
    def named(cls, references: Sequence[str], today: date) -> "ChosenLetters":
        """Letters by their references."""
        return cls(LetterQuery(only=tuple(references)), today, len(references))

    @property
    def references(self) -> tuple[str, ...] | None:
        """Their references, None where they are all that a query means."""
        return self.query.only

    @property
    def in_words(self) -> str:
        """How many, such as “3,000 letters”; one letter by its reference."""
        if self.count == 1 and self.references:
            return self.references[0]
        return counted(self.count, "letter", "letters")


@dataclass(frozen=True)
class AboutLetters:
    """What is known of letters that were chosen. situations: each that one of them is in, once. first: the
    first ones, in the order of the table, to name them."""

    chosen: ChosenLetters
    situations: tuple[LetterSituation, ...]
    first: tuple[TrackerRow, ...]

    @classmethod
    def of_rows(cls, chosen: ChosenLetters, rows: Sequence[TrackerRow]) -> "AboutLetters":
        """The same where all of them were read already."""
        return cls(chosen, tuple(dict.fromkeys(r.situation for r in rows)), tuple(rows))

    @property
    def whom(self) -> str:
        """Whom they go to, in words."""
        return first_names_in_words([r.recipient for r in self.first], self.chosen.count)


def about_letters(session: Session, chosen: ChosenLetters) -> AboutLetters:
    """What has to be known of letters before anything is done with them.

    Returns: the letters that are meant now, by their number and their highest id: what is written later is
        none of them.
    """
    query = chosen.query
    if query.only is None:
        query = replace(query, upto=session.scalar(select(func.max(LetterRow.c.id))))
    count = letter_count(session, query, chosen.today)
    first = letter_page(session, query, chosen.today, chosen.order, limit=NAMED).rows
    meant = replace(chosen, query=query, count=count)
    return AboutLetters(meant, situations_of(session, query, chosen.today), first)


def chosen_references(session: Session, chosen: ChosenLetters) -> tuple[str, ...]:
    """Their references, in the order of the table."""
    if chosen.references is not None:
        return chosen.references
    found = letter_ids(session, chosen.query, chosen.today, chosen.order)
    return tuple(reference for _, reference in found)
