"""The journal: one entry for each change of a record, in a chain of hashes that `outreach check` follows.

Triggers note which records a transaction touched, whoever wrote and by whatever statement. Before a unit of
writing is committed, `seal` reads those records and adds an entry for each. An entry holds who, when and
which record, and a commitment: SHA-256 of a salt and of the record as it is then. It does not hold the record
itself. Salts lie in a table apart: where the data of a person and the salts of its entries are destroyed,
nobody can tell from the journal what it was, and the chain still holds, since each hash covers the
commitments only.

What it is worth: a change behind its back is found, and the first entry that does not fit is named. Who
rewrites the whole chain with a program of their own is not found out; for that, the last hash must be kept
elsewhere.

The journal is for SQLite only; on a server nothing is journalled yet. The functions take the driver's own
connection, since a record is read as it lies in the file, without a model that another version of the program
may have changed.
"""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

from outreach.store.journal_entries import (
    any_text,
    canonical,
    columns_of,
    commitment_of,
    json_of,
    link_of,
    listed,
)

RECORDS = (
    "area", "ask", "attachment", "blob", "campaign", "case", "case_party", "citation", "contact_detail",
    "dispatch",
    "distinct_people", "evidence", "fact", "follow_up", "identifier", "letter", "letter_ask",
    "letter_attachment",
    "letter_event", "letter_fact", "membership", "merge", "message", "motion", "organization",
    "organization_standard",
    "other_name", "pack", "pack_export", "person", "petition", "post", "recipient", "recipient_group",
    "reply", "saved_view",
    "set_aside", "signature", "source", "vote_event",
)  # fmt: skip
"""Tables whose rows are journalled."""

NOT_RECORDS = (
    "journal_entry", "journal_head", "journal_pending", "journal_salt", "letter_row", "letter_row_rules",
    "letter_row_stale",
    "mailbox_place",
)  # fmt: skip
"""Tables whose rows are not: the journal itself, and what can be found out again."""

OUTSIDE = "outside of outreach"
"""The actor of changes that another program made."""

_AT_ONCE = 1_000
_SALT_BYTES = 16
_ABSENT = b"null"
_KEPT = {
    f"journal_entry_not_{done}": f"CREATE TRIGGER journal_entry_not_{done} BEFORE {verb} ON "
    f"journal_entry{when}"
    " BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END"
    for done, verb, when in (
        ("changed", "UPDATE", ""),
        ("deleted", "DELETE", ""),
        ("replaced", "INSERT", " WHEN EXISTS (SELECT 1 FROM journal_entry WHERE id = new.id)"),
    )
}

_Change = tuple[str, int, str, bytes]


def seal(raw: Any, actor: str) -> int:
    """Add an entry for each record that was noted as changed.

    Call it within the transaction that changed them.

    Args: raw: the driver's connection. actor: who changed them.
    Returns: how many entries.
    """
    if raw.execute("SELECT 1 FROM journal_pending LIMIT 1").fetchone() is None:
        return 0
    with any_text(raw):
        added = _append(raw, actor, _noted(raw))
    raw.execute("DELETE FROM journal_pending")
    return added


def seal_what_others_left(raw: Any) -> int:
    """Add entries, under the name `OUTSIDE`, for what another program changed since the last unit of writing.

    Call it at the beginning of one, so that nobody answers for changes that are not theirs.
    """
    return seal(raw, OUTSIDE)


def guards_missing(raw: Any) -> list[str]:
    """Names of the journal's triggers that are not there, or are not as they should be."""
    return list(_missing(raw))


def restore_guards(raw: Any, actor: str) -> list[str]:
    """Make the triggers that are missing, and keep in the journal that they were. Returns: their names."""
    missing = _missing(raw)
    _make(raw, missing)
    if missing:
        names = json.dumps(sorted(missing)).encode()
        _append(raw, actor, [("journal", len(missing), "guards", names)])
    return list(missing)


def schemas(raw: Any) -> dict[str, str]:
    """How each table was made, to be given to `follow_upgrade` after the upgrade."""
    return dict(raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall())


def follow_upgrade(raw: Any, before: dict[str, str], actor: str) -> None:
    """Bring the journal up to date at the end of an upgrade of the schema, in the transaction of the upgrade.

    Each record of a table that was made anew, which its definition or its missing triggers tell, gets an
    entry, since its former commitment may be of other columns; then the triggers are made. Where the journal
    itself is new, it begins with all records.

    Args: before: what `schemas` gave before the upgrade.
    """
    after = schemas(raw)
    if "journal_entry" not in after:
        return
    action = "schema" if "journal_entry" in before else "found"
    missing = _missing(raw).keys()
    anew = [t for t in RECORDS if t in after and (before.get(t) != after[t] or missing & _wanted(t).keys())]
    raw.executemany("DELETE FROM journal_pending WHERE record = ?", [(table,) for table in anew])
    with any_text(raw):
        _append(raw, actor, chain.from_iterable(_all_rows(raw, table, action) for table in anew))
    seal(raw, actor)
    _make(raw, _missing(raw))


