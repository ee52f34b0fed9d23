"""Lists read in pages: sorted by any column with ties broken by id, each page with as many statements as any
other.

A `ListQuery` says which rows there are and what they can be sorted by. A room makes one, asks here for the
ids of a page, and reads what it shows of these.
"""

from array import array
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, FromClause, String, and_, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import GenericFunction

from outreach.domain import references
from outreach.errors import UsageError

R = TypeVar("R")
K = TypeVar("K", bound=Hashable)
SORT_KEY = "outreach_sort_key"
"""The name by which connections know `domain.references.sort_key`."""

AT_ONCE = 500
"""Rows that are read together where a list is read to its end."""

Key = tuple[Any, int]
"""Where a page ended: the value that it is sorted by there, None for an empty one, and the row's id."""


@lru_cache(maxsize=20_000)
def sort_key_in_sql(text: str | None) -> str | None:
    """`domain.references.sort_key` as connections call it. The last answers are kept, for each page of a list
    asks for them again."""
    return None if text is None else references.sort_key(text)


class sort_key(GenericFunction[str]):  # noqa: N801  a function of SQL
    """What a text is sorted by in a statement.

    A server that does not know the function sorts in lower case.
    """

    type = String()
    inherit_cache = True
    name = SORT_KEY


@compiles(sort_key)
def _on_a_server(element: sort_key, compiler: Any, **more: Any) -> str:
    return f"lower({compiler.process(element.clauses, **more)})"


@compiles(sort_key, "sqlite")
def _in_a_file(element: sort_key, compiler: Any, **more: Any) -> str:
    return f"{SORT_KEY}({compiler.process(element.clauses, **more)})"


def key_of_texts(*texts: Any) -> ColumnElement[str]:
    """What one or more texts, one after the other, are sorted by; NULL where the first is empty."""
    whole: ColumnElement[str] = func.coalesce(texts[0], "")
    for more in texts[1:]:
        whole = whole + " " + func.coalesce(more, "")
    return func.nullif(sort_key(func.nullif(func.trim(whole), "")), "")


@dataclass(frozen=True)
class Order:
    """How a list is sorted. by: a word of the list's, "" for its own order. Equals are in the order of their
    ids, from the last where it is descending; what is empty comes last either way."""

    by: str = ""
    descending: bool = False


USUAL = Order()


@dataclass(frozen=True)
class ListQuery:
    """Rows to be listed. ids: the column of their ids. source: where they are read from. where: which of
    them. keys: what they can be sorted by; usual: the order where none is asked for."""

    ids: ColumnElement[int]
    source: FromClause
    where: ColumnElement[bool]
    keys: Mapping[str, ColumnElement[Any]]
    usual: Order

    def only(self, condition: ColumnElement[bool]) -> "ListQuery":
        """The same list of fewer rows."""
        return replace(self, where=and_(self.where, condition))

    def in_order(self, order: Order) -> Order:
        """The order that is meant. Raises: UsageError for one by a word that the list does not know."""
        if not order.by:
            return Order(self.usual.by, self.usual.descending is not order.descending)
        if order.by not in self.keys:
            raise UsageError(
                f"This list is not sorted by “{order.by}”. It can be by: {', '.join(self.keys)}."
            )
        return order


@dataclass(frozen=True)
class Page(Generic[R]):
    """Some rows of a list, and their ids.

    next: where the page after it begins, None at the end of the list.
    """

    rows: tuple[R, ...]
    ids: tuple[int, ...]
    next: Key | None


def page_ids(
    session: Session,
    query: ListQuery,
    order: Order = USUAL,
    *,
    after: Key | None = None,
    offset: int = 0,
    limit: int = 100,
) -> tuple[tuple[int, ...], Key | None]:
    """Ids of a page, and where the next one begins; one statement.

    Args: after: where the page before it ended, or offset: how many rows are left out. Pages one after
        another by `after` leave nothing out and name nothing twice, whatever is written in between.
    Raises: UsageError for an unknown order.
    """
    listed, key, row_id, by = _sorted(query, order)
    statement = select(row_id, key).select_from(listed).order_by(*by)
    if after is not None:
        statement = statement.where(_beyond(key, row_id, query.in_order(order), after))
    found = session.execute(statement.offset(offset or None).limit(limit + 1)).all()
    rows = found[:limit]
    more = (rows[-1][1], rows[-1][0]) if len(found) > limit and rows else None
    return tuple(r[0] for r in rows), more


