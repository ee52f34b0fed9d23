"""The journal: one entry for each change of a record, in a chain of hashes that `outreach check` follows.

Triggers note which records a transaction touched, whoever wrote and by whatever statement. Before a unit of writing is
committed, `seal` reads those records and adds an entry for each. An entry holds who, when and which record, and a
commitment: SHA-256 of a salt and of the record as it is then. It does not hold the record itself. Salts lie in a table
apart: where the data of a person and the salts of its entries are destroyed, nobody can tell from the journal what
it was, and the chain still holds, since each hash covers the commitments only.

What it is worth: a change behind its back is found, and the first entry that does not fit is named. Who rewrites the whole
chain with a program of their own is not found out; for that, the last hash must be kept elsewhere.

The journal is for SQLite only; on a server nothing is journalled yet. The functions take the driver's own connection, since
a record is read as it lies in the file, without a model that another version of the program may have changed.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from typing import Any

RECORDS = (
    "area", "ask", "attachment", "blob", "campaign", "case", "case_party", "citation", "contact_detail", "dispatch",
    "distinct_people", "evidence", "fact", "follow_up", "identifier", "letter", "letter_ask", "letter_attachment",
    "letter_event", "letter_fact", "membership", "merge", "message", "motion", "organization", "organization_standard",
    "other_name", "pack", "pack_export", "person", "petition", "post", "recipient", "recipient_group", "reply", "saved_view",
    "set_aside", "signature", "source", "vote_event",
)  # fmt: skip
"""Tables whose rows are journalled."""

NOT_RECORDS = (
    "journal_entry", "journal_head", "journal_pending", "journal_salt", "letter_row", "letter_row_rules", "letter_row_stale",
    "mailbox_place",
)  # fmt: skip
"""Tables whose rows are not: the journal itself, and what can be found out again."""

OUTSIDE = "outside of outreach"
"""The actor of changes that another program made."""

_AT_ONCE = 1_000
_MOST_NAMED = 20
_SALT_BYTES = 16
_ABSENT = b"null"
_KEPT = {
    f"journal_entry_not_{done}": f"CREATE TRIGGER journal_entry_not_{done} BEFORE {verb} ON journal_entry{when}"
    " BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END"
    for done, verb, when in (
        ("changed", "UPDATE", ""),
        ("deleted", "DELETE", ""),
        ("replaced", "INSERT", " WHEN EXISTS (SELECT 1 FROM journal_entry WHERE id = new.id)"),
    )
}

_Change = tuple[str, int, str, bytes]


def seal(raw: Any, actor: str) -> int:
    """Add an entry for each record that was noted as changed. Call it within the transaction that changed them.

    Args: raw: the driver's connection. actor: who changed them.
    Returns: how many entries.
    """
    if raw.execute("SELECT 1 FROM journal_pending LIMIT 1").fetchone() is None:
        return 0
    with _any_text(raw):
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

    Each record of a table that was made anew, which its definition or its missing triggers tell, gets an entry, since its
    former commitment may be of other columns; then the triggers are made. Where the journal itself is new, it begins with all records.

    Args: before: what `schemas` gave before the upgrade.
    """
    after = schemas(raw)
    if "journal_entry" not in after:
        return
    action = "schema" if "journal_entry" in before else "found"
    missing = _missing(raw).keys()
    anew = [t for t in RECORDS if t in after and (before.get(t) != after[t] or missing & _wanted(t).keys())]
    raw.executemany("DELETE FROM journal_pending WHERE record = ?", [(table,) for table in anew])
    with _any_text(raw):
        _append(raw, actor, chain.from_iterable(_all_rows(raw, table, action) for table in anew))
    seal(raw, actor)
    _make(raw, _missing(raw))


def problems(raw: Any) -> list[str]:
    """What does not fit: one sentence for each, none if the journal is whole and the records are as it has them.

    Follows the chain from the first entry and names the first that does not fit; then compares each record with its last
    entry. Reads once through entries and records, and keeps none in memory.
    """
    gone = [t for t in NOT_RECORDS if t.startswith("journal") and t not in schemas(raw)]
    if gone:
        return [
            f"The journal of changes is gone: there is no table {' or '.join(gone)}. Restore a copy of the database."
        ]
    found = []
    with _any_text(raw):
        found += _chain_problems(raw)
        found += _few(
            f"{_label(raw, record, key)} was {_DONE.get(action, 'changed')} outside of outreach."
            for record, key, action in raw.execute(
                "SELECT record, record_key, action FROM journal_pending ORDER BY record, record_key"
            )
        )
        found += _few(chain.from_iterable(_record_problems(raw, table) for table in _there(raw)))
    return found


