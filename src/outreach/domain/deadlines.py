"""When a body should have answered: its own reply standard, counted on its country's calendar.

Nothing here is stored: the same letter is *awaiting* today and *overdue* tomorrow.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays as public_holidays

from outreach.domain.states import SENT_STATES, LetterStatus, Phase

DUE_SOON_DAYS = 5


@dataclass(frozen=True)
class ReplyStandard:
    """Time a body gives itself to answer.

    working_days: counted from the day after receipt. country: ISO 3166 code whose public holidays
    are not counted; "" for weekends only. source: where the standard is stated. is_default: True
    where the body publishes none that we know, so the number is only this app's custom.
    """

    working_days: int
    country: str
    source: str
    is_default: bool = False


# Cabinet Office, "Guide to Handling Correspondence": departments aim to answer within 20 working days
# (paragraph on targets); the clock starts on the working day after receipt.
_UK_MINISTERS = ReplyStandard(
    20, "GB", "Cabinet Office, Guide to Handling Correspondence: 20 working days, from the day after receipt"
)
_DEFAULT_DAYS = 20


def reply_standard(jurisdiction: str, classification: str) -> ReplyStandard:
    """Reply standard for a kind of body.

    Args: jurisdiction: GB, EU, US, CA, UN or another code. classification: the body's Popolo
        classification, such as ministry or committee.
    Returns: the published standard, or a default that says it is one.
    """
    if jurisdiction == "GB" and classification == "ministry":
        return _UK_MINISTERS
    country = jurisdiction if jurisdiction in {"GB", "US", "CA"} else ""
    return ReplyStandard(
        _DEFAULT_DAYS,
        country,
        "no published standard known; 20 working days is this app's own custom",
        is_default=True,
    )


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    # In Great Britain the departments written to sit in England; `holidays` knows it as a subdivision.
    subdivision = "ENG" if country == "GB" else None
    return frozenset(public_holidays.country_holidays(country, subdiv=subdivision, years=year))


def is_working_day(day: date, country: str) -> bool:
    """Whether offices of the country are open: no Saturday, Sunday or public holiday."""
    return day.weekday() < 5 and day not in _holidays(country, day.year)


def reply_due(sent_on: date, standard: ReplyStandard) -> date:
    """Day by which a body should have answered a letter.

    Args: sent_on: local date of dispatch, taken as the day of receipt. standard: the body's own.
    Returns: a working day, strictly after sent_on.
    """
    day, left = sent_on, standard.working_days
    while left > 0:
        day += timedelta(days=1)
        if is_working_day(day, standard.country):
            left -= 1
    return day


def phase_of(status: LetterStatus, due_on: date | None, today: date) -> Phase:
    """Where a letter stands today.

    Args: status: its stored state. due_on: day by which an answer is due, None if not sent.
    """
    if status in {LetterStatus.BOUNCED, LetterStatus.CLOSED, LetterStatus.WITHDRAWN}:
        return Phase.ENDED
    if status is LetterStatus.ANSWERED:
        return Phase.ANSWERED
    if status not in SENT_STATES or due_on is None:
        return Phase.NOT_SENT
    if today > due_on:
        return Phase.OVERDUE
    return Phase.DUE_SOON if (due_on - today).days <= DUE_SOON_DAYS else Phase.AWAITING
