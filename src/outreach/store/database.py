"""Opening the database: one engine, short sessions, and errors that tell the user what to do."""

import contextlib
import shlex
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlite_driver
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, sessionmaker, with_loader_criteria

from outreach.errors import (
    DatabaseBrokenError,
    DatabaseBusyError,
    DatabaseError,
    DatabaseMissingError,
    OutreachError,
    UnreadableRecordError,
)
from outreach.files import make_folder
from outreach.settings import user_name
from outreach.store import journal, journal_check, letter_rows, migrate
from outreach.store.backup import tidy
from outreach.store.driver_errors import DRIVER_ERRORS, friendly_errors, result_code
from outreach.store.integrity import frozen_text_problems, upkeep_notes
from outreach.store.paging import SORT_KEY, sort_key_in_sql
from outreach.store.sqlite_files import connect, file_of, is_there, turn_at
from outreach.store.types import Deletable

# What a unit of work is given, for those who name its type without knowing SQLAlchemy.
WorkSession = Session


_CACHE_KIB = 16_000
"""What a connection keeps of the file in memory. There are four: one writes, three read."""


class WriteInReadError(RuntimeError):
    """A bug: something wrote in a session that only reads. Nothing of it is kept."""


class Turns:
    """Lets writers of this process in one at a time; who waits goes before who has just written."""

    def __init__(self) -> None:
        self._next, self._turn = threading.Lock(), threading.Lock()
        self._owner: int | None = None

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn and hold it. A writer inside a writer is let through, for the database to
        refuse."""
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
    """An open database. Share it between threads; take a session per unit of work. actor: who works, for the
    journal."""

    engine: Engine
    location: str
    path: Path | None
    _sessions: sessionmaker[Session]
    actor: str = ""
    _turns: Turns = field(default_factory=Turns, repr=False, compare=False)

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads; what it sees does not change while it is open.

        Raises: WriteInReadError, which is a bug and no sentence for the user, if something writes in it.
        """
        reading = self.engine.execution_options(outreach_read=True)
        with friendly_errors(self.location), _refused_writes(), self._sessions(bind=reading) as session:
            session.info["only_reads"] = True
            yield session
            if session.new or session.dirty or session.deleted:
                raise WriteInReadError("A session that only reads was left with changes in it.")
            session.rollback()

    @contextlib.contextmanager
    def write(self, goes_on: Callable[[], bool] | None = None) -> Iterator[Session]:
        """A unit of work: all of it is kept at the end, or none of it after an error.

        It takes SQLite's write lock at once (BEGIN IMMEDIATE): a deferred transaction that reads
        first fails "database is locked" without waiting. Before the end, what the table of letters shows is
        made true again (`letter_rows`), and what was changed goes into the journal.

        Args: goes_on: asked each time that another program has held the lock for BUSY_TIMEOUT_SECONDS; True
            waits on. By default DatabaseBusyError comes then. Nothing of the unit has been done while it
            waits.
        """
        with contextlib.ExitStack() as stack:
            session = self.begun_session(stack, goes_on)
            yield session
            letter_rows.settle_session(session)
            if self.is_journalled:
                journal.seal(_raw(session), self.actor)
            session.commit()

    def settle_letter_rows(self) -> None:
        """Make the rows of the table of letters that nobody could make before, after an upgrade or a change
        from outside.

        Where nothing can be written just now, the next unit of writing does it.
        Raises: UnreadableRecordError, since the table would lack letters without a word.
        """
        with self.engine.connect() as connection:
            if letter_rows.is_settled(connection):
                return
        try:
            is_prepared, left = False, True
            while left:
                # In units of their own, so that other programs come in between where there are very many.
                with contextlib.ExitStack() as stack:
                    session = self.begun_session(stack, None)
                    if not is_prepared:
                        letter_rows.prepare(session.connection())
                        is_prepared = True
                    left = letter_rows.settle(session.connection(), letter_rows.AT_ONCE) > 0
                    session.commit()
        except UnreadableRecordError:
            raise
        except OutreachError:
            pass

    def begun_session(self, stack: contextlib.ExitStack, goes_on: Callable[[], bool] | None) -> Session:
        """A session that holds the write lock; the stack gives it back. While another program has the lock,
        the turn goes round, so that who does not wait for ever is told in time."""
        # Of the engine rather than of one connection: a transaction that begins after a rollback writes too.
        writing = self.engine.execution_options(outreach_write=True)
        while True:
            try:
                with contextlib.ExitStack() as attempt:
                    attempt.enter_context(self._turns.taken())
                    attempt.enter_context(friendly_errors(self.location))
                    session = attempt.enter_context(self._sessions(bind=writing))
                    session.connection()
                    if self.is_journalled:
                        journal.seal_what_others_left(_raw(session))
                    stack.push(attempt.pop_all())
                    return session
            except DatabaseBusyError:
                if goes_on is None or not goes_on():
                    raise

    @property
    def is_journalled(self) -> bool:
        """Whether changes go into the journal: in database files, not on a server."""
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Give back all connections; SQLite then folds its write-ahead log into the file."""
        self.engine.dispose()


def open_database(location: str | Path, *, create: bool = False, actor: str | None = None) -> Database:
    """Open a database and bring its schema up to date, after a copy of it was made.

    Args: location: a path, or a SQLAlchemy URL. create: make it if there is none. actor: who works, for the
        journal; by default the system's name of the user.
    Raises: DatabaseMissingError, DatabaseBrokenError, DatabaseNewerError, DatabaseBusyError,
        ReadOnlyError, DiskFullError: each says what to do; the file is left as it was.
    """
    path = file_of(location)
    who = user_name() if actor is None else actor
    if path is None:
        url = _url(str(location))
        return _opened(_engine(url, None), url.render_as_string(hide_password=True), None, who)
    _check_place(path, create=create)
    with turn_at(path):
        tidy(path)
        _check_file(path, create=create)
        return _opened(
            _engine(URL.create("sqlite", database=str(path.absolute())), path), str(path), path, who
        )


def _opened(engine: Engine, shown: str, path: Path | None, actor: str) -> Database:
    database = Database(engine, shown, path, sessionmaker(engine, expire_on_commit=False), actor)
    try:
        with friendly_errors(shown):
            migrate.upgrade(engine, path)
        _restore_guards(database)
        database.settle_letter_rows()
    except BaseException:
        engine.dispose()
        raise
    return database


def _raw(session: Session) -> Any:
    """The driver's own connection of a session."""
    return session.connection().connection.driver_connection


