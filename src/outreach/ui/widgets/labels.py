"""Words in the app's sizes and tones."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import (
    QFont,
)
from PySide6.QtWidgets import (
    QLabel,
)

from outreach.ui.theme import colors, sized


class Label(QLabel):
    """A label in one of the app's sizes and tones, which follows the theme."""

    def __init__(
        self, text: str = "", *, size: float = 13, strong: bool = False, tone: str = "text", wrap: bool = True
    ) -> None:
        super().__init__(text)
        self._first = (text, tone)
        self._tone = tone
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setFont(sized(size, weight=QFont.Weight.DemiBold if strong else QFont.Weight.Normal))
        self._color()

    def set_tone(self, tone: str) -> None:
        """Use another colour; see `theme.Colors.tone`."""
        self._tone = tone
        self._color()

    def forget(self) -> None:
        """Say what it said at first."""
        text, tone = self._first
        self.setText(text)
        self.set_tone(tone)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.StyleChange}:
            self._color()

    def _color(self) -> None:
        wanted = colors().tone(self._tone)
        palette = self.palette()
        if palette.color(self.foregroundRole()) != wanted:
            palette.setColor(self.foregroundRole(), wanted)
            self.setPalette(palette)
