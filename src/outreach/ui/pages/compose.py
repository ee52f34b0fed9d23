"""Compose: choose case, template and recipients, draft, and work on the drafts with the letter in view."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QFormLayout, QWidget

from outreach.cases.campaigns import CampaignRow
from outreach.desk.chosen import AboutLetters, ChosenLetters
from outreach.desk.letter_query import LetterQuery
from outreach.domain.wording import LANGUAGES, counted
from outreach.letters.approving import Decision
from outreach.letters.templates import LetterTemplate
from outreach.recipients.resolve import ResolvedRecipients
from outreach.recipients.rows import RecipientKeys
from outreach.store.changes import Changes
from outreach.ui.dialogs.directory import GroupDialog, GroupValues
from outreach.ui.dialogs.forms import Choice, DayField, FormDialog, ask, text_field
from outreach.ui.dialogs.letters import ApproveDialog
from outreach.ui.models.columns import draft_columns
from outreach.ui.operations import directory, drafts, letters
from outreach.ui.operations.drafts import Drafted
from outreach.ui.pages.base import Page
from outreach.ui.widgets.buttons import button, make_action
from outreach.ui.widgets.empty_state import EmptyState, TableOrEmpty
from outreach.ui.widgets.fields import SearchField
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.letter_editor import LetterEditor
from outreach.ui.widgets.letter_table import LetterTable
from outreach.ui.widgets.panels import Panel, Splitter, row_of
from outreach.ui.widgets.recipient_item import RecipientList
from outreach.ui.workspace import What, Workspace

_NOTED = 6


class ComposePage(Page):
    """From facts to drafts. Only templates that ask for something are offered; reminders and thanks are
    drafted from the table of letters, where the earlier letter is."""

    title = "Compose"
    kinds = frozenset({"letters", "cases", "directory"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._searched: str | None = None
        self._stays_clear = False
        self._to_tick: list[int] = []
        self._make_actions()
        self.layout_.addLayout(
            row_of(self.heading, None, button(self.delete), button(self.approve), button(self.approve_all))
        )
        self.case = Choice([])
        self.template = Choice([("", self.tr("Automatic, by recipient"))])
        self.day = DayField(date.today())  # noqa: DTZ011
        form = QFormLayout()
        form.setSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Case"), self.case)
        form.addRow(self.tr("Template"), self.template)
        form.addRow(self.tr("Dated"), self.day)
        for choice in (self.case, self.template):
            choice.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            choice.setMinimumContentsLength(12)
        self.search = SearchField(self.tr("Search recipients"))
        self.search.setMinimumWidth(120)
        self.search.paused.connect(self._list_recipients)
        self.recipients = RecipientList(workspace)
        self.recipients.loaded.connect(self._recipients_came)
        self.recipients.ticks_changed.connect(self._ticked)
        self.question = text_field(hint=self.tr("Or ask: members of JCSE"))
        self.question.setAccessibleName(self.tr("Recipients by question"))
        self.question.setToolTip(
            self.tr(
                "Such as: senators of Texas; MEPs of Finland in term 7; members of JCSE; senators without "
                "an answer after "
                "30 days. Return ticks whom it names."
            )
        )
        self._completions = QStringListModel(self)
        completer = QCompleter(self._completions, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.question.setCompleter(completer)
        self.question.textEdited.connect(self._complete)
        self.question.returnPressed.connect(self.name_recipients.trigger)
        self.keep = make_action(
            self, self.tr("Save"), "", self._save_group, tip=self.tr("Save the question under a name")
        )
        self.everyone = make_action(
            self, self.tr("All"), "", self._tick_all, tip=self.tr("Tick all recipients in view")
        )
        self.nobody = make_action(
            self, self.tr("None"), "", self._tick_none, tip=self.tr("Untick all recipients in view")
        )
        write = Panel(margins=14, spacing=8)
        write.body.addLayout(form)
        write.body.addLayout(row_of(self.search, button(self.everyone), button(self.nobody), spacing=6))
        write.body.addLayout(row_of(self.question, button(self.keep), spacing=6))
        write.body.addWidget(self.recipients, 1)
        self.elsewhere = self.recipients.elsewhere
        write.body.addWidget(self.elsewhere)
        write.body.addWidget(button(self.draft, primary=True))
        self.notes = Label("", size=11, tone="warning")
        self.notes.hide()
        write.body.addWidget(self.notes)

        self.drafts = LetterTable(workspace, draft_columns(), many=True, name=self.tr("Drafts"))
        self.model = self.drafts.letters
        self.drafts.chosen.connect(self._chosen)
        self.drafts.loaded.connect(self._drafts_came)
        drafts = Panel(margins=1, spacing=0)
        self._drafts_stack = TableOrEmpty(
            self.drafts,
            EmptyState("pen-line", self.tr("No drafts"), self.tr("Tick recipients above and draft.")),
        )
        drafts.body.addWidget(self._drafts_stack)
        column = Splitter(Qt.Orientation.Vertical, write, drafts, sizes=[400, 200])

        self.editor = LetterEditor(workspace)
        self._editor_stack = TableOrEmpty(
            self.editor,
            EmptyState(
                "pen-line",
                self.tr("No draft chosen"),
                self.tr(
                    "Tick recipients on the left and draft their letters. A draft is edited here, with the "
                    "printed "
                    "letter beside it; approving freezes its text."
                ),
            ),
        )
        self.splitter = Splitter(Qt.Orientation.Horizontal, column, self._editor_stack, sizes=[300, 730])
        self.layout_.addWidget(self.splitter, 1)
        self._ticked()
        self._chosen()

    def _make_actions(self) -> None:
        self.name_recipients = make_action(self, self.tr("Tick whom the question names"), "", self._ask)
        self.draft = make_action(
            self,
            self.tr("Draft letters"),
            "pen-line",
            self._draft,
            shortcut="Ctrl+Return",
            tip=self.tr("Fill the template for each recipient ticked in the list above"),
        )
        self.approve = make_action(
            self,
            self.tr("Approve"),
            "check",
            self._approve,
            shortcut="Ctrl+Shift+A",
            tip=self.tr("Freeze the text of the drafts chosen"),
        )
        self.approve_all = make_action(self, self.tr("Approve all drafts"), "check", self._approve_all)
        self.delete = make_action(self, self.tr("Delete"), "trash-2", self._delete)

    def refresh(self) -> None:
        campaign = self.workspace.campaign
        if campaign is None:
            return
        self.case.set_options(list(campaign.cases))

        self.read(drafts.templates(self.workspace.sandbox), self._show)
        self._list_recipients()
        self.expect("drafts")
        self.drafts.follow(letters.listing(LetterQuery(status="draft").of(campaign.key), campaign.today))

    def reset(self) -> None:
        # What is typed is saved before the editor forgets it.
        self.editor.forget()
        self._searched = None
        self._to_tick = []
        super().reset()
        self._completions.setStringList([])
        self.question.clear()
        self.notes.hide()
        campaign = self.workspace.campaign
        if campaign is not None:
            self.day.set_day(campaign.today)

    def save_words(self) -> None:
        self.editor.save()

    def holds_words_of(self, reference: str) -> bool:
        return self.editor.reference == reference

    def main_widgets(self) -> Sequence[QWidget]:
        return (self.recipients, self.search)

    def _show(self, found: Sequence[LetterTemplate]) -> None:
        offered = [
            (t.id, f"{t.title} ({LANGUAGES[t.language]})" if t.language != "en" else t.title)
            for t in found
            if t.purpose == "ask"
        ]
        self.template.set_options([("", self.tr("Automatic, by recipient")), *offered])

    def _drafts_came(self) -> None:
        count = self.model.rowCount()
        self._drafts_stack.show_table(count > 0)
        self.approve_all.setEnabled(count > 0)
        first = self.model.row_at(0)
        if first is not None and not self.drafts.selected() and not self._stays_clear:
            self.drafts.select([first.reference])
        self.has_come("drafts")

    def ticked(self) -> list[int]:
        """Keys of the recipients ticked in view: those that letters are drafted for."""
        return self.recipients.ticked()

    def tick(self, keys: Sequence[int]) -> None:
        """Tick these recipients and no others, and show the first of them; a search that hides them is
        cleared."""
        self._to_tick = list(keys)
        self.search.forget()
        if self._searched == "":
            self._tick_wanted()
        self._list_recipients()

    def _tick_wanted(self) -> None:
        if self._to_tick and self.recipients.has_any_of(self._to_tick):
            self.recipients.tick_only(self._to_tick)
            self._to_tick = []

    def _list_recipients(self) -> None:
        """Read whom the search finds."""
        campaign, search = self.workspace.campaign, self.search.text()
        if campaign is not None:
            self.expect("recipients")
            found = partial(self._keys_came, campaign, search)
            directory.recipient_keys_of(campaign, search).run(self.workspace, self, found)

    def _keys_came(self, campaign: CampaignRow, search: str, known: RecipientKeys) -> None:
        find, self._searched = search != self._searched, search
        self.recipients.list_those(known, directory.recipients(campaign, search), find=find)
        if not search:
            self._tick_wanted()
            self._to_tick = []

    def _recipients_came(self) -> None:
        self.has_come("recipients")

    def _tick_all(self) -> None:
        self.recipients.set_all(True)

    def _tick_none(self) -> None:
        self.recipients.set_all(False)

    def _complete(self, text: str) -> None:
        campaign = self.workspace.campaign
        if campaign is not None:
            directory.completions(campaign, text).run(self.workspace, self, self._completed)

    def _completed(self, found: tuple[str, ...]) -> None:
        self._completions.setStringList(list(found))
        if found and self.question.hasFocus():
            self.question.completer().complete()

    def _ask(self) -> None:
        """Tick whom the question names; those who are no recipients yet become so."""
        campaign, query, day = self.workspace.campaign, self.question.text().strip(), self.day.day()
        if campaign is not None and query:
            directory.name_recipients(campaign, query, day).run(self.workspace, self, self._answered)

    def _answered(self, answer: ResolvedRecipients) -> None:
        keys = [r.key for r in answer.recipients]
        self.notes.setText("\n".join(answer.notes))
        self.notes.setVisible(bool(answer.notes))
        self.tick(keys)

    def _save_group(self) -> None:
        campaign, query = self.workspace.campaign, self.question.text().strip()
        if campaign is None:
            return

        def submit(dialog: FormDialog[object], values: GroupValues) -> None:
            directory.save_question(campaign, **values).run_in(self.workspace, dialog)

        ask(GroupDialog(self, query), submit)

    def _ticked(self) -> None:
        count = len(self.recipients.ticked())
        self.draft.setText(
            self.tr("Draft {0}").format(counted(count, "letter", "letters"))
            if count
            else self.tr("Draft letters")
        )
        self.draft.setEnabled(count > 0)

    def _draft(self) -> None:
        chosen = self.recipients.ticked()
        campaign = self.workspace.campaign
        if campaign is None:
            return
        operation = drafts.draft(
            self.workspace.sandbox,
            campaign,
            case_id=self.case.value(),
            template=self.template.value(),
            recipients=chosen,
            on=self.day.day(),
        )
        self.notes.hide()
        operation.run(self.workspace, self, partial(self._drafted, campaign))

    def _drafted(self, campaign: CampaignRow | None, drafted: Drafted) -> None:
        """Show what was drafted.

        Args: campaign: for which; if another one is in view by now, nothing is.
        """
        here = self.workspace.campaign
        if campaign is None or here is None or here.key != campaign.key:
            return
        warnings = drafted.warnings
        self.notes.setText("\n".join(dict.fromkeys(warnings[:_NOTED])))
        if len(warnings) > _NOTED:
            more = self.tr("… and {0} more notes").format(len(warnings) - _NOTED)
            self.notes.setText(f"{self.notes.text()}\n{more}")
        self.notes.setVisible(bool(warnings))
        self.recipients.untick(drafted.keys)
        self.workspace.tell(drafted.changes)
        self._arrived(drafted.changes)

    def _arrived(self, changes: Changes) -> None:
        """Choose the first of the drafts that were just written, once they are listed."""
        if changes.refs:
            self.drafts.select(changes.refs[:1])

    def _chosen(self) -> None:
        rows, choice = self.drafts.selected(), self.drafts.choice
        is_any = choice is not None and choice.count > 0
        if rows:
            self._stays_clear = False
        self.approve.setEnabled(is_any)
        self.delete.setEnabled(is_any)
        if rows:
            if rows[0].reference != self.editor.wanted:
                self.editor.load(rows[0].reference)
            self._editor_stack.show_table(True)
        else:
            self.editor.clear()
            self._editor_stack.show_table(False)

    def _approve(self) -> None:
        self._approve_these(self.drafts.chosen_letters())

    def _approve_all(self) -> None:
        every = self.drafts.all_letters()
        if every is not None:
            # Drafts that are written while the question is asked are none of them.
            letters.about(every).run(self.workspace, self, self._approve_known)

    def _approve_known(self, about: AboutLetters) -> None:
        self._approve_these(about.chosen)

    def _approve_these(self, chosen: ChosenLetters | None) -> None:
        """Ask, and approve.

        Afterwards no draft is chosen, so that the same keys do not approve one that nobody has read.
        """
        if chosen is None:
            return
        self.editor.save()
        # On the writer's thread, after what was typed last.
        letters.to_approve(chosen).run(self.workspace, self, partial(self._ask_to_approve, chosen))

    def _ask_to_approve(self, chosen: ChosenLetters, found: Decision) -> None:
        ask(ApproveDialog(self, found), partial(self._approve_confirmed, chosen))

    def _approve_confirmed(self, chosen: ChosenLetters, dialog: FormDialog[object], values: object) -> None:
        dialog.accept_result()
        self._stays_clear = True
        self.editor.save()
        letters.approve(chosen, self.workspace.saving).run(self.workspace, self)

    def _delete(self) -> None:
        self.editor.save()
        chosen = self.drafts.chosen_letters()
        if chosen is not None:
            drafts.delete(chosen).run(self.workspace, self)

    def show_place(self, what: What) -> None:
        """Args: what: reference (a draft to edit), follow_up (letters to write about again), or
        recipient (key of one to tick)."""
        if reference := what.get("reference"):
            self.drafts.select([reference])
        if recipient := what.get("recipient"):
            self.tick([recipient])
        if about := what.get("follow_up"):
            drafts.follow_up(self.workspace.sandbox, about).run(self.workspace, self, self._arrived)

    def focus_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()
