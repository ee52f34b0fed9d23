"""The actions of a page with letters: their keys and menus, and which of them the letters chosen can do."""

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from outreach.desk.chosen import AboutLetters
from outreach.domain.letter_life import Step, allowed_for_all
from outreach.domain.letter_ways_back import refusal_of_way_back
from outreach.domain.states import LetterStatus
from outreach.ui.pages.letter_steps import LetterSteps
from outreach.ui.widgets.buttons import make_action


class LetterActions(LetterSteps):
    """A page that offers what the letters chosen can do."""

    def make_actions(self) -> None:
        """Make the actions; a page calls it before it builds what holds them."""
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
            self, self.tr("Print for post…"), "file-text", self._print,
            shortcut=QKeySequence.StandardKey.Print,
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
            tip=self.tr("Undo what was last done with them, as long as nobody outside has them"),
        )  # fmt: skip
        self.delete = make_action(
            self, self.tr("Delete drafts"), "trash-2", self._delete, shortcut=QKeySequence.StandardKey.Delete
        )
        self.edit_draft = make_action(self, self.tr("Edit draft"), "pencil", self._edit)
        self.export_table = make_action(self, self.tr("Export table…"), "file-text", self._export_table)
        self.compose = make_action(self, self.tr("Write letters"), "pen-line", self._compose)
        # What every letter chosen can do, and what is done with one only.
        self._all_take = (
            (self.approve, Step.APPROVED), (self.reopen, Step.REOPENED), (self.delete, Step.DELETED),
            (self.send, Step.QUEUED), (self.take_back, Step.TAKEN_BACK), (self.sent, Step.SENT),
            (self.follow_up, Step.FOLLOWED_UP), (self.withdraw, Step.WITHDRAWN),
            (self.close_letter, Step.CLOSED),
        )  # fmt: skip
        self._one_takes = (
            (self.edit_draft, Step.EDITED), (self.enclose, Step.ENCLOSED), (self.settle, Step.SETTLED_SENT),
            (self.web_form, Step.SENT), (self.mail_program, Step.SENT), (self.answer, Step.REPLY_RECEIVED),
        )  # fmt: skip

    def actions_for_menu(self) -> list[QAction]:
        return [
            self.edit_draft, self.approve, self.reopen, self.send, self.settle, self.take_back,
            self.print_batch, self.web_form, self.mail_program, self.sent, self.answer,
            self.edit_answer, self.remove_answer, self.follow_up, self.export, self.enclose,
            self.withdraw, self.close_letter, self.undo_last, self.delete,
        ]  # fmt: skip

    def actions_for_file_menu(self) -> list[QAction]:
        return [self.export_table]

    def more_menu(self) -> QMenu:
        """All but what has a button of its own."""
        menu = QMenu(self)
        with_button = (self.approve, self.send, self.sent, self.answer)
        menu.addActions([a for a in self.actions_for_menu() if a not in with_button])
        menu.addSeparator()
        menu.addActions(self.actions_for_file_menu())
        return menu

    def offer_actions(self, about: AboutLetters | None) -> None:
        """Offer what all of these letters can do."""
        situations = about.situations if about else ()
        count = about.chosen.count if about else 0
        own = bool(situations) and all(x.origin == "own" for x in situations)
        allowed = allowed_for_all(situations)
        for action, step in self._all_take:
            action.setEnabled(step in allowed)
        for action, step in self._one_takes:
            action.setEnabled(count == 1 and step in allowed)
        self.undo_last.setEnabled(bool(situations) and not any(map(refusal_of_way_back, situations)))
        self.print_batch.setEnabled(own and LetterStatus.DRAFT not in {x.status for x in situations})
        self.export.setEnabled(own)

    def offer_answer_actions(self) -> None:
        """Offer what can be done with the answer chosen."""
        reply = self.chosen_reply()
        if reply is not None and (reply.reference,) != self._chosen().references:
            reply = None  # the letter chosen is being read still
        self.edit_answer.setEnabled(reply is not None and not reply.has_message)
        self.remove_answer.setEnabled(reply is not None)
