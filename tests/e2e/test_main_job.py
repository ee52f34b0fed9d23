"""The main job in the real window: choose the case, draft, approve, mark sent, record an answer, export."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from outreach.ui.dialogs.letters import ApproveDialog, MarkSentDialog, ReplyDialog
from outreach.ui.main_window import MainWindow
from tests.ui.conftest import desktop, qapp, settle, window

__all__ = ["desktop", "qapp", "settle", "window"]


def dialog(kind: type):  # type: ignore[no-untyped-def]
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def test_from_the_case_to_the_pack(
    window: MainWindow, settle: Callable[[MainWindow], None], qtbot: QtBot, tmp_path: Path
) -> None:
    window.sidebar.choose("compose")
    settle(window)
    compose = window.pages["compose"]
    compose.case.choose("magnitsky")
    wanted = {"Theresa May", "Marietje Schaake", "Juan Mendez"}
    recipients = compose.recipients.model()
    for number in range(recipients.rowCount()):
        index = recipients.index(number, 0)
        if index.data() in wanted:
            recipients.setData(index, Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    assert compose.draft.text() == "Draft 3 letters"
    compose.draft.trigger()
    settle(window)
    assert [r.recipient for r in compose.model.rows] == ["Theresa May", "Marietje Schaake", "Juan Mendez"]
    assert compose.editor.reference == "MAG-0006"
    assert compose.editor.salutation.text() == "Dear Home Secretary,"
    assert compose.editor.preview.page_count() == 1

    compose.approve_all.trigger()
    settle(window)
    dialog(ApproveDialog).submit_button.click()
    settle(window)
    assert compose.model.rows == []

    window.sidebar.choose("letters")
    settle(window)
    letters = window.pages["letters"]
    letters.table.select(["MAG-0006", "MAG-0007", "MAG-0008"])
    assert {r.status.value for r in letters.table.selected()} == {"approved"}
    letters.sent.trigger()
    dialog(MarkSentDialog).submit_button.click()
    settle(window)
    assert {r.phase.value for r in letters.table.selected()} == {"awaiting"}

    letters.table.select(["MAG-0006"])
    settle(window)
    before = [
        letters.model.data(letters.model.index(letters.model.position("MAG-0006"), c)) for c in range(9)
    ]
    letters.answer.trigger()
    form = dialog(ReplyDialog)
    form.kind.choose("agreed")
    form.text.setPlainText("The Home Secretary has decided to act.")
    form.promise.setText("To meet in February")
    form.submit_button.click()
    settle(window)
    after = [letters.model.data(letters.model.index(letters.model.position("MAG-0006"), c)) for c in range(9)]
    assert before != after
    assert "Answered" in after
    assert "Agreed" in after
    assert letters.table.selected()[0].answered_on == date(2011, 1, 26)
    assert "decided to act" in letters.detail.answers.toPlainText()

    window.sidebar.choose("packs")
    settle(window)
    target = tmp_path / "pack.pdf"
    window.pages["packs"].export_to(str(target))
    settle(window)
    text = " ".join(page.extract_text() for page in PdfReader(target).pages)
    assert "The Home Secretary has decided to act." in " ".join(text.split())
    assert window.pages["packs"].model.rows[0].file_name == "pack.pdf"


@pytest.fixture
def display() -> Iterator[str]:
    """A real X server without a screen."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed; .ci/run and make test install it")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


def test_the_program_opens_a_real_window_and_closes_in_order(display: str, tmp_path: Path) -> None:
    script = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from outreach import app as module
from outreach.ui.main_window import MainWindow

def look():
    window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))
    if not window.workspace.jobs.is_idle or window.workspace.campaign is None:
        QTimer.singleShot(50, look)
        return
    picture = window.grab().toImage()
    places = [(x, y) for x in range(0, picture.width(), 7) for y in range(0, picture.height(), 7)]
    colours = {picture.pixel(x, y) for x, y in places}
    print(QApplication.platformName(), window.isVisible(), window.workspace.campaign.name, len(colours) > 20)
    window.close()

application = module.make_application()
QTimer.singleShot(100, look)
sys.exit(module.run_app())
"""
    variables = {k: v for k, v in os.environ.items() if k not in {"QT_QPA_PLATFORM", "WAYLAND_DISPLAY"}}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**variables, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "xcb True Justice for Sergei Magnitsky True"
    assert "Traceback" not in done.stderr
    assert "Destroyed while" not in done.stderr
