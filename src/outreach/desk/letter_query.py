"""Which letters a filter, a saved view, a count or a link means: one predicate for all of them, made into SQL
in one place."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, text, true
from sqlalchemy.orm import Session

from outreach.domain.deadlines import DUE_SOON_DAYS, LONG_OVERDUE_DAYS
from outreach.domain.references import folded
from outreach.domain.states import (
    AWAITING_PHASES,
    ENDED_STATES,
    OVERDUE_PHASES,
    SENT_STATES,
    LetterStatus,
    Phase,
)
from outreach.errors import UsageError
from outreach.store.models import LetterRow
from outreach.store.search import CHUNK, fts_query

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Standing:
    """Where letters can stand, as numbers count them and filters show them. word: as it is typed, and kept in
    saved views. label: as the window offers it. The others say which letters stand there, None for any: their
    states, their phases, whether nobody knows that they went out, whether they were answered."""

    word: str
    label: str
    states: frozenset[LetterStatus] | None = None
    phases: frozenset[Phase] | None = None
    is_uncertain: bool | None = None
    is_answered: bool | None = None

    def condition(self, today: date) -> Condition:
        """Whether a row of `LetterRow` stands here. today: the day that phases are judged on."""
        row = LetterRow.c
        parts: list[Condition] = []
        if self.states is not None:
            parts.append(row.status.in_(sorted(self.states)))
        if self.phases is not None:
            parts.append(_in_phases(self.phases, today))
        if self.is_uncertain is not None:
            parts.append(row.is_uncertain == self.is_uncertain)
        if self.is_answered is not None:
            answered = or_(row.answered_on.is_not(None), row.status == LetterStatus.ANSWERED.value)
            parts.append(answered if self.is_answered else ~answered)
        return and_(true(), *parts)


# Days from today to the day an answer is due, the first and the last of each phase in which one is awaited.
_DUE_IN = {
    Phase.LONG_OVERDUE: (None, -LONG_OVERDUE_DAYS - 1),
    Phase.OVERDUE: (-LONG_OVERDUE_DAYS, -1),
    Phase.DUE_SOON: (0, DUE_SOON_DAYS),
    Phase.AWAITING: (DUE_SOON_DAYS + 1, None),
}


def _in_phases(phases: frozenset[Phase], today: date) -> Condition:
    row = LetterRow.c
    ended = row.status.in_(sorted(ENDED_STATES))
    parts: list[Condition] = []
    # Phases of one length of days after another are one comparison, which an index serves.
    spans: list[tuple[int | None, int | None]] = []
    for phase, (first, last) in _DUE_IN.items():
        if phase in phases:
            if spans and spans[-1][1] is not None and first == spans[-1][1] + 1:
                spans[-1] = (spans[-1][0], last)
            else:
                spans.append((first, last))
    for first, last in spans:
        span: list[Condition] = [row.due_on.is_not(None)]
        if first is not None:
            span.append(row.due_on >= today + timedelta(days=first))
        if last is not None:
            span.append(row.due_on <= today + timedelta(days=last))
        parts.append(and_(*span))
    others = phases - AWAITING_PHASES
    if others == frozenset(Phase) - AWAITING_PHASES:
        return or_(*parts, row.due_on.is_(None))
    if Phase.ENDED in others:
        parts.append(ended)
    if Phase.TO_READ in others:
        parts.append(and_(row.has_unread == true(), ~ended))
    if Phase.ANSWERED in others:
        parts.append(and_(row.status == LetterStatus.ANSWERED.value, row.has_unread == false()))
    if Phase.NOT_SENT in others:
        out = sorted(ENDED_STATES | {LetterStatus.ANSWERED})
        parts.append(and_(row.due_on.is_(None), row.has_unread == false(), row.status.not_in(out)))
    return or_(false(), *parts)


_S, _P = LetterStatus, Phase


def _states(*states: LetterStatus) -> frozenset[LetterStatus]:
    return frozenset(states)


STANDINGS = (
    Standing("draft", "Drafts", _states(_S.DRAFT)),
    # Of one that was cut off on its way nobody knows whether it still waits for us.
    Standing("ready", "Ready to send", _states(_S.APPROVED, _S.QUEUED), is_uncertain=False),
    Standing("approved", "Approved", _states(_S.APPROVED)),
    Standing("queued", "In the outbox", _states(_S.QUEUED)),
    Standing("uncertain", "Sent? Not certain", is_uncertain=True),
    Standing("returned", "Came back, or refused", _states(_S.BOUNCED, _S.FAILED)),
    Standing("bounced", "Came back", _states(_S.BOUNCED)),
    Standing("failed", "Refused", _states(_S.FAILED)),
    Standing("went out", "Went out", SENT_STATES),
    Standing("sent", "Sent, nothing heard", _states(_S.SENT)),
    Standing("acknowledged", "Acknowledged", _states(_S.ACKNOWLEDGED)),
    Standing("waiting", "Awaiting an answer", phases=AWAITING_PHASES),
    Standing("in time", "Awaiting, in time", phases=AWAITING_PHASES - OVERDUE_PHASES),
    Standing("awaiting", "Awaiting, not due soon", phases=frozenset({_P.AWAITING})),
    Standing("due soon", "Due soon", phases=frozenset({_P.DUE_SOON})),
    Standing("overdue", "Overdue", phases=OVERDUE_PHASES),
    Standing("long overdue", "Long overdue", phases=frozenset({_P.LONG_OVERDUE})),
    Standing("answer to read", "Answer to read", phases=frozenset({_P.TO_READ})),
    Standing("answered", "Answered", SENT_STATES, is_answered=True),
    Standing(
        "given up",
        "No answer, none awaited",
        SENT_STATES,
        phases=frozenset(Phase) - AWAITING_PHASES,
        is_answered=False,
    ),
    Standing("closed", "Closed", _states(_S.CLOSED)),
    Standing("withdrawn", "Withdrawn", _states(_S.WITHDRAWN)),
    Standing("not sent", "Not out yet", phases=frozenset({_P.NOT_SENT})),
    Standing("ended", "Ended", phases=frozenset({_P.ENDED})),
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


def standing_condition(word: str, today: date) -> Condition:
    """Which rows of `LetterRow` stand where a word of STANDINGS says; nothing stands at another word."""
    return _BY_WORD[word].condition(today) if word in _BY_WORD else false()


GROUPINGS = ("body", "party", "country")


@dataclass(frozen=True)
class Filters:
    """What a user filters the table by and a saved view keeps; an empty one lets everything pass.

    status: a word of STANDINGS. body, party: a whole name, or where none is called that, a part of one.
    within: days from today by which an answer is due, "past" for before today. channel, answer: words.
    search: words that must all begin a word of what the table or the letter shows, or of its answers.
    """

    status: str = ""
    body: str = ""
    party: str = ""
    country: str = ""
    channel: str = ""
    answer: str = ""
    within: str = ""
    search: str = ""

    def of(self, *campaigns: int) -> "LetterQuery":
        """The same among the letters of some campaigns, by their keys."""
        return LetterQuery(**asdict(self) | {"campaigns": campaigns})


@dataclass(frozen=True)
class LetterQuery(Filters):
    """Which letters are meant. campaigns: keys, none for all. only: references of letters, None for no such
    limit. origin: own or reported. for_others: only what readers of a pack may see. but: references of
    letters that are left out. upto: the highest id of a letter that is meant, None for no such limit."""

    campaigns: tuple[int, ...] = ()
    only: tuple[str, ...] | None = None
    origin: str = ""
    for_others: bool = False
    but: tuple[str, ...] = ()
    upto: int | None = None


def conditions(session: Session, query: LetterQuery, today: date) -> Condition:
    """A query as a condition on rows of `LetterRow`. Nothing else in the app makes one.

    Args: today: from which `LetterQuery.within` counts, and phases are judged.
    """
    row = LetterRow.c
    parts: list[Condition] = []
    if query.campaigns:
        parts.append(_one_of(row.campaign_id, query.campaigns))
    if query.only is not None:
        parts.append(_named_one_by_one(session, query.only))
    if query.but:
        parts.append(~_named_one_by_one(session, query.but))
    if query.upto is not None:
        # The sum keeps SQLite from reading all rows by their ids in place of a part of an index.
        parts.append(row.id + 0 <= query.upto)
    if query.status:
        parts.append(standing_condition(query.status, today))
    if query.body:
        parts.append(_named(session, row.group_key, query.body, query.campaigns))
    if query.party:
        parts.append(_named(session, row.party_key, query.party, query.campaigns))
    if query.country:
        parts.append(row.country_key == folded(query.country))
    if query.channel:
        parts.append(row.channel == query.channel)
    if query.answer:
        parts.append(row.answer == query.answer)
    if query.within:
        limit = today + timedelta(days=-1 if query.within == "past" else int(query.within))
        parts.append(row.due_on <= limit)
    if query.origin:
        parts.append(row.origin == query.origin)
    if query.for_others:
        parts.append(row.status.not_in([LetterStatus.DRAFT.value, LetterStatus.WITHDRAWN.value]))
    parts += [_said(session, word) for word in search_words(query)]
    return and_(true(), *parts)


def _one_of(column: ColumnElement[Any], values: Iterable[Any]) -> Condition:
    found = list(values)
    return column == found[0] if len(found) == 1 else column.in_(found)


def _named_one_by_one(session: Session, references: Iterable[str]) -> Condition:
    """Whether a letter is one of those named, however many these are."""
    wanted = [r.upper() for r in references]
    if len(wanted) <= CHUNK or not _is_sqlite(session):
        return _one_of(LetterRow.c.reference, wanted)
    # More than a statement takes as values.
    every = func.json_each(json.dumps(wanted)).table_valued("value")
    return LetterRow.c.reference.in_(select(every.c.value))


def _named(session: Session, column: ColumnElement[Any], typed: str, campaigns: tuple[int, ...]) -> Condition:
    """Whether a letter is of the body or party typed: of that one alone if one is called so, else of any it
    is part of."""
    wanted = folded(typed)
    whole = select(LetterRow.c.id).where(column == wanted)
    if campaigns:
        whole = whole.where(_one_of(LetterRow.c.campaign_id, campaigns))
    if session.execute(whole.limit(1)).first() is not None:
        return column == wanted
    return func.instr(column, wanted) > 0 if _is_sqlite(session) else column.contains(wanted, autoescape=True)


# Rows of the whole index have the record's id times 16 plus the table's number: 5 letters, 6 their answers.
_SAID = (
    "letter_row.id IN (SELECT rowid FROM search_letters WHERE search_letters MATCH :said_{n}"
    " UNION ALL SELECT CASE rowid & 15 WHEN 5 THEN rowid >> 4"
    " ELSE (SELECT letter_id FROM reply WHERE id = search_index.rowid >> 4) END"
    " FROM search_index WHERE search_index MATCH :said_{n} AND (rowid & 15) IN (5, 6))"
)
_HITS = (
    "SELECT count(*) FROM (SELECT 1 FROM search_letters WHERE search_letters MATCH :said UNION ALL"
    " SELECT 1 FROM search_index WHERE search_index MATCH :said AND (rowid & 15) IN (5, 6) LIMIT :most)"
)


def search_words(query: Filters) -> list[str]:
    """The words of a search that anything can be found by."""
    return [word for word in query.search.split() if any(c.isalnum() for c in word)]


def finds_few(session: Session, query: Filters, most: int) -> bool:
    """Whether a word of the search alone leaves less than so many letters."""
    return _is_sqlite(session) and any(
        session.execute(text(_HITS), {"said": fts_query(word), "most": most}).scalar_one() < most
        for word in search_words(query)
    )


def _said(session: Session, word: str) -> Condition:
    """Whether a word begins one of what the table shows of a letter, of its text, or of its answers."""
    if not _is_sqlite(session):
        likely = f"%{folded(word)}%"
        keys = (LetterRow.c.recipient_key, LetterRow.c.group_key, LetterRow.c.subject_key)
        return or_(func.lower(LetterRow.c.reference).like(likely), *(key.like(likely) for key in keys))
    name = "".join(f"{ord(c):x}" for c in word)
    return text(_SAID.format(n=name)).bindparams(**{f"said_{name}": fts_query(word)})  # type: ignore[return-value]


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
