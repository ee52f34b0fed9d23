"""Dialogs about mail: the account with its test, a password, and settling what is uncertain."""

from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QSpinBox, QWidget

from outreach.errors import OutreachError, UsageError
from outreach.mail.accounts import keychain_name
from outreach.mail.sending import OutboxRow
from outreach.mail.smtp import SmtpAccount, SmtpTransport
from outreach.secrets import get_password
from outreach.settings import Settings
from outreach.ui.dialogs.forms import Choice, DayField, FormDialog, text_field
from outreach.ui.workspace import Workspace

_SECURITIES = [
    ("starttls", "STARTTLS, most often port 587"),
    ("tls", "TLS from the start, most often port 465"),
    ("none", "None; only for a server on this computer"),
]
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def _secret_field() -> QLineEdit:
    field = text_field()
    field.setEchoMode(QLineEdit.EchoMode.Password)
    return field


class AccountDialog(FormDialog):
    """The mail account. Values: account (SmtpAccount), password ("" to leave the one that is kept)."""

    def __init__(self, parent: QWidget, workspace: Workspace, settings: Settings, sender: str) -> None:
        super().__init__(
            parent,
            "Mail account",
            "Save",
            "How letters leave by e-mail. The password is kept in your system’s keychain and nowhere else. Many providers want "
            "an app password, made in the security settings of your account there.",
        )
        self._workspace = workspace
        self.from_address = text_field(settings.smtp_from or sender, "office@example.org")
        self.host = text_field(settings.smtp_host, "smtp.example.org")
        self.security = Choice(_SECURITIES, settings.smtp_security)
        self.port = QSpinBox()
        self.port.setRange(1, 65535)
        self.port.setValue(int(settings.smtp_port) if settings.smtp_port.isdigit() else 587)
        self.user = text_field(settings.smtp_user, "Often the address itself")
        self.password = _secret_field()
        self.password.setPlaceholderText("Leave empty to keep the one in the keychain")
        self.test = QPushButton("Test")
        self.test.setAutoDefault(False)
        self.test.clicked.connect(self._test)
        for name, field in (
            ("From", self.from_address),
            ("Server", self.host),
            ("Security", self.security),
            ("Port", self.port),
            ("Login", self.user),
            ("Password", self.password),
            ("", self.test),
        ):
            self.form.addRow(name, field)
        self.security.currentIndexChanged.connect(self._propose_port)
        self.setMinimumWidth(540)

    @Slot()
    def _propose_port(self) -> None:
        if self.port.value() in _PORTS.values():
            self.port.setValue(_PORTS[self.security.value()])

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
            account = self._account()
        except OutreachError as error:
            self.show_problem(error)
            return
        typed = self.password.text()
        self.test.setEnabled(False)
        self.problem.hide()

        def work(database: Any, progress: Any, wait: Any) -> str:
            password = typed or (get_password(keychain_name(account)) or "" if account.user else "")
            return SmtpTransport(account, password, seconds=20).test()

        self._workspace.jobs.network(
            self, self.tr("Testing the mail account"), work, self._tested, failed=self._untested
        )

    def _tested(self, words: str) -> None:
        self.test.setEnabled(True)
        self.problem.set_tone("good")
        self.problem.setText(words)
        self.problem.show()

    def _untested(self, error: Exception) -> None:
        self.test.setEnabled(True)
        self.show_problem(error)

    def show_problem(self, error: Exception) -> None:
        self.problem.set_tone("bad")
        super().show_problem(error)

    def values(self) -> dict[str, Any]:
        return {"account": self._account(), "password": self.password.text()}


class PasswordDialog(FormDialog):
    """A password that the keychain does not have. Values: password, keep."""

    def __init__(self, parent: QWidget, user: str, reason: str) -> None:
        super().__init__(parent, "Password", "Send", reason)
        self.password = _secret_field()
        self.keep = QCheckBox("Keep it in the keychain")
        self.form.addRow(f"Password of {user}", self.password)
        self.form.addRow("", self.keep)

    def values(self) -> dict[str, Any]:
        if not self.password.text():
            raise UsageError("Type the password, or cancel.")
        return {"password": self.password.text(), "keep": self.keep.isChecked()}


class SettleDialog(FormDialog):
    """Whether a letter went out. Values: was_sent, on."""

    def __init__(self, parent: QWidget, row: OutboxRow, day: Any) -> None:
        super().__init__(
            parent,
            f"Did {row.reference} go out?",
            "Settle",
            f"{row.detail}\n\nIt was addressed to {row.to_address}. Look in the Sent folder, or ask the addressee, for the "
            f"message with this id:\n{row.message_id}",
        )
        self.answer = Choice([("", "Choose"), ("yes", "It went out"), ("no", "It did not; send it again")])
        self.day = DayField(day)
        self.form.addRow("It turned out", self.answer)
        self.form.addRow("Sent on", self.day)

    def values(self) -> dict[str, Any]:
        if not self.answer.value():
            raise UsageError("Choose what turned out, or cancel and look first.")
        return {"was_sent": self.answer.value() == "yes", "on": self.day.day()}
