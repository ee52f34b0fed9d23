"""Letters: the tracking table, its filters, what several letters can do at once, one in detail."""

from collections.abc import Sequence
from dataclasses import fields
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from outreach.correspondence.replies import ReplyRow
from outreach.desk.chosen import AboutLetters, ChosenLetters
from outreach.desk.filter_names import FilterNames
from outreach.desk.letter_query import Filters
from outreach.desk.letter_table import LetterDetail
from outreach.domain.states import LetterStatus
from outreach.domain.wording import counted
from outreach.ui.acting import Action
from outreach.ui.dialogs.forms import FormDialog, ask
from outreach.ui.dialogs.letters import NameDialog, NameValues
from outreach.ui.models.columns import letter_columns
from outreach.ui.operations import letters, views
from outreach.ui.operations.letters import Around
from outreach.ui.pages.letter_actions import LetterActions
from outreach.ui.widgets.buttons import button, make_action
from outreach.ui.widgets.empty_state import EmptyState, TableOrEmpty
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.letter_detail import LetterDetailView
from outreach.ui.widgets.letter_filters import LetterFilters
from outreach.ui.widgets.letter_table import LetterTable
from outreach.ui.widgets.panels import Panel, Splitter, row_of
from outreach.ui.workspace import What, Workspace


class LettersPage(LetterActions):
    """The table staff keep open all day."""

    title = "Letters"
    kinds = frozenset({"letters", "cases", "directory", "views"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._around = Around(0, FilterNames(), ())
        self._about: AboutLetters | None = None
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

        self.table = LetterTable(workspace, letter_columns(), many=True, name=self.tr("Letters"))
        self.model = self.table.letters
        self.table.chosen.connect(self._selected)
        self.table.loaded.connect(self._loaded)
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

    def about_chosen(self) -> AboutLetters | None:
        return self._about

    def in_table(self) -> ChosenLetters | None:
        return self.table.all_letters()

    def chosen_reply(self) -> ReplyRow | None:
        return self.detail.reply()

    def refresh(self) -> None:
        campaign = self.workspace.campaign
        if campaign is not None:
            self.read(letters.around(campaign), self._show_around)
            self._read_table(find=False)

    def reset(self) -> None:
        self._around = Around(0, FilterNames(), ())
        super().reset()
        self._empty_views()
        self._count()

    def main_widgets(self) -> Sequence[QWidget]:
        return (self.table, self.search)

    def _show_around(self, found: Around) -> None:
        self._around = found
        self.filter_bar.offer(found.offered)
        self._count()

    def _filter(self) -> None:
        self.save_view.setEnabled(self.filter_bar.filters() != Filters())
        self._read_table(find=True)

    def _read_table(self, *, find: bool) -> None:
        """Read the letters that the filters let through.

        find: bring the current one into view, if it is among them.
        """
        campaign = self.workspace.campaign
        # A page that was not shown yet, or whose campaign changes, reads when it is shown.
        if campaign is not None and not self._is_stale:
            self.expect("table")
            query = self.filter_bar.filters().of(campaign.key)
            self.table.follow(letters.listing(query, campaign.today), find=find)

    def _loaded(self) -> None:
        self._empty.show_table(self.model.rowCount() > 0)
        self._count()
        self.has_come("table")

    def _count(self) -> None:
        shown, total = self.model.rowCount(), self._around.total
        self.count.setText(
            counted(total, "letter", "letters")
            if shown == total
            else self.tr("{0} of {1}").format(f"{shown:,}", counted(total, "letter", "letters"))
        )

    def show_place(self, what: What) -> None:
        """Args: what: filters by their names in `Filters`, such as status, or references (letters to
        choose)."""
        if references := what.get("references"):
            self.table.select(list(references))
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
        for view in self._around.views:
            menu.addAction(view.name).triggered.connect(partial(self.filter_bar.set_filters, view.filters))
        if self._around.views:
            menu.addSeparator()
        menu.addAction(self.save_view)
        if self._around.views:
            gone = menu.addMenu(self.tr("Delete a view"))
            for view in self._around.views:
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
        view = next((v for v in self._around.views if v.name == name), None)
        if campaign is not None and view is not None:
            views.delete(campaign.key, view).run(self.workspace, self)

    def _selected(self) -> None:
        """Find out what the letters chosen can do: at once where their rows are in memory."""
        chosen = self.table.chosen_letters()
        rows = self.table.selected() if chosen is not None else []
        if chosen is not None and len(rows) == chosen.count:
            self._know(chosen, AboutLetters.of_rows(chosen, rows))
            return
        self._know(chosen, None)
        if chosen is not None and chosen.count:
            letters.about(chosen).run(self.workspace, self, partial(self._know, chosen))

    def _know(self, chosen: ChosenLetters | None, about: AboutLetters | None) -> None:
        if chosen != self.table.chosen_letters():
            return  # others are chosen by now
        self._about = about if about is not None and about.chosen.count else None
        self.offer_actions(self._about)
        campaign = self.workspace.campaign
        if self._about is not None and self._about.chosen.count == 1 and campaign is not None:
            reference = self._about.first[0].reference
            letters.one(campaign, reference).run(self.workspace, self, self._show_detail)
            return
        # The detail of one letter is no longer what the actions are about.
        self._detail_stack.show_table(False)
        if self._about is not None:
            count = counted(self._about.chosen.count, "letter", "letters")
            self.workspace.said.emit(self.tr("{0} chosen").format(count))
        self.offer_answer_actions()

    def _show_detail(self, found: tuple[LetterDetail, tuple[ReplyRow, ...]]) -> None:
        if self._chosen().references != (found[0].row.reference,):
            return
        self.detail.show_letter(*found)
        self.offer_answer_actions()
        self._detail_stack.show_table(True)

    def _opened(self) -> None:
        about = self._about
        if about and about.chosen.count == 1 and about.first[0].status is LetterStatus.DRAFT:
            self.edit_draft.trigger()

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([a for a in self.actions_for_menu() if a.isEnabled()])
        menu.popup(self.table.viewport().mapToGlobal(place))
