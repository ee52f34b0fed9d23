"""Dialogs about messages that came in: which letter they belong to, and what an answer amounts to."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import TypedDict

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from outreach.desk.letter_row import TrackerRow
from outreach.domain.states import ReplyKind
from outreach.domain.wording import counted, day_short
from outreach.errors import UsageError
from outreach.messages.suggest import Suggestion
from outreach.ui.dialogs.forms import Choice, DayField, FormDialog, text_field
from outreach.ui.dialogs.letters import ReplyDialog
from outreach.ui.models.paged import PagedModel
from outreach.ui.models.rows import Column
from outreach.ui.operations.listing import Listing
from outreach.ui.widgets.fields import SearchField
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.paged_table import PagedTable
from outreach.ui.workspace import Workspace

_TYPING_MS = 120


class _Search(SearchField):
    """A search whose arrows move in the table below it."""

    table: PagedTable[TrackerRow]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp}:
            self.table.keyPressEvent(event)
        else:
            super().keyPressEvent(event)


class AssignValues(TypedDict):
    """The letter that was chosen."""

    reference: str


class AssignDialog(FormDialog[AssignValues]):
    """The letter that messages belong to, found by typing. Values: reference."""

    def __init__(
        self,
        parent: QWidget,
        count: int,
        workspace: Workspace,
        find: Callable[[str], Listing[TrackerRow]],
    ) -> None:
        """Args: count: of messages. find: the letters that have the words typed, the likeliest first."""
        super().__init__(
            parent,
            "Which letter does it belong to?",
            "File",
            f"{counted(count, 'message', 'messages')} will be filed with the letter chosen. Type a name, "
            "an office or a reference.",
        )
        self._find = find
        self._is_searching = False
        self._is_wanted = False
        self.search = _Search("Search letters")
        self.model: PagedModel[TrackerRow] = PagedModel(
            workspace,
            [
                Column("Recipient", lambda r: r.recipient, width=190, bold=True, sorted_by="recipient"),
                Column(
                    "Body",
                    lambda r: r.body if r.body != r.recipient else "",
                    width=150,
                    stretch=True,
                    sorted_by="body",
                ),
                Column("Sent", lambda r: day_short(r.sent_on), width=100, sorted_by="sent"),
                Column("Reference", lambda r: r.reference, width=100, sorted_by="reference"),
            ],
            lambda r: r.reference,
        )
        self.table = PagedTable(self.model, name="Letters that were sent")
        self.search.table = self.table
        self.table.setMinimumHeight(260)
        self.table.opened.connect(self._submit)
        self.table.loaded.connect(self._loaded)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._filter)
        self.search.textChanged.connect(self._typed)
        self.search.returnPressed.connect(self._submit)
        self.form.addRow(self.search)
        self.form.addRow(self.table)
        self.setMinimumWidth(680)
        self._filter()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.search.setFocus()

    @Slot()
    def _typed(self) -> None:
        self._is_searching = True
        self._typing.start()

    @Slot()
    def _filter(self) -> None:
        self._is_searching = True
        self.table.follow(self._find(self.search.text()), find=True)

    @Slot()
    def _loaded(self) -> None:
        if self._typing.isActive():
            return
        self._is_searching = False
        if not self.table.selected() and (first := self.model.row_at(0)) is not None:
            self.table.select([first.reference])
        if self._is_wanted:
            self._is_wanted = False
            self._submit()

    def is_ready(self) -> bool:
        # What is listed until the search is done answers other words than those typed.
        self._is_wanted = self._is_searching
        if self._typing.isActive():
            self._typing.stop()
            self._filter()
        return not self._is_searching

    def values(self) -> AssignValues:
        rows = self.table.selected()
        if not rows:
            raise UsageError("Choose a letter, or cancel. Only letters that went out can be answered.")
        return {"reference": rows[0].reference}


class ClassValues(TypedDict):
    """What an answer amounts to. refer_to: whom to write to next, "" for nobody."""

    kind: ReplyKind
    promise: str
    promise_due: date | None
    refer_to: str


class ClassDialog(FormDialog[ClassValues]):
    """What an answer amounts to.

    Values: kind, promise, promise_due; and refer_to, whom to write to next, "" for nobody.
    """

    def __init__(
        self, parent: QWidget, recipient: str, suggestion: Suggestion, kind: str, today: date
    ) -> None:
        super().__init__(
            parent,
            f"The answer of {recipient}",
            "Class",
            f"{suggestion.reason} You decide." if suggestion.kind else "Its words do not say; you decide.",
        )
        chosen = kind or (suggestion.kind.value if suggestion.kind else "")
        self.kind = Choice(
            [("", "Choose"), *((k.value, words) for k, words in ReplyDialog.KINDS.items())], chosen
        )
        self.kind.currentIndexChanged.connect(self._kind_chosen)
        self.promise = text_field(suggestion.promise, "Such as: to meet in February")
        self.promise.setCursorPosition(0)
        self.has_due = QCheckBox("by")
        self.due = DayField(suggestion.promise_due or today + timedelta(days=14))
        self.has_due.setChecked(suggestion.promise_due is not None)
        self.due.setEnabled(self.has_due.isChecked())
        self.has_due.toggled.connect(self.due.setEnabled)
        promised = QHBoxLayout()
        promised.addWidget(self.promise, 1)
        promised.addWidget(self.has_due)
        promised.addWidget(self.due)
        self.refer_to = text_field(
            suggestion.referred_to, "A name, an office or a question, as in the composer"
        )
        self.refer_words = Label("A letter to them is drafted, which names this one.", size=11, tone="quiet")
        self.form.addRow("It is", self.kind)
        self.form.addRow("It promises", promised)
        self.form.addRow("Passed on to", self.refer_to)
        self.form.addRow("", self.refer_words)
        self.setMinimumWidth(620)
        self._kind_chosen()

    @Slot()
    def _kind_chosen(self) -> None:
        shown = self.kind.value() == ReplyKind.REFERRED.value
        self.form.setRowVisible(self.refer_to, shown)
        self.form.setRowVisible(self.refer_words, shown)

    def values(self) -> ClassValues:
        if not self.kind.value():
            raise UsageError("Choose what the answer amounts to, or cancel.")
        if self.has_due.isChecked() and not self.promise.text().strip():
            raise UsageError("Say what was promised, or untick the day.")
        kind = ReplyKind(self.kind.value())
        return {
            "kind": kind,
            "promise": self.promise.text().strip(),
            "promise_due": self.due.day() if self.has_due.isChecked() else None,
            "refer_to": self.refer_to.text().strip() if kind is ReplyKind.REFERRED else "",
        }
