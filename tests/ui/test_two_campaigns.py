"""Two campaigns in one database: each shows its own, and a switch between them leaves nothing of the other
behind."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCharts import QBarCategoryAxis, QChartView
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QWheelEvent
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from outreach.app import Desktop
from outreach.cases.campaigns import campaigns_list
from outreach.desk.letter_table import letter_detail
from outreach.desk.search import find
from outreach.domain.states import LetterStatus
from outreach.store.database import Database, open_database
from outreach.store.models import Campaign, Letter
from outreach.ui.dialogs.search import SearchDialog
from outreach.ui.main_window import MainWindow
from tests import factories

Settle = Callable[[MainWindow], None]
ZEBRA, QUOKKA = "zebrafish", "quokkaland"
SHARED = ("people", "bodies", "posts")  # lists of the directory, which belong to all campaigns


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A database with two campaigns of quite different words."""
    path = tmp_path / "two.db"
    database = open_database(path, create=True)
    factories.a_campaign(database, ZEBRA, "ZEB", on=date(2011, 1, 26))
    factories.a_campaign(database, QUOKKA, "QUO", on=date(2012, 5, 9))
    database.close()
    return path


@pytest.fixture
def window(two: Path, desktop: Desktop, settle: Settle) -> MainWindow:
    opened = desktop.open(str(two))
    opened.show()
    settle(opened)
    return opened


def turn(window: MainWindow, key: str, settle: Settle):  # type: ignore[no-untyped-def]
    window.sidebar.choose(key)
    settle(window)
    return window.pages[key]


def switch(window: MainWindow, to: str) -> None:
    window.campaign_choice.choose(f"{to}-alliance")


def texts_of_model(model: QAbstractItemModel) -> Iterator[str]:
    roles = Qt.ItemDataRole
    for row in range(model.rowCount()):
        for column in range(1 if isinstance(model, QAbstractListModel) else model.columnCount()):
            for role in (
                roles.DisplayRole,
                roles.ToolTipRole,
                roles.AccessibleTextRole,
                roles.UserRole,
                roles.UserRole + 1,
            ):
                yield str(model.index(row, column).data(role) or "")


def texts_of(widget: QWidget) -> Iterator[str]:
    """Everything a widget says, whether it is in view or not."""
    yield from (widget.toolTip(), widget.accessibleName(), widget.statusTip(), widget.windowTitle())
    yield from (a.text() for a in widget.actions())
    if isinstance(widget, QLabel | QAbstractButton | QLineEdit):
        yield widget.text()
    if isinstance(widget, QLineEdit):
        yield widget.placeholderText()
        if widget.completer() is not None:
            yield from texts_of_model(widget.completer().model())
    if isinstance(widget, QTextEdit):
        yield widget.toHtml()
    if isinstance(widget, QPlainTextEdit):
        yield widget.toPlainText()
    if isinstance(widget, QGroupBox):
        yield widget.title()
    if isinstance(widget, QComboBox | QAbstractItemView) and widget.model() is not None:
        yield from texts_of_model(widget.model())
    if isinstance(widget, QTabBar):
        yield from (widget.tabText(n) for n in range(widget.count()))
    if isinstance(widget, QChartView):
        for axis in widget.chart().axes():
            if isinstance(axis, QBarCategoryAxis):
                yield from axis.categories()
    for document in widget.findChildren(QPdfDocument, options=Qt.FindChildOption.FindDirectChildrenOnly):
        for page in range(document.pageCount()):
            yield document.getAllText(page).text()


def says(window: MainWindow, word: str) -> list[str]:
    """Where the window says a word: class and text of each place, but for the list to choose the campaign
    from."""
    directory = window.pages["directory"]
    not_its_own = {directory.tables[key] for key in SHARED}
    not_its_own |= {window.campaign_choice, window.campaign_choice.view()}
    found = []
    for widget in [window, *window.findChildren(QWidget)]:
        if widget in not_its_own:
            continue
        found += [
            f"{type(widget).__name__}: {text[:90]}" for text in texts_of(widget) if word in text.casefold()
        ]
    for action in window.findChildren(QAction):
        if word in f"{action.text()} {action.toolTip()}".casefold():
            found.append(f"action: {action.text()}")
    undo = window.workspace.undo
    found += [f"undo: {undo.text(n)}" for n in range(undo.count()) if word in undo.text(n).casefold()]
    if word in window.statusBar().currentMessage().casefold():
        found.append(f"status: {window.statusBar().currentMessage()}")
    return found