LAST = "SELECT record_key, max(id) AS id FROM journal_entry WHERE record = ? GROUP BY record_key"


def journalled(raw: Any) -> list[str]:
    """The tables of records that a database has."""
    known = schemas(raw)
    return [table for table in RECORDS if table in known]


def _wanted(table: str) -> dict[str, str]:
    """The triggers of one table.

    They name no policy for conflicts: that of the statement outside would go before it.
    """

    def noted(row: str, action: str, when: str = "") -> str:
        return (
            f"INSERT INTO journal_pending (record, record_key, action) SELECT '{table}', {row}.id, "
            f"'{action}' WHERE {when}NOT EXISTS (SELECT 1 FROM journal_pending WHERE record = '{table}' AND "
            f"record_key = {row}.id);"
        )

    bodies = {
        "insert": noted("new", "insert"),
        "update": noted("old", "update") + " " + noted("new", "insert", "new.id IS NOT old.id AND "),
        "delete": noted("old", "delete"),
    }
    return {
        f"journal_{table}_{verb}": f"CREATE TRIGGER journal_{table}_{verb} AFTER {verb.upper()}"
        f' ON "{table}" BEGIN {body} END'
        for verb, body in bodies.items()
    }


def _missing(raw: Any) -> dict[str, str]:
    known = dict(raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall())
    wanted = dict(_KEPT)
    for table in journalled(raw):
        wanted |= _wanted(table)
    return {name: sql for name, sql in wanted.items() if known.get(name) != sql}


def _make(raw: Any, triggers: dict[str, str]) -> None:
    for name, sql in triggers.items():
        raw.execute(f'DROP TRIGGER IF EXISTS "{name}"')
        raw.execute(sql)


def _noted(raw: Any) -> Iterator[_Change]:
    """What became of each record that was noted: the first change tells whether it was there before."""
    tables = journalled(raw)
    for (table,) in raw.execute("SELECT DISTINCT record FROM journal_pending ORDER BY record").fetchall():
        if table not in tables:
            continue
        columns = columns_of(raw, table)
        names = json_of(columns)
        rows = raw.execute(
            f"SELECT p.record_key, p.action, t.id IS NOT NULL, {listed(columns)} FROM journal_pending AS p"
            f' LEFT JOIN "{table}" AS t ON t.id = p.record_key WHERE p.record = ? ORDER BY p.record_key',
            (table,),
        )
        for key, first, is_there, *values in rows:
            if is_there:
                yield (
                    table,
                    key,
                    "insert" if first == "insert" else "update",
                    canonical(names, tuple(values)),
                )
            elif first != "insert":
                yield table, key, "delete", _ABSENT


def _all_rows(raw: Any, table: str, action: str) -> Iterator[_Change]:
    columns = columns_of(raw, table)
    names = json_of(columns)
    for key, *values in raw.execute(f'SELECT t.id, {listed(columns)} FROM "{table}" AS t ORDER BY t.id'):
        yield table, key, action, canonical(names, tuple(values))
    gone = raw.execute(
        f"SELECT last.record_key FROM ({LAST}) AS last JOIN journal_entry AS e ON e.id = last.id WHERE "
        "e.action != 'delete'"
        f' AND NOT EXISTS (SELECT 1 FROM "{table}" AS t WHERE t.id = last.record_key)',
        (table,),
    ).fetchall()
    for (key,) in gone:
        yield table, key, "delete", _ABSENT


def _append(raw: Any, actor: str, changes: Iterable[_Change]) -> int:
    entries: int
    entries, previous = raw.execute("SELECT entries, hash FROM journal_head").fetchone() or (0, "")
    # Where the two differ somebody meddled, which the check tells; entries must be added all the same.
    last: int = raw.execute("SELECT coalesce(max(id), 0) FROM journal_entry").fetchone()[0]
    start = number = max(entries, last)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    left = iter(changes)
    while batch := list(islice(left, _AT_ONCE)):
        rows: list[tuple[object, ...]] = []
        salts = []
        for record, key, action, content in batch:
            number += 1
            salt = os.urandom(_SALT_BYTES).hex()
            fields = (at, actor, record, key, action, commitment_of(salt, content))
            digest = link_of(number, previous, fields)
            rows.append((number, *fields, previous, digest))
            salts.append((number, salt))
            previous = digest
        raw.executemany("INSERT INTO journal_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        raw.executemany("INSERT INTO journal_salt (entry_id, salt) VALUES (?, ?)", salts)
    raw.execute(
        "INSERT OR REPLACE INTO journal_head (id, entries, hash) VALUES (1, ?, ?)", (number, previous)
    )
    return number - start
