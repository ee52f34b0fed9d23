"""Sending from the window: account, password, outbox, and what came of it."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from outreach.domain.wording import counted
from outreach.errors import KeychainError, OutreachError
from outreach.mail.accounts import account_of, keep_account, keychain_name
from outreach.mail.sending import Result, outbox, queue_letters, send_queued, settle
from outreach.mail.smtp import SmtpAccount, SmtpTransport
from outreach.secrets import get_password, set_password
from outreach.settings import load_settings
from outreach.store.changes import Changes
from outreach.ui.dialogs.forms import FormDialog, ask
from outreach.ui.dialogs.mail import AccountDialog, PasswordDialog, SettleDialog
from outreach.ui.errors import show_message
from outreach.ui.workspace import Workspace


class Mailing(QObject):
    """What the letters page and the menu do with mail. A password typed is held until the window closes, no longer."""

    def __init__(self, workspace: Workspace, window: QWidget) -> None:
        super().__init__(window)
        self._workspace, self._window = workspace, window
        self._typed: dict[str, str] = {}

    def edit_account(self, then: Callable[[], None] | None = None) -> None:
        """Open the account's settings. then: called once they are saved."""
        campaign = self._workspace.campaign
        sender = campaign.sender_email if campaign else ""

        def submit(dialog: FormDialog, values: dict[str, Any]) -> None:
            def work(database: Any, progress: Any, wait: Any) -> str:
                keep_account(values["account"])
                if values["password"]:
                    set_password(keychain_name(values["account"]), values["password"])
                return str(values["account"].host)

            def saved(host: str) -> None:
                dialog.accept_result()
                self._workspace.said.emit(self.tr("Mail goes out by {0}.").format(host))
                if then is not None:
                    then()

            def refused(error: Exception) -> None:
                if isinstance(error, KeychainError):
                    self._typed[keychain_name(values["account"])] = values["password"]
                dialog.show_problem(error)

            self._workspace.jobs.network(dialog, self.tr("Saving the account"), work, saved, failed=refused)

        ask(AccountDialog(self._window, self._workspace, load_settings(), sender), submit)

    def send(self, references: list[str]) -> None:
        """Send letters by e-mail, after asking for whatever is missing."""
        try:
            account = account_of(load_settings())
        except OutreachError:
            self.edit_account(partial(self.send, references))
            return
        name = keychain_name(account)
        if not account.user or name in self._typed:
            self._start(references, account, self._typed.get(name, ""))
            return

        def work(database: Any, progress: Any, wait: Any) -> tuple[str, str]:
            try:
                return get_password(name) or "", self.tr("No password is kept for this account.")
            except KeychainError as error:
                return "", str(error)

        def asked(found: tuple[str, str]) -> None:
            password, reason = found
            if password:
                self._start(references, account, password)
            else:
                self._ask_password(references, account, reason)

        self._workspace.jobs.network(self, self.tr("Asking the keychain"), work, asked)

    def _ask_password(self, references: list[str], account: SmtpAccount, reason: str) -> None:
        def submit(dialog: FormDialog, values: dict[str, Any]) -> None:
            name = keychain_name(account)
            self._typed[name] = values["password"]
            dialog.accept_result()
            self._start(references, account, values["password"], keep=values["keep"])

        ask(PasswordDialog(self._window, account.user, reason), submit)

    def _start(
        self, references: list[str], account: SmtpAccount, password: str, *, keep: bool = False
    ) -> None:
        day = date.today()  # noqa: DTZ011  local calendar day is meant

        def work(database: Any, progress: Any, wait: Any) -> tuple[Result, ...]:
            if keep:
                # A keychain that refuses keeps no letter back; the password stays typed for this window.
                try:
                    set_password(keychain_name(account), password)
                except KeychainError as error:
                    self._workspace.said.emit(str(error))
            with database.write() as session:
                queue_letters(session, references)
            transport = SmtpTransport(account, password)
            try:
                return send_queued(
                    database,
                    transport,
                    on=day,
                    from_address=account.from_address,
                    progress=progress,
                    wait=wait,
                )
            finally:
                transport.close()

        self._workspace.jobs.network(self, self.tr("Sending letters"), work, self._told, failed=self._failed)

    def _failed(self, error: Exception) -> None:
        self._workspace.jobs.changed.emit(Changes(frozenset({"letters"})))
        show_message(self._window, str(error))

    def _told(self, results: tuple[Result, ...]) -> None:
        self._workspace.jobs.changed.emit(Changes(frozenset({"letters"})))
        sent = sum(r.outcome == "sent" for r in results)
        self._workspace.said.emit(self.tr("{0} sent").format(counted(sent, "letter", "letters")))
        others = [r for r in results if r.outcome not in {"sent", "skipped"}]
        if others:
            lines = "\n\n".join(f"{r.reference}: {r.detail}" for r in others[:6])
            more = f"\n\n… and {len(others) - 6} more" if len(others) > 6 else ""
            show_message(self._window, lines + more)

    def settle(self, reference: str) -> None:
        """Ask whether an uncertain letter went out."""

        def found(rows: Any) -> None:
            row = next((r for r in rows if r.reference == reference and r.outcome == "uncertain"), None)
            if row is None:
                self._workspace.said.emit(self.tr("There is nothing uncertain about it any more."))
                return

            def submit(dialog: FormDialog, values: dict[str, Any]) -> None:
                self._workspace.save(dialog, partial(settle, reference=reference, **values))

            ask(SettleDialog(self._window, row, date.today()), submit)  # noqa: DTZ011

        self._workspace.jobs.read(self, outbox, found)
