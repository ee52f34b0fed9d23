"""Ways back: a letter that was marked sent by hand, and of which that was taken back, may become a draft again.

Revision: 0007, after 0006.
"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _thaw_what_was_taken_back()


def _thaw_what_was_taken_back() -> None:
    """The guard of 0005, with one more outcome after which nobody has the letter."""
    named = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'letter_frozen'"
    guard: str = op.get_bind().exec_driver_sql(named).scalar_one()
    op.execute("DROP TRIGGER letter_frozen")
    op.execute(guard.replace("('failed', 'deferred')", "('failed', 'deferred', 'taken_back')"))
