"""The journal of changes; `outreach.store.journal` says how it is kept and checked."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table

from outreach.store.types import Base

# Plain tables rather than classes: rows are written and read in bulk only, in the database's own form.
JournalEntry = Table(
    "journal_entry",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("actor", String, nullable=False),
    Column("record", String(40), nullable=False),
    Column("record_key", Integer, nullable=False),
    Column("action", String(16), nullable=False),
    Column("commitment", String(64), nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_journal_entry_record", "record", "record_key", "id"),
)
"""One change of one record. at: instant in UTC, as ISO 8601. record, record_key: table and row."""

JournalSalt = Table(
    "journal_salt",
    Base.metadata,
    Column("entry_id", Integer, primary_key=True, autoincrement=False),
    Column("salt", String(32), nullable=False),
)
"""What the commitment of an entry was salted with.

Without it nobody can tell any more what the commitment was made of.
"""

JournalPending = Table(
    "journal_pending",
    Base.metadata,
    Column("record", String(40), primary_key=True),
    Column("record_key", Integer, primary_key=True, autoincrement=False),
    Column("action", String(16), nullable=False),
    sqlite_with_rowid=False,
)
"""Records that changed since the last entry, noted by triggers. action: the first change of them."""

JournalHead = Table(
    "journal_head",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("entries", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("id = 1", name="only_one"),
)
"""The end of the chain, so that entries cut off from it are missed: how many
there are, and the hash of the last.
"""
