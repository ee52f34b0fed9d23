"""When a body should have answered: its own reply standard, counted on its country's calendar.

Nothing here is stored: the same letter is *awaiting* today and *overdue* tomorrow.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from babel.core import get_global

from outreach.domain.references import folded
from outreach.domain.states import ENDED_STATES, SENT_STATES, LetterStatus, Phase
from outreach.resources import resource

DUE_SOON_DAYS = 5
LONG_OVERDUE_DAYS = 30
"""Calendar days past the day an answer was due, from which a letter counts as long overdue.

This app's own custom.
"""
UNITS = ("working_days", "days")


@dataclass(frozen=True)
class ReplyStandard:
    """Time a body gives itself to answer, counted from the day after receipt.

    amount: of working days or of calendar days, by unit. country, subdivision: ISO 3166 codes whose public
    holidays are not counted; "" for weekends only. source: where the standard is stated. is_default: True
    where the body publishes none that we know, so the number is only this app's custom.
    """

    amount: int
    country: str
    source: str
    is_default: bool = False
    unit: str = "working_days"
    subdivision: str = ""

    @property
    def in_words(self) -> str:
        """Such as: 20 working days."""
        return f"{self.amount} {'working days' if self.unit == 'working_days' else 'days'}"


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(
        resource("resources/standards/standards.yaml").read_text(encoding="utf-8")
    )
    return loaded


@lru_cache(maxsize=512)
def _calendar(jurisdiction: str) -> tuple[str, str]:
    """Country and subdivision whose holidays count for bodies of a
    jurisdiction, ("", "") if none is known.
    """
    named = _data()["calendars"].get(jurisdiction)
    if named:
        return named["country"], named.get("subdivision", "")
    return (jurisdiction, "") if jurisdiction in _countries() else ("", "")


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    import holidays as public_holidays

    return frozenset(public_holidays.list_supported_countries())


@lru_cache(maxsize=2048)
def reply_standard(jurisdiction: str, classification: str, name: str = "") -> ReplyStandard:
    """Reply standard for a kind of body.

    Args: jurisdiction: GB, EU, US, CA, UN or another ISO 3166 code. classification: the body's Popolo
        classification, such as ministry or committee. name: the body's, for standards of one body.
    Returns: the published standard, or a default that says it is one.
    """
    data = _data()
    country, subdivision = _calendar(jurisdiction)
    for rule in data["rules"]:
        if rule["jurisdiction"] != jurisdiction:
            continue
        classes, names = rule.get("classifications"), rule.get("names")
        fits = (not classes and not names) or (classes and classification.casefold() in classes)
        if fits or (names and any(folded(n) in folded(name) for n in names)):
            return ReplyStandard(
                rule["amount"], country, rule["source"], unit=rule["unit"], subdivision=subdivision
            )
    default = data["default"]
    return ReplyStandard(default["amount"], country, default["source"], True, default["unit"], subdivision)


def own_standard(jurisdiction: str, amount: int, unit: str, source: str) -> ReplyStandard:
    """The standard that a user noted for one body, on its country's calendar."""
    country, subdivision = _calendar(jurisdiction)
    return ReplyStandard(amount, country, source, unit=unit, subdivision=subdivision)


@lru_cache(maxsize=256)
def _holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    import holidays as public_holidays

    if not country:
        return frozenset()
    return frozenset(public_holidays.country_holidays(country, subdiv=subdivision or None, years=year))


@lru_cache(maxsize=256)
def _weekend(country: str) -> frozenset[int]:
    """Days of the week without office hours, Monday being 0.

    In some countries they are Friday and Saturday.
    """
    import holidays as public_holidays

    return frozenset(public_holidays.country_holidays(country).weekend) if country else frozenset({5, 6})


def is_working_day(day: date, country: str, subdivision: str = "") -> bool:
    """Whether offices of the country are open: no weekend and no public holiday."""
    if country == "GB" and not subdivision:
        subdivision = "ENG"  # the departments written to sit in England, which `holidays` knows as a part
    return day.weekday() not in _weekend(country) and day not in _holidays(country, subdivision, day.year)


@lru_cache(maxsize=8192)
def reply_due(received_on: date, standard: ReplyStandard) -> date:
    """Day by which a body should have answered a letter.

    Args: received_on: day of receipt where the body is, see `receipt_day`. standard: the body's own.
    Returns: a working day, strictly after received_on: the clock starts the day after.
    """
    if standard.unit == "days":
        day = received_on + timedelta(days=max(1, standard.amount))
        while not is_working_day(day, standard.country, standard.subdivision):
            day += timedelta(days=1)
        return day
    day, left = received_on, max(1, standard.amount)
    while left > 0:
        day += timedelta(days=1)
        if is_working_day(day, standard.country, standard.subdivision):
            left -= 1
    return day


@lru_cache(maxsize=512)
def zone_of(jurisdiction: str) -> ZoneInfo | None:
    """Time zone of a body's offices; None where a country's clocks differ and none is noted."""
    named = _data()["calendars"].get(jurisdiction)
    if named:
        return ZoneInfo(named["zone"])
    zones = [ZoneInfo(name) for name in get_global("territory_zones").get(jurisdiction, [])]
    clocks = {tuple(datetime(2020, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)) for zone in zones}
    return zones[0] if len(clocks) == 1 else None


def receipt_day(sent_on: date, sent_at: datetime | None, jurisdiction: str) -> date:
    """Day on which a letter counts as received.

    Args: sent_on: the sender's local day, which is the day of receipt where nothing better is known. sent_at:
        the instant an e-mail was handed over, None for other channels. jurisdiction: of the body.
    Returns: for an e-mail the day that it then was where the body is, whatever zone or clock the sender has.
    """
    zone = zone_of(jurisdiction)
    if sent_at is None or zone is None:
        return sent_on
    return sent_at.astimezone(zone).date()


def phase_of(status: LetterStatus, due_on: date | None, today: date, *, has_unread: bool = False) -> Phase:
    """Where a letter stands today.

    Args: status: its stored state. due_on: day by which an answer is due, None if not sent. has_unread:
        whether an answer is on file that nobody has classed yet.
    """
    if status in ENDED_STATES:
        return Phase.ENDED
    if has_unread:
        return Phase.TO_READ
    if status is LetterStatus.ANSWERED:
        return Phase.ANSWERED
    if status not in SENT_STATES or due_on is None:
        return Phase.NOT_SENT
    if today > due_on:
        return Phase.LONG_OVERDUE if (today - due_on).days > LONG_OVERDUE_DAYS else Phase.OVERDUE
    return Phase.DUE_SOON if (due_on - today).days <= DUE_SOON_DAYS else Phase.AWAITING
