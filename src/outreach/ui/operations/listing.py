"""What a table of any number of rows is read from, and the questions it asks."""

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from outreach.store.database import WorkSession
from outreach.ui.operations.operation import Read

R = TypeVar("R")


@dataclass(frozen=True)
class Sort:
    """What rows are sorted by: `Column.sorted_by` of one of them, "" for the order they come in."""

    by: str = ""
    descending: bool = False


@dataclass(frozen=True)
class Listing(Generic[R]):
    """What a table shows, as functions of a session that run off the window's thread.

    Only `ui/operations` makes one.

    count: how many rows there are. rows: some of them in an order, from a number, at most so many. ids: the
    same, of their identities only. places: the numbers of rows with these identities; those that are not
    among them are left out.
    question: what they are the answer to: rows that were all chosen stay so only as long as it is the same.
    """

    count: Callable[[WorkSession], int]
    rows: Callable[[WorkSession, Sort, int, int], Sequence[R]]
    ids: Callable[[WorkSession, Sort, int, int], Sequence[Hashable]]
    places: Callable[[WorkSession, Sort, Collection[Hashable]], dict[Hashable, int]]
    question: Hashable = None

    def load(self, order: Sort, wanted: "Wanted", size: int) -> "Read[Found[R]]":
        """How many rows there are, where some stand, and the blocks that come into view.

        size: rows in a block.
        """
        return Read(partial(_load, self, order, wanted, size), "load")

    def blocks(
        self, order: Sort, numbers: Sequence[int], size: int, is_wanted: Callable[[], bool]
    ) -> Read[dict[int, tuple[R, ...]]]:
        """Blocks of rows. is_wanted: asked when their turn has come; if it says no, none is read."""

        def work(session: WorkSession) -> dict[int, tuple[R, ...]]:
            return _read(session, self, order, numbers, size) if is_wanted() else {}

        return Read(work, "block")

    def ids_in(self, order: Sort, spans: Sequence[tuple[int, int]]) -> Read[tuple[Hashable, ...]]:
        """The identities of rows, by the numbers of first and last ones."""

        def work(session: WorkSession) -> tuple[Hashable, ...]:
            return tuple(
                identity
                for first, last in spans
                for identity in self.ids(session, order, first, last - first + 1)
            )

        return Read(work, "ids")


@dataclass(frozen=True)
class Chosen:
    """Which rows are chosen.

    ids: identities, in the order of the table; None for all that the table has, but those in `but`.

    count: how many.
    """

    count: int = 0
    ids: tuple[Hashable, ...] | None = ()
    but: frozenset[Hashable] = frozenset()


@dataclass(frozen=True)
class Wanted:
    """What to find again when rows are read anew. ids: whose places are asked for. focus: whose row is to
    come into view. top: the row that is first in view, and anchor who stands there, to stay there. height:
    how many rows are in view.
    """

    ids: tuple[Hashable, ...] = ()
    focus: Hashable = None
    top: int = 0
    anchor: Hashable = None
    height: int = 1


@dataclass(frozen=True)
class Loaded:
    """What was found: how many rows there are, who was asked for, where those of them stand that are here,
    and which row is to be first in view."""

    total: int
    asked: frozenset[Hashable]
    places: dict[Hashable, int]
    top: int


@dataclass(frozen=True)
class Found(Generic[R]):
    """The same with the rows that come into view. blocks: by their numbers."""

    loaded: Loaded
    blocks: dict[int, tuple[R, ...]] = field(default_factory=dict)


def _load(listing: Listing[R], order: Sort, wanted: Wanted, size: int, session: WorkSession) -> Found[R]:
    total = listing.count(session)
    asked = frozenset(i for i in (*wanted.ids, wanted.focus, wanted.anchor) if i is not None)
    places = listing.places(session, order, asked) if asked and total else {}
    top = wanted.top
    if wanted.focus in places:
        top = places[wanted.focus] - wanted.height // 2
    elif wanted.top and wanted.anchor in places:
        top = places[wanted.anchor]
    elif wanted.focus is not None:
        # Who was looked for is not among these rows, which are others than those in view.
        top = 0
    top = max(0, min(top, total - wanted.height))
    last = min(top + wanted.height, total - 1)
    numbers = range(top // size, last // size + 1) if total else range(0)
    return Found(Loaded(total, asked, places, top), _read(session, listing, order, numbers, size))


def _read(
    session: WorkSession, listing: Listing[R], order: Sort, blocks: Sequence[int], size: int
) -> dict[int, tuple[R, ...]]:
    """Blocks of rows, those that follow one another in one question."""
    found: dict[int, tuple[R, ...]] = {}
    at = 0
    while at < len(blocks):
        end = at
        while end + 1 < len(blocks) and blocks[end + 1] == blocks[end] + 1:
            end += 1
        rows = tuple(listing.rows(session, order, blocks[at] * size, (end - at + 1) * size))
        for place, number in enumerate(blocks[at : end + 1]):
            found[number] = rows[place * size : (place + 1) * size]
        at = end + 1
    return found
