"""The schema's revisions that this program knows."""

from pathlib import Path

from alembic.script import ScriptDirectory

from outreach.errors import DatabaseBrokenError

SCRIPTS = Path(__file__).with_name("migrations")


def script_directory() -> ScriptDirectory:
    """The migrations that ship with the program."""
    return ScriptDirectory(str(SCRIPTS))


def head() -> str:
    """The newest revision this program knows."""
    revision = script_directory().get_current_head()
    if revision is None:
        raise DatabaseBrokenError("The program's migrations are missing. Install outreach again.")
    return revision


def known_revisions() -> frozenset[str]:
    """Every revision this program can open."""
    return frozenset(script.revision for script in script_directory().walk_revisions())
