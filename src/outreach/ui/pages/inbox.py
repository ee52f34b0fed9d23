"""Inbox: the tray of messages to assign, answers to class, and everything else that came in."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton, QWidget

from outreach.correspondence.tray import InboxQuery, InboxRow
from outreach.correspondence.triage import MessageDetail
from outreach.domain.message_kind import MessageKind
from outreach.domain.states import MessageState
from outreach.domain.wording import counted
from outreach.ui.dialogs.files import FileDialog
from outreach.ui.dialogs.forms import Choice, FormDialog, ask, ask_for_file, ask_for_files
from outreach.ui.dialogs.inbox import AssignDialog, AssignValues, ClassDialog, ClassValues
from outreach.ui.models.columns import inbox_columns
from outreach.ui.models.paged import PagedModel
from outreach.ui.operations import answers, inbox
from outreach.ui.operations.operation import Undoable
from outreach.ui.pages.base import Page
from outreach.ui.widgets.buttons import button, make_action
from outreach.ui.widgets.empty_state import EmptyState, TableOrEmpty
from outreach.ui.widgets.fields import SearchField
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.message_view import MessageView
from outreach.ui.widgets.paged_table import PagedTable
from outreach.ui.widgets.panels import Panel, Splitter, row_of
from outreach.ui.workspace import What, Workspace

_VIEWS = (
    ("open", "To assign or to class"),
    ("triage", "To assign"),
    ("to_class", "To class"),
    ("filed", "Filed with a letter"),
    ("automatic", "Bounces and automatic"),
    ("set_aside", "Set aside"),
    ("all", "Everything"),
)


class InboxPage(Page):
    """The tray, one message in detail, and what is decided about them."""

    title = "Inbox"
    kinds = frozenset({"letters", "inbox", "directory"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._query = InboxQuery()
        self._place = -1
        self._has_rows = False
        self._detail: MessageDetail | None = None
        self._wanted: list[int] = []
        self._make_actions()
        more = QPushButton(self.tr("More"))
        menu = QMenu(self)
        menu.addActions(
            [self.accept, self.back, self.is_answer, self.is_automatic, self.is_bounce, self.open_files]
        )
        more.setMenu(menu)
        self.layout_.addLayout(
            row_of(
                self.heading,
                None,
                button(self.assign),
                button(self.class_answer),
                button(self.aside),
                more,
                button(self.fetch, primary=True),
            )
        )
        self.search = SearchField(self.tr("Search messages"))
        self.search.paused.connect(self.mark_stale)
        self.view = Choice([(k, self.tr(w)) for k, w in _VIEWS])
        self.view.setAccessibleName(self.tr("Which messages"))
        self.view.currentIndexChanged.connect(self.refresh)
        self.count = Label("", tone="quiet", wrap=False)
        self.layout_.addLayout(row_of(self.search, self.view, None, self.count))
        self.model: PagedModel[InboxRow] = PagedModel(workspace, inbox_columns(), lambda r: r.key)
        self.table = PagedTable(self.model, many=True, name=self.tr("Messages"))
        self.table.chosen.connect(self._chosen)
        self.table.opened.connect(self._opened)
        self.table.loaded.connect(self._loaded)
        self.model.dataChanged.connect(self._rows_came)
        self._empty = TableOrEmpty(
            self.table,
            EmptyState(
                "inbox",
                self.tr("Nothing waits for you"),
                self.tr(
                    "Fetch new mail, or drop messages here that were saved as files. What answers a letter "
                    "is filed with it; "
                    "what is not certain waits here."
                ),
                self.fetch,
            ),
        )
        self.message = MessageView()
        self.message.save_wanted.connect(self._save)
        self._message_stack = TableOrEmpty(
            self.message,
            EmptyState(
                "mail",
                self.tr("Choose a message"),
                self.tr(
                    "Return files it with the letter proposed, or asks what an answer amounts to. Ctrl+L "
                    "files it with another letter, Ctrl+D sets it aside."
                ),
            ),
        )
        left, right = Panel(margins=1, spacing=0), Panel(margins=16)
        left.body.addWidget(self._empty)
        right.body.addWidget(self._message_stack)
        self.splitter = Splitter(Qt.Orientation.Horizontal, left, right, sizes=[620, 410])
        self.layout_.addWidget(self.splitter, 1)
        self._chosen()

    def _make_actions(self) -> None:
        self.fetch = make_action(
            self, self.tr("Fetch mail"), "refresh-cw", self._fetch, shortcut="Ctrl+Shift+G",
            tip=self.tr("Read what is new in the mailbox, without changing it there"),
        )  # fmt: skip
        self.accept = make_action(
            self, self.tr("File as proposed"), "check", self._accept,
            tip=self.tr("File the messages chosen with the letter proposed for each (Return)"),
        )  # fmt: skip
        self.assign = make_action(
            self,
            self.tr("File with…"),
            "mail",
            self._assign,
            shortcut="Ctrl+L",
            tip=self.tr("Choose the letter they belong to"),
        )
        self.class_answer = make_action(
            self,
            self.tr("Class…"),
            "scale",
            self._class,
            shortcut="Ctrl+Shift+C",
            tip=self.tr("Say what the answer amounts to"),
        )
        self.aside = make_action(
            self, self.tr("Set aside"), "archive", self._aside, shortcut="Ctrl+D",
            tip=self.tr("They belong to no letter; they are kept"),
        )  # fmt: skip
        self.back = make_action(
            self, self.tr("Back to the tray"), "undo-2", self._back, shortcut="Ctrl+Backspace"
        )
        self.is_answer = make_action(
            self, self.tr("It is an answer"), "", partial(self._nature, MessageKind.ANSWER)
        )
        self.is_automatic = make_action(
            self, self.tr("It is automatic"), "", partial(self._nature, MessageKind.AUTO_REPLY)
        )
        self.is_bounce = make_action(
            self, self.tr("It is a bounce"), "", partial(self._nature, MessageKind.BOUNCE)
        )
        self.open_files = make_action(
            self, self.tr("Open messages from files…"), "folder-open", self._open_files
        )

    def actions_for_menu(self) -> list[QAction]:
        return [
            self.fetch,
            self.open_files,
            self.accept,
            self.assign,
            self.class_answer,
            self.aside,
            self.back,
        ]

    def refresh(self) -> None:
        campaign = self.workspace.campaign
        if campaign is None:
            return
        query = InboxQuery(self.view.value(), campaign.key, self.search.text())
        find, self._query = query != self._query, query
        self._place = self.table.currentIndex().row() if self.table.selected() else -1
        self.expect("list")
        self.table.follow(inbox.tray(query), find=find)

    def reset(self) -> None:
        self._query, self._place, self._wanted, self._detail = InboxQuery(), -1, [], None
        super().reset()
        self._show_count()

    def main_widgets(self) -> Sequence[QWidget]:
        return (self.table, self.search)

    def _loaded(self) -> None:
        total = self.model.rowCount()
        self._show_count()
        wanted, self._wanted = self._wanted, []
        place, self._place = min(self._place, total - 1), -1
        if wanted:
            self.table.select(wanted)
        elif place >= 0 and not self.table.selected() and (row := self.model.row_at(place)) is not None:
            # What was dealt with is gone from the list: the next one is at its place.
            self.table.select([row.key])
        self.has_come("list")

    def _show_count(self) -> None:
        total = self.model.rowCount()
        self._empty.show_table(total > 0)
        self.count.setText(counted(total, "message", "messages"))

    def show_place(self, what: What) -> None:
        """Args: what: view (one of triage.VIEWS), key (a message to choose), files (messages to put on
        file)."""
        if files := what.get("files"):
            self.take_files(files)
            return
        self._wanted = [what["key"]] if what.get("key") else []
        self.search.forget()
        self.view.blockSignals(True)
        self.view.choose(what.get("view", "open"))
        self.view.blockSignals(False)
        self.refresh()

    def focus_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def _rows_came(self) -> None:
        # What was chosen far from what was in view is known once it is read.
        choice = self.table.choice
        if choice is not None and choice.count and not self._has_rows and self.table.selected():
            self._chosen()

    def _chosen(self) -> None:
        # Of more messages than are in memory these stand for all; what does not fit one of the others is
        # refused then.
        rows = self.table.selected()
        self._has_rows = bool(rows)
        self.assign.setEnabled(bool(rows))
        self.accept.setEnabled(
            bool(rows) and all(r.state is not MessageState.FILED and r.reference for r in rows)
        )
        self.class_answer.setEnabled(len(rows) == 1 and rows[0].reply_key is not None)
        self.aside.setEnabled(bool(rows) and all(r.state is not MessageState.SET_ASIDE for r in rows))
        self.back.setEnabled(bool(rows) and all(r.state is not MessageState.TRIAGE for r in rows))
        natures = {r.nature for r in rows}
        self.is_answer.setEnabled(bool(rows) and MessageKind.ANSWER not in natures)
        self.is_automatic.setEnabled(
            bool(rows) and not natures & {MessageKind.AUTO_REPLY, MessageKind.OUT_OF_OFFICE}
        )
        self.is_bounce.setEnabled(bool(rows) and MessageKind.BOUNCE not in natures)
        if len(rows) == 1 and self._keys() is not None:
            inbox.one(rows[0].key).run(self.workspace, self, self._show_message)
        else:
            self._detail = None
            self._message_stack.show_table(False)

    def _show_message(self, detail: MessageDetail) -> None:
        if self._keys() != [detail.row.key]:
            return
        self._detail = detail
        self.message.show_message(detail)
        self._message_stack.show_table(True)

    def _keys(self) -> list[int] | None:
        """Keys of the messages chosen.

        None for all that the list has, or as long as it is not known which they are.
        """
        choice = self.table.choice
        ids = None if choice is None else choice.ids
        return None if ids is None else [i for i in ids if isinstance(i, int)]

    def _with_keys(self, act: Callable[[Sequence[int]], object]) -> None:
        """Do something with the messages chosen, however many they are."""
        keys, choice = self._keys(), self.table.choice
        if keys:
            act(keys)
        elif choice is not None and choice.ids is None:
            inbox.keys_of(self._query, choice.but).run(self.workspace, self, act)

    def _decide(self, decide: Callable[[Sequence[int]], Undoable]) -> None:
        def act(keys: Sequence[int]) -> None:
            decide(keys).run(self.workspace, self)

        self._with_keys(act)

    def _opened(self) -> None:
        """Return: the next thing to do with the message chosen."""
        for action in (self.accept, self.class_answer, self.assign):
            if action.is_offered:
                action.trigger()
                return

    def _accept(self) -> None:
        self._decide(inbox.file_as_proposed)

    def _aside(self) -> None:
        self._decide(inbox.put_aside)

    def _back(self) -> None:
        self._decide(inbox.put_back)

    def _nature(self, nature: MessageKind) -> None:
        self._decide(partial(inbox.call_it, kind=nature))

    def _assign(self) -> None:
        self._with_keys(self._ask_for_letter)

    def _ask_for_letter(self, keys: Sequence[int]) -> None:
        campaign, rows = self.workspace.campaign, self.table.selected()
        if campaign is None:
            return

        def submit(dialog: FormDialog[object], values: AssignValues) -> None:
            inbox.file_with(keys, **values).run_in(self.workspace, dialog)

        proposed = rows[0].reference if rows else ""
        find = partial(inbox.letters_to_file_with, campaign=campaign, proposed=proposed)
        ask(AssignDialog(self, len(keys), self.workspace, find), submit)

    def _class(self) -> None:
        row, detail, campaign = self.table.selected()[0], self._detail, self.workspace.campaign
        reply_key = row.reply_key
        if detail is None or detail.row.key != row.key or campaign is None or reply_key is None:
            return

        def submit(dialog: FormDialog[object], values: ClassValues) -> None:
            operation = answers.class_as(self.workspace.sandbox, row.reference, reply_key, **values)
            operation.run_in(self.workspace, dialog)

        ask(ClassDialog(self, row.recipient, detail.suggestion, row.kind, campaign.today), submit)

    def _fetch(self) -> None:
        self.workspace.fetch_wanted.emit()

    def _open_files(self) -> None:
        dialog = FileDialog(
            self, self.tr("Open messages"), "", self.tr("Messages (*.eml *.mbox *.mbx);;All files (*)")
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        ask_for_files(dialog, self.take_files)

    def take_files(self, paths: Sequence[str]) -> None:
        """Put messages from files on file, with progress. paths: .eml, mbox, or folders of them."""
        campaign = self.workspace.campaign
        if campaign is not None:
            inbox.read_files([Path(p) for p in paths], campaign.today).run(self.workspace, self)

    def _save(self, name: str) -> None:
        if self._detail is None:
            return
        key = self._detail.row.key
        dialog = FileDialog(self, self.tr("Save"), name or f"message {key}.eml")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        ask_for_file(dialog, partial(self.save_to, key, name))

    def save_to(self, key: int, name: str, path: str) -> None:
        """Write a file that came with a message, or the message whole. It is not opened."""
        inbox.save_to(key, name, Path(path)).run(self.workspace, self)
