"""Full-text search, kept in step with the tables by triggers.

The index is one FTS5 table made by migration 0001, which says what it holds; it folds accents, so that
Mendez finds Méndez. Each row's rowid is its record's id times 16 plus the table's number, which makes
the triggers' deletions direct.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session


def fts_query(words: str) -> str:
    """What the user typed as an FTS5 query: each word as a prefix, all of them wanted.

    Words are quoted, so that no character of theirs is read as query syntax.
    """
    return " ".join('"' + word.replace('"', '""') + '"*' for word in words.split())


def matching_ids(session: Session, word: str, kind: str) -> set[int]:
    """Ids of the records of a kind whose text holds a word that begins like this."""
    query = fts_query(word)
    if not query or not any(c.isalnum() for c in query):
        return set()
    rows = session.execute(
        text("SELECT owner_id FROM search_index WHERE search_index MATCH :query AND kind = :kind"),
        {"query": query, "kind": kind},
    )
    return {int(r[0]) for r in rows}
