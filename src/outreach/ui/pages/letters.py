"""Letters: the tracking table, its filters, what several letters can do at once, one in detail."""

from collections.abc import Sequence
from dataclasses import fields
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from outreach.correspondence.replies import ReplyRow
from outreach.desk.letter_query import Filters, filter_rows
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import LetterDetail
from outreach.desk.saved_views import ViewRow
from outreach.domain.states import LetterStatus
from outreach.domain.wording import counted
from outreach.ui.acting import Action
from outreach.ui.dialogs.forms import FormDialog, ask
from outreach.ui.dialogs.letters import NameDialog, NameValues
from outreach.ui.models.columns import letter_columns
from outreach.ui.models.rows import RowsModel
from outreach.ui.operations import letters, views
from outreach.ui.pages.letter_actions import LetterActions
from outreach.ui.widgets.buttons import button, make_action
from outreach.ui.widgets.empty_state import EmptyState, TableOrEmpty
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.letter_detail import LetterDetailView
from outreach.ui.widgets.letter_filters import LetterFilters
from outreach.ui.widgets.panels import Panel, Splitter, row_of
from outreach.ui.widgets.tables import Table
from outreach.ui.workspace import What, Workspace


class LettersPage(LetterActions):
    """The table staff keep open all day."""

    title = "Letters"
    kinds = frozenset({"letters", "cases", "directory", "views"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._rows: tuple[TrackerRow, ...] = ()
        self._views: tuple[ViewRow, ...] = ()
        self._wanted: list[str] = []
        self.make_actions()
        self.save_view = make_action(self, self.tr("Save this view…"), "save", self._save_view, enabled=False)

        more = QPushButton(self.tr("More"))
        more.setMenu(self.more_menu())
        self.layout_.addLayout(
            row_of(
                self.heading,
                None,
                button(self.approve),
                button(self.send),
                button(self.sent),
                button(self.answer),
                more,
                button(self.compose, primary=True),
            )
        )
        self.count = Label("", tone="quiet", wrap=False)
        self.views = QPushButton(self.tr("Views"))
        self.views.setMenu(QMenu(self))
        self.views.menu().aboutToShow.connect(self._fill_views)
        self.filter_bar = LetterFilters([self.count, self.views])
        self.filter_bar.changed.connect(self._filter)
        self.search = self.filter_bar.search
        self.layout_.addWidget(self.filter_bar)

        self.model = RowsModel(letter_columns(), lambda r: r.reference)
        self.table = Table(self.model, many=True, name=self.tr("Letters"))
        self.table.chosen.connect(self._selected)
        self.table.opened.connect(self._opened)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self._empty = TableOrEmpty(
            self.table,
            EmptyState(
                "mail",
                self.tr("No letters here"),
                self.tr("Write the first ones, or clear the filters above to see all there are."),
                self.compose,
            ),
        )
        self.detail = LetterDetailView(self.edit_answer, self.remove_answer)
        self.detail.answer_chosen.connect(self.offer_answer_actions)
        self._detail_stack = TableOrEmpty(
            self.detail,
            EmptyState(
                "mail",
                self.tr("Choose a letter"),
                self.tr(
                    "Its text, answers and history are shown here. Choose several to act on all of them."
                ),
            ),
        )
        left, right = Panel(margins=1, spacing=0), Panel(margins=16)
        left.body.addWidget(self._empty)
        right.body.addWidget(self._detail_stack)
        self.splitter = Splitter(Qt.Orientation.Horizontal, left, right, sizes=[660, 370])
        self.layout_.addWidget(self.splitter, 1)
        self._selected()

    def chosen_rows(self) -> Sequence[TrackerRow]:
        return self.table.selected()

    def rows_in_view(self) -> Sequence[TrackerRow]:
        return self.model.rows

    def chosen_reply(self) -> ReplyRow | None:
        return self.detail.reply()

    def refresh(self) -> None:
        campaign = self.workspace.campaign
        if campaign is not None:
            self.read(letters.table(campaign), self._show)

    def reset(self) -> None:
        self._rows, self._views, self._wanted = (), (), []
        super().reset()
        self._empty_views()
        self._filter()

    def main_widgets(self) -> Sequence[QWidget]:
        return (self.table, self.search)

    def _show(self, found: tuple[tuple[TrackerRow, ...], tuple[ViewRow, ...]]) -> None:
        self._rows, self._views = found
        self.filter_bar.offer(self._rows)
        self._filter()
        self._wanted = []

    def _filter(self) -> None:
        filters = self.filter_bar.filters()
        shown = filter_rows(self._rows, filters, self.today())
        self.table.set_rows(shown)
        if self._wanted and any(self.model.position(r) >= 0 for r in self._wanted):
            self.table.select(self._wanted)
            self._wanted = []
        self._empty.show_table(bool(shown))
        total = len(self._rows)
        self.count.setText(
            counted(total, "letter", "letters")
            if len(shown) == total
            else self.tr("{0} of {1}").format(len(shown), counted(total, "letter", "letters"))
        )
        self.save_view.setEnabled(filters != Filters())

    def show_place(self, what: What) -> None:
        """Args: what: filters by their names in `Filters`, such as status, or references (letters to
        choose)."""
        self._wanted = list(what.get("references", ()))
        known = {f.name for f in fields(Filters)}
        self.filter_bar.set_filters(Filters(**{k: str(v) for k, v in what.items() if k in known}))

    def focus_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def _empty_views(self) -> None:
        menu = self.views.menu()
        menu.clear()
        # A menu inside another outlives the entry that opens it.
        for inside in menu.findChildren(QMenu):
            inside.setParent(None)
            inside.deleteLater()

    def _fill_views(self) -> None:
        menu = self.views.menu()
        self._empty_views()
        for view in self._views:
            menu.addAction(view.name).triggered.connect(partial(self.filter_bar.set_filters, view.filters))
        if self._views:
            menu.addSeparator()
        menu.addAction(self.save_view)
        if self._views:
            gone = menu.addMenu(self.tr("Delete a view"))
            for view in self._views:
                gone.addAction(Action(view.name, gone, partial(self._delete_view, view.name)))

    def _save_view(self) -> None:
        campaign, filters = self.workspace.campaign, self.filter_bar.filters()
        if campaign is None:
            return

        def submit(dialog: FormDialog[object], values: NameValues) -> None:
            views.save(campaign.key, filters, **values).run_in(self.workspace, dialog)

        words = self.tr("The filters as they are set now.")
        ask(NameDialog(self, self.tr("Save view"), self.tr("Name"), words), submit)

    def _delete_view(self, name: str) -> None:
        campaign = self.workspace.campaign
        view = next((v for v in self._views if v.name == name), None)
        if campaign is not None and view is not None:
            views.delete(campaign.key, view).run(self.workspace, self)

    def _selected(self) -> None:
        rows = self.chosen_rows()
        self.offer_actions(rows)
        campaign = self.workspace.campaign
        if len(rows) == 1 and campaign is not None:
            letters.one(campaign, rows[0].reference).run(self.workspace, self, self._show_detail)
            return
        # The detail of one letter is no longer what the actions are about.
        self._detail_stack.show_table(False)
        if len(rows) > 1:
            self.workspace.said.emit(counted(len(rows), "letter", "letters") + self.tr(" chosen"))
        self.offer_answer_actions()

    def _show_detail(self, found: tuple[LetterDetail, tuple[ReplyRow, ...]]) -> None:
        if self._chosen() != [found[0].row.reference]:
            return
        self.detail.show_letter(*found)
        self.offer_answer_actions()
        self._detail_stack.show_table(True)

    def _opened(self) -> None:
        rows = self.chosen_rows()
        if len(rows) == 1 and rows[0].status is LetterStatus.DRAFT:
            self.edit_draft.trigger()

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([a for a in self.actions_for_menu() if a.isEnabled()])
        menu.popup(self.table.viewport().mapToGlobal(place))