def _restore_guards(database: Database) -> None:
    if not database.is_journalled:
        return
    with database.read() as session:
        missing = journal.guards_missing(_raw(session))
    if missing:
        # Where nothing can be written just now, nothing needs noting either, and a check tells of what is
        # missing.
        with contextlib.suppress(OutreachError), database.write() as session:
            journal.restore_guards(_raw(session), database.actor)


@contextlib.contextmanager
def _refused_writes() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if result_code(error) == sqlite3.SQLITE_READONLY:
            raise WriteInReadError("A session that only reads was asked to write.") from error
        raise


def _url(text: str) -> URL:
    try:
        return make_url(text)
    except ArgumentError as error:
        raise DatabaseError(
            "The database address is not valid. Give a path, or a URL such as sqlite:///file.db."
        ) from error


def _check_place(path: Path, *, create: bool) -> None:
    if is_there(path):
        if path.is_dir():
            raise DatabaseBrokenError(
                f"{path} is a folder. Name a database file in it, such as {path / 'outreach.db'}."
            )
    else:
        if not create:
            typed = shlex.quote(str(path))
            raise DatabaseMissingError(
                f"There is no database at {path}. Make one with: outreach --database {typed} init"
            )
        make_folder(path.parent)


def _check_file(path: Path, *, create: bool) -> None:
    if not is_there(path):
        return
    is_database = path.stat().st_size > 0 or create
    # Through SQLite: closing a file that was opened otherwise drops the locks of all connections of this
    # process to it.
    with contextlib.suppress(*DRIVER_ERRORS), contextlib.closing(connect(path, mode="ro")) as connection:
        try:
            connection.execute("PRAGMA schema_version").fetchone()
        except DRIVER_ERRORS as error:
            is_database = result_code(error) != sqlite3.SQLITE_NOTADB
    if not is_database:
        raise DatabaseBrokenError(
            f"{path} is not an outreach database. Choose another file, or restore a copy "
            "from the backups folder beside it with: outreach restore"
        )


