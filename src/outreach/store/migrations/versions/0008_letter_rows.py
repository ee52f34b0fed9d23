"""A narrow row for each letter, from which the table of letters is read, and an index of the words it shows.

The rows are made when the database is opened next, see `store/letter_rows.py`.

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_SORTED_BY = (
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
_COUNTED_BY = {
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


def upgrade() -> None:
    def words(name: str, length: int | None = None, nullable: bool = False) -> sa.Column[str]:
        return sa.Column(name, sa.String(length), nullable=nullable)

    op.create_table(
        "letter_row",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer()),
        words("reference", 20),
        words("reference_key", 40),
        words("recipient"),
        words("recipient_key", nullable=True),
        words("post", nullable=True),
        words("body"),
        words("body_key", nullable=True),
        words("group_key", nullable=True),
        words("jurisdiction", 8),
        words("audience", 40),
        words("template", 80),
        words("language", 8),
        words("subject"),
        words("subject_key", nullable=True),
        words("sender", nullable=True),
        words("origin", 16),
        words("status", 24),
        sa.Column("urgency", sa.Integer(), nullable=False),
        words("channel", 24, nullable=True),
        sa.Column("written_on", sa.Date()),
        sa.Column("sent_on", sa.Date()),
        sa.Column("due_on", sa.Date()),
        sa.Column("answered_on", sa.Date()),
        sa.Column("days_taken", sa.Integer()),
        words("answer", 24, nullable=True),
        sa.Column("is_uncertain", sa.Boolean(), nullable=False),
        sa.Column("has_unread", sa.Boolean(), nullable=False),
        sa.Column("was_handed_over", sa.Boolean(), nullable=False),
        sa.Column("is_reminded", sa.Boolean(), nullable=False),
        words("last_step", 40, nullable=True),
        words("status_before", 24, nullable=True),
        sa.Column("was_marked_sent", sa.Boolean(), nullable=False),
        words("party"),
        words("party_key", nullable=True),
        words("country"),
        words("country_key", nullable=True),
        sa.Column("words_digest", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_letter_row"),
    )
    op.create_index("ix_letter_row_reference", "letter_row", ["reference"])
    for column in _SORTED_BY:
        op.create_index(f"ix_letter_row_{column}", "letter_row", ["campaign_id", column])
    for column, more in _COUNTED_BY.items():
        op.create_index(f"ix_letter_row_{column}_counted", "letter_row", ["campaign_id", column, *more])
    for column in ("is_uncertain", "has_unread"):
        op.create_index(
            f"ix_letter_row_{column}", "letter_row", ["campaign_id"], sqlite_where=sa.text(f"{column} = 1")
        )
    op.create_table(
        "letter_row_stale",
        sa.Column("letter_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("letter_id", name="pk_letter_row_stale"),
    )
    op.create_table(
        "letter_row_rules",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_letter_row_rules"),
    )
    # By these a change of a record finds the letters whose row it changes.
    for table, column in (
        ("letter", "post_id"),
        ("letter", "sender_person_id"),
        ("letter", "sender_organization_id"),
        ("membership", "on_behalf_of_id"),
        ("membership", "area_id"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index(
        "ix_letter_event_drafts",
        "letter_event",
        ["letter_id"],
        sqlite_where=sa.text("kind IN ('followed_up', 'referral_drafted')"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search_letters USING fts5(words, content = '', contentless_delete = 1,"
            " tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')"
        )