def all_ids(
    session: Session, query: ListQuery, order: Order = USUAL, *, after: Key | None = None, limit: int = 0
) -> Sequence[int]:
    """Ids of all rows in order, or of the first ones, 0 for no limit, as numbers side by side: a hundred
    thousand take less than a megabyte. Raises: as `page_ids`.
    """
    listed, key, row_id, by = _sorted(query, order)
    statement = select(row_id).select_from(listed).order_by(*by)
    if after is not None:
        statement = statement.where(_beyond(key, row_id, query.in_order(order), after))
    if limit:
        statement = statement.limit(limit)
    found = array("q")
    for part in session.scalars(statement.execution_options(yield_per=5_000)).partitions():
        found.extend(part)
    return found


def count_of(session: Session, query: ListQuery) -> int:
    """How many rows a list has."""
    return session.execute(select(func.count()).select_from(query.source).where(query.where)).scalar_one()


def places_of(
    session: Session, query: ListQuery, ids: Collection[int], order: Order = USUAL
) -> dict[int, int]:
    """The numbers of rows in an order, from 0; rows that the list does not have are left out.

    One statement.
    """
    _, _, row_id, by = _sorted(query, order)
    wanted = set(ids)
    numbered = select(row_id, (func.row_number().over(order_by=by) - 1).label("place")).subquery()
    statement = select(numbered.c.row_id, numbered.c.place)
    if len(wanted) <= AT_ONCE:
        statement = statement.where(numbered.c.row_id.in_(wanted))
    return {row: place for row, place in session.execute(statement) if row in wanted}


def key_at(session: Session, query: ListQuery, row_id: int, order: Order = USUAL) -> Key | None:
    """Where a row stands in an order, whether the list has it or not, to go on after it.

    None if there is no such row.
    """
    key = query.keys[query.in_order(order).by]
    found = session.execute(select(key).select_from(query.source).where(query.ids == row_id)).first()
    return None if found is None else (found[0], row_id)


def read_page(
    session: Session,
    query: ListQuery,
    rows_of: Callable[[Sequence[int]], tuple[R, ...]],
    order: Order = USUAL,
    *,
    after: Key | None = None,
    offset: int = 0,
    limit: int = 100,
) -> Page[R]:
    """A page of a list. rows_of: its rows by their ids. The others, and raises: as `page_ids`."""
    ids, more = page_ids(session, query, order, after=after, offset=offset, limit=limit)
    return Page(rows_of(ids), ids, more)


def read_all(
    session: Session,
    query: ListQuery,
    rows_of: Callable[[Sequence[int]], tuple[R, ...]],
    order: Order = USUAL,
    *,
    after: Key | None = None,
    limit: int = 0,
) -> Iterator[R]:
    """All rows of a list, read some at a time. rows_of: as for `read_page`. The others: as for `all_ids`."""
    ids = all_ids(session, query, order, after=after, limit=limit)
    for at in range(0, len(ids), AT_ONCE):
        yield from rows_of(ids[at : at + AT_ONCE])


def in_order_of(keys: Iterable[K], found: Mapping[K, R]) -> list[R]:
    """What was found by keys, in the order of these; what was not found is left out."""
    return [found[key] for key in keys if key in found]


def _sorted(
    query: ListQuery, order: Order
) -> tuple[FromClause, ColumnElement[Any], ColumnElement[int], tuple[ColumnElement[Any], ...]]:
    meant = query.in_order(order)
    # Made once, so that what rows are sorted by is not reckoned for each comparison.
    listed = (
        select(query.ids.label("row_id"), query.keys[meant.by].label("row_key"))
        .select_from(query.source)
        .where(query.where)
        .cte("listed")
        .prefix_with("MATERIALIZED")
    )
    key, row_id = listed.c.row_key, listed.c.row_id
    by = (key.desc(), row_id.desc()) if meant.descending else (key.asc(), row_id.asc())
    return listed, key, row_id, (key.is_(None), *by)


def _beyond(
    key: ColumnElement[Any], row_id: ColumnElement[int], order: Order, after: Key
) -> ColumnElement[bool]:
    value, last = after
    later = row_id < last if order.descending else row_id > last
    if value is None:
        return and_(key.is_(None), later)
    past = key < value if order.descending else key > value
    return or_(past, and_(key == value, later), key.is_(None))
