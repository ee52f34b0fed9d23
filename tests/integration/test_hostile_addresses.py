"""Addresses that are none, that hold letters a server cannot take, or that are
several: said, and never left uncertain.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from outreach.cases.campaigns import campaigns_list, update_campaign
from outreach.directory.editing import PersonEntry, save_person
from outreach.directory.importers.run import import_files
from outreach.domain.states import LetterStatus
from outreach.errors import CampaignDataError, NotAllowedError, UsageError
from outreach.exchange.campaign_folder import read_campaign
from outreach.letters.enclosing import enclose, file_to_enclose
from outreach.letters.exports import export_letters
from outreach.letters.ledger import approve_letters
from outreach.letters.sandbox import TemplateSandbox
from outreach.mail.mailto import mailto_link
from outreach.mail.outbox import outbox, queue_letters
from outreach.mail.sending import send_queued
from outreach.mail.smtp import SmtpAccount, SmtpTransport
from outreach.store.database import Database
from outreach.store.models import Blob, Campaign, ContactDetail, Person
from outreach.words import notice_in_words
from tests import factories
from tests.integration.test_mail import Mailbox, mailbox, reachable, send, server, status
from tests.lying_smtp import LyingServer

__all__ = ["mailbox", "server"]


@pytest.fixture
def servers() -> Iterator[Callable[[bytes], LyingServer]]:
    started: list[LyingServer] = []

    def start(ehlo: bytes) -> LyingServer:
        started.append(LyingServer({"ehlo": ehlo}))
        return started[-1]

    yield start
    for one in started:
        one.close()


def readdress(database: Database, address: str) -> None:
    """Put an address on file as an older release or an import may have."""
    with database.write() as session:
        person = session.scalar(select(Person.id).where(Person.slug == "theresa-may"))
        session.execute(
            update(ContactDetail)
            .where(ContactDetail.person_id == person, ContactDetail.type == "email")
            .values(value=address)
        )


def queued(database: Database, sandbox: TemplateSandbox, address: str) -> tuple[str, str]:
    """Two letters in the outbox; the first one's address is then changed."""
    first, second = reachable(database, sandbox)
    with database.write() as session:
        queue_letters(session, [first, second])
    readdress(database, address)
    return first, second


HOSTILE = (
    "may@example.org, green@example.org", "may@example.org;green@example.org",
    "Theresa May <may@example.org>", "may", "may@",
    "may@[192.0.2.1]", "may@example.org\r\nRCPT TO:<other@example.org>", "may example@example.org",
    f"{'m' * 70}@example.org", "may@exa\x00mple.org",
)  # fmt: skip


@pytest.mark.parametrize("address", HOSTILE)
def test_a_letter_to_what_is_no_address_fails_with_a_sentence_and_holds_up_no_other(
    database: Database, sandbox: TemplateSandbox, server: SmtpAccount, mailbox: Mailbox, address: str
) -> None:
    first, second = queued(database, sandbox, address)
    assert send(database, server) == {first: "failed", second: "sent"}
    assert len(mailbox.messages) == 1
    with database.read() as session:
        (row,) = outbox(session)
    assert (row.reference, row.outcome) == (
        first,
        "failed",
    ) and "is not an e-mail address" in notice_in_words(row.detail)
    with pytest.raises(NotAllowedError, match="is not an e-mail address"), database.write() as session:
        queue_letters(session, [first])
    with pytest.raises(NotAllowedError, match="is not an e-mail address"), database.read() as session:
        mailto_link(session, first)
    readdress(database, "may@example.org")
    with database.write() as session:
        queue_letters(session, [first])
    assert send(database, server) == {first: "sent"}