def use(window: MainWindow, word: str, settle: Settle) -> None:
    """Work with everything that a campaign has, so that all of it has been shown."""
    for key in ("today", "overview"):
        turn(window, key, settle)
    letters = turn(window, "letters", settle)
    letters.search.setText(word)
    letters.filter_bar.body.setCurrentIndex(1)
    letters.table.selectRow(0)
    letters._fill_views()
    settle(window)
    inbox = turn(window, "inbox", settle)
    inbox.view.choose("all")
    settle(window)
    inbox.search.setText(word)
    inbox.table.selectRow(0)
    settle(window)
    compose = turn(window, "compose", settle)
    compose.search.setText("ann")
    settle(window)
    compose.recipients.set_all(True)
    compose.notes.setText(f"Ann Other: the {word} has no address.")
    compose.notes.show()
    compose.question.setText(f"members of {word}")
    compose._complete(word[:4])
    settle(window)
    directory = turn(window, "directory", settle)
    directory.tabs.setCurrentIndex(3)
    directory.search.setText("ann")
    settle(window)
    cases = turn(window, "cases", settle)
    cases.search.setText(word)
    cases.table.selectRow(0)
    settle(window)
    packs = turn(window, "packs", settle)
    for field in (packs.pack_title, packs.audience, packs.marking):
        field.setText(f"{word} here")
    packs.sections.tick("letters", False)
    window.workspace.said.emit(f"The {word} is saved.")


def test_a_switch_leaves_nothing_of_the_other_campaign_and_so_does_the_way_back(
    window: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    use(window, ZEBRA, settle)
    assert len(says(window, ZEBRA)) > 30
    for here, gone in ((QUOKKA, ZEBRA), (ZEBRA, QUOKKA)):
        switch(window, here)
        assert says(window, gone) == [], "at once"
        settle(window)
        for key in window.pages:
            turn(window, key, settle)
            assert says(window, gone) == [], key
        use(window, here, settle)
        assert says(window, gone) == []
        assert len(says(window, here)) > 30


def test_what_arrives_late_for_the_campaign_before_is_not_shown(window: MainWindow, settle: Settle) -> None:
    use(window, ZEBRA, settle)
    for key in window.pages:
        window.sidebar.choose(key)
        window.pages[key].mark_stale()
    window.pages["compose"]._complete("zebra")
    window.pages["compose"].editor.load("ZEB-0002")
    window.pages["letters"].table.selectRow(1)
    switch(window, QUOKKA)
    settle(window)
    assert says(window, ZEBRA) == []


def test_fields_and_ticks_start_anew_with_another_campaign(window: MainWindow, settle: Settle) -> None:
    use(window, ZEBRA, settle)
    pages = window.pages
    assert pages["compose"].ticked()
    switch(window, QUOKKA)
    settle(window)
    assert pages["letters"].filter_bar.filters() == type(pages["letters"].filter_bar.filters())()
    assert pages["inbox"].view.value() == "open"
    assert pages["compose"].ticked() == []
    assert pages["compose"].day.day() == date(2012, 5, 9)
    assert pages["compose"].notes.isHidden()
    assert pages["packs"].options().sections == type(pages["packs"].options())().sections
    assert pages["packs"].day.day() == date(2012, 5, 9)
    assert not pages["today"].remind.isEnabled() or "follow-up" in pages["today"].remind.text()
    turn(window, "compose", settle)
    assert pages["compose"].recipients.ticked_elsewhere() == []
    names = [r.name for r in pages["compose"].recipients.model().rows]
    assert names and all("QUO" in name for name in names)


def test_what_was_being_written_is_saved_before_another_campaign_is_shown(
    window: MainWindow, two: Path, settle: Settle
) -> None:
    compose = turn(window, "compose", settle)
    assert compose.editor.reference == "ZEB-0001"
    compose.editor.body.setPlainText("Typed a moment ago.")
    switch(window, QUOKKA)
    settle(window)
    assert compose.editor.reference != "ZEB-0001"
    database = open_database(two)
    with database.read() as session:
        assert letter_detail(session, campaigns_list(session)[0], "ZEB-0001").body == "Typed a moment ago."
    database.close()


def test_undo_is_of_the_campaign_in_view_and_waits_for_it_to_come_back(
    window: MainWindow, settle: Settle
) -> None:
    letters = turn(window, "letters", settle)
    letters.table.select(["ZEB-0001"])
    letters.delete.trigger()
    settle(window)
    switch(window, QUOKKA)
    settle(window)
    assert not window.workspace.undo.canUndo()
    undo = next(a for a in window.findChildren(QAction) if a.text().startswith("Undo"))
    assert not undo.isEnabled()
    switch(window, ZEBRA)
    settle(window)
    assert undo.isEnabled()
    undo.trigger()
    settle(window)
    assert letters.model.position("ZEB-0001") >= 0


def test_the_search_of_everything_finds_letters_and_facts_of_the_campaign_in_view(
    window: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    switch(window, QUOKKA)
    settle(window)
    window._search()
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, SearchDialog))
    for typed in (ZEBRA, "zebrafihs"):
        dialog.box.setText(typed)
        qtbot.waitUntil(lambda: not dialog._is_searching and window.workspace.jobs.is_idle, timeout=10_000)
        assert dialog.model.rows == []
        assert "zebra" not in dialog.note.text()
    dialog.box.setText(QUOKKA)
    qtbot.waitUntil(lambda: bool(dialog.model.rows), timeout=10_000)
    assert {h.kind for h in dialog.model.rows} == {"letter", "fact"}
    assert {h.campaign for h in dialog.model.rows} == {f"{QUOKKA} alliance"}


