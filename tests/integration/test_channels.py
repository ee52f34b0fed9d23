"""Every way a letter goes out, what goes with it, and the days that follow from it."""

import io
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pikepdf
import pypdf
import pytest
from icalendar import Calendar
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from outreach.cases.campaigns import campaigns_list
from outreach.correspondence.following_up import draft_follow_ups, draft_referral
from outreach.correspondence.replies import record_reply
from outreach.desk.calendar import calendar_ics
from outreach.desk.letter_query import GROUPINGS, Filters
from outreach.desk.letter_table import letter_detail, tracker_rows
from outreach.desk.reminders import overdue_without_reminder
from outreach.desk.saved_views import delete_view, save_view, view_named, views_list
from outreach.desk.statistics import group_counts
from outreach.directory.editing import BodyEntry, save_body
from outreach.domain.deadlines import receipt_day, reply_due, reply_standard, zone_of
from outreach.domain.states import Channel, LetterStatus, ReplyKind
from outreach.errors import NotAllowedError, NotFoundError, UsageError
from outreach.letters.enclosing import enclose, enclosures_list, file_to_enclose, take_out
from outreach.letters.exports import export_letters
from outreach.letters.ledger import approve_letters, delete_drafts, mark_sent
from outreach.letters.posting import print_batch, web_form
from outreach.letters.sandbox import TemplateSandbox
from outreach.mail.mailto import LONGEST, mailto_link
from outreach.store.database import Database, check
from tests import factories
from tests.factories import DAY
from tests.integration.test_mail import reachable


def test_a_batch_begins_each_letter_on_a_new_sheet(database: Database, sandbox: TemplateSandbox) -> None:
    references = factories.approved(database, sandbox, "Theresa May, Heidi Hautala, Juan Mendez")
    with database.read() as session:
        one_sided = print_batch(session, references)
        two_sided = print_batch(session, references, two_sided=True)
        alone = [print_batch(session, [r]).pages for r in references]
    assert one_sided.pages == sum(alone)
    assert two_sided.pages == sum(n + n % 2 for n in alone)
    with pikepdf.open(io.BytesIO(two_sided.pdf)) as pdf:
        assert len(pdf.pages) == two_sided.pages
    words = [p.extract_text() for p in pypdf.PdfReader(io.BytesIO(one_sided.pdf)).pages]
    assert all(any(r in w for w in words) for r in references)


def test_the_address_stands_in_the_window(database: Database, sandbox: TemplateSandbox) -> None:
    """DIN 5008, form B: the window shows 20 to 110 mm from the left and 45 to 90 mm from the top."""
    with database.write() as session:
        save_body(
            session,
            BodyEntry(
                "Home Office", "ministry", "GB", "", "", (("address", "2 Marsham Street\nLondon\nSW1P 4DF"),)
            ),
            "home-office",
        )
    (reference,) = factories.approved(database, sandbox, "Theresa May")
    with database.read() as session:
        batch = print_batch(session, [reference])
    assert batch.without_address == ()
    found: list[tuple[float, float, str]] = []

    def visit(words: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        x, y = tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5]
        found.append((x / 72 * 25.4, 297 - y / 72 * 25.4, words))

    pypdf.PdfReader(io.BytesIO(batch.pdf)).pages[0].extract_text(visitor_text=visit)
    for wanted in ("Theresa May", "2 Marsham Street", "SW1P 4DF"):
        x, y, _ = next(f for f in found if wanted in f[2])
        assert 20 <= x <= 110 and 45 <= y <= 90, (wanted, x, y)


def test_a_draft_is_neither_printed_nor_handed_to_other_programs(
    database: Database, sandbox: TemplateSandbox
) -> None:
    (reference,) = factories.drafted(database, sandbox, "Theresa May")
    with database.read() as session:
        for step in (
            lambda: print_batch(session, [reference]),
            lambda: web_form(session, reference),
            lambda: mailto_link(session, reference),
        ):
            with pytest.raises(NotAllowedError, match="is a draft"):
                step()


def test_a_web_form_gets_text_without_addresses(database: Database, sandbox: TemplateSandbox) -> None:
    (reference,) = factories.approved(database, sandbox, "Theresa May")
    with database.read() as session, pytest.raises(NotAllowedError, match="No web form is on file"):
        web_form(session, reference)
    with database.write() as session:
        save_body(
            session,
            BodyEntry("Home Office", "ministry", "GB", "", "", (("form", "https://form.example/contact"),)),
            "home-office",
        )
    with database.read() as session:
        form = web_form(session, reference)
    assert form.url == "https://form.example/contact"
    assert form.text.startswith("Dear Home Secretary") and reference in form.text
    with database.write() as session:
        mark_sent(session, [reference], by=Channel.WEB_FORM, on=DAY)


