"""What nobody foresaw: shown once, on the window's thread, and the program goes on."""

import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from outreach.errors import UsageError
from outreach.ui.errors import ErrorHook


@pytest.fixture
def hook(qapp: QApplication) -> Iterator[ErrorHook]:
    made = ErrorHook(qapp)
    yield made
    made.release()
    for box in boxes():
        box.close()
        box.deleteLater()


def boxes() -> list[QMessageBox]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]


def test_an_error_on_another_thread_is_shown_once(hook: ErrorHook, qtbot: QtBot) -> None:
    try:
        raise ValueError("a bug")
    except ValueError as error:
        caught = error
    for _ in range(7):
        thread = threading.Thread(target=sys.excepthook, args=(ValueError, caught, caught.__traceback__))
        thread.start()
        thread.join()
    qtbot.waitUntil(lambda: len(boxes()) == 1)
    QApplication.processEvents()
    assert len(boxes()) == 1
    assert "should not have happened" in boxes()[0].text()
    assert "a bug" in boxes()[0].detailedText()


def test_an_error_meant_for_users_is_shown_as_its_sentence(hook: ErrorHook, qtbot: QtBot) -> None:
    sys.excepthook(UsageError, UsageError("Do this instead."), None)
    qtbot.waitUntil(lambda: [b.text() for b in boxes()] == ["Do this instead."])


def test_the_hook_gives_back_what_it_took(qapp: QApplication) -> None:
    before = sys.excepthook
    hook = ErrorHook(qapp)
    assert sys.excepthook != before
    hook.release()
    assert sys.excepthook == before
