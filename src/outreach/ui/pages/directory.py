"""Directory: people, bodies and offices, and whom the campaign writes to."""

from collections.abc import Callable, Hashable, Sequence
from datetime import date
from functools import partial
from typing import Any, TypedDict

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QCheckBox, QTabBar, QWidget

from outreach.directory.bodies import BodyRow, PostRow
from outreach.directory.editing import BodyEntry, PersonEntry
from outreach.directory.people import PersonRow
from outreach.domain.wording import counted
from outreach.recipients.rows import RecipientRow
from outreach.ui.dialogs.directory import BodyDialog, PersonDialog, RecipientDialog, RecipientValues
from outreach.ui.dialogs.forms import DayField, FormDialog, ask
from outreach.ui.models.columns import body_columns, person_columns, post_columns, recipient_columns
from outreach.ui.models.paged import PagedModel
from outreach.ui.operations import directory
from outreach.ui.operations.directory import Names, Row
from outreach.ui.pages.base import Page
from outreach.ui.widgets.buttons import button, make_action
from outreach.ui.widgets.empty_state import EmptyState, TableOrEmpty
from outreach.ui.widgets.fields import SearchField
from outreach.ui.widgets.html_view import HtmlView
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.paged_table import PagedTable
from outreach.ui.widgets.panels import Panel, Splitter, row_of
from outreach.ui.widgets.records import body_html, person_html, post_html
from outreach.ui.workspace import What, Workspace

_LISTS = (
    ("people", "People", ("person", "people")),
    ("bodies", "Bodies", ("body", "bodies")),
    ("posts", "Offices", ("office", "offices")),
    ("recipients", "Recipients", ("recipient", "recipients")),
)


class _EntryValues(TypedDict):
    """What the form of a person or a body gives."""

    entry: PersonEntry | BodyEntry


