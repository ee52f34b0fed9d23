"""Mail in the window: what is asked before letters go out or new mail is read, and what came of it."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from outreach.desk.chosen import ChosenLetters
from outreach.domain.wording import counted
from outreach.errors import KeychainError
from outreach.letters.approving import Decision
from outreach.mail.imap import ImapAccount
from outreach.mail.outbox import OutboxRow
from outreach.mail.sending import Result
from outreach.mail.smtp import SmtpAccount
from outreach.settings import load_settings
from outreach.ui.dialogs.forms import FormDialog, ask
from outreach.ui.dialogs.letters import SendDialog
from outreach.ui.dialogs.mail import (
    AccountDialog,
    AccountValues,
    PasswordDialog,
    PasswordValues,
    SettleDialog,
    SettleValues,
)
from outreach.ui.errors import show_message
from outreach.ui.operations import mail
from outreach.ui.operations.letters import to_send
from outreach.ui.workspace import Workspace

_MOST_TOLD = 6


class _WithPassword(Protocol):
    """What is done once the password is known. keep: the keychain is to have it."""

    def __call__(self, password: str, *, keep: bool = False) -> None: ...


class Mailing(QObject):
    """What the pages and the menu do with mail.

    A password typed is held until the window closes, no longer.
    """

    def __init__(self, workspace: Workspace, window: QWidget) -> None:
        super().__init__(window)
        self._workspace, self._window = workspace, window
        self._typed: dict[str, str] = {}

    def edit_account(self, then: Callable[[], None] | None = None) -> None:
        """Open the account's settings. then: called once they are saved."""
        campaign = self._workspace.campaign
        sender = campaign.sender_email if campaign else ""

        def submit(dialog: FormDialog[object], values: AccountValues) -> None:
            def saved(host: str) -> None:
                dialog.accept_result()
                if then is not None:
                    then()

            def refused(error: Exception) -> None:
                if isinstance(error, KeychainError):
                    names = mail.names_of(values["account"], values["mailbox"])
                    self._typed.update((name, values["password"]) for name in names)
                dialog.show_problem(error)

            operation = mail.save_account(
                values["account"],
                values["mailbox"],
                per_minute=values["per_minute"],
                password=values["password"],
            )
            operation.run(self._workspace, dialog, saved, failed=refused)

        ask(AccountDialog(self._window, self._workspace, load_settings(), sender), submit)

    def send(self, chosen: ChosenLetters) -> None:
        """Send letters by e-mail, after asking for whatever is missing and whether these are meant."""
        account = mail.smtp_account()
        if account is None:
            self.edit_account(partial(self.send, chosen))
            return

        def confirmed(dialog: FormDialog[object], values: object) -> None:
            dialog.accept_result()
            self._with_password(account, self.tr("Send"), partial(self._start, chosen, account))

        def found(letters: Decision) -> None:
            ask(SendDialog(self._window, letters, account.host), confirmed)

        to_send(chosen).run(self._workspace, self, found)

    def fetch(self) -> None:
        """Read what is new in the mailbox, after asking for whatever is missing."""
        account = mail.mailbox()
        if account is None:
            self.edit_account(self.fetch)
            return
        self._with_password(account, self.tr("Fetch"), partial(self._fetch, account))

    def _with_password(self, account: SmtpAccount | ImapAccount, submit: str, then: _WithPassword) -> None:
        """Go on with the password typed before, kept in the keychain, or asked for now."""
        name = mail.name_of(account)
        if not account.user or name in self._typed:
            then(self._typed.get(name, ""))
            return

        def submitted(dialog: FormDialog[object], values: PasswordValues) -> None:
            self._typed[name] = values["password"]
            dialog.accept_result()
            then(values["password"], keep=values["keep"])

        def asked(found: tuple[str, str]) -> None:
            password, reason = found
            if password:
                then(password)
            else:
                ask(PasswordDialog(self._window, account.user, reason, submit), submitted)

        mail.kept_password(account).run(self._workspace, self, asked)

    def _fetch(self, account: ImapAccount, password: str, *, keep: bool = False) -> None:
        def failed(error: Exception) -> None:
            if "refused the login" in str(error):
                self._typed.pop(mail.name_of(account), None)
            self._failed(error)

        operation = mail.fetch(account, password, keep=keep, say=self._workspace.said.emit)
        operation.run(self._workspace, self, failed=failed)

    def _start(
        self, chosen: ChosenLetters, account: SmtpAccount, password: str, *, keep: bool = False
    ) -> None:
        operation = mail.send(account, password, chosen, keep=keep, say=self._workspace.said.emit)
        operation.run(self._workspace, self, partial(self._told, chosen.count), failed=self._failed)

    def _failed(self, error: Exception) -> None:
        self._workspace.jobs.changed.emit(mail.LETTERS)
        show_message(self._window, str(error))

    def _told(self, count: int, results: tuple[Result, ...]) -> None:
        self._workspace.jobs.changed.emit(mail.LETTERS)
        sent = sum(r.outcome == "sent" for r in results)
        left = max(0, count - len(results))
        # Stopping between letters pauses: the rest stays in the outbox until it is sent again.
        waits = self.tr(", {0} in the outbox").format(counted(left, "waits", "wait")) if left else ""
        self._workspace.said.emit(self.tr("{0} sent").format(counted(sent, "letter", "letters")) + waits)
        if not all(r.is_recorded for r in results):
            self.catch_up()
        others = [r for r in results if r.needs_word]
        if others:
            lines = "\n\n".join(f"{r.reference}: {r.detail}" for r in others[:_MOST_TOLD])
            left_out = len(others) - _MOST_TOLD
            more = self.tr("\n\n… and {0} more").format(left_out) if left_out > 0 else ""
            show_message(self._window, lines + more)

    def catch_up(self) -> None:
        """Record what a sending that was cut off or stopped has left beside the database, as soon as it can
        be written."""
        mail.record_at_once().run(self._workspace, self, self._caught_up)

    def _caught_up(self, found: tuple[bool, int]) -> None:
        had_some, left = found
        if had_some:
            self._workspace.jobs.changed.emit(mail.LETTERS)
        if left:
            mail.record_in_time().run(self._workspace, self)

    def settle(self, reference: str) -> None:
        """Ask whether an uncertain letter went out."""

        def found(rows: tuple[OutboxRow, ...]) -> None:
            row = next((r for r in rows if r.reference == reference and r.outcome == "uncertain"), None)
            if row is None:
                self._workspace.said.emit(self.tr("There is nothing uncertain about it any more."))
                self.catch_up()
                return

            def submit(dialog: FormDialog[object], values: SettleValues) -> None:
                mail.say_whether_sent(reference, **values).run_in(self._workspace, dialog)

            day = date.today()  # noqa: DTZ011
            dialog = SettleDialog(self._window, row, day, can_look=bool(load_settings().imap_host))
            dialog.look_wanted.connect(partial(self._look, dialog, row.message_id))
            ask(dialog, submit)

        mail.in_outbox().run(self._workspace, self, found)

    def _look(self, dialog: SettleDialog, message_id: str) -> None:
        """Look for a message among sent mail and show the dialog what was found."""
        account = mail.mailbox()
        if account is None:
            return

        def start(password: str, *, keep: bool = False) -> None:
            operation = mail.look_among_sent(
                account, password, message_id, keep=keep, say=self._workspace.said.emit
            )
            operation.run(self._workspace, dialog, dialog.show_evidence, failed=dialog.show_problem)

        self._with_password(account, self.tr("Look"), start)
