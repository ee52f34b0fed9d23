"""What letters add up to, counted by the database."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from outreach.desk.letter_query import Condition, LetterQuery, conditions, standing_condition
from outreach.store.letter_rows import settle_session
from outreach.store.models import LetterRow


@dataclass(frozen=True)
class GroupCount:
    """Letters to one body, party or country: how many went out and how many of these were answered or are overdue.

    median_days: from sending to the answer, None if none was answered. in_time: awaited, and not overdue. given_up: neither
        answered nor awaited. Each number counts what the standing of the same name shows; sent is *went out*.
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

    Args: by: one of GROUPINGS. Letters whose recipient has none are left out, but for the body's: there the recipient stands.
        today: the day that what is overdue is judged on. Names that differ in case and accents only are one.
    """
    settle_session(session)
    row = LetterRow.c
    key = row[_KEYS[by]]
    where = conditions(session, replace(query, status="went out"), today)
    if query.status:
        where = where & standing_condition(query.status, today)
    counted = (
        select(
            key.label("key"),
            row.days_taken,
            func.count().label("sent"),
            *(
                _number(standing_condition(word, today)).label(word.replace(" ", "_"))
                for word in ("answered", "overdue", "in time", "given up")
            ),
        )
        .where(where, key.is_not(None))
        .group_by(key, row.days_taken)
    )
    groups: dict[str, list[Any]] = {}
    for found in session.execute(counted):
        groups.setdefault(found.key, []).append(found)
    names = _names(session, query, by, groups)
    counts = [
        GroupCount(
            names[name],
            sum(x.sent for x in parts),
            sum(x.answered for x in parts),
            sum(x.overdue for x in parts),
            _median((x.days_taken, x.sent) for x in parts),
            sum(x.in_time for x in parts),
            sum(x.given_up for x in parts),
        )
        for name, parts in groups.items()
    ]
    return tuple(sorted(counts, key=lambda g: (-g.sent, g.name)))


def statistics(session: Session, query: LetterQuery, today: date) -> Statistics:
    """Counts over the letters of a query; those withdrawn count as neither drafts nor sent.

    Args: today: the day that what is overdue is judged on.
    """
    settle_session(session)
    where = conditions(session, query, today)
    words = ("draft", "ready", "went out", "answered", "waiting", "overdue")
    numbers = session.execute(
        select(func.count(), *(_number(standing_condition(word, today)) for word in words))
        .select_from(LetterRow)
        .where(where)
    ).one()
    total, drafts, ready, sent, answered, awaiting, overdue = (int(n or 0) for n in numbers)
    days = session.execute(
        select(LetterRow.c.days_taken, func.count())
        .where(where, standing_condition("answered", today))
        .group_by(LetterRow.c.days_taken)
    )
    return Statistics(
        total=total,
        drafts=drafts,
        ready=ready,
        sent=sent,
        answered=answered,
        awaiting=awaiting,
        overdue=overdue,
        response_rate=answered / sent if sent else None,
        median_days=_median((day, number) for day, number in days),
    )


def _number(condition: Condition) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))


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
    name = case((row.body != "", row.body), else_=row.recipient) if by == "body" else row[by]
    found = {}
    for key in keys:
        first = select(name).where(row[_KEYS[by]] == key)
        if query.campaigns:
            first = first.where(row.campaign_id.in_(query.campaigns))
        found[key] = session.execute(first.limit(1)).scalar_one()
    return found
