"""Actions of pages and dialogs, and the buttons that press them."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QAction,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
)
from PySide6.QtWidgets import (
    QPushButton,
    QWidget,
)

from outreach.ui.acting import Action
from outreach.ui.icons import icon

Shortcut = str | QKeySequence.StandardKey


class _ActionButton(QPushButton):
    """A button that looks and is enabled as its action."""

    def __init__(self, action: QAction, primary: bool) -> None:
        super().__init__()
        self._action, self._primary = action, primary
        self.setDefault(primary)
        self.setAutoDefault(False)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def setEnabled(self, enabled: bool) -> None:
        """Offer its action or not."""
        self._action.setEnabled(enabled)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second press of a double click is not another wish: what is under it may be another letter by
        now."""
        event.accept()

    def _follow(self) -> None:
        self.setText(self._action.text())
        # A button that is disabled hands its focus on: the next Enter would then press its neighbour. So the
        # one that has the focus stays as it is while what it started is under way; its action takes no second
        # press.
        waits = isinstance(self._action, Action) and self._action.is_offered and self.hasFocus()
        super().setEnabled(self._action.isEnabled() or waits)
        self.setToolTip(self._action.toolTip())
        symbol = str(self._action.data() or "")
        if symbol:
            self.setIcon(icon(symbol, "on_accent" if self._primary else "text"))


def button(action: QAction, *, primary: bool = False) -> QPushButton:
    """A push button for an action, enabled and named as the action is."""
    return _ActionButton(action, primary)


def push_button(parent: QWidget, text: str, slot: Callable[[], object], symbol: str = "") -> QPushButton:
    """A button of a dialog; Enter presses it while it has the focus, and not while what it started is under
    way."""
    return button(make_action(parent, text, symbol, slot))


def make_action(
    parent: QWidget,
    text: str,
    symbol: str,
    slot: Callable[[], object],
    *,
    shortcut: Shortcut | None = None,
    tip: str = "",
    enabled: bool = True,
) -> Action:
    """An action of a page, which does not start again what it started while that is under way; see
    `Action`."""
    action = Action(text, parent, slot)
    if symbol:
        action.setIcon(icon(symbol))
        action.setData(symbol)
    if shortcut is not None:
        action.setShortcut(shortcut)
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        parent.addAction(action)
    if tip:
        action.setToolTip(tip)
    action.setEnabled(enabled)
    return action
