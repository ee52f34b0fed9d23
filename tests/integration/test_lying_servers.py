"""Servers that lie, before and after the text of a letter went out: what may have gone is never *failed*, and
what cannot have gone is never *uncertain*; nothing is handed over a second time by itself."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outreach.domain.states import LetterStatus
from outreach.letters.sandbox import TemplateSandbox
from outreach.mail.outbox import outbox, queue_letters
from outreach.mail.sending import send_queued
from outreach.mail.smtp import SmtpAccount, SmtpTransport
from outreach.mail.transport import Envelope, NotSentError, UncertainError
from outreach.store.database import Database, open_database
from outreach.store.models import Letter
from tests.factories import DAY
from tests.integration.test_mail import FROM, OUTGOING, reachable
from tests.lying_smtp import (
    MOST_SENT,
    Lie,
    LyingServer,
    drip,
    hang_up,
    in_pieces,
    reset,
    say_and_hang_up,
)

SILENT = b""
BEFORE: dict[str, tuple[str, Lie, str]] = {
    "a greeting of garbage": ("greeting", b"\x00\xff\xfe what\r\n", "deferred"),
    "a greeting that refuses": ("greeting", b"554 go away\r\n", "deferred"),
    "a greeting that hangs up": ("greeting", hang_up, "deferred"),
    "a silent greeting": ("greeting", SILENT, "deferred"),
    "a greeting that drips": ("greeting", drip, "deferred"),
    "a greeting and more": ("greeting", b"220 hello\r\n250 and more\r\n", "deferred"),
    "an endless line": ("ehlo", b"endless", "deferred"),
    "an endless reply": ("ehlo", b"endless lines", "deferred"),
    "a sender refused for good": ("mail", b"550 not you\r\n", "failed"),
    "a sender refused for a while": ("mail", b"451 later\r\n", "deferred"),
    "a sender answered with another code": ("mail", b"220 hello again\r\n", "deferred"),
    "a recipient refused for good": ("rcpt", b"550 nobody here\r\n", "failed"),
    "a recipient refused and the line closed": ("rcpt", say_and_hang_up(b"421 too busy\r\n"), "deferred"),
    "a recipient answered with code 999": ("rcpt", b"999 what\r\n", "deferred"),
    "a recipient answered with code -1": ("rcpt", b"-1 what\r\n", "deferred"),
    "a recipient answered with two codes": ("rcpt", b"250-yes\r\n550 no\r\n", "deferred"),
    "the text refused beforehand": ("data", b"554 no texts\r\n", "failed"),
    "the text taken before it was sent": ("data", b"250 got it\r\n", "deferred"),
    "the line closed in place of 354": ("data", reset, "deferred"),
    "354 with garbage behind it": ("data", b"354 go on\r\nxyz\r\n", "deferred"),
    "354 with the confirmation behind it": ("data", b"354 go on\r\n250 queued\r\n", "deferred"),
}
AFTER: dict[str, tuple[str, Lie, str]] = {
    "garbage": ("text", b"\x00\xff\xfe\r\n", "uncertain"),
    "an empty line": ("text", b"\r\n", "uncertain"),
    "words without a code": ("text", b"OK queued\r\n", "uncertain"),
    "a code stuck to its words": ("text", b"250queued\r\n", "uncertain"),
    "code 999": ("text", b"999 what\r\n", "uncertain"),
    "code -1": ("text", b"-1 what\r\n", "uncertain"),
    "code 199": ("text", b"199 wait\r\n", "uncertain"),
    "a success that is another": ("text", b"214 help\r\n", "uncertain"),
    "354 again": ("text", b"354 go on\r\n", "uncertain"),
    "two codes in one reply": ("text", b"250-yes\r\n550 no\r\n", "uncertain"),
    "two replies that contradict": ("text", b"550 no\r\n250 yes\r\n", "uncertain"),
    "a line without an end": ("text", say_and_hang_up(b"250 que"), "uncertain"),
    "a reply without its last line": ("text", say_and_hang_up(b"250-queued\r\n"), "uncertain"),
    "an endless line": ("text", b"endless", "uncertain"),
    "an endless reply": ("text", b"endless lines", "uncertain"),
    "the line closed": ("text", hang_up, "uncertain"),
    "the line broken off": ("text", reset, "uncertain"),
    "silence": ("text", SILENT, "uncertain"),
    "dripping": ("text", drip, "uncertain"),
    "a clear lasting refusal": ("text", b"554 spam\r\n", "failed"),
    "a clear refusal in several lines": ("text", b"554-spam\r\n554 really\r\n", "failed"),
    "a clear refusal for a while": ("text", b"451 later\r\n", "deferred"),
    "a clear refusal and the line closed": ("text", say_and_hang_up(b"421 closing\r\n"), "deferred"),
    "a refusal in the middle of the text and the line closed": (
        "early",
        say_and_hang_up(b"552 too much\r\n"),
        "failed",
    ),
    "a confirmation in pieces": ("text", in_pieces(b"250-queued\r\n250 as 1\r\n"), "sent"),
    "a bare code": ("text", b"250\r\n", "sent"),
    "a confirmation and the line closed": ("text", say_and_hang_up(b"250 queued\r\n421 closing\r\n"), "sent"),
}


@pytest.fixture(scope="session")
def queued_file(
    sample_file: Path, sandbox: TemplateSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A database with one letter in the outbox; tests work on copies of it."""
    path = Path(shutil.copy(sample_file, tmp_path_factory.mktemp("queued") / "outreach.db"))
    database = open_database(path)
    references = reachable(database, sandbox, "Theresa May")
    with database.write() as session:
        queue_letters(session, references)
    database.close()
    return path


