"""The editor of one draft, with its preview beside it. What is typed is saved as it is typed."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from outreach.letters.formats.document import LetterDocument
from outreach.letters.unsaved import UnsavedText, Words, words_digest
from outreach.ui.dialogs.forms import text_field
from outreach.ui.operations import drafts
from outreach.ui.theme import sized
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.panels import Panel, Splitter
from outreach.ui.widgets.preview import Preview
from outreach.ui.workspace import Workspace

_PREVIEW_MS = 60
_SAVE_MS = 400


class LetterEditor(QWidget):
    """Signals: saved(str) with the reference whose words are on file now."""

    saved = Signal(str)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._document: LetterDocument | None = None
        self._is_loading = False
        self._is_unsaved = False
        self._saving = workspace.saving
        self._wanted = ""
        self._filed = ""
        self._on_its_way: UnsavedText | None = None
        self.subject = text_field()
        self.salutation = text_field()
        self.body = QPlainTextEdit()
        self.body.setTabChangesFocus(True)
        self.body.setFont(sized(14, family="Source Serif 4"))
        self.body.document().setDocumentMargin(8)
        self.close_ = text_field()
        self.state = Label("", size=11, tone="quiet", wrap=False)
        self.warning = Label("", size=12, tone="warning")
        self.warning.hide()
        editor = Panel(margins=14, spacing=4)
        for label, field, stretch in (
            (self.tr("&Subject"), self.subject, 0),
            (self.tr("Sa&lutation"), self.salutation, 0),
            (self.tr("&Text"), self.body, 1),
            (self.tr("&Close"), self.close_, 0),
        ):
            name = QLabel(label)
            name.setFont(sized(11))
            name.setBuddy(field)
            editor.body.addWidget(name)
            editor.body.addWidget(field, stretch)
            editor.body.addSpacing(4)
        self.problem = Label("", size=12, tone="bad")
        self.problem.hide()
        editor.body.addWidget(self.warning)
        editor.body.addWidget(self.problem)
        editor.body.addWidget(self.state)
        self.preview = Preview(self.tr("The letter as it will be printed is shown here."))
        view = Panel(margins=1, spacing=0)
        view.body.addWidget(self.preview)
        self.splitter = Splitter(Qt.Orientation.Horizontal, editor, view, sizes=[400, 400])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)

        self._preview_timer = self._timer(_PREVIEW_MS, self._render)
        self._save_timer = self._timer(_SAVE_MS, self.save)
        for field in (self.subject, self.salutation, self.close_):
            field.textChanged.connect(self._typed)
        self.body.textChanged.connect(self._typed)
        self._saving.saved.connect(self._saved)
        self._saving.refused.connect(self._refused)

    def _timer(self, milliseconds: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        return timer

    @property
    def reference(self) -> str:
        """The letter in the editor, "" for none."""
        return self._document.reference if self._document else ""

    @property
    def wanted(self) -> str:
        """Reference of the letter that was asked for last, whether it is in view yet or not; "" for none."""
        return self._wanted

    def load(self, reference: str) -> None:
        """Show a draft; what was typed into the one before is saved first."""
        self.save()
        self._wanted = reference
        # What is on its way to the file may come later than this reads it.
        self._on_its_way = self._saving.text_of(reference)

        drafts.opened(reference).run(self._workspace, self, self._loaded)

    def clear(self) -> None:
        """Show no letter."""
        self.save()
        self._wanted = ""
        self._document = None
        self._is_unsaved = False
        self._set_locked(True)

    def _set_locked(self, locked: bool) -> None:
        """Take no words while there is no letter that they would belong to."""
        for field in (self.subject, self.salutation, self.body, self.close_):
            field.setReadOnly(locked)

    def forget(self) -> None:
        """Show no letter and nothing of the one before, which is saved first."""
        self.clear()
        self._workspace.jobs.forget(self)
        self._preview_timer.stop()
        self._is_loading = True
        for field in (self.subject, self.salutation, self.body, self.close_):
            field.clear()
        self._is_loading = False
        self.warning.hide()

    def _loaded(self, found: tuple[LetterDocument, tuple[str, ...]]) -> None:
        document, notes = found
        if document.reference != self._wanted:
            return
        self.save()  # somebody may have typed while this was read
        unsaved = self._saving.text_of(document.reference)
        typed = unsaved or self._on_its_way
        self.warning.setText("\n".join(notes))
        self.warning.setVisible(bool(notes))
        self._is_loading = True
        self._document = document
        self._filed = words_digest(
            subject=document.subject,
            salutation=document.salutation,
            body=document.body_markdown,
            close=document.close,
        )
        self.subject.setText(typed.subject if typed else document.subject)
        self.salutation.setText(typed.salutation if typed else document.salutation)
        self.body.setPlainText(typed.body if typed else document.body_markdown)
        self.close_.setText(typed.close if typed else document.close)
        for field in (self.subject, self.salutation, self.close_):
            field.setCursorPosition(0)
        self._set_locked(False)
        self._is_loading = False
        self._is_unsaved = unsaved is not None
        if typed is not None and unsaved is None:
            self._filed = words_digest(**typed.words)
        self._tell()
        self._render()

    def _words(self) -> Words:
        return Words(
            subject=self.subject.text(),
            salutation=self.salutation.text(),
            body=self.body.toPlainText(),
            close=self.close_.text(),
        )

    def _typed(self) -> None:
        if self._is_loading or self._document is None:
            return
        self._is_unsaved = True
        self._tell()
        self._preview_timer.start()
        self._save_timer.start()

    def save(self) -> None:
        """Put what was typed on file now. It stays unsaved until the database has it."""
        self._save_timer.stop()
        if self._document is None or not self._is_unsaved:
            return
        text = UnsavedText(self._document.reference, **self._words(), before=self._filed)
        self._saving.put(text, drafts.edit(text).work)

    def _saved(self, reference: str) -> None:
        if reference == self.reference and self._saving.text_of(reference) is None:
            # Typed since it was handed over? Then the timer is running, and it is unsaved still.
            if not self._save_timer.isActive():
                self._is_unsaved = False
                self._filed = words_digest(**self._words())
            self._tell()
        self.saved.emit(reference)

    def _refused(self, text: UnsavedText, is_over: bool) -> None:
        if text.reference == self.reference:
            self._tell()

    def _tell(self) -> None:
        """Say whether what is shown is on file."""
        refused = self._saving.text_of(self.reference)
        is_saved = refused is None and not self._is_unsaved
        if is_saved:
            said = self.tr("{0} · saved")
        elif refused is not None and refused.reason and not self._save_timer.isActive():
            said = self.tr("{0} · not saved")
        else:
            said = self.tr("{0} · saving…")
        self.state.setText(said.format(self.reference))
        self.problem.setText(refused.reason if refused is not None else "")
        self.problem.setVisible(bool(self.problem.text()))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.save()

    def _render(self) -> None:
        if self._document is None:
            return
        preview = drafts.preview(self._document, self._words())
        preview.run(self._workspace, self, self.preview.show_pdf, failed=self._unset)

    def _unset(self, error: Exception) -> None:
        self.preview.show_hint(str(error))
