"""Dialogs about mail: the account with its test, a password, and settling what is uncertain."""

from datetime import date
from typing import TypedDict

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QWidget

from outreach.errors import OutreachError, UsageError
from outreach.mail.imap import ImapAccount
from outreach.mail.outbox import OutboxRow
from outreach.mail.smtp import SmtpAccount
from outreach.settings import Settings
from outreach.ui.dialogs.forms import Choice, DayField, FormDialog, secret_field, text_field
from outreach.ui.operations import mail
from outreach.ui.widgets.buttons import push_button
from outreach.ui.widgets.fields import NumberField
from outreach.ui.widgets.labels import Label
from outreach.ui.workspace import Workspace
from outreach.words import notice_in_words

_SECURITIES = [
    ("starttls", "STARTTLS, most often port 587"),
    ("tls", "TLS from the start, most often port 465"),
    ("none", "None; only for a server on this computer"),
]
_IMAP_SECURITIES = [
    ("tls", "TLS from the start, most often port 993"),
    ("starttls", "STARTTLS, most often port 143"),
    ("none", "None; only for a server on this computer"),
]
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class AccountValues(TypedDict):
    """An account as its form has it. mailbox: None where none is read."""

    account: SmtpAccount
    mailbox: ImapAccount | None
    per_minute: int
    password: str


class AccountDialog(FormDialog[AccountValues]):
    """The mail account. Values: account (SmtpAccount), mailbox (ImapAccount or None), per_minute, password
    ("" to leave the one that is kept)."""

    def __init__(self, parent: QWidget, workspace: Workspace, settings: Settings, sender: str) -> None:
        super().__init__(
            parent,
            "Mail account",
            "Save",
            "How letters leave by e-mail, and where answers come in. The password is kept in your system’s "
            "keychain and nowhere else. Many providers want "
            "an app password, made in the security settings of your account there.",
        )
        self._workspace = workspace
        self.from_address = text_field(settings.smtp_from or sender, "office@example.org")
        self.host = text_field(settings.smtp_host, "smtp.example.org")
        self.security = Choice(_SECURITIES, settings.smtp_security)
        self.port = NumberField()
        self.port.setRange(1, 65535)
        self.port.setValue(int(settings.smtp_port) if settings.smtp_port.isdigit() else 587)
        self.user = text_field(settings.smtp_user, "Often the address itself")
        self.password = secret_field()
        self.password.setPlaceholderText("Leave empty to keep the one in the keychain")
        self.per_minute = NumberField()
        self.per_minute.setRange(0, 1000)
        self.per_minute.setSpecialValueText("No limit")
        self.per_minute.setSuffix(" letters a minute at most")
        self.per_minute.setValue(mail.pace(settings))
        self.imap_host = text_field(settings.imap_host, "imap.example.org; empty if answers are not fetched")
        self.imap_security = Choice(_IMAP_SECURITIES, settings.imap_security)
        self.imap_port = NumberField()
        self.imap_port.setRange(1, 65535)
        self.imap_port.setValue(int(settings.imap_port) if settings.imap_port.isdigit() else 993)
        self.imap_user = text_field(settings.imap_user, "The same login, if empty")
        self.folder = text_field(settings.imap_folder, "INBOX")
        self.test = push_button(self, "Test", self._test)
        for name, field in (
            ("From", self.from_address),
            ("Server", self.host),
            ("Security", self.security),
            ("Port", self.port),
            ("Login", self.user),
            ("Password", self.password),
            ("Pace", self.per_minute),
            (
                "",
                Label(
                    "Fetching answers; the mailbox is only read, never changed",
                    size=12,
                    strong=True,
                    tone="quiet",
                ),
            ),
            ("Server", self.imap_host),
            ("Security", self.imap_security),
            ("Port", self.imap_port),
            ("Login", self.imap_user),
            ("Folder", self.folder),
            ("", self.test),
        ):
            self.form.addRow(name, field)
        self.security.currentIndexChanged.connect(self._propose_port)
        self.imap_security.currentIndexChanged.connect(self._propose_imap_port)
        self.setMinimumWidth(540)

    @Slot()
    def _propose_port(self) -> None:
        if self.port.value() in _PORTS.values():
            self.port.setValue(_PORTS[self.security.value()])

    @Slot()
    def _propose_imap_port(self) -> None:
        if self.imap_port.value() in {143, 993}:
            self.imap_port.setValue(993 if self.imap_security.value() == "tls" else 143)

    def _mailbox(self) -> ImapAccount | None:
        if not self.imap_host.text().strip():
            return None
        account = ImapAccount(
            self.imap_host.text().strip(),
            self.imap_port.value(),
            self.imap_security.value(),
            self.imap_user.text().strip() or self.user.text().strip(),
            self.folder.text().strip() or "INBOX",
        )
        account.check()
        return account

    def _account(self) -> SmtpAccount:
        account = SmtpAccount(
            self.host.text().strip(),
            self.port.value(),
            self.security.value(),
            self.user.text().strip(),
            self.from_address.text().strip(),
        )
        account.check()
        return account

    @Slot()
    def _test(self) -> None:
        try:
            account, mailbox = self._account(), self._mailbox()
        except OutreachError as error:
            self.show_problem(error)
            return
        self.problem.hide()
        operation = mail.test_account(account, mailbox, self.password.text())
        operation.run(self._workspace, self, self._tested, failed=self.show_problem)

    def _tested(self, words: str) -> None:
        self.problem.set_tone("good")
        self.problem.setText(words)
        self.problem.show()

    def show_problem(self, error: Exception) -> None:
        self.problem.set_tone("bad")
        super().show_problem(error)

    def values(self) -> AccountValues:
        return {
            "account": self._account(),
            "mailbox": self._mailbox(),
            "per_minute": self.per_minute.value(),
            "password": self.password.text(),
        }