def test_an_address_of_other_letters_goes_where_the_server_takes_it_and_is_named_where_not(
    database: Database, sandbox: TemplateSandbox, servers: Callable[[bytes], LyingServer]
) -> None:
    first, second = queued(database, sandbox, "jörg@bücher.example")
    plain = servers(b"250-x\r\n250 8BITMIME\r\n")
    account = SmtpAccount("127.0.0.1", plain.port, "none", "", "office@example.org")
    assert send(database, account) == {first: "failed", second: "sent"}
    with database.read() as session:
        (row,) = outbox(session)
    assert "has letters that this mail server cannot take" in notice_in_words(row.detail)
    modern = servers(b"250-x\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
    with database.write() as session:
        queue_letters(session, [first])
    account = SmtpAccount("127.0.0.1", modern.port, "none", "", "office@example.org")
    assert send(database, account) == {first: "sent"}
    assert "To: Theresa May <jörg@xn--bcher-kva.example>".encode() in modern.texts[0]


def test_a_sender_of_other_letters_stops_the_outbox_and_fails_no_letter(
    database: Database, sandbox: TemplateSandbox, servers: Callable[[bytes], LyingServer]
) -> None:
    references = reachable(database, sandbox)
    with database.write() as session:
        queue_letters(session, references)
    plain = servers(b"250 x\r\n")
    account = SmtpAccount("127.0.0.1", plain.port, "none", "", "büro@example.org")
    transport = SmtpTransport(account, "", seconds=2)
    results = send_queued(database, transport, on=factories.DAY, from_address=account.from_address)
    transport.close()
    assert [(r.outcome, r.concerns_all) for r in results] == [("deferred", True)]
    assert {status(database, r) for r in references} == {LetterStatus.QUEUED}


def test_a_domain_of_other_letters_needs_no_modern_server(
    database: Database, sandbox: TemplateSandbox, server: SmtpAccount, mailbox: Mailbox
) -> None:
    first, second = queued(database, sandbox, "may@bücher.example")
    assert send(database, server) == {first: "sent", second: "sent"}
    assert b"To: Theresa May <may@xn--bcher-kva.example>" in mailbox.messages[0]


def test_of_several_addresses_on_file_the_first_that_can_be_used_is_used(
    database: Database, sandbox: TemplateSandbox, server: SmtpAccount, mailbox: Mailbox
) -> None:
    reference = reachable(database, sandbox, "Theresa May")[0]
    readdress(database, "see the web site")
    with database.write() as session:
        person = session.scalar(select(Person.id).where(Person.slug == "theresa-may"))
        session.add(ContactDetail(person_id=person, type="email", value="second@example.org"))
    with database.write() as session:
        queue_letters(session, [reference])
    assert send(database, server) == {reference: "sent"}
    assert b"<second@example.org>" in mailbox.messages[0]


def test_a_campaign_s_address_that_is_none_adds_no_header_and_stops_no_letter(
    database: Database, sandbox: TemplateSandbox, server: SmtpAccount, mailbox: Mailbox, tmp_path: Path
) -> None:
    reference = reachable(database, sandbox, "Theresa May")[0]
    with database.write() as session:
        session.execute(update(Campaign).values(sender_email="x\r\nBcc: other@example.org"))
    with database.read() as session:
        export_letters(session, [reference], ["eml"], tmp_path)
    with database.write() as session:
        queue_letters(session, [reference])
    assert send(database, server) == {reference: "sent"}
    for raw in (mailbox.messages[0], next(tmp_path.glob("*.eml")).read_bytes()):
        assert b"Bcc" not in raw


def test_a_letter_does_not_go_without_a_file_that_it_says_is_enclosed(
    database: Database, sandbox: TemplateSandbox, server: SmtpAccount, mailbox: Mailbox, tmp_path: Path
) -> None:
    reachable(database, sandbox, "Marietje Schaake")
    reference = factories.drafted(database, sandbox, "Theresa May")[0]
    (tmp_path / "ruling.txt").write_text("The ruling")
    with database.write() as session:
        enclose(session, reference, file_to_enclose(tmp_path / "ruling.txt"))
        approve_letters(session, [reference])
        queue_letters(session, [reference])
        session.execute(delete(Blob))
    assert send(database, server) == {reference: "failed"}
    assert mailbox.messages == []
    with database.read() as session:
        assert "ruling.txt" in notice_in_words(outbox(session)[0].detail)


def test_where_addresses_are_entered_by_hand_what_is_none_is_refused(
    database: Database, tmp_path: Path
) -> None:
    entry = PersonEntry("Theresa", "May", "", "", "female", "", "", (("email", "a@b.org, c@d.org"),))
    with pytest.raises(UsageError, match="not an e-mail address but several"), database.write() as session:
        save_person(session, entry, "theresa-may")
    with database.read() as session:
        campaign = campaigns_list(session)[0]
    with pytest.raises(UsageError, match="is not an e-mail address"), database.write() as session:
        update_campaign(
            session, campaign.key, name="x", sender_name="", sender_organization="", sender_address="",
            sender_email="office@x"
        )  # fmt: skip
    with pytest.raises(UsageError, match="is not an e-mail address"):
        SmtpAccount("mail.example.org", 587, "starttls", "", "Office <office@example.org>").check()
    (tmp_path / "c.yaml").write_text(
        "campaign: {id: c, name: C, prefix: CC, sender: {email: 'office@x'}}\n"
        "people: [{id: p, name: P, contact_details: [{type: email, value: 'a@b.org; c@d.org'}]}]\n"
    )
    with pytest.raises(CampaignDataError) as refused:
        read_campaign(tmp_path)
    assert "“office@x” is not an e-mail address" in str(refused.value)
    assert "not an e-mail address but several" in str(refused.value)


POPOLO = (
    '{{"persons": [{{"id": "1", "name": "Zoe Muller", "contact_details": [{{"type": "email", "value": '
    '"{0}"}}]}}], "organizations": []}}'
)
VCARD = "BEGIN:VCARD\nVERSION:3.0\nUID:1\nFN:Zoe Muller\nN:Muller;Zoe;;;\nEMAIL:{0}\nEND:VCARD\n"
TABLE = "Name;E-Mail\nZoe Muller;{0}\n".replace(";{0}", ';"{0}"')


@pytest.mark.parametrize(
    ("format_", "name", "content"), [("popolo", "p.json", POPOLO), ("vcard", "p.vcf", VCARD),
    ("csv", "p.csv", TABLE)]
)  # fmt: skip
@pytest.mark.parametrize(
    ("value", "kept", "said"),
    [
        ("zoe@example.org", ["zoe@example.org"], ""),
        ("mailto:zoe@example.org", ["zoe@example.org"], ""),
        (
            "zoe@example.org, office@example.org",
            ["zoe@example.org", "office@example.org"],
            "2 e-mail addresses",
        ),
        ("Zoe <zoe@example.org>", ["Zoe <zoe@example.org>"], "is no e-mail address"),
        ("on request", ["on request"], "is no e-mail address"),
    ],
)
def test_an_import_loses_no_address_and_says_what_is_none(
    empty: Database,
    tmp_path: Path,
    format_: str,
    name: str,
    content: str,
    value: str,
    kept: list[str],
    said: str,
) -> None:
    (tmp_path / name).write_text(
        content.format(value.replace(",", "\\,") if format_ == "vcard" else value), encoding="utf-8"
    )
    report = import_files(empty, format_, [tmp_path / name])
    with empty.read() as session:
        query = select(ContactDetail.value).where(ContactDetail.type == "email").order_by(ContactDetail.id)
        assert list(session.scalars(query)) == kept
    notes = " ".join(reason for _, _, reason in report.notes)
    assert (said in notes) if said else not notes
    assert not import_files(empty, format_, [tmp_path / name]).has_changes
