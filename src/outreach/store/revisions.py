"""The schema's revisions that this program knows.

Their files begin with their numbers, so that Alembic is read only to migrate.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from outreach.errors import DatabaseBrokenError

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

SCRIPTS = Path(__file__).with_name("migrations")


def script_directory() -> ScriptDirectory:
    """The migrations that ship with the program."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(SCRIPTS))


def known_revisions() -> frozenset[str]:
    """Every revision this program can open."""
    return frozenset(path.name.partition("_")[0] for path in SCRIPTS.glob("versions/[0-9]*_*.py"))


def head() -> str:
    """The newest revision this program knows."""
    if known := known_revisions():
        return max(known)
    raise DatabaseBrokenError("The program's migrations are missing. Install outreach again.")
