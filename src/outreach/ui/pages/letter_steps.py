"""What can be done with the letters chosen on a page: what each step asks, before it is done."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog

from outreach.correspondence.replies import ReplyRow
from outreach.desk.chosen import AboutLetters, ChosenLetters
from outreach.desk.letter_row import TrackerRow
from outreach.domain.letter_life import Step
from outreach.domain.letter_ways_back import step_in_words
from outreach.domain.states import Channel
from outreach.domain.wording import counted
from outreach.letters.approving import Decision
from outreach.letters.posting import PrintBatch, WebForm
from outreach.mail.mailto import MailtoLink
from outreach.ui.dialogs.files import FileDialog
from outreach.ui.dialogs.forms import ConfirmDialog, FormDialog, ask, ask_for_file
from outreach.ui.dialogs.letters import (
    ApproveDialog,
    ConfirmSentDialog,
    ConfirmSentValues,
    ExportDialog,
    ExportValues,
    MarkSentDialog,
    PrintDialog,
    PrintValues,
    ReasonDialog,
    ReasonValues,
    ReplyDialog,
    SentValues,
)
from outreach.ui.operations import answers, drafts, inbox, letter_files, letters
from outreach.ui.operations.answers import AnswerWords
from outreach.ui.pages.base import Page

_MOST_NAMED = 6


class LetterSteps(Page):
    """A page with a table of letters. It says which of them are chosen, and has this done with them."""

    def about_chosen(self) -> AboutLetters | None:
        """The letters chosen, and what is known of them.

        None while nothing is chosen, or that is being read.
        """
        raise NotImplementedError

    def in_table(self) -> ChosenLetters | None:
        """All letters that the table shows; None without a campaign."""
        raise NotImplementedError

    def chosen_reply(self) -> ReplyRow | None:
        """The answer chosen among those of the one letter chosen."""
        raise NotImplementedError

    def today(self) -> date:
        """The campaign's day."""
        campaign = self.workspace.campaign
        return campaign.today if campaign else date.today()  # noqa: DTZ011

    def _chosen(self) -> ChosenLetters:
        about = self.about_chosen()
        return about.chosen if about else ChosenLetters.named((), self.today())

    def _one(self) -> TrackerRow:
        """The one letter chosen; its actions are not offered while there is none, or are several."""
        about = self.about_chosen()
        assert about is not None
        return about.first[0]

    def _approve(self) -> None:
        chosen = self._chosen()
        letters.to_approve(chosen).run(self.workspace, self, partial(self._ask_to_approve, chosen))

    def _ask_to_approve(self, chosen: ChosenLetters, found: Decision) -> None:
        ask(ApproveDialog(self, found), partial(self._approve_confirmed, chosen))

    def _approve_confirmed(self, chosen: ChosenLetters, dialog: FormDialog[object], values: object) -> None:
        dialog.accept_result()
        letters.approve(chosen, self.workspace.saving).run(self.workspace, self)

    def _reopen(self) -> None:
        words = self.tr(
            "{0} can then be changed, and must be approved anew before they go out. The history says so."
        ).format(self._whom())
        title = self.tr("Back to draft")
        dialog = ConfirmDialog(self, title, title, words, is_grave=False)
        ask(dialog, partial(self._reopen_confirmed, self._chosen()))

    def _reopen_confirmed(self, chosen: ChosenLetters, dialog: FormDialog[object], values: object) -> None:
        letters.reopen(chosen).run_in(self.workspace, dialog)

    def _send(self) -> None:
        self.workspace.send_wanted.emit(self._chosen())

    def _settle(self) -> None:
        self.workspace.settle_wanted.emit(self._one().reference)

    def _take_back(self) -> None:
        letters.take_out_of_outbox(self._chosen()).run(self.workspace, self)

    def _mark_sent(self) -> None:
        chosen = self._chosen()
        dialog = MarkSentDialog(self, chosen.count, self.today())
        ask(dialog, partial(self._sent_confirmed, chosen))

    def _sent_confirmed(self, chosen: ChosenLetters, dialog: FormDialog[object], values: SentValues) -> None:
        letters.mark_as_sent(chosen, **values).run_in(self.workspace, dialog)

    def _print(self) -> None:
        chosen = self._chosen()
        ask(PrintDialog(self, chosen.count), partial(self._print_chosen, chosen))

    def _print_chosen(self, chosen: ChosenLetters, dialog: FormDialog[object], values: PrintValues) -> None:
        dialog.accept_result()
        target = FileDialog(self, self.tr("Batch to print"), "letters to post.pdf", self.tr("PDF (*.pdf)"))
        target.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        target.setDefaultSuffix("pdf")
        ask_for_file(target, partial(self.print_to, chosen, values["two_sided"]))

    def print_to(self, chosen: ChosenLetters, two_sided: bool, path: str) -> None:
        """Write letters as one PDF and show it in the system's viewer, which prints it."""

        def done(batch: PrintBatch) -> None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(path))

        letter_files.print_to(chosen, Path(path), two_sided=two_sided).run(self.workspace, self, done)

    def _web_form(self) -> None:
        letter_files.form_of(self._one().reference).run(self.workspace, self, self._show_form)

    def _show_form(self, form: WebForm) -> None:
        QGuiApplication.clipboard().setText(f"{form.subject}\n\n{form.text}")
        QDesktopServices.openUrl(QUrl(form.url))
        words = self.tr(
            "The text is on the clipboard and the form is open in your browser: {0}\n\n"
            "Paste it there. Did you submit it?"
        ).format(form.url)
        self._confirm_sent(form.reference, Channel.WEB_FORM, words)

    def _mail_program(self) -> None:
        letter_files.mail_program_link(self._one().reference).run(self.workspace, self, self._show_in_program)

    def _show_in_program(self, link: MailtoLink) -> None:
        words = self.tr("Your mail program shows the letter. Did you send it?")
        if not link.has_text:
            QGuiApplication.clipboard().setText(link.text)
            words = self.tr(
                "The letter is too long to be handed over whole, so its text is on the clipboard. Paste it "
                "into "
                "the message that your mail program shows. Did you send it?"
            )
        QDesktopServices.openUrl(QUrl(link.url))
        self._confirm_sent(link.reference, Channel.EMAIL, words)

    def _confirm_sent(self, reference: str, by: Channel, words: str) -> None:
        dialog = ConfirmSentDialog(self, reference, words, self.today())
        ask(dialog, partial(self._went_out, reference, by))

    def _went_out(
        self, reference: str, by: Channel, dialog: FormDialog[object], values: ConfirmSentValues
    ) -> None:
        one = ChosenLetters.named([reference], self.today())
        letters.mark_as_sent(one, by=by, **values).run_in(self.workspace, dialog)

    def _enclose(self) -> None:
        dialog = FileDialog(self, self.tr("Enclose a file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        ask_for_file(dialog, partial(self.enclose_file, self._one().reference))

    def enclose_file(self, reference: str, path: str) -> None:
        """Add a file to a draft."""
        drafts.enclose_file(reference, Path(path)).run(self.workspace, self)

    def _record_answer(self) -> None:
        row = self._one()
        dialog = ReplyDialog(self, row.reference, row.recipient, self.today())

        def submit(form: FormDialog[object], values: AnswerWords) -> None:
            answers.record(row.reference, dialog.message, **values).run_in(self.workspace, form)

        ask(dialog, submit)

    def _edit_answer(self) -> None:
        reply = self.chosen_reply()
        if reply is None:
            return
        dialog = ReplyDialog(self, reply.reference, self._one().recipient, self.today(), reply)
        ask(dialog, partial(self._answer_edited, reply))

    def _answer_edited(self, reply: ReplyRow, dialog: FormDialog[object], values: AnswerWords) -> None:
        answers.correct(reply, **values).run_in(self.workspace, dialog)

    def _remove_answer(self) -> None:
        reply = self.chosen_reply()
        if reply is not None:
            removed = answers.remove(reply) if reply.mail_key is None else inbox.put_back([reply.mail_key])
            removed.run(self.workspace, self)

    def _withdraw(self) -> None:
        words = self.tr("{0} will not be sent. Their text stays on file, and this can be taken back.")
        dialog = ReasonDialog(
            self, self.tr("Withdraw letters"), self.tr("Withdraw"), words.format(self._whom())
        )
        ask(dialog, partial(self._withdraw_confirmed, self._chosen()))

    def _withdraw_confirmed(
        self, chosen: ChosenLetters, dialog: FormDialog[object], values: ReasonValues
    ) -> None:
        letters.withdraw(chosen, **values).run_in(self.workspace, dialog)

    def _close(self) -> None:
        words = self.tr(
            "{0} will need no more attention. Answers can still be recorded, and this can be taken back."
        )
        dialog = ReasonDialog(self, self.tr("Close letters"), self.tr("Close"), words.format(self._whom()))
        ask(dialog, partial(self._close_confirmed, self._chosen()))

    def _close_confirmed(
        self, chosen: ChosenLetters, dialog: FormDialog[object], values: ReasonValues
    ) -> None:
        letters.close(chosen, **values).run_in(self.workspace, dialog)

    def _undo_last(self) -> None:
        about = self.about_chosen()
        if about is None:
            return
        count = about.chosen.count
        lines = [
            self.tr("{0} to {1}: {2} is taken back.").format(
                r.reference, r.recipient, step_in_words(r.last_step)
            )
            for r in about.first[:_MOST_NAMED]
        ]
        left = count - len(lines)
        more = [self.tr("… and {0} more").format(f"{left:,}")] if left else []
        dialog = ConfirmDialog(
            self,
            self.tr("Take back the last step"),
            self.tr("Take back"),
            "\n".join((*lines, *more, "", self.tr("The history keeps both."))),
            is_grave=count > 1,
        )
        seen = {r.reference: r.last_step for r in about.first}
        ask(dialog, partial(self._undo_last_confirmed, self._chosen(), seen))

    def _undo_last_confirmed(
        self,
        chosen: ChosenLetters,
        seen: Mapping[str, Step | None],
        dialog: FormDialog[object],
        values: object,
    ) -> None:
        letters.take_back_last_step(chosen, seen).run_in(self.workspace, dialog)

    def _whom(self) -> str:
        """The letters chosen, in words."""
        about = self.about_chosen()
        if about is None:
            return ""
        count = counted(about.chosen.count, "letter", "letters")
        return self.tr("{0} to {1}").format(count, about.whom)

    def _delete(self) -> None:
        drafts.delete(self._chosen()).run(self.workspace, self)

    def _export(self) -> None:
        chosen = self._chosen()
        ask(ExportDialog(self, chosen.count), partial(self._export_chosen, chosen))

    def _export_chosen(self, chosen: ChosenLetters, dialog: FormDialog[object], values: ExportValues) -> None:
        dialog.accept_result()
        folder = FileDialog(self, self.tr("Folder for the letters"))
        folder.setFileMode(QFileDialog.FileMode.Directory)
        ask_for_file(folder, partial(self.export_to, chosen, values["formats"]))

    def export_to(self, chosen: ChosenLetters, formats: tuple[str, ...], folder: str) -> None:
        """Write letters into a folder, with progress."""
        letter_files.export(chosen, formats, Path(folder)).run(self.workspace, self)

    def _export_table(self) -> None:
        dialog = FileDialog(
            self, self.tr("Export table"), "letters.xlsx", "Excel workbook (*.xlsx);;CSV (*.csv)"
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("xlsx")
        ask_for_file(dialog, self.export_table_to)

    def export_table_to(self, path: str) -> None:
        """Write what the table shows as CSV or XLSX, by the file's ending."""
        shown = self.in_table()
        if shown is not None:
            letter_files.export_table(shown, Path(path)).run(self.workspace, self)

    def _follow_up(self) -> None:
        self.workspace.go("compose", follow_up=self._chosen())

    def _edit(self) -> None:
        self.workspace.go("compose", reference=self._one().reference)

    def _compose(self) -> None:
        self.workspace.go("compose")
