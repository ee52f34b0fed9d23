"""Sending from the window, over a real server on loopback, with a keychain that only lives in the test."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from outreach.desk.chosen import ChosenLetters
from outreach.errors import KeychainError
from outreach.mail.outcomes import kept_outcomes
from outreach.mail.smtp import SmtpAccount
from outreach.secrets import delete_password, get_password, set_password
from outreach.settings import load_settings, save_settings
from outreach.store import sqlite_files
from outreach.store.database import open_database
from outreach.ui.dialogs.letters import SendDialog
from outreach.ui.dialogs.mail import AccountDialog, PasswordDialog, SettleDialog
from outreach.ui.main_window import MainWindow
from outreach.ui.operations import mail as mailing_module
from tests.integration.test_handed_over import OtherProgram, Post
from tests.integration.test_mail import FROM, Mailbox, authority, mailbox, reachable, secure, server, trust

__all__ = ["authority", "mailbox", "secure", "server", "trust"]

Settle = Callable[[MainWindow], None]


class Keychain(KeyringBackend):
    """Holds passwords as a system's keychain does. is_locked: refuses like a locked one."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.is_locked:
            raise KeyringLocked("locked")
        self.kept[(service, username)] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise PasswordDeleteError("not there")
        del self.kept[(service, username)]


@pytest.fixture
def keychain() -> Iterator[Keychain]:
    before = keyring.get_keyring()
    made = Keychain()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def ready(
    sample_path: Path,
    sandbox,
    keychain: Keychain,
    desktop,
    settle: Settle,  # type: ignore[no-untyped-def]
) -> MainWindow:
    """A window with two approved letters whose addresses are on file."""
    database = open_database(sample_path)
    reachable(database, sandbox)
    database.close()
    window: MainWindow = desktop.open(str(sample_path))
    settle(window)
    window.sidebar.choose("letters")
    settle(window)
    return window


def dialog(kind: type):  # type: ignore[no-untyped-def]
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def use(account: SmtpAccount) -> None:
    save_settings(
        replace(
            load_settings(),
            smtp_host=account.host,
            smtp_port=str(account.port),
            smtp_security=account.security,
            smtp_user=account.user,
            smtp_from=account.from_address,
        )
    )


def messages() -> list[str]:
    return [w.text() for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]


def confirm(window: MainWindow, settle: Settle) -> str:
    """Say yes to the question before letters go out. Returns: its words."""
    settle(window)
    form = dialog(SendDialog)
    words = " ".join(label.text() for label in form.findChildren(QLabel))
    form.submit_button.click()
    settle(window)
    return words


def test_the_first_letter_asks_for_the_account_and_then_goes(
    ready: MainWindow, server: SmtpAccount, mailbox: Mailbox, settle: Settle
) -> None:
    page = ready.pages["letters"]
    page.table.select(["MAG-0006"])
    page.send.trigger()
    form = dialog(AccountDialog)
    form.submit_button.click()
    assert "Say which server" in form.problem.text()
    form.host.setText("127.0.0.1")
    form.security.choose("none")
    form.port.setValue(server.port)
    form.from_address.setText(FROM)
    form.test.click()
    settle(ready)
    assert "answers on port" in form.problem.text()
    form.submit_button.click()
    words = confirm(ready, settle)
    assert "1 letter to Theresa May by e-mail, through 127.0.0.1" in words
    settle(ready)
    assert len(mailbox.messages) == 1
    assert page.table.selected()[0].status.value == "sent"
    assert messages() == []


def test_a_test_of_the_account_says_what_is_wrong(ready: MainWindow, settle: Settle) -> None:
    ready.mailing.edit_account()
    form = dialog(AccountDialog)
    form.host.setText("127.0.0.1")
    form.security.choose("none")
    form.port.setValue(9)
    form.from_address.setText(FROM)
    form.test.click()
    settle(ready)
    assert "does not answer on port 9" in form.problem.text()
    assert form.test.isEnabled()


def test_a_password_is_asked_for_when_none_is_kept_and_never_written_to_a_file(
    ready: MainWindow, server: SmtpAccount, keychain: Keychain, settle: Settle, tmp_path: Path
) -> None:
    use(replace(server, user="office"))
    page = ready.pages["letters"]
    page.table.select(["MAG-0006"])
    page.send.trigger()
    confirm(ready, settle)
    form = dialog(PasswordDialog)
    form.password.setText("s3cret-of-the-test")
    form.keep.setChecked(True)
    form.submit_button.click()
    settle(ready)
    assert get_password("office@127.0.0.1") == "s3cret-of-the-test"
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"s3cret-of-the-test" not in path.read_bytes(), path
    # This server knows no login, and says so; the letter waits.
    assert "offers no login" in messages()[0]
    assert page.table.selected()[0].status.value == "queued"


