"""Whether the journal is whole, and the records are as it has them: what `outreach check` says of it."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from outreach.store.journal import LAST, NOT_RECORDS, OUTSIDE, guards_missing, journalled, schemas
from outreach.store.journal_entries import (
    any_text,
    canonical,
    columns_of,
    commitment_of,
    json_of,
    link_of,
    listed,
)

_MOST_NAMED = 20


def problems(raw: Any) -> list[str]:
    """What does not fit: one sentence for each, none if the journal is whole and the records are as it has
    them.

    Follows the chain from the first entry and names the first that does not fit; then compares each record
    with its last entry. Reads once through entries and records, and keeps none in memory.
    """
    gone = [t for t in NOT_RECORDS if t.startswith("journal") and t not in schemas(raw)]
    if gone:
        return [
            f"The journal of changes is gone: there is no table {' or '.join(gone)}. Restore a copy of the "
            "database."
        ]
    found = []
    with any_text(raw):
        found += _chain_problems(raw)
        found += _few(
            f"{_label(raw, record, key)} was {_DONE.get(action, 'changed')} outside of outreach."
            for record, key, action in raw.execute(
                "SELECT record, record_key, action FROM journal_pending ORDER BY record, record_key"
            )
        )
        found += _few(chain.from_iterable(_record_problems(raw, table) for table in journalled(raw)))
    return found


def notes(raw: Any) -> list[str]:
    """What is no damage and yet worth knowing of the journal: changes made outside, triggers
    missing or put back, erased salts.
    """
    if not {"journal_entry", "journal_salt"} <= schemas(raw).keys():
        return []
    found = []
    missing = guards_missing(raw)
    if missing:
        found.append(
            f"Triggers of the journal are missing ({_some(missing)}), so changes are not noted. Open the "
            "database again: that puts them back."
        )
    with any_text(raw):
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
                f"On {str(at)[:10]}, {number} trigger{'s' if number > 1 else ''} of the journal had to be "
                "put back."
            )
        unsalted = sum(
            raw.execute(
                f"SELECT count(*) FROM ({LAST}) AS last JOIN journal_entry AS e ON e.id = last.id"
                f' JOIN "{table}" AS t ON t.id = e.record_key'
                " WHERE NOT EXISTS (SELECT 1 FROM journal_salt WHERE entry_id = e.id)",
                (table,),
            ).fetchone()[0]
            for table in journalled(raw)
        )
    if unsalted:
        found.append(
            f"{unsalted} record{'s' if unsalted > 1 else ''} cannot be compared with the journal, since the "
            "salts were erased."
        )
    return found


_DONE = {"insert": "added", "update": "changed", "delete": "deleted"}


def _chain_problems(raw: Any) -> list[str]:
    number, previous = 0, ""
    entries = raw.execute(
        "SELECT id, previous_hash, hash, at, actor, record, record_key, action, commitment FROM "
        "journal_entry ORDER BY id"
    )
    for found, before, digest, *fields in entries:
        number += 1
        if found != number or before != previous or digest != link_of(number, previous, tuple(fields)):
            what = f"{fields[0]}, {_label(raw, fields[2], fields[3])}"
            if found != number:
                return [
                    f"The journal was changed: entry {number} is missing; entry {found} ({what}) stands in "
                    "its place."
                ]
            return [
                f"The journal was changed: entry {number} ({what}) is the first that does not fit those "
                "before it."
            ]
        previous = digest
    head = raw.execute("SELECT entries, hash FROM journal_head WHERE id = 1").fetchone()
    if head is None:
        return ["The journal was changed: the note of where it ends is gone."]
    if tuple(head) != (number, previous):
        return [
            f"The journal was changed: it ended with entry {head[0]}, and now ends with entry {number} or "
            "another one in its place."
        ]
    return []


def _record_problems(raw: Any, table: str) -> Iterator[str]:
    columns = columns_of(raw, table)
    names = json_of(columns)
    unnoted = "NOT EXISTS (SELECT 1 FROM journal_pending AS p WHERE p.record = ? AND p.record_key = {key})"
    rows = raw.execute(
        f"SELECT e.record_key, e.action, e.commitment, s.salt, t.id IS NOT NULL, {listed(columns)} FROM "
        f"({LAST}) AS last JOIN journal_entry AS e ON e.id = last.id LEFT JOIN journal_salt AS s ON "
        "s.entry_id = e.id"
        f' LEFT JOIN "{table}" AS t ON t.id = e.record_key WHERE {unnoted.format(key="last.record_key")}',
        (table, table),
    )
    for key, action, commitment, salt, is_there, *values in rows:
        if not is_there:
            if action != "delete":
                yield f"{_label(raw, table, key)} is gone, and the journal tells of no deletion."
        elif action == "delete":
            yield f"{_label(raw, table, key)} is there, and the journal tells that it was deleted."
        elif salt is not None and not _fits(salt, commitment, canonical(names, tuple(values))):
            yield f"{_label(raw, table, key)} is not as the journal has it: it was changed without an entry."
    unknown = raw.execute(
        f'SELECT t.id FROM "{table}" AS t WHERE NOT EXISTS'
        " (SELECT 1 FROM journal_entry AS e WHERE e.record = ? AND e.record_key = t.id) AND "
        f"{unnoted.format(key='t.id')}",
        (table, table),
    )
    for (key,) in unknown:
        yield f"{_label(raw, table, key)} is there, and the journal does not know it."


def _fits(salt: object, commitment: object, content: bytes) -> bool:
    try:
        return commitment_of(str(salt), content) == commitment
    except ValueError:
        return False


def _label(raw: Any, record: object, key: object) -> str:
    """A record in words, by what users know it by where it has that: “letter MAG-0003”."""
    words = str(record).replace("_", " ")
    if record in journalled(raw):
        columns = columns_of(raw, str(record))
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
