"""The tracking table, read in pages: every letter, where it stands today, sorted by any column, with ties
broken by id."""

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, selectinload

from outreach.cases.campaigns import CampaignRow
from outreach.desk.letter_columns import find_column
from outreach.desk.letter_order import BY_REFERENCE, as_planned, before, count_where, parts
from outreach.desk.letter_query import Filters, LetterQuery, conditions
from outreach.desk.letter_row import TrackerRow
from outreach.directory.standards import standards_of
from outreach.domain.deadlines import phase_of, reply_standard
from outreach.domain.letter_life import LetterSituation, Step
from outreach.domain.notice import Notice
from outreach.domain.states import LetterStatus, Origin
from outreach.errors import NotFoundError
from outreach.store.letter_rows import settle_session
from outreach.store.models import Letter, LetterRow
from outreach.store.paging import AT_ONCE, Key, Order, Page


@dataclass(frozen=True)
class EventRow:
    """A step in a letter's life; at: an instant with its time zone."""

    at: datetime
    kind: str
    by: str
    from_status: str
    to_status: str
    detail: Notice | None


@dataclass(frozen=True)
class LetterDetail:
    """One letter whole: its text, its history, and the facts that stand in it: name, label, the words of the
    first place, status."""

    row: TrackerRow
    summary: str
    address_lines: tuple[str, ...]
    sender_lines: tuple[str, ...]
    salutation: str
    body: str
    close: str
    facts: tuple[tuple[str, str, str, str], ...]
    events: tuple[EventRow, ...]
    approved_by: str
    text_sha256: str


def letter_page(
    session: Session,
    query: LetterQuery,
    today: date,
    order: Order = BY_REFERENCE,
    *,
    after: Key | None = None,
    offset: int = 0,
    limit: int = 100,
) -> Page[TrackerRow]:
    """A page of the table.

    Args: today: the day deadlines are judged on. after: where the page before it ended, or offset: how many
        rows are left out. Pages one after another by `after` leave nothing out and name nothing twice,
        whatever is written in between. limit: most rows.
    Raises: UsageError for a column that letters are not sorted by.
    """
    settle_session(session)
    where = as_planned(session, query, conditions(session, query, today), today, limit)
    found: list[Any] = []
    for part in parts(order, after):
        if len(found) > limit:
            break
        statement = select(LetterRow).where(where, part.condition).order_by(*part.order)
        rows = session.execute(statement.offset(offset or None).limit(limit + 1 - len(found))).all()
        if offset and not rows:
            offset -= count_where(session, and_(where, part.condition))
        elif offset:
            offset = 0
        found += rows
    rows = found[:limit]
    column = find_column(order.by).sorted_by
    last = (getattr(rows[-1], column) or None, rows[-1].id) if len(found) > limit and rows else None
    return Page(_tracker_rows(session, rows, today), tuple(r.id for r in rows), last)


def letter_rows(
    session: Session,
    query: LetterQuery,
    today: date,
    order: Order = BY_REFERENCE,
    *,
    after: Key | None = None,
) -> Iterator[TrackerRow]:
    """All rows that a query means, a page at a time. Args: as for `letter_page`."""
    while True:
        page = letter_page(session, query, today, order, after=after, limit=AT_ONCE)
        yield from page.rows
        if page.next is None:
            return
        after = page.next


def letter_count(session: Session, query: LetterQuery, today: date) -> int:
    """How many letters a query means."""
    settle_session(session)
    return count_where(session, conditions(session, query, today))


def letter_ids(
    session: Session,
    query: LetterQuery,
    today: date,
    order: Order = BY_REFERENCE,
    *,
    offset: int = 0,
    limit: int | None = None,
) -> Iterator[tuple[int, str]]:
    """Ids and references of the letters that a query means, in order, read as they are asked for.

    Args: offset: how many rows of the table are left out. limit: most rows, None for all.
    """
    settle_session(session)
    where = conditions(session, query, today)
    for part in parts(order, None):
        here = and_(where, part.condition)
        statement = select(LetterRow.c.id, LetterRow.c.reference).where(here).order_by(*part.order)
        statement = statement.offset(offset or None).limit(limit).execution_options(yield_per=AT_ONCE)
        number = 0
        for found in session.execute(statement):
            number += 1
            yield found.id, found.reference
        if limit is not None:
            limit -= number
            if not limit:
                return
        offset = 0 if number or not offset else max(0, offset - count_where(session, here))


def key_of(session: Session, reference: str, order: Order = BY_REFERENCE) -> Key:
    """Where a letter stands in an order, to go on after it. Raises: NotFoundError."""
    settle_session(session)
    column = LetterRow.c[find_column(order.by).sorted_by]
    found = session.execute(
        select(column, LetterRow.c.id).where(LetterRow.c.reference == reference.strip().upper())
    ).first()
    if found is None:
        raise NotFoundError(f"There is no letter {reference}. List them with: outreach letters list")
    return found[0] or None, found[1]


