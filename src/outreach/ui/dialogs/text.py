"""A text to read and close."""

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from outreach import __version__
from outreach.ui.dialogs.forms import open_dialog


def show_text(parent: QWidget, title: str, markup: str) -> None:
    """Show a fragment of HTML, values in it escaped already."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, title, markup, QMessageBox.StandardButton.Close, parent)
    box.setTextFormat(Qt.TextFormat.RichText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    open_dialog(box)


def show_about(parent: QWidget, location: str) -> None:
    """Say which program this is, and which database it has open."""
    show_text(
        parent,
        parent.tr("About outreach"),
        f"<p><b>outreach {__version__}</b></p>"
        "<p>Letters to people in power, and who answered.</p>"
        f"<p>This database: {escape(location)}</p>"
        "<p>MIT licence. Fonts: Inter and Source Serif 4 (SIL OFL). Icons: Lucide (ISC).</p>",
    )
