"""The life of a letter, from facts to the table, through the functions that window and terminal call."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from outreach.cases.campaigns import CampaignRow, campaigns_list
from outreach.cases.facts import fact_entry, facts_for, save_fact
from outreach.correspondence.following_up import draft_follow_ups
from outreach.correspondence.promises import follow_ups_list, set_follow_up_done
from outreach.correspondence.replies import raw_message, record_reply, replies_list
from outreach.desk.letter_query import Filters, LetterQuery
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import LetterDetail, letter_detail, tracker_rows
from outreach.desk.statistics import group_counts, statistics
from outreach.desk.table_files import tracker_csv, tracker_xlsx
from outreach.domain.states import Channel, LetterStatus, Phase, ReplyKind
from outreach.errors import CancelledError, NotAllowedError, NotFoundError, UsageError
from outreach.letters.drafting import plan_letters
from outreach.letters.exports import FORMATS, export_letters, parse_formats
from outreach.letters.ledger import (
    approve_letters,
    close_letters,
    delete_drafts,
    edit_letter,
    mark_sent,
    restore_drafts,
    withdraw_letters,
)
from outreach.letters.preview import edited_document, preview_pdf, saved_document
from outreach.letters.sandbox import TemplateSandbox
from outreach.messages.parse import parse_message
from outreach.store.database import Database
from tests import factories
from tests.factories import DAY

MESSAGE = (
    b"From: =?utf-8?q?Private_Office_=C3=A9?= <office@example.org>\r\nTo: us@example.org\r\n"
    b"Subject: Re: Entry ban\r\nMessage-ID: <one@example.org>\r\nDate: Tue, 08 Feb 2011 10:00:00 +0000\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    b"Thank you for your letter.\r\n"
)


def campaign(database: Database) -> CampaignRow:
    with database.read() as session:
        return campaigns_list(session)[0]


def row(database: Database, reference: str, today: date = DAY) -> TrackerRow:
    with database.read() as session:
        return tracker_rows(session, campaigns_list(session)[0], today=today, references=[reference])[0]


def detail(database: Database, reference: str) -> LetterDetail:
    with database.read() as session:
        return letter_detail(session, campaigns_list(session)[0], reference)


def test_a_draft_is_addressed_dated_and_knows_its_facts(database: Database, sandbox: TemplateSandbox) -> None:
    reference = factories.drafted(database, sandbox, "Theresa May")[0]
    letter = detail(database, reference)
    assert reference == "MAG-0006"
    assert letter.salutation == "Dear Home Secretary,"
    assert letter.address_lines[0] == "The Rt Hon Theresa May MP"
    assert "Magnitsky" in letter.row.subject
    used = {name: value for name, _, value, _ in letter.facts}
    assert used["victim"] == "Sergei Magnitsky"
    assert all(value in letter.body or value in letter.row.subject for value in used.values())
    assert "{{" not in letter.body
    assert "undefined" not in letter.body.lower()


def test_letters_to_meps_come_in_their_language(database: Database, sandbox: TemplateSandbox) -> None:
    reference = factories.drafted(database, sandbox, "Marietje Schaake", "eu-sanctions-mep-fr")[0]
    letter = detail(database, reference)
    assert letter.row.language == "fr"
    assert letter.salutation == "Madame la Députée,"
    assert "16 décembre 2010" in letter.body


def test_drafting_can_be_stopped_and_then_nothing_is_written(
    database: Database, sandbox: TemplateSandbox
) -> None:
    with pytest.raises(CancelledError):
        factories.drafted(database, sandbox, "all", progress=lambda done, total: done < 3)
    with database.read() as session:
        assert len(tracker_rows(session, campaigns_list(session)[0])) == 5


def test_writing_twice_to_one_recipient_is_warned_about(database: Database, sandbox: TemplateSandbox) -> None:
    factories.sent(database, sandbox, "Theresa May")
    with database.read() as session:
        from outreach.recipients.resolve import resolve_recipients

        plan = plan_letters(
            session,
            sandbox,
            case_id="magnitsky",
            template=None,
            recipients=resolve_recipients(session, 1, "Theresa May"),
            on=DAY,
        )
    assert any("MAG-0006" in w for w in plan.letters[0].warnings)


def test_approval_freezes_the_text(database: Database, sandbox: TemplateSandbox) -> None:
    reference = factories.approved(database, sandbox, "Theresa May")[0]
    with pytest.raises(NotAllowedError, match="frozen"), database.write() as session:
        edit_letter(session, reference, subject="x", salutation="x", body="x", close="x")
    letter = detail(database, reference)
    assert letter.approved_by == "tester"
    assert len(letter.text_sha256) == 64
    assert [e.kind for e in letter.events] == ["drafted", "approved"]


def test_a_draft_whose_facts_changed_is_not_approved_unless_one_insists(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference = factories.drafted(database, sandbox, "Theresa May")[0]
    with database.write() as session:
        fact = next(f for f in facts_for(session, "magnitsky") if f.name == "date_of_death")
        save_fact(
            session,
            "magnitsky",
            fact_entry({"name": fact.name, "label": fact.label, "type": "date", "value": "2009-11-17"}),
        )
    with pytest.raises(NotAllowedError, match="17 November 2009"), database.write() as session:
        approve_letters(session, [reference])
    assert row(database, reference).status is LetterStatus.DRAFT
    with database.write() as session:
        approve_letters(session, [reference], anyway=True)
    assert row(database, reference).status is LetterStatus.APPROVED


@pytest.mark.parametrize("body", ["", "To {{ facts.victim }}", "Dear [TODO]"])
def test_an_unfinished_draft_is_not_approved(database: Database, sandbox: TemplateSandbox, body: str) -> None:
    reference = factories.drafted(database, sandbox, "Theresa May")[0]
    with database.write() as session:
        edit_letter(session, reference, subject="S", salutation="D", body=body, close="Y")
    with pytest.raises(NotAllowedError), database.write() as session:
        approve_letters(session, [reference])


def test_editing_drops_facts_whose_words_are_gone(database: Database, sandbox: TemplateSandbox) -> None:
    reference = factories.drafted(database, sandbox, "Theresa May")[0]
    with database.write() as session:
        edit_letter(session, reference, subject="Sergei Magnitsky", salutation="D", body="Short.", close="Y")
    assert [name for name, *_ in detail(database, reference).facts] == ["victim"]


def test_one_letter_that_cannot_be_approved_holds_back_all(
    database: Database, sandbox: TemplateSandbox
) -> None:
    first = factories.approved(database, sandbox, "Theresa May")[0]
    second = factories.drafted(database, sandbox, "Damian Green")[0]
    with pytest.raises(NotAllowedError), database.write() as session:
        approve_letters(session, [second, first])
    assert row(database, second).status is LetterStatus.DRAFT


def test_sending_counts_the_deadline_and_silence_becomes_overdue(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference = factories.sent(database, sandbox, "Theresa May")[0]
    assert row(database, reference).due_on == date(2011, 2, 23)
    assert row(database, reference).phase is Phase.AWAITING
    assert row(database, reference, date(2011, 2, 20)).phase is Phase.DUE_SOON
    assert row(database, reference, date(2011, 3, 1)).phase is Phase.OVERDUE
    assert row(database, reference).channel == "post"


def test_a_letter_is_not_sent_before_it_was_written_nor_twice(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference = factories.approved(database, sandbox, "Theresa May")[0]
    with pytest.raises(UsageError, match="before it was written"), database.write() as session:
        mark_sent(session, [reference], by=Channel.POST, on=date(2011, 1, 25))
    with database.write() as session:
        mark_sent(session, [reference], by=Channel.EMAIL, on=DAY)
    with pytest.raises(NotAllowedError, match="sent already"), database.write() as session:
        mark_sent(session, [reference], by=Channel.POST, on=DAY)


def test_an_answer_as_a_message_is_kept_whole(database: Database, sandbox: TemplateSandbox) -> None:
    reference = factories.sent(database, sandbox, "Theresa May")[0]
    with database.write() as session:
        record_reply(
            session, reference, kind=ReplyKind.SUBSTANTIVE, message=parse_message(MESSAGE, "answer.eml")
        )
    found = row(database, reference)
    assert found.status is LetterStatus.ANSWERED
    assert found.answered_on == date(2011, 2, 8)
    assert found.days_taken == 13
    with database.read() as session:
        reply = replies_list(session, [reference])[0]
        assert raw_message(session, reply.key) == MESSAGE
    assert reply.from_name == "Private Office é"
    with pytest.raises(UsageError, match="on file already"), database.write() as session:
        record_reply(
            session, reference, kind=ReplyKind.SUBSTANTIVE, message=parse_message(MESSAGE, "answer.eml")
        )


def test_an_acknowledgement_keeps_the_clock_running(database: Database, sandbox: TemplateSandbox) -> None:
    reference = factories.sent(database, sandbox, "Theresa May")[0]
    with database.write() as session:
        record_reply(session, reference, kind=ReplyKind.ACKNOWLEDGEMENT, on=date(2011, 1, 28))
    assert row(database, reference, date(2011, 3, 1)).phase is Phase.OVERDUE
    assert row(database, reference).answered_on is None


def test_a_promise_becomes_a_follow_up(database: Database, sandbox: TemplateSandbox) -> None:
    reference = factories.sent(database, sandbox, "Theresa May")[0]
    with database.write() as session:
        record_reply(session, reference, kind=ReplyKind.AGREED, on=date(2011, 2, 1), promise="To meet")
    with database.read() as session:
        mine = [f for f in follow_ups_list(session, campaigns_list(session)[0]) if f.reference == reference]
    assert [(f.what, f.due_on, f.is_done) for f in mine] == [("To meet", date(2011, 3, 1), False)]
    with database.write() as session:
        set_follow_up_done(session, mine[0].key)
    with database.read() as session:
        assert next(
            f for f in follow_ups_list(session, campaigns_list(session)[0]) if f.key == mine[0].key
        ).is_done


def test_an_answer_needs_a_letter_that_went_out_and_a_day_after_it(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference = factories.approved(database, sandbox, "Theresa May")[0]
    with pytest.raises(NotAllowedError, match="Mark it sent"), database.write() as session:
        record_reply(session, reference, kind=ReplyKind.AGREED, on=DAY)
    with database.write() as session:
        mark_sent(session, [reference], by=Channel.POST, on=DAY)
    with pytest.raises(UsageError, match="cannot have come before"), database.write() as session:
        record_reply(session, reference, kind=ReplyKind.AGREED, on=date(2011, 1, 20))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\xfd",
        b"Subject: =?utf-8?b?////?=\r\nDate: never\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed; "
        b"boundary=x\r\n\r\n--x",
        b"From: \r\n" + b"X: " + b"a" * 100_000 + b"\r\n\r\nbody",
        b"Content-Type: text/html\r\n\r\n<p>Hello<script>alert(1)</script></p>",
    ],
)
def test_malformed_messages_are_read_or_refused_with_a_sentence(raw: bytes) -> None:
    try:
        message = parse_message(raw, "odd.eml")
    except UsageError as error:
        assert str(error)
    else:
        assert message.raw == raw
        assert "alert" not in message.text


def test_follow_ups_remind_and_thank(database: Database, sandbox: TemplateSandbox) -> None:
    references = factories.sent(database, sandbox, "Theresa May, Marietje Schaake")
    with database.write() as session:
        record_reply(session, references[1], kind=ReplyKind.AGREED, on=date(2011, 2, 1))
    drafted = draft_follow_ups(database, sandbox, references).refs
    first, second = (detail(database, r) for r in drafted)
    assert first.row.template == "follow-up"
    assert references[0] in f"{first.row.subject} {first.body}" or "26 January 2011" in first.body
    assert second.row.template == "thanks"
    with pytest.raises(NotAllowedError, match="written by others"):
        draft_follow_ups(database, sandbox, ["MAG-0005"])
    with pytest.raises(NotAllowedError, match="only letters sent"):
        draft_follow_ups(database, sandbox, drafted)


def test_withdraw_close_delete_and_restore(database: Database, sandbox: TemplateSandbox) -> None:
    out = factories.sent(database, sandbox, "Theresa May")[0]
    ready = factories.approved(database, sandbox, "Damian Green")[0]
    draft = factories.drafted(database, sandbox, "Chris Bryant")[0]
    with database.write() as session:
        withdraw_letters(session, [ready], reason="superseded")
        close_letters(session, [out])
        delete_drafts(session, [draft])
    assert row(database, ready).status is LetterStatus.WITHDRAWN
    assert row(database, out).status is LetterStatus.CLOSED
    with pytest.raises(NotFoundError):
        detail(database, draft)
    with database.write() as session:
        restore_drafts(session, [draft])
    assert [e.kind for e in detail(database, draft).events] == ["drafted", "deleted", "restored"]
    with pytest.raises(NotAllowedError, match="only drafts"), database.write() as session:
        delete_drafts(session, [out])
    with pytest.raises(NotAllowedError), database.write() as session:
        withdraw_letters(session, [out])


def test_letters_of_others_cannot_be_changed(database: Database) -> None:
    for step in (approve_letters, withdraw_letters, delete_drafts):
        with pytest.raises(NotAllowedError, match="others"), database.write() as session:
            step(session, ["MAG-0001"])


def test_an_unknown_reference_is_named(database: Database) -> None:
    with pytest.raises(NotFoundError, match="MAG-9998, MAG-9999"), database.write() as session:
        approve_letters(session, ["mag-9998", "MAG-9999"])


def test_every_format_is_written(database: Database, sandbox: TemplateSandbox, tmp_path: Path) -> None:
    references = factories.approved(database, sandbox, "Theresa May, Marietje Schaake")
    with database.read() as session:
        paths = export_letters(session, references, FORMATS, tmp_path / "out")
    assert len(paths) == 10
    assert {p.suffix.lstrip(".") for p in paths} == set(FORMATS)
    assert all(p.stat().st_size > 300 for p in paths)
    assert paths[0].name.startswith("MAG-0006 The Rt Hon Theresa May MP")


def test_export_can_be_stopped(database: Database, sandbox: TemplateSandbox, tmp_path: Path) -> None:
    references = factories.approved(database, sandbox, "all")
    with database.read() as session, pytest.raises(CancelledError, match="after 2 letters"):
        export_letters(session, references, ["txt"], tmp_path, progress=lambda done, total: done < 2)
    assert len(list(tmp_path.glob("*.txt"))) == 2


def test_reported_letters_have_no_text_to_export(database: Database, tmp_path: Path) -> None:
    with database.read() as session, pytest.raises(NotAllowedError, match="not on file"):
        export_letters(session, ["MAG-0001"], ["pdf"], tmp_path)


def test_formats_are_parsed() -> None:
    assert parse_formats("pdf, DOCX,pdf") == ("pdf", "docx")
    for wrong in ("odt", ""):
        with pytest.raises(UsageError):
            parse_formats(wrong)


def test_the_preview_follows_what_is_typed(database: Database, sandbox: TemplateSandbox) -> None:
    reference = factories.drafted(database, sandbox, "Theresa May")[0]
    with database.read() as session:
        saved = saved_document(session, reference)
    edited = edited_document(saved, subject="New", salutation="D", body="Other words", close="Y")
    assert edited.subject == "New"
    assert preview_pdf(edited).startswith(b"%PDF")
    assert preview_pdf(edited) != preview_pdf(saved)


def test_the_table_as_csv_cannot_start_a_formula(database: Database, sandbox: TemplateSandbox) -> None:
    reference = factories.drafted(database, sandbox, "Theresa May")[0]
    with database.write() as session:
        edit_letter(session, reference, subject="=HYPERLINK(1)", salutation="D", body="B", close="Y")
    with database.read() as session:
        rows = tracker_rows(session, campaigns_list(session)[0])
    text = tracker_csv(rows).decode("utf-8-sig")
    cells = list(csv.DictReader(io.StringIO(text)))
    assert cells[-1]["Subject"] == "'=HYPERLINK(1)"
    assert cells[3]["Answered on"] == "2011-01-19"
    book = load_workbook(io.BytesIO(tracker_xlsx(rows)))
    sheet = book.active
    values = [c.value for c in sheet[sheet.max_row]]
    kinds = [c.data_type for c in sheet[sheet.max_row]]
    assert "=HYPERLINK(1)" in values
    assert "f" not in kinds
    assert sheet.freeze_panes == "B2"


def test_filters_and_figures(database: Database, sandbox: TemplateSandbox) -> None:
    factories.sent(database, sandbox, "Theresa May, Damian Green")
    factories.drafted(database, sandbox, "Marietje Schaake")
    late = date(2011, 6, 1)
    with database.read() as session:
        one = campaigns_list(session)[0]
        assert len(tracker_rows(session, one, today=late, filters=Filters(status="overdue"))) == 3
        assert len(tracker_rows(session, one, filters=Filters(body="home office"))) == 4
        assert [r.recipient for r in tracker_rows(session, one, filters=Filters(search="schaake"))] == [
            "Marietje Schaake"
        ]
        everything = LetterQuery().of(one.key)
        figures = statistics(session, everything, late)
        by_body = group_counts(session, everything, "body", late)
    assert (figures.drafts, figures.sent, figures.answered, figures.overdue) == (1, 7, 4, 3)
    assert figures.response_rate == pytest.approx(4 / 7)
    home = next(b for b in by_body if b.name == "Home Office")
    assert (home.sent, home.answered, home.overdue) == (4, 1, 3)
