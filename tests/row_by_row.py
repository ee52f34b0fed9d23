"""The table of letters and its figures computed row by row, straight from the records: what the database's
must equal."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, selectinload

from outreach.cases.campaigns import CampaignRow
from outreach.desk.letter_query import Filters
from outreach.desk.letter_row import TrackerRow
from outreach.desk.statistics import GroupCount, Statistics
from outreach.directory.standards import standards_of
from outreach.domain.deadlines import phase_of, receipt_day, reply_due, reply_standard
from outreach.domain.references import folded
from outreach.domain.seats import Seat, seat_on, seats_on
from outreach.domain.states import (
    AWAITING_PHASES,
    NOT_HANDED_OVER,
    OVERDUE_PHASES,
    SENT_STATES,
    Channel,
    DispatchOutcome,
    LetterStatus,
    Phase,
)
from outreach.letters.situations import UNCERTAIN, last_steps
from outreach.store.models import Area, Dispatch, Letter, Membership, Organization, Person, Post

S, P = LetterStatus, Phase
SENT = Dispatch.outcome == DispatchOutcome.SENT


def went_out(r: TrackerRow) -> bool:
    """Whether a letter has left the office, whatever came of it."""
    return r.status in SENT_STATES


def is_answered(r: TrackerRow) -> bool:
    """Also a letter that was closed after its answer."""
    return went_out(r) and (r.answered_on is not None or r.status is S.ANSWERED)


@dataclass(frozen=True)
class Told(TrackerRow):
    """A letter with all the words that a search of it finds."""

    search_text: str = ""


STANDS: dict[str, Callable[[TrackerRow], bool]] = {
    **{s.value: lambda r, s=s: r.status is s for s in S if s is not S.ANSWERED},  # type: ignore[misc]
    "ready": lambda r: r.status in {S.APPROVED, S.QUEUED} and not r.is_uncertain,
    "uncertain": lambda r: r.is_uncertain,
    "returned": lambda r: r.status in {S.BOUNCED, S.FAILED},
    "went out": went_out,
    "waiting": lambda r: r.phase in AWAITING_PHASES,
    "in time": lambda r: r.phase in AWAITING_PHASES - OVERDUE_PHASES,
    "awaiting": lambda r: r.phase is P.AWAITING,
    "due soon": lambda r: r.phase is P.DUE_SOON,
    "overdue": lambda r: r.phase in OVERDUE_PHASES,
    "long overdue": lambda r: r.phase is P.LONG_OVERDUE,
    "answer to read": lambda r: r.phase is P.TO_READ,
    "answered": is_answered,
    "given up": lambda r: went_out(r) and not is_answered(r) and r.phase not in AWAITING_PHASES,
    "not sent": lambda r: r.phase is P.NOT_SENT,
    "ended": lambda r: r.phase is P.ENDED,
}
"""Which letters stand at each word."""


def letters_of(
    session: Session,
    campaign: CampaignRow,
    *,
    today: date | None = None,
) -> list[Told]:
    """Every letter of a campaign, in no order that matters. Args: today: the day deadlines are judged on."""
    on = today or campaign.today
    party_of = aliased(Organization)
    seats: dict[int, list[Seat]] = defaultdict(list)
    for person_key, start, end, party_name, area, jurisdiction, kind, own in session.execute(
        select(
            Membership.person_id, Membership.start_date, Membership.end_date, party_of.name, Area.name,
            Organization.jurisdiction, Organization.classification, Organization.name,
        )
        .join(Organization, Organization.id == Membership.organization_id)
        .outerjoin(party_of, party_of.id == Membership.on_behalf_of_id)
        .outerjoin(Area, Area.id == Membership.area_id)
        .order_by(Membership.id)
    ):  # fmt: skip
        named = party_name or (own if kind == "party" else "")
        if named or area:
            seats[person_key].append(Seat(named, area or "", jurisdiction, start, end))
    sender_body, sender = aliased(Organization), aliased(Person)
    query = (
        select(Letter, Person, Post, Organization, sender.name, sender_body.name)
        .outerjoin(Person, Person.id == Letter.person_id)
        .outerjoin(Post, Post.id == Letter.post_id)
        .outerjoin(Organization, Organization.id == Letter.organization_id)
        .outerjoin(sender, sender.id == Letter.sender_person_id)
        .outerjoin(sender_body, sender_body.id == Letter.sender_organization_id)
        .where(Letter.campaign_id == campaign.key)
        .order_by(Letter.id)
        .options(selectinload(Letter.replies))
    )
    uncertain = set(session.scalars(select(Dispatch.letter_id).where(UNCERTAIN)))
    kept_as_sent = set(
        session.scalars(select(Dispatch.letter_id).where(Dispatch.outcome.not_in(NOT_HANDED_OVER)))
    )
    channels: dict[int, Channel] = {}
    handed_over: dict[int, datetime | None] = {}
    for letter_id, channel, at in session.execute(
        select(Dispatch.letter_id, Dispatch.channel, Dispatch.sent_at)
        .join(Letter, Letter.id == Dispatch.letter_id)
        .where(
            Letter.campaign_id == campaign.key,
            Dispatch.outcome.in_([DispatchOutcome.SENT, DispatchOutcome.BOUNCED]),
        )
        .order_by(Dispatch.id)
    ):
        channels[letter_id], handed_over[letter_id] = channel, at
    by_hand = set(session.scalars(select(Dispatch.letter_id).where(SENT, Dispatch.message_id == "")))
    by_server = set(session.scalars(select(Dispatch.letter_id).where(SENT, Dispatch.message_id != "")))
    found = session.execute(query).all()
    last = last_steps(session, [letter.id for letter, *_ in found])
    standards = standards_of(session, {o.id for _, _, _, o, _, _ in found if o is not None})
    rows = []
    for letter, person, post, organization, by_person, by_body in found:
        jurisdiction = organization.jurisdiction if organization else ""
        standard = standards[organization.id] if organization else reply_standard("", "")
        due = (
            reply_due(receipt_day(letter.sent_on, handed_over.get(letter.id), jurisdiction), standard)
            if letter.sent_on
            else None
        )
        has_unread = any(r.kind is None for r in letter.replies)
        phase = phase_of(letter.status, due, on, has_unread=has_unread)
        party, country = seat_on(
            seats.get(person.id, ()) if person else (), letter.written_on or on, jurisdiction
        )
        past = last.get(letter.id)
        answer = next((r.kind.value for r in reversed(letter.replies) if r.kind), "")
        name = person.name if person else (organization.name if organization else "")
        rows.append(
            Told(
                reference=letter.reference,
                recipient=name,
                post=(post.short_label or post.label) if post else "",
                body=organization.name if organization else "",
                jurisdiction=jurisdiction,
                audience=letter.audience,
                template=letter.template,
                language=letter.language,
                subject=letter.subject,
                sender=by_person or by_body or "",
                origin=letter.origin,
                status=letter.status,
                phase=phase,
                channel=channels[letter.id].value if letter.id in channels else "",
                written_on=letter.written_on,
                sent_on=letter.sent_on,
                due_on=due if phase in AWAITING_PHASES else None,
                answered_on=letter.answered_on,
                days_taken=(letter.answered_on - letter.sent_on).days
                if letter.answered_on and letter.sent_on
                else None,
                answer=answer,
                standard=standard.source,
                search_text=folded(
                    " ".join(
                        [
                            letter.reference,
                            name,
                            *((post.label, post.short_label) if post else ()),
                            organization.name if organization else "",
                            letter.subject,
                            letter.summary,
                            letter.body,
                            letter.salutation,
                            *letter.address_lines,
                            party,
                            country,
                            answer,
                            by_person or by_body or "",
                            *(
                                s.area
                                for s in seats_on(
                                    seats.get(letter.person_id or 0, ()), letter.written_on or on
                                )
                            ),
                            *(f"{r.subject} {r.from_name} {r.text}" for r in letter.replies),
                        ]
                    )
                ),
                is_uncertain=letter.id in uncertain,
                party=party,
                country=country,
                has_unread=has_unread,
                was_handed_over=letter.id in kept_as_sent,
                last_step=past.step if past else None,
                status_before=past.before if past else None,
                was_marked_sent=letter.id in by_hand and letter.id not in by_server,
            )
        )
    return rows


@lru_cache(maxsize=10_000)
def _words(said: str) -> list[str]:
    return re.findall(r"\w+", said)


def group_of(r: TrackerRow, by: str) -> str:
    """What a letter is counted under."""
    return (r.body or r.recipient) if by == "body" else str(getattr(r, by))


def passing(rows: Iterable[Told], filters: Filters, today: date) -> list[Told]:
    """Rows that pass every filter."""
    every = list(rows)

    def named(by: str, typed: str) -> Callable[[TrackerRow], bool]:
        wanted = folded(typed)
        whole = any(folded(group_of(r, by)) == wanted for r in every)
        return lambda r: folded(group_of(r, by)) == wanted if whole else wanted in folded(group_of(r, by))

    in_body, in_party = named("body", filters.body), named("party", filters.party)
    limit = today + timedelta(days=-1 if filters.within == "past" else int(filters.within or 0))

    def said(r: Told, typed: str) -> bool:
        tokens = re.findall(r"\w+", folded(typed))
        said = _words(r.search_text)
        return any(
            said[at : at + len(tokens) - 1] == tokens[:-1]
            and said[at + len(tokens) - 1].startswith(tokens[-1])
            for at in range(len(said) - len(tokens) + 1)
        )

    return [
        r
        for r in every
        if (not filters.status or STANDS[filters.status](r))
        and (not filters.body or in_body(r))
        and (not filters.party or in_party(r))
        and (not filters.country or folded(filters.country) == folded(r.country))
        and (not filters.channel or filters.channel == r.channel)
        and (not filters.answer or filters.answer == r.answer)
        and (not filters.within or (r.due_on is not None and r.due_on <= limit))
        and all(said(r, word) for word in filters.search.split())
    ]


def group_counts(rows: Iterable[TrackerRow], by: str) -> tuple[GroupCount, ...]:
    """What letters that went out add up to."""
    grouped: dict[str, list[TrackerRow]] = defaultdict(list)
    for r in rows:
        if went_out(r) and group_of(r, by):
            grouped[group_of(r, by)].append(r)
    counts = []
    for name, group in grouped.items():
        days = [r.days_taken for r in group if r.days_taken is not None]
        counts.append(
            GroupCount(
                name,
                len(group),
                _count(group, "answered"),
                _count(group, "overdue"),
                float(median(days)) if days else None,
                _count(group, "in time"),
                _count(group, "given up"),
            )
        )
    return tuple(sorted(counts, key=lambda g: (-g.sent, g.name)))


def _count(rows: Iterable[TrackerRow], word: str) -> int:
    return sum(STANDS[word](r) for r in rows)


def statistics(rows: Iterable[TrackerRow]) -> Statistics:
    """Counts over letters."""
    letters = list(rows)
    sent, answered = _count(letters, "went out"), _count(letters, "answered")
    days = [r.days_taken for r in letters if is_answered(r) and r.days_taken is not None]
    return Statistics(
        total=len(letters),
        drafts=_count(letters, "draft"),
        ready=_count(letters, "ready"),
        sent=sent,
        answered=answered,
        awaiting=_count(letters, "waiting"),
        overdue=_count(letters, "overdue"),
        response_rate=answered / sent if sent else None,
        median_days=float(median(days)) if days else None,
    )
