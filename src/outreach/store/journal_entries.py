"""What an entry of the journal commits to: a record in one form of text, its
hash, and the link to the entry before.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any


@contextmanager
def any_text(raw: Any) -> Iterator[None]:
    """Read text also where damage left bytes that are no UTF-8."""
    former = raw.text_factory
    raw.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = former


def columns_of(raw: Any, table: str) -> list[str]:
    """The columns of a table, in the order of their names."""
    return sorted(row[1] for row in raw.execute(f'PRAGMA table_info("{table}")').fetchall())


def listed(columns: Iterable[str]) -> str:
    """Columns as a query of `t` lists them."""
    return ", ".join(f't."{column}"' for column in columns)


def _in_json(value: object) -> object:
    assert isinstance(value, bytes | memoryview)
    return {"sha256": hashlib.sha256(value).hexdigest()}


json_of = json.JSONEncoder(default=_in_json, separators=(",", ":")).encode


def canonical(columns: str, values: tuple[object, ...]) -> bytes:
    """A record in a form that depends on neither program nor the order of columns: names in order, then
    values, in JSON.

    Numbers, text and NULL as JSON has them, with all but ASCII escaped; a blob as its SHA-256.
    """
    return (columns + json_of(values)).encode("ascii")


def commitment_of(salt: str, content: bytes) -> str:
    """What an entry keeps of a record: a hash that tells nothing without its salt."""
    return hashlib.sha256(bytes.fromhex(salt) + content).hexdigest()


def link_of(number: int, previous: str, fields: tuple[object, ...]) -> str:
    """The hash of an entry. fields: at, actor, record, record_key, action, commitment."""
    return hashlib.sha256(json_of((number, previous, *fields)).encode("ascii")).hexdigest()
