"""The sections of a briefing pack: which of them it holds, and in which order."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
)

from outreach.packs.options import SECTIONS
from outreach.packs.words import pack_words


class SectionList(QListWidget):
    """Sections in their order: ticked, dragged, or moved with Alt and the arrow keys."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Sections, in their order"))
        self.setToolTip(self.tr("Drag sections, or move them with Alt+Up and Alt+Down"))
        self.setDragDropMode(QListWidget.DragDropMode.InternalMove)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)

    def set_sections(self, chosen: tuple[str, ...]) -> None:
        """Show the sections chosen, in their order, and the others unticked below."""
        words = pack_words("en")
        self.blockSignals(True)
        self.clear()
        for key in (*chosen, *(s for s in SECTIONS if s not in chosen)):
            item = QListWidgetItem(words[key])
            item.setData(Qt.ItemDataRole.UserRole, key)
            item.setFlags((item.flags() | Qt.ItemFlag.ItemIsUserCheckable) & ~Qt.ItemFlag.ItemIsDropEnabled)
            item.setCheckState(Qt.CheckState.Checked if key in chosen else Qt.CheckState.Unchecked)
            self.addItem(item)
        self.blockSignals(False)

    def sections(self) -> tuple[str, ...]:
        """Keys of the sections ticked, in their order."""
        items = [self.item(n) for n in range(self.count())]
        return tuple(
            str(i.data(Qt.ItemDataRole.UserRole)) for i in items if i.checkState() == Qt.CheckState.Checked
        )

    def tick(self, key: str, on: bool) -> None:
        """Tick or untick a section."""
        for number in range(self.count()):
            if self.item(number).data(Qt.ItemDataRole.UserRole) == key:
                self.item(number).setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and event.key() in steps:
            row = self.currentRow()
            to = row + steps[Qt.Key(event.key())]
            if row >= 0 and 0 <= to < self.count():
                self.insertItem(to, self.takeItem(row))
                self.setCurrentRow(to)
        else:
            super().keyPressEvent(event)
