"""The window works the same with thousands of letters: pages of rows, and steps of all letters in one job."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from outreach.app import Desktop
from outreach.cases.campaigns import campaigns_list
from outreach.desk.letter_query import LetterQuery
from outreach.desk.letter_table import letter_count
from outreach.domain.states import LetterStatus
from outreach.letters import large_sets
from outreach.store.database import Database, open_database
from outreach.store.models import Letter
from outreach.ui.dialogs.forms import ConfirmDialog
from outreach.ui.dialogs.letters import ApproveDialog
from outreach.ui.main_window import MainWindow
from outreach.ui.operations import sets
from tests.benchmarks.grow import grow
from tests.many import statements_of

Settle = Callable[[MainWindow], None]
PEOPLE, MANY, FEW = 200, 3_000, 300


def grown(path: Path, letters: int) -> Path:
    database = open_database(path, create=True)
    grow(database, letters, PEOPLE)
    database.close()
    return path


@pytest.fixture(scope="module")
def many_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grown(tmp_path_factory.mktemp("many") / "many.db", MANY)


@pytest.fixture
def window(many_path: Path, tmp_path: Path, desktop: Desktop, settle: Settle) -> MainWindow:
    """The window on 3,000 letters."""
    copy = tmp_path / "copy.db"
    copy.write_bytes(many_path.read_bytes())
    opened = desktop.open(str(copy))
    opened.resize(1200, 800)
    opened.show()
    settle(opened)
    return opened


def turn(window: MainWindow, key: str, settle: Settle) -> Any:
    window.turn(key)
    settle(window)
    return window.pages[key]


def drafts_on_file(window: MainWindow) -> int:
    database: Database = window.workspace.jobs._database
    with database.read() as session:
        campaign = campaigns_list(session)[0]
        return letter_count(session, LetterQuery(status="draft").of(campaign.key), campaign.today)


def dialog(kind: type) -> Any:
    (found,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]
    return found


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> int:
    """Fifty letters in a unit of work."""
    monkeypatch.setattr(large_sets, "AT_ONCE", 50)
    monkeypatch.setattr(sets, "AT_ONCE", 50)
    return 50


def choose_all_drafts(window: MainWindow, settle: Settle) -> Any:
    page = turn(window, "letters", settle)
    page.filter_bar.status.choose("draft")
    settle(window)
    page.table.selectAll()
    settle(window)
    return page


def test_the_end_of_the_table_shows_the_last_letter(window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
    page = turn(window, "letters", settle)
    total = page.model.rowCount()
    assert page.count.text() == f"{total:,} letters"
    assert len(page.model.rows) < total
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page.model.row_at(total - 1) is not None)
    settle(window)
    database = window.workspace.jobs._database
    with database.read() as session:
        references = [r for (r,) in session.query(Letter.reference).order_by(Letter.id)]
    assert page.model.row_at(total - 1).reference == references[-1]
    assert page.table.currentIndex().row() == total - 1


def test_all_drafts_are_approved_in_one_job_and_undo_makes_them_drafts_again(
    window: MainWindow, settle: Settle, in_parts: int
) -> None:
    page = choose_all_drafts(window, settle)
    count = page.model.rowCount()
    assert count > 2 * in_parts
    assert page.table.choice.ids is None
    page.approve.trigger()
    settle(window)
    question = dialog(ApproveDialog)
    assert any(f"{count:,} letters to " in x.text() for x in question.findChildren(QLabel))
    titles: set[str] = set()
    window.workspace.jobs.shown.connect(lambda: titles.update(j.title for j in window.workspace.jobs.titled))
    question.submit_button.click()
    settle(window)
    assert titles == {"Approving letters"}
    assert drafts_on_file(window) == 0
    assert window.workspace.undo.undoText() == f"approve {count:,} letters"
    window.workspace.undo.undo()
    settle(window)
    assert drafts_on_file(window) == count
    window.workspace.undo.redo()
    settle(window)
    assert drafts_on_file(window) == 0


def test_a_step_of_many_that_is_stopped_says_how_many_took_it_and_undo_takes_these_back(
    window: MainWindow, settle: Settle, in_parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = choose_all_drafts(window, settle)
    count = page.model.rowCount()
    said: list[str] = []
    window.workspace.said.connect(said.append)
    page.withdraw.trigger()
    form = next(w for w in QApplication.topLevelWidgets() if hasattr(w, "reason") and w.isVisible())
    assert any(f"and {count - 3:,} more letters" in x.text() for x in form.findChildren(QLabel))
    withdraw = large_sets.withdraw_letters

    def withdraw_and_stop(*args: Any, **kwargs: Any) -> Any:
        window.workspace.jobs.titled[0].cancel()
        return withdraw(*args, **kwargs)

    monkeypatch.setattr(large_sets, "withdraw_letters", withdraw_and_stop)
    form.submit_button.click()
    settle(window)
    assert f"50 of {count:,} letters withdrawn; stopped." in said
    assert drafts_on_file(window) == count - in_parts
    window.workspace.undo.undo()
    settle(window)
    assert drafts_on_file(window) == count


def test_letters_written_after_the_question_are_not_meant_by_the_answer(
    window: MainWindow, settle: Settle
) -> None:
    page = choose_all_drafts(window, settle)
    count = page.model.rowCount()
    page.approve.trigger()
    settle(window)
    question = dialog(ApproveDialog)
    with window.workspace.jobs._database.write() as session:
        first = session.query(Letter).filter(Letter.status == LetterStatus.DRAFT).first()
        columns = {c.key: getattr(first, c.key) for c in Letter.__table__.columns if c.key != "id"}
        session.add(Letter(**columns | {"reference": "LATE-0001"}))
    question.submit_button.click()
    settle(window)
    assert count > 0
    assert drafts_on_file(window) == 1


def test_all_that_is_chosen_is_not_all_that_another_filter_shows(window: MainWindow, settle: Settle) -> None:
    page = choose_all_drafts(window, settle)
    assert page.approve.isEnabled()
    page.filter_bar.status.choose("")
    settle(window)
    assert page.table.choice.count == 0
    assert not page.approve.isEnabled()


def test_a_heading_does_not_ask_every_row_whether_it_is_chosen(
    window: MainWindow, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = turn(window, "letters", settle)
    page.table.selectAll()
    settle(window)
    asked: list[int] = []
    flags = page.model.flags
    monkeypatch.setattr(page.model, "flags", lambda index: asked.append(index.row()) or flags(index))
    page.table.horizontalHeader().viewport().repaint()
    page.table.horizontalHeader().grab()
    assert len(set(asked)) < 100


def test_the_table_is_exported_whole_and_stopping_leaves_no_part_of_it(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    page = turn(window, "letters", settle)
    total = page.model.rowCount()
    page.export_table_to(str(tmp_path / "t.csv"))
    settle(window)
    assert len((tmp_path / "t.csv").read_text(encoding="utf-8-sig").splitlines()) == total + 1
    page.export_table_to(str(tmp_path / "u.csv"))
    window.workspace.jobs.titled[0].cancel()
    settle(window)
    assert sorted(p.name for p in tmp_path.glob("*.csv")) == ["t.csv"]
    assert not list(tmp_path.glob(".new-*"))


@pytest.fixture(scope="module")
def few_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grown(tmp_path_factory.mktemp("few") / "few.db", FEW)


PAGES = ("letters", "today", "overview", "compose", "packs")


def statements_by_page(path: Path, desktop: Desktop, settle: Settle) -> dict[str, int]:
    window = desktop.open(str(path))
    window.resize(1200, 800)
    window.show()
    settle(window)
    found = {}
    for key in PAGES:
        turn(window, key, settle)
        page = window.pages[key]
        with statements_of(window.workspace.jobs._database) as asked:
            page.mark_stale()
            settle(window)
        found[key] = len(asked)
    return found


def test_each_page_asks_the_database_as_often_for_thousands_of_letters_as_for_hundreds(
    few_path: Path, many_path: Path, desktop: Desktop, settle: Settle
) -> None:
    few = statements_by_page(few_path, desktop, settle)
    many = statements_by_page(many_path, desktop, settle)
    assert {key: (few[key], many[key]) for key in PAGES if many[key] > few[key]} == {}


def test_a_question_about_many_closes_before_the_work_so_that_it_can_be_stopped(
    window: MainWindow, settle: Settle, in_parts: int
) -> None:
    page = turn(window, "letters", settle)
    page.filter_bar.status.choose("approved")
    settle(window)
    page.table.selectAll()
    settle(window)
    count, before = page.model.rowCount(), drafts_on_file(window)
    assert count > in_parts
    page.reopen.trigger()
    question = dialog(ConfirmDialog)
    question.submit_button.click()
    assert not question.isVisible()
    assert [job.title for job in window.workspace.jobs.titled] == ["Putting letters back to draft"]
    settle(window)
    assert drafts_on_file(window) == before + count
