"""Dates, numbers and money in words, by language and place (CLDR's rules, through babel)."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date as babel_date
from babel.numbers import format_compact_decimal, format_currency, format_decimal, get_currency_symbol
from babel.units import format_unit

from outreach.domain.partial_dates import first_day

LANGUAGES = {"en": "English", "fr": "French", "de": "German"}
_DURATIONS = {
    "day": "duration-day",
    "week": "duration-week",
    "month": "duration-month",
    "year": "duration-year",
}
_COMPACT_FROM = Decimal(1_000_000)


def locale_for(language: str, jurisdiction: str = "") -> Locale:
    """Locale of a letter: English is American for US bodies and British elsewhere."""
    try:
        if language == "en":
            return Locale.parse("en_US" if jurisdiction == "US" else "en_GB")
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


@lru_cache(maxsize=4096)
def date_in_words(partial: str | date, locale: Locale) -> str:
    """A day, month or year as prose has it: 16 November 2009, November 2009, 2009."""
    text = partial.isoformat() if isinstance(partial, date) else partial
    form = {4: "y", 7: "MMMM y"}.get(len(text))
    day = first_day(text)
    return babel_date(day, format=form or "long", locale=locale)


def day_short(day: date | str | None, locale: Locale | str = "en_GB") -> str:
    """A day for tables, such as 16 Nov 2009; empty for none. A partial date is shown as far as known."""
    if day is None or day == "":
        return ""
    text = day.isoformat() if isinstance(day, date) else day
    form = {4: "y", 7: "MMM y"}.get(len(text), "d MMM y")
    return babel_date(first_day(text), format=form, locale=locale)


def moment_short(at: datetime) -> str:
    """An instant for tables, by this machine's clock: 24 Nov 2026, 14:16."""
    here = at.astimezone()
    return f"{day_short(here.date())}, {here:%H:%M}"


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun, in English, such as 1,204 letters."""
    return f"{number:,} {one if number == 1 else many}"


def number_in_words(value: Decimal, locale: Locale) -> str:
    """A number with the language's separators, without trailing zeros."""
    whole = value == value.to_integral_value()
    return format_decimal(value, format="#,##0" if whole else "#,##0.####", locale=locale)


def with_unit(value: Decimal, unit: str, locale: Locale) -> str:
    """A number with its unit; durations are translated.

    Other units are English words, as facts are entered, and left out elsewhere.
    """
    if not unit:
        return number_in_words(value, locale)
    singular = unit[:-1] if unit.endswith("s") else unit
    if singular in _DURATIONS:
        # A whole number without decimals, else "1.0000" would take the plural.
        plain = int(value) if value == value.to_integral_value() else value.normalize()
        return format_unit(plain, _DURATIONS[singular], "long", locale=locale)
    number = number_in_words(value, locale)
    return f"{number} {unit}" if locale.language == "en" else number


def money_in_words(amount: Decimal, currency: str, locale: Locale) -> str:
    """A sum as prose has it: US$230 million, 230 millions de dollars des
    États-Unis, 230 Millionen US-Dollar.
    """
    compact = abs(amount) >= _COMPACT_FROM and (amount * 1000) % _COMPACT_FROM == 0
    number = (
        format_compact_decimal(amount, format_type="long", locale=locale, fraction_digits=3)
        if compact
        else number_in_words(amount, locale)
    )
    if locale.language == "en":
        symbol = get_currency_symbol(currency, locale="en_GB")  # US$, not $, for readers anywhere
        return f"{symbol}{number}" if not symbol.isalpha() or symbol == "US$" else f"{symbol} {number}"
    if compact:
        name = format_currency(2, currency, format="¤¤¤", locale=locale).strip()
        joined = f"{number} d’{name}" if locale.language == "fr" and name[:1] in "aeiouéh" else None
        if locale.language == "fr":
            return joined or f"{number} de {name}"
        return f"{number} {name}"
    return format_currency(amount, currency, locale=locale)


def names_in_words(names: Sequence[str], most: int = 5) -> str:
    """Names in a sentence: all of them, or the first ones and how many more there are."""
    shown = [name for name in dict.fromkeys(names) if name]
    if len(shown) > most + 1:
        return f"{', '.join(shown[:most])} and {len(shown) - most:,} more"
    return " and ".join(x for x in (", ".join(shown[:-1]), *shown[-1:]) if x)


def first_names_in_words(names: Sequence[str], count: int) -> str:
    """Whom letters go to, in a sentence.

    Args: names: of all of them, or of the first ones. count: how many letters there are.
    """
    if len(names) >= count:
        return names_in_words(names)
    shown = list(dict.fromkeys(names))[:3]
    return f"{', '.join(shown)} and {counted(count - len(shown), 'more letter', 'more letters')}"


# Controls of direction (Unicode, annex 9) can make a text read as another than it is; the letters' own
# direction needs none.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)


_BLANK = re.compile("[ \t\r\n\u2028\u2029]+")


def one_line(text: str) -> str:
    """Text on one line: spaces, tabs and ends of lines become one space each time, and those at its ends go.

    Other spaces stay, such as the narrow one before a French semicolon, which keeps it on the line of its
    word.
    """
    return _BLANK.sub(" ", text).strip(" ")


def tidy_text(text: str) -> str:
    """Text of several lines without spaces at their ends and empty lines around it.

    Spaces that do not break stay.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip(" \t") for line in lines).strip("\n")


def printable(value: Any) -> Any:
    """Text, or data that holds text, without characters that no page shows:
    controls, and overrides of direction.
    """
    if isinstance(value, str):
        return _UNSEEN.sub("", value)
    if isinstance(value, dict):
        return {key: printable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [printable(inner) for inner in value]
    return value
