"""Work off the window's thread: one writer, three readers, long work and servers apart, results back home.

One writer, because what is typed and decided is to be kept in the order it came; nothing slow sits on it. A
job gets its own session and hands back dataclasses. No page owns a thread: this runner does, and `close`
waits for it. What changes the database is never cancelled, neither by `close` nor by anybody.
"""

import gc
import logging
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal, Slot
from shiboken6 import isValid

from outreach.errors import CancelledError, OutreachError
from outreach.store.changes import Changes
from outreach.store.database import Database, WorkSession
from outreach.ui.acting import Hold
from outreach.ui.job import Failed, Job, Outcome, Progress, Wait

_log = logging.getLogger(__name__)
T = TypeVar("T")
_COLLECT_EVERY_MS = 1_000


def _nothing() -> None:
    """Marks a place in a queue."""


class Jobs(QObject):
    """Owns the threads. Signals: changed(Changes) after a write; failed(str) for an error that nobody took;
    shown() when the list of jobs with a title, or how far they are, has changed."""

    changed = Signal(object)
    failed = Signal(str)
    shown = Signal()
    _home = Signal(object)
    _step = Signal(object, int, int)

    def __init__(self, database: Database, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = database
        self._writer = ThreadPoolExecutor(1, "outreach-writer")
        self._readers = ThreadPoolExecutor(3, "outreach-reader")
        self._slow = ThreadPoolExecutor(2, "outreach-long")
        # What waits for a server must not keep the writer from saving what is typed.
        self._network = ThreadPoolExecutor(1, "outreach-network")
        # Python collects cyclic garbage in whichever thread allocates; there it would destroy widgets off
        # their own thread, which crashes.
        gc.disable()
        self._collector = QTimer(self)
        self._collector.timeout.connect(self._collect)
        self._collector.start(_COLLECT_EVERY_MS)
        self._running: list[Job] = []
        self._latest: dict[tuple[int, str], Job] = {}
        self._closed = False
        self._refused: list[str] | None = None
        self._home.connect(self._arrive)
        self._step.connect(self._progressed)

    def read(
        self,
        owner: QObject,
        work: Callable[[WorkSession], T],
        done: Callable[[T], object],
        *,
        failed: Failed | None = None,
        slot: str = "",
    ) -> Job:
        """Read from the database.

        Args: owner: the result is dropped if it is gone by then. work: gets a session. slot: of several
            reads of one owner with the same name, only the last one's result is delivered.
        """

        def run(job: Job) -> T:
            with self._database.read() as session:
                return work(session)

        return self._start(self._readers, Job(owner, slot=slot, is_read=True), run, done, failed)

    def compute(
        self,
        owner: QObject,
        work: Callable[[], T],
        done: Callable[[T], object],
        *,
        failed: Failed | None = None,
        slot: str = "",
    ) -> Job:
        """Work that needs no database, such as typesetting a preview. Args: as for `read`."""

        def run(job: Job) -> T:
            # What was asked for since makes this one's result unwanted.
            if job.slot and self._latest.get((id(owner), slot)) is not job:
                raise CancelledError("Something newer was asked for.")
            return work()

        return self._start(
            self._readers, Job(owner, slot=slot, is_read=True), run, done, failed, is_shown_only=True
        )

    def write(
        self,
        owner: QObject,
        work: Callable[[WorkSession], T],
        done: Callable[[T], object] | None = None,
        *,
        failed: Failed | None = None,
    ) -> Job:
        """Change the database in one transaction; `changed` follows if work returns Changes.

        It is never cancelled.
        """

        def run(job: Job) -> T:
            with self._database.write() as session:
                return work(session)

        return self._start(self._writer, Job(owner, is_kept=True), run, done, failed)

    def long(
        self,
        owner: QObject,
        title: str,
        work: Callable[[Database, Progress], T],
        done: Callable[[T], object] | None = None,
        *,
        failed: Failed | None = None,
        once: bool = False,
    ) -> Job:
        """Slow work that shows progress and can be cancelled. It sees what was written before it was asked
        for, and keeps nobody from writing but while it has a transaction of its own open.

        Args: work: gets the database and a progress function. once: refuse it while the owner has such a job
            running.
        """
        before = self._written()

        def run(job: Job) -> T:
            def progress(finished: int, total: int) -> bool:
                self._step.emit(job, finished, total)
                return not job.is_cancelled

            before.result()
            return work(self._database, progress)

        return self._start(self._slow, Job(owner, title=title), run, done, failed, once=once)

    def network(
        self,
        owner: QObject,
        title: str,
        work: Callable[[Database, Progress, Wait], T],
        done: Callable[[T], object] | None = None,
        *,
        failed: Failed | None = None,
        once: bool = False,
        is_kept: bool = False,
    ) -> Job:
        """Work that talks to a server, on a thread of its own.

        Args: work: gets the database, of which it may only use short transactions, a progress function, and
            one that waits some seconds, or less when the job is cancelled. once: as for `long`. is_kept: it
            saves what somebody entered, so it is not cancelled.
        """

        def run(job: Job) -> T:
            def progress(finished: int, total: int) -> bool:
                self._step.emit(job, finished, total)
                return not job.is_cancelled

            return work(self._database, progress, job.wait)

        return self._start(
            self._network, Job(owner, title=title, is_kept=is_kept), run, done, failed, once=once
        )

    def forget(self, owner: QObject) -> None:
        """Deliver no more to an owner of what it has asked for until now, but for work with a title.

        What changes is still changed, and told to everybody else; so is the failure of a change.
        """
        for job in self._running:
            if job.owner is owner and not job.title:
                job.is_forgotten = True

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs and nothing waits to be delivered."""
        return not self._running

    @property
    def titled(self) -> list[Job]:
        """Jobs to show to the user."""
        return [job for job in self._running if job.title]

    @property
    def location(self) -> str:
        """Path or address of the database."""
        return self._database.location

    def finish_writes(self) -> tuple[str, ...]:
        """Stop what is slow, wait until everything that is to be kept was tried, and deliver what came of it.

        Returns: the sentences of what was refused meanwhile; whoever asked for it was told as well.
        """
        refused: list[str] = []
        self._refused = refused
        while not self._closed and any(job.is_kept for job in self._running):
            for job in self._running:
                if job.title and not job.is_kept:
                    job.cancel()
            self._written().result()
            if any(job.is_kept and job.title for job in self._running):
                self._network.submit(_nothing).result()
            QCoreApplication.sendPostedEvents(self)
        self._refused = None
        return tuple(refused)

    def close(self) -> None:
        """Stop what can be stopped, let every write run to its end, wait for the rest, drop the results."""
        self._closed = True
        for job in self._running:
            if not job.is_kept:
                job.cancel()
        self._writer.shutdown(wait=True)
        self._network.shutdown(wait=True)
        self._slow.shutdown(wait=True, cancel_futures=True)
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._running.clear()
        self._collector.stop()
        gc.enable()

    def _written(self) -> Future[None]:
        """Done as soon as every write that was asked for until now is."""
        if self._closed:
            done: Future[None] = Future()
            done.set_result(None)
            return done
        return self._writer.submit(_nothing)

    @Slot()
    def _collect(self) -> None:
        """Collect garbage as Python would by itself: the generations that are full, the oldest first."""
        for generation, (count, limit) in reversed(
            list(enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)))
        ):
            if limit and count > limit:
                gc.collect(generation)
                return

    def _start(
        self,
        pool: ThreadPoolExecutor,
        job: Job,
        run: Callable[[Job], T],
        done: Callable[[T], object] | None,
        failed: Failed | None,
        *,
        once: bool = False,
        is_shown_only: bool = False,
    ) -> Job:
        if self._closed:
            return job
        if once:
            for other in self._running:
                if other.title == job.title and other.owner is job.owner:
                    self.failed.emit(
                        self.tr("{0} is under way already. Wait until it is done.").format(job.title)
                    )
                    return other
        self._running.append(job)
        if not is_shown_only:
            job.hold = Hold()
        if job.slot:
            self._latest[(id(job.owner), job.slot)] = job
        pool.submit(self._work, job, run, done, failed)
        if job.title:
            self.shown.emit()
        return job

    def _work(
        self,
        job: Job,
        run: Callable[[Job], T],
        done: Callable[[T], object] | None,
        failed: Failed | None,
    ) -> None:
        try:
            if job.is_cancelled:
                raise CancelledError("Stopped.")
            result = run(job)
        except BaseException as caught:
            outcome = Outcome(job, error=caught, failed=failed)
        else:
            outcome = Outcome(
                job,
                deliver=None if done is None else partial(done, result),
                changes=result if isinstance(result, Changes) else None,
            )
        self._home.emit(outcome)

    @Slot(object)
    def _arrive(self, outcome: Outcome) -> None:
        job = outcome.job
        if job in self._running:
            self._running.remove(job)
        if job.title:
            self.shown.emit()
        superseded = False
        if job.slot:
            superseded = self._latest.get((id(job.owner), job.slot)) is not job
            if not superseded:
                del self._latest[(id(job.owner), job.slot)]
        hold = job.hold
        if hold is None:
            self._deliver(outcome, superseded=superseded)
            return
        try:
            with hold.goes_on():
                self._deliver(outcome, superseded=superseded)
        finally:
            hold.release()

    def _deliver(self, outcome: Outcome, *, superseded: bool) -> None:
        job, error = outcome.job, outcome.error
        if self._closed:
            if error is not None and job.is_kept:
                _log.error("Refused while the window closed: %s", error, exc_info=error)
            return
        if error is not None and job.is_kept and self._refused is not None:
            self._refused.append(str(error))
        alive = isValid(job.owner) and not superseded and not job.is_forgotten
        if isinstance(error, CancelledError) and self._refused is not None:
            return  # stopped because the window closes
        if isinstance(error, OutreachError):
            if outcome.failed is not None and alive:
                outcome.failed(error)
            elif not superseded and not (job.is_forgotten and job.is_read):
                self.failed.emit(str(error))
        elif error is not None:
            sys.excepthook(type(error), error, error.__traceback__)
        else:
            if outcome.deliver is not None and alive:
                outcome.deliver()
            if outcome.changes is not None:
                self.changed.emit(outcome.changes)

    @Slot(object, int, int)
    def _progressed(self, job: Job, done: int, total: int) -> None:
        job.done, job.total = done, total
        if job.title:
            self.shown.emit()
