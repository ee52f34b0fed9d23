"""Each number of the window opens the letters it counts, and the terminal lists the same ones under the same
word."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCharts import QHorizontalStackedBarSeries
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from typer.testing import CliRunner

from outreach.app import Desktop
from outreach.cli.main import app
from outreach.desk.letter_query import STANDINGS, find_standing
from outreach.desk.letter_table import tracker_rows
from outreach.errors import UsageError
from outreach.letters.sandbox import TemplateSandbox
from outreach.store.database import open_database
from outreach.ui.main_window import MainWindow
from outreach.ui.widgets.openable import Figure, Heading
from tests import factories
from tests.row_by_row import STANDS

Settle = Callable[[MainWindow], None]
ANIMAL = "zebrafish"


@pytest.fixture
def every_state(tmp_path: Path) -> Path:
    """A database with one made-up campaign in which letters are in every state."""
    path = tmp_path / "states.db"
    database = open_database(path, create=True)
    factories.a_campaign(database, ANIMAL, "ZEB")
    database.close()
    return path


@pytest.fixture(params=["the sample", "every state"])
def opened(request: pytest.FixtureRequest, desktop: Desktop, settle: Settle) -> MainWindow:
    """A window on the sample, with a few letters of its own, and one on letters in every state."""
    if request.param == "the sample":
        path = request.getfixturevalue("sample_path")
        sandbox: TemplateSandbox = request.getfixturevalue("sandbox")
        database = open_database(path)
        factories.sent(database, sandbox, "Theresa May, Marietje Schaake", on=date(2011, 1, 26))
        factories.approved(database, sandbox, "Damian Green")
        factories.drafted(database, sandbox, "Chris Bryant, Heidi Hautala")
        database.close()
    else:
        path = request.getfixturevalue("every_state")
    window = desktop.open(str(path))
    settle(window)
    window.show()
    return window


def turn(window: MainWindow, key: str, settle: Settle):  # type: ignore[no-untyped-def]
    window.sidebar.choose(key)
    settle(window)
    return window.pages[key]


def test_each_number_of_the_overview_opens_as_many_letters(
    opened: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    letters = opened.pages["letters"]
    overview = turn(opened, "overview", settle)
    for figure in list(overview.figures.values()):
        overview = turn(opened, "overview", settle)
        qtbot.mouseClick(figure, Qt.MouseButton.LeftButton)
        settle(opened)
        assert opened.stack.currentWidget() is letters
        assert len(letters.model.rows) == int(figure.value()), figure.accessibleName()
    answered = int(overview.figures["answered"].value())
    for figure in (overview.rate, overview.median):
        turn(opened, "overview", settle)
        qtbot.mouseClick(figure, Qt.MouseButton.LeftButton)
        settle(opened)
        assert len(letters.model.rows) == answered
        assert f", {answered} answered" in figure.toolTip()


def test_no_figure_of_the_overview_is_forgotten_by_the_test_above(opened: MainWindow, settle: Settle) -> None:
    overview = turn(opened, "overview", settle)
    assert set(overview.findChildren(Figure)) == {*overview.figures.values(), overview.rate, overview.median}


def test_each_heading_of_today_opens_as_many_as_it_says(
    opened: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    today = turn(opened, "today", settle)
    count = len(today.findChildren(Heading))
    assert count
    for number in range(count):
        today = turn(opened, "today", settle)
        heading = today.findChildren(Heading)[number]
        said = heading.number
        qtbot.keyClick(heading, Qt.Key.Key_Return)
        settle(opened)
        shown = opened.stack.currentWidget()
        assert shown is not today
        assert len(shown.model.rows) == said, heading.accessibleName()  # type: ignore[attr-defined]


def test_every_part_of_today_is_counted_when_letters_are_in_every_state(
    every_state: Path, desktop: Desktop, settle: Settle
) -> None:
    window = desktop.open(str(every_state))
    settle(window)
    names = [h.accessibleName() for h in turn(window, "today", settle).findChildren(Heading)]
    assert names == [
        "Answers to read: 7",
        "Nobody knows whether these went out: 1",
        "Came back, or refused: 3",
        "Answers overdue: 4",
        "Answers due within days: 2",
        "Ready to send: 3",
        "Drafts to approve: 8",
    ]


def test_a_link_to_messages_clears_the_search_that_would_hide_them(
    every_state: Path, desktop: Desktop, settle: Settle, qtbot: QtBot
) -> None:
    window = desktop.open(str(every_state))
    settle(window)
    inbox = turn(window, "inbox", settle)
    inbox.search.setText("nothing of the kind")
    settle(window)
    assert inbox.model.rows == []
    heading = turn(window, "today", settle).findChildren(Heading)[0]
    qtbot.keyClick(heading, Qt.Key.Key_Return)
    settle(window)
    assert len(inbox.model.rows) == heading.number
    assert inbox.search.text() == ""


def test_each_bar_of_the_chart_opens_the_letters_it_is_as_long_as(
    opened: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    opened.resize(1400, 900)
    overview, letters = turn(opened, "overview", settle), opened.pages["letters"]
    series = overview.chart.chart().series()[0]
    assert isinstance(series, QHorizontalStackedBarSeries)
    groups = {c.name: c for c in overview.chart._counts}
    clicked = 0
    for row, name in enumerate(reversed(list(groups))):
        lengths = [int(bars.at(row)) for bars in series.barSets()]
        assert sum(lengths) == groups[name].sent
        for bars, length in zip(series.barSets(), lengths, strict=True):
            if not length:
                continue
            turn(opened, "overview", settle)
            bars.clicked.emit(row)
            settle(opened)
            assert opened.stack.currentWidget() is letters
            assert len(letters.model.rows) == length, (name, bars.label())
            clicked += 1
    assert clicked


def test_a_bar_is_clicked_with_the_mouse(every_state: Path, desktop: Desktop, settle: Settle) -> None:
    window = desktop.open(str(every_state))
    window.resize(1400, 900)
    window.show()
    settle(window)
    overview, letters = turn(window, "overview", settle), window.pages["letters"]
    series = overview.chart.chart().series()[0]
    length = int(series.barSets()[0].at(0))
    assert length
    place = overview.chart.chart().mapToPosition(QPointF(length / 2, 0), series)
    point = overview.chart.mapFromScene(overview.chart.chart().mapToScene(place))
    QTest.mouseClick(
        overview.chart.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point
    )
    settle(window)
    assert window.stack.currentWidget() is letters
    assert len(letters.model.rows) == length


def test_the_window_and_the_terminal_know_the_same_standings_and_list_the_same_letters(
    every_state: Path, desktop: Desktop, settle: Settle
) -> None:
    window = desktop.open(str(every_state))
    settle(window)
    page = turn(window, "letters", settle)
    offered = [str(page.filter_bar.status.itemData(n)) for n in range(1, page.filter_bar.status.count())]
    assert offered == [s.word for s in STANDINGS]
    nothing = []
    for standing in STANDINGS:
        page.filter_bar.status.choose(standing.word)
        settle(window)
        shown = [r.reference for r in page.model.rows]
        for typed in (standing.word, standing.label.upper(), standing.word.replace(" ", "_")):
            assert find_standing(typed) is standing
        arguments = ["--database", str(every_state), "letters", "list", "--format", "json", "--status"]
        done = CliRunner().invoke(app, [*arguments, standing.label])
        assert done.exit_code == 0, done.output
        assert [row["reference"] for row in json.loads(done.output)] == shown
        if not shown:
            nothing.append(standing.word)
    assert nothing == []


def test_an_unknown_standing_is_refused_with_those_there_are(every_state: Path) -> None:
    with pytest.raises(UsageError, match=r"“lost”.*overdue"):
        find_standing("lost")
    for command in (["letters", "list"], ["views", "save", "Lost"]):
        done = CliRunner().invoke(app, ["--database", str(every_state), *command, "--status", "lost"])
        assert isinstance(done.exception, UsageError)


def test_a_body_named_whole_is_not_mixed_with_one_whose_name_begins_the_same(
    every_state: Path, desktop: Desktop, settle: Settle
) -> None:
    window = desktop.open(str(every_state))
    settle(window)
    page = turn(window, "letters", settle)
    page.filter_bar.body.choose("Ministry ZEB")
    settle(window)
    assert {r.body for r in page.model.rows} == {"Ministry ZEB"}
    page.filter_bar.body.choose("Ministry ZEB of Works")
    settle(window)
    assert {r.body for r in page.model.rows} == {"Ministry ZEB of Works"}


def test_a_view_of_the_terminal_filters_the_window_by_what_it_says(
    every_state: Path, desktop: Desktop, settle: Settle
) -> None:
    arguments = ["--database", str(every_state), "views", "save", "Works", "--body", "of work", "--status"]
    saved = CliRunner().invoke(app, [*arguments, "Ready to send", "--due-within", "14"])
    assert saved.exit_code == 0, saved.output
    window = desktop.open(str(every_state))
    settle(window)
    page = turn(window, "letters", settle)
    page._fill_views()
    next(a for a in page.views.menu().actions() if a.text() == "Works").trigger()
    assert (
        page.filter_bar.filters().status,
        page.filter_bar.filters().body,
        page.filter_bar.filters().within,
    ) == ("ready", "of work", "14")
    assert page.filter_bar.due.currentText() == "Due within 14 days"


def test_standings_that_a_number_adds_up_leave_no_letter_out_and_count_none_twice(every_state: Path) -> None:
    from outreach.cases.campaigns import campaigns_list

    database = open_database(every_state)
    with database.read() as session:
        rows = tracker_rows(session, campaigns_list(session)[0])
    database.close()
    parts = ("answered", "in time", "overdue", "given up")
    for row in rows:
        assert sum(STANDS[word](row) for word in parts) == STANDS["went out"](row)
