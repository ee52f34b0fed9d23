"""Watching that the window answers at once: how long its thread was busy without a break, and where."""

import json
import sys
import threading
import time
import traceback
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

LONGEST_MS = 50
"""A pause of the window's thread up to which nobody feels that it hesitates."""
_BEAT_MS = 5


class StallWatch(QObject):
    """Writes each pause of the window's thread that is longer than LONGEST_MS into a file, a line of JSON
    each: its length in ms and the place in the program halfway through. Made in the window's thread; `stop`
    ends it.

    Turned on by naming the file in OUTREACH_STALLS; `make bench` reads it, and so may who looks for the cause
    of a slow window.
    """

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        self._beat = time.monotonic()
        self._ended = threading.Event()
        self._window_thread = threading.get_ident()
        self._timer = QTimer(self, interval=_BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beats)
        self._timer.start()
        self._watcher = threading.Thread(target=self._watch, name="stalls", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._timer.stop()
        self._ended.set()
        self._watcher.join()

    def _beats(self) -> None:
        self._beat = time.monotonic()

    def _watch(self) -> None:
        while not self._ended.wait(_BEAT_MS / 1000):
            began, where = self._beat, ""
            while self._beat == began and not self._ended.wait(_BEAT_MS / 1000):
                if not where and time.monotonic() - began > LONGEST_MS / 1000:
                    where = self._place()
            if where:
                self._write(round((self._beat - began) * 1000), where)

    def _place(self) -> str:
        frame = sys._current_frames().get(self._window_thread)
        steps = traceback.extract_stack(frame)[-6:] if frame else []
        return " > ".join(f"{Path(s.filename).name}:{s.lineno} {s.name}" for s in steps)

    def _write(self, length_ms: int, where: str) -> None:
        with self._file.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"ms": length_ms, "where": where}) + "\n")
