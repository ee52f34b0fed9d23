"""Bringing a database's schema up to date with Alembic, never without a copy made first."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, inspect

from outreach.errors import DatabaseBrokenError, DatabaseNewerError
from outreach.settings import user_name
from outreach.store import backup, journal
from outreach.store.revisions import head, known_revisions, script_directory

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from alembic.script import ScriptDirectory


def upgrade(engine: Engine, path: Path | None, target: str | None = None) -> None:
    """Apply the revisions that are missing, oldest first, in one transaction.

    A copy of the file goes to the backups folder beside it before the first change. Foreign keys are
    off meanwhile (with them on, Alembic's batch mode deleted every child row of a rebuilt table), and
    are checked before the end; row counts of tables that existed before may not shrink, but by rows that are
    set aside. At the end the journal gets an entry for each record of a table that was made anew
    (`journal.follow_upgrade`).

    Args: target: a revision, by default the newest.
    Raises: DatabaseNewerError if the database is ahead of this program; DatabaseBrokenError if it
        holds tables but no revision, or if a migration would lose rows. The file is then unchanged.
    """
    wanted = target or head()
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        at = _revision_of(connection) if "alembic_version" in tables else None
    if at == wanted:
        return
    if at is not None:
        if at not in known_revisions():
            raise DatabaseNewerError(
                f"{path or engine.url} was written by a newer version of outreach (schema {at}). "
                "Install the newest version to open it; the file was not changed."
            )
    elif tables:
        raise DatabaseBrokenError(
            f"{path or engine.url} holds tables that are not outreach's. Choose another file."
        )
    if at is not None and path is not None:
        backup.backup_before_migration(path, at)
    _run(engine, script_directory(), wanted)


def _revision_of(connection: Connection) -> str | None:
    """The revision that a database has, as Alembic notes it; None if it notes none."""
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _run(engine: Engine, scripts: ScriptDirectory, wanted: str) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction
            connection.rollback()
        try:
            with connection.execution_options(outreach_write=True).begin():
                before = _counts(connection)
                tables = journal.schemas(raw) if sqlite else {}
                if "journal_pending" in tables:
                    journal.seal_what_others_left(raw)
                context = MigrationContext.configure(
                    connection,
                    opts={
                        "fn": partial(_steps, scripts, wanted),
                        "render_as_batch": sqlite,
                        "transactional_ddl": True,
                    },
                )
                with Operations.context(context):
                    context.run_migrations()
                if sqlite:
                    journal.follow_upgrade(raw, tables, user_name())
                _refuse_losses(connection, before, sqlite)
        finally:
            if sqlite:
                raw.execute("PRAGMA foreign_keys = ON")


def _steps(scripts: ScriptDirectory, wanted: str, at: Any, context: MigrationContext) -> list[RevisionStep]:
    """The revisions from where a database is to the one wanted, oldest first; Alembic asks for them."""
    from alembic.runtime.migration import MigrationStep

    missing = list(scripts.iterate_revisions(wanted, at, implicit_base=True))
    return [MigrationStep.upgrade_from_script(scripts.revision_map, script) for script in reversed(missing)]


def _counts(connection: Connection) -> dict[str, int]:
    names = [
        n
        for n in inspect(connection).get_table_names()
        if not n.startswith(("search", "alembic", "sqlite", "journal_pending", "letter_row"))
    ]
    quote = connection.dialect.identifier_preparer.quote
    return {
        n: int(connection.exec_driver_sql(f"SELECT count(*) FROM {quote(n)}").scalar_one()) for n in names
    }


def _refuse_losses(connection: Connection, before: dict[str, int], sqlite: bool) -> None:
    after = _counts(connection)
    aside: dict[str, int] = {}
    if "set_aside" in after:
        rows = connection.exec_driver_sql("SELECT table_name FROM set_aside ORDER BY id").scalars().all()
        aside = Counter(rows[before.get("set_aside", 0) :])
    lost = [n for n, count in before.items() if n in after and after[n] + aside.get(n, 0) < count]
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() if sqlite else []
    if lost or orphans:
        raise DatabaseBrokenError(
            "The update of the database would have lost rows, so it was undone. "
            "Please report this; the file and its copy are unchanged."
        )
