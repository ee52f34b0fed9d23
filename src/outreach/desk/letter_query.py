"""Which letters a filter, a saved view, a count or a link means: one predicate for all of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from outreach.desk.letter_row import TrackerRow
from outreach.domain.references import folded
from outreach.domain.states import AWAITING_PHASES, OVERDUE_PHASES, SENT_STATES, LetterStatus, Phase
from outreach.errors import UsageError


@dataclass(frozen=True)
class Standing:
    """Where letters can stand, as numbers count them and filters show them. word: as it is typed, and kept in saved views.
    label: as the window offers it. holds: whether a letter stands there."""

    word: str
    label: str
    holds: Callable[[TrackerRow], bool]


def _is(*statuses: LetterStatus) -> Callable[[TrackerRow], bool]:
    def holds(row: TrackerRow) -> bool:
        return row.status in statuses

    return holds


def _in(*phases: Phase) -> Callable[[TrackerRow], bool]:
    def holds(row: TrackerRow) -> bool:
        return row.phase in phases

    return holds


def went_out(row: TrackerRow) -> bool:
    """Whether a letter has left the office, whatever came of it."""
    return row.status in SENT_STATES


def is_answered(row: TrackerRow) -> bool:
    """Also a letter that was closed after its answer."""
    return went_out(row) and (row.answered_on is not None or row.status is LetterStatus.ANSWERED)


def _is_ready(row: TrackerRow) -> bool:
    """Whether it waits for us to be sent; of one that was cut off on its way nobody knows whether it still does."""
    return row.status in {LetterStatus.APPROVED, LetterStatus.QUEUED} and not row.is_uncertain


def _is_given_up(row: TrackerRow) -> bool:
    return went_out(row) and not is_answered(row) and row.phase not in AWAITING_PHASES


def _is_uncertain(row: TrackerRow) -> bool:
    return row.is_uncertain


_S, _P = LetterStatus, Phase


STANDINGS = (
    Standing("draft", "Drafts", _is(_S.DRAFT)),
    Standing("ready", "Ready to send", _is_ready),
    Standing("approved", "Approved", _is(_S.APPROVED)),
    Standing("queued", "In the outbox", _is(_S.QUEUED)),
    Standing("uncertain", "Sent? Not certain", _is_uncertain),
    Standing("returned", "Came back, or refused", _is(_S.BOUNCED, _S.FAILED)),
    Standing("bounced", "Came back", _is(_S.BOUNCED)),
    Standing("failed", "Refused", _is(_S.FAILED)),
    Standing("went out", "Went out", went_out),
    Standing("sent", "Sent, nothing heard", _is(_S.SENT)),
    Standing("acknowledged", "Acknowledged", _is(_S.ACKNOWLEDGED)),
    Standing("waiting", "Awaiting an answer", _in(*AWAITING_PHASES)),
    Standing("in time", "Awaiting, in time", _in(*(AWAITING_PHASES - OVERDUE_PHASES))),
    Standing("awaiting", "Awaiting, not due soon", _in(_P.AWAITING)),
    Standing("due soon", "Due soon", _in(_P.DUE_SOON)),
    Standing("overdue", "Overdue", _in(*OVERDUE_PHASES)),
    Standing("long overdue", "Long overdue", _in(_P.LONG_OVERDUE)),
    Standing("answer to read", "Answer to read", _in(_P.TO_READ)),
    Standing("answered", "Answered", is_answered),
    Standing("given up", "No answer, none awaited", _is_given_up),
    Standing("closed", "Closed", _is(_S.CLOSED)),
    Standing("withdrawn", "Withdrawn", _is(_S.WITHDRAWN)),
    Standing("not sent", "Not out yet", _in(_P.NOT_SENT)),
    Standing("ended", "Ended", _in(_P.ENDED)),
)
"""Every standing there is: what the window offers, what `--status` takes, and what each number counts."""


_BY_WORD = {s.word: s for s in STANDINGS}


def find_standing(typed: str) -> Standing:
    """The standing that a word or a label names; case, hyphens and underscores do not matter.

    Raises: UsageError naming the words there are.
    """
    wanted = " ".join(typed.casefold().replace("_", " ").replace("-", " ").split())
    for standing in STANDINGS:
        if wanted in {standing.word, standing.label.casefold()}:
            return standing
    raise UsageError(f"No letter stands at “{typed}”. Choose from: {', '.join(_BY_WORD)}.")


def standing_holds(row: TrackerRow, word: str) -> bool:
    """Whether a letter stands where one of the words of STANDINGS says; nothing stands at another word."""
    return word in _BY_WORD and _BY_WORD[word].holds(row)


GROUPINGS = ("body", "party", "country")


@dataclass(frozen=True)
class Filters:
    """What the table shows. status: a word of STANDINGS. body, party: a whole name, or where none is called that, a part of
    one. within: days from today by which an answer is due, "past" for before today. The others are words or names; an empty
    one lets everything pass."""

    status: str = ""
    body: str = ""
    party: str = ""
    country: str = ""
    channel: str = ""
    answer: str = ""
    within: str = ""
    search: str = ""


def filter_rows(rows: Iterable[TrackerRow], filters: Filters, today: date) -> tuple[TrackerRow, ...]:
    """Rows that pass every filter. today: from which `Filters.within` counts."""
    every = list(rows)
    words = folded(filters.search).split()
    in_body = _named(every, "body", filters.body)
    in_party = _named(every, "party", filters.party)
    limit = None
    if filters.within:
        limit = today + timedelta(days=-1 if filters.within == "past" else int(filters.within))
    return tuple(
        r
        for r in every
        if (not filters.status or standing_holds(r, filters.status))
        and in_body(r)
        and in_party(r)
        and (not filters.country or folded(filters.country) == folded(r.country))
        and (not filters.channel or filters.channel == r.channel)
        and (not filters.answer or filters.answer == r.answer)
        and (limit is None or (r.due_on is not None and r.due_on <= limit))
        and all(word in r.search_text for word in words)
    )


def group_name(row: TrackerRow, by: str) -> str:
    """A letter's body, party or country, as letters are counted by; where there is no body, the recipient stands for it."""
    return (row.body or row.recipient) if by == "body" else str(getattr(row, by))


def _named(rows: Iterable[TrackerRow], by: str, typed: str) -> Callable[[TrackerRow], bool]:
    """Whether a row is of the body or party typed: of that one alone if one is called so, else of any it is part of."""
    wanted = folded(typed)
    is_whole = any(folded(group_name(r, by)) == wanted for r in rows)

    def holds(row: TrackerRow) -> bool:
        name = folded(group_name(row, by))
        return name == wanted if is_whole else wanted in name

    return holds if wanted else _everything


def _everything(row: TrackerRow) -> bool:
    return True
