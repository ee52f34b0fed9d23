"""Jobs: results on the window's thread, in order, cancelled, superseded, and dropped with their page."""

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread
from pytestqt.qtbot import QtBot
from sqlalchemy import text

from outreach.errors import CancelledError, UsageError
from outreach.store.changes import Changes
from outreach.store.database import Database
from outreach.ui.jobs import Jobs


@pytest.fixture
def jobs(database: Database, qapp: object) -> Iterator[Jobs]:
    made = Jobs(database)
    yield made
    made.close()


def test_work_is_done_elsewhere_and_the_result_comes_home(jobs: Jobs, qtbot: QtBot) -> None:
    owner, where = QObject(), []
    jobs.read(
        owner,
        lambda session: (
            threading.get_ident(),
            session.execute(text("SELECT count(*) FROM person")).scalar(),
        ),
        lambda result: where.append((result, QThread.currentThread())),
    )
    qtbot.waitUntil(lambda: bool(where))
    (worker, count), thread = where[0]
    assert worker != threading.get_ident()
    assert thread == QCoreApplication.instance().thread()  # type: ignore[union-attr]
    assert count > 10


def test_writes_run_one_after_the_other_and_tell_what_changed(jobs: Jobs, qtbot: QtBot) -> None:
    owner, order, told = QObject(), [], []
    jobs.changed.connect(told.append)

    def work(number: int) -> Any:
        def run(session: Any) -> Changes:
            order.append(number)
            return Changes(frozenset({"letters"}), str(number))

        return run

    for number in range(50):
        jobs.write(owner, work(number))
    qtbot.waitUntil(lambda: jobs.is_idle)
    assert order == list(range(50))
    assert [c.message for c in told] == [str(n) for n in range(50)]


def test_a_write_that_fails_is_rolled_back_and_told(jobs: Jobs, qtbot: QtBot, database: Database) -> None:
    owner = QObject()

    def work(session: Any) -> None:
        session.execute(text("UPDATE person SET name = 'Changed'"))
        raise UsageError("No.")

    with qtbot.waitSignal(jobs.failed) as caught:
        jobs.write(owner, work)
    assert caught.args == ["No."]
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM person WHERE name = 'Changed'")).scalar() == 0


def test_only_the_last_of_several_reads_is_delivered(jobs: Jobs, qtbot: QtBot) -> None:
    owner, got = QObject(), []
    gate = threading.Event()

    def slow(session: Any) -> str:
        gate.wait(5)
        return "old"

    jobs.read(owner, slow, got.append, slot="rows")
    jobs.read(owner, lambda session: "new", got.append, slot="rows")
    qtbot.waitUntil(lambda: got == ["new"])
    gate.set()
    qtbot.waitUntil(lambda: jobs.is_idle)
    assert got == ["new"]


def test_a_result_for_a_page_that_is_gone_is_dropped(jobs: Jobs, qtbot: QtBot) -> None:
    owner, got = QObject(), []
    gate = threading.Event()
    jobs.read(owner, lambda session: gate.wait(5), got.append)
    owner.deleteLater()
    QCoreApplication.sendPostedEvents(owner, QEvent.Type.DeferredDelete)
    gate.set()
    qtbot.waitUntil(lambda: jobs.is_idle)
    assert got == []


def test_long_work_shows_how_far_it_is_and_can_be_cancelled(jobs: Jobs, qtbot: QtBot) -> None:
    owner, told = QObject(), []
    started = threading.Event()

    def work(database: Database, progress: Any) -> None:
        for step in range(10_000_000):
            if not progress(step, 10_000_000):
                raise CancelledError(f"Stopped at {step}.")
            started.set()
            threading.Event().wait(0.002)

    job = jobs.long(owner, "Counting", work, failed=lambda error: told.append(str(error)))
    qtbot.waitUntil(started.is_set)
    assert [j.title for j in jobs.titled] == ["Counting"]
    qtbot.waitUntil(lambda: job.total == 10_000_000)
    job.cancel()
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].startswith("Stopped at")
    assert jobs.titled == []


def test_closing_under_load_waits_and_drops_results(database: Database, qtbot: QtBot) -> None:
    jobs, owner, got = Jobs(database), QObject(), []
    for _ in range(200):
        jobs.read(owner, lambda session: session.execute(text("SELECT 1")).scalar(), got.append)
        jobs.write(owner, lambda session: None, got.append)
    jobs.close()
    QCoreApplication.processEvents()
    assert got == []
    jobs.read(owner, lambda session: 1, got.append)
    assert jobs.is_idle


class Ring:
    """Something that only the collector of cycles can free."""

    def __init__(self) -> None:
        self.me = self


def test_garbage_is_collected_on_the_window_s_thread_only(jobs: Jobs, qtbot: QtBot) -> None:
    freed_in: list[int] = []
    weakref.finalize(Ring(), lambda: freed_in.append(threading.get_ident()))
    done: list[int] = []
    jobs.read(QObject(jobs), lambda _: len([Ring() for _ in range(20_000)]), done.append)
    qtbot.waitUntil(lambda: bool(done) and bool(freed_in))
    assert freed_in == [threading.get_ident()]
    jobs.close()
    assert gc.isenabled()
