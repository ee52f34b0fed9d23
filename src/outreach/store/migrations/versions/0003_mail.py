"""Mail: incoming messages kept whole, attachments by hash, places in mailboxes, saved views, reply standards.

The raw messages of answers move from their own column into the table of messages.

Revision: 0003, after 0002.
"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _tables()
    op.add_column("dispatch", sa.Column("sent_at", sa.DateTime(), nullable=True))
    op.create_index("ix_dispatch_message_id", "dispatch", ["message_id"])
    with op.batch_alter_table("reply") as batch:
        batch.add_column(sa.Column("mail_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_reply_mail_id_message", "message", ["mail_id"], ["id"])
    op.create_index("ix_reply_mail_id", "reply", ["mail_id"])
    _move_messages()
    op.drop_column("reply", "raw")
    if op.get_bind().dialect.name == "sqlite":
        _search_answers()
        frozen = "(SELECT approved_at FROM letter WHERE id = {row}.letter_id) IS NOT NULL"
        for verb, row in (("INSERT", "new"), ("UPDATE", "old"), ("DELETE", "old")):
            op.execute(
                f"CREATE TRIGGER letter_attachment_frozen_{verb.lower()} BEFORE {verb} ON letter_attachment"
                f" WHEN {frozen.format(row=row)}"
                " BEGIN SELECT RAISE(ABORT, 'what goes with an approved letter is frozen'); END"
            )


def _search_answers() -> None:
    """The triggers that kept answers in the search index went with the table that was made anew."""
    insert = (
        "INSERT INTO search_index(rowid, words, kind, owner_id) VALUES"
        " (new.id * 16 + 6, new.subject || ' ' || new.from_name || ' ' || new.text, 'letter', new.letter_id);"
    )
    delete = "DELETE FROM search_index WHERE rowid = old.id * 16 + 6;"
    for verb, body in (("insert", insert), ("update", f"{delete} {insert}"), ("delete", delete)):
        op.execute(f"DROP TRIGGER IF EXISTS search_reply_{verb}")
        op.execute(f"CREATE TRIGGER search_reply_{verb} AFTER {verb.upper()} ON reply BEGIN {body} END")


def _move_messages() -> None:
    reply = sa.table(
        "reply", *(sa.column(c) for c in ("id", "letter_id", "subject", "from_name", "from_address", "text",
        "message_id", "mail_id", "raw")),
        sa.column("received_on", sa.Date()), sa.column("recorded_at", sa.DateTime()),
    )  # fmt: skip
    message = sa.table(
        "message", *(sa.column(c) for c in ("id", "sha256", "raw", "message_id", "from_name", "from_address",
        "subject")),
        sa.column("received_on", sa.Date()), sa.column("recorded_at", sa.DateTime()),
        sa.column("failed_addresses"),
        *(sa.column(c) for c in ("nature", "nature_reason", "state", "letter_id", "basis", "confidence")),
    )  # fmt: skip
    connection = op.get_bind()
    known: dict[str, int] = {}
    for row in connection.execute(sa.select(reply).where(reply.c.raw.is_not(None))).mappings().all():
        digest = hashlib.sha256(row["raw"]).hexdigest()
        if digest not in known:
            known[digest] = len(known) + 1
            same = ("raw", "message_id", "from_name", "from_address", "subject", "received_on", "recorded_at",
                "letter_id")  # fmt: skip
            connection.execute(
                sa.insert(message).values(
                    id=known[digest], sha256=digest, nature="answer", nature_reason="", failed_addresses="",
                    state="filed", basis="by_hand",
                    confidence=100, **{c: row[c] for c in same},
                )
            )  # fmt: skip
        connection.execute(sa.update(reply).where(reply.c.id == row["id"]).values(mail_id=known[digest]))


def _tables() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("from_name", sa.String(), nullable=False),
        sa.Column("from_address", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("nature", sa.String(24), nullable=False),
        sa.Column("nature_reason", sa.Text(), nullable=False),
        sa.Column("failed_addresses", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("basis", sa.String(24), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name="fk_message_letter_id_letter"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("sha256", name="uq_message_sha256"),
    )
    for column in ("message_id", "state", "letter_id"):
        op.create_index(f"ix_message_{column}", "message", [column])
    for table, owner in (("attachment", "message"), ("letter_attachment", "letter")):
        op.create_table(
            table,
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column(f"{owner}_id", sa.Integer(), nullable=False),
            sa.Column("name", sa.String(), nullable=False),
            sa.Column("content_type", sa.String(), nullable=False),
            sa.Column("size_bytes", sa.Integer(), nullable=False),
            sa.Column("sha256", sa.String(64), nullable=False),
            sa.ForeignKeyConstraint(
                [f"{owner}_id"], [f"{owner}.id"], name=f"fk_{table}_{owner}_id_{owner}", ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        )
        op.create_index(f"ix_{table}_{owner}_id", table, [f"{owner}_id"])
        op.create_index(f"ix_{table}_sha256", table, ["sha256"])
    op.create_table(
        "blob",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_blob"),
        sa.UniqueConstraint("sha256", name="uq_blob_sha256"),
    )
    op.create_table(
        "mailbox_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("uid_validity", sa.Integer(), nullable=False),
        sa.Column("last_uid", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mailbox_place"),
        sa.UniqueConstraint("account", "folder", name="uq_mailbox_place_account"),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_saved_view_campaign_id_campaign"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_view"),
        sa.UniqueConstraint("campaign_id", "name", name="uq_saved_view_name"),
    )
    op.create_index("ix_saved_view_campaign_id", "saved_view", ["campaign_id"])
    op.create_table(
        "organization_standard",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(16), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_organization_standard_organization_id_organization",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_organization_standard"),
        sa.UniqueConstraint("organization_id", name="uq_organization_standard_organization_id"),
    )
