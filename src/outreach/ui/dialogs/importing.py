"""Importing a directory: which file or public source, what it is, a trial, and the report."""

import tempfile
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from outreach.directory.importers.european_parliament import EP_TERMS
from outreach.directory.importers.records import ImportReport
from outreach.directory.importers.run import FORMATS, ImportOptions
from outreach.directory.importers.tables import CSV_FIELDS
from outreach.errors import OutreachError
from outreach.ui.dialogs.files import FileDialog
from outreach.ui.dialogs.forms import Choice, ask_for_files, text_field
from outreach.ui.job import Job
from outreach.ui.operations import imports
from outreach.ui.widgets.buttons import push_button
from outreach.ui.widgets.fields import NumberField
from outreach.ui.widgets.labels import Label
from outreach.ui.workspace import Workspace

_SHOWN = 200


class ImportDialog(QDialog):
    """Stays open while it works; what it did is told in it. Signals: imported() after a change."""

    imported = Signal()

    def __init__(self, parent: QWidget, workspace: Workspace) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._paths: list[Path] = []
        self._job: Job | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.setWindowTitle(self.tr("Import a directory"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(720, 620)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(
            Label(
                self.tr(
                    "People, bodies and offices from a public directory. Outside ids decide who is who; "
                    "what you entered "
                    "yourself is never overwritten. “Try” only says what would be done."
                ),
                tone="quiet",
            )
        )
        form = QFormLayout()
        form.setSpacing(10)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.source = Choice(
            [("", self.tr("Files on this computer")), *((f.id, f.title) for f in imports.sources())]
        )
        self.source.currentIndexChanged.connect(self._source_changed)
        self.format = Choice([(key, f.title) for key, f in FORMATS.items()])
        self.format.currentIndexChanged.connect(self._format_changed)
        self.files = QLabel(self.tr("None chosen"))
        self.files.setWordWrap(True)
        choose = push_button(self, self.tr("Choose files…"), self._choose)
        line = QHBoxLayout()
        line.addWidget(choose)
        line.addWidget(self.files, 1)
        self._file_line = QWidget()
        self._file_line.setLayout(line)
        line.setContentsMargins(0, 0, 0, 0)
        self.term = NumberField()
        self.term.setRange(-1, max(EP_TERMS))
        self.term.setValue(-1)
        self.term.setSpecialValueText(self.tr("as the file says"))
        self.body = text_field(hint=self.tr("Where everybody in the file sits, if no column says so"))
        self.dataset = text_field(hint=self.tr("Only to say which list this is an edition of"))
        form.addRow(self.tr("From"), self.source)
        form.addRow(self.tr("Files"), self._file_line)
        form.addRow(self.tr("Format"), self.format)
        form.addRow(self.tr("Term"), self.term)
        form.addRow(self.tr("Body"), self.body)
        form.addRow(self.tr("Data set"), self.dataset)
        self.form = form
        layout.addLayout(form)
        self._columns = QWidget()
        self._column_form = QFormLayout(self._columns)
        self._column_form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.columns: dict[str, Choice] = {}
        self._column_area = QScrollArea()
        self._column_area.setWidget(self._columns)
        self._column_area.setWidgetResizable(True)
        self._column_area.setMinimumHeight(180)
        layout.addWidget(self._column_area, 1)
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setAccessibleName(self.tr("Report"))
        self.report.setPlaceholderText(self.tr("What was added, changed and skipped is told here."))
        layout.addWidget(self.report, 2)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.stop = push_button(self, self.tr("Stop"), self._stop)
        self.stop.hide()
        self.try_ = push_button(self, self.tr("Try"), self._try)
        self.run = push_button(self, self.tr("Import"), self._import)
        # Enter tries, which changes nothing; to import, the button is pressed.
        self.try_.setDefault(True)
        close = push_button(self, self.tr("Close"), self.accept)
        row = QHBoxLayout()
        row.addWidget(self.progress, 1)
        row.addWidget(self.stop)
        row.addStretch()
        for button in (close, self.try_, self.run):
            row.addWidget(button)
        layout.addLayout(row)
        workspace.jobs.shown.connect(self._show_progress)
        self._source_changed()

    @Slot()
    def _source_changed(self) -> None:
        feed = self.source.value()
        self.form.setRowVisible(self._file_line, not feed)
        self.format.setEnabled(not feed)
        if feed:
            self.format.choose(imports.format_of(feed))
        self._format_changed()

    @Slot()
    def _format_changed(self) -> None:
        key = self.format.value()
        self.form.setRowVisible(self.term, key.startswith("europarl"))
        self.form.setRowVisible(self.body, key == "csv")
        self.form.setRowVisible(self.dataset, key in {"csv", "popolo", "vcard"})
        self._show_columns()
        ready = bool(self._paths) or bool(self.source.value())
        self.try_.setEnabled(ready)
        self.run.setEnabled(ready)

    def _show_columns(self) -> None:
        """Which column of a table is what, guessed from its headings."""
        while self._column_form.rowCount():
            self._column_form.removeRow(0)
        self.columns.clear()
        is_table = self.format.value() == "csv" and bool(self._paths) and not self.source.value()
        self._column_area.setVisible(is_table)
        if not is_table:
            return
        try:
            columns = imports.columns_of(self._paths[0])
        except (OutreachError, OSError) as error:
            self.report.setPlainText(str(error))
            self._column_area.hide()
            return
        options = [("", self.tr("leave out")), *((f.key, f.label) for f in CSV_FIELDS)]
        for heading, guessed in columns.items():
            choice = Choice(options, guessed)
            if not guessed:
                choice.setCurrentIndex(0)
            self.columns[heading] = choice
            self._column_form.addRow(heading, choice)

    @Slot()
    def _choose(self) -> None:
        endings = " ".join(f"*{e}" for e in FORMATS[self.format.value()].endings)
        dialog = FileDialog(
            self, self.tr("Choose files"), "", f"{self.format.currentText()} ({endings});;All files (*)"
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        ask_for_files(dialog, self.use_files)

    @Slot(list)
    def use_files(self, paths: list[str]) -> None:
        """Import these files."""
        self._paths = [Path(p) for p in paths]
        self.files.setText(", ".join(p.name for p in self._paths))
        self.report.clear()
        self._format_changed()

    def _options(self) -> ImportOptions:
        return ImportOptions(
            term=self.term.value() if self.term.value() >= 0 else None,
            mapping={heading: choice.value() for heading, choice in self.columns.items() if choice.value()},
            body=self.body.text().strip(),
            dataset=self.dataset.text().strip(),
        )

    @Slot()
    def _try(self) -> None:
        self._start(dry_run=True)

    @Slot()
    def _import(self) -> None:
        self._start(dry_run=False)

    def _start(self, *, dry_run: bool) -> None:
        feed = self.source.value()
        self.report.setPlainText(self.tr("Working…"))
        self._busy(True)
        read_in = partial(self._read_in, self.format.value(), self._options(), dry_run)
        if not feed:
            read_in(self._paths)
            return
        folder = self._folder = tempfile.TemporaryDirectory()
        fetched = imports.fetch(feed, Path(folder.name))
        self._job = fetched.run(self._workspace, self, read_in, failed=self._failed)

    def _read_in(self, format_: str, options: ImportOptions, dry_run: bool, paths: list[Path]) -> None:
        operation = imports.read_in(format_, paths, options, dry_run=dry_run)
        self._job = operation.run(self._workspace, self, self._done, failed=self._failed)

    def _busy(self, busy: bool) -> None:
        if not busy and self._folder is not None:
            self._folder.cleanup()
            self._folder = None
        for widget in (self.try_, self.run, self.source, self.format, self._file_line):
            widget.setEnabled(not busy)
        if not busy:
            self._source_changed()
        self.progress.setVisible(busy)
        self.stop.setVisible(busy)

    @Slot()
    def _show_progress(self) -> None:
        if self._job is not None:
            self.progress.setRange(0, self._job.total)
            self.progress.setValue(self._job.done)

    @Slot()
    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _done(self, report: ImportReport) -> None:
        self._job = None
        self._busy(False)
        lines = [*report.decided, report.summary]
        if report.renamed:
            lines += ["", f"{self.tr('Renamed')} ({report.renamed_count:,}):"]
            lines += [f"{r.file}, row {r.row}: {r.old} → {r.new}" for r in report.renamed]
        for title, items, count in (
            (self.tr("Conflicts"), report.conflicts, report.conflicts_count),
            (self.tr("Skipped"), report.skipped, report.skipped_count),
            (self.tr("Notes"), report.notes, report.notes_count),
        ):
            if items:
                lines += ["", f"{title} ({count:,}):"]
                lines += [f"{file}, row {row}: {reason}" for file, row, reason in items[:_SHOWN]]
                if count > _SHOWN:
                    lines.append(self.tr("… and {0} more").format(f"{count - _SHOWN:,}"))
        self.report.setPlainText("\n".join(lines))
        if imports.has_changed(report):
            self.imported.emit()

    def _failed(self, error: Exception) -> None:
        self._job = None
        self._busy(False)
        self.report.setPlainText(str(error))
