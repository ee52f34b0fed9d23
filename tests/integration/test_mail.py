"""Sending over a real SMTP server on loopback: certain or uncertain, never twice, never silently lost."""

import asyncio
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from outreach.cases.campaigns import campaigns_list
from outreach.desk.letter_table import letter_detail, tracker_rows
from outreach.directory.editing import PersonEntry, save_person
from outreach.domain.states import Channel, LetterStatus
from outreach.errors import NotAllowedError, UsageError
from outreach.letters.ledger import mark_sent, withdraw_letters
from outreach.letters.sandbox import TemplateSandbox
from outreach.mail.outbox import (
    outbox,
    queue_letters,
    settle,
    take_back,
    waiting,
)
from outreach.mail.sending import send_queued
from outreach.mail.smtp import SmtpAccount, SmtpTransport
from outreach.mail.transport import Envelope as Outgoing
from outreach.mail.transport import NotSentError, UncertainError
from outreach.store.database import Database, open_database
from outreach.words import notice_in_words
from tests import factories
from tests.factories import DAY

FROM = "office@example.org"
OUTGOING = Outgoing(FROM, "may@example.org", b"Subject: x\r\n\r\n.dot\r\nText\r\n")


def free_port() -> int:
    """A port that nothing listens on; aiosmtpd does not choose one itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mailbox:
    """Keeps what arrives.

    answers: what to say to the next messages, ``drop`` to cut the line after the text.
    """

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250") or answer == "drop-kept":
            self.messages.append(bytes(envelope.original_content or b""))
        if answer.startswith("drop"):
            assert server.transport is not None
            server.transport.abort()
            await asyncio.sleep(0)
            raise ConnectionResetError
        return answer

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[SmtpAccount]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), data_size_limit=50_000_000)
    controller.start()
    port = controller.port
    yield SmtpAccount("127.0.0.1", port, "none", "", FROM)
    controller.stop()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == b"secret"
    return AuthResult(success=good, handled=False)


@pytest.fixture
def secure(mailbox: Mailbox, authority: trustme.CA) -> Iterator[SmtpAccount]:
    """A server that wants STARTTLS and a login."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    controller = Controller(
        mailbox,
        hostname="localhost",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        authenticator=login,
        auth_required=True,
    )  # fmt: skip
    controller.start()
    port = controller.port
    yield SmtpAccount("localhost", port, "starttls", "office", FROM)
    controller.stop()


def reachable(
    database: Database, sandbox: TemplateSandbox, people: str = "Theresa May, Marietje Schaake"
) -> tuple[str, ...]:
    """Approved letters to people whose address is on file."""
    with database.write() as session:
        for key, given, family, address in (
            ("theresa-may", "Theresa", "May", "may@example.org"),
            ("marietje-schaake", "Marietje", "Schaake", "schaake@example.org"),
        ):
            save_person(
                session, PersonEntry(given, family, "", "", "female", "", "", (("email", address),)), key
            )
    return factories.approved(database, sandbox, people)


def send(database: Database, account: SmtpAccount) -> dict[str, str]:
    transport = SmtpTransport(account, "", seconds=5)
    try:
        results = send_queued(
            database, transport, on=DAY, from_address=FROM, per_minute=0, wait=lambda s: None
        )
    finally:
        transport.close()
    return {r.reference: r.outcome for r in results}


def status(database: Database, reference: str) -> LetterStatus:
    with database.read() as session:
        return tracker_rows(session, campaigns_list(session)[0], references=[reference])[0].status


def test_letters_arrive_once_and_the_table_knows(
    database: Database, sandbox: TemplateSandbox, server: SmtpAccount, mailbox: Mailbox
) -> None:
    references = reachable(database, sandbox)
    with database.write() as session:
        queue_letters(session, references)
    assert status(database, references[0]) is LetterStatus.QUEUED
    assert send(database, server) == dict.fromkeys(references, "sent")
    assert send(database, server) == {}
    assert len(mailbox.messages) == 2
    message = message_from_bytes(mailbox.messages[0], policy=policy.default)
    assert message["To"].addresses[0].addr_spec == "may@example.org"
    assert "[MAG-0006]" in message["Subject"]
    assert message["Date"].datetime is not None
    assert message["X-Unsent"] is None
    assert {p.get_content_type() for p in message.walk()} >= {"text/plain", "text/html", "application/pdf"}
    with database.read() as session:
        detail = letter_detail(session, campaigns_list(session)[0], references[0])
    assert (detail.row.status, detail.row.channel, detail.row.sent_on) == (LetterStatus.SENT, "email", DAY)
    assert [e.kind for e in detail.events] == ["drafted", "approved", "queued", "sent"]


