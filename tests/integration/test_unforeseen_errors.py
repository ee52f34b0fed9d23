"""A bug on the way to a server stays the error it is: it is not explained away, and is not its own cause."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from outreach.directory.importers.feeds import download
from outreach.errors import CancelledError
from outreach.mail.imap import ImapAccount, ImapMailbox
from outreach.mail.smtp import SmtpAccount, SmtpTransport
from outreach.mail.transport import NotSentError


def _reads_a_mailbox(folder: Path) -> None:
    with ImapMailbox(ImapAccount("127.0.0.1", 9, "none", "me"), ""):
        raise AssertionError("there is no such server")


def _sends(folder: Path) -> None:
    SmtpTransport(SmtpAccount("127.0.0.1", 9, "none", "", "office@example.org"), "", seconds=1).test()


def _downloads(folder: Path) -> None:
    download("https://127.0.0.1:9/x", folder)


@pytest.mark.parametrize("work", [_reads_a_mailbox, _downloads])
@pytest.mark.parametrize("bug", [ZeroDivisionError("a bug"), CancelledError("Stopped."), KeyboardInterrupt()])
def test_an_error_that_nobody_foresaw_is_not_its_own_cause(
    work: Callable[[Path], None], bug: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise bug

    monkeypatch.setattr(socket, "create_connection", broken)
    with pytest.raises(type(bug)) as told:
        work(tmp_path)
    error: BaseException | None = told.value
    assert error is bug
    seen: set[int] = set()
    while error is not None:
        assert id(error) not in seen
        seen.add(id(error))
        error = error.__cause__
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bug", [ZeroDivisionError("a bug"), CancelledError("Stopped.")])
def test_a_bug_before_a_letter_is_sent_says_that_nothing_was_and_keeps_its_cause(
    bug: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise bug

    monkeypatch.setattr(socket, "create_connection", broken)
    with pytest.raises(NotSentError, match="before anything was sent") as told:
        _sends(tmp_path)
    assert told.value.__cause__ is bug and bug.__cause__ is None


def test_an_interruption_before_a_letter_is_sent_goes_on_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = KeyboardInterrupt()

    def broken(*_: object, **__: object) -> None:
        raise stopped

    monkeypatch.setattr(socket, "create_connection", broken)
    with pytest.raises(KeyboardInterrupt) as told:
        _sends(tmp_path)
    assert told.value is stopped