def test_a_search_of_all_campaigns_says_to_which_each_hit_belongs(two: Path) -> None:
    database: Database = open_database(two)
    with database.read() as session:
        for word in (ZEBRA, QUOKKA):
            hits = find(session, word).hits
            assert hits and {h.campaign for h in hits} == {f"{word} alliance"}
        # A campaign of a thousand letters does not crowd out the other's few.
        keys = {c.prefix: c.key for c in campaigns_list(session)}
        many = find(session, "letter", 3, campaign_key=keys["QUO"]).hits
        assert len(many) == 3 and {h.campaign for h in many} == {f"{QUOKKA} alliance"}
    database.close()


def test_a_search_opens_what_was_typed_not_what_was_listed_before(
    window: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    window._search()
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, SearchDialog))
    opened: list[str] = []
    dialog.chosen.connect(lambda hit: opened.append(hit.ref))
    dialog.box.setText("ZEB-0003")
    qtbot.waitUntil(lambda: bool(dialog.model.rows), timeout=10_000)
    dialog.box.setText("ZEB-0007")
    qtbot.keyClick(dialog.box, Qt.Key.Key_Return)
    assert opened == []
    qtbot.waitUntil(lambda: bool(opened), timeout=10_000)
    assert opened == ["ZEB-0007"]


def test_the_desktop_is_told_of_each_campaign_and_never_of_one_under_the_name_of_another(
    window: MainWindow, settle: Settle
) -> None:
    told: list[str] = []
    window.notifier.told.connect(told.append)
    with window.workspace.jobs._database.write() as session:
        for campaign in session.query(Campaign):
            campaign.as_of = None
        quokka = session.query(Campaign).filter_by(prefix="QUO").one()
        failed = session.query(Letter).filter_by(campaign_id=quokka.id, status=LetterStatus.FAILED).one()
        failed.status = LetterStatus.WITHDRAWN
    window.campaigns.read()
    settle(window)
    assert len(told) == 1 and "3 letters came back" in told[0]
    window.notifier.look()
    switch(window, QUOKKA)
    settle(window)
    assert len(told) == 2 and "2 letters came back" in told[1]
    for word in (ZEBRA, QUOKKA):
        switch(window, word)
        settle(window)
    assert len(told) == 2


def test_the_wheel_and_the_keyboard_do_not_switch_the_campaign_in_passing(
    window: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    choice = window.campaign_choice
    assert choice.isVisible() and choice.count() == 2
    choice.setFocus()
    before = choice.currentIndex()
    for key in (Qt.Key.Key_PageDown, Qt.Key.Key_End, Qt.Key.Key_Q, Qt.Key.Key_Home, Qt.Key.Key_PageUp):
        qtbot.keyClick(choice, key)
        assert choice.currentIndex() == before
    roll(choice)
    assert choice.currentIndex() == before
    qtbot.keyClick(choice, Qt.Key.Key_Down)
    assert choice.currentIndex() == before
    qtbot.waitUntil(lambda: choice.view().isVisible())
    qtbot.keyClick(choice.view(), Qt.Key.Key_Down)
    qtbot.keyClick(choice.view(), Qt.Key.Key_Return)
    assert choice.currentText() == f"{QUOKKA} alliance"
    settle(window)
    assert window.windowTitle().startswith(QUOKKA)
    assert QUOKKA in window.statusBar().currentMessage()
    assert re.match(QUOKKA, choice.toolTip())


def roll(widget: QWidget) -> None:
    """Turn the wheel over a widget, as the system would."""
    centre = QPointF(widget.rect().center())
    event = QWheelEvent(
        centre,
        widget.mapToGlobal(centre),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_the_wheel_changes_no_field_that_has_no_focus(window: MainWindow, settle: Settle) -> None:
    from PySide6.QtWidgets import QAbstractSpinBox, QDateEdit, QSpinBox

    from outreach.settings import load_settings
    from outreach.ui.dialogs.importing import ImportDialog
    from outreach.ui.dialogs.letters import MarkSentDialog
    from outreach.ui.dialogs.mail import AccountDialog

    def value(field: QWidget) -> object:
        return (
            field.currentIndex()
            if isinstance(field, QComboBox)
            else field.date()
            if isinstance(field, QDateEdit)
            else field.value()
        )

    dialogs = [
        AccountDialog(window, window.workspace, load_settings(), ""),
        ImportDialog(window, window.workspace),
        MarkSentDialog(window, 1, date(2011, 1, 26)),
    ]
    tried = 0
    for holder in (*window.pages.values(), *dialogs):
        if holder in window.pages.values():
            window.stack.setCurrentWidget(holder)
        holder.show()
        settle(window)
        for field in holder.findChildren(QWidget):
            if not isinstance(field, QComboBox | QDateEdit | QSpinBox):
                continue
            for other in holder.findChildren(QAbstractSpinBox):
                other.clearFocus()
            field.clearFocus()
            before = value(field)
            roll(field)
            assert value(field) == before, field.accessibleName()
            assert field.focusPolicy() == Qt.FocusPolicy.StrongFocus
            tried += 1
    assert tried > 25
    for made in dialogs:
        made.close()
