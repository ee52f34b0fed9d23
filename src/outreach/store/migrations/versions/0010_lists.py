"""The inbox in pages: an index that holds all by which messages are listed, so that no message is read for
it, and their words.

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_WORDS = "{row}.from_name || ' ' || {row}.from_address || ' ' || {row}.subject"


def upgrade() -> None:
    op.create_index(
        "ix_message_listed",
        "message",
        ["state", "received_on", "letter_id", "nature", "from_name", "from_address", "subject"],
    )
    op.create_index("ix_reply_received_on", "reply", ["received_on"])
    op.create_index("ix_reply_unclassed", "reply", ["mail_id"], sqlite_where=sa.text("kind IS NULL"))
    if op.get_bind().dialect.name == "sqlite":
        _search()


def _search() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE search_messages USING fts5(words, content = '', contentless_delete = 1,"
        " tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')"
    )
    op.execute(
        f"INSERT INTO search_messages(rowid, words) SELECT message.id, {_WORDS.format(row='message')} FROM "
        "message"
    )
    insert = f"INSERT INTO search_messages(rowid, words) VALUES (new.id, {_WORDS.format(row='new')});"
    delete = "DELETE FROM search_messages WHERE rowid = old.id;"
    for verb, of, body in (
        ("insert", "", insert),
        ("update", " OF id, from_name, from_address, subject", f"{delete} {insert}"),
        ("delete", "", delete),
    ):
        op.execute(
            f"CREATE TRIGGER search_message_{verb} AFTER {verb.upper()}{of} ON message BEGIN {body} END"
        )
