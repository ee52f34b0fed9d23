"""Mail that comes in: from a real IMAP server and from files, to the letter it belongs to or to the tray."""

import mailbox
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from outreach.cases.campaigns import campaigns_list
from outreach.correspondence.incoming import Incoming, IncomingReport, file_all
from outreach.correspondence.message_files import messages_in
from outreach.correspondence.promises import follow_ups_list
from outreach.correspondence.replies import class_reply, replies_list
from outreach.correspondence.triage import (
    InboxRow,
    assign,
    attachment,
    back_to_tray,
    inbox_rows,
    message_detail,
    open_counts,
    raw_of,
    set_aside,
    set_nature,
)
from outreach.desk.letter_query import Filters
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import letter_detail, tracker_rows
from outreach.desk.reminders import overdue_without_reminder
from outreach.desk.today import agenda
from outreach.directory.editing import PersonEntry, save_person
from outreach.directory.standards import set_standard, standard_of, standards_list
from outreach.domain.letter_history import past_step, standing_steps
from outreach.domain.letter_life import Step
from outreach.domain.message_kind import MessageKind
from outreach.domain.states import LetterStatus, Phase, ReplyKind
from outreach.errors import MailboxError, NotAllowedError, NotFoundError, UsageError
from outreach.letters.ledger import find_letter
from outreach.letters.sandbox import TemplateSandbox
from outreach.mail.fetching import fetch_mail
from outreach.mail.imap import ImapAccount, ImapMailbox
from outreach.mail.outbox import queue_letters
from outreach.store.database import Database
from outreach.store.models import Blob, Dispatch, Message
from outreach.store.types import now
from tests import factories
from tests.dovecot import Dovecot, running_dovecot
from tests.messages import message, report

TODAY = date(2011, 2, 10)
SENT_ON = date(2011, 1, 26)


@pytest.fixture(scope="module")
def running() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture
def dovecot(running: Dovecot) -> Dovecot:
    running.clear()
    return running


@pytest.fixture
def letters(database: Database, sandbox: TemplateSandbox) -> tuple[str, str]:
    """Two letters sent by e-mail: to Theresa May and to Marietje Schaake."""
    with database.write() as session:
        for key, given, family, address in (
            ("theresa-may", "Theresa", "May", "may@homeoffice.example"),
            ("marietje-schaake", "Marietje", "Schaake", "schaake@europarl.example"),
        ):
            save_person(
                session, PersonEntry(given, family, "", "", "female", "", "", (("email", address),)), key
            )
    references = factories.sent(database, sandbox, "Theresa May, Marietje Schaake", SENT_ON)
    with database.write() as session:
        for reference, address in zip(
            references, ("may@homeoffice.example", "schaake@europarl.example"), strict=True
        ):
            dispatch = session.scalars(select(Dispatch).order_by(Dispatch.id)).all()[
                -2 + references.index(reference)
            ]
            dispatch.channel = "email"  # type: ignore[assignment]
            dispatch.message_id = f"<{reference.lower()}.x@example.org>"
            dispatch.to_address = address
    return references  # type: ignore[return-value]


def file(database: Database, *raw: bytes) -> IncomingReport:
    return file_all(database, [Incoming(r) for r in raw], today=TODAY)


def row(database: Database, reference: str, today: date | None = None) -> TrackerRow:
    with database.read() as session:
        return tracker_rows(session, campaigns_list(session)[0], today=today, references=[reference])[0]


def inbox(database: Database, view: str = "all") -> tuple[InboxRow, ...]:
    with database.read() as session:
        return inbox_rows(session, view)


def answer_to(reference: str, text: str = "We have read it.", **more: str) -> bytes:
    return message(text, headers=f"In-Reply-To: <{reference.lower()}.x@example.org>\n", **more)


def account(server: Dovecot, **more: object) -> ImapAccount:
    return replace(ImapAccount("localhost", server.tls_port, "tls", "office"), **more)  # type: ignore[arg-type]


