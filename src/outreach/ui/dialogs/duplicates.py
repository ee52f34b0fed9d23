"""Two records side by side: are they one person?"""

from functools import partial
from html import escape

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from outreach.directory.identity import Candidate
from outreach.directory.people import PersonRow
from outreach.store.changes import Changes
from outreach.ui.models.rows import Column, RowsModel
from outreach.ui.operations import directory
from outreach.ui.widgets.buttons import push_button
from outreach.ui.widgets.empty_state import EmptyState, TableOrEmpty
from outreach.ui.widgets.html_view import HtmlView
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.panels import Panel, Splitter
from outreach.ui.widgets.records import person_html
from outreach.ui.widgets.tables import Table
from outreach.ui.workspace import Workspace


class DuplicatesDialog(QDialog):
    """Lists pairs that may be one person; the user merges them, either way round, or tells them apart."""

    def __init__(self, parent: QWidget, workspace: Workspace) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.setWindowTitle(self.tr("Possible duplicates"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(980, 680)
        self.model: RowsModel[Candidate] = RowsModel(
            [
                Column("One", lambda c: c.first_name, width=220, bold=True),
                Column("Other", lambda c: c.second_name, width=220, bold=True),
                Column("Likeness", lambda c: f"{c.score:.0f} %", key=lambda c: c.score, width=90, right=True),
                Column("Because of", lambda c: c.reason, stretch=True),
            ],
            lambda c: (c.first, c.second),
        )
        self.table = Table(self.model, name=self.tr("Pairs"))
        self.table.chosen.connect(self._chosen)
        self._stack = TableOrEmpty(
            self.table,
            EmptyState(
                "check",
                self.tr("Nobody seems to be on file twice"),
                self.tr(
                    "After an import, people whose names agree are shown here to be merged or told apart."
                ),
            ),
        )
        pairs = Panel(margins=1, spacing=0)
        pairs.body.addWidget(self._stack)
        self.left, self.right = HtmlView(self.tr("One")), HtmlView(self.tr("Other"))
        self.keep_left = push_button(self, self.tr("Keep this one"), self._keep_first)
        self.keep_right = push_button(self, self.tr("Keep this one"), self._keep_second)
        sides = QWidget()
        row = QHBoxLayout(sides)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        for view, keep in ((self.left, self.keep_left), (self.right, self.keep_right)):
            panel = Panel(margins=16)
            panel.body.addWidget(view, 1)
            panel.body.addWidget(keep)
            row.addWidget(panel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(
            Label(
                self.tr(
                    "Names only suggest who may be the same. Merging moves everything to the record you "
                    "keep, and can be "
                    "undone."
                ),
                tone="quiet",
            )
        )
        layout.addWidget(Splitter(Qt.Orientation.Vertical, pairs, sides, sizes=[200, 380]), 1)
        self.apart = push_button(self, self.tr("They are two people"), self._tell_apart)
        close = push_button(self, self.tr("Close"), self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(self.apart)
        buttons.addStretch()
        buttons.addWidget(close)
        layout.addLayout(buttons)
        workspace.jobs.changed.connect(self._changed)
        self._chosen()
        self._read()

    def _read(self) -> None:
        directory.duplicates().run(self._workspace, self, self._show)

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        if "directory" in changes.kinds:
            self._read()

    def _show(self, pairs: tuple[Candidate, ...]) -> None:
        self.table.set_rows(pairs)
        self._stack.show_table(bool(pairs))
        if pairs and not self.table.selected():
            self.table.select([(pairs[0].first, pairs[0].second)])

    def _pair(self) -> Candidate | None:
        rows = self.table.selected()
        return rows[0] if rows else None

    @Slot()
    def _chosen(self) -> None:
        pair = self._pair()
        # Nothing is done with a pair before both its records are shown.
        for button in (self.keep_left, self.keep_right, self.apart):
            button.setEnabled(False)
        for view in (self.left, self.right):
            view.show_html("")
        if pair is not None:
            directory.both_of(pair).run(self._workspace, self, partial(self._compare, pair))

    def _compare(self, pair: Candidate, records: tuple[PersonRow, PersonRow]) -> None:
        if pair != self._pair():
            return
        for button in (self.keep_left, self.keep_right, self.apart):
            button.setEnabled(True)
        self.left.show_html(_record_html(records[0]))
        self.right.show_html(_record_html(records[1]))

    @Slot()
    def _keep_first(self) -> None:
        if (pair := self._pair()) is not None:
            self._merge(pair.first, pair.second)

    @Slot()
    def _keep_second(self) -> None:
        if (pair := self._pair()) is not None:
            self._merge(pair.second, pair.first)

    def _merge(self, keep: str, gone: str) -> None:
        directory.merge(keep, gone).run(self._workspace, self)

    @Slot()
    def _tell_apart(self) -> None:
        if (pair := self._pair()) is not None:
            directory.call_two(pair).run(self._workspace, self)


def _record_html(person: PersonRow) -> str:
    ids = "".join(f"<p><span class='quiet'>{escape(s)}</span> {escape(i)}</p>" for s, i in person.identifiers)
    return person_html(person) + (f"<p class='head'>Outside ids</p>{ids}" if ids else "")
