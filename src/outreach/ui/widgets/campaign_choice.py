"""The choice of the campaign in view, above the list of pages."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent

from outreach.ui.dialogs.forms import Choice

_OPENING = {
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F4,
    Qt.Key.Key_Select,
}  # fmt: skip


class CampaignChoice(Choice):
    """Everything in the window depends on it, so it changes only by opening its list and choosing there: no
    arrow, letter or wheel does it in passing."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _OPENING:
            self.showPopup()
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
