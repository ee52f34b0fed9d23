"""A bug on the way to a server stays the error it is: it is not explained away, and is not its own cause."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from outreach.directory.importers.feeds import download
from outreach.errors import CancelledError
from outreach.mail.imap import ImapAccount, ImapMailbox
from outreach.mail.smtp import SmtpAccount, SmtpTransport


def _reads_a_mailbox(folder: Path) -> None:
    with ImapMailbox(ImapAccount("127.0.0.1", 9, "none", "me"), ""):
        raise AssertionError("there is no such server")


def _sends(folder: Path) -> None:
    SmtpTransport(SmtpAccount("127.0.0.1", 9, "none", "", "office@example.org"), "", seconds=1).test()


def _downloads(folder: Path) -> None:
    download("https://127.0.0.1:9/x", folder)


@pytest.mark.parametrize("work", [_reads_a_mailbox, _sends, _downloads])
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
