"""Words that could not be put on file: shown, saved again, copied, or thrown away when somebody says so."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from outreach.domain.wording import names_in_words
from outreach.errors import OutreachError
from outreach.letters.unsaved import UnsavedText
from outreach.store.changes import Changes
from outreach.ui.dialogs.forms import Choice, ConfirmDialog, FormDialog, ask
from outreach.ui.operations import drafts
from outreach.ui.widgets.buttons import push_button
from outreach.ui.widgets.labels import Label
from outreach.ui.workspace import Workspace


class LeaveDialog(ConfirmDialog):
    """Before a window closes that holds words which cannot be saved.

    kept_in: the file that keeps them, None if none could.
    """

    def __init__(self, parent: QWidget, texts: Sequence[UnsavedText], kept_in: Path | None) -> None:
        names = names_in_words([t.reference for t in texts])
        reasons = " ".join(dict.fromkeys(t.reason for t in texts if t.reason))
        kept = (
            f"The words are kept in {kept_in.name} and offered when this database is opened next."
            if kept_in is not None
            else "They could not be kept in a file either, so they are gone if you close. Copy them first."
        )
        super().__init__(
            parent,
            "Not everything is saved",
            "Close all the same",
            f"What you typed into {names} is not saved. {reasons} {kept}",
        )
        self.cancel_button.setText("Go on writing")


class UnsavedDialog(QDialog):
    """One letter's words at a time. Closing it changes nothing: they are kept and offered again."""

    def __init__(self, parent: QWidget, workspace: Workspace, texts: tuple[UnsavedText, ...]) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._texts: list[UnsavedText] = []
        self.setWindowTitle(self.tr("Words that are not on file"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(620, 520)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(
            Label(
                self.tr(
                    "They were typed and could not be saved. Put them into their draft, or copy them; "
                    "until then they are kept."
                ),
                tone="quiet",
            )
        )
        self.letter = Choice([])
        self.letter.setAccessibleName(self.tr("Letter"))
        self.reason = Label("", tone="bad")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.tr("What was typed"))
        for widget in (self.letter, self.reason):
            layout.addWidget(widget)
        layout.addWidget(self.text, 1)
        row = QHBoxLayout()
        self.discard = push_button(self, self.tr("Throw away…"), self._discard, "trash-2")
        self.copy = push_button(self, self.tr("Copy"), self._copy)
        self.save = push_button(self, self.tr("Put into the draft"), self._save, "save")
        self.later = push_button(self, self.tr("Later"), self.reject)
        row.addWidget(self.discard)
        row.addStretch()
        for button in (self.copy, self.save, self.later):
            row.addWidget(button)
        self.later.setDefault(True)
        layout.addLayout(row)
        self.letter.currentIndexChanged.connect(self._show)
        for text in texts:
            self.add(text)

    def add(self, text: UnsavedText) -> None:
        """Show these words too, in place of older ones of the same window for the same letter."""
        self._texts = [t for t in self._texts if (t.reference, t.typed_in) != (text.reference, text.typed_in)]
        self._texts.append(text)
        self._list()

    def _list(self) -> None:
        names = [(str(n), t.reference) for n, t in enumerate(self._texts)]
        self.letter.set_options(names)
        self.letter.setVisible(len(names) > 1)
        self._show()

    def chosen(self) -> UnsavedText:
        """The words shown."""
        return self._texts[int(self.letter.value() or 0)]

    @Slot()
    def _show(self) -> None:
        if not self._texts:
            self.accept()
            return
        text = self.chosen()
        self.reason.setText(text.reason or self.tr("{0} was not saved in time.").format(text.reference))
        self.text.setPlainText(text.as_text)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.chosen().as_text)
        self._workspace.said.emit(self.tr("Copied."))

    def _save(self) -> None:
        text = self.chosen()
        operation = drafts.put_back_words(text)
        operation.run(self._workspace, self, partial(self._saved, text), failed=self._refused)

    def _saved(self, text: UnsavedText, changes: Changes) -> None:
        self._forget(text)

    def _refused(self, error: Exception) -> None:
        self.reason.setText(str(error))

    def _discard(self) -> None:
        text = self.chosen()
        ask(
            ConfirmDialog(
                self,
                self.tr("Throw away"),
                self.tr("Throw away"),
                self.tr("What was typed into {0} is then gone. This cannot be undone.").format(
                    text.reference
                ),
            ),
            partial(self._thrown_away, text),
        )

    def _thrown_away(self, text: UnsavedText, dialog: FormDialog[object], values: object) -> None:
        dialog.accept_result()
        self._forget(text)

    def _forget(self, text: UnsavedText) -> None:
        try:
            self._workspace.saving.forget(text)
        except OutreachError as error:
            self._refused(error)
            return
        self._texts.remove(text)
        self._list()
