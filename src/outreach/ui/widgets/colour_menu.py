"""The choice of light or dark colours."""

from functools import partial

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from outreach.ui.theme import CHOICES, Theme


class ColourMenu(QMenu):
    """One of the theme's choices is ticked."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Colours"))
        group = QActionGroup(self)
        names = {
            "system": self.tr("As the system"),
            "light": self.tr("Light"),
            "dark": self.tr("Dark"),
        }
        for choice in CHOICES:
            action = self.addAction(names[choice])
            action.setCheckable(True)
            action.setChecked(choice == theme.choice)
            action.triggered.connect(partial(theme.apply, choice))
            group.addAction(action)
