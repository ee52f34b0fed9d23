"""Dialogs about letters: how they went out, what came back."""

from datetime import date
from pathlib import Path
from typing import TypedDict

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLabel, QWidget

from outreach.correspondence.replies import NOTHING_SAID, ReplyRow
from outreach.domain.states import Channel, ReplyKind
from outreach.domain.wording import counted
from outreach.errors import OutreachError, UsageError
from outreach.letters.approving import Decision
from outreach.letters.exports import FORMATS
from outreach.messages.parse import ReadMessage
from outreach.ui.dialogs.files import FileDialog
from outreach.ui.dialogs.forms import (
    Choice,
    ConfirmDialog,
    DayField,
    FormDialog,
    ask_for_file,
    text_area,
    text_field,
)
from outreach.ui.operations import answers
from outreach.ui.operations.answers import AnswerWords
from outreach.ui.widgets.buttons import push_button
from outreach.ui.words import channel_in_words

_MOST_WARNINGS = 6


class SentValues(TypedDict):
    """How and when letters went out."""

    by: Channel
    on: date
    detail: str


class MarkSentDialog(FormDialog[SentValues]):
    """How and when letters went out. Values: by (Channel), on (date), detail (str)."""

    def __init__(self, parent: QWidget, count: int, today: date) -> None:
        super().__init__(
            parent,
            "Mark as sent",
            "Mark as sent",
            f"Record that {counted(count, 'letter', 'letters')} went out. The day an answer is due is "
            "counted from then.",
        )
        self.channel = Choice([(c.value, channel_in_words(c.value).capitalize()) for c in Channel], "post")
        self.day = DayField(today)
        self.detail = text_field(hint="Such as a tracking number; may stay empty")
        self.form.addRow("Sent by", self.channel)
        self.form.addRow("On", self.day)
        self.form.addRow("Note", self.detail)

    def values(self) -> SentValues:
        return {
            "by": Channel(self.channel.value()),
            "on": self.day.day(),
            "detail": self.detail.text().strip(),
        }


class ApproveDialog(ConfirmDialog):
    """Before letters are approved: how many, to whom, and what speaks against it. Values: none.

    Enter approves one letter without warnings, which is the one in view; for anything larger it cancels.
    """

    def __init__(self, parent: QWidget, letters: Decision) -> None:
        warnings = [f"{x.reference}: {note}" for x in letters.known for note in x.notes]
        shown = [f"• {w}" for w in warnings[:_MOST_WARNINGS]]
        if len(warnings) > len(shown):
            shown.append(f"… and {counted(len(warnings) - len(shown), 'more warning', 'more warnings')}")
        what = counted(letters.count, "letter", "letters")
        many = (
            f"{what} to {letters.whom}"
            if letters.count != 1
            else f"{letters.known[0].reference} to {letters.known[0].recipient}"
        )
        words = (
            f"{many}. The text is frozen from then on; until a letter goes out, it can be put back to draft."
        )
        if shown:
            words += "\n\nLook at this first:\n" + "\n".join(shown)
        super().__init__(
            parent, "Approve", f"Approve {what}", words, is_grave=letters.count > 1 or bool(warnings)
        )  # fmt: skip


class SendDialog(ConfirmDialog):
    """Before letters go out by e-mail, which cannot be taken back. Values: none."""

    def __init__(self, parent: QWidget, letters: Decision, host: str) -> None:
        what = counted(letters.count, "letter", "letters")
        super().__init__(
            parent,
            "Send",
            f"Send {what}",
            f"{what} to {letters.whom} by e-mail, through {host}. What has gone out cannot be taken back.",
        )


class ConfirmSentValues(TypedDict):
    """When it is certain that letters went out."""

    on: date
    detail: str


