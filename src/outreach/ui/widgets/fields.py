"""Fields that a wheel rolling by does not change."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QSpinBox, QWidget

# What is mixed into a widget is one to the type checker; at run time Qt takes a single class of its own among the bases.
if TYPE_CHECKING:
    MixedIn = QWidget
else:
    MixedIn = object


class Still(MixedIn):
    """For fields with values one after the other: the wheel turns them only while they have the focus, and never gives it to
    them. A page that is scrolled under the pointer changes nothing. Comes before the Qt class among the bases."""

    def _be_still(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class NumberField(Still, QSpinBox):
    """A whole number."""

    def __init__(self) -> None:
        super().__init__()
        self._be_still()
