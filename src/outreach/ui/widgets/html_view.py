"""Text to read."""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import (
    QFrame,
    QTextBrowser,
)

from outreach.ui.theme import colors


class HtmlView(QTextBrowser):
    """Text to read, from HTML that the pages build of escaped values."""

    _html = ""  # of the class, because Qt sends the first events before `__init__` is done

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(0)
        self.document().setIndentWidth(16)
        self.viewport().setAutoFillBackground(False)

    def show_html(self, markup: str) -> None:
        """Show a fragment of HTML in the theme's colours. Values in it must be escaped already."""
        same = markup == self._html
        self._html = markup
        c = colors()
        style = (
            f"body {{ color: {c.text.name()}; }} .title "
            f"{{ font-size: 18px; font-weight: 600; margin: 0 0 2px 0; }}"
            f" .head {{ font-size: 12px; font-weight: 600; color: {c.quiet.name()}; margin: 16px 0 4px 0; }}"
            f" p {{ margin: 2px 0 4px 0; line-height: 135%; }} .quiet {{ color: {c.quiet.name()}; }}"
            f" .small {{ font-size: 11px; }} .good {{ color: {c.good.name()}; }} .bad "
            f"{{ color: {c.bad.name()}; }}"
            f" .warning {{ color: {c.warning.name()}; }} a "
            f"{{ color: {c.accent.name()}; text-decoration: none; }}"
            " td { padding: 2px 14px 2px 0; } ul { margin: 0; } li { margin-bottom: 4px; }"
        )
        self.document().setDefaultStyleSheet(style)
        place = self.verticalScrollBar().value() if same else 0
        self.setHtml(f"<body>{markup}</body>")
        self.verticalScrollBar().setValue(place)

    def forget(self) -> None:
        """Show nothing."""
        self.show_html("")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._html:
            self.show_html(self._html)

    def sizeHint(self) -> QSize:
        return QSize(320, 240)
