"""Sending from the window: account, password, outbox, and what came of it."""

from collections.abc import Callable
from datetime import date
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from outreach.correspondence.incoming import IncomingReport
from outreach.domain.wording import counted
from outreach.errors import KeychainError, OutreachError
from outreach.letters.approving import LetterToDecide, letters_to_decide
from outreach.mail.accounts import (
    account_of,
    keep_account,
    keep_mailbox,
    keychain_name,
    mailbox_of,
    per_minute_of,
)
from outreach.mail.fetching import fetch_mail
from outreach.mail.imap import ImapAccount, ImapMailbox
from outreach.mail.outbox import (
    OutboxRow,
    outbox,
    queue_letters,
    settle,
)
from outreach.mail.outcomes import catch_up, kept_outcomes
from outreach.mail.sending import Result, send_queued
from outreach.mail.smtp import SmtpAccount, SmtpTransport
from outreach.secrets import get_password, set_password
from outreach.settings import load_settings, user_name
from outreach.store.changes import Changes
from outreach.store.database import Database
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
from outreach.ui.jobs import Progress, Wait
from outreach.ui.workspace import Workspace


class Mailing(QObject):
    """What the pages and the menu do with mail. A password typed is held until the window closes, no longer.

    Signals: fetched(IncomingReport) after new mail was read.
    """

    fetched = Signal(object)

    def __init__(self, workspace: Workspace, window: QWidget) -> None:
        super().__init__(window)
        self._workspace, self._window = workspace, window
        self._typed: dict[str, str] = {}

    def edit_account(self, then: Callable[[], None] | None = None) -> None:
        """Open the account's settings. then: called once they are saved."""
        campaign = self._workspace.campaign
        sender = campaign.sender_email if campaign else ""

        def submit(dialog: FormDialog[object], values: AccountValues) -> None:
            def work(database: Database, progress: Progress, wait: Wait) -> str:
                keep_mailbox(values["mailbox"])
                keep_account(values["account"], per_minute=values["per_minute"])
                if values["password"]:
                    for name in _names(values):
                        set_password(name, values["password"])
                return str(values["account"].host)

            def saved(host: str) -> None:
                dialog.accept_result()
                self._workspace.said.emit(self.tr("Mail goes out by {0}.").format(host))
                if then is not None:
                    then()

            def refused(error: Exception) -> None:
                if isinstance(error, KeychainError):
                    self._typed.update((name, values["password"]) for name in _names(values))
                dialog.show_problem(error)

            self._workspace.jobs.network(
                dialog, self.tr("Saving the account"), work, saved, failed=refused, is_kept=True
            )

        ask(AccountDialog(self._window, self._workspace, load_settings(), sender), submit)

    def send(self, references: list[str]) -> None:
        """Send letters by e-mail, after asking for whatever is missing and whether these are meant."""
        try:
            account = account_of(load_settings())
        except OutreachError:
            self.edit_account(partial(self.send, references))
            return

        def confirmed(dialog: FormDialog[object], values: object) -> None:
            dialog.accept_result()
            self._with_password(account, self.tr("Send"), partial(self._start, references, account))

        def found(letters: tuple[LetterToDecide, ...]) -> None:
            ask(SendDialog(self._window, letters, account.host), confirmed)

        self._workspace.jobs.read(self, partial(letters_to_decide, references=references), found)

    def fetch(self) -> None:
        """Read what is new in the mailbox, after asking for whatever is missing."""
        try:
            account = mailbox_of(load_settings())
        except OutreachError:
            self.edit_account(self.fetch)
            return
        self._with_password(account, self.tr("Fetch"), partial(self._fetch, account))

    def _with_password(
        self, account: SmtpAccount | ImapAccount, submit: str, then: Callable[..., None]
    ) -> None:
        """Call then(password, keep=…) with the password typed before, kept in the keychain, or asked for now."""
        name = keychain_name(account)
        if not account.user or name in self._typed:
            then(self._typed.get(name, ""))
            return

        def work(database: Database, progress: Progress, wait: Wait) -> tuple[str, str]:
            try:
                return get_password(name) or "", self.tr("No password is kept for this account.")
            except KeychainError as error:
                return "", str(error)

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

        self._workspace.jobs.network(self, self.tr("Asking the keychain"), work, asked)

    def _keep(self, account: SmtpAccount | ImapAccount, password: str) -> None:
        """Keep a password; a keychain that refuses holds nothing up, the password stays typed for this window."""
        try:
            set_password(keychain_name(account), password)
        except KeychainError as error:
            self._workspace.said.emit(str(error))

    def _fetch(self, account: ImapAccount, password: str, *, keep: bool = False) -> None:
        day = date.today()  # noqa: DTZ011  local calendar day is meant

        def work(database: Database, progress: Progress, wait: Wait) -> IncomingReport:
            if keep:
                self._keep(account, password)
            with ImapMailbox(account, password) as mailbox:
                return fetch_mail(
                    database,
                    mailbox,
                    account=keychain_name(account),
                    folder=account.folder,
                    today=day,
                    progress=progress,
                )

        def failed(error: Exception) -> None:
            if "refused the login" in str(error):
                self._typed.pop(keychain_name(account), None)
            self._failed(error)

        self._workspace.jobs.network(
            self, self.tr("Fetching mail"), work, self.fetched.emit, failed=failed, once=True
        )

    def _start(
        self, references: list[str], account: SmtpAccount, password: str, *, keep: bool = False
    ) -> None:
        per_minute = per_minute_of(load_settings())
        day = date.today()  # noqa: DTZ011  local calendar day is meant

        def work(database: Database, progress: Progress, wait: Wait) -> tuple[Result, ...]:
            if keep:
                self._keep(account, password)
            goes_on = partial(progress, 0, len(references))
            catch_up(database, goes_on)  # a unit of its own, so that it stands whatever is refused next
            with database.write(goes_on) as session:
                queue_letters(session, references, by=user_name())
            transport = SmtpTransport(account, password)
            try:
                return send_queued(
                    database,
                    transport,
                    on=day,
                    from_address=account.from_address,
                    per_minute=per_minute,
                    progress=progress,
                    wait=wait,
                    say=self._workspace.said.emit,
                )
            finally:
                transport.close()

        self._workspace.jobs.network(
            self,
            self.tr("Sending letters"),
            work,
            partial(self._told, len(references)),
            failed=self._failed,
            once=True,
        )

    def _failed(self, error: Exception) -> None:
        self._workspace.jobs.changed.emit(Changes(frozenset({"letters"})))
        show_message(self._window, str(error))

    def _told(self, count: int, results: tuple[Result, ...]) -> None:
        self._workspace.jobs.changed.emit(Changes(frozenset({"letters"})))
        sent = sum(r.outcome == "sent" for r in results)
        left = max(0, count - len(results))
        # Stopping between letters pauses: the rest stays in the outbox until it is sent again.
        waits = self.tr(", {0} in the outbox").format(counted(left, "waits", "wait")) if left else ""
        self._workspace.said.emit(self.tr("{0} sent").format(counted(sent, "letter", "letters")) + waits)
        if not all(r.is_recorded for r in results):
            self.catch_up()
        others = [r for r in results if r.outcome not in {"sent", "skipped"} or not r.is_recorded]
        if others:
            lines = "\n\n".join(f"{r.reference}: {r.detail}" for r in others[:6])
            more = f"\n\n… and {len(others) - 6} more" if len(others) > 6 else ""
            show_message(self._window, lines + more)

    def catch_up(self) -> None:
        """Record what a sending that was cut off or stopped has left beside the database, as soon as it can be written."""
        self._workspace.jobs.network(self, "", self._recorded_at_once, self._caught_up)

    def _recorded_at_once(self, database: Database, progress: Progress, wait: Wait) -> tuple[bool, int]:
        had_some = bool(kept_outcomes(database.path))
        return had_some, catch_up(database)

    def _recorded_in_time(self, database: Database, progress: Progress, wait: Wait) -> tuple[bool, int]:
        return True, catch_up(database, partial(progress, 0, 0))

    def _caught_up(self, found: tuple[bool, int]) -> None:
        had_some, left = found
        if had_some:
            self._workspace.jobs.changed.emit(Changes(frozenset({"letters"})))
        if left:
            self._workspace.jobs.network(
                self,
                self.tr("Waiting for another program to finish writing"),
                self._recorded_in_time,
                self._shown_again,
            )

    def _shown_again(self, found: tuple[bool, int]) -> None:
        self._workspace.jobs.changed.emit(Changes(frozenset({"letters"})))

    def settle(self, reference: str) -> None:
        """Ask whether an uncertain letter went out."""

        def found(rows: tuple[OutboxRow, ...]) -> None:
            row = next((r for r in rows if r.reference == reference and r.outcome == "uncertain"), None)
            if row is None:
                self._workspace.said.emit(self.tr("There is nothing uncertain about it any more."))
                self.catch_up()
                return

            def submit(dialog: FormDialog[object], values: SettleValues) -> None:
                self._workspace.save(dialog, partial(settle, reference=reference, **values))

            day = date.today()  # noqa: DTZ011
            dialog = SettleDialog(self._window, row, day, can_look=bool(load_settings().imap_host))
            dialog.look_wanted.connect(partial(self._look, dialog, row.message_id))
            ask(dialog, submit)

        self._workspace.jobs.read(self, outbox, found)

    def _look(self, dialog: SettleDialog, message_id: str) -> None:
        """Look for a message among sent mail and show the dialog what was found."""
        account = mailbox_of(load_settings())

        def start(password: str, *, keep: bool = False) -> None:
            def work(database: Database, progress: Progress, wait: Wait) -> str:
                if keep:
                    self._keep(account, password)
                with ImapMailbox(account, password, seconds=20) as mailbox:
                    return mailbox.find_sent(message_id)

            self._workspace.jobs.network(
                dialog,
                self.tr("Looking among sent mail"),
                work,
                dialog.show_evidence,
                failed=dialog.show_problem,
            )

        self._with_password(account, self.tr("Look"), start)


def _names(values: AccountValues) -> list[str]:
    """Names under which the keychain keeps the password of an account and of its mailbox."""
    return list(
        dict.fromkeys(
            keychain_name(x) for x in (values["account"], values["mailbox"]) if x is not None and x.user
        )
    )
