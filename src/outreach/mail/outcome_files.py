"""Where what became of letters is kept beside the database, see `outcomes.py`.

A start that finds none reads no more than this.
"""

from pathlib import Path


def outcome_prefix(database: Path) -> str:
    """How the names of the files begin that belong to a database."""
    return f"{database.name}-outcome-"


def outcome_files(database: Path | None) -> list[Path]:
    """The files that lie beside a database, in no order.

    None for a database on a server, or in a folder that cannot be read.
    """
    if database is None:
        return []
    try:
        return [p for p in database.parent.iterdir() if p.name.startswith(outcome_prefix(database))]
    except OSError:
        return []
