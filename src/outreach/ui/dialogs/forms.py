"""Dialogs that ask for a few values. They are opened, never executed, and hand back what was entered."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Generic, TypeVar

from PySide6.QtCore import QDate, Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDateEdit,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLayout,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from outreach.errors import OutreachError
from outreach.ui.acting import Hold
from outreach.ui.widgets.fields import Still
from outreach.ui.widgets.labels import Label

V = TypeVar("V", covariant=True)
W = TypeVar("W")


class FormDialog(QDialog, Generic[V]):
    """A title, a form and two buttons. Signals: submitted(V) with the values entered.

    It stays open until `accept_result` or, after a refusal, `show_problem`, so that nothing typed is lost.
    Enter presses the button that has the focus, begins a line in a text, and submits from anywhere else.

    is_grave: Enter cancels unless the focus was moved to the other button; for questions without fields.
    """

    submitted = Signal(object)

    def __init__(
        self, parent: QWidget, title: str, submit: str, explanation: str = "", *, is_grave: bool = False
    ) -> None:
        super().__init__(parent)
        self._is_submitted = False
        self._is_warned = False
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(460)
        layout = self._layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        if explanation:
            words = Label(explanation, tone="quiet")
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(words)
        self.form = QFormLayout()
        self.form.setSpacing(10)
        self.form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        layout.addLayout(self.form)
        self.problem = Label("", tone="bad")
        self.problem.hide()
        layout.addWidget(self.problem)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.submit_button = buttons.addButton(submit, QDialogButtonBox.ButtonRole.AcceptRole)
        self.cancel_button = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._submit)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        # Both become the default while they have the focus, so that Enter presses the one that is seen to be
        # chosen. Only once they stand in the dialog does it know which one is meant otherwise.
        for button in (self.submit_button, self.cancel_button):
            button.setAutoDefault(True)
        (self.cancel_button if is_grave else self.submit_button).setDefault(True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        first = next((w for w in _widgets(self.form) if _takes_input(w)), None)
        if first is None:
            first = self.cancel_button if self.cancel_button.isDefault() else self.submit_button
        first.setFocus()
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Escape is pressed by mistake more easily than Cancel; what took long to write asks for it twice.
        if event.key() == Qt.Key.Key_Escape and not self._is_warned and self._has_writing():
            self._is_warned = True
            self.problem.setText(self.tr("Press Escape again to throw away what you wrote, or go on."))
            self.problem.show()
            self._fit()
        else:
            super().keyPressEvent(event)

    def _has_writing(self) -> bool:
        return any(t.document().isModified() for t in self.findChildren(QPlainTextEdit) if not t.isReadOnly())

    def _fit(self) -> None:
        """Grow to the height that the wrapped words need, which a dialog does not do by itself."""
        self._layout.activate()
        wanted = self._layout.totalHeightForWidth(max(self.width(), self.minimumWidth()))
        if wanted > self.height():
            self.resize(max(self.width(), self.minimumWidth()), wanted)

    def values(self) -> V:
        """What was entered. Raises: OutreachError with what to correct."""
        raise NotImplementedError

    def show_problem(self, error: Exception) -> None:
        """Say what is wrong and let the user correct it."""
        self.problem.setText(str(error))
        self.problem.show()
        self._is_submitted = False
        self.submit_button.setEnabled(True)
        self._fit()

    def accept_result(self, result: object = None) -> None:
        """Close: what was entered is saved."""
        self.accept()

    def _submit(self) -> None:
        if self._is_submitted:
            return
        self.problem.hide()
        try:
            values = self.values()
        except OutreachError as error:
            self.show_problem(error)
            return
        self._is_submitted = True
        # A button that is disabled hands its focus on: a second Enter would then press Cancel.
        if not self.submit_button.hasFocus():
            self.submit_button.setEnabled(False)
        self.submitted.emit(values)


class ConfirmDialog(FormDialog[dict[str, object]]):
    """A question before something that is large or cannot be taken back. Values: none."""

    def __init__(
        self, parent: QWidget, title: str, submit: str, question: str, *, is_grave: bool = True
    ) -> None:
        super().__init__(parent, title, submit, question, is_grave=is_grave)

    def values(self) -> dict[str, object]:
        return {}


def _widgets(layout: QLayout) -> Iterator[QWidget]:
    """The widgets of a layout and of those inside it, in their order."""
    for number in range(layout.count()):
        item = layout.itemAt(number)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            yield widget
        elif (inner := item.layout()) is not None:
            yield from _widgets(inner)


def _takes_input(widget: QWidget) -> bool:
    """Whether something can be entered in it now."""
    if widget.isHidden() or not widget.isEnabled():
        return False
    if isinstance(widget, QLineEdit | QPlainTextEdit | QAbstractSpinBox):
        return not widget.isReadOnly()
    if isinstance(widget, QListView):
        first = widget.model().index(0, 0)
        return bool(
            first.isValid()
            and first.flags() & Qt.ItemFlag.ItemIsUserCheckable
            and first.data(Qt.ItemDataRole.CheckStateRole) is not None
        )
    return isinstance(widget, QComboBox | QCheckBox)


class DayField(Still, QDateEdit):
    """A day, chosen from a calendar or typed."""

    def __init__(self, day: date) -> None:
        super().__init__(QDate(day.year, day.month, day.day))
        self._be_still()
        self.setCalendarPopup(True)
        self.setDisplayFormat("d MMMM yyyy")

    def set_day(self, day: date) -> None:
        """Show a day."""
        self.setDate(QDate(day.year, day.month, day.day))

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
        """Choose a value.

        words: offer it by these if it is not offered yet; without them the choice is then left as it is.
        """
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


def ask(dialog: FormDialog[W], submit: Callable[[FormDialog[W], W], object]) -> FormDialog[W]:
    """Open a dialog. submit: called with the dialog and its values each time the user confirms them."""
    hold = open_dialog(dialog)

    def confirmed(values: W) -> None:
        with hold.goes_on():
            submit(dialog, values)

    dialog.submitted.connect(confirmed)
    return dialog


def ask_for_file(dialog: QFileDialog, chosen: Callable[[str], object]) -> None:
    """Open a dialog for a file or folder. chosen: called with the path."""
    _pick(dialog, dialog.fileSelected, chosen)


def ask_for_files(dialog: QFileDialog, chosen: Callable[[list[str]], object]) -> None:
    """Open a dialog for files. chosen: called with their paths."""
    _pick(dialog, dialog.filesSelected, chosen)


def _pick(dialog: QFileDialog, selected: SignalInstance, chosen: Callable[[W], object]) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    hold = open_dialog(dialog)

    def picked(path: W) -> None:
        with hold.goes_on():
            chosen(path)

    selected.connect(picked)


def open_dialog(dialog: QDialog) -> Hold:
    """Open a dialog; what opened it does not open it again until it is closed.

    Returns: for what follows from it.
    """
    hold = Hold()
    dialog.finished.connect(hold.release)
    dialog.open()
    return hold
