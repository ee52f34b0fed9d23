"""Rules without I/O: states, deadlines, references, partial dates, words."""

import re
from datetime import date
from decimal import Decimal

import pytest

from outreach.directory.importers.tables import guess_mapping
from outreach.domain.answers import status_of_answers
from outreach.domain.deadlines import is_working_day, phase_of, reply_due, reply_standard
from outreach.domain.letter_life import (
    BIRTHS,
    LetterSituation,
    Step,
    allowed_steps,
    refusal,
    status_after,
)
from outreach.domain.letter_ways_back import refusal_of_way_back, step_in_words, way_back
from outreach.domain.partial_dates import covers, first_day, last_day, parse_partial
from outreach.domain.references import campaign_prefix, folded, is_reference, letter_reference, slug
from outreach.domain.states import (
    LetterStatus,
    Origin,
    Phase,
    ReplyKind,
)
from outreach.domain.wording import date_in_words, day_short, locale_for, money_in_words, with_unit
from outreach.errors import UsageError

_LAST = (
    Step.APPROVED, Step.QUEUED, Step.TAKEN_BACK, Step.SENT, Step.WITHDRAWN, Step.CLOSED, Step.REPLY_RECEIVED,
)  # fmt: skip


def test_a_draft_cannot_be_sent_and_the_message_says_what_to_do() -> None:
    draft = LetterSituation(LetterStatus.DRAFT)
    assert (
        refusal(draft, Step.SENT, reference="MAG-0001")
        == "MAG-0001 is draft and cannot become sent. Approve it first."
    )


def test_each_step_is_allowed_somewhere_and_refused_with_a_sentence_elsewhere() -> None:
    situations = [
        LetterSituation(status, origin, uncertain, handed_over, deleted, last=last, was_marked_sent=by_hand)
        for status in LetterStatus
        for origin in Origin
        for uncertain in (False, True)
        for handed_over in (False, True)
        for deleted in (False, True)
        for by_hand in (False, True)
        for last in (None, *_LAST)
    ]
    for step in set(Step) - set(BIRTHS):
        assert any(step in allowed_steps(x) for x in situations), step
    for situation in situations:
        for step in set(Step) - allowed_steps(situation):
            said = refusal(situation, step, reference="MAG-0001")
            assert "MAG-0001" in said and re.search(r"\.$|: outreach [a-z ]+( MAG-0001)?$", said)
            assert "{" not in said
        said = refusal_of_way_back(situation, reference="MAG-0001")
        assert not said or re.search(r"MAG-0001.*(\.$|: outreach [a-z ]+( MAG-0001)?$)", said)


def test_every_step_that_users_take_has_its_way_back_and_the_words_for_it() -> None:
    for last in _LAST:
        situation = LetterSituation(LetterStatus.SENT, last=last)
        step = way_back(situation)
        assert step is not None and step is not last
        assert step_in_words(last) != "the last step"
    assert way_back(LetterSituation(LetterStatus.DRAFT, is_deleted=True)) is Step.RESTORED


def test_nothing_leads_out_of_withdrawn_but_taking_it_back_or_a_server_that_says_it_has_sent_it() -> None:
    withdrawn = LetterSituation(LetterStatus.WITHDRAWN)
    leading = {
        s for s in allowed_steps(withdrawn) if status_after(withdrawn, s) is not LetterStatus.WITHDRAWN
    }
    assert leading == {Step.HANDED_OVER}
    just = LetterSituation(LetterStatus.WITHDRAWN, last=Step.WITHDRAWN, before=LetterStatus.QUEUED)
    assert allowed_steps(just) - allowed_steps(withdrawn) == {Step.WITHDRAWAL_UNDONE}
    assert status_after(just, Step.WITHDRAWAL_UNDONE) is LetterStatus.APPROVED


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (ReplyKind.ACKNOWLEDGEMENT, LetterStatus.ACKNOWLEDGED),
        (ReplyKind.HOLDING, LetterStatus.ACKNOWLEDGED),
        (ReplyKind.SUBSTANTIVE, LetterStatus.ANSWERED),
        (ReplyKind.REFERRED, LetterStatus.ANSWERED),
        (ReplyKind.REFUSED, LetterStatus.ANSWERED),
        (ReplyKind.AGREED, LetterStatus.ANSWERED),
    ],
)
def test_an_acknowledgement_is_no_answer(kind: ReplyKind, wanted: LetterStatus) -> None:
    assert status_of_answers(LetterStatus.SENT, [kind]) is wanted


def test_an_answered_letter_does_not_go_back_to_acknowledged() -> None:
    kinds = [ReplyKind.SUBSTANTIVE, ReplyKind.HOLDING]
    assert status_of_answers(LetterStatus.ANSWERED, kinds) is LetterStatus.ANSWERED


def test_a_uk_minister_has_twenty_working_days_from_the_day_after_receipt() -> None:
    standard = reply_standard("GB", "ministry")
    assert (standard.amount, standard.unit) == (20, "working_days")
    assert not standard.is_default
    assert "Cabinet Office" in standard.source
    # Friday 21 January 2011; no bank holidays until 22 April: four weeks on.
    assert reply_due(date(2011, 1, 21), standard) == date(2011, 2, 18)