class DirectoryPage(Page):
    """Four lists with one filter, and the record chosen in detail."""

    title = "Directory"
    kinds = frozenset({"directory"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._wanted = ""
        self._has_row = False
        self._asked: tuple[str, str, date | None] | None = None
        self.add_person = make_action(self, self.tr("Add person…"), "user-plus", self._add_person)
        self.add_body = make_action(self, self.tr("Add body…"), "landmark", self._add_body)
        self.edit = make_action(self, self.tr("Edit…"), "pencil", self._edit, shortcut="F2")
        self.recipient = make_action(
            self, self.tr("Add as recipient…"), "plus", self._add_recipient,
            tip=self.tr("Let the campaign write to whom is chosen"),
        )  # fmt: skip
        self.write = make_action(self, self.tr("Write letter"), "pen-line", self._write)
        self.remove = make_action(
            self, self.tr("Remove"), "trash-2", self._remove, shortcut="Del",
            tip=self.tr("Take off the campaign’s recipients; letters stay"),
        )  # fmt: skip
        self._buttons = {a: button(a) for a in (self.edit, self.remove, self.recipient, self.write)}
        self.layout_.addLayout(
            row_of(
                self.heading, None, *self._buttons.values(), button(self.add_person), button(self.add_body)
            )
        )
        self.tabs = QTabBar()
        self.tabs.setExpanding(False)
        self.tabs.setDocumentMode(True)
        for key, name, _ in _LISTS:
            self.tabs.setTabData(self.tabs.addTab(self.tr(name)), key)
        self.tabs.currentChanged.connect(self._turned)
        self.search = SearchField(self.tr("Search names, offices, bodies"))
        self.on = QCheckBox(self.tr("As of"))
        self.day = DayField(date.today())  # noqa: DTZ011
        self.day.setEnabled(False)
        self.day.setAccessibleName(self.tr("Day on which an office was held"))
        self.on.toggled.connect(self.day.setEnabled)
        self.on.toggled.connect(self.mark_stale)
        self.day.dateChanged.connect(self.mark_stale)
        self.search.paused.connect(self.mark_stale)
        self.count = Label("", tone="quiet", wrap=False)
        self.layout_.addWidget(self.tabs)
        self.layout_.addLayout(row_of(self.search, self.on, self.day, None, self.count))

        # Any: each list has rows of a kind of its own.
        self.models: dict[str, PagedModel[Any]] = {
            "people": PagedModel(workspace, person_columns(), lambda p: p.id),
            "bodies": PagedModel(workspace, body_columns(), lambda b: b.id),
            "posts": PagedModel(workspace, post_columns(), lambda p: p.id),
            "recipients": PagedModel(workspace, recipient_columns(), lambda r: r.key),
        }
        # Any: likewise.
        self.tables: dict[str, PagedTable[Any]] = {}
        left = Panel(margins=1, spacing=0)
        for key, name, _ in _LISTS:
            table = PagedTable(self.models[key], name=self.tr(name))
            table.chosen.connect(self._chosen)
            table.opened.connect(self._opened)
            table.loaded.connect(partial(self._loaded, key))
            self.models[key].dataChanged.connect(self._rows_came)
            self.tables[key] = table
            left.body.addWidget(table)
            table.setVisible(key == "people")
        self.detail = HtmlView(self.tr("Details"))
        self._stack = TableOrEmpty(
            self.detail,
            EmptyState(
                "users",
                self.tr("Choose someone"),
                self.tr("Offices, other spellings, how to reach them and the sources are shown here."),
            ),
        )
        right = Panel(margins=18)
        right.body.addWidget(self._stack)
        self.splitter = Splitter(Qt.Orientation.Horizontal, left, right, sizes=[620, 420])
        self.layout_.addWidget(self.splitter, 1)
        self._chosen()

    @property
    def list_(self) -> str:
        """Key of the list in view."""
        return str(self.tabs.tabData(self.tabs.currentIndex()))

    def refresh(self) -> None:
        campaign, which, search = self.workspace.campaign, self.list_, self.search.text()
        on = self.day.day() if self.on.isChecked() else None
        asked = (which, search, on)
        find, self._asked = asked != self._asked, asked
        table = self.tables[which]
        self.expect("list")
        if which == "people":
            table.follow(directory.people(search, on), find=find)
        elif which == "bodies":
            table.follow(directory.bodies(search, on), find=find)
        elif which == "posts":
            table.follow(directory.posts(search, on), find=find)
        elif campaign is not None:
            table.follow(directory.recipients(campaign, search), find=find)
        else:
            self.has_come("list")

    def reset(self) -> None:
        self._wanted, self._asked = "", None
        self.on.setChecked(False)
        super().reset()
        campaign = self.workspace.campaign
        if campaign is not None:
            self.day.blockSignals(True)
            self.day.setDate(QDate(campaign.today.year, campaign.today.month, campaign.today.day))
            self.day.blockSignals(False)

    def main_widgets(self) -> Sequence[QWidget]:
        return (self.tables[self.list_], self.search)

    def _loaded(self, which: str) -> None:
        if which != self.list_:
            return
        table, model = self.tables[which], self.models[which]
        one, many = next(words for key, _, words in _LISTS if key == which)
        self.count.setText(counted(model.rowCount(), one, many))
        wanted, self._wanted = self._wanted, ""
        if wanted:
            table.select([wanted])
        elif not table.selected() and not self.search.hasFocus() and (first := model.row_at(0)) is not None:
            table.select([model.identity(first)])
        self.has_come("list")

    def _turned(self) -> None:
        for key, table in self.tables.items():
            table.setVisible(key == self.list_)
        dated = self.list_ != "recipients"
        self.on.setVisible(dated)
        self.day.setVisible(dated)
        self._chosen()
        self.mark_stale()

    def _row(self) -> Row | None:
        rows: list[Row] = self.tables[self.list_].selected()
        return rows[0] if rows else None

    def _rows_came(self) -> None:
        # Who was chosen far from what was in view is known once it is read.
        choice = self.tables[self.list_].choice
        if choice is not None and choice.count and not self._has_row and self._row() is not None:
            self._chosen()

    def _chosen(self) -> None:
        row, which = self._row(), self.list_
        self._has_row = row is not None
        self.edit.setEnabled(row is not None and which in {"people", "bodies", "recipients"})
        for action, shown in (
            (self.edit, which != "posts"),
            (self.recipient, which != "recipients"),
            (self.remove, which == "recipients"),
            (self.write, which == "recipients"),
        ):
            self._buttons[action].setVisible(shown)
            if action is not self.edit:
                action.setEnabled(shown and row is not None)
        self._stack.show_table(row is not None)
        if row is None:
            return
        if isinstance(row, PersonRow):
            self.detail.show_html(person_html(row))
        elif isinstance(row, PostRow):
            self.detail.show_html(post_html(row))
        else:
            found = partial(self._show_record, which, self.models[which].identity(row))
            directory.record_of(row, "record").run(self.workspace, self, found)

    def _show_record(self, which: str, identity: Hashable, record: PersonRow | BodyRow | None) -> None:
        if which != self.list_ or self.tables[which].selected_ids() != [identity]:
            return
        if isinstance(record, PersonRow):
            self.detail.show_html(person_html(record))
        elif record is not None:
            self.detail.show_html(body_html(record))

    def _opened(self) -> None:
        self.edit.trigger()

    def _add_person(self) -> None:
        ask(PersonDialog(self, self._suggest_bodies), partial(self._save_entry, ""))

    def _add_body(self) -> None:
        ask(BodyDialog(self, self._suggest_bodies), partial(self._save_entry, ""))

    def _edit(self) -> None:
        row = self._row()
        if row is not None:
            directory.record_of(row).run(self.workspace, self, self._edit_record)

    def _edit_record(self, record: PersonRow | BodyRow | None) -> None:
        if isinstance(record, PersonRow):
            ask(PersonDialog(self, self._suggest_bodies, record), partial(self._save_entry, record.id))
        elif record is not None:
            ask(BodyDialog(self, self._suggest_bodies, record), partial(self._save_entry, record.id))

    def _suggest_bodies(self, text: str, show: Callable[[Names], object]) -> None:
        directory.bodies_like(text).run(self.workspace, self, show)

    def _save_entry(self, record_id: str, dialog: FormDialog[object], values: _EntryValues) -> None:
        directory.save_entry(values["entry"], record_id).run_in(self.workspace, dialog)

    def _add_recipient(self) -> None:
        row, campaign = self._row(), self.workspace.campaign
        if row is None or campaign is None or isinstance(row, RecipientRow):
            return
        name, suggested = (row.label, row.audience) if isinstance(row, PostRow) else (row.name, "")

        def add(dialog: FormDialog[object], values: RecipientValues) -> None:
            directory.add_as_recipient(campaign, row, **values).run_in(self.workspace, dialog)

        ask(RecipientDialog(self, name, suggested), add)

    def _remove(self) -> None:
        row = self._row()
        if isinstance(row, RecipientRow):
            directory.remove_from_recipients(row).run(self.workspace, self)

    def _write(self) -> None:
        row = self._row()
        if isinstance(row, RecipientRow):
            self.workspace.go("compose", recipient=row.key)

    def show_place(self, what: What) -> None:
        """Args: what: kind (person, body, post or area), id and name of a record to show."""
        kind = what.get("kind", "person")
        which = {"person": "people", "body": "bodies", "post": "posts", "area": "people"}[kind]
        keys = [key for key, _, _ in _LISTS]
        self.on.setChecked(False)
        self.tabs.setCurrentIndex(keys.index(which))
        self._wanted = what.get("id", "") if kind != "area" else ""
        self.search.setText(what.get("name", "").replace("The Rt Hon ", ""))
        self.mark_stale()

    def focus_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()
