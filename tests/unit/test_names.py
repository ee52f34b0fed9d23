"""Readable ids and the comparison of names, in any script."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain.names import any_order, are_alike, name_key
from outreach.domain.references import campaign_prefix, cut, slug


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Home Office", "home-office"),
        ("Ålesund", "alesund"),
        ("Łódź", "lodz"),
        ("Государственная Дума", "gosudarstvennaya-duma"),
        ("Ελληνική Βουλή", "elliniki-voyli"),
        ("🌹", "rose"),
        ("", "item"),
    ],
)
def test_a_readable_id_of_a_name_in_any_script(name: str, wanted: str) -> None:
    assert slug(name) == wanted


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_a_readable_id_is_always_short_plain_and_the_same_again(name: str) -> None:
    made = slug(name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made)
    assert len(made) <= 80
    assert slug(name) == made


def test_what_cannot_be_written_in_latin_letters_or_is_too_long_has_a_mark_of_its_own() -> None:
    assert len({slug("???"), slug("!!!"), slug("\ue000"), slug("\ue001")}) == 4
    assert slug("a" * 90) != slug("a" * 91)
    assert cut("a" * 90, 20) != cut("a" * 91, 20)
    assert len(cut("a" * 90, 20)) == 20
    assert slug("???", "") == ""


def test_campaigns_in_other_scripts_have_prefixes_of_their_own() -> None:
    assert (campaign_prefix("Справедливость"), campaign_prefix("Δικαιοσύνη")) == ("SPR", "DIK")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("House  of COMMONS", "house of commons", True),
        ("O’Brien", "O'Brien", True),
        ("ＡＢＣ", "ABC", True),
        ("Ålesund", "Alesund", False),
        ("か", "が", False),
        ("C+", "C-", False),
    ],
)
def test_case_blanks_and_quotation_marks_do_not_make_another_name(
    first: str, second: str, same: bool
) -> None:
    assert (name_key(first) == name_key(second)) is same


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("Jane Smith", "Jane Doe", True),
        ("Ann Other", "Anna Otter", True),
        ("Vladimir Putin", "Путин Владимир", True),
        ("Ann Lee", "Bob Ray", False),
        ("Ana de Souza", "Pedro de Lima", False),
        ("Dr Ann Lee", "Dr Bob Ray", False),
        ("王小明", "李大同", False),
        ("", "Ann Lee", False),
    ],
)
def test_names_are_alike_where_they_share_what_tells_people_apart(
    first: str, second: str, alike: bool
) -> None:
    assert are_alike([first], [second]) is alike


def test_words_in_another_order_are_the_same_name() -> None:
    assert any_order("May, Theresa") == any_order("theresa may")