class PasswordValues(TypedDict):
    """A password, and whether the keychain is to have it."""

    password: str
    keep: bool


class PasswordDialog(FormDialog[PasswordValues]):
    """A password that the keychain does not have. Values: password, keep."""

    def __init__(self, parent: QWidget, user: str, reason: str, submit: str) -> None:
        super().__init__(parent, "Password", submit, reason)
        self.password = secret_field()
        self.keep = QCheckBox("Keep it in the keychain")
        self.form.addRow(f"Password of {user}", self.password)
        self.form.addRow("", self.keep)

    def values(self) -> PasswordValues:
        if not self.password.text():
            raise UsageError("Type the password, or cancel.")
        return {"password": self.password.text(), "keep": self.keep.isChecked()}


class SettleValues(TypedDict):
    """What turned out about a letter."""

    was_sent: bool
    on: date


class SettleDialog(FormDialog[SettleValues]):
    """Whether a letter went out.

    Values: was_sent, on. Signals: look_wanted() to look for it among sent mail.
    """

    look_wanted = Signal()

    def __init__(self, parent: QWidget, row: OutboxRow, day: date, *, can_look: bool) -> None:
        super().__init__(
            parent,
            f"Did {row.reference} go out?",
            "Settle",
            f"{notice_in_words(row.detail)}\n\nIt was addressed to {row.to_address}. Look in the Sent "
            "folder, or ask the "
            "addressee, for the "
            f"message with this id:\n{row.message_id}",
        )
        self.answer = Choice([("", "Choose"), ("yes", "It went out"), ("no", "It did not; send it again")])
        self.day = DayField(day)
        self.evidence = Label("")
        self.evidence.hide()
        self.look = push_button(self, "Look among sent mail", self.look_wanted.emit)
        self.look.setVisible(can_look)
        self.form.addRow("", self.look)
        self.form.addRow("", self.evidence)
        self.form.addRow("It turned out", self.answer)
        self.form.addRow("Sent on", self.day)

    def values(self) -> SettleValues:
        if not self.answer.value():
            raise UsageError("Choose what turned out, or cancel and look first.")
        return {"was_sent": self.answer.value() == "yes", "on": self.day.day()}

    def show_evidence(self, folder: str) -> None:
        """Say where it lies among sent mail, "" for nowhere. What turned out is proposed, not decided."""
        self.evidence.setText(
            f"It lies in “{folder}”, so it went out."
            if folder
            else "It is in no folder. Not every provider keeps what is sent, so that proves nothing."
        )
        self.evidence.set_tone("good" if folder else "quiet")
        self.evidence.show()
        if folder:
            self.answer.choose("yes")
        self._fit()