def _engine(url: URL, path: Path | None) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url)
    creator = (
        {} if path is None else {"creator": partial(connect, path, mode="rw" if is_there(path) else "rwc")}
    )
    engine = create_engine(url, module=sqlite_driver, **creator)

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        # For queries only: no index, trigger or view knows it, so that other programs can write the file too.
        connection.create_function(SORT_KEY, 1, sort_key_in_sql, deterministic=True)
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        with contextlib.suppress(sqlite_driver.OperationalError):
            cursor.execute(
                "PRAGMA journal_mode = WAL"
            )  # refused on a read-only file, which is then just read
        # Checkpoints of 40 MB rather than 4: each syncs the file, which mail that comes in by the thousand
        # would wait for.
        cursor.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        cursor.execute("PRAGMA wal_autocheckpoint = 10000")
        # In WAL, NORMAL may lose the last transactions in a power cut, and with them the note that a letter
        # is going out.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        options = connection.get_execution_options()
        if options.get("outreach_read"):
            connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("outreach_write") else "BEGIN")

    @event.listens_for(engine, "checkin")
    def _on_return(connection: Any, record: Any) -> None:
        if connection is not None:
            connection.execute("PRAGMA query_only = OFF")

    return engine


@event.listens_for(Session, "before_flush")
def _refuse_flush(session: Session, context: UOWTransaction, instances: object) -> None:
    if session.info.get("only_reads"):
        raise WriteInReadError("A session that only reads was asked to write.")


@event.listens_for(Session, "do_orm_execute")
def _hide_deleted(state: ORMExecuteState) -> None:
    """No ordinary read sees a record that was deleted; restoring asks with include_deleted=True."""
    if state.is_select and not state.execution_options.get("include_deleted"):
        state.statement = state.statement.options(
            with_loader_criteria(Deletable, lambda cls: cls.deleted_at.is_(None), include_aliases=True)
        )


def check(database: Database) -> list[str]:
    """Look for damage. Returns: one sentence a problem, none if all is well.

    Asks SQLite for the file's integrity and for broken references, compares every approved letter, with the
    facts, asks and files it used, with the hash frozen at its approval, follows the journal, compares every
    record with its last entry, and what the table shows of every letter with the records; what is wrong there
    is made again, since it is derived.
    """
    problems: list[str] = []
    if database.engine.dialect.name == "sqlite":
        problems += _file_problems(database)
    with database.read() as session:
        problems += frozen_text_problems(session)
        if database.is_journalled:
            problems += journal_check.problems(_raw(session))
    return problems + _letter_row_problems(database)


def _letter_row_problems(database: Database) -> list[str]:
    with database.read() as session:
        problems, wrong = letter_rows.problems_of(letter_rows.wrong_rows(session.connection()))
    if not wrong:
        return []
    try:
        with database.write() as session:
            letter_rows.drop(session.connection(), wrong)
    except OutreachError as error:
        return [*problems, f"The table of letters could not be put right. {error}"]
    return [*problems, "The table of letters has been put right; the letters themselves were not touched."]


def _file_problems(database: Database) -> list[str]:
    """What SQLite itself finds. A connection of its own asks, as one that is kept may hold leaves of the
    search index from before another program was killed in the middle of writing, and then calls the file
    damaged that is not."""
    problems = []
    with contextlib.ExitStack() as stack:
        stack.enter_context(friendly_errors(database.location))
        if database.path is None:
            ask = stack.enter_context(database.engine.connect()).exec_driver_sql
        else:
            ask = stack.enter_context(contextlib.closing(connect(database.path))).execute
        rows = [str(row[0]) for row in ask("PRAGMA integrity_check")]
        problems += [f"The file is damaged: {row}" for row in rows if row != "ok"]
        for row in ask("PRAGMA foreign_key_check"):
            problems.append(f"Row {row[1]} of {row[0]} points to a {row[2]} that does not exist.")
    return problems


def check_notes(database: Database) -> list[str]:
    """What is no damage and yet worth knowing after a check. Returns: one sentence each."""
    with database.read() as session:
        found = upkeep_notes(session)
        return found + journal_check.notes(_raw(session)) if database.is_journalled else found