def fetch(database: Database, server: Dovecot) -> IncomingReport:
    with ImapMailbox(account(server), "secret", context=server.context, seconds=20) as opened:
        return fetch_mail(database, opened, account="office@localhost", folder="INBOX", today=TODAY)


def test_answers_are_fetched_once_and_filed_unclassed(
    database: Database, letters: tuple[str, str], dovecot: Dovecot
) -> None:
    dovecot.deliver(answer_to(letters[0]), 1)
    dovecot.deliver(message("A newsletter.", sender="news@other.example", message_id="<n@x>"), 2)
    report_ = fetch(database, dovecot)
    assert (report_.answers, report_.to_assign) == (1, 1)
    assert fetch(database, dovecot) == IncomingReport()
    dovecot.deliver(answer_to(letters[1], message_id="<2@y>", sender="schaake@europarl.example"), 3)
    assert fetch(database, dovecot).answers == 1
    found = row(database, letters[0])
    assert (found.status, found.phase, found.has_unread) == (LetterStatus.SENT, Phase.TO_READ, True)
    assert found.answered_on is None
    # Read-only: the server still has all of them as new.
    assert len(list((dovecot.folder / "mail").glob("cur/*:2,S"))) == 0


def test_a_mailbox_that_was_numbered_anew_brings_nothing_twice(
    database: Database, letters: tuple[str, str], dovecot: Dovecot
) -> None:
    dovecot.deliver(answer_to(letters[0]), 1)
    assert fetch(database, dovecot).answers == 1
    dovecot.clear()
    dovecot.deliver(answer_to(letters[0]), 5)
    dovecot.deliver(answer_to(letters[1], message_id="<2@y>"), 6)
    again = fetch(database, dovecot)
    assert (again.known, again.answers) == (1, 1)


def test_what_is_wrong_with_a_mailbox_is_said(dovecot: Dovecot) -> None:
    good = account(dovecot)
    for wrong, password, words in (
        (good, "bad", "refused the login of office"),
        (replace(good, port=dovecot.port), "secret", "does not speak TLS"),
        (replace(good, folder="Nowhere"), "secret", "has no folder “Nowhere”"),
        (replace(good, host="no-such-host.invalid"), "secret", "There is no server"),
        (replace(good, port=9), "secret", "does not answer on port 9"),
    ):
        with (
            pytest.raises(MailboxError, match=words),
            ImapMailbox(wrong, password, context=dovecot.context, seconds=5) as opened,
        ):
            opened.test()
    with (
        pytest.raises(MailboxError, match="certificate of localhost could not be verified"),
        ImapMailbox(good, "secret"),
    ):
        pass
    with ImapMailbox(
        replace(good, port=dovecot.port, security="starttls"), "secret", context=dovecot.context
    ) as opened:
        assert "0 messages" in opened.test()
    for account_, words in (
        (ImapAccount("", 993, "tls", "a"), "Say which server"),
        (ImapAccount("imap.example.org", 143, "none", "a"), "Without TLS"),
    ):
        with pytest.raises(UsageError, match=words):
            account_.check()


def test_a_letter_that_may_have_gone_is_looked_for_among_sent_mail(dovecot: Dovecot) -> None:
    dovecot.deliver(message("x", message_id="<mag-0007.abc@example.org>"), 1, ".Sent")
    with ImapMailbox(account(dovecot), "secret", context=dovecot.context) as opened:
        assert opened.find_sent("<mag-0007.abc@example.org>") == "Sent"
        assert opened.find_sent("<mag-0008.abc@example.org>") == ""


def test_what_is_not_certain_waits_for_a_person(database: Database, letters: tuple[str, str]) -> None:
    found = file(
        database,
        message("Thank you.", sender="unit@homeoffice.example", subject="Your letter"),
        message(
            "Thank you.",
            sender="unit@homeoffice.example",
            subject=f"Re: x [{letters[0]}]",
            message_id="<2@x>",
        ),
    )
    assert (found.answers, found.to_assign) == (1, 1)
    waiting = inbox(database, "triage")
    assert [(r.reference, r.confidence) for r in waiting] == [(letters[0], 55)]
    with database.write() as session:
        assign(session, [waiting[0].key], letters[1])
    assert row(database, letters[1]).phase is Phase.TO_READ
    assert inbox(database, "triage") == ()


