"""Cases: facts with their sources and conflicts, the timeline, who is concerned, votes."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from outreach.cases.facts import FactRow
from outreach.domain.references import folded
from outreach.domain.wording import counted
from outreach.ui.dialogs.facts import FactDialog, FactValues, SourceDialog, SourceValues
from outreach.ui.dialogs.forms import Choice, FormDialog, ask
from outreach.ui.models.columns import fact_columns
from outreach.ui.models.rows import RowsModel
from outreach.ui.operations import cases, directory
from outreach.ui.operations.cases import Known
from outreach.ui.operations.directory import Names
from outreach.ui.pages.base import Page
from outreach.ui.widgets.buttons import button, make_action
from outreach.ui.widgets.empty_state import EmptyState, TableOrEmpty
from outreach.ui.widgets.fields import SearchField
from outreach.ui.widgets.html_view import HtmlView
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.panels import Panel, Splitter, row_of
from outreach.ui.widgets.records import fact_html, parties_html, timeline_html, votes_html
from outreach.ui.widgets.tables import Table
from outreach.ui.workspace import What, Workspace

_SHOWN = (
    ("", "All facts"),
    ("conflict", "Conflicting"),
    ("verified", "Verified"),
    ("disputed", "Disputed"),
    ("superseded", "Superseded"),
    ("unsourced", "Without a source"),
)


class CasesPage(Page):
    """What is true, and how we know."""

    title = "Cases"
    kinds = frozenset({"cases"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._facts: tuple[FactRow, ...] = ()
        self._wanted = ""
        self._sources: tuple[tuple[str, str], ...] = ()
        self.add = make_action(self, self.tr("Add fact…"), "plus", self._add, shortcut="Ctrl+Shift+N")
        self.edit = make_action(self, self.tr("Edit…"), "pencil", self._edit, shortcut="F2")
        self.delete = make_action(self, self.tr("Delete"), "trash-2", self._delete, shortcut="Del")
        self.source = make_action(self, self.tr("Add source…"), "book-open", self._add_source)
        self.case = Choice([])
        self.case.setAccessibleName(self.tr("Case"))
        self.case.currentIndexChanged.connect(self.mark_stale)
        self.layout_.addLayout(
            row_of(
                self.heading,
                self.case,
                None,
                button(self.edit),
                button(self.delete),
                button(self.source),
                button(self.add, primary=True),
            )
        )
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self._facts_tab(), self.tr("Facts"))
        self.timeline, self.parties, self.votes = (
            HtmlView(self.tr("Timeline")),
            HtmlView(self.tr("People and bodies")),
            HtmlView(self.tr("Votes")),
        )
        for view in (self.timeline, self.parties, self.votes):
            panel = Panel(margins=20)
            panel.body.addWidget(view)
            self.tabs.addTab(_padded(panel), view.accessibleName())
        self.layout_.addWidget(self.tabs, 1)
        self._chosen()

    def _facts_tab(self) -> QWidget:
        self.search = SearchField(self.tr("Search facts"))
        self.search.textChanged.connect(self._filter)
        self.shown = Choice([(k, self.tr(w)) for k, w in _SHOWN])
        self.shown.setAccessibleName(self.tr("Which facts"))
        self.shown.currentIndexChanged.connect(self._filter)
        self.count = Label("", tone="quiet", wrap=False)
        self.model = RowsModel(fact_columns(), lambda f: f.name)
        self.table = Table(self.model, name=self.tr("Facts"))
        self.table.chosen.connect(self._chosen)
        self.table.opened.connect(self.edit.trigger)
        self._empty = TableOrEmpty(
            self.table,
            EmptyState(
                "scale",
                self.tr("No facts here"),
                self.tr("Add what is known about the case, each fact with the source that states it."),
                self.add,
            ),
        )
        self.detail = HtmlView(self.tr("Fact"))
        left, right = Panel(margins=1, spacing=0), Panel(margins=18)
        left.body.addWidget(self._empty)
        right.body.addWidget(self.detail)
        self.splitter = Splitter(Qt.Orientation.Horizontal, left, right, sizes=[660, 380])
        tab = QWidget()
        layout = QVBoxLayout(tab)
        layout.setContentsMargins(0, 12, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(row_of(self.search, self.shown, None, self.count))
        layout.addWidget(self.splitter, 1)
        return tab

    def refresh(self) -> None:
        campaign = self.workspace.campaign
        if campaign is None:
            return
        self.case.set_options(list(campaign.cases))
        self.case.setVisible(len(campaign.cases) > 1)
        case_id = self.case.value()
        if case_id:
            self.read(cases.known(campaign, case_id), self._show)

    def reset(self) -> None:
        self._facts, self._sources, self._wanted = (), (), ""
        super().reset()
        for number, view in enumerate((self.timeline, self.parties, self.votes), start=1):
            self.tabs.setTabText(number, view.accessibleName())
        self.tabs.setTabText(0, self.tr("Facts"))
        self._filter()

    def main_widgets(self) -> Sequence[QWidget]:
        return (self.table, self.search, self.timeline, self.parties, self.votes)

    def _show(self, found: Known) -> None:
        self._facts, entries, case, votes, self._sources = found
        self.heading.setText(case.name)
        self._filter()
        self.timeline.show_html(timeline_html(entries))
        self.parties.show_html(parties_html(case))
        self.votes.show_html(votes_html(votes))
        self.tabs.setTabText(0, self.tr("Facts ({0})").format(len(self._facts)))
        self.tabs.setTabText(1, self.tr("Timeline ({0})").format(len(entries)))
        self.tabs.setTabText(2, self.tr("People and bodies ({0})").format(len(case.parties)))
        self.tabs.setTabText(3, self.tr("Votes ({0})").format(len(votes)))
        if self._wanted and self.model.position(self._wanted) >= 0:
            self.table.select([self._wanted])
        elif self._facts and not self.table.selected() and self.model.rows:
            self.table.select([self.model.rows[0].name])
        self._wanted = ""

    def _filter(self) -> None:
        words, which = folded(self.search.text()).split(), self.shown.value()

        def wanted(fact: FactRow) -> bool:
            text = folded(
                f"{fact.label} {fact.name} {fact.value} {fact.note} {' '.join(s.title for s in fact.sources)}"
            )
            passes = {
                "": True,
                "conflict": bool(fact.conflict),
                "unsourced": not fact.sources,
            }.get(which, fact.status == which)
            return passes and all(w in text for w in words)

        rows = [f for f in self._facts if wanted(f)]
        self.table.set_rows(rows)
        self._empty.show_table(bool(rows))
        self.count.setText(
            counted(len(rows), "fact", "facts")
            if len(rows) == len(self._facts)
            else self.tr("{0} of {1}").format(len(rows), counted(len(self._facts), "fact", "facts"))
        )

    def _fact(self) -> FactRow | None:
        rows = self.table.selected()
        return rows[0] if rows else None

    def _chosen(self) -> None:
        fact = self._fact()
        self.edit.setEnabled(fact is not None)
        self.delete.setEnabled(fact is not None)
        if fact is None:
            self.detail.show_html("<p class='quiet'>Choose a fact to see who states it.</p>")
        else:
            others = [f for f in self._facts if f.name in fact.conflicts_with]
            self.detail.show_html(fact_html(fact, others))

    def _add(self) -> None:
        self._open(FactDialog(self, self._sources, self._suggest_people))

    def _edit(self) -> None:
        fact = self._fact()
        if fact is not None:
            self._open(FactDialog(self, self._sources, self._suggest_people, fact))

    def _suggest_people(self, text: str, show: Callable[[Names], object]) -> None:
        directory.people_like(text).run(self.workspace, self, show)

    def _open(self, dialog: FactDialog) -> None:
        case_id = self.case.value()

        def submit(form: FormDialog[object], values: FactValues) -> None:
            cases.save(case_id, **values).run_in(self.workspace, form)

        ask(dialog, submit)

    def _add_source(self) -> None:
        def submit(form: FormDialog[object], values: SourceValues) -> None:
            cases.save_source(**values).run_in(self.workspace, form)

        ask(SourceDialog(self), submit)

    def _delete(self) -> None:
        fact = self._fact()
        if fact is not None:
            cases.delete(fact).run(self.workspace, self)

    def show_place(self, what: What) -> None:
        """Args: what: fact (name of one to show)."""
        self.tabs.setCurrentIndex(0)
        self.search.clear()
        self.shown.setCurrentIndex(0)
        self._wanted = what.get("fact", "")
        self._filter()
        self.mark_stale()

    def focus_search(self) -> None:
        self.tabs.setCurrentIndex(0)
        self.search.setFocus()
        self.search.selectAll()


def _padded(widget: QWidget) -> QWidget:
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 12, 0, 0)
    layout.addWidget(widget)
    return holder
