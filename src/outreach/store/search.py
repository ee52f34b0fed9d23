"""Full-text search, kept in step with the tables by triggers.

The index is one FTS5 table made by migration 0001, which says what it holds; it folds accents, so that
Mendez finds Méndez. Each row's rowid is its record's id times 16 plus the table's number, which makes
the triggers' deletions direct.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from sqlalchemy import text, true
from sqlalchemy.orm import Session

CHUNK = 5_000


def in_chunks(ids: Collection[Any] | None) -> Iterator[Callable[[Any], Any]]:
    """Conditions that a column is one of many ids, a few thousand at a time, which a statement can hold.

    Args: ids: None stands for all rows, in one condition that is always true.
    """
    if ids is None:
        yield lambda column: true()
        return
    wanted = list(ids)
    for at in range(0, len(wanted), CHUNK):
        part = wanted[at : at + CHUNK]
        yield lambda column, part=part: column.in_(part)  # type: ignore[misc]


def fts_query(words: str) -> str:
    """What the user typed as an FTS5 query: each word as a prefix, all of them wanted.

    Words are quoted, so that no character of theirs is read as query syntax.
    """
    return " ".join('"' + word.replace('"', '""') + '"*' for word in words.split())


def matching_by_kind(session: Session, word: str) -> dict[str, set[int]]:
    """Ids of the records whose text holds a word that begins like this, by kind.

    A kind without any is missing.
    """
    query = fts_query(word)
    found: dict[str, set[int]] = {}
    if not query or not any(c.isalnum() for c in query):
        return found
    rows = session.execute(
        text("SELECT kind, owner_id FROM search_index WHERE search_index MATCH :query"), {"query": query}
    )
    for kind, owner in rows:
        found.setdefault(kind, set()).add(owner)
    return found


def matching_ids(session: Session, word: str, kind: str) -> set[int]:
    """Ids of the records of one kind; see `matching_by_kind`."""
    return matching_by_kind(session, word).get(kind, set())
