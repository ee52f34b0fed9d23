"""Dialogs about packs: whom one is given to, which facts and letters it holds, evidence, and the look."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TypedDict

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QColorDialog,
    QFileDialog,
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QWidget,
)

from outreach.letters.formats.document import ACCENT
from outreach.packs.evidence import EvidenceRow
from outreach.store.changes import Changes
from outreach.ui.dialogs.files import FileDialog
from outreach.ui.dialogs.forms import FormDialog, ask_for_file, open_dialog, secret_field, text_field
from outreach.ui.models.ticks import TicksModel
from outreach.ui.operations import packs
from outreach.ui.widgets.buttons import push_button
from outreach.ui.words import file_size
from outreach.ui.workspace import Workspace


class GivenToValues(TypedDict):
    """To whom a pack is given, and what it is signed with, if anything."""

    given_to: str
    certificate: Path | None
    passphrase: str


class GivenToDialog(FormDialog[GivenToValues]):
    """Whom a pack is made for, and what to sign it with.

    Values: given_to, certificate (a path or None), passphrase.
    """

    def __init__(self, parent: QWidget, audience: str) -> None:
        super().__init__(
            parent, "Export pack", "Choose file…",
            "Each export is noted with what it holds and its fingerprint, so that you can say later who "
            "was given what.",
        )  # fmt: skip
        self.given_to = text_field(audience, "Such as: the Home Secretary’s office; may stay empty")
        self.certificate = text_field(hint="A .p12 or .pfx file, to sign a PDF; may stay empty")
        self.passphrase = secret_field("Passphrase of the certificate; not kept")
        browse = push_button(self, "Browse…", self._browse)
        self.passphrase.setEnabled(False)
        self.certificate.textChanged.connect(self._certificate_changed)
        line = QHBoxLayout()
        line.addWidget(self.certificate, 1)
        line.addWidget(browse)
        self.form.addRow("Given to", self.given_to)
        self.form.addRow("Sign with", line)
        self.form.addRow("Passphrase", self.passphrase)
        self.setMinimumWidth(560)

    @Slot()
    def _browse(self) -> None:
        dialog = FileDialog(self, "Certificate", "", "Certificates (*.p12 *.pfx)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        ask_for_file(dialog, self.certificate.setText)

    @Slot(str)
    def _certificate_changed(self, path: str) -> None:
        self.passphrase.setEnabled(bool(path.strip()))

    def values(self) -> GivenToValues:
        path = self.certificate.text().strip()
        return {
            "given_to": self.given_to.text().strip(),
            "certificate": Path(path) if path else None,
            "passphrase": self.passphrase.text() if path else "",
        }


class TicksValues(TypedDict):
    """What stays ticked; empty for all."""

    chosen: tuple[str, ...]


class TicksDialog(FormDialog[TicksValues]):
    """Some of several things. Values: chosen (tuple of keys, empty for all)."""

    def __init__(
        self, parent: QWidget, title: str, items: Sequence[tuple[str, str]], chosen: Sequence[str]
    ) -> None:
        super().__init__(parent, title, "Use these", "Untick what is not to stand in this pack.")
        self.model = TicksModel(items, chosen)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setUniformItemSizes(True)
        self.list.setMinimumHeight(340)
        self.list.setAccessibleName(title)
        every = push_button(self, "All", partial(self.model.set_all, True))
        none = push_button(self, "None", partial(self.model.set_all, False))
        line = QHBoxLayout()
        line.addWidget(every)
        line.addWidget(none)
        line.addStretch()
        self.form.addRow(self.list)
        self.form.addRow(line)
        self.setMinimumWidth(560)

    def values(self) -> TicksValues:
        on = self.model.ticked()
        return {"chosen": () if len(on) == self.model.rowCount() else on}


class EvidenceDialog(FormDialog[dict[str, object]]):
    """Evidence of a case: adds and removes at once. Values: none."""

    def __init__(self, parent: QWidget, workspace: Workspace, case_id: str) -> None:
        super().__init__(
            parent,
            "Evidence",
            "Done",
            "PDFs and pictures that are appended to packs, each as an annex in this order. The files are "
            "kept as they are.",
        )
        self._workspace, self._case = workspace, case_id
        self.list = QListWidget()
        self.list.setMinimumHeight(200)
        self.list.setAccessibleName("Evidence")
        self.title = text_field(hint="What it is, such as: Ruling of 13 November 2009")
        self.note = text_field(hint="Where it comes from; may stay empty")
        add = push_button(self, "Add file…", self._choose, "plus")
        self.remove = push_button(self, "Remove", self._remove, "trash-2")
        line = QHBoxLayout()
        line.addWidget(add)
        line.addWidget(self.remove)
        line.addStretch()
        self.form.addRow(self.list)
        self.form.addRow("Title", self.title)
        self.form.addRow("Note", self.note)
        self.form.addRow("", line)
        self.setMinimumWidth(560)
        workspace.jobs.changed.connect(self._changed)
        self._read()

    def _read(self) -> None:
        packs.evidence(self._case).run(self._workspace, self, self._show)

    def _show(self, rows: tuple[EvidenceRow, ...]) -> None:
        self.list.clear()
        for number, row in enumerate(rows, start=1):
            item = QListWidgetItem(f"Annex {number}: {row.title} ({file_size(row.size_bytes)})")
            item.setData(Qt.ItemDataRole.UserRole, row.key)
            item.setToolTip(f"{row.file_name}\nSHA-256 {row.sha256}")
            self.list.addItem(item)
        self.remove.setEnabled(bool(rows))

    @Slot()
    def _choose(self) -> None:
        dialog = FileDialog(
            self,
            "Evidence",
            "",
            "PDFs and pictures (*.pdf *.png *.jpg *.jpeg *.tif *.tiff *.webp *.gif *.bmp)",
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        ask_for_file(dialog, self.add_file)

    @Slot(str)
    def add_file(self, path: str) -> None:
        """Put a file on file as evidence."""
        operation = packs.file_evidence(
            self._case, Path(path), title=self.title.text(), note=self.note.text()
        )
        operation.run(self._workspace, self, self._added, failed=self.show_problem)

    @Slot()
    def _remove(self) -> None:
        """Take it out; Undo puts it back, once this is closed."""
        item = self.list.currentItem()
        if item is not None:
            key = int(item.data(Qt.ItemDataRole.UserRole))
            packs.take_out_evidence(self._case, key).run(self._workspace, self)

    def _added(self, changes: Changes) -> None:
        self.problem.hide()
        self.title.clear()
        self.note.clear()

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        if "packs" in changes.kinds:
            self._read()

    def values(self) -> dict[str, object]:
        return {}


class BrandValues(TypedDict):
    """A colour and a logo as they were typed."""

    color: str
    logo: str


class BrandDialog(FormDialog[BrandValues]):
    """The colour and the logo of letters and packs.

    Values: color, logo ("" leaves them, none forgets them).
    """

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(
            parent,
            "Look of letters and packs",
            "Save",
            f"For every letter and pack of {name}. The colour must be dark enough to be read on white.",
        )
        self.color = text_field(hint=f"{ACCENT}; none for the app’s own")
        self.logo = text_field(hint="An SVG, PNG or JPEG file; none for no logo")
        pick = push_button(self, "Pick…", self._pick)
        browse = push_button(self, "Browse…", self._browse)
        lines = []
        for field, button in ((self.color, pick), (self.logo, browse)):
            line = QHBoxLayout()
            line.addWidget(field, 1)
            line.addWidget(button)
            lines.append(line)
        self.form.addRow("Colour", lines[0])
        self.form.addRow("Logo", lines[1])
        self.setMinimumWidth(520)

    @Slot()
    def _pick(self) -> None:
        dialog = QColorDialog(QColor(self.color.text() or ACCENT), self)
        dialog.colorSelected.connect(self._picked)
        open_dialog(dialog)

    def _picked(self, color: QColor) -> None:
        self.color.setText(color.name())

    @Slot()
    def _browse(self) -> None:
        dialog = FileDialog(self, "Logo", "", "Pictures (*.svg *.png *.jpg *.jpeg)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        ask_for_file(dialog, self.logo.setText)

    def values(self) -> BrandValues:
        return {"color": self.color.text().strip(), "logo": self.logo.text().strip()}
