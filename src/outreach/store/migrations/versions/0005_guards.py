"""Guards: an approved letter is frozen whole; no recipient stands twice; what an update sets aside is kept.

Recipients that stood twice in a campaign, since SQLite takes two empty values for different, become one: the
one that is not removed, else the older. The others go whole into `set_aside`, which `outreach check` tells
of. Nothing refers to a recipient's row.

Revision: 0005, after 0004.
"""

import json
import logging
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_WHOM = ("campaign_id", "person_id", "organization_id", "post_id")
_TEXT = (
    "id", "reference", "campaign_id", "case_id", "origin", "template", "language", "audience", "post_id",
    "organization_id",
    "sender_organization_id", "written_on", "subject", "address_lines", "sender_lines", "salutation", "body",
    "close",
    "created_at", "deleted_at",
)  # fmt: skip
_APPROVAL = ("approved_at", "approved_by", "text_sha256", "digest_version")


def upgrade() -> None:
    op.create_table(
        "set_aside",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_set_aside"),
    )
    # 1: what the hashes of letters approved until now cover; see store/integrity.py.
    op.add_column(
        "letter", sa.Column("digest_version", sa.Integer(), nullable=False, server_default=sa.text("1"))
    )
    _one_recipient_each()
    if op.get_bind().dialect.name == "sqlite":
        _freeze_letters()
        _freeze_parts()
        _keep_history()


def _one_recipient_each() -> None:
    connection = op.get_bind()
    recipient = sa.table(
        "recipient",
        *(sa.column(c) for c in ("id", *_WHOM, "audience")),
        sa.column("deleted_at", sa.DateTime()),
    )
    set_aside = sa.table(
        "set_aside",
        *(sa.column(c) for c in ("table_name", "row_id", "reason")),
        sa.column("content", sa.JSON()),
        sa.column("at", sa.DateTime()),
    )
    kept: dict[tuple[int | None, ...], int] = {}
    rows = connection.execute(
        sa.select(recipient).order_by(recipient.c.deleted_at.is_not(None), recipient.c.id)
    ).mappings()
    for row in rows.all():
        first = kept.setdefault(tuple(row[c] for c in _WHOM), row["id"])
        if first == row["id"]:
            continue
        content = {c: row[c] for c in ("id", *_WHOM, "audience")}
        content["deleted_at"] = row["deleted_at"].isoformat() if row["deleted_at"] else None
        reason = f"The same recipient stands in the campaign as number {first}."
        connection.execute(
            sa.insert(set_aside).values(
                table_name="recipient",
                row_id=row["id"],
                content=content,
                reason=reason,
                at=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            )
        )
        connection.execute(sa.delete(recipient).where(recipient.c.id == row["id"]))
        logging.getLogger(__name__).warning("recipient set aside: %s %s", reason, json.dumps(content))
    with op.batch_alter_table("recipient") as batch:
        batch.drop_constraint("uq_recipient_campaign_id", type_="unique")
    op.create_index(
        "uq_recipient_whom",
        "recipient",
        ["campaign_id", *(sa.text(f"coalesce({c}, 0)") for c in _WHOM[1:])],
        unique=True,
    )


def _differ(columns: tuple[str, ...]) -> str:
    return " OR ".join(f"old.{c} IS NOT new.{c}" for c in columns)


def _not_by_merge(column: str) -> str:
    """The person differs, and no merge that stands moved this letter from one to the other or back."""
    return (
        f"(old.{column} IS NOT new.{column} AND NOT EXISTS (SELECT 1 FROM merge, json_each(merge.moved, "
        f"'$.rows') AS row WHERE merge.undone_at IS NULL AND ((merge.gone_id = old.{column} AND "
        f"merge.kept_id = new.{column}) OR (merge.kept_id = old.{column} AND merge.gone_id = new.{column}))"
        f" AND json_extract(row.value, '$[0]') = 'letter' AND json_extract(row.value, '$[1]') = '{column}'"
        " AND json_extract(row.value, '$[2]') = old.id))"
    )


def _freeze_letters() -> None:
    op.execute("DROP TRIGGER IF EXISTS letter_text_frozen")
    taken_back = (
        "(old.status IN ('approved', 'failed') AND new.status = 'draft' AND new.approved_at IS NULL"
        " AND new.approved_by = '' AND new.text_sha256 = '' AND NOT EXISTS"
        " (SELECT 1 FROM dispatch WHERE letter_id = old.id AND outcome NOT IN ('failed', 'deferred')))"
    )
    op.execute(
        "CREATE TRIGGER letter_frozen BEFORE UPDATE ON letter WHEN old.approved_at IS NOT NULL AND ("
        f"{_differ(_TEXT)} OR {_not_by_merge('person_id')} OR {_not_by_merge('sender_person_id')}"
        f" OR (({_differ(_APPROVAL)} OR new.status = 'draft') AND NOT {taken_back}))"
        " BEGIN SELECT RAISE(ABORT, 'an approved letter is frozen'); END"
    )
    # INSERT and UPDATE OR REPLACE delete the row in the way without asking the triggers of deletion.
    in_the_way = "(id = new.id OR reference = new.reference) AND approved_at IS NOT NULL"
    op.execute(
        "CREATE TRIGGER letter_not_replaced BEFORE INSERT ON letter WHEN EXISTS (SELECT 1 FROM letter "
        f"WHERE {in_the_way}) BEGIN SELECT RAISE(ABORT, 'an approved letter is kept'); END"
    )
    op.execute(
        "CREATE TRIGGER letter_not_taken_over BEFORE UPDATE OF id, reference ON letter"
        f" WHEN EXISTS (SELECT 1 FROM letter WHERE id != old.id AND {in_the_way})"
        " BEGIN SELECT RAISE(ABORT, 'an approved letter is kept'); END"
    )


def _freeze_parts() -> None:
    for table in ("letter_fact", "letter_ask", "letter_attachment"):
        frozen = "(SELECT approved_at FROM letter WHERE id = {row}.letter_id) IS NOT NULL"
        in_the_way = (
            f"EXISTS (SELECT 1 FROM {table} AS part JOIN letter ON letter.id = part.letter_id"
            " WHERE part.id = new.id AND letter.approved_at IS NOT NULL)"
        )
        for verb, rows in (("INSERT", ("new",)), ("UPDATE", ("old", "new"))):
            op.execute(f"DROP TRIGGER IF EXISTS {table}_frozen_{verb.lower()}")
            when = " OR ".join([*(frozen.format(row=row) for row in rows), in_the_way])
            op.execute(
                f"CREATE TRIGGER {table}_frozen_{verb.lower()} BEFORE {verb} ON {table} WHEN {when}"
                " BEGIN SELECT RAISE(ABORT, 'what an approved letter used and encloses is frozen'); END"
            )


def _keep_history() -> None:
    op.execute(
        "CREATE TRIGGER letter_event_not_replaced BEFORE INSERT ON letter_event"
        " WHEN EXISTS (SELECT 1 FROM letter_event WHERE id = new.id)"
        " BEGIN SELECT RAISE(ABORT, 'the history of a letter is only added to'); END"
    )
