"""Lists of the window over many rows: each page costs what it costs with few,
none is cut, and what is ticked is kept.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from outreach.app import Desktop
from outreach.cases.campaigns import campaigns_list, create_campaign
from outreach.domain.states import MessageState
from outreach.store.database import open_database
from outreach.store.models import Message
from outreach.ui.dialogs.directory import PersonDialog
from outreach.ui.dialogs.facts import FactDialog
from outreach.ui.main_window import MainWindow
from tests.crowds import crowd
from tests.many import statements_of

Settle = Callable[[MainWindow], None]


def opened(desktop: Desktop, path: Path, count: int, settle: Settle) -> MainWindow:
    database = open_database(path, create=True)
    with database.write() as session:
        if not campaigns_list(session):
            create_campaign(session, name="Crowded", prefix="CRO", case_name="The case")
    crowd(database, count)
    database.close()
    window = desktop.open(str(path))
    window.show()
    settle(window)
    return window


def turn(window: MainWindow, key: str, settle: Settle) -> Any:
    window.sidebar.choose(key)
    settle(window)
    return window.pages[key]


@pytest.fixture
def crowded(desktop: Desktop, sample_path: Path, settle: Settle) -> MainWindow:
    """The sample with a thousand more of everything that is listed."""
    return opened(desktop, sample_path, 1_000, settle)


def asked_by_pages(window: MainWindow, settle: Settle) -> dict[str, int]:
    """How many statements each page takes: shown, searched, and read again after a change."""
    found: dict[str, int] = {}
    database = window.workspace.jobs._database
    for key in ("directory", "inbox", "compose", "cases"):
        with statements_of(database) as asked:
            page = turn(window, key, settle)
            page.search.setText("a")
            settle(window)
            page.mark_stale()
            settle(window)
        found[key] = len(asked)
    page = window.pages["directory"]
    page.search.clear()
    for number in range(1, 4):
        with statements_of(database) as asked:
            page.tabs.setCurrentIndex(number)
            turn(window, "directory", settle)
            page.tables[page.list_].horizontalHeader().setSortIndicator(0, Qt.SortOrder.DescendingOrder)
            settle(window)
        found[page.list_] = len(asked)
    return found


def test_each_page_costs_the_same_statements_with_few_and_with_very_many_rows(
    desktop: Desktop, tmp_path: Path, settle: Settle
) -> None:
    counts = []
    for count in (150, 1_200):
        window = opened(desktop, tmp_path / f"{count}.db", count, settle)
        counts.append(asked_by_pages(window, settle))
    assert counts[0] == counts[1]


def test_the_directory_shows_everybody_to_the_last_and_sorts_them_all(
    crowded: MainWindow, settle: Settle
) -> None:
    page = turn(crowded, "directory", settle)
    table, model = page.tables["people"], page.models["people"]
    assert model.rowCount() > 1_000
    assert page.count.text() == f"{model.rowCount():,} people"
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    settle(crowded)
    last = model.row_at(model.rowCount() - 1)
    assert last is not None
    assert table.selected() == [last]
    assert last.name in page.detail.toPlainText()
    table.horizontalHeader().setSortIndicator(0, Qt.SortOrder.DescendingOrder)
    settle(crowded)
    # Who was chosen stays so, and is now the first of all.
    assert model.row_at(0) == last
    assert [p.id for p in table.selected()] == [last.id]
    assert len(model.rows) < 500


def test_all_recipients_that_a_search_means_are_ticked_and_stay_so_by_their_keys(
    crowded: MainWindow, settle: Settle
) -> None:
    page = turn(crowded, "compose", settle)
    model = page.recipients.model()
    everybody = model.rowCount()
    assert everybody > 1_000
    page.search.setText("purple")
    settle(crowded)
    assert model.rowCount() == 200
    page.everyone.trigger()
    assert page.draft.text() == "Draft 200 letters"
    page.search.clear()
    settle(crowded)
    assert model.rowCount() == everybody
    assert len(page.ticked()) == 200
    page.mark_stale()
    settle(crowded)
    assert page.draft.text() == "Draft 200 letters"
    page.search.setText("no such person")
    settle(crowded)
    assert page.ticked() == []
    assert "and 197 more" in page.elsewhere.text()
    assert not page.draft.isEnabled()


def test_a_tick_is_set_by_click_space_and_return(crowded: MainWindow, settle: Settle) -> None:
    page = turn(crowded, "compose", settle)
    table = page.recipients
    model = table.model()
    table.setFocus()
    table.setCurrentIndex(model.index(2, 0))
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Return):
        QTest.keyClick(table, key)
        assert page.ticked() == [model.row_at(2).key]
        QTest.keyClick(table, key)
        assert page.ticked() == []
    place = table.visualRect(model.index(1, 0))
    for row in range(place.left(), place.left() + 40, 4):
        at = place.center()
        at.setX(row)
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
        if page.ticked():
            break
    assert page.ticked() == [model.row_at(1).key]


def test_all_messages_of_a_search_are_set_aside_though_few_are_in_memory(
    crowded: MainWindow, settle: Settle
) -> None:
    page = turn(crowded, "inbox", settle)
    page.view.choose("triage")
    page.search.setText("subject")
    settle(crowded)
    total = page.model.rowCount()
    assert total == 500
    assert page.count.text() == "500 messages"
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    settle(crowded)
    page.aside.trigger()
    settle(crowded)
    with crowded.workspace.jobs._database.read() as session:
        states = [s for (s,) in session.query(Message.state)]
    assert states.count(MessageState.SET_ASIDE) == 500
    assert page.model.rowCount() == 0


def test_a_person_for_a_fact_is_looked_for_by_typing(
    crowded: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    page = turn(crowded, "cases", settle)
    page.add.trigger()
    form = next(w for w in QApplication.topLevelWidgets() if isinstance(w, FactDialog))
    form.label.setText("Who ordered it")
    form.name.setText("who_ordered")
    form.kind.choose("person")
    qtbot.keyClicks(form.person, "browd")
    settle(crowded)
    form.submit_button.click()
    assert "not chosen yet" in form.problem.text()
    offered = form.person.completer().model().stringList()
    assert len(offered) == 1 and offered[0].startswith("William Browder")
    form.person.setText(offered[0])
    form.submit_button.click()
    settle(crowded)
    fact = next(f for f in page.model.rows if f.name == "who_ordered")
    assert (fact.raw, fact.value) == ("william-browder", "William Browder")


def test_two_bodies_of_one_name_are_told_apart_where_one_is_chosen(
    crowded: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    page = turn(crowded, "directory", settle)
    page.add_person.trigger()
    form = next(w for w in QApplication.topLevelWidgets() if isinstance(w, PersonDialog))
    form.family.setText("Newcomer")
    form.role.setText("Member")
    qtbot.keyClicks(form.body, "crowd body 05")
    settle(crowded)
    offered = form.body.completer().model().stringList()
    assert len(offered) == len(set(offered)) > 5
    form.body.setText(offered[-1])
    form.submit_button.click()
    settle(crowded)
    page.search.setText("newcomer")
    settle(crowded)
    (found,) = page.models["people"].rows
    assert found.memberships[0].organization == offered[-1].partition(" (")[0]
