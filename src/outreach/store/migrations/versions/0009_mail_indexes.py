"""Indexes of what incoming mail is looked up by.

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def _domain(column: str) -> str:
    """What stands behind the last @."""
    low = f"lower({column})"
    return f"substr({low}, length(rtrim({low}, replace({low}, '@', ''))) + 1)"


def upgrade() -> None:
    op.create_index("ix_dispatch_message_key", "dispatch", [sa.text("lower(trim(message_id, ' <>'))")])
    op.create_index("ix_dispatch_address_key", "dispatch", [sa.text("lower(to_address)")])
    op.create_index("ix_dispatch_domain_key", "dispatch", [sa.text(_domain("to_address"))])
    is_email = sa.text("type = 'email'")
    for name, expression in (("address", "lower(value)"), ("domain", _domain("value"))):
        op.create_index(
            f"ix_contact_detail_{name}_key",
            "contact_detail",
            [sa.text(expression)],
            sqlite_where=is_email,
            postgresql_where=is_email,
        )
