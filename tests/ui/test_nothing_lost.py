"""What somebody typed is on file, or kept and offered again, whatever happens to the window."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlite_driver
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot
from sqlalchemy import text

from outreach.app import Desktop
from outreach.errors import CancelledError, DiskFullError, UsageError
from outreach.letters.ledger import approve_letters, edit_letter, reopen_letters
from outreach.letters.unsaved import (
    UnsavedText,
    forget_unsaved,
    keep_unsaved,
    restore_unsaved,
    unsaved_texts,
    words_digest,
)
from outreach.store.database import Database, open_database
from outreach.ui.dialogs.forms import ConfirmDialog
from outreach.ui.dialogs.mail import AccountDialog
from outreach.ui.dialogs.unsaved import LeaveDialog, UnsavedDialog
from outreach.ui.jobs import Jobs
from outreach.ui.main_window import MainWindow
from tests import factories
from tests.ui.test_pages import busy, dialog, go, messages

__all__ = ["busy"]

Settle = Callable[[MainWindow], None]
WORDS = "They wrote two hundred characters in the last moment before they closed the window. " * 3


def body_on_file(path: Path | str, reference: str) -> str:
    database = open_database(path)
    try:
        with database.read() as session:
            return str(
                session.execute(
                    text("SELECT body FROM letter WHERE reference = :r"), {"r": reference}
                ).scalar()
            )
    finally:
        database.close()


def long_job(window: MainWindow, *, in_transaction: bool = False) -> threading.Event:
    """Work of twenty seconds and more that heeds a wish to stop. Returns: set once it runs."""
    started = threading.Event()

    def work(database: Database, progress: Any) -> None:
        def go_on() -> None:
            started.set()
            for step in range(2_000):
                if not progress(step, 2_000):
                    raise CancelledError("Stopped.")
                threading.Event().wait(0.01)

        if in_transaction:
            with database.write():
                go_on()
        else:
            go_on()

    window.workspace.jobs.long(window, "Exporting", work)
    assert started.wait(10)
    return started


@pytest.mark.parametrize("in_transaction", [False, True])
def test_closing_at_once_while_a_long_job_runs_keeps_all_that_was_typed(
    busy: MainWindow, desktop: Desktop, settle: Settle, sample_path: Path, in_transaction: bool
) -> None:
    compose = go(busy, "compose", settle)
    compose.editor.body.clear()
    long_job(busy, in_transaction=in_transaction)
    compose.editor.body.setFocus()
    QTest.keyClicks(compose.editor.body, WORDS)
    busy.close()
    desktop.shut_down()
    assert body_on_file(sample_path, "MAG-0009") == WORDS.strip()
    assert unsaved_texts(str(sample_path)) == ()


def test_what_is_typed_is_on_file_while_an_export_runs(
    busy: MainWindow, settle: Settle, qtbot: QtBot, sample_path: Path
) -> None:
    compose = go(busy, "compose", settle)
    long_job(busy)
    compose.editor.body.setPlainText("Saved beside the export.")
    qtbot.waitUntil(lambda: compose.editor.state.text().endswith("· saved"))
    assert [j.title for j in busy.workspace.jobs.titled] == ["Exporting"]
    assert body_on_file(sample_path, "MAG-0009") == "Saved beside the export."
    busy.job_bar.cancel.click()


def test_a_long_job_sees_what_was_typed_before_it_was_asked_for(busy: MainWindow, settle: Settle) -> None:
    compose = go(busy, "compose", settle)
    gate, seen = threading.Event(), []

    def hold(session: Any) -> None:
        gate.wait(10)

    def export(database: Database, progress: Any) -> str:
        with database.read() as session:
            return str(session.execute(text("SELECT body FROM letter WHERE reference = 'MAG-0009'")).scalar())

    busy.workspace.jobs.write(busy, hold)
    compose.editor.body.setPlainText("The newest words.")
    compose.editor.save()
    busy.workspace.jobs.long(busy, "Exporting", export, seen.append)
    gate.set()
    settle(busy)
    assert seen == ["The newest words."]


@pytest.mark.parametrize("way", ["another", "new", "restore", "quit"])
def test_every_way_out_of_a_window_saves_first(
    busy: MainWindow, desktop: Desktop, settle: Settle, sample_path: Path, tmp_path: Path, way: str
) -> None:
    busy.database.back_up_to(str(tmp_path / "copy.db"))
    settle(busy)
    compose = go(busy, "compose", settle)
    long_job(busy)
    compose.editor.body.setPlainText("Typed just now.")
    match way:
        case "another":
            busy.database.open_wanted.emit(str(tmp_path / "copy.db"))
        case "new":
            busy.database.new_wanted.emit(str(tmp_path / "new.db"))
        case "restore":
            busy.database.restore_wanted.emit(str(tmp_path / "copy.db"))
        case _:
            desktop.shut_down()
    where = sample_path
    if way == "restore":
        (where,) = (tmp_path / "backups").glob("*-replaced-*.db")
    desktop.shut_down()
    assert body_on_file(where, "MAG-0009") == "Typed just now."


def test_typing_goes_on_while_another_draft_is_read(
    busy: MainWindow, settle: Settle, sample_path: Path
) -> None:
    compose = go(busy, "compose", settle)
    compose.editor.body.setPlainText("First words.")
    compose.drafts.selectRow(1)
    compose.editor.body.setPlainText("First words, and more typed while the other is read.")
    settle(busy)
    assert compose.editor.reference == "MAG-0010"
    assert body_on_file(sample_path, "MAG-0009").endswith("while the other is read.")


def test_going_to_and_fro_between_drafts_shows_the_newest_words(
    busy: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    compose = go(busy, "compose", settle)
    gate = threading.Event()
    busy.workspace.jobs.write(busy, lambda session: gate.wait(10) and None)
    compose.editor.body.setPlainText("Not on file yet.")
    compose.drafts.select(["MAG-0010"])
    compose.drafts.select(["MAG-0009"])
    qtbot.waitUntil(lambda: all(job.is_kept for job in busy.workspace.jobs._running))
    assert (compose.editor.reference, compose.editor.body.toPlainText()) == ("MAG-0009", "Not on file yet.")
    gate.set()
    settle(busy)
    assert compose.editor.state.text().endswith("· saved")


def test_turning_the_page_saves_at_once(busy: MainWindow, settle: Settle, sample_path: Path) -> None:
    compose = go(busy, "compose", settle)
    compose.editor.body.setPlainText("Typed, then elsewhere.")
    busy.sidebar.choose("letters")
    assert busy.workspace.saving.text_of("MAG-0009") is not None
    settle(busy)
    assert body_on_file(sample_path, "MAG-0009") == "Typed, then elsewhere."


def lock(path: Path) -> sqlite_driver.Connection:
    """Hold the database as another program would."""
    other = sqlite_driver.connect(str(path), timeout=0)
    other.isolation_level = None
    other.execute("BEGIN IMMEDIATE")
    return other


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.store.sqlite_files.BUSY_TIMEOUT_SECONDS", 0.05)


@pytest.fixture
def locked(impatient: None, busy: MainWindow, settle: Settle, sample_path: Path) -> Any:
    """A window whose database another program holds, on Compose."""
    go(busy, "compose", settle)
    other = lock(sample_path)
    yield other
    other.close()


def test_a_refused_save_keeps_the_words_says_so_once_and_is_tried_again(
    locked: Any, busy: MainWindow, settle: Settle, qtbot: QtBot, sample_path: Path
) -> None:
    editor = busy.pages["compose"].editor
    for words in ("Refused.", "Refused, and typed on."):
        editor.body.setPlainText(words)
        editor.save()
        settle(busy)
        assert editor._is_unsaved
        assert "not saved" in editor.state.text()
        assert "Another program" in editor.problem.text()
        assert editor.body.toPlainText() == words
    assert len(messages()) == 1
    (kept,) = unsaved_texts(str(sample_path))
    assert kept.body == "Refused, and typed on."
    locked.rollback()
    QTest.keyClicks(editor.body, "! ")
    qtbot.waitUntil(lambda: editor.state.text().endswith("· saved"))
    assert not editor.problem.isVisible()
    assert body_on_file(sample_path, "MAG-0009").endswith("Refused, and typed on.")
    assert unsaved_texts(str(sample_path)) == ()


def test_a_refused_save_survives_another_draft_and_comes_back(
    locked: Any, busy: MainWindow, settle: Settle, sample_path: Path
) -> None:
    compose = busy.pages["compose"]
    compose.editor.body.setPlainText("Refused, then elsewhere.")
    compose.drafts.select(["MAG-0010"])
    settle(busy)
    for shown in QApplication.topLevelWidgets():
        if isinstance(shown, QDialog) and shown.isVisible():
            shown.close()
    compose.drafts.select(["MAG-0009"])
    settle(busy)
    assert compose.editor.body.toPlainText() == "Refused, then elsewhere."
    assert "not saved" in compose.editor.state.text()
    locked.rollback()
    compose.editor.save()
    settle(busy)
    assert body_on_file(sample_path, "MAG-0009") == "Refused, then elsewhere."


def test_closing_with_words_that_cannot_be_saved_asks_and_keeps_them(
    locked: Any, busy: MainWindow, desktop: Desktop, settle: Settle, sample_path: Path
) -> None:
    compose = busy.pages["compose"]
    compose.editor.body.setPlainText("Nobody may lose this.")
    busy.close()
    assert busy.isVisible()
    asked = dialog(LeaveDialog)
    assert asked.cancel_button.isDefault()
    asked.cancel_button.click()
    assert busy.isVisible()
    busy.close()
    dialog(LeaveDialog).submit_button.click()
    assert not busy.isVisible()
    desktop.shut_down()
    locked.rollback()
    assert body_on_file(sample_path, "MAG-0009") != "Nobody may lose this."
    again = desktop.open(str(sample_path))
    settle(again)
    offered = dialog(UnsavedDialog)
    assert "Nobody may lose this." in offered.text.toPlainText()
    offered.save.click()
    settle(again)
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, UnsavedDialog) and w.isVisible()]
    assert body_on_file(sample_path, "MAG-0009") == "Nobody may lose this."
    assert unsaved_texts(str(sample_path)) == ()


def test_quitting_without_a_question_keeps_what_cannot_be_saved(
    locked: Any, busy: MainWindow, desktop: Desktop, sample_path: Path
) -> None:
    busy.pages["compose"].editor.body.setPlainText("The session ended.")
    desktop.shut_down()
    assert [t.body for t in unsaved_texts(str(sample_path))] == ["The session ended."]


@pytest.mark.parametrize("way", ["open_wanted", "new_wanted", "restore_wanted"])
def test_another_database_is_not_opened_over_words_that_cannot_be_saved(
    locked: Any, busy: MainWindow, desktop: Desktop, tmp_path: Path, way: str
) -> None:
    busy.pages["compose"].editor.body.setPlainText("Still here.")
    getattr(busy.database, way).emit(str(tmp_path / "other.db"))
    assert desktop.window is busy
    dialog(LeaveDialog).cancel_button.click()
    assert busy.pages["compose"].editor.body.toPlainText() == "Still here."


def test_words_that_come_after_the_approval_are_shown_and_not_lost(
    busy: MainWindow, settle: Settle, sample_path: Path
) -> None:
    compose = go(busy, "compose", settle)
    busy.workspace.jobs.write(busy, lambda session: approve_letters(session, ["MAG-0009"]))
    compose.editor.body.setPlainText("A moment too late.")
    compose.editor.save()
    settle(busy)
    offered = dialog(UnsavedDialog)
    assert "frozen" in offered.reason.text()
    assert "A moment too late." in offered.text.toPlainText()
    offered.copy.click()
    assert "A moment too late." in QGuiApplication.clipboard().text()
    offered.save.click()
    settle(busy)
    assert offered.isVisible()
    assert "frozen" in offered.reason.text()
    offered.later.click()
    assert len(unsaved_texts(str(sample_path))) == 1
    busy.workspace.jobs.write(busy, lambda session: reopen_letters(session, ["MAG-0009"]))
    settle(busy)
    busy.leaving.show_all()
    offered = dialog(UnsavedDialog)
    offered.save.click()
    settle(busy)
    assert body_on_file(sample_path, "MAG-0009") == "A moment too late."


def test_words_are_thrown_away_only_when_somebody_says_so(
    sample_path: Path, desktop: Desktop, settle: Settle
) -> None:
    keep_unsaved(str(sample_path), [UnsavedText("MAG-0001", "s", "d", "words", "y", "Why.", "w")], "w")
    window = desktop.open(str(sample_path))
    settle(window)
    offered = dialog(UnsavedDialog)
    QTest.keyClick(offered, Qt.Key.Key_Escape)
    assert len(unsaved_texts(str(sample_path))) == 1
    window.leaving.show_all()
    offered = dialog(UnsavedDialog)
    offered.discard.click()
    asked = dialog(ConfirmDialog)
    assert asked.cancel_button.isDefault()
    asked.submit_button.click()
    assert unsaved_texts(str(sample_path)) == ()


def test_writes_of_every_kind_run_to_their_end_when_the_jobs_are_closed(
    database: Database, qapp: object
) -> None:
    jobs, done = Jobs(database), []
    gate = threading.Event()
    jobs.write(jobs, lambda session: gate.wait(10) and None)
    for number in range(20):
        jobs.write(jobs, lambda session, number=number: done.append(number))
    jobs.network(jobs, "Saving the account", lambda *_: done.append("account"), is_kept=True)
    threading.Timer(0.05, gate.set).start()
    jobs.close()
    assert sorted(map(str, done)) == sorted([*map(str, range(20)), "account"])


def test_what_was_refused_while_finishing_is_returned_and_told(database: Database, qapp: object) -> None:
    jobs, told = Jobs(database), []

    def refuse(session: Any) -> None:
        raise UsageError("No room.")

    jobs.write(jobs, refuse, failed=lambda error: told.append(str(error)))
    assert jobs.finish_writes() == ("No room.",)
    assert told == ["No room."]
    assert jobs.finish_writes() == ()
    jobs.close()


def test_a_refused_decision_keeps_the_window_open_once(busy: MainWindow, settle: Settle) -> None:
    def refuse(session: Any) -> None:
        raise UsageError("That was not done.")

    busy.workspace.jobs.write(busy, refuse)
    busy.close()
    assert busy.isVisible()
    assert messages() == ["That was not done."]
    busy.close()
    assert not busy.isVisible()


def test_writers_of_one_process_wait_for_each_other_however_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, gate, order = threading.Event(), threading.Event(), []

    def write() -> None:
        with database.write() as session:
            first.set()
            gate.wait(10)
            session.execute(text("UPDATE person SET name = name"))
            order.append("first")

    def then() -> None:
        with database.write():
            order.append("second")

    threads = [threading.Thread(target=write), threading.Thread(target=then)]
    threads[0].start()
    assert first.wait(5)
    threads[1].start()
    # Longer than the patience with other programs, were it asked for.
    assert not gate.wait(0.01)
    gate.set()
    for thread in threads:
        thread.join(10)
    assert order == ["first", "second"]


def test_a_recovery_file_holds_the_words_of_several_windows_and_letters(tmp_path: Path) -> None:
    location = str(tmp_path / "x.db")
    one = UnsavedText("A-1", "s", "d", "one", "y", "Why.", "first")
    two = UnsavedText("A-2", "s", "d", "two — ü", "y", "Why.", "second")
    keep_unsaved(location, [one], "first")
    path = keep_unsaved(location, [two], "second")
    assert unsaved_texts(location) == (one, two)
    assert path.stat().st_mode & 0o077 == 0
    forget_unsaved(location, [one])
    assert unsaved_texts(location) == (two,)
    keep_unsaved(location, [], "second")
    assert unsaved_texts(location) == ()
    assert not path.exists()


def test_words_are_kept_elsewhere_where_the_database_s_folder_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outreach.letters import unsaved as module

    written = module.write_file

    def full(path: Path, content: bytes) -> Path:
        if path.parent == tmp_path:
            raise DiskFullError("Full.")
        return written(path, content)

    monkeypatch.setattr(module, "write_file", full)
    location = str(tmp_path / "x.db")
    words = UnsavedText("A-1", "s", "d", "one", "y")
    path = keep_unsaved(location, [words], "")
    assert path.parent != tmp_path
    assert unsaved_texts(location) == (words,)
    forget_unsaved(location, [words])
    assert unsaved_texts(location) == ()


@pytest.mark.parametrize("content", ["", "{", "[1]", "[{}]", '{"a": 1}', "null"])
def test_a_recovery_file_that_cannot_be_understood_stops_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.db.unsaved.json").write_text(content)
    assert unsaved_texts(str(tmp_path / "x.db")) == ()


def test_kept_words_do_not_overwrite_newer_ones(database: Database, sandbox: Any) -> None:
    (reference,) = factories.drafted(database, sandbox, "Theresa May")
    old = {"subject": "s", "salutation": "d", "body": "old", "close": "y"}
    with database.write() as session:
        edit_letter(session, reference, **old)
    kept = UnsavedText(reference, "s", "d", "recovered", "y", before=words_digest(**old))
    with database.write() as session:
        edit_letter(session, reference, **{**old, "body": "newer"})
    from outreach.errors import NotAllowedError

    with pytest.raises(NotAllowedError, match="changed since"), database.write() as session:
        restore_unsaved(session, kept)
    with database.write() as session:
        edit_letter(session, reference, **old)
        restore_unsaved(session, kept)
    assert body_on_file(database.location, reference) == "recovered"


def test_an_account_that_is_being_saved_is_saved_though_the_window_closes(
    window: MainWindow, desktop: Desktop, settle: Settle
) -> None:
    from outreach.settings import load_settings

    started = threading.Event()

    def sending(database: Database, progress: Any, wait: Any) -> None:
        started.set()
        wait(20)

    window.workspace.jobs.network(window, "Sending letters", sending)
    assert started.wait(10)
    window.mailing.edit_account()
    form = dialog(AccountDialog)
    form.host.setText("mail.example.org")
    form.from_address.setText("office@example.org")
    form.submit_button.click()
    desktop.shut_down()
    assert load_settings().smtp_host == "mail.example.org"


STOPPED = """
import os, signal, sys
from PySide6.QtCore import QTimer
from outreach import app
from outreach.letters.sandbox import TemplateSandbox