def test_a_mailto_link_keeps_within_its_length(database: Database, sandbox: TemplateSandbox) -> None:
    (reference,) = reachable(database, sandbox, "Theresa May")
    with database.read() as session:
        link = mailto_link(session, reference)
    assert not link.has_text and len(link.url) <= LONGEST
    parts = urlsplit(link.url)
    assert (parts.scheme, parts.path) == ("mailto", "may@example.org")
    assert reference in parse_qs(parts.query)["subject"][0]
    assert link.text.startswith("Dear Home Secretary")
    assert "\n" not in unquote(link.url)


def test_what_is_enclosed_goes_along_and_is_frozen(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    file = tmp_path / "dossier.pdf"
    file.write_bytes(b"%PDF-1.4 dossier")
    (reference,) = factories.drafted(database, sandbox, "Theresa May")
    with database.write() as session:
        enclose(session, reference, file_to_enclose(file))
        enclose(session, reference, file_to_enclose(file))
        rows = enclosures_list(session, reference)
        take_out(session, reference, rows[0].key)
        with pytest.raises(NotFoundError):
            take_out(session, reference, 999)
        approve_letters(session, [reference])
        assert [r.name for r in enclosures_list(session, reference)] == ["dossier.pdf"]
        export_letters(session, [reference], ["eml"], tmp_path / "out")
    (eml,) = (tmp_path / "out").glob("*.eml")
    names = [
        p.get_filename()
        for p in message_from_bytes(eml.read_bytes(), policy=policy.default).iter_attachments()
    ]
    assert names == [f"{reference}.pdf", "dossier.pdf"]
    with database.write() as session, pytest.raises(NotAllowedError, match="frozen"):
        enclose(session, reference, file_to_enclose(file))
    with pytest.raises(SQLAlchemyError, match="frozen"), database.engine.begin() as connection:
        connection.execute(text("UPDATE letter_attachment SET name = 'other.pdf'"))
    assert check(database) == []


def test_files_that_cannot_go_along_are_refused(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    (reference,) = factories.drafted(database, sandbox, "Theresa May")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "huge").write_bytes(bytes(21 * 1024 * 1024))
    with database.write() as session:
        for name, words in (
            ("missing", "cannot be read"),
            ("empty", "is empty"),
            ("huge", "more than 20 MB"),
        ):
            with pytest.raises(UsageError, match=words):
                enclose(session, reference, file_to_enclose(tmp_path / name))


def test_a_calendar_names_days_due_and_promises(database: Database, sandbox: TemplateSandbox) -> None:
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    at = datetime(2011, 1, 26, 12, tzinfo=UTC)
    with database.read() as session:
        campaign = campaigns_list(session)[0]
        content = calendar_ics(session, campaign, at=at)
        assert calendar_ics(session, campaign, at=at) == content
    calendar = Calendar.from_ical(content)
    events = {str(e["uid"]): e for e in calendar.walk("VEVENT")}
    event = events[f"due-{reference.lower()}-magnitsky@outreach.invalid"]
    assert event["dtstart"].dt == date(2011, 2, 23)
    assert "Theresa May" in str(event["summary"])
    assert any("Damian Green" in str(t["summary"]) for t in calendar.walk("VTODO"))


def test_follow_ups_for_all_overdue_are_drafted_once(database: Database, sandbox: TemplateSandbox) -> None:
    references = factories.sent(database, sandbox, "Theresa May, Heidi Hautala")
    late = date(2011, 3, 10)
    with database.read() as session:
        campaign = campaigns_list(session)[0]
        assert overdue_without_reminder(session, campaign, late) == references
    changes = draft_follow_ups(database, sandbox, references)
    with database.write() as session:
        assert overdue_without_reminder(session, campaign, late) == ()
        delete_drafts(session, changes.refs[:1])
        assert overdue_without_reminder(session, campaign, late) == references[:1]


def test_a_referral_makes_the_next_letter(database: Database, sandbox: TemplateSandbox) -> None:
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    with database.write() as session:
        record_reply(session, reference, kind=ReplyKind.REFERRED, on=date(2011, 2, 1))
    (new,) = draft_referral(database, sandbox, reference, "Heidi Hautala").refs
    with database.read() as session:
        detail = letter_detail(session, campaigns_list(session)[0], new)
    assert reference in detail.body and "Home Office" in detail.body


def test_views_are_saved_under_a_name(database: Database) -> None:
    with database.write() as session:
        save_view(session, 1, " Late  ones ", Filters(status="overdue", country="United Kingdom"))
        save_view(session, 1, "Late ones", Filters(status="overdue"))
        assert [(v.name, v.filters) for v in views_list(session, 1)] == [
            ("Late ones", Filters(status="overdue"))
        ]
        assert view_named(session, 1, "late ONES").status == "overdue"
        for name, filters in (("", Filters(status="x")), ("x", Filters())):
            with pytest.raises(UsageError):
                save_view(session, 1, name, filters)
        delete_view(session, 1, "Late ones")
        with pytest.raises(NotFoundError, match="no view"):
            view_named(session, 1, "Late ones")


def test_answers_are_counted_by_body_party_and_country(database: Database, sandbox: TemplateSandbox) -> None:
    references = factories.sent(database, sandbox, "Theresa May, Chris Bryant, Marietje Schaake")
    with database.write() as session:
        record_reply(session, references[0], kind=ReplyKind.REFUSED, on=date(2011, 2, 5))
        everything, day = Filters().of(1), date(2011, 3, 10)
        by = {by: group_counts(session, everything, by, day) for by in GROUPINGS}
    countries = {g.name: g for g in by["country"]}
    kingdom = countries["United Kingdom"]
    assert kingdom.answered >= 2 and kingdom.median_days is not None
    assert "Netherlands" in countries or "European Union" in countries
    assert {g.name for g in by["body"]} >= {"Home Office"}
    assert all(g.sent >= g.answered for g in by["party"])


@pytest.mark.parametrize(
    ("instant", "jurisdiction", "day"),
    [
        # Late in Washington it is the next day in London.
        ("2011-01-20T21:30:00-05:00", "GB", date(2011, 1, 21)),
        # Early in Moscow it is the day before in Ottawa.
        ("2011-01-21T03:00:00+03:00", "CA", date(2011, 1, 20)),
        # On the night the clocks go forward in London, and back.
        ("2011-03-27T00:59:59+00:00", "GB", date(2011, 3, 27)),
        ("2011-03-26T23:59:59+00:00", "GB", date(2011, 3, 26)),
        ("2011-03-27T23:30:00+00:00", "GB", date(2011, 3, 28)),
        ("2011-10-29T23:30:00+00:00", "GB", date(2011, 10, 30)),
        ("2011-10-30T23:30:00+00:00", "GB", date(2011, 10, 30)),
        # A country of several zones: the sender's day stands.
        ("2011-01-21T03:00:00+03:00", "RU", date(2011, 1, 26)),
    ],
)
def test_an_e_mail_is_received_on_the_day_it_is_there(instant: str, jurisdiction: str, day: date) -> None:
    assert receipt_day(DAY, datetime.fromisoformat(instant), jurisdiction) == day


def test_standards_come_with_their_source_and_calendars_with_their_country() -> None:
    commission = reply_standard("EU", "executive", "European Commission")
    assert (commission.amount, commission.is_default) == (15, False)
    assert "Code of Good Administrative Behaviour" in commission.source
    # 21 July is a holiday in Belgium.
    assert reply_due(date(2011, 7, 20), commission) > date(2011, 8, 10)
    assert reply_standard("DE", "ministry").country == "DE"
    assert reply_standard("XX", "ministry").country == ""
    assert zone_of("EU") is not None and zone_of("") is None


def test_a_letter_sent_late_at_night_counts_from_the_bodys_own_day(
    database: Database, sandbox: TemplateSandbox
) -> None:
    (reference,) = factories.sent(database, sandbox, "Theresa May", date(2011, 1, 27))
    with database.write() as session:
        session.execute(
            text(
                "UPDATE dispatch SET channel = 'email', sent_at = '2011-01-28 02:30:00.000000' WHERE "
                "letter_id = (SELECT max(id) FROM letter)"
            )
        )
    with database.read() as session:
        (found,) = tracker_rows(session, campaigns_list(session)[0], references=[reference])
    assert found.status is LetterStatus.SENT
    assert found.due_on == date(2011, 2, 25)  # from Friday 28 January, which it was in London
