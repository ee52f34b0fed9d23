"""What the table of letters shows, one narrow row a letter; `outreach.store.letter_rows` says how it is kept
true."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, String, Table, text

from outreach.store.types import Base

SORTED_BY = (
    "reference_key",
    "recipient_key",
    "urgency",
    "sent_on",
    "answered_on",
    "days_taken",
    "body_key",
    "answer",
    "subject_key",
    "channel",
    "written_on",
    "due_on",
    "status",
    "party_key",
    "country_key",
    "post",
    "audience",
    "language",
    "sender",
)
"""Columns of `LetterRow` with an index, by which letters of a campaign are sorted or filtered."""

COUNTED_BY = {
    "due_on": ("origin", "is_reminded"),
    "status": (
        "due_on",
        "answered_on",
        "days_taken",
        "is_uncertain",
        "has_unread",
        "origin",
        "was_handed_over",
        "last_step",
        "status_before",
        "was_marked_sent",
    ),
    "group_key": ("status", "due_on", "answered_on", "days_taken"),
    "party_key": ("status", "due_on", "answered_on", "days_taken"),
    "country_key": ("status", "due_on", "answered_on", "days_taken"),
}
"""Columns by which they are counted too, and what else these indexes hold, so that counting reads the index
alone."""

# Plain tables rather than classes: rows are derived, written and read in bulk only.
LetterRow = Table(
    "letter_row",
    Base.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("campaign_id", Integer, nullable=False),
    Column("organization_id", Integer),
    Column("reference", String(20), nullable=False),
    Column("reference_key", String(40), nullable=False),
    Column("recipient", String, nullable=False),
    Column("recipient_key", String),
    Column("post", String),
    Column("body", String, nullable=False),
    Column("body_key", String),
    Column("group_key", String),
    Column("jurisdiction", String(8), nullable=False),
    Column("audience", String(40), nullable=False),
    Column("template", String(80), nullable=False),
    Column("language", String(8), nullable=False),
    Column("subject", String, nullable=False),
    Column("subject_key", String),
    Column("sender", String),
    Column("origin", String(16), nullable=False),
    Column("status", String(24), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("channel", String(24)),
    Column("written_on", Date),
    Column("sent_on", Date),
    Column("due_on", Date),
    Column("answered_on", Date),
    Column("days_taken", Integer),
    Column("answer", String(24)),
    Column("is_uncertain", Boolean, nullable=False),
    Column("has_unread", Boolean, nullable=False),
    Column("was_handed_over", Boolean, nullable=False),
    Column("is_reminded", Boolean, nullable=False),
    Column("last_step", String(40)),
    Column("status_before", String(24)),
    Column("was_marked_sent", Boolean, nullable=False),
    Column("party", String, nullable=False),
    Column("party_key", String),
    Column("country", String, nullable=False),
    Column("country_key", String),
    Column("words_digest", BigInteger, nullable=False),
    Index("ix_letter_row_reference", "reference"),
    *(Index(f"ix_letter_row_{column}", "campaign_id", column) for column in SORTED_BY),
    *(
        Index(f"ix_letter_row_{column}_counted", "campaign_id", column, *more)
        for column, more in COUNTED_BY.items()
    ),
    *(
        Index(f"ix_letter_row_{column}", "campaign_id", sqlite_where=text(f"{column} = 1"))
        for column in ("is_uncertain", "has_unread")
    ),
)
"""One letter as the table shows it. Derived from the records, never a record itself; deleted letters have
none.

id: the letter's. *_key: what a column sorts and is compared by: folded, NULL where it is empty.
reference_key: prefix, then the number with zeros before it. group_key: the body, or the recipient where there
is none. urgency: where a letter stands, the most urgent first, and by the day an answer is due. due_on: while
an answer is awaited only. channel: of the last sending. is_reminded: a follow-up was drafted, and is neither
deleted nor withdrawn. answer: kind of the last answer that was classed. words_digest: of the words that
`search_letters` has of the letter.
"""

LetterRowStale = Table(
    "letter_row_stale", Base.metadata, Column("letter_id", Integer, primary_key=True, autoincrement=False)
)
"""Letters whose row may no longer be true, noted by triggers until the end of the unit of work."""

LetterRowRules = Table(
    "letter_row_rules",
    Base.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("stamp", String, nullable=False),
)
"""One row: by which rules the rows were made: of this program, and of the standards and holidays that come
with it."""
