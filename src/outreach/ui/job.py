"""One piece of work off the window's thread, and what comes of it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject

from outreach.errors import OutreachError
from outreach.store.changes import Changes
from outreach.ui.acting import Hold

Failed = Callable[[OutreachError], object]
# How far work is: done, in all. Returns: whether it is to go on.
Progress = Callable[[int, int], bool]
# Waits some seconds, or less when the job is cancelled. Returns: whether it was.
Wait = Callable[[float], bool]


@dataclass(eq=False)
class Job:
    """One piece of work. title: shown while it runs, "" for quick ones. is_kept: it runs to its end even if
    the window closes. done, total: how far it is. hold: of what set it in motion.

    is_read: it changes nothing. is_forgotten: its owner has no more use for what it finds.
    """

    owner: QObject
    title: str = ""
    slot: str = ""
    is_kept: bool = False
    done: int = 0
    total: int = 0
    hold: Hold | None = None
    is_read: bool = False
    is_forgotten: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait, or less if the job is cancelled meanwhile. Returns: whether it was."""
        return self._stop.wait(seconds)

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a job came to. deliver: hands its result to who asked for it. error: why there is none."""

    job: Job
    deliver: Callable[[], object] | None = None
    changes: Changes | None = None
    error: BaseException | None = None
    failed: Failed | None = None
