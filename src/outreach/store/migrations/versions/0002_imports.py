"""Imports: where each value came from, ranks, saved groups of recipients, merges and their undoing.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("source", sa.Column("dataset", sa.String(40), nullable=False, server_default=""))
    op.add_column("source", sa.Column("file_name", sa.String(), nullable=False, server_default=""))
    op.add_column("source", sa.Column("sha256", sa.String(64), nullable=False, server_default=""))
    op.create_index("ix_source_dataset", "source", ["dataset"])
    op.add_column("membership", sa.Column("rank", sa.Integer(), nullable=True))
    with op.batch_alter_table("identifier") as batch:
        batch.add_column(sa.Column("source_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_identifier_source_id_source", "source", ["source_id"], ["id"])
    op.create_table(
        "merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("gone_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["kept_id"], ["person.id"], name="fk_merge_kept_id_person"),
        sa.ForeignKeyConstraint(["gone_id"], ["person.id"], name="fk_merge_gone_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_merge"),
    )
    op.create_index("ix_merge_kept_id", "merge", ["kept_id"])
    op.create_index("ix_merge_gone_id", "merge", ["gone_id"])
    op.create_table(
        "distinct_people",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["first_id"], ["person.id"], name="fk_distinct_people_first_id_person", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["person.id"], name="fk_distinct_people_second_id_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_distinct_people"),
        sa.UniqueConstraint("first_id", "second_id", name="uq_distinct_people_pair"),
    )
    op.create_table(
        "recipient_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name="fk_recipient_group_campaign_id_campaign"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recipient_group"),
        sa.UniqueConstraint("campaign_id", "name", name="uq_recipient_group_name"),
    )
    op.create_index("ix_recipient_group_campaign_id", "recipient_group", ["campaign_id"])
    if op.get_bind().dialect.name == "sqlite":
        # The words of the index, for guessing what was meant by a misspelt one.
        op.execute("CREATE VIRTUAL TABLE search_words USING fts5vocab('search_index', 'row')")
