"""What letters add up to, counted by the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from outreach.desk.letter_order import count_where
from outreach.desk.letter_query import LetterQuery, conditions, standing_condition
from outreach.store.letter_rows import settle_session
from outreach.store.models import LetterRow
from outreach.store.search import in_chunks


@dataclass(frozen=True)
class GroupCount:
    """Letters to one body, party or country: how many went out and how many of these were answered or are
    overdue.

    median_days: from sending to the answer, None if none was answered. in_time: awaited, and not overdue.
        given_up: neither answered nor awaited. Each number counts what the standing of the same name shows;
        sent is *went out*.
    """

    name: str
    sent: int
    answered: int
    overdue: int
    median_days: float | None
    in_time: int = 0
    given_up: int = 0

    @property
    def response_rate(self) -> float:
        """Answered of sent."""
        return self.answered / self.sent


@dataclass(frozen=True)
class Statistics:
    """What letters add up to. response_rate: answered of sent, None if nothing was sent."""

    total: int
    drafts: int
    ready: int
    sent: int
    answered: int
    awaiting: int
    overdue: int
    response_rate: float | None
    median_days: float | None


_KEYS = {"body": "group_key", "party": "party_key", "country": "country_key"}


def group_counts(session: Session, query: LetterQuery, by: str, today: date) -> tuple[GroupCount, ...]:
    """What letters of a query that went out add up to, by body, party or country; most letters first.

    Args: by: one of GROUPINGS. Letters whose recipient has none are left out, but for the body's: there the
        recipient stands. today: the day that what is overdue is judged on. Names that differ in case and
        accents only are one.
    """
    settle_session(session)
    row = LetterRow.c
    key = row[_KEYS[by]]
    out = standing_condition("went out", today)
    where = conditions(session, query, today) & out & key.is_not(None)

    def counted(word: str) -> dict[str, int]:
        # One statement for each number: each reads no more than its part of an index.
        numbers = session.execute(
            select(key, func.count()).where(where, standing_condition(word, today)).group_by(key)
        )
        return {found[0]: found[1] for found in numbers}

    sent = counted("went out")
    answered, overdue, in_time, given_up = (
        counted(word) for word in ("answered", "overdue", "in time", "given up")
    )
    days: dict[str, list[tuple[int | None, int]]] = {}
    taken = where & row.days_taken.is_not(None)
    for name, day, number in session.execute(
        select(key, row.days_taken, func.count()).where(taken).group_by(key, row.days_taken)
    ):
        days.setdefault(name, []).append((day, number))
    names = _names(session, query, by, sent)
    counts = [
        GroupCount(
            names[name],
            number,
            answered.get(name, 0),
            overdue.get(name, 0),
            _median(days.get(name, ())),
            in_time.get(name, 0),
            given_up.get(name, 0),
        )
        for name, number in sent.items()
    ]
    return tuple(sorted(counts, key=lambda g: (-g.sent, g.name)))


def statistics(session: Session, query: LetterQuery, today: date) -> Statistics:
    """Counts over the letters of a query; those withdrawn count as neither drafts nor sent.

    Args: today: the day that what is overdue is judged on.
    """
    settle_session(session)
    where = conditions(session, query, today)
    drafts, ready, sent, answered, awaiting, overdue = (
        count_where(session, where & standing_condition(word, today))
        for word in ("draft", "ready", "went out", "answered", "waiting", "overdue")
    )
    # The sum keeps SQLite from the index of days alone, for which it would read every row.
    taken = LetterRow.c.days_taken + 0
    days = session.execute(
        select(taken, func.count()).where(where, standing_condition("answered", today)).group_by(taken)
    )
    return Statistics(
        total=count_where(session, where),
        drafts=drafts,
        ready=ready,
        sent=sent,
        answered=answered,
        awaiting=awaiting,
        overdue=overdue,
        response_rate=answered / sent if sent else None,
        median_days=_median((day, number) for day, number in days),
    )


def _median(days: Iterable[tuple[int | None, int]]) -> float | None:
    """The exact median of days, each with how often it occurs; None where there are none."""
    known = sorted((day, number) for day, number in days if day is not None)
    total = sum(number for _, number in known)
    if not total:
        return None

    def at(place: int) -> int:
        for day, number in known:
            if place < number:
                return day
            place -= number
        raise IndexError(place)

    return (at((total - 1) // 2) + at(total // 2)) / 2


def _names(session: Session, query: LetterQuery, by: str, keys: Iterable[str]) -> dict[str, str]:
    """How each group is written: as the first of its letters has it."""
    row = LetterRow.c
    key = row[_KEYS[by]]
    name = case((row.body != "", row.body), else_=row.recipient) if by == "body" else row[by]
    found: dict[str, str] = {}
    for wanted in in_chunks(list(keys)):
        here = wanted(key)
        if query.campaigns:
            here &= row.campaign_id.in_(query.campaigns)
        firsts = select(func.min(row.id)).where(here).group_by(key)
        found.update((k, n) for k, n in session.execute(select(key, name).where(row.id.in_(firsts))))
    return found
