"""One start of the window in a process of its own, or of a bare one: `python -m tests.benchmarks.window
[DATABASE]`.

Prints JSON: ms from the start of the process to the first picture and until all is settled, ms to turn to
each page and settle, and the process's memory at its highest. With OUTREACH_STALLS, pauses of the window's
thread are written to that file.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

STARTED = float(os.environ.get("BENCH_STARTED", "0")) or time.time()


def _since() -> float:
    return round((time.time() - STARTED) * 1000, 1)


def _wait(done: Callable[[], bool]) -> None:
    """Let the window run until something holds."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    timer = QTimer(interval=1)

    def look() -> None:
        if done():
            loop.quit()

    timer.timeout.connect(look)
    timer.start()
    loop.exec()


def _memory_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def bare() -> dict[str, object]:
    """A window with the app's style and fonts, in a process that has read what every database needs."""
    import sqlalchemy.orm  # noqa: F401
    import sqlcipher3  # noqa: F401
    from PySide6.QtGui import QFontDatabase
    from PySide6.QtWidgets import QApplication, QMainWindow
    from PySide6Qlementine import QlementineStyle

    application = QApplication([])
    for font in sorted((Path(__file__).parents[2] / "resources" / "fonts").rglob("*.ttf")):
        QFontDatabase.addApplicationFont(str(font))
    application.setStyle(QlementineStyle())
    window = QMainWindow()
    window.resize(1280, 800)
    window.show()
    application.processEvents()
    shown = _since()
    return {"shown_ms": shown, "settled_ms": shown, "memory_mb": _memory_mb()}


def app(location: str) -> dict[str, object]:
    """The app on a database, turned to each of its pages. It is read as the command `outreach` reads it."""
    import outreach.cli.main  # noqa: F401  what the command has read by then
    from outreach.app import Desktop, make_application
    from outreach.settings import Settings
    from outreach.ui.reading_ahead import ReadingAhead
    from outreach.ui.stalls import StallWatch

    application = make_application()
    file = os.environ.get("OUTREACH_STALLS")
    watch = StallWatch(Path(file)) if file else None
    desktop = Desktop(application, Settings(theme="light"))
    window = desktop.open(location)
    window.resize(1280, 800)
    window.show()
    application.processEvents()
    found: dict[str, object] = {"shown_ms": _since()}
    jobs = window.workspace.jobs
    _wait(lambda: jobs.is_idle)
    found["settled_ms"] = _since()
    ahead = ReadingAhead()
    ahead.start()
    _wait(lambda: ahead.is_done)
    pages = {}
    for name in window.pages:
        began = time.perf_counter()
        window.turn(name)
        _wait(lambda: jobs.is_idle)
        pages[name] = round((time.perf_counter() - began) * 1000, 1)
    found |= {"pages_ms": pages, "memory_mb": _memory_mb()}
    desktop.shut_down()
    if watch is not None:
        watch.stop()
    return found


if __name__ == "__main__":
    print(json.dumps(app(sys.argv[1]) if len(sys.argv) > 1 else bare()))  # noqa: T201