def test_a_locked_keychain_is_told_from_an_empty_one(keychain: Keychain) -> None:
    assert get_password("nobody@nowhere") is None
    set_password("a@b", "x")
    delete_password("a@b")
    delete_password("a@b")
    keychain.is_locked = True
    for call in (lambda: get_password("a@b"), lambda: set_password("a@b", "x")):
        with pytest.raises(KeychainError, match="locked"):
            call()


def test_an_uncertain_letter_is_shown_as_such_and_settled(
    ready: MainWindow, server: SmtpAccount, mailbox: Mailbox, settle: Settle, qtbot: QtBot
) -> None:
    use(server)
    mailbox.answers = ["drop-kept"]
    page = ready.pages["letters"]
    page.table.select(["MAG-0006"])
    page.send.trigger()
    confirm(ready, settle)
    settle(ready)
    assert "Whether it arrived is" in messages()[0]
    row = page.table.selected()[0]
    assert row.is_uncertain
    texts = [page.model.data(page.model.index(page.model.position("MAG-0006"), c)) for c in range(4)]
    assert "Sent? Not certain" in texts
    assert not page.send.isEnabled()
    assert not page.sent.isEnabled()
    page.settle.trigger()
    settle(ready)
    form = dialog(SettleDialog)
    form.submit_button.click()
    assert "Choose what turned out" in form.problem.text()
    form.answer.choose("yes")
    form.submit_button.click()
    settle(ready)
    assert page.table.selected()[0].status.value == "sent"
    assert len(mailbox.messages) == 1


def test_a_letter_is_taken_out_of_the_outbox(ready: MainWindow, settle: Settle) -> None:
    use(SmtpAccount("127.0.0.1", 9, "none", "", FROM))
    from outreach.mail.outbox import queue_letters

    ready.workspace.jobs.write(ready, lambda session: queue_letters(session, ["MAG-0006", "MAG-0007"]))
    settle(ready)
    page = ready.pages["letters"]
    page.table.select(["MAG-0006"])
    page.take_back.trigger()
    settle(ready)
    assert page.table.selected()[0].status.value == "approved"


def test_sending_names_how_many_and_whom_and_enter_does_not_send(
    ready: MainWindow, server: SmtpAccount, mailbox: Mailbox, settle: Settle, qtbot: QtBot
) -> None:
    use(server)
    page = ready.pages["letters"]
    page.table.select(["MAG-0006", "MAG-0007"])
    page.send.trigger()
    page.send.trigger()
    settle(ready)
    (form,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, SendDialog) and w.isVisible()]
    words = " ".join(label.text() for label in form.findChildren(QLabel))
    assert "2 letters to Theresa May and Marietje Schaake" in words
    assert "cannot be taken back" in words
    qtbot.keyClick(form.focusWidget(), Qt.Key.Key_Return)
    settle(ready)
    assert mailbox.messages == []
    assert {r.status.value for r in page.table.selected()} == {"approved"}


def test_closing_the_window_while_another_program_writes_drops_no_letter_that_went(
    sample_path: Path,
    ready: MainWindow,
    desktop,  # type: ignore[no-untyped-def]
    settle: Settle,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desktop.shut_down()
    monkeypatch.setattr(sqlite_files, "BUSY_TIMEOUT_SECONDS", 0.05)
    window = desktop.open(str(sample_path))
    settle(window)
    use(SmtpAccount("127.0.0.1", 9, "none", "", FROM))
    other = OtherProgram(sample_path)
    monkeypatch.setattr(mailing_module, "SmtpTransport", lambda account, password: Post(other))
    window.mailing.send(ChosenLetters.named(["MAG-0006", "MAG-0007"], date(2011, 1, 20)))
    settle(window)
    dialog(SendDialog).submit_button.click()
    qtbot.waitUntil(lambda: bool(kept_outcomes(sample_path)), timeout=20_000)
    qtbot.waitUntil(lambda: "another program" in window.statusBar().currentMessage(), timeout=20_000)
    desktop.shut_down()
    assert other.holds and len(kept_outcomes(sample_path)) == 1
    other.close()
    again = desktop.open(str(sample_path))
    again.sidebar.choose("letters")
    settle(again)
    settle(again)
    rows = {r.reference: (r.status.value, r.is_uncertain) for r in again.pages["letters"].model.rows}
    assert rows["MAG-0006"] == ("sent", False) and rows["MAG-0007"] == ("queued", False)
    assert kept_outcomes(sample_path) == ()


def test_an_account_whose_address_is_none_is_not_saved_and_what_was_typed_stays(ready: MainWindow) -> None:
    ready.mailing.edit_account()
    form = dialog(AccountDialog)
    form.host.setText("127.0.0.1")
    form.security.choose("none")
    form.from_address.setText("office@example.org, other@example.org")
    form.submit_button.click()
    assert "not an e-mail address but several" in form.problem.text()
    assert form.isVisible() and form.host.text() == "127.0.0.1"
