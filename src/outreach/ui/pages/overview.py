"""Overview: how the campaign stands, and what is due next."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from outreach.correspondence.promises import FollowUpRow
from outreach.desk.letter_query import LetterQuery
from outreach.domain.wording import counted, date_in_words, day_short, locale_for
from outreach.store.paging import Order
from outreach.ui.dialogs.forms import Choice
from outreach.ui.models.columns import due_columns
from outreach.ui.operations import agenda, answers, letters
from outreach.ui.operations.agenda import Standing
from outreach.ui.pages.base import Page
from outreach.ui.widgets.buttons import button, make_action
from outreach.ui.widgets.chart import AnswersChart
from outreach.ui.widgets.empty_state import EmptyState, TableOrEmpty
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.letter_table import LetterTable
from outreach.ui.widgets.openable import Figure
from outreach.ui.widgets.panels import Panel, clear_column, row_of, scrolling
from outreach.ui.workspace import Workspace

_FIGURES = (
    ("drafts", "Drafts", "draft"),
    ("ready", "Ready to send", "ready"),
    ("awaiting", "Awaiting an answer", "waiting"),
    ("overdue", "Overdue", "overdue"),
    ("answered", "Answered", "answered"),
)


class OverviewPage(Page):
    """Counts that open the table on what they count, deadlines, promises, and answers by body.

    A count is the length of what the table shows when it is filtered by the count's own standing.
    """

    title = "Overview"
    kinds = frozenset({"letters", "cases", "directory"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._standing: Standing | None = None
        self._as_of = Label("", tone="quiet", wrap=False)
        compose = make_action(self, self.tr("Write letters"), "pen-line", self._compose)
        self.layout_.addLayout(row_of(self.heading, None, button(compose, primary=True)))
        self.layout_.addWidget(self._as_of)
        figures = QHBoxLayout()
        figures.setSpacing(12)
        self.figures: dict[str, Figure] = {}
        for key, name, status in _FIGURES:
            figure = Figure(self.tr(name))
            figure.opened.connect(partial(self._open_letters, status))
            self.figures[key] = figure
            figures.addWidget(figure)
        self.rate = Figure(self.tr("Answer rate"))
        self.rate.opened.connect(partial(self._open_letters, "answered"))
        figures.addWidget(self.rate)
        self.median = Figure(self.tr("Median days"))
        self.median.opened.connect(partial(self._open_letters, "answered"))
        figures.addWidget(self.median)
        self.layout_.addLayout(figures)

        self.due = LetterTable(workspace, due_columns(), name=self.tr("Answers due next"))
        self.due.loaded.connect(self._due_came)
        self.due.opened.connect(self._open_due)
        self._due_stack = TableOrEmpty(
            self.due,
            EmptyState(
                "check",
                self.tr("Nothing is due"),
                self.tr("Letters appear here once they are sent, with the day an answer is due."),
            ),
        )
        due = Panel()
        due.body.addWidget(Label(self.tr("Answers due next"), size=14, strong=True, wrap=False))
        due.body.addWidget(self._due_stack, 1)

        promises = Panel()
        promises.body.addWidget(Label(self.tr("Promises and reminders"), size=14, strong=True, wrap=False))
        inside = QWidget()
        self._promises = QVBoxLayout(inside)
        self._promises.setContentsMargins(0, 0, 0, 0)
        self._promises.setSpacing(8)
        promises.body.addWidget(scrolling(inside), 1)

        self.chart = AnswersChart()
        self.chart.opened.connect(self._open_group)
        self._chart_stack = TableOrEmpty(
            self.chart,
            EmptyState(
                "mail",
                self.tr("No letter has gone out yet"),
                self.tr("Mark letters as sent, and the share that was answered is drawn here."),
            ),
        )
        answers = Panel()
        self.grouping = Choice(
            [("body", self.tr("by body")), ("party", self.tr("by party")), ("country", self.tr("by country"))]
        )
        self.grouping.setAccessibleName(self.tr("Answers by"))
        self.grouping.currentIndexChanged.connect(self._draw_chart)
        answers.body.addLayout(
            row_of(Label(self.tr("Answers"), size=14, strong=True, wrap=False), self.grouping, None)
        )
        answers.body.addWidget(self._chart_stack, 1)

        grid = QGridLayout()
        grid.setSpacing(12)
        grid.addWidget(due, 0, 0)
        grid.addWidget(promises, 1, 0)
        grid.addWidget(answers, 0, 1, 2, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(0, 3)
        grid.setRowStretch(1, 2)
        self.layout_.addLayout(grid, 1)

    def refresh(self) -> None:
        campaign = self.workspace.campaign
        if campaign is not None:
            counted_by = tuple(status for _, _, status in _FIGURES)
            self.read(agenda.standing(campaign, counted_by), self._show)
            self.expect("due")
            awaited = LetterQuery(status="waiting").of(campaign.key)
            self.due.follow(letters.listing(awaited, campaign.today, Order("due_on")))

    def reset(self) -> None:
        self._standing = None
        super().reset()
        self._show_promises(())
        self._chart_stack.show_table(False)
        self._due_stack.show_table(False)

    def main_widgets(self) -> Sequence[QWidget]:
        return (self.due, self.figures["drafts"])

    def _show(self, found: Standing) -> None:
        self._standing = found
        campaign = self.workspace.campaign
        if campaign is None:
            return
        self.heading.setText(campaign.name)
        day = date_in_words(campaign.today, locale_for("en"))
        self._as_of.setText(
            self.tr("Records stand at {0}; deadlines are counted from that day.").format(day)
            if campaign.as_of
            else self.tr("Today, {0}").format(day)
        )
        self._show_figures(found)
        self._draw_chart()
        self._show_promises(found.promises)

    def _due_came(self) -> None:
        self._due_stack.show_table(self.due.letters.rowCount() > 0)
        self.has_come("due")

    def _draw_chart(self) -> None:
        counts = self._standing.answers[self.grouping.value()] if self._standing else ()
        self.chart.show_counts(counts)
        self._chart_stack.show_table(bool(counts))

    def _show_figures(self, found: Standing) -> None:
        for key, _, status in _FIGURES:
            value = found.counts[status]
            self.figures[key].set_value(str(value), "bad" if key == "overdue" and value else "text")
        figures = found.figures
        for figure in (self.rate, self.median):
            figure.setToolTip(
                self.tr("Of {0} that went out, {1} answered").format(
                    counted(figures.sent, "letter", "letters"), figures.answered
                )
            )
        self.rate.set_value("–" if figures.response_rate is None else f"{figures.response_rate:.0%}")
        self.median.set_value("–" if figures.median_days is None else f"{figures.median_days:g}")

    def _show_promises(self, follow_ups: tuple[FollowUpRow, ...]) -> None:
        clear_column(self._promises)
        for follow_up in follow_ups:
            self._promises.addWidget(self._promise(follow_up))
        if not follow_ups:
            self._promises.addWidget(
                Label(
                    self.tr("When an answer promises something, note it there and it is kept here."),
                    tone="quiet",
                )
            )
        self._promises.addStretch()

    def _promise(self, follow_up: FollowUpRow) -> QWidget:
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(10)
        tick = QCheckBox()
        tick.setChecked(follow_up.is_done)
        tick.setAccessibleName(self.tr("Done: {0}").format(follow_up.what))
        tick.toggled.connect(partial(self._tick, follow_up.key))
        text = QVBoxLayout()
        text.setSpacing(1)
        campaign = self.workspace.campaign
        late = not follow_up.is_done and campaign is not None and follow_up.due_on < campaign.today
        text.addWidget(Label(follow_up.what, tone="quiet" if follow_up.is_done else "text"))
        text.addWidget(
            Label(
                self.tr("{0}, {1}, by {2}").format(
                    follow_up.who, follow_up.reference, day_short(follow_up.due_on)
                ),
                size=11,
                tone="bad" if late else "quiet",
            )
        )
        line.addWidget(tick, alignment=Qt.AlignmentFlag.AlignTop)
        line.addLayout(text, 1)
        return holder

    def _tick(self, key: int, done: bool) -> None:
        answers.tick_promise(key, done).run(self.workspace, self)

    def _open_letters(self, status: str) -> None:
        self.workspace.go("letters", status=status)

    def _open_group(self, name: str, status: str) -> None:
        match self.grouping.value():
            case "party":
                self.workspace.go("letters", status=status, party=name)
            case "country":
                self.workspace.go("letters", status=status, country=name)
            case _:
                self.workspace.go("letters", status=status, body=name)

    def _open_due(self) -> None:
        rows = self.due.selected()
        if rows:
            self.workspace.go("letters", references=[rows[0].reference])

    def _compose(self) -> None:
        self.workspace.go("compose")