desktop = []
opened = app.Desktop.open
def remember(self, *arguments, **more):
    window = opened(self, *arguments, **more)
    window.sidebar.choose("compose")
    timer = QTimer(window)
    def look():
        editor = window.pages["compose"].editor
        if editor.reference:
            timer.stop()
            editor.body.setPlainText("Typed before the signal.")
            os.kill(os.getpid(), getattr(signal, sys.argv[2]))
    timer.timeout.connect(look)
    timer.start(20)
    return window
app.Desktop.open = remember
sys.exit(app.run_app(sys.argv[1]))
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_that_ends_the_app_saves_what_was_typed(sample_path: Path, sandbox: Any, name: str) -> None:
    database = open_database(sample_path)
    (reference,) = factories.drafted(database, sandbox, "Theresa May")
    database.close()
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, str(sample_path), name],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 128 + getattr(signal, name), done.stderr
    assert body_on_file(sample_path, reference) == "Typed before the signal."


def test_one_spoiled_entry_costs_the_others_of_the_recovery_file_nothing(tmp_path: Path) -> None:
    location = str(tmp_path / "o.db")
    good = UnsavedText(
        "MAG-0006", "Subject", "Dear", "Words of another window.", "Yours", "busy", "elsewhere", ""
    )
    path = keep_unsaved(location, [good], "elsewhere")
    path.write_text(json.dumps([*json.loads(path.read_text(encoding="utf-8")), 7]), encoding="utf-8")
    spoiled = path.read_bytes()
    assert unsaved_texts(location) == (good,)
    keep_unsaved(location, [], "here")
    assert unsaved_texts(location) == (good,)
    assert [p.read_bytes() for p in tmp_path.glob("*not-understood*")] == [spoiled]