def test_assigning_can_be_undone_and_setting_aside_too(database: Database, letters: tuple[str, str]) -> None:
    file(database, answer_to(letters[0], "We agree to meet."))
    (one,) = inbox(database)
    assert one.reply_key is not None
    with database.write() as session:
        class_reply(session, one.reply_key, ReplyKind.AGREED, promise="To meet")
    assert row(database, letters[0]).status is LetterStatus.ANSWERED
    with database.write() as session:
        assign(session, [one.key], letters[1])
    assert row(database, letters[0]).status is LetterStatus.SENT
    assert row(database, letters[0]).answered_on is None
    assert row(database, letters[1]).phase is Phase.TO_READ
    with database.write() as session:
        set_aside(session, [one.key])
        back_to_tray(session, [one.key])
        assert open_counts(session) == (1, 0)
        campaign = campaigns_list(session)[0]
        kinds = [e.kind for e in letter_detail(session, campaign, letters[0]).events]
        assert not [f for f in follow_ups_list(session, campaign) if f.what == "To meet"]
    assert kinds[-3:] == ["reply_received", "reply_classed", "reply_moved"]


def test_classing_again_corrects_the_state(database: Database, letters: tuple[str, str]) -> None:
    file(
        database,
        answer_to(letters[0], message_id="<1@x>"),
        answer_to(letters[0], message_id="<2@x>", text="More."),
    )
    first, second = sorted(r.reply_key or 0 for r in inbox(database))
    with database.write() as session:
        class_reply(session, first, ReplyKind.REFUSED)
        class_reply(session, second, ReplyKind.HOLDING)
    assert row(database, letters[0]).status is LetterStatus.ANSWERED
    with database.write() as session:
        class_reply(session, first, ReplyKind.ACKNOWLEDGEMENT)
    found = row(database, letters[0])
    assert (found.status, found.answered_on) == (LetterStatus.ACKNOWLEDGED, None)


def test_a_bounce_ends_a_letter_and_says_why_and_a_moved_one_does_not(
    database: Database, letters: tuple[str, str]
) -> None:
    found = file(
        database,
        report("failed", "may@homeoffice.example", f"Message-ID: <{letters[0].lower()}.x@example.org>"),
    )
    assert found.bounces == 1
    assert row(database, letters[0]).status is LetterStatus.BOUNCED
    with (
        database.write() as session,
        pytest.raises(NotAllowedError, match=r"came back from may@homeoffice\.example"),
    ):
        queue_letters(session, [letters[0]])
    with database.write() as session:
        assign(session, [inbox(database)[0].key], letters[1])
    assert row(database, letters[0]).status is LetterStatus.SENT
    assert row(database, letters[1]).status is LetterStatus.BOUNCED
    with database.write() as session:
        save_person(
            session,
            PersonEntry(
                "Marietje", "Schaake", "", "", "female", "", "", (("email", "new@europarl.example"),)
            ),
            "marietje-schaake",
        )
        queue_letters(session, [letters[1]])
    assert row(database, letters[1]).status is LetterStatus.QUEUED


def test_a_letter_of_which_a_second_report_says_that_it_came_back_stays_so_when_the_first_is_put_back(
    database: Database, letters: tuple[str, str]
) -> None:
    about = f"Message-ID: <{letters[0].lower()}.x@example.org>"
    file(database, report("delayed", "may@homeoffice.example", about))
    for to in ("may@homeoffice.example", "MAY@homeoffice.example"):
        file(database, report("failed", to, about))
    assert row(database, letters[0]).status is LetterStatus.BOUNCED
    first, second = [m.key for m in inbox(database) if m.nature is MessageKind.BOUNCE]
    with database.write() as session:
        back_to_tray(session, [first])
    assert row(database, letters[0]).status is LetterStatus.BOUNCED
    with database.write() as session:
        back_to_tray(session, [second])
    assert row(database, letters[0]).status is LetterStatus.SENT
    with database.read() as session:
        detail = letter_detail(session, campaigns_list(session)[0], letters[0])
    told = [past_step(e.kind, e.from_status, e.to_status) for e in detail.events]
    # Of the reports only the delay still stands.
    assert [x.step for x in standing_steps(x for x in told if x)][-2:] == [Step.SENT, Step.DELAYED]