def position_of(
    session: Session, reference: str, query: LetterQuery, today: date, order: Order = BY_REFERENCE
) -> int | None:
    """How many rows of the table come before a letter; None if the query does not mean it. Raises:
    NotFoundError."""
    key = key_of(session, reference, order)
    where = conditions(session, query, today)
    if count_where(session, and_(where, LetterRow.c.id == key[1])) == 0:
        return None
    return sum(count_where(session, and_(where, part)) for part in before(order, key))


_FEW = 5


def positions_of(
    session: Session,
    references: Collection[str],
    query: LetterQuery,
    today: date,
    order: Order = BY_REFERENCE,
) -> dict[str, int]:
    """How many rows of the table come before each of some letters.

    Those that the query does not mean are left out.
    """
    if len(references) > _FEW:
        wanted, found = set(references), dict[str, int]()
        for place, (_, reference) in enumerate(letter_ids(session, query, today, order)):
            if reference in wanted:
                found[reference] = place
                if len(found) == len(wanted):
                    break
        return found
    found = {}
    for reference in references:
        with contextlib.suppress(NotFoundError):
            at = position_of(session, reference, query, today, order)
            if at is not None:
                found[reference] = at
    return found


def situations_of(session: Session, query: LetterQuery, today: date) -> tuple[LetterSituation, ...]:
    """Every situation that a letter of a query is in, once: what can be done with all of them hangs on
    these."""
    settle_session(session)
    row = LetterRow.c
    found = session.execute(
        select(
            row.status,
            row.origin,
            row.is_uncertain,
            row.was_handed_over,
            row.last_step,
            row.status_before,
            row.was_marked_sent,
        )
        .where(conditions(session, query, today))
        .distinct()
    )
    return tuple(
        LetterSituation(
            LetterStatus(x.status),
            Origin(x.origin),
            is_uncertain=x.is_uncertain,
            was_handed_over=x.was_handed_over,
            last=Step(x.last_step) if x.last_step else None,
            before=LetterStatus(x.status_before) if x.status_before else None,
            was_marked_sent=x.was_marked_sent,
        )
        for x in found
    )


def tracker_rows(
    session: Session,
    campaign: CampaignRow,
    *,
    today: date | None = None,
    filters: Filters | None = None,
    references: Iterable[str] | None = None,
) -> tuple[TrackerRow, ...]:
    """Every letter of a campaign that passes the filters, by reference.

    Args: today: the day deadlines are judged on; by default the campaign's.
    """
    on = today or campaign.today
    query = (filters or LetterQuery()).of(campaign.key)
    if references is not None:
        query = replace(query, only=tuple(references))
    return tuple(letter_rows(session, query, on))


def _tracker_rows(session: Session, rows: Sequence[Any], today: date) -> tuple[TrackerRow, ...]:
    standards = standards_of(session, {r.organization_id for r in rows if r.organization_id is not None})
    none = reply_standard("", "")
    found = []
    for r in rows:
        status = LetterStatus(r.status)
        standard = standards.get(r.organization_id, none)
        found.append(
            TrackerRow(
                reference=r.reference,
                recipient=r.recipient,
                post=r.post or "",
                body=r.body,
                jurisdiction=r.jurisdiction,
                audience=r.audience,
                template=r.template,
                language=r.language,
                subject=r.subject,
                sender=r.sender or "",
                origin=Origin(r.origin),
                status=status,
                phase=phase_of(status, r.due_on, today, has_unread=r.has_unread),
                channel=r.channel or "",
                written_on=r.written_on,
                sent_on=r.sent_on,
                due_on=r.due_on,
                answered_on=r.answered_on,
                days_taken=r.days_taken,
                answer=r.answer or "",
                standard=standard.source,
                is_uncertain=r.is_uncertain,
                party=r.party,
                country=r.country,
                has_unread=r.has_unread,
                was_handed_over=r.was_handed_over,
                urgency=r.urgency,
                last_step=Step(r.last_step) if r.last_step else None,
                status_before=LetterStatus(r.status_before) if r.status_before else None,
                was_marked_sent=r.was_marked_sent,
            )
        )
    return tuple(found)


def letter_detail(session: Session, campaign: CampaignRow, reference: str) -> LetterDetail:
    """One letter with its text, facts and history. Raises: NotFoundError."""
    rows = tracker_rows(session, campaign, references=[reference])
    letter = session.scalar(
        select(Letter)
        .where(Letter.reference == reference.upper(), Letter.campaign_id == campaign.key)
        .options(selectinload(Letter.facts), selectinload(Letter.events))
    )
    if letter is None or not rows:
        raise NotFoundError(f"There is no letter {reference}. List them with: outreach letters list")
    facts: dict[str, tuple[str, str, str, str]] = {}
    for f in letter.facts:
        facts.setdefault(f.name, (f.name, f.label, f.value, f.status))
    return LetterDetail(
        row=rows[0],
        summary=letter.summary,
        address_lines=tuple(letter.address_lines),
        sender_lines=tuple(letter.sender_lines),
        salutation=letter.salutation,
        body=letter.body,
        close=letter.close,
        facts=tuple(facts.values()),
        events=tuple(
            EventRow(e.at, e.kind, e.by, e.from_status, e.to_status, e.detail) for e in letter.events
        ),
        approved_by=letter.approved_by,
        text_sha256=letter.text_sha256,
    )
