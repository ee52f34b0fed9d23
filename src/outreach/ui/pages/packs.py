"""Packs: choose what a briefing holds and in which order, see it, export it, know what was given to whom."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from outreach.cases.facts import FactRow
from outreach.domain.wording import LANGUAGES, counted
from outreach.packs.contents import PackContents
from outreach.packs.exports import PackExportRow, PackRow
from outreach.packs.options import PRESETS, SECTIONS, PackOptions
from outreach.ui.dialogs.files import FileDialog
from outreach.ui.dialogs.forms import Choice, DayField, FormDialog, ask, ask_for_file, text_field
from outreach.ui.dialogs.letters import NameDialog, NameValues
from outreach.ui.dialogs.packs import (
    BrandDialog,
    BrandValues,
    EvidenceDialog,
    GivenToDialog,
    GivenToValues,
    TicksDialog,
    TicksValues,
)
from outreach.ui.models.columns import export_columns
from outreach.ui.models.rows import RowsModel
from outreach.ui.operations import cases, letters, packs
from outreach.ui.pages.base import Page
from outreach.ui.widgets.buttons import button, make_action
from outreach.ui.widgets.empty_state import EmptyState, TableOrEmpty
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.panels import Panel, Splitter, row_of
from outreach.ui.widgets.preview import Preview
from outreach.ui.widgets.section_list import SectionList
from outreach.ui.widgets.tables import Table
from outreach.ui.workspace import Workspace

_PREVIEW_MS = 150


_PRESET_NAMES = {"dossier": "Full dossier", "meeting": "Meeting pack", "brief": "One-page brief"}


class PacksPage(Page):
    """A briefing pack made from the same records as everything else."""

    title = "Packs"
    kinds = frozenset({"packs", "letters", "cases", "directory"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._options = PackOptions()
        self._packs: tuple[PackRow, ...] = ()
        self._make_actions()
        more = QPushButton(self.tr("More"))
        menu = QMenu(self)
        menu.addActions([self.which_facts, self.which_letters, self.evidence, self.look, self.keep])
        more.setMenu(menu)
        self.layout_.addLayout(row_of(self.heading, None, more, button(self.export, primary=True)))
        self.case = Choice([])
        self.preset = Choice([(k, self.tr(w)) for k, w in _PRESET_NAMES.items()])
        self.pack_title = text_field(hint=self.tr("The case’s name"))
        self.audience = text_field(hint=self.tr("Such as: the Home Secretary"))
        self.marking = text_field(hint=self.tr("Such as: Confidential"))
        self.language = Choice(list(LANGUAGES.items()))
        self.day = DayField(date.today())  # noqa: DTZ011
        self.case.currentIndexChanged.connect(self._case_chosen)
        self.preset.currentIndexChanged.connect(self._preset_chosen)
        self.language.currentIndexChanged.connect(self._changed)
        self.day.dateChanged.connect(self._changed)
        for field in (self.pack_title, self.audience, self.marking):
            field.textChanged.connect(self._changed)
        self._form = QFormLayout()
        self._form.setSpacing(7)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        dated = Label(self.tr("Dated"), size=13, wrap=False)
        dated.setBuddy(self.day)
        dated.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._form.addRow(self.tr("Case"), self.case)
        self._form.addRow(self.tr("Kind"), self.preset)
        self._form.addRow(self.tr("Title"), self.pack_title)
        self._form.addRow(self.tr("For"), self.audience)
        self._form.addRow(self.tr("Marked"), self.marking)
        self._form.addRow(self.tr("Language"), row_of(self.language, dated, self.day))
        options = Panel(margins=14, spacing=8)
        options.body.addLayout(self._form)
        self.sections = SectionList()
        self.sections.set_sections(SECTIONS)
        self.sections.itemChanged.connect(self._changed)
        self.sections.model().rowsMoved.connect(self._changed)
        self.sections.model().rowsInserted.connect(self._changed)
        options.body.addWidget(self.sections, 1)
        self.chosen_words = Label("", size=11, tone="quiet")
        options.body.addWidget(self.chosen_words)
        self.model = RowsModel(export_columns(), lambda e: (e.exported_at, e.sha256))
        self.exports = Table(self.model, name=self.tr("Packs exported"))
        self._exports_stack = TableOrEmpty(
            self.exports,
            EmptyState(
                "briefcase-business",
                self.tr("No pack exported yet"),
                self.tr("Each export is noted here with what it held."),
            ),
        )
        given = Panel(margins=1, spacing=4)
        heading = Label(self.tr("Given out so far"), size=14, strong=True, wrap=False)
        heading.setContentsMargins(14, 12, 14, 4)
        given.body.addWidget(heading)
        given.body.addWidget(self._exports_stack, 1)
        column = Splitter(Qt.Orientation.Vertical, options, given, sizes=[560, 150])
        self.preview = Preview(self.tr("The pack is being set…"))
        view = Panel(margins=1, spacing=0)
        view.body.addWidget(self.preview)
        self.splitter = Splitter(Qt.Orientation.Horizontal, column, view, sizes=[400, 640])
        self.layout_.addWidget(self.splitter, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PREVIEW_MS)
        self._timer.timeout.connect(self._render)

    def _make_actions(self) -> None:
        self.export = make_action(
            self, self.tr("Export…"), "download", self._export, shortcut="Ctrl+Shift+E",
            tip=self.tr("Write the pack as a tagged, archivable PDF, a web page or a Word document"),
        )  # fmt: skip
        self.which_facts = make_action(self, self.tr("Which facts…"), "check", self._which_facts)
        self.which_letters = make_action(self, self.tr("Which letters…"), "mail", self._which_letters)
        self.evidence = make_action(self, self.tr("Evidence…"), "file-text", self._evidence)
        self.look = make_action(self, self.tr("Colour and logo…"), "pencil", self._look)
        self.keep = make_action(self, self.tr("Save this pack…"), "save", self._keep)

    def refresh(self) -> None:
        campaign = self.workspace.campaign
        if campaign is None:
            return
        self.case.set_options(list(campaign.cases))
        self._form.setRowVisible(self.case, len(campaign.cases) > 1)
        self.export.setEnabled(bool(self.case.value()))
        case_id = self.case.value()

        self.read(packs.given_out(campaign, case_id), self._show)
        self._render()

    def reset(self) -> None:
        self._options, self._packs = PackOptions(), ()
        super().reset()
        for field in (self.pack_title, self.audience, self.marking):
            field.clear()
        self.sections.set_sections(SECTIONS)
        campaign = self.workspace.campaign
        if campaign is not None:
            self.day.set_day(campaign.today)
        # What was just set asks for a preview; `refresh` makes it.
        self._timer.stop()

    def main_widgets(self) -> Sequence[QWidget]:
        return (self.sections,)

    def _show(self, found: tuple[tuple[PackExportRow, ...], tuple[PackRow, ...]]) -> None:
        rows, self._packs = found
        self.exports.set_rows(rows)
        self._exports_stack.show_table(bool(rows))
        kept = [(f"pack:{p.key}", p.title) for p in self._packs]
        self.preset.set_options([*((k, self.tr(w)) for k, w in _PRESET_NAMES.items()), *kept])

    def _case_chosen(self) -> None:
        self._options = replace(self._options, facts=(), letters=())
        self.mark_stale()

    def _preset_chosen(self) -> None:
        chosen = self.preset.value()
        kept = next((p for p in self._packs if f"pack:{p.key}" == chosen), None)
        options = kept.options if kept else PRESETS.get(chosen, PackOptions())
        self._options = options
        if kept is not None:
            for field, value in (
                (self.pack_title, options.title),
                (self.audience, options.audience),
                (self.marking, options.marking),
            ):
                field.setText(value)
            self.language.choose(options.language)
        self.sections.set_sections(options.sections)
        self._changed()

    def _changed(self) -> None:
        self._timer.start()

    def options(self) -> PackOptions:
        """The options as they are set."""
        return replace(
            self._options,
            sections=self.sections.sections(),
            title=self.pack_title.text().strip(),
            audience=self.audience.text().strip(),
            marking=self.marking.text().strip(),
            language=self.language.value() or "en",
        )

    def _render(self) -> None:
        case_id, day, options = self.case.value(), self.day.day(), self.options()
        facts, letters = len(options.facts), len(options.letters)
        some = [self.tr("{0} facts").format(facts)] if facts else []
        some += [self.tr("{0} letters").format(letters)] if letters else []
        self.chosen_words.setText(self.tr("Only {0}, as chosen").format(", ".join(some)) if some else "")
        self.chosen_words.setVisible(bool(some))
        if not case_id:
            self.preview.show_hint(self.tr("This campaign has no case yet."))
            return

        operation = packs.contents(case_id, day, options)
        operation.run(self.workspace, self, partial(self._typeset, day), failed=self._unset)

    def _typeset(self, day: date, contents: PackContents) -> None:
        self._say_left_out(contents.left_out)
        packs.typeset(contents, day).run(self.workspace, self, self.preview.show_pdf, failed=self._unset)

    def _say_left_out(self, left_out: int) -> None:
        """Below the sections: that the pack in view is not the whole."""
        if left_out:
            words = self.tr("Here without {0}; the pack that is exported holds them.")
            more = words.format(counted(left_out, "more letter", "more letters"))
            self.chosen_words.setText("\n".join(x for x in (self.chosen_words.text(), more) if x))
            self.chosen_words.show()

    def _unset(self, error: Exception) -> None:
        self.preview.show_hint(str(error))

    def _which_facts(self) -> None:
        case_id, language = self.case.value(), self.language.value() or "en"

        def found(facts: tuple[FactRow, ...]) -> None:
            items = [(f.name, f"{f.label}: {f.value}") for f in facts]
            ask(
                TicksDialog(self, self.tr("Facts of this pack"), items, self._options.facts),
                self._facts_chosen,
            )

        cases.facts(case_id, language).run(self.workspace, self, found)

    def _facts_chosen(self, dialog: FormDialog[object], values: TicksValues) -> None:
        dialog.accept_result()
        self._options = replace(self._options, facts=values["chosen"])
        self._changed()

    def _which_letters(self) -> None:
        campaign = self.workspace.campaign
        if campaign is None:
            return

        def found(items: list[tuple[str, str]]) -> None:
            ask(
                TicksDialog(self, self.tr("Letters of this pack"), items, self._options.letters),
                self._letters_chosen,
            )

        letters.for_packs(campaign).run(self.workspace, self, found)

    def _letters_chosen(self, dialog: FormDialog[object], values: TicksValues) -> None:
        dialog.accept_result()
        self._options = replace(self._options, letters=values["chosen"])
        self._changed()

    def _evidence(self) -> None:
        ask(EvidenceDialog(self, self.workspace, self.case.value()), self._close_dialog)

    def _close_dialog(self, dialog: FormDialog[object], values: object) -> None:
        dialog.accept_result()

    def _look(self) -> None:
        campaign = self.workspace.campaign
        if campaign is None:
            return

        def submit(dialog: FormDialog[object], values: BrandValues) -> None:
            packs.set_look(campaign, **values).run_in(self.workspace, dialog)

        ask(BrandDialog(self, campaign.name), submit)

    def _keep(self) -> None:
        case_id, options = self.case.value(), self.options()

        def submit(dialog: FormDialog[object], values: NameValues) -> None:
            packs.keep(case_id, options, **values).run_in(self.workspace, dialog)

        words = self.tr("It is then offered under “Kind”, to be made again from the records of that day.")
        ask(NameDialog(self, self.tr("Save pack"), self.tr("Name"), words), submit)

    def _export(self) -> None:
        name = f"{self.pack_title.text().strip() or self.case.currentText()} briefing pack.pdf"

        def chosen(dialog: FormDialog[object], values: GivenToValues) -> None:
            dialog.accept_result()
            target = FileDialog(
                self,
                self.tr("Export pack"),
                name,
                "PDF (*.pdf);;Web page in one file (*.html);;Word document (*.docx)",
            )
            target.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            target.setDefaultSuffix("pdf")
            ask_for_file(target, partial(self.export_to, **values))

        ask(GivenToDialog(self, self.audience.text().strip()), chosen)

    def export_to(
        self, path: str, given_to: str = "", certificate: Path | None = None, passphrase: str = ""
    ) -> None:
        """Write the pack to a file, with progress.

        The ending of its name says which format; a PDF is signed with the certificate.
        """
        operation = packs.export(
            self.case.value(),
            Path(path),
            on=self.day.day(),
            options=self.options(),
            given_to=given_to,
            certificate=certificate,
            passphrase=passphrase,
            say=self.workspace.said.emit,
        )
        operation.run(self.workspace, self)
