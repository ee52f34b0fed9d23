"""In which order letters are listed, and how a page of them is found: by keys in an index, whatever the
number of letters."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from math import isqrt
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from outreach.desk.letter_columns import find_column
from outreach.desk.letter_query import Condition, LetterQuery, conditions, finds_few
from outreach.store.models import LetterRow
from outreach.store.paging import Key, Order

BY_REFERENCE = Order("reference")
"""By a column, see `letter_columns.find_column`."""


@dataclass(frozen=True)
class Part:
    """A part of the table that an index gives in order: the rows with a value, or those without."""

    condition: Condition
    order: tuple[ColumnElement[Any], ...]


def as_planned(session: Session, query: LetterQuery, where: Condition, today: date, limit: int) -> Condition:
    """The condition in the form that has SQLite read a page in the cheaper of two ways, which it cannot tell
    for want of numbers.

    Where few letters pass, they are found by the filter's own index and then sorted. Where many do, letters
    are looked at in the order that is wanted, until enough have passed.
    """
    if (
        len(query.campaigns) != 1
        or query == LetterQuery().of(*query.campaigns)
        or session.get_bind().dialect.name != "sqlite"
    ):
        return where
    # With m of n passing, either some limit * n / m rows are looked at or m.
    most = isqrt(limit * (session.scalar(select(func.max(LetterRow.c.id))) or 0)) + limit
    if not query.search or not finds_few(session, query, most):
        besides = conditions(session, replace(query, search=""), today) if query.search else where
        passing = select(LetterRow.c.id).where(besides).limit(most).subquery()
        if session.execute(select(func.count()).select_from(passing)).scalar_one() == most:
            return and_(LetterRow.c.campaign_id == query.campaigns[0], case((where, 1), else_=0) == 1)
    return LetterRow.c.id.in_(select(LetterRow.c.id).where(where).correlate(None))


def parts(order: Order, after: Key | None) -> Iterator[Part]:
    """The parts of the table, in order. after: where the page before ended, None at the beginning."""
    column, key = LetterRow.c[find_column(order.by).sorted_by], LetterRow.c.id
    if order.descending:
        by, by_key = column.desc(), key.desc()
    else:
        by, by_key = column.asc(), key.asc()
    if after is None or after[0] is not None:
        condition: Condition = column.is_not(None)
        if after is not None:
            # The first comparison says where in the index it begins, the other leaves out equals that came
            # before.
            value, last = after
            condition = and_(
                column <= value if order.descending else column >= value,
                or_(column != value, key < last if order.descending else key > last),
                condition,
            )
        yield Part(condition, (by, by_key))
        after = None
    if not column.nullable:
        return
    empty: Condition = column.is_(None)
    if after is not None:
        empty = and_(empty, key < after[1] if order.descending else key > after[1])
    yield Part(empty, (by_key,))


def before(order: Order, key: Key) -> Iterator[Condition]:
    """Conditions of the rows that come before one."""
    column, ids = LetterRow.c[find_column(order.by).sorted_by], LetterRow.c.id
    value, at = key
    earlier = ids > at if order.descending else ids < at
    if value is None:
        yield column.is_not(None)
        yield and_(column.is_(None), earlier)
    else:
        yield and_(column.is_not(None), column > value if order.descending else column < value)
        yield and_(column == value, earlier)


def count_where(session: Session, where: Condition) -> int:
    """How many rows of `LetterRow` a condition of `letter_query.conditions` lets through."""
    return session.execute(select(func.count()).select_from(LetterRow).where(where)).scalar_one()