def notes(raw: Any) -> list[str]:
    """What is no damage and yet worth knowing of the journal: changes made outside, triggers missing or put back, erased salts."""
    if not {"journal_entry", "journal_salt"} <= schemas(raw).keys():
        return []
    found = []
    missing = guards_missing(raw)
    if missing:
        found.append(
            f"Triggers of the journal are missing ({_some(missing)}), so changes are not noted. Open the database again: that "
            "puts them back."
        )
    with _any_text(raw):
        count, last = raw.execute(
            "SELECT count(*), max(id) FROM journal_entry WHERE actor = ?", (OUTSIDE,)
        ).fetchone()
        if count:
            at, record, key = raw.execute(
                "SELECT at, record, record_key FROM journal_entry WHERE id = ?", (last,)
            ).fetchone()
            found.append(
                f"{count} change{'s were' if count > 1 else ' was'} made outside of outreach; the last, of "
                f"{_label(raw, record, key)}, was found on {str(at)[:10]}."
            )
        for at, number in raw.execute(
            "SELECT at, record_key FROM journal_entry WHERE action = 'guards' ORDER BY id"
        ):
            found.append(
                f"On {str(at)[:10]}, {number} trigger{'s' if number > 1 else ''} of the journal had to be put back."
            )
        unsalted = sum(
            raw.execute(
                f"SELECT count(*) FROM ({_LAST}) AS last JOIN journal_entry AS e ON e.id = last.id"
                f' JOIN "{table}" AS t ON t.id = e.record_key'
                " WHERE NOT EXISTS (SELECT 1 FROM journal_salt WHERE entry_id = e.id)",
                (table,),
            ).fetchone()[0]
            for table in _there(raw)
        )
    if unsalted:
        found.append(
            f"{unsalted} record{'s' if unsalted > 1 else ''} cannot be compared with the journal, since the salts were erased."
        )
    return found


_DONE = {"insert": "added", "update": "changed", "delete": "deleted"}
_LAST = "SELECT record_key, max(id) AS id FROM journal_entry WHERE record = ? GROUP BY record_key"


def _there(raw: Any) -> list[str]:
    known = schemas(raw)
    return [table for table in RECORDS if table in known]


def _wanted(table: str) -> dict[str, str]:
    """The triggers of one table. They name no policy for conflicts: that of the statement outside would go before it."""

    def noted(row: str, action: str, when: str = "") -> str:
        return (
            f"INSERT INTO journal_pending (record, record_key, action) SELECT '{table}', {row}.id, '{action}' WHERE {when}"
            f"NOT EXISTS (SELECT 1 FROM journal_pending WHERE record = '{table}' AND record_key = {row}.id);"
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
    for table in _there(raw):
        wanted |= _wanted(table)
    return {name: sql for name, sql in wanted.items() if known.get(name) != sql}


def _make(raw: Any, triggers: dict[str, str]) -> None:
    for name, sql in triggers.items():
        raw.execute(f'DROP TRIGGER IF EXISTS "{name}"')
        raw.execute(sql)


@contextmanager
def _any_text(raw: Any) -> Iterator[None]:
    """Read text also where damage left bytes that are no UTF-8."""
    former = raw.text_factory
    raw.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = former


def _columns(raw: Any, table: str) -> list[str]:
    return sorted(row[1] for row in raw.execute(f'PRAGMA table_info("{table}")').fetchall())


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f't."{column}"' for column in columns)


def _in_json(value: object) -> object:
    assert isinstance(value, bytes | memoryview)
    return {"sha256": hashlib.sha256(value).hexdigest()}


_json = json.JSONEncoder(default=_in_json, separators=(",", ":")).encode


def _canonical(columns: str, values: tuple[object, ...]) -> bytes:
    """A record in a form that depends on neither program nor the order of columns: names in order, then values, in JSON.

    Numbers, text and NULL as JSON has them, with all but ASCII escaped; a blob as its SHA-256.
    """
    return (columns + _json(values)).encode("ascii")


def _commitment(salt: str, content: bytes) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + content).hexdigest()


def _link(number: int, previous: str, fields: tuple[object, ...]) -> str:
    """The hash of an entry. fields: at, actor, record, record_key, action, commitment."""
    return hashlib.sha256(_json((number, previous, *fields)).encode("ascii")).hexdigest()


def _noted(raw: Any) -> Iterator[_Change]:
    """What became of each record that was noted: the first change tells whether it was there before."""
    tables = _there(raw)
    for (table,) in raw.execute("SELECT DISTINCT record FROM journal_pending ORDER BY record").fetchall():
        if table not in tables:
            continue
        columns = _columns(raw, table)
        names = _json(columns)
        rows = raw.execute(
            f"SELECT p.record_key, p.action, t.id IS NOT NULL, {_listed(columns)} FROM journal_pending AS p"
            f' LEFT JOIN "{table}" AS t ON t.id = p.record_key WHERE p.record = ? ORDER BY p.record_key',
            (table,),
        )
        for key, first, is_there, *values in rows:
            if is_there:
                yield (
                    table,
                    key,
                    "insert" if first == "insert" else "update",
                    _canonical(names, tuple(values)),
                )
            elif first != "insert":
                yield table, key, "delete", _ABSENT


