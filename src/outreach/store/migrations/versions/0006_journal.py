"""The journal: an entry for every change of a record, in a chain that can be checked.

The journal begins with an entry for each record that there is; `store/migrate.py` has them written, and the
triggers made, after every upgrade.

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("record", sa.String(40), nullable=False),
        sa.Column("record_key", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal_entry"),
    )
    op.create_index("ix_journal_entry_record", "journal_entry", ["record", "record_key", "id"])
    op.create_table(
        "journal_salt",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_journal_salt"),
    )
    op.create_table(
        "journal_pending",
        sa.Column("record", sa.String(40), nullable=False),
        sa.Column("record_key", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("record", "record_key", name="pk_journal_pending"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "journal_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_journal_head_only_one"),
        sa.PrimaryKeyConstraint("id", name="pk_journal_head"),
    )
    op.execute("INSERT INTO journal_head (id, entries, hash) VALUES (1, 0, '')")