def test_bank_holidays_of_the_body_push_its_deadline() -> None:
    standard = reply_standard("GB", "ministry")
    # Good Friday 22 April, Easter Monday 25 April, the wedding of 29 April and 2 May 2011.
    assert not is_working_day(date(2011, 4, 22), "GB")
    assert reply_due(date(2011, 4, 15), standard) == date(2011, 5, 19)


def test_a_body_without_a_published_standard_gets_a_default_that_says_so() -> None:
    standard = reply_standard("EU", "parliament")
    assert standard.is_default
    assert "custom" in standard.source


@pytest.mark.parametrize(
    ("today", "phase"),
    [
        (date(2011, 2, 1), Phase.AWAITING),
        (date(2011, 2, 13), Phase.DUE_SOON),
        (date(2011, 2, 18), Phase.DUE_SOON),
        (date(2011, 2, 19), Phase.OVERDUE),
    ],
)
def test_a_phase_comes_from_the_calendar(today: date, phase: Phase) -> None:
    assert phase_of(LetterStatus.SENT, date(2011, 2, 18), today) is phase


def test_an_answered_or_unsent_letter_is_never_overdue() -> None:
    assert phase_of(LetterStatus.ANSWERED, date(2011, 2, 18), date(2020, 1, 1)) is Phase.ANSWERED
    assert phase_of(LetterStatus.APPROVED, None, date(2020, 1, 1)) is Phase.NOT_SENT
    assert phase_of(LetterStatus.WITHDRAWN, None, date(2020, 1, 1)) is Phase.ENDED


def test_references_and_slugs() -> None:
    assert letter_reference("MAG", 42) == "MAG-0042"
    assert letter_reference("MAG", 12345) == "MAG-12345"
    assert is_reference("MAG-0042")
    assert not is_reference("mag-42")
    assert slug("José Méndez, MEP") == "jose-mendez-mep"
    assert slug("  ", "person") == "person"
    assert folded("  MÉNDEZ   Ñandú ") == "mendez nandu"
    assert is_reference(f"{campaign_prefix('Justice for Anna')}-0001")


def test_partial_dates_cover_generously() -> None:
    assert parse_partial(" 2011-01 ") == "2011-01"
    assert (first_day("2010"), last_day("2010-02")) == (date(2010, 1, 1), date(2010, 2, 28))
    assert covers("2010", None, date(2010, 6, 1))
    assert covers("2010-05-12", "2016-07-13", date(2016, 7, 13))
    assert not covers("2010-05-12", "2016-07-13", date(2016, 7, 14))
    for wrong in ("2010-13", "10", "2010-02-30", "soon"):
        with pytest.raises(UsageError, match="Write it as"):
            parse_partial(wrong)


def test_dates_numbers_and_money_follow_language_and_place() -> None:
    british, american = locale_for("en"), locale_for("en", "US")
    french, german = locale_for("fr"), locale_for("de")
    assert date_in_words("2009-11-16", british) == "16 November 2009"
    assert date_in_words("2009-11-16", american) == "November 16, 2009"
    assert date_in_words("2009-11", french) == "novembre 2009"
    assert date_in_words("2009-11-16", german) == "16. November 2009"
    assert day_short("2011-01") == "Jan 2011"
    assert day_short(None) == ""
    sum_ = Decimal(230_000_000)
    assert money_in_words(sum_, "USD", british) == "US$230 million"
    assert "230" in money_in_words(sum_, "USD", french)
    assert "Millionen" in money_in_words(sum_, "USD", german)
    assert with_unit(Decimal("1.0000"), "years", british) == "1 year"
    assert with_unit(Decimal(358), "days", french) == "358\N{NO-BREAK SPACE}jours"


@pytest.mark.parametrize(
    "headings",
    [
        ("ФИО", "Орган", "Партия", "Округ", "Электронная почта"),
        ("Ονοματεπώνυμο", "Φορέας", "Κόμμα", "Εκλογική περιφέρεια", "Ηλεκτρονικό ταχυδρομείο"),
        ("الاسم", "الجهة", "الحزب", "الدائرة", "البريد الإلكتروني"),
        ("姓名", "機構", "政黨", "選區", "電子郵件"),
    ],
)
def test_headings_of_a_table_are_known_in_other_alphabets(headings: tuple[str, ...]) -> None:
    wanted = dict(zip(headings, ("name", "body", "party", "area", "email"), strict=True))
    assert guess_mapping(headings) == wanted


@pytest.mark.parametrize("headings", [("Имя", "Фамилия"), ("Name", "Surname"), ("Prénom", "Nom de famille")])
def test_beside_a_column_of_family_names_a_name_is_the_given_one(headings: tuple[str, str]) -> None:
    assert guess_mapping(headings) == {headings[0]: "given_name", headings[1]: "family_name"}