def _all_rows(raw: Any, table: str, action: str) -> Iterator[_Change]:
    columns = _columns(raw, table)
    names = _json(columns)
    for key, *values in raw.execute(f'SELECT t.id, {_listed(columns)} FROM "{table}" AS t ORDER BY t.id'):
        yield table, key, action, _canonical(names, tuple(values))
    gone = raw.execute(
        f"SELECT last.record_key FROM ({_LAST}) AS last JOIN journal_entry AS e ON e.id = last.id WHERE e.action != 'delete'"
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
            fields = (at, actor, record, key, action, _commitment(salt, content))
            digest = _link(number, previous, fields)
            rows.append((number, *fields, previous, digest))
            salts.append((number, salt))
            previous = digest
        raw.executemany("INSERT INTO journal_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        raw.executemany("INSERT INTO journal_salt (entry_id, salt) VALUES (?, ?)", salts)
    raw.execute(
        "INSERT OR REPLACE INTO journal_head (id, entries, hash) VALUES (1, ?, ?)", (number, previous)
    )
    return number - start


def _chain_problems(raw: Any) -> list[str]:
    number, previous = 0, ""
    entries = raw.execute(
        "SELECT id, previous_hash, hash, at, actor, record, record_key, action, commitment FROM journal_entry ORDER BY id"
    )
    for found, before, digest, *fields in entries:
        number += 1
        if found != number or before != previous or digest != _link(number, previous, tuple(fields)):
            what = f"{fields[0]}, {_label(raw, fields[2], fields[3])}"
            if found != number:
                return [
                    f"The journal was changed: entry {number} is missing; entry {found} ({what}) stands in its place."
                ]
            return [
                f"The journal was changed: entry {number} ({what}) is the first that does not fit those before it."
            ]
        previous = digest
    head = raw.execute("SELECT entries, hash FROM journal_head WHERE id = 1").fetchone()
    if head is None:
        return ["The journal was changed: the note of where it ends is gone."]
    if tuple(head) != (number, previous):
        return [
            f"The journal was changed: it ended with entry {head[0]}, and now ends with entry {number} or another one in its place."
        ]
    return []


def _record_problems(raw: Any, table: str) -> Iterator[str]:
    columns = _columns(raw, table)
    names = _json(columns)
    unnoted = "NOT EXISTS (SELECT 1 FROM journal_pending AS p WHERE p.record = ? AND p.record_key = {key})"
    rows = raw.execute(
        f"SELECT e.record_key, e.action, e.commitment, s.salt, t.id IS NOT NULL, {_listed(columns)} FROM ({_LAST}) AS last"
        " JOIN journal_entry AS e ON e.id = last.id LEFT JOIN journal_salt AS s ON s.entry_id = e.id"
        f' LEFT JOIN "{table}" AS t ON t.id = e.record_key WHERE {unnoted.format(key="last.record_key")}',
        (table, table),
    )
    for key, action, commitment, salt, is_there, *values in rows:
        if not is_there:
            if action != "delete":
                yield f"{_label(raw, table, key)} is gone, and the journal tells of no deletion."
        elif action == "delete":
            yield f"{_label(raw, table, key)} is there, and the journal tells that it was deleted."
        elif salt is not None and not _fits(salt, commitment, _canonical(names, tuple(values))):
            yield f"{_label(raw, table, key)} is not as the journal has it: it was changed without an entry."
    unknown = raw.execute(
        f'SELECT t.id FROM "{table}" AS t WHERE NOT EXISTS'
        f" (SELECT 1 FROM journal_entry AS e WHERE e.record = ? AND e.record_key = t.id) AND {unnoted.format(key='t.id')}",
        (table, table),
    )
    for (key,) in unknown:
        yield f"{_label(raw, table, key)} is there, and the journal does not know it."


def _fits(salt: object, commitment: object, content: bytes) -> bool:
    try:
        return _commitment(str(salt), content) == commitment
    except ValueError:
        return False


def _label(raw: Any, record: object, key: object) -> str:
    """A record in words, by what users know it by where it has that: “letter MAG-0003”."""
    words = str(record).replace("_", " ")
    if record in _there(raw):
        columns = _columns(raw, str(record))
        known = ("reference", "slug", *(() if "letter_id" in columns else ("name",)))
        named = next((c for c in known if c in columns), None)
        if named is not None:
            row = raw.execute(f'SELECT "{named}" FROM "{record}" WHERE id = ?', (key,)).fetchone()
            if row is not None and row[0]:
                return f"{words} {row[0]}"
        elif "letter_id" in columns:
            row = raw.execute(
                f'SELECT reference FROM letter WHERE id = (SELECT letter_id FROM "{record}" WHERE id = ?)',
                (key,),
            ).fetchone()
            if row is not None:
                return f"{words} number {key} (of {row[0]})"
    return f"{words} number {key}"


def _few(sentences: Iterable[str]) -> list[str]:
    left = iter(sentences)
    found = list(islice(left, _MOST_NAMED))
    more = sum(1 for _ in left)
    return [*found, f"There are {more} more of this kind."] if more else found


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