def test_a_bounce_without_ids_finds_its_letter_by_the_address(
    database: Database, letters: tuple[str, str]
) -> None:
    assert file(database, report("failed", "schaake@europarl.example", "Subject: x")).bounces == 1
    assert row(database, letters[1]).status is LetterStatus.BOUNCED


def test_automatic_messages_change_no_state(database: Database, letters: tuple[str, str]) -> None:
    file(
        database,
        answer_to(letters[0], "I am away.", subject="Automatic reply: letter"),
        report(
            "delayed",
            "may@homeoffice.example",
            f"Message-ID: <{letters[0].lower()}.x@example.org>",
            status="4.0.0",
        ),
        message(
            "I am away.", subject="Automatic reply: something", sender="a@nowhere.example", message_id="<3@x>"
        ),
    )
    found = row(database, letters[0])
    assert (found.status, found.has_unread) == (LetterStatus.SENT, False)
    assert [(r.nature, r.state) for r in inbox(database)].count((MessageKind.OUT_OF_OFFICE, "set_aside")) == 1
    with database.read() as session:
        events = letter_detail(session, campaigns_list(session)[0], letters[0]).events
    assert {"auto_reply", "delayed"} <= {e.kind for e in events}


def test_a_message_taken_for_automatic_can_be_an_answer_after_all(
    database: Database, letters: tuple[str, str]
) -> None:
    file(database, answer_to(letters[0], "I am away, and we agree.", subject="Automatic reply: letter"))
    (one,) = inbox(database)
    with database.write() as session:
        set_nature(session, [one.key], MessageKind.ANSWER)
        assign(session, [one.key])
    assert row(database, letters[0]).phase is Phase.TO_READ


def test_copies_of_our_own_letters_are_left_out(database: Database, letters: tuple[str, str]) -> None:
    assert file(database, message("x", message_id=f"<{letters[0].lower()}.x@example.org>")).ours == 1
    assert inbox(database) == ()


def test_files_that_came_are_kept_once_by_hash_and_handed_out_as_they_came(
    database: Database, letters: tuple[str, str]
) -> None:
    def with_file(number: int) -> bytes:
        return answer_to(
            letters[0],
            "--b\nContent-Type: text/plain\n\nSee the file.\n--b\nContent-Type: application/pdf\n"
            'Content-Disposition: attachment; filename="letter.pdf"\nContent-Transfer-Encoding: '
            "base64\n\nJVBERi0xLjQ=\n--b--\n",
            message_id=f"<{number}@x>",
            content_type="multipart/mixed; boundary=b",
        )

    raw = with_file(1)
    file(database, raw, with_file(2))
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Blob)) == 1
        key = min(r.key for r in inbox_rows(session, "all"))
        assert attachment(session, key, "letter.pdf") == b"%PDF-1.4"
        assert raw_of(session, key) == raw
        detail = message_detail(session, key)
        with pytest.raises(NotFoundError, match="no file"):
            attachment(session, key, "other.pdf")
    assert [f.name for f in detail.files] == ["letter.pdf"]