@pytest.fixture
def queued(queued_file: Path, tmp_path: Path) -> Iterator[Database]:
    """The outbox with one letter, open."""
    database = open_database(shutil.copy(queued_file, tmp_path / "outreach.db"))
    yield database
    database.close()


@pytest.fixture
def lying() -> Iterator[Callable[[str, Lie], LyingServer]]:
    """Starts servers with one lie each."""
    started: list[LyingServer] = []

    def start(stage: str, lie: Lie) -> LyingServer:
        server = LyingServer({})
        endless = {b"endless": b"2" * 8192, b"endless lines": b"250-more\r\n" * 500}
        server.lies[stage] = server.pour(endless[lie]) if isinstance(lie, bytes) and lie in endless else lie
        started.append(server)
        return server

    yield start
    for server in started:
        server.close()


def send(database: Database, port: int) -> list[str]:
    transport = SmtpTransport(SmtpAccount("127.0.0.1", port, "none", "", FROM), "", seconds=0.3)
    try:
        results = send_queued(
            database, transport, on=DAY, from_address=FROM, per_minute=0, wait=lambda s: None
        )
    finally:
        transport.close()
    return [r.outcome for r in results]


def the_letter(database: Database) -> tuple[LetterStatus, list[str]]:
    with database.read() as session:
        newest = session.query(Letter).filter_by(origin="own").order_by(Letter.id.desc()).first()
        assert newest is not None
        return newest.status, [r.outcome for r in outbox(session)]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", BEFORE)
def test_a_lie_before_the_text_leaves_the_letter_certainly_not_sent(
    name: str, queued: Database, lying: Callable[[str, Lie], LyingServer]
) -> None:
    stage, lie, outcome = BEFORE[name]
    server = lying(stage, lie)
    assert send(queued, server.port) == [outcome]
    assert server.texts == []
    assert server.sent < MOST_SENT, "an endless reply is not read to its end"
    assert the_letter(queued)[1] == [outcome]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", AFTER)
def test_after_the_text_only_a_clear_answer_is_believed(
    name: str, queued: Database, lying: Callable[[str, Lie], LyingServer]
) -> None:
    stage, lie, outcome = AFTER[name]
    server = lying(stage, lie)
    assert send(queued, server.port) == [outcome]
    assert server.sent < MOST_SENT, "an endless reply is not read to its end"
    status, rows = the_letter(queued)
    assert rows == ([] if outcome == "sent" else [outcome])
    assert (status is LetterStatus.SENT) == (outcome == "sent")
    assert server.begun == (4 if outcome == "deferred" else 1)
    honest = LyingServer({})
    again = send(queued, honest.port)
    honest.close()
    # What waits goes on by itself; what went, may have gone or was refused for good does not.
    assert again == (["sent"] if outcome == "deferred" else [])


