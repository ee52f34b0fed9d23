"""A message to read: quoted text folded, its files listed and never opened, its HTML made harmless."""

from functools import partial
from html import escape

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from outreach.correspondence.triage import MessageDetail
from outreach.domain.wording import day_short
from outreach.ui.widgets.buttons import button, make_action
from outreach.ui.widgets.html_view import HtmlView
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.panels import row_of
from outreach.ui.words import NATURES, file_size
from outreach.words import notice_in_words

_FOLDED_LINES = 2


class MessageView(QWidget):
    """Signals: save_wanted(str) with the name of a file, "" for the message whole."""

    save_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._detail: MessageDetail | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self.subject = Label("", size=16, strong=True)
        self.from_whom = Label("", tone="quiet")
        self.standing = Label("", tone="quiet")
        self.guess = Label("", tone="accent")
        self.quoted = QCheckBox(self.tr("Show what is quoted"))
        self.formatted = QCheckBox(self.tr("As it was laid out"))
        self.quoted.toggled.connect(self._draw)
        self.formatted.toggled.connect(self._draw)
        self.text = HtmlView(self.tr("Message"))
        self.text.document().setDocumentMargin(4)
        self._files = QHBoxLayout()
        self._files.setSpacing(6)
        for widget in (self.subject, self.from_whom, self.standing, self.guess):
            layout.addWidget(widget)
        layout.addLayout(row_of(self.quoted, self.formatted, None))
        layout.addWidget(self.text, 1)
        layout.addLayout(self._files)

    def show_message(self, detail: MessageDetail) -> None:
        """Show a message."""
        is_other = self._detail is None or self._detail.row.key != detail.row.key
        self._detail = detail
        row = detail.row
        name = (
            f"{row.from_name} <{row.from_address}>" if row.from_name and row.from_address else row.from_name
        )
        self.subject.setText(row.subject or self.tr("No subject"))
        self.from_whom.setText(f"{name or row.from_address} · {day_short(row.received_on)}")
        said = notice_in_words(row.nature_reason) if row.nature.value != "answer" else ""
        where = " · ".join(x for x in (row.recipient, row.reference) if x)
        self.standing.setText(
            "\n".join(
                x
                for x in (
                    f"{NATURES[row.nature.value]}. {said}".strip() if said else "",
                    where,
                    detail.reason,
                )
                if x
            )
        )
        guess = detail.suggestion
        words = []
        if row.nature.value == "answer" and not row.kind and guess.kind is not None:
            words.append(self.tr("It seems to be: {0}. {1}").format(guess.kind.value, guess.reason))
            if guess.promise:
                words.append(self.tr("It may promise: {0}").format(guess.promise))
        self.guess.setText("\n".join(words))
        self.guess.setVisible(bool(words))
        if is_other:
            for box in (self.quoted, self.formatted):
                box.blockSignals(True)
                box.setChecked(False)
                box.blockSignals(False)
        has_own = any(not p.is_quoted for p in detail.passages)
        self.quoted.setVisible(has_own and any(p.is_quoted for p in detail.passages))
        self.formatted.setVisible(bool(detail.html))
        self._show_files(detail)
        self._draw()

    def forget(self) -> None:
        """Show no message."""
        self._detail = None
        self._clear_files()

    def _clear_files(self) -> None:
        while (item := self._files.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _show_files(self, detail: MessageDetail) -> None:
        self._clear_files()
        for file in detail.files[:6]:
            self._files.addWidget(self._button(f"{file.name}, {file_size(file.size_bytes)}", file.name))
        whole = self._button(self.tr("Message whole"), "")
        self._files.addStretch()
        self._files.addWidget(whole)

    def _button(self, text: str, name: str) -> QPushButton:
        shown = text if len(text) <= 34 else f"{text[:22]}…{text[-11:]}"
        save = make_action(
            self, shown.replace("&", "&&"), "download", partial(self._save, name),
            tip=self.tr("Save {0}; it is not opened").format(text),
        )  # fmt: skip
        made = button(save)
        made.destroyed.connect(save.deleteLater)
        return made

    def _save(self, name: str) -> None:
        self.save_wanted.emit(name)

    def _draw(self) -> None:
        detail = self._detail
        if detail is None:
            return
        if self.formatted.isChecked() and detail.html:
            self.text.show_html(detail.html)
            return
        has_own = any(not p.is_quoted for p in detail.passages)
        parts = []
        for passage in detail.passages:
            lines = passage.text.splitlines()
            if passage.is_quoted and has_own and not self.quoted.isChecked():
                shown = "<br>".join(escape(x) for x in lines[:_FOLDED_LINES])
                more = len(lines) - _FOLDED_LINES
                parts.append(
                    f"<p class='quiet small'>{shown}"
                    + (f"<br>… {more} more quoted lines" if more > 0 else "")
                    + "</p>"
                )
            else:
                tone = " class='quiet'" if passage.is_quoted else ""
                for paragraph in passage.text.split("\n\n"):
                    parts.append(f"<p{tone}>{escape(paragraph).replace(chr(10), '<br>')}</p>")
        self.text.show_html("".join(parts) or "<p class='quiet'>It has no text.</p>")
