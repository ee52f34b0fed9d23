"""A text to read and close."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from outreach.ui.dialogs.forms import open_dialog


def show_text(parent: QWidget, title: str, markup: str) -> None:
    """Show a fragment of HTML, values in it escaped already."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, title, markup, QMessageBox.StandardButton.Close, parent)
    box.setTextFormat(Qt.TextFormat.RichText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    open_dialog(box)