def test_a_letter_without_an_address_is_not_queued_and_neither_are_the_others(
    database: Database, sandbox: TemplateSandbox
) -> None:
    references = reachable(database, sandbox, "Theresa May, Damian Green")
    with pytest.raises(NotAllowedError, match="No e-mail address"), database.write() as session:
        queue_letters(session, references)
    assert status(database, references[0]) is LetterStatus.APPROVED
    draft = factories.drafted(database, sandbox, "Marietje Schaake")
    with pytest.raises(NotAllowedError, match="Approve it first"), database.write() as session:
        queue_letters(session, draft)


def test_a_temporary_refusal_is_tried_again_and_a_lasting_one_fails(
    database: Database, sandbox: TemplateSandbox, server: SmtpAccount, mailbox: Mailbox
) -> None:
    references = reachable(database, sandbox)
    with database.write() as session:
        save_person(
            session,
            PersonEntry("Marietje", "Schaake", "", "", "female", "", "", (("email", "nobody@example.org"),)),
            "marietje-schaake",
        )
        queue_letters(session, references)
    mailbox.answers = ["451 later", "452 later still", "250 OK"]
    assert send(database, server) == {references[0]: "sent", references[1]: "failed"}
    assert len(mailbox.messages) == 1
    assert status(database, references[1]) is LetterStatus.FAILED
    with database.read() as session:
        rows = outbox(session)
    assert [(r.reference, r.outcome) for r in rows] == [(references[1], "failed")]
    assert "No such user" in notice_in_words(rows[0].detail)


def test_a_server_that_stays_busy_leaves_the_letter_in_the_outbox(
    database: Database, sandbox: TemplateSandbox, server: SmtpAccount, mailbox: Mailbox
) -> None:
    references = reachable(database, sandbox, "Theresa May")
    with database.write() as session:
        queue_letters(session, references)
    mailbox.answers = ["451 later"] * 4
    assert send(database, server) == {references[0]: "deferred"}
    assert status(database, references[0]) is LetterStatus.QUEUED
    assert send(database, server) == {references[0]: "sent"}
    assert len(mailbox.messages) == 1


@pytest.mark.parametrize("drop", ["drop-kept", "drop-lost"])
def test_a_line_cut_after_the_text_is_uncertain_and_only_a_user_settles_it(
    database: Database, sandbox: TemplateSandbox, server: SmtpAccount, mailbox: Mailbox, drop: str
) -> None:
    reference = reachable(database, sandbox, "Theresa May")[0]
    with database.write() as session:
        queue_letters(session, [reference])
    mailbox.answers = [drop]
    assert send(database, server) == {reference: "uncertain"}
    assert send(database, server) == {}
    with database.read() as session:
        row = outbox(session)[0]
        assert waiting(session) == ()
    assert row.outcome == "uncertain"
    assert row.message_id.startswith("<mag-0006.")
    with pytest.raises(NotAllowedError, match="not certain"), database.write() as session:
        queue_letters(session, [reference])
    with pytest.raises(NotAllowedError, match="not certain"), database.write() as session:
        take_back(session, [reference])
    for step in (mark_sent, withdraw_letters):
        more = {"by": Channel.POST, "on": DAY} if step is mark_sent else {}
        with pytest.raises(NotAllowedError, match="not certain"), database.write() as session:
            step(session, [reference], **more)  # type: ignore[operator]
    with database.read() as session:
        assert tracker_rows(session, campaigns_list(session)[0], references=[reference])[0].is_uncertain
    was_sent = drop == "drop-kept"
    with database.write() as session:
        settle(session, reference, was_sent=was_sent)
    assert status(database, reference) is (LetterStatus.SENT if was_sent else LetterStatus.QUEUED)
    assert send(database, server) == ({} if was_sent else {reference: "sent"})
    assert len(mailbox.messages) == 1
    with pytest.raises(NotAllowedError, match="nothing uncertain"), database.write() as session:
        settle(session, reference, was_sent=True)


def test_sending_can_be_stopped_between_letters_and_taken_back(
    database: Database, sandbox: TemplateSandbox, server: SmtpAccount, mailbox: Mailbox
) -> None:
    references = reachable(database, sandbox)
    with database.write() as session:
        queue_letters(session, references)
    transport = SmtpTransport(server, "")
    done = send_queued(
        database, transport, on=DAY, from_address=FROM, per_minute=0, progress=lambda n, total: n < 1
    )
    transport.close()
    assert [r.outcome for r in done] == ["sent"]
    with database.write() as session:
        take_back(session, [references[1]])
    assert status(database, references[1]) is LetterStatus.APPROVED
    assert len(mailbox.messages) == 1