def test_the_lies_are_many_and_lie_at_every_stage() -> None:
    assert len(BEFORE) + len(AFTER) >= 25
    assert {stage for stage, _, _ in [*BEFORE.values(), *AFTER.values()]} >= {
        "greeting", "ehlo", "mail", "rcpt", "data", "early", "text",
    }  # fmt: skip


def account(server: LyingServer) -> SmtpAccount:
    return SmtpAccount("127.0.0.1", server.port, "none", "", FROM)


def test_a_line_that_the_server_closed_meanwhile_is_opened_again(
    lying: Callable[[str, Lie], LyingServer],
) -> None:
    server = lying("text", say_and_hang_up(b"250 queued\r\n421 idle for too long\r\n"))
    server.times = 1
    transport = SmtpTransport(account(server), "", seconds=2)
    assert transport.send(OUTGOING) == "250 queued"
    assert transport.send(OUTGOING) == "250 queued"
    transport.close()
    assert len(server.texts) == 2 and server.commands.count("ehlo") == 2


# More than the buffers of both ends hold, so that the server has spoken before the text is out.
LONG = Envelope(FROM, "may@example.org", b"Subject: x\r\n\r\n" + (b"x" * 998 + b"\r\n") * 40_000)


def test_a_confirmation_before_the_end_of_the_text_is_not_believed(
    lying: Callable[[str, Lie], LyingServer],
) -> None:
    server = lying("early", b"250 queued\r\n")
    transport = SmtpTransport(account(server), "", seconds=20)
    with pytest.raises(UncertainError, match="no clear answer"):
        transport.send(LONG)
    assert transport.may_have_gone and server.texts == []


def test_a_refusal_before_the_end_of_the_text_is_one_and_the_end_is_not_sent(
    lying: Callable[[str, Lie], LyingServer],
) -> None:
    server = lying("early", b"552 too much\r\n")
    transport = SmtpTransport(account(server), "", seconds=20)
    with pytest.raises(NotSentError, match="552 too much"):
        transport.send(LONG)
    assert not transport.may_have_gone and server.texts == []


def test_a_refused_text_does_not_end_the_line_and_the_next_letter_goes(
    lying: Callable[[str, Lie], LyingServer],
) -> None:
    server = lying("text", b"554 spam\r\n")
    server.times = 1
    transport = SmtpTransport(account(server), "", seconds=2)
    with pytest.raises(NotSentError, match="554 spam"):
        transport.send(OUTGOING)
    assert not transport.may_have_gone
    assert transport.send(OUTGOING) == "250 queued"
    transport.close()
    assert server.commands.count("ehlo") == 1


def test_what_is_said_before_tls_begins_is_not_believed(lying: Callable[[str, Lie], LyingServer]) -> None:
    server = lying("ehlo", b"250-x\r\n250 STARTTLS\r\n")
    server.lies["star"] = b"220 begin\r\n250 slipped in\r\n"
    transport = SmtpTransport(SmtpAccount("127.0.0.1", server.port, "starttls", "", FROM), "", seconds=1)
    with pytest.raises(NotSentError, match="not SMTP"):
        transport.send(OUTGOING)
    assert server.texts == []


def test_tls_that_breaks_is_certain_before_the_text(lying: Callable[[str, Lie], LyingServer]) -> None:
    server = lying("greeting", drip)
    transport = SmtpTransport(SmtpAccount("127.0.0.1", server.port, "tls", "", FROM), "", seconds=0.3)
    with pytest.raises(NotSentError):
        transport.send(OUTGOING)
    assert not transport.may_have_gone


