"""Lists of records as tables read them: `store.paging` for the window."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import TypeVar

from outreach.store.database import WorkSession
from outreach.store.paging import ListQuery, Order, count_of, in_order_of, page_ids, places_of
from outreach.ui.operations.listing import Listing, Sort

R = TypeVar("R")


def order_of(sort: Sort) -> Order:
    """How a list is sorted, for a table that is sorted so."""
    return Order(sort.by, sort.descending)


def listing_of(
    found: ListQuery,
    rows_of: Callable[[WorkSession, Sequence[int]], Sequence[R]],
    *,
    settled: Callable[[WorkSession], object] | None = None,
    names: Callable[[WorkSession, Sequence[int]], Mapping[int, Hashable]] | None = None,
    keys: Callable[[WorkSession, Sequence[Hashable]], Mapping[Hashable, int]] | None = None,
) -> Listing[R]:
    """A list as a table reads it, each block with as many statements as any other.

    Args: rows_of: rows by their ids. names, keys: from ids to what rows are known by and back, where that is
        not the id. settled: called before each reading.
    """

    def ready(session: WorkSession) -> None:
        if settled is not None:
            settled(session)

    def count(session: WorkSession) -> int:
        ready(session)
        return count_of(session, found)

    def numbers(session: WorkSession, sort: Sort, offset: int, limit: int) -> Sequence[int]:
        ready(session)
        return page_ids(session, found, order_of(sort), offset=offset, limit=limit)[0]

    def rows(session: WorkSession, sort: Sort, offset: int, limit: int) -> Sequence[R]:
        return rows_of(session, numbers(session, sort, offset, limit))

    def ids(session: WorkSession, sort: Sort, offset: int, limit: int) -> Sequence[Hashable]:
        wanted = numbers(session, sort, offset, limit)
        if names is None:
            return wanted
        named = names(session, wanted)
        return in_order_of(wanted, named)

    def places(session: WorkSession, sort: Sort, wanted: Collection[Hashable]) -> dict[Hashable, int]:
        ready(session)
        if keys is None:
            known: Mapping[Hashable, int] = {i: i for i in wanted if isinstance(i, int)}
        else:
            known = keys(session, list(wanted))
        at = places_of(session, found, set(known.values()), order_of(sort))
        return {name: at[key] for name, key in known.items() if key in at}

    return Listing(count, rows, ids, places)
