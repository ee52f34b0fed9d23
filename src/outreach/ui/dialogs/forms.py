"""Dialogs that ask for a few values. They are opened, never executed, and hand back what was entered."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from outreach.errors import OutreachError
from outreach.ui.widgets.fields import Still
from outreach.ui.widgets.parts import Words


class FormDialog(QDialog):
    """A title, a form and two buttons. Signals: submitted(dict) with the values entered.

    It stays open until `accept_result` or, after a refusal, `show_problem`, so that nothing typed is lost.
    """

    submitted = Signal(object)

    def __init__(self, parent: QWidget, title: str, submit: str, explanation: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(460)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        if explanation:
            words = Words(explanation, tone="quiet")
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(words)
        self.form = QFormLayout()
        self.form.setSpacing(10)
        self.form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        layout.addLayout(self.form)
        self.problem = Words("", tone="bad")
        self.problem.hide()
        layout.addWidget(self.problem)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.submit_button = buttons.addButton(submit, QDialogButtonBox.ButtonRole.AcceptRole)
        self.submit_button.setDefault(True)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        buttons.accepted.connect(self._submit)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        first = self.form.itemAt(0, QFormLayout.ItemRole.FieldRole) if self.form.rowCount() else None
        if first is not None and first.widget() is not None:
            first.widget().setFocus()
        self._fit()

    def _fit(self) -> None:
        """Grow to the height that the wrapped words need, which a dialog does not do by itself."""
        layout = self.layout()
        layout.activate()
        wanted = layout.totalHeightForWidth(max(self.width(), self.minimumWidth()))
        if wanted > self.height():
            self.resize(max(self.width(), self.minimumWidth()), wanted)

    def values(self) -> dict[str, Any]:
        """What was entered. Raises: OutreachError with what to correct."""
        raise NotImplementedError

    def show_problem(self, error: Exception) -> None:
        """Say what is wrong and let the user correct it."""
        self.problem.setText(str(error))
        self.problem.show()
        self.submit_button.setEnabled(True)
        self._fit()

    def accept_result(self, result: object = None) -> None:
        """Close: what was entered is saved."""
        self.accept()

    def _submit(self) -> None:
        self.problem.hide()
        try:
            values = self.values()
        except OutreachError as error:
            self.show_problem(error)
            return
        self.submit_button.setEnabled(False)
        self.submitted.emit(values)


class DayField(Still, QDateEdit):
    """A day, chosen from a calendar or typed."""

    def __init__(self, day: date) -> None:
        super().__init__(QDate(day.year, day.month, day.day))
        self._be_still()
        self.setCalendarPopup(True)
        self.setDisplayFormat("d MMMM yyyy")

    def day(self) -> date:
        """The day chosen."""
        chosen = self.date()
        return date(chosen.year(), chosen.month(), chosen.day())


class Choice(Still, QComboBox):
    """One of several values, each with its words."""

    def __init__(self, options: Sequence[tuple[str, str]], chosen: str = "") -> None:
        super().__init__()
        self._be_still()
        self._first = tuple(options)
        self.set_options(options, chosen)

    def forget(self) -> None:
        """Offer what it offered at first, and choose the first of that."""
        self.blockSignals(True)
        self.setCurrentIndex(-1)
        self.blockSignals(False)
        self.set_options(self._first)

    def set_options(self, options: Sequence[tuple[str, str]], chosen: str = "") -> None:
        """Offer other values; keeps the one chosen where it is still offered."""
        kept = chosen or self.value()
        self.blockSignals(True)
        self.clear()
        for value, words in options:
            self.addItem(words, value)
        self.setCurrentIndex(max(0, self.findData(kept)))
        self.blockSignals(False)

    def value(self) -> str:
        """The value chosen, "" if there is none."""
        return str(self.currentData() or "")

    def choose(self, value: str, words: str = "") -> None:
        """Choose a value. words: offer it by these if it is not offered yet; without them the choice is then left as it is."""
        number = self.findData(value)
        if number < 0 and words:
            number = self.count()
            self.addItem(words, value)
        if number >= 0:
            self.setCurrentIndex(number)


def text_field(value: str = "", hint: str = "") -> QLineEdit:
    """A line of text."""
    field = QLineEdit(value)
    field.setPlaceholderText(hint)
    return field


def secret_field(hint: str = "") -> QLineEdit:
    """One line of input that is not shown."""
    field = text_field(hint=hint)
    field.setEchoMode(QLineEdit.EchoMode.Password)
    return field


def text_area(value: str = "", hint: str = "", lines: int = 4) -> QPlainTextEdit:
    """Several lines of text."""
    area = QPlainTextEdit(value)
    area.setPlaceholderText(hint)
    area.setTabChangesFocus(True)
    area.setFixedHeight(area.fontMetrics().lineSpacing() * lines + 18)
    return area


def ask(dialog: FormDialog, submit: Callable[[FormDialog, dict[str, Any]], None]) -> FormDialog:
    """Open a dialog. submit: called with the dialog and its values each time the user confirms them."""

    def confirmed(values: dict[str, Any]) -> None:
        submit(dialog, values)

    dialog.submitted.connect(confirmed)
    dialog.open()
    return dialog
