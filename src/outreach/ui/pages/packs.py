"""Packs: choose what a briefing holds, see it, export it, and know what was given out."""

from datetime import date
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QFileDialog, QFormLayout, QLabel

from outreach.packs.contents import SECTIONS, pack_contents
from outreach.packs.exports import PackExportRow, export_pack, pack_exports, typeset_pack
from outreach.ui.dialogs.forms import Choice, DayField
from outreach.ui.models.columns import export_columns
from outreach.ui.models.rows import RowsModel
from outreach.ui.pages.base import Page
from outreach.ui.widgets.parts import (
    EmptyState,
    Panel,
    Splitter,
    Table,
    TableOrEmpty,
    Words,
    button,
    make_action,
    row_of,
)
from outreach.ui.widgets.preview import Preview
from outreach.ui.workspace import Workspace

_PREVIEW_MS = 150


class PacksPage(Page):
    """A briefing pack made from the same records as everything else."""

    title = "Packs"
    kinds = frozenset({"packs", "letters", "cases", "directory"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.export = make_action(
            self, self.tr("Export PDF…"), "download", self._export, shortcut="Ctrl+Shift+E",
            tip=self.tr("Write the pack as a tagged, archivable PDF"),
        )  # fmt: skip
        self.layout_.addLayout(row_of(self.heading, None, button(self.export, primary=True)))
        self.case = Choice([])
        self.day = DayField(date.today())  # noqa: DTZ011
        self.case.currentIndexChanged.connect(self._changed)
        self.day.dateChanged.connect(self._changed)
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow(self.tr("Case"), self.case)
        form.addRow(self.tr("Dated"), self.day)
        options = Panel(margins=16, spacing=8)
        options.body.addLayout(form)
        name = QLabel(self.tr("Sections"))
        options.body.addSpacing(4)
        options.body.addWidget(name)
        self.sections: dict[str, QCheckBox] = {}
        for key, title in SECTIONS:
            tick = QCheckBox(title)
            tick.setChecked(True)
            tick.toggled.connect(self._changed)
            self.sections[key] = tick
            options.body.addWidget(tick)
        options.body.addStretch()
        self.model = RowsModel(export_columns(), lambda e: (e.exported_at, e.sha256))
        self.exports = Table(self.model, name=self.tr("Packs exported"))
        self._exports_stack = TableOrEmpty(
            self.exports,
            EmptyState(
                "briefcase-business",
                self.tr("No pack exported yet"),
                self.tr("Each export is noted here with its pages and its fingerprint."),
            ),
        )
        given = Panel(margins=1, spacing=4)
        heading = Words(self.tr("Exported so far"), size=14, strong=True, wrap=False)
        heading.setContentsMargins(14, 12, 14, 4)
        given.body.addWidget(heading)
        given.body.addWidget(self._exports_stack, 1)
        column = Splitter(Qt.Orientation.Vertical, options, given, sizes=[400, 240])
        self.preview = Preview(self.tr("The pack is being set…"))
        view = Panel(margins=1, spacing=0)
        view.body.addWidget(self.preview)
        self.splitter = Splitter(Qt.Orientation.Horizontal, column, view, sizes=[400, 640])
        self.layout_.addWidget(self.splitter, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PREVIEW_MS)
        self._timer.timeout.connect(self._render)

    def refresh(self) -> None:
        campaign = self.workspace.campaign
        if campaign is None:
            return
        self.case.set_options(list(campaign.cases))
        if self.is_other_campaign():
            self.day.setDate(campaign.today)
        self.export.setEnabled(bool(self.case.value()))
        self.workspace.jobs.read(self, pack_exports, self._show, slot="exports")
        self._render()

    def _show(self, rows: tuple[PackExportRow, ...]) -> None:
        self.exports.set_rows(rows)
        self._exports_stack.show_table(bool(rows))

    def _changed(self) -> None:
        self._timer.start()

    def left_out(self) -> tuple[str, ...]:
        """Keys of the sections that are not ticked."""
        return tuple(key for key, tick in self.sections.items() if not tick.isChecked())

    def _render(self) -> None:
        case_id, day, left_out = self.case.value(), self.day.day(), self.left_out()
        if not case_id:
            self.preview.show_hint(self.tr("This campaign has no case yet."))
            return

        def read(session: Any) -> Any:
            return pack_contents(session, case_id, on=day, leave_out=left_out)

        def typeset(contents: Any) -> None:
            self.workspace.jobs.compute(
                self,
                lambda: typeset_pack(contents, on=day),
                self.preview.show_pdf,
                failed=self._unset,
                slot="preview",
            )

        self.workspace.jobs.read(self, read, typeset, failed=self._unset, slot="contents")

    def _unset(self, error: Exception) -> None:
        self.preview.show_hint(str(error))

    def _export(self) -> None:
        name = f"{self.case.currentText()} briefing pack.pdf"
        dialog = QFileDialog(self, self.tr("Export pack"), name, "PDF (*.pdf)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("pdf")
        dialog.fileSelected.connect(self.export_to)
        dialog.open()

    def export_to(self, path: str) -> None:
        """Write the pack to a file, with progress."""
        case_id, day, left_out = self.case.value(), self.day.day(), self.left_out()

        def work(database: Any, progress: Any) -> Any:
            return export_pack(database, case_id, Path(path), on=day, leave_out=left_out, progress=progress)

        self.workspace.jobs.long(self, self.tr("Exporting the pack"), work, self._exported)

    def _exported(self, changes: Any) -> None:
        self.workspace.said.emit(self.tr("Pack written: {0}").format(changes.message))