def test_tls_and_login_work_and_are_verified(
    secure: SmtpAccount, trust: ssl.SSLContext, mailbox: Mailbox
) -> None:
    transport = SmtpTransport(secure, "secret", context=trust, seconds=5)
    assert "STARTTLS, logged in as office" in transport.test()
    transport.send(OUTGOING)
    transport.close()
    assert mailbox.messages[0].endswith(b".dot\r\nText\r\n")
    with pytest.raises(NotSentError, match="app password"):
        SmtpTransport(secure, "wrong", context=trust, seconds=5).test()
    with pytest.raises(NotSentError, match="certificate of localhost could not be verified"):
        SmtpTransport(secure, "secret", seconds=5).test()


def test_what_is_wrong_with_an_account_is_said(server: SmtpAccount) -> None:
    for account, words in (
        (SmtpAccount("no-such-host.invalid", 587, "starttls", "", FROM), "There is no server"),
        (SmtpAccount("127.0.0.1", 9, "none", "", FROM), "does not answer on port 9"),
        (SmtpAccount("127.0.0.1", server.port, "tls", "", FROM), "does not speak TLS"),
        (SmtpAccount("127.0.0.1", server.port, "starttls", "", FROM), "offers no STARTTLS"),
    ):
        with pytest.raises(NotSentError, match=words):
            SmtpTransport(account, "", seconds=5).test()
    for account, words in (
        (SmtpAccount("", 587, "starttls", "", FROM), "Say which server"),
        (SmtpAccount("mail.example.org", 25, "none", "", FROM), "Without TLS"),
        (SmtpAccount("mail.example.org", 0, "tls", "", FROM), "no port"),
        (SmtpAccount("mail.example.org", 1, "magic", "", FROM), "no kind of security"),
    ):
        with pytest.raises(UsageError, match=words):
            account.check()


def test_an_account_that_does_not_work_fails_no_letter_and_stops_at_the_first(
    database: Database, sandbox: TemplateSandbox
) -> None:
    references = reachable(database, sandbox)
    with database.write() as session:
        queue_letters(session, references)
    assert send(database, SmtpAccount("127.0.0.1", 9, "none", "", FROM)) == {references[0]: "deferred"}
    assert {status(database, r) for r in references} == {LetterStatus.QUEUED}
    with database.read() as session:
        assert waiting(session) == references


def test_a_lost_line_is_certain_before_the_text_and_uncertain_after(
    server: SmtpAccount, mailbox: Mailbox
) -> None:
    mailbox.answers = ["drop-lost"]
    transport = SmtpTransport(server, "", seconds=5)
    with pytest.raises(UncertainError, match="Whether it arrived is"):
        transport.send(OUTGOING)
    assert transport.send(OUTGOING).startswith("250")
    transport.close()


SENDER = """
import sys
from datetime import date
from pathlib import Path
from outreach.mail.sending import send_queued
from outreach.mail.smtp import SmtpAccount, SmtpTransport
from outreach.store.database import open_database
database = open_database(Path(sys.argv[1]))
account = SmtpAccount("127.0.0.1", int(sys.argv[2]), "none", "", "office@example.org")
transport = SmtpTransport(account, "", seconds=5)
print("ready", flush=True)
send_queued(
    database, transport, on=date(2011, 1, 26), from_address="office@example.org", per_minute=0,
    wait=lambda s: None,
)
"""


def test_two_senders_at_once_share_the_work(
    sample_path: Path, sandbox: TemplateSandbox, mailbox: Mailbox, server: SmtpAccount
) -> None:
    database = open_database(sample_path)
    references: list[str] = []
    for _ in range(5):
        references += reachable(database, sandbox)
    with database.write() as session:
        queue_letters(session, references)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SENDER, str(sample_path), str(server.port)], stdout=subprocess.DEVNULL
        )
        for _ in range(2)
    ]
    assert [p.wait(60) for p in processes] == [0, 0]
    assert len(mailbox.messages) == len(references)
    assert all(status(database, r) is LetterStatus.SENT for r in references)
    database.close()


def test_a_letter_is_queued_and_the_outbox_listed_without_its_message_being_made(
    database: Database, sandbox: TemplateSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outreach.letters import exports

    references = reachable(database, sandbox, "Theresa May")

    def never(*_: object, **__: object) -> None:
        raise AssertionError("only the address was asked for")

    for name in ("sending_message", "letter_document", "letter_pdf", "letter_eml"):
        monkeypatch.setattr(exports, name, never)
    with database.write() as session:
        queue_letters(session, references)
        assert [row.to_address for row in outbox(session)] != [""]
