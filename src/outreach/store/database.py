"""Opening the database: one engine, short sessions, and errors that tell the user what to do."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlite_driver
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker, with_loader_criteria

from outreach.errors import (
    DatabaseBrokenError,
    DatabaseError,
    DatabaseMissingError,
)
from outreach.files import os_error
from outreach.store import migrate
from outreach.store.driver_errors import friendly_errors
from outreach.store.integrity import frozen_text_problems
from outreach.store.types import Deletable

BUSY_TIMEOUT_SECONDS = 5.0
_HEADER = b"SQLite format 3\x00"


class Turns:
    """Lets writers of this process in one at a time; who waits goes before who has just written."""

    def __init__(self) -> None:
        self._next, self._turn = threading.Lock(), threading.Lock()
        self._owner: int | None = None

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn and hold it. A writer inside a writer is let through, for the database to refuse."""
        if self._owner == threading.get_ident():
            yield
            return
        with self._next:
            self._turn.acquire()
        self._owner = threading.get_ident()
        try:
            yield
        finally:
            self._owner = None
            self._turn.release()


@dataclass(frozen=True)
class Database:
    """An open database. Share it between threads; take a session per unit of work."""

    engine: Engine
    location: str
    path: Path | None
    _sessions: sessionmaker[Session]
    _turns: Turns = field(default_factory=Turns, repr=False, compare=False)

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads; what it sees does not change while it is open."""
        with friendly_errors(self.location), self._sessions() as session:
            session.info["writes"] = False
            yield session
            session.rollback()

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """A unit of work: all of it is kept at the end, or none of it after an error.

        It takes SQLite's write lock at once (BEGIN IMMEDIATE): a deferred transaction that reads
        first fails "database is locked" without waiting.
        """
        with friendly_errors(self.location), self._sessions() as session:
            session.info["writes"] = True
            session.connection(execution_options={"outreach_write": True})
            yield session
            session.commit()

    def close(self) -> None:
        """Give back all connections; SQLite then folds its write-ahead log into the file."""
        self.engine.dispose()


def open_database(location: str | Path, *, create: bool = False) -> Database:
    """Open a database and bring its schema up to date, after a copy of it was made.

    Args: location: a path, or a SQLAlchemy URL. create: make it if there is none.
    Raises: DatabaseMissingError, DatabaseBrokenError, DatabaseNewerError, DatabaseBusyError,
        ReadOnlyError, DiskFullError: each says what to do; the file is left as it was.
    """
    url = _url(location)
    path = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
    shown = str(path) if path else url.render_as_string(hide_password=True)
    if path is not None:
        _check_file(path, create=create)
    engine = _engine(url)
    sessions = sessionmaker(engine, expire_on_commit=False)
    database = Database(engine, shown, path, sessions)
    try:
        with friendly_errors(shown):
            migrate.upgrade(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return database


def _url(location: str | Path) -> URL:
    text = str(location)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).expanduser()))
    try:
        return make_url(text)
    except ArgumentError as error:
        raise DatabaseError(
            "The database address is not valid. Give a path, or a URL such as sqlite:///file.db."
        ) from error


def _check_file(path: Path, *, create: bool) -> None:
    try:
        if path.is_dir():
            raise DatabaseBrokenError(
                f"{path} is a folder. Name a database file in it, such as {path / 'outreach.db'}."
            )
        if not path.exists():
            if not create:
                raise DatabaseMissingError(
                    f"There is no database at {path}. Make one with: outreach --database {path} init"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            return
        size = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(len(_HEADER))
    except OSError as error:
        raise os_error(error, path) from error
    if header != _HEADER and (size or not create):
        raise DatabaseBrokenError(
            f"{path} is not an outreach database. Choose another file, or restore a copy from the backups folder "
            "beside it with: outreach restore"
        )


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url)
    engine = create_engine(url, module=sqlite_driver, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        with contextlib.suppress(sqlite_driver.OperationalError):
            cursor.execute(
                "PRAGMA journal_mode = WAL"
            )  # refused on a read-only file, which is then just read
        # Checkpoints of 40 MB rather than 4: each syncs the file, which mail that comes in by the thousand would wait for.
        cursor.execute("PRAGMA wal_autocheckpoint = 10000")
        # In WAL, NORMAL may lose the last transactions in a power cut, and with them the note that a letter is going out.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        write = connection.get_execution_options().get("outreach_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


@event.listens_for(Session, "do_orm_execute")
def _hide_deleted(state: ORMExecuteState) -> None:
    """No ordinary read sees a record that was deleted; restoring asks with include_deleted=True."""
    if state.is_select and not state.execution_options.get("include_deleted"):
        state.statement = state.statement.options(
            with_loader_criteria(Deletable, lambda cls: cls.deleted_at.is_(None), include_aliases=True)
        )


def check(database: Database) -> list[str]:
    """Look for damage. Returns: one sentence a problem, none if all is well.

    Asks SQLite for the file's integrity and for broken references, and compares every approved
    letter's text with the hash frozen at its approval.
    """
    problems: list[str] = []
    with friendly_errors(database.location), database.engine.connect() as connection:
        if database.engine.dialect.name == "sqlite":
            rows = [str(r[0]) for r in connection.exec_driver_sql("PRAGMA integrity_check")]
            problems += [f"The file is damaged: {row}" for row in rows if row != "ok"]
            for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
                problems.append(f"Row {row[1]} of {row[0]} points to a {row[2]} that does not exist.")
    with database.read() as session:
        problems += frozen_text_problems(session)
    return problems