class ConfirmSentDialog(FormDialog[ConfirmSentValues]):
    """Whether a letter that left by another program went out. Values: on, detail."""

    def __init__(self, parent: QWidget, reference: str, words: str, today: date) -> None:
        super().__init__(parent, f"{reference} goes out", "Yes, it went out", words)
        self.day = DayField(today)
        self.detail = text_field(hint="Such as a number the form gave; may stay empty")
        self.form.addRow("On", self.day)
        self.form.addRow("Note", self.detail)

    def values(self) -> ConfirmSentValues:
        return {"on": self.day.day(), "detail": self.detail.text().strip()}


class PrintValues(TypedDict):
    """How letters are printed."""

    two_sided: bool


class PrintDialog(FormDialog[PrintValues]):
    """How letters are printed. Values: two_sided."""

    def __init__(self, parent: QWidget, count: int) -> None:
        super().__init__(
            parent,
            "Print for post",
            "Choose file…",
            f"{counted(count, 'letter', 'letters')} in one PDF, in the order of the table, with the "
            "address where a window envelope "
            "shows it. Mark them sent when they are posted.",
        )
        self.two_sided = QCheckBox("Printed on both sides: begin each letter on a new sheet")
        self.form.addRow("", self.two_sided)

    def values(self) -> PrintValues:
        return {"two_sided": self.two_sided.isChecked()}