def test_a_letter_over_the_server_s_size_is_not_offered_and_the_size_is_said(
    lying: Callable[[str, Lie], LyingServer],
) -> None:
    server = lying("ehlo", b"250-x\r\n250 SIZE 1000000\r\n")
    transport = SmtpTransport(account(server), "", seconds=2)
    with pytest.raises(NotSentError, match=r"2\.0 MB, and 127\.0\.0\.1 takes 1\.0 MB at most") as refused:
        transport.send(Envelope(FROM, "may@example.org", b"x" * 2_000_000))
    assert not refused.value.is_temporary and not refused.value.concerns_all
    assert transport.send(OUTGOING) == "250 queued"
    transport.close()
    assert "mail" in server.commands and len(server.texts) == 1


def test_line_ends_of_any_kind_cannot_end_a_text_early(lying: Callable[[str, Lie], LyingServer]) -> None:
    server = lying("none", b"")
    transport = SmtpTransport(account(server), "", seconds=2)
    transport.send(
        Envelope(FROM, "may@example.org", b"Subject: x\r\n\r\na\n.\nMAIL FROM:<x@y.org>\r.\rb\r\n.\r\nc")
    )
    transport.close()
    assert server.texts == [b"Subject: x\r\n\r\na\r\n..\r\nMAIL FROM:<x@y.org>\r\n..\r\nb\r\n..\r\nc\r\n"]


class Interrupting:
    """A socket-like line that is interrupted by the keyboard when it is to send
    something with these bytes.
    """

    def __init__(self, line: object, at: bytes) -> None:
        self._line, self._at = line, at

    def __getattr__(self, name: str) -> object:
        return getattr(self._line, name)

    def sendall(self, data: bytes) -> None:
        if self._at in data:
            raise KeyboardInterrupt
        self._line.sendall(data)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("at", "outcome"), [(b"mail", "deferred"), (b"rcpt", "deferred"), (b"Subject", "uncertain")]
)
def test_an_interruption_is_recorded_for_what_it_is(
    queued: Database,
    lying: Callable[[str, Lie], LyingServer],
    monkeypatch: pytest.MonkeyPatch,
    at: bytes,
    outcome: str,
) -> None:
    server = lying("none", b"")
    transport = SmtpTransport(account(server), "", seconds=2)
    transport._connected().sock = Interrupting(transport._connected().sock, at)  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        send_queued(queued, transport, on=DAY, from_address=FROM, per_minute=0)
    transport.close()
    assert the_letter(queued)[1] == [outcome]


class Broken:
    """A transport that raises what no transport should."""

    def __init__(self, error: BaseException, *, may_have_gone: bool) -> None:
        self._error, self.may_have_gone, self.tried = error, may_have_gone, 0

    def send(self, envelope: Envelope) -> str:
        self.tried += 1
        raise self._error

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("may_have_gone", "outcome"), [(False, "deferred"), (True, "uncertain")])
def test_an_error_of_an_unknown_kind_is_no_traceback_and_is_recorded(
    queued: Database, may_have_gone: bool, outcome: str
) -> None:
    transport = Broken(ZeroDivisionError("?"), may_have_gone=may_have_gone)
    results = send_queued(queued, transport, on=DAY, from_address=FROM, per_minute=0)
    assert [r.outcome for r in results] == [outcome] and transport.tried == 1
    assert the_letter(queued)[1] == [outcome]


def test_stopping_in_a_pause_between_attempts_leaves_the_letter_in_the_outbox(queued: Database) -> None:
    transport = Broken(NotSentError("busy", is_temporary=True), may_have_gone=False)
    results = send_queued(queued, transport, on=DAY, from_address=FROM, wait=lambda seconds: True)
    assert [r.outcome for r in results] == ["deferred"] and transport.tried == 1
    assert the_letter(queued)[1] == ["deferred"]


def test_a_transport_that_cannot_tell_leaves_the_letter_uncertain(queued: Database) -> None:
    transport = Broken(UncertainError("lost"), may_have_gone=True)
    results = send_queued(queued, transport, on=DAY, from_address=FROM)
    assert [(r.outcome, r.detail) for r in results] == [("uncertain", "lost")]
