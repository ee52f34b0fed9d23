"""Search everything from one box (Ctrl+K)."""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from outreach.desk.search import Found, Hit
from outreach.ui.models.rows import Column, RowsModel
from outreach.ui.operations import database
from outreach.ui.widgets.fields import SearchField
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.tables import Table
from outreach.ui.workspace import Workspace

_KINDS = {
    "person": ("Person", "users"),
    "body": ("Body", "landmark"),
    "post": ("Office", "briefcase-business"),
    "area": ("Place", "house"),
    "fact": ("Fact", "scale"),
    "letter": ("Letter", "mail"),
}
_TYPING_MS = 60


class SearchDialog(QDialog):
    """Finds the directory and the letters and facts of the campaign in view.

    Signals: chosen(Hit) for what the user opens.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget, workspace: Workspace) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._is_searching = False
        self._is_wanted = False
        self.setWindowTitle(self.tr("Search"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 460)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(10)
        self.box = SearchField(self.tr("People, bodies, offices, places, facts, letters, answers"))
        self.note = Label("", size=11, tone="quiet")
        self.model: RowsModel[Hit] = RowsModel(
            [
                Column(
                    "Found",
                    lambda h: h.title,
                    width=300,
                    bold=True,
                    stretch=True,
                    icon=lambda h: _KINDS[h.kind][1],
                ),
                Column("Kind", lambda h: _KINDS[h.kind][0], width=70),
                Column("More", lambda h: h.detail, width=200),
            ],
            lambda h: (h.kind, h.ref),
        )
        self.table = Table(self.model, name=self.tr("Results"))
        self.table.horizontalHeader().hide()
        self.table.opened.connect(self._open)
        layout.addWidget(self.box)
        layout.addWidget(self.note)
        layout.addWidget(self.table, 1)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._search)
        self.box.textChanged.connect(self._typed)
        self.box.setFocus()

    @Slot()
    def _typed(self) -> None:
        self._is_searching = True
        self._typing.start()

    @Slot()
    def _search(self) -> None:
        operation = database.search(self.box.text(), self._workspace.campaign)
        operation.run(self._workspace, self, self._show)

    def _show(self, found: Found) -> None:
        self._is_searching = self._typing.isActive()
        self.table.set_rows(found.hits)
        if found.hits:
            first = found.hits[0]
            self.table.select([(first.kind, first.ref)])
        if found.meant:
            self.note.setText(self.tr("Nothing holds these words; shown is “{0}”.").format(found.meant))
        elif self.box.text().strip() and not found.hits:
            self.note.setText(self.tr("Nothing found."))
        elif found.is_cut:
            self.note.setText(
                self.tr("These are the first {0}; type more to see others.").format(len(found.hits))
            )
        else:
            self.note.setText("")
        if self._is_wanted and not self._is_searching:
            self._open()

    @Slot()
    def _open(self) -> None:
        # What is listed until the search is done answers other words than those typed.
        self._is_wanted = self._is_searching
        if self._is_searching:
            return
        rows = self.table.selected()
        if rows:
            self.chosen.emit(rows[0])
            self.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._open()
        elif event.key() in {Qt.Key.Key_Down, Qt.Key.Key_Up} and self.model.rowCount():
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            at = min(max(self.table.currentIndex().row() + step, 0), self.model.rowCount() - 1)
            row = self.model.row(at)
            self.table.select([(row.kind, row.ref)])
        else:
            super().keyPressEvent(event)