class ReplyDialog(FormDialog[AnswerWords]):
    """An answer to a letter. Values: kind, on, from_name, text, channel, promise, promise_due.

    message: the file that a new one was read from, None if it is typed. reply: the answer to correct, None to
    record one.
    """

    KINDS = {
        ReplyKind.SUBSTANTIVE: "Substantive: it deals with what was asked",
        ReplyKind.ACKNOWLEDGEMENT: "Acknowledgement: it only says the letter arrived",
        ReplyKind.HOLDING: "Holding: an answer is to follow",
        ReplyKind.REFERRED: "Referred: passed on to somebody else",
        ReplyKind.AGREED: "Agreed: they will do what was asked",
        ReplyKind.REFUSED: "Refused: they will not",
        ReplyKind.THANKS: "Thanks: it says no more than that",
    }

    def __init__(
        self, parent: QWidget, reference: str, recipient: str, today: date, reply: ReplyRow | None = None
    ) -> None:
        super().__init__(
            parent,
            f"Answer to {reference}",
            "Save" if reply else "Record answer",
            f"What came back from {recipient}. "
            + (
                "The history keeps what stood here."
                if reply
                else "A message saved as a file is kept whole with it."
            ),
        )
        self.message: ReadMessage | None = None
        self.file = QLabel("No file")
        choose = push_button(self, "Open message…", self._choose)
        line = QHBoxLayout()
        line.addWidget(choose)
        line.addWidget(self.file, 1)
        self.kind = Choice([("", "Choose"), *((k.value, words) for k, words in self.KINDS.items())])
        self.day = DayField(today)
        self.channel = Choice([(c.value, channel_in_words(c.value).capitalize()) for c in Channel])
        self.from_name = text_field(recipient)
        self.text = text_area(hint="What it says, or the points that matter", lines=6)
        self.promise = text_field(hint="Such as: to meet in February")
        self.has_due = QCheckBox("by")
        self.due = DayField(today)
        self.due.setEnabled(False)
        self.has_due.toggled.connect(self.due.setEnabled)
        promised = QHBoxLayout()
        promised.addWidget(self.promise, 1)
        promised.addWidget(self.has_due)
        promised.addWidget(self.due)
        self.form.addRow("Message file", line)
        self.form.addRow("It is", self.kind)
        self.form.addRow("Received on", self.day)
        self.form.addRow("Came by", self.channel)
        self.form.addRow("From", self.from_name)
        self.form.addRow("Text", self.text)
        self.form.addRow("It promises", promised)
        self.setMinimumWidth(620)
        if reply is not None:
            self.form.setRowVisible(line, False)
            self._fill(reply)

    def _fill(self, reply: ReplyRow) -> None:
        self.kind.choose(reply.kind)
        self.day.set_day(reply.received_on)
        self.channel.choose(reply.channel)
        self.from_name.setText(reply.from_name)
        self.text.setPlainText(reply.text)
        self.promise.setText(reply.promise)
        if reply.promise_due is not None:
            self.has_due.setChecked(True)
            self.due.set_day(reply.promise_due)

    @Slot()
    def _choose(self) -> None:
        dialog = FileDialog(self, "Open message", "", "E-mail messages (*.eml);;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        ask_for_file(dialog, self.load_message)

    @Slot(str)
    def load_message(self, path: str) -> None:
        """Fill the form from a message that was saved as a file."""
        try:
            self.message = answers.answer_in_file(Path(path))
        except OutreachError as error:
            self.show_problem(error)
            return
        self.problem.hide()
        self.file.setText(Path(path).name)
        self.channel.choose("email")
        self.from_name.setText(self.message.from_name or self.message.from_address)
        self.text.setPlainText(self.message.text)
        if self.message.sent_on:
            self.day.set_day(self.message.sent_on)

    def values(self) -> AnswerWords:
        if not self.kind.value():
            raise UsageError("Choose what the answer amounts to.")
        said = self.text.toPlainText().strip() or self.promise.text().strip()
        if not said and self.message is None:
            raise UsageError(NOTHING_SAID)
        if self.has_due.isChecked() and not self.promise.text().strip():
            raise UsageError("Say what was promised, or untick the day.")
        return AnswerWords(
            kind=ReplyKind(self.kind.value()),
            on=self.day.day(),
            from_name=self.from_name.text().strip(),
            text=self.text.toPlainText().strip(),
            channel=self.channel.value(),
            promise=self.promise.text().strip(),
            promise_due=self.due.day() if self.has_due.isChecked() else None,
        )


class NameValues(TypedDict):
    """A name as it was typed."""

    name: str


class NameDialog(FormDialog[NameValues]):
    """A name for something. Values: name."""

    def __init__(self, parent: QWidget, title: str, label: str, explanation: str) -> None:
        super().__init__(parent, title, "Save", explanation)
        self.name = text_field()
        self.form.addRow(label, self.name)

    def values(self) -> NameValues:
        return {"name": self.name.text().strip()}


class ReasonValues(TypedDict):
    """A reason as it was typed."""

    reason: str


class ReasonDialog(FormDialog[ReasonValues]):
    """Why a step is taken. Values: reason."""

    def __init__(self, parent: QWidget, title: str, submit: str, explanation: str) -> None:
        super().__init__(parent, title, submit, explanation)
        self.reason = text_field(hint="Kept in the history; may stay empty")
        self.form.addRow("Reason", self.reason)

    def values(self) -> ReasonValues:
        return {"reason": self.reason.text().strip()}


class ExportValues(TypedDict):
    """The formats that were chosen."""

    formats: tuple[str, ...]


class ExportDialog(FormDialog[ExportValues]):
    """Which files to make of letters. Values: formats (tuple of keys)."""

    _NAMES = {
        "pdf": "PDF, for print and archive",
        "docx": "Word document",
        "eml": "E-mail message with the PDF attached",
        "txt": "Plain text",
        "html": "Web page",
    }

    def __init__(self, parent: QWidget, count: int) -> None:
        super().__init__(
            parent,
            "Export letters",
            "Choose folder…",
            f"One file for each of {counted(count, 'letter', 'letters')} and format.",
        )
        self.ticks: dict[str, QCheckBox] = {}
        for key in FORMATS:
            self.ticks[key] = QCheckBox(self._NAMES[key])
            self.ticks[key].setChecked(key == "pdf")
            self.form.addRow("" if self.form.rowCount() else "Formats", self.ticks[key])

    def values(self) -> ExportValues:
        formats = tuple(key for key, tick in self.ticks.items() if tick.isChecked())
        if not formats:
            raise UsageError("Choose at least one format.")
        return {"formats": formats}