def test_an_mbox_and_a_folder_are_read(database: Database, letters: tuple[str, str], tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box.mbox")
    for number, reference in enumerate(letters):
        box.add(answer_to(reference, message_id=f"<{number}@box>"))
    box.close()
    (tmp_path / "one.eml").write_bytes(message("Hello", message_id="<eml@x>"))
    found = file_all(database, messages_in([tmp_path]), today=TODAY)
    assert (found.answers, found.to_assign) == (2, 1)
    assert found.in_words == "2 answers filed; 1 message to assign."
    with pytest.raises(UsageError, match=r"holds no \.eml"):
        list(messages_in([(tmp_path / "empty").mkdir() or tmp_path / "empty"]))
    broken = file_all(database, [Incoming(b"\x00\x01", name="x.eml")], today=TODAY)
    assert broken.problems == ("x.eml holds neither sender nor subject.",)


def test_an_answer_to_a_letter_whose_sending_is_uncertain_waits(
    database: Database, sandbox: TemplateSandbox
) -> None:
    (reference,) = factories.approved(database, sandbox, "Theresa May")
    with database.write() as session:
        letter = find_letter(session, reference)
        letter.status = LetterStatus.QUEUED
        session.add(
            Dispatch(letter_id=letter.id, channel="email", outcome="started", dispatched_on=SENT_ON,
            recorded_at=now(),
                     to_address="a@b.example", message_id=f"<{reference.lower()}.x@example.org>")
        )  # fmt: skip
    file(database, answer_to(reference))
    (one,) = inbox(database, "triage")
    assert one.reference == reference
    with database.write() as session, pytest.raises(NotAllowedError, match="Settle or mark it sent"):
        assign(session, [one.key])


def test_a_migrated_answer_keeps_its_message(database: Database, letters: tuple[str, str]) -> None:
    file(database, answer_to(letters[0]))
    with database.read() as session:
        (reply,) = [r for r in replies_list(session) if r.has_message]
        assert session.scalar(select(Message.id)) == reply.mail_key


def test_the_agenda_names_what_somebody_must_do(database: Database, letters: tuple[str, str]) -> None:
    file(database, answer_to(letters[0]), message("Hello", message_id="<t@x>", sender="x@y.example"))
    with database.read() as session:
        campaign = campaigns_list(session)[0]
        found = agenda(session, campaign, today=date(2011, 3, 1))
        to_remind = overdue_without_reminder(session, campaign, date(2011, 3, 1))
    assert {r.reference for r in found.to_read.first} == {letters[0], ""}
    assert letters[1] in to_remind and letters[0] not in to_remind
    assert found.to_remind == len(to_remind)
    assert "2 answers to read" in found.pressing


def test_a_body_may_have_its_own_standard(database: Database, letters: tuple[str, str]) -> None:
    assert row(database, letters[0]).due_on == date(2011, 2, 23)
    with database.write() as session:
        set_standard(session, "home-office", amount=30, unit="days", source="Its website")
    found = row(database, letters[0])
    assert (found.due_on, found.standard) == (date(2011, 2, 25), "Its website")
    with database.read() as session:
        assert standards_list(session, "home office")[0].is_own
        assert standard_of(session, None).is_default
    with database.write() as session:
        set_standard(session, "home-office", amount=0, unit="", source="")
        for amount, unit, source, words in (
            (5, "weeks", "x", "no unit"),
            (5, "days", "", "Say where"),
            (-1, "days", "x", "from 1 to"),
        ):
            with pytest.raises(UsageError, match=words):
                set_standard(session, "home-office", amount=amount, unit=unit, source=source)
    assert row(database, letters[0]).due_on == date(2011, 2, 23)


def test_long_overdue_and_filters(database: Database, letters: tuple[str, str]) -> None:
    late = date(2011, 5, 1)
    assert row(database, letters[0], late).phase is Phase.LONG_OVERDUE
    with database.read() as session:
        campaign = campaigns_list(session)[0]
        for filters, expected in (
            (Filters(status="overdue"), True),
            (Filters(status="long overdue"), True),
            (Filters(country="Netherlands"), False),
            (Filters(channel="email"), True),
            (Filters(within="past"), True),
            (Filters(answer="refused"), False),
        ):
            found = {r.reference for r in tracker_rows(session, campaign, today=late, filters=filters)}
            assert (letters[0] in found) is expected, filters
