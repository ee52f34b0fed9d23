"""Letters: the tracking table, its filters, what can be done with several letters at once, and one in detail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton, QWidget

from outreach.correspondence.replies import ReplyRow, edit_reply, record_reply, replies_list
from outreach.correspondence.triage import back_to_tray
from outreach.desk.letter_query import STANDINGS, Filters, filter_rows
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import LetterDetail, letter_detail, tracker_rows
from outreach.desk.saved_views import ViewRow, delete_view, save_view, views_list
from outreach.desk.table_files import tracker_csv, tracker_xlsx
from outreach.domain.letter_life import Step, allowed_for_all
from outreach.domain.letter_ways_back import refusal_of_way_back, step_in_words
from outreach.domain.states import Channel, LetterStatus, ReplyKind
from outreach.domain.wording import counted, names_in_words
from outreach.files import write_file
from outreach.letters.approving import LetterToDecide, letters_to_decide
from outreach.letters.enclosing import enclose, file_to_enclose
from outreach.letters.exports import export_letters
from outreach.letters.ledger import reopen_letters
from outreach.letters.posting import PrintBatch, WebForm, print_batch, web_form
from outreach.mail.last_step import undo_last_steps
from outreach.mail.mailto import MailtoLink, mailto_link
from outreach.settings import user_name
from outreach.store.changes import Changes
from outreach.store.database import Database, WorkSession
from outreach.ui.acting import Action
from outreach.ui.dialogs.files import FileDialog
from outreach.ui.dialogs.forms import Choice, ConfirmDialog, FormDialog, ask, ask_for_file
from outreach.ui.dialogs.letters import (
    AnswerValues,
    ApproveDialog,
    ConfirmSentDialog,
    ConfirmSentValues,
    ExportDialog,
    ExportValues,
    MarkSentDialog,
    NameDialog,
    NameValues,
    PrintDialog,
    PrintValues,
    ReasonDialog,
    ReasonValues,
    ReplyDialog,
    SentValues,
)
from outreach.ui.jobs import Progress
from outreach.ui.models.columns import letter_columns
from outreach.ui.models.rows import RowsModel
from outreach.ui.pages.base import Page
from outreach.ui.undo import (
    Reversible,
    approve_undoably,
    close_undoably,
    delete_drafts_undoably,
    mark_sent_undoably,
    remove_answer_undoably,
    save_undoably,
    take_out_undoably,
    triage_undoably,
    withdraw_undoably,
)
from outreach.ui.widgets.letter_detail import LetterDetailView
from outreach.ui.widgets.parts import (
    EmptyState,
    Label,
    Panel,
    SearchField,
    Splitter,
    Table,
    TableOrEmpty,
    button,
    make_action,
    row_of,
)
from outreach.ui.words import channel_in_words
from outreach.ui.workspace import What, Workspace

_DUE = (
    ("", "Due any day"),
    ("past", "Due before today"),
    ("7", "Due within 7 days"),
    ("30", "Due within 30 days"),
)


class LettersPage(Page):
    """The table staff keep open all day. Signals: send_wanted(list) and settle_wanted(str) with references."""

    send_wanted = Signal(object)
    settle_wanted = Signal(str)

    title = "Letters"
    kinds = frozenset({"letters", "cases", "directory", "views"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._rows: tuple[TrackerRow, ...] = ()
        self._views: tuple[ViewRow, ...] = ()
        self._keep_quiet = False
        self._wanted: list[str] = []
        self._make_actions()

        more = QPushButton(self.tr("More"))
        more.setMenu(self._more_menu())
        self.layout_.addLayout(
            row_of(
                self.heading,
                None,
                button(self.approve),
                button(self.send),
                button(self.sent),
                button(self.answer),
                more,
                button(self.compose, primary=True),
            )
        )
        self.search = SearchField(self.tr("Search letters"))
        self.status = Choice([("", self.tr("All letters")), *((x.word, self.tr(x.label)) for x in STANDINGS)])
        self.status.setMaxVisibleItems(len(STANDINGS) + 1)
        self.body_filter = Choice([("", self.tr("All bodies"))])
        self.body_filter.setMaximumWidth(220)
        self.due = Choice([(k, self.tr(w)) for k, w in _DUE])
        self.status.setAccessibleName(self.tr("Filter by standing"))
        self.body_filter.setAccessibleName(self.tr("Filter by body"))
        self.due.setAccessibleName(self.tr("Filter by the day an answer is due"))
        self.party = Choice([("", self.tr("All parties"))])
        self.country = Choice([("", self.tr("All countries"))])
        self.channel = Choice(
            [
                ("", self.tr("By any way")),
                *((c.value, channel_in_words(c.value).capitalize()) for c in Channel),
            ]
        )
        self.answer_filter = Choice(
            [("", self.tr("Any answer")), *((k.value, k.value.capitalize()) for k in ReplyKind)]
        )
        for choice, words in (
            (self.party, self.tr("Filter by party")),
            (self.country, self.tr("Filter by country")),
            (self.channel, self.tr("Filter by how it was sent")),
            (self.answer_filter, self.tr("Filter by kind of answer")),
        ):
            choice.setAccessibleName(words)
            choice.setMaximumWidth(170)
        self.count = Label("", tone="quiet", wrap=False)
        self.views = QPushButton(self.tr("Views"))
        self.views.setMenu(QMenu(self))
        self.views.menu().aboutToShow.connect(self._fill_views)
        self.layout_.addLayout(row_of(self.search, self.status, self.due, None, self.count, self.views))
        self.layout_.addLayout(
            row_of(self.body_filter, self.party, self.country, self.channel, self.answer_filter, None)
        )
        self.search.textChanged.connect(self._filter)
        for choice in (
            self.status, self.body_filter, self.party, self.country, self.channel, self.answer_filter, self.due,
        ):  # fmt: skip
            choice.currentIndexChanged.connect(self._filter)

        self.model = RowsModel(letter_columns(), lambda r: r.reference)
        self.table = Table(self.model, many=True, name=self.tr("Letters"))
        self.table.chosen.connect(self._selected)
        self.table.opened.connect(self._opened)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self._empty = TableOrEmpty(
            self.table,
            EmptyState(
                "mail",
                self.tr("No letters here"),
                self.tr("Write the first ones, or clear the filters above to see all there are."),
                self.compose,
            ),
        )
        self.detail = LetterDetailView(self.edit_answer, self.remove_answer)
        self.detail.answer_chosen.connect(self._answer_chosen)
        self._detail_stack = TableOrEmpty(
            self.detail,
            EmptyState(
                "mail",
                self.tr("Choose a letter"),
                self.tr(
                    "Its text, answers and history are shown here. Choose several to act on all of them."
                ),
            ),
        )
        left, right = Panel(margins=1, spacing=0), Panel(margins=16)
        left.body.addWidget(self._empty)
        right.body.addWidget(self._detail_stack)
        self.splitter = Splitter(Qt.Orientation.Horizontal, left, right, sizes=[660, 370])
        self.layout_.addWidget(self.splitter, 1)
        self._selected()

    def _make_actions(self) -> None:
        self.approve = make_action(
            self,
            self.tr("Approve"),
            "check",
            self._approve,
            shortcut="Ctrl+Shift+A",
            tip=self.tr("Freeze the text of the drafts chosen"),
        )
        self.send = make_action(
            self, self.tr("Send"), "send", self._send, shortcut="Ctrl+Shift+M",
            tip=self.tr("Send the letters chosen by e-mail, each at most once"),
        )  # fmt: skip
        self.reopen = make_action(
            self, self.tr("Back to draft…"), "undo-2", self._reopen,
            tip=self.tr("Approved letters that have not gone out can be changed again"),
        )  # fmt: skip
        self.settle = make_action(
            self, self.tr("Settle whether it went out…"), "circle-alert", self._settle,
            tip=self.tr("For a letter that was cut off while it was being sent"),
        )  # fmt: skip
        self.take_back = make_action(self, self.tr("Take out of the outbox"), "undo-2", self._take_back)
        self.sent = make_action(
            self,
            self.tr("Mark sent…"),
            "check",
            self._mark_sent,
            shortcut="Ctrl+Shift+S",
            tip=self.tr("Record that the letters chosen went out"),
        )
        self.answer = make_action(
            self,
            self.tr("Record answer…"),
            "inbox",
            self._record_answer,
            shortcut="Ctrl+Shift+R",
            tip=self.tr("Put an answer to the letter chosen on file"),
        )
        self.edit_answer = make_action(
            self, self.tr("Edit answer…"), "pencil", self._edit_answer, enabled=False,
            tip=self.tr("Correct an answer that was recorded by hand"),
        )  # fmt: skip
        self.remove_answer = make_action(
            self, self.tr("Remove answer"), "trash-2", self._remove_answer, enabled=False,
            tip=self.tr("Take it off the letter; one that came as a message goes back to the tray"),
        )  # fmt: skip
        self.follow_up = make_action(
            self,
            self.tr("Follow up"),
            "reply",
            self._follow_up,
            shortcut="Ctrl+Shift+F",
            tip=self.tr("Draft a reminder after silence, or thanks after an answer"),
        )
        self.export = make_action(
            self,
            self.tr("Export…"),
            "download",
            self._export,
            shortcut="Ctrl+Shift+E",
            tip=self.tr("Write the letters chosen as files"),
        )
        self.print_batch = make_action(
            self, self.tr("Print for post…"), "file-text", self._print, shortcut=QKeySequence.StandardKey.Print,
            tip=self.tr("One batch, addresses where window envelopes show them"),
        )  # fmt: skip
        self.web_form = make_action(
            self, self.tr("Send by web form…"), "landmark", self._web_form,
            tip=self.tr("Copies the text and opens the body’s form; you paste and confirm"),
        )  # fmt: skip
        self.mail_program = make_action(
            self, self.tr("Open in your mail program…"), "mail", self._mail_program,
            tip=self.tr("For an account that this app does not know"),
        )  # fmt: skip
        self.enclose = make_action(
            self,
            self.tr("Enclose a file…"),
            "plus",
            self._enclose,
            tip=self.tr("It goes with the draft by e-mail"),
        )
        self.withdraw = make_action(self, self.tr("Withdraw…"), "undo-2", self._withdraw)
        self.close_letter = make_action(self, self.tr("Close…"), "archive", self._close)
        self.undo_last = make_action(
            self, self.tr("Take back the last step…"), "undo-2", self._undo_last,
            tip=self.tr("Undo what was last done with the letters chosen, as long as nobody outside has them"),
        )  # fmt: skip
        self.delete = make_action(
            self, self.tr("Delete drafts"), "trash-2", self._delete, shortcut=QKeySequence.StandardKey.Delete
        )
        self.edit_draft = make_action(self, self.tr("Edit draft"), "pencil", self._edit)
        self.export_table = make_action(self, self.tr("Export table…"), "file-text", self._export_table)
        self.compose = make_action(self, self.tr("Write letters"), "pen-line", self._compose)
        self.save_view = make_action(self, self.tr("Save this view…"), "save", self._save_view, enabled=False)
        # What every letter chosen can do, and what is done with one only.
        self._all_take = (
            (self.approve, Step.APPROVED), (self.reopen, Step.REOPENED), (self.delete, Step.DELETED), (self.send, Step.QUEUED),
            (self.take_back, Step.TAKEN_BACK), (self.sent, Step.SENT), (self.follow_up, Step.FOLLOWED_UP),
            (self.withdraw, Step.WITHDRAWN), (self.close_letter, Step.CLOSED),
        )  # fmt: skip
        self._one_takes = (
            (self.edit_draft, Step.EDITED), (self.enclose, Step.ENCLOSED), (self.settle, Step.SETTLED_SENT),
            (self.web_form, Step.SENT), (self.mail_program, Step.SENT), (self.answer, Step.REPLY_RECEIVED),
        )  # fmt: skip

    def actions_for_menu(self) -> list[QAction]:
        """What can be done with the letters chosen, for the window's menu."""
        return [
            self.edit_draft, self.approve, self.reopen, self.send, self.settle, self.take_back, self.print_batch, self.web_form, self.mail_program,
            self.sent, self.answer, self.edit_answer, self.remove_answer, self.follow_up, self.export, self.enclose, self.withdraw, self.close_letter, self.undo_last, self.delete,
        ]  # fmt: skip

    def _more_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addActions(
            [
                self.print_batch,
                self.web_form,
                self.mail_program,
                self.edit_answer,
                self.remove_answer,
                self.follow_up,
                self.settle,
                self.take_back,
                self.export,
                self.enclose,
                self.edit_draft,
                self.reopen,
                self.withdraw,
                self.close_letter,
                self.undo_last,
                self.delete,
            ]
        )
        menu.addSeparator()
        menu.addAction(self.export_table)
        return menu

    def refresh(self) -> None:
        campaign = self.workspace.campaign
        if campaign is None:
            return

        def read(session: WorkSession) -> tuple[tuple[TrackerRow, ...], tuple[ViewRow, ...]]:
            return tracker_rows(session, campaign), views_list(session, campaign.key)

        self.read(read, self._show)

    def reset(self) -> None:
        self._rows, self._views, self._wanted = (), (), []
        super().reset()
        self._empty_views()
        self._filter()

    def main_widgets(self) -> Sequence[QWidget]:
        return (self.table, self.search)

    def _show(self, found: tuple[tuple[TrackerRow, ...], tuple[ViewRow, ...]]) -> None:
        rows, self._views = found
        self._rows = rows
        for choice, every, field in (
            (self.body_filter, self.tr("All bodies"), "body"),
            (self.party, self.tr("All parties"), "party"),
            (self.country, self.tr("All countries"), "country"),
        ):
            names = sorted({getattr(r, field) for r in rows if getattr(r, field)}, key=str.casefold)
            chosen = choice.value()
            choice.set_options([("", every), *((n, n) for n in names)])
            if chosen:
                choice.blockSignals(True)
                choice.choose(chosen, chosen)
                choice.blockSignals(False)
            # A filter that is set is shown, or nobody would know why letters are missing.
            choice.setVisible(len(names) > 1 or bool(chosen))
        self._filter()
        self._wanted = []

    def filters(self) -> Filters:
        """The filters as they are set."""
        return Filters(
            status=self.status.value(),
            body=self.body_filter.value(),
            party=self.party.value(),
            country=self.country.value(),
            channel=self.channel.value(),
            answer=self.answer_filter.value(),
            within=self.due.value(),
            search=self.search.text(),
        )

    def set_filters(self, filters: Filters) -> None:
        """Set all filters at once."""
        self._keep_quiet = True
        self.search.setText(filters.search)
        due = self.tr("Due within {0} days").format(filters.within)
        for choice, value, words in (
            (self.status, filters.status, filters.status),
            (self.body_filter, filters.body, filters.body),
            (self.party, filters.party, filters.party),
            (self.country, filters.country, filters.country),
            (self.channel, filters.channel, channel_in_words(filters.channel)),
            (self.answer_filter, filters.answer, filters.answer),
            (self.due, filters.within, due),
        ):
            choice.setCurrentIndex(0)
            # A view saved in the terminal may filter by what is not offered here, as part of a name.
            choice.choose(value, words)
            if value:
                choice.show()
        self._keep_quiet = False
        self._filter()

    def _filter(self) -> None:
        if self._keep_quiet:
            return
        filters = self.filters()
        shown = filter_rows(self._rows, filters, self._today())
        self.table.set_rows(shown)
        if self._wanted and any(self.model.position(r) >= 0 for r in self._wanted):
            self.table.select(self._wanted)
            self._wanted = []
        self._empty.show_table(bool(shown))
        total = len(self._rows)
        self.count.setText(
            counted(total, "letter", "letters")
            if len(shown) == total
            else self.tr("{0} of {1}").format(len(shown), counted(total, "letter", "letters"))
        )
        self.save_view.setEnabled(filters != Filters())

    def show_place(self, what: What) -> None:
        """Args: what: filters by their names in `Filters`, such as status, or references (letters to choose)."""
        self._wanted = list(what.get("references", ()))
        known = {f.name for f in fields(Filters)}
        self.set_filters(Filters(**{k: str(v) for k, v in what.items() if k in known}))

    def focus_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def _empty_views(self) -> None:
        menu = self.views.menu()
        menu.clear()
        # A menu inside another outlives the entry that opens it.
        for inside in menu.findChildren(QMenu):
            inside.setParent(None)
            inside.deleteLater()

    def _fill_views(self) -> None:
        menu = self.views.menu()
        self._empty_views()
        for view in self._views:
            menu.addAction(view.name).triggered.connect(partial(self.set_filters, view.filters))
        if self._views:
            menu.addSeparator()
        menu.addAction(self.save_view)
        if self._views:
            gone = menu.addMenu(self.tr("Delete a view"))
            for view in self._views:
                gone.addAction(Action(view.name, gone, partial(self._delete_view, view.name)))

    def _save_view(self) -> None:
        campaign, filters = self.workspace.campaign, self.filters()
        if campaign is None:
            return

        def submit(dialog: FormDialog[object], values: NameValues) -> None:
            self.workspace.save(
                dialog, partial(save_view, campaign_key=campaign.key, filters=filters, **values)
            )

        ask(
            NameDialog(
                self, self.tr("Save view"), self.tr("Name"), self.tr("The filters as they are set now.")
            ),
            submit,
        )

    def _delete_view(self, name: str) -> None:
        campaign = self.workspace.campaign
        view = next((v for v in self._views if v.name == name), None)
        if campaign is not None and view is not None:
            self.workspace.undo.push(
                Reversible(
                    self.workspace,
                    self.tr("delete the view “{0}”").format(name),
                    partial(delete_view, campaign_key=campaign.key, name=name),
                    partial(save_view, campaign_key=campaign.key, name=name, filters=view.filters),
                )
            )

    def _today(self) -> date:
        campaign = self.workspace.campaign
        return campaign.today if campaign else date.today()  # noqa: DTZ011

    def _chosen(self) -> list[str]:
        return [r.reference for r in self.table.selected()]

    def _selected(self) -> None:
        rows = self.table.selected()
        own = bool(rows) and all(r.origin == "own" for r in rows)
        allowed = allowed_for_all(r.situation for r in rows)
        for action, step in self._all_take:
            action.setEnabled(step in allowed)
        for action, step in self._one_takes:
            action.setEnabled(len(rows) == 1 and step in allowed)
        self.undo_last.setEnabled(bool(rows) and not any(refusal_of_way_back(r.situation) for r in rows))
        self.print_batch.setEnabled(own and LetterStatus.DRAFT not in {r.status for r in rows})
        self.export.setEnabled(own)
        campaign = self.workspace.campaign
        if len(rows) == 1 and campaign is not None:
            reference = rows[0].reference

            def read(session: WorkSession) -> tuple[LetterDetail, tuple[ReplyRow, ...]]:
                return letter_detail(session, campaign, reference), replies_list(session, [reference])

            self.workspace.jobs.read(self, read, self._show_detail, slot="detail")
            return
        # The detail of one letter is no longer what the actions are about.
        self._detail_stack.show_table(False)
        if len(rows) > 1:
            self.workspace.said.emit(counted(len(rows), "letter", "letters") + self.tr(" chosen"))
        self._answer_chosen()

    def _show_detail(self, found: tuple[LetterDetail, tuple[ReplyRow, ...]]) -> None:
        if self._chosen() != [found[0].row.reference]:
            return
        self.detail.show_letter(*found)
        self._answer_chosen()
        self._detail_stack.show_table(True)

    def _approve(self) -> None:
        work = partial(letters_to_decide, references=self._chosen())
        self.workspace.jobs.write(self, work, self._ask_to_approve)

    def _ask_to_approve(self, letters: tuple[LetterToDecide, ...]) -> None:
        references = [x.reference for x in letters]
        ask(ApproveDialog(self, letters), partial(self._approve_confirmed, references))

    def _approve_confirmed(self, references: list[str], dialog: FormDialog[object], values: object) -> None:
        dialog.accept_result()
        approve_undoably(self.workspace, references)

    def _reopen(self) -> None:
        rows = self.table.selected()
        references = [r.reference for r in rows]
        dialog = ConfirmDialog(
            self,
            self.tr("Back to draft"),
            self.tr("Back to draft"),
            self.tr(
                "{0} to {1} can then be changed, and must be approved anew before they go out. The history says so."
            ).format(counted(len(rows), "letter", "letters"), names_in_words([r.recipient for r in rows])),
            is_grave=False,
        )
        ask(dialog, partial(self._submit, partial(reopen_letters, by=user_name()), references))

    def _send(self) -> None:
        self.send_wanted.emit(self._chosen())

    def _settle(self) -> None:
        self.settle_wanted.emit(self._chosen()[0])

    def _take_back(self) -> None:
        take_out_undoably(self.workspace, self._chosen())

    def _mark_sent(self) -> None:
        references = self._chosen()
        ask(MarkSentDialog(self, len(references), self._today()), partial(self._sent_confirmed, references))

    def _sent_confirmed(self, references: list[str], dialog: FormDialog[object], values: SentValues) -> None:
        mark_sent_undoably(self.workspace, dialog, references, **values)

    def _print(self) -> None:
        references = self._chosen()

        def chosen(dialog: FormDialog[object], values: PrintValues) -> None:
            dialog.accept_result()
            target = FileDialog(
                self, self.tr("Batch to print"), "letters to post.pdf", self.tr("PDF (*.pdf)")
            )
            target.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            target.setDefaultSuffix("pdf")
            ask_for_file(target, partial(self.print_to, references, values["two_sided"]))

        ask(PrintDialog(self, len(references)), chosen)

    def print_to(self, references: list[str], two_sided: bool, path: str) -> None:
        """Write letters as one PDF and show it in the system's viewer, which prints it."""

        def work(database: Database, progress: Progress) -> PrintBatch:
            with database.read() as session:
                batch = print_batch(session, references, two_sided=two_sided, progress=progress)
            write_file(Path(path), batch.pdf)
            return batch

        def done(batch: PrintBatch) -> None:
            without = (
                self.tr(" No postal address is on file for {0}.").format(", ".join(batch.without_address))
                if batch.without_address
                else ""
            )
            self.workspace.said.emit(
                self.tr("{0} in {1}.").format(counted(batch.pages, "page", "pages"), path) + without
            )
            QDesktopServices.openUrl(QUrl.fromLocalFile(path))

        self.workspace.jobs.long(self, self.tr("Setting the batch"), work, done)

    def _web_form(self) -> None:
        def found(form: WebForm) -> None:
            QGuiApplication.clipboard().setText(f"{form.subject}\n\n{form.text}")
            QDesktopServices.openUrl(QUrl(form.url))
            self._confirm_sent(
                form.reference,
                Channel.WEB_FORM,
                self.tr(
                    "The text is on the clipboard and the form is open in your browser: {0}\n\nPaste it there. Did you submit it?"
                ).format(form.url),
            )

        self.workspace.jobs.read(self, partial(web_form, reference=self._chosen()[0]), found)

    def _mail_program(self) -> None:
        def found(link: MailtoLink) -> None:
            words = self.tr("Your mail program shows the letter. Did you send it?")
            if not link.has_text:
                QGuiApplication.clipboard().setText(link.text)
                words = self.tr(
                    "The letter is too long to be handed over whole, so its text is on the clipboard. Paste it into the message that "
                    "your mail program shows. Did you send it?"
                )
            QDesktopServices.openUrl(QUrl(link.url))
            self._confirm_sent(link.reference, Channel.EMAIL, words)

        self.workspace.jobs.read(self, partial(mailto_link, reference=self._chosen()[0]), found)

    def _confirm_sent(self, reference: str, by: Channel, words: str) -> None:
        dialog = ConfirmSentDialog(self, reference, words, self._today())

        def submit(form: FormDialog[object], values: ConfirmSentValues) -> None:
            mark_sent_undoably(self.workspace, form, [reference], by, **values)

        ask(dialog, submit)

    def _enclose(self) -> None:
        dialog = FileDialog(self, self.tr("Enclose a file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        ask_for_file(dialog, partial(self.enclose_file, self._chosen()[0]))

    def enclose_file(self, reference: str, path: str) -> None:
        """Add a file to a draft."""

        def work(database: Database, progress: Progress) -> Changes:
            given = file_to_enclose(Path(path))
            with database.write() as session:
                return enclose(session, reference, given)

        self.workspace.jobs.long(self, self.tr("Reading the file"), work, self.workspace.tell)

    def _record_answer(self) -> None:
        row = self.table.selected()[0]
        dialog = ReplyDialog(self, row.reference, row.recipient, self._today())

        def submit(form: FormDialog[object], values: AnswerValues) -> None:
            work = partial(record_reply, reference=row.reference, message=dialog.message, **values)
            self.workspace.save(form, work)

        ask(dialog, submit)

    def _answer_chosen(self) -> None:
        reply = self.detail.reply()
        if reply is not None and [reply.reference] != self._chosen():
            reply = None  # the letter chosen is being read still
        self.edit_answer.setEnabled(reply is not None and not reply.has_message)
        self.remove_answer.setEnabled(reply is not None)

    def _edit_answer(self) -> None:
        reply = self.detail.reply()
        if reply is None:
            return
        dialog = ReplyDialog(self, reply.reference, self.table.selected()[0].recipient, self._today(), reply)
        ask(dialog, partial(self._answer_edited, reply))

    def _answer_edited(self, reply: ReplyRow, dialog: FormDialog[object], values: AnswerValues) -> None:
        before = AnswerValues(
            kind=ReplyKind(reply.kind or values["kind"]),
            on=reply.received_on,
            from_name=reply.from_name,
            text=reply.text,
            channel=reply.channel,
            promise=reply.promise,
            promise_due=reply.promise_due,
        )
        save_undoably(
            self.workspace,
            dialog,
            self.tr("change an answer to {0}").format(reply.reference),
            partial(edit_reply, key=reply.key, **values),
            partial(edit_reply, key=reply.key, **before),
        )

    def _remove_answer(self) -> None:
        reply = self.detail.reply()
        if reply is None:
            return
        if reply.mail_key is None:
            remove_answer_undoably(self.workspace, reply)
        else:
            triage_undoably(self.workspace, self.tr("back to the tray"), back_to_tray, [reply.mail_key])

    def _withdraw(self) -> None:
        references = self._chosen()
        dialog = ReasonDialog(
            self,
            self.tr("Withdraw letters"),
            self.tr("Withdraw"),
            self.tr("{0} will not be sent. Their text stays on file, and this can be taken back.").format(
                self._whom()
            ),
        )

        def submit(form: FormDialog[object], values: ReasonValues) -> None:
            withdraw_undoably(self.workspace, form, references, values["reason"])

        ask(dialog, submit)

    def _close(self) -> None:
        references = self._chosen()
        dialog = ReasonDialog(
            self,
            self.tr("Close letters"),
            self.tr("Close"),
            self.tr(
                "{0} will need no more attention. Answers can still be recorded, and this can be taken back."
            ).format(self._whom()),
        )

        def submit(form: FormDialog[object], values: ReasonValues) -> None:
            close_undoably(self.workspace, form, references, values["reason"])

        ask(dialog, submit)

    def _undo_last(self) -> None:
        rows = self.table.selected()
        lines = [
            self.tr("{0} to {1}: {2} is taken back.").format(
                r.reference, r.recipient, step_in_words(r.last_step)
            )
            for r in rows
        ]
        more = [self.tr("… and {0} more").format(len(lines) - 6)] if len(lines) > 6 else []
        dialog = ConfirmDialog(
            self,
            self.tr("Take back the last step"),
            self.tr("Take back"),
            "\n".join((*lines[:6], *more, "", self.tr("The history keeps both."))),
            is_grave=len(rows) > 1,
        )
        ask(
            dialog,
            partial(self._submit, partial(undo_last_steps, by=user_name()), [r.reference for r in rows]),
        )

    def _whom(self) -> str:
        """The letters chosen, in words."""
        rows = self.table.selected()
        names = names_in_words([r.recipient for r in rows])
        return self.tr("{0} to {1}").format(counted(len(rows), "letter", "letters"), names)

    def _submit(
        self,
        step: Callable[..., Changes],
        references: list[str],
        dialog: FormDialog[object],
        values: Mapping[str, object],
    ) -> None:
        self.workspace.save(dialog, partial(step, references=references, **values))

    def _submit_one(
        self,
        step: Callable[..., Changes],
        reference: str,
        dialog: FormDialog[object],
        values: Mapping[str, object],
    ) -> None:
        self.workspace.save(dialog, partial(step, reference=reference, **values))

    def _delete(self) -> None:
        delete_drafts_undoably(self.workspace, self._chosen())

    def _export(self) -> None:
        references = self._chosen()

        def chosen(dialog: FormDialog[object], values: ExportValues) -> None:
            dialog.accept_result()
            folder = FileDialog(self, self.tr("Folder for the letters"))
            folder.setFileMode(QFileDialog.FileMode.Directory)
            ask_for_file(folder, partial(self.export_to, references, values["formats"]))

        ask(ExportDialog(self, len(references)), chosen)

    def export_to(self, references: list[str], formats: tuple[str, ...], folder: str) -> None:
        """Write letters into a folder, with progress."""

        def work(database: Database, progress: Progress) -> tuple[Path, ...]:
            with database.read() as session:
                return export_letters(session, references, formats, Path(folder), progress=progress)

        def done(paths: tuple[Path, ...]) -> None:
            self.workspace.said.emit(
                self.tr("{0} written to {1}").format(counted(len(paths), "file", "files"), folder)
            )

        self.workspace.jobs.long(self, self.tr("Exporting letters"), work, done)

    def _export_table(self) -> None:
        dialog = FileDialog(
            self, self.tr("Export table"), "letters.xlsx", "Excel workbook (*.xlsx);;CSV (*.csv)"
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("xlsx")
        ask_for_file(dialog, self.export_table_to)

    def export_table_to(self, path: str) -> None:
        """Write the rows in view as CSV or XLSX, by the file's ending."""
        rows = self.model.rows

        def work(database: Database, progress: Progress) -> Path:
            make = tracker_csv if path.lower().endswith(".csv") else tracker_xlsx
            return write_file(Path(path), make(rows))

        def done(target: Path) -> None:
            self.workspace.said.emit(self.tr("Table written to {0}").format(target))

        self.workspace.jobs.long(self, self.tr("Exporting the table"), work, done)

    def _follow_up(self) -> None:
        self.workspace.go("compose", follow_up=self._chosen())

    def _opened(self) -> None:
        rows = self.table.selected()
        if len(rows) == 1 and rows[0].status is LetterStatus.DRAFT:
            self.edit_draft.trigger()

    def _edit(self) -> None:
        self.workspace.go("compose", reference=self._chosen()[0])

    def _compose(self) -> None:
        self.workspace.go("compose")

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([a for a in self.actions_for_menu() if a.isEnabled()])
        menu.popup(self.table.viewport().mapToGlobal(place))
