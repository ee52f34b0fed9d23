"""The rows of the table of letters, kept true without anyone calling.

A row (`models.letter_rows.LetterRow`) holds what the table shows of a letter, sorts and filters by. Triggers
note the letters whose row may have changed, whoever wrote and by whatever statement: a letter, a sending, an
answer, and whatever of the directory is shown of it. Before a unit of writing is committed, `settle` makes
the noted rows again, in bulk, and writes what differs. What a program outside of outreach changed stays noted
until the next unit of writing or the next opening.

On a server there are no triggers: there every unit of writing makes all rows again, which is true and slow.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, text, update
from sqlalchemy.orm import Session

from outreach.resources import resource
from outreach.store.models import Letter, LetterRow, LetterRowRules, LetterRowStale
from outreach.store.types import table_of

_PROGRAM = 1
"""Raised by who changes what a row holds or by which rule: then all rows are made again when a database is
opened."""

AT_ONCE = 20_000
"""Rows that are made in one unit of work when a database is opened."""

_CHUNK = 2_000
_MOST_NAMED = 20

_OF_PERSON = (
    "SELECT id FROM letter WHERE person_id = {row}.id"
    " UNION SELECT id FROM letter WHERE sender_person_id = {row}.id"
)
_OF_SEATS = "SELECT id FROM letter WHERE person_id IN (SELECT person_id FROM membership WHERE {where})"
_OF_BODY = (
    "SELECT id FROM letter WHERE organization_id = {row}.id"
    " UNION SELECT id FROM letter WHERE sender_organization_id = {row}.id"
    f" UNION {_OF_SEATS.format(where='organization_id = {row}.id')}"
    f" UNION {_OF_SEATS.format(where='on_behalf_of_id = {row}.id')}"
)
# By table: which letters a row of it concerns, and which columns matter; none stands for all.
_CONCERNED: dict[str, tuple[str, str]] = {
    "letter": (
        "SELECT {row}.id AS id",
        "id, reference, campaign_id, origin, template, language, audience, person_id, post_id,"
        " organization_id, sender_person_id, sender_organization_id, written_on, subject, salutation,"
        " address_lines, status, sent_on, answered_on, created_at, deleted_at",
    ),
    "letter_event": ("SELECT {row}.letter_id AS id", ""),
    "dispatch": ("SELECT {row}.letter_id AS id", ""),
    "reply": ("SELECT {row}.letter_id AS id", "id, letter_id, received_on, kind"),
    "person": (_OF_PERSON, "id, name, deleted_at"),
    "organization": (_OF_BODY, "id, name, classification, jurisdiction, deleted_at"),
    "post": ("SELECT id FROM letter WHERE post_id = {row}.id", "id, label, short_label"),
    "membership": ("SELECT id FROM letter WHERE person_id = {row}.person_id", ""),
    "area": (_OF_SEATS.format(where="area_id = {row}.id"), "id, name"),
    "organization_standard": ("SELECT id FROM letter WHERE organization_id = {row}.organization_id", ""),
}


def settle(connection: Connection, at_most: int | None = None) -> int:
    """Make the noted rows again. Call it within the transaction that changed the letters.

    Args: at_most: how many; by default all. Returns: how many letters were looked at.
    """
    done = 0
    while at_most is None or done < at_most:
        ids = connection.scalars(
            select(LetterRowStale.c.letter_id).order_by(LetterRowStale.c.letter_id).limit(_CHUNK)
        ).all()
        if not ids:
            break
        _renew(connection, ids)
        connection.execute(delete(LetterRowStale).where(LetterRowStale.c.letter_id.between(ids[0], ids[-1])))
        done += len(ids)
    return done


def settle_session(session: Session) -> None:
    """Make the noted rows again where a session that writes is about to read them."""
    if session.info.get("only_reads"):
        return
    session.flush()
    if session.get_bind().dialect.name != "sqlite":
        note_all(session.connection())
    settle(session.connection())


def note_all(connection: Connection, *, only_sent: bool = False) -> None:
    """Note every letter, deleted ones and rows without a letter too. only_sent: those on whose answer a day
    depends."""
    letter = table_of(Letter)
    noted = select(LetterRowStale.c.letter_id)
    for ids in (letter.c.id, LetterRow.c.id):
        query = select(ids).where(ids.not_in(noted))
        if only_sent:
            query = query.where((letter if ids is letter.c.id else LetterRow).c.sent_on.is_not(None))
        connection.execute(insert(LetterRowStale).from_select(["letter_id"], query))


def drop(connection: Connection, ids: Sequence[int]) -> None:
    """Take rows out, to be made anew at the end of the unit of work."""
    for at in range(0, len(ids), _CHUNK):
        part = ids[at : at + _CHUNK]
        noted = connection.scalars(
            select(LetterRowStale.c.letter_id).where(LetterRowStale.c.letter_id.in_(part))
        )
        new = [{"letter_id": key} for key in sorted(set(part) - set(noted))]
        connection.execute(delete(LetterRow).where(LetterRow.c.id.in_(part)))
        if new:
            connection.execute(insert(LetterRowStale), new)


def is_settled(connection: Connection) -> bool:
    """Whether the rows are there, guarded, made by the rules of this program, and none waits to be made
    again."""
    if connection.dialect.name == "sqlite" and _missing(connection):
        return False
    if connection.scalar(select(LetterRowStale.c.letter_id).limit(1)) is not None:
        return False
    return connection.scalar(select(LetterRowRules.c.stamp)) == _stamp()


def prepare(connection: Connection) -> None:
    """Make missing triggers, and note what can no longer be trusted: all rows where triggers were missing or
    this program makes rows otherwise, those of letters that were sent where standards or holidays are
    others."""
    missing = _missing(connection) if connection.dialect.name == "sqlite" else {}
    for name, sql in missing.items():
        connection.exec_driver_sql(f'DROP TRIGGER IF EXISTS "{name}"')
        connection.exec_driver_sql(sql)
    former = connection.scalar(select(LetterRowRules.c.stamp)) or ""
    if missing or former.split()[:1] != _stamp().split()[:1]:
        note_all(connection)
    elif former != _stamp():
        note_all(connection, only_sent=True)
    if former != _stamp():
        connection.execute(delete(LetterRowRules))
        connection.execute(insert(LetterRowRules).values(id=1, stamp=_stamp()))


def wrong_rows(connection: Connection) -> Iterator[tuple[int, str, str]]:
    """Letters whose row is not what it should be: id, reference, and what differs. Reads in chunks; those
    noted are left out."""
    from outreach.store.letter_row_rules import rows_wanted

    letter, stale = table_of(Letter), select(LetterRowStale.c.letter_id)
    for ids in (letter.c.id, LetterRow.c.id):
        last = -(2**62)
        while True:
            query = select(ids).where(ids > last, ids.not_in(stale)).order_by(ids).limit(_CHUNK)
            if ids is LetterRow.c.id:
                query = query.where(LetterRow.c.id.not_in(select(letter.c.id)))
            chunk = connection.scalars(query).all()
            if not chunk:
                break
            last = chunk[-1]
            wanted, there = rows_wanted(connection, chunk), _there(connection, chunk)
            indexed = _indexed(connection, chunk[0], last)
            for key in chunk:
                row, found = wanted.get(key), there.get(key)
                if row is None and found is None:
                    continue
                if row is None or found is None:
                    named = found["reference"] if found else row[0]["reference"] if row else ""
                    yield key, named, "a letter that is gone" if found else "not there"
                elif differs := [name for name, value in row[0].items() if found[name] != value]:
                    yield key, row[0]["reference"], ", ".join(x.replace("_", " ") for x in differs)
                elif indexed is not None and key not in indexed:
                    yield key, row[0]["reference"], "the words to find it by"


def problems_of(wrong: Iterator[tuple[int, str, str]]) -> tuple[list[str], list[int]]:
    """A sentence for each of the first wrong rows, and the ids of all."""
    first = list(islice(wrong, _MOST_NAMED))
    found = [
        f"What the table showed of {reference} was not what its records say ({what})."
        for _, reference, what in first
    ]
    rest = [key for key, _, _ in wrong]
    if rest:
        found.append(f"There are {len(rest)} more of this kind.")
    return found, [key for key, _, _ in first] + rest


def _renew(connection: Connection, ids: Sequence[int]) -> None:
    from outreach.store.letter_row_rules import rows_wanted

    wanted, there = rows_wanted(connection, ids), _there(connection, ids)
    gone = [key for key in there if key not in wanted]
    new = [row for key, (row, _) in wanted.items() if key not in there]
    changed: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    words: list[tuple[int, str]] = [(row["id"], wanted[row["id"]][1]) for row in new]
    unindexed = list(gone)
    for key, found in there.items():
        if key in gone:
            continue
        row, text_of = wanted[key]
        # Only columns that differ are written, so that only their indexes are.
        if names := tuple(name for name, value in row.items() if found[name] != value):
            changed.setdefault(names, []).append({"row_id": key} | {name: row[name] for name in names})
        if found["words_digest"] != row["words_digest"]:
            unindexed.append(key)
            words.append((key, text_of))
    if gone:
        connection.execute(delete(LetterRow).where(LetterRow.c.id.in_(gone)))
    if new:
        connection.execute(insert(LetterRow), new)
    for rows in changed.values():
        values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "row_id"}
        connection.execute(
            update(LetterRow).where(LetterRow.c.id == bindparam("row_id")).values(values), rows
        )
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.driver_connection
        raw.executemany("DELETE FROM search_letters WHERE rowid = ?", [(key,) for key in unindexed])
        raw.executemany("INSERT OR REPLACE INTO search_letters (rowid, words) VALUES (?, ?)", words)


def _there(connection: Connection, ids: Sequence[int]) -> dict[int, Any]:
    rows = connection.execute(select(LetterRow).where(LetterRow.c.id.in_(ids))).mappings()
    return {row["id"]: row for row in rows}


def _indexed(connection: Connection, first: int, last: int) -> set[int] | None:
    if connection.dialect.name != "sqlite":
        return None
    rows = connection.execute(
        text("SELECT id FROM search_letters_docsize WHERE id BETWEEN :first AND :last"),
        {"first": first, "last": last},
    )
    return set(rows.scalars())


@lru_cache(maxsize=1)
def _stamp() -> str:
    """By which rules rows are made: of this program, then of what comes with it."""
    standards = resource("resources/standards/standards.yaml").read_bytes()
    return (
        f"{_PROGRAM} {hashlib.sha256(standards).hexdigest()[:16]} {version('holidays')} {version('tzdata')}"
    )


@lru_cache(maxsize=1)
def _wanted() -> dict[str, str]:
    """The triggers. They name no policy for conflicts: that of the statement outside would go before it."""

    def noted(table: str, row: str) -> str:
        concerned = _CONCERNED[table][0].format(row=row)
        return (
            "INSERT INTO letter_row_stale (letter_id)"
            f" SELECT id FROM ({concerned}) AS concerned"
            " WHERE id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM letter_row_stale WHERE letter_id = "
            "concerned.id);"
        )

    made = {}
    for table, (_, columns) in _CONCERNED.items():
        of = f" OF {columns}" if columns else ""
        for verb, rows in (("INSERT", ("new",)), (f"UPDATE{of}", ("old", "new")), ("DELETE", ("old",))):
            name = f"letter_row_{table}_{verb.split()[0].lower()}"
            body = " ".join(noted(table, row) for row in rows)
            made[name] = f'CREATE TRIGGER {name} AFTER {verb} ON "{table}" BEGIN {body} END'
    # A draft that follows a letter up counts while it is there and not withdrawn.
    drafts = "kind IN ('followed_up', 'referral_drafted') AND instr(detail, old.reference) > 0"
    body = (
        f"INSERT INTO letter_row_stale (letter_id) SELECT DISTINCT letter_id FROM letter_event WHERE {drafts}"
        " AND NOT EXISTS (SELECT 1 FROM letter_row_stale AS s WHERE s.letter_id = letter_event.letter_id);"
    )
    for verb, when in (
        (
            "UPDATE OF reference, status, deleted_at",
            " WHEN old.reference IS NOT new.reference OR old.deleted_at IS NOT new.deleted_at"
            " OR (old.status = 'withdrawn') != (new.status = 'withdrawn')",
        ),
        ("DELETE", ""),
    ):
        name = f"letter_row_draft_{verb.split()[0].lower()}"
        made[name] = f"CREATE TRIGGER {name} AFTER {verb} ON letter{when} BEGIN {body} END"
    return made


def _missing(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    known = {row[0]: row[1] for row in rows}
    return {name: sql for name, sql in _wanted().items() if known.get(name) != sql}
