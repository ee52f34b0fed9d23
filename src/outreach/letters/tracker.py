"""The tracking table: every letter, where it stands today, and what the answers add up to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, selectinload

from outreach.cases.campaigns import CampaignRow
from outreach.directory.seats import seat_on, seats_of
from outreach.directory.standards import standards_of
from outreach.domain.deadlines import phase_of, receipt_day, reply_due, reply_standard
from outreach.domain.references import folded
from outreach.domain.states import AWAITING_PHASES, OVERDUE_PHASES, SENT_STATES, Channel, LetterStatus, Phase
from outreach.errors import NotFoundError
from outreach.letters.lifecycle import UNCERTAIN
from outreach.store.models import Dispatch, Letter, Organization, Person, Post


@dataclass(frozen=True)
class TrackerRow:
    """One letter in the table. due_on: when an answer is due, None if not sent or no longer awaited.

    days_taken: calendar days from sending to the answer. standard: the reply standard and its source.
    sender: who wrote it, "" for the campaign itself. is_uncertain: it was cut off while being sent by e-mail.
    party, country: of the recipient when it was written. has_unread: an answer waits to be classed.
    """

    reference: str
    recipient: str
    post: str
    body: str
    jurisdiction: str
    audience: str
    template: str
    language: str
    subject: str
    sender: str
    origin: str
    status: LetterStatus
    phase: Phase
    channel: str
    written_on: date | None
    sent_on: date | None
    due_on: date | None
    answered_on: date | None
    days_taken: int | None
    answer: str
    standard: str
    search_text: str
    is_uncertain: bool = False
    party: str = ""
    country: str = ""
    has_unread: bool = False

    @property
    def is_for_others(self) -> bool:
        """Whether readers of a pack may see it: its text is approved, and it was not withdrawn."""
        return self.status not in {LetterStatus.DRAFT, LetterStatus.WITHDRAWN}


@dataclass(frozen=True)
class EventRow:
    """A step in a letter's life; at: an instant with its time zone."""

    at: datetime
    kind: str
    by: str
    from_status: str
    to_status: str
    detail: str


@dataclass(frozen=True)
class LetterDetail:
    """One letter whole: its text, its history, and the facts that stand in it: name, label, the words of the first place, status."""

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


@dataclass(frozen=True)
class GroupCount:
    """Letters to one body, party or country: how many went out and how many of these were answered or are overdue.

    median_days: from sending to the answer, None if none was answered.
    """

    name: str
    sent: int
    answered: int
    overdue: int
    median_days: float | None

    @property
    def response_rate(self) -> float:
        """Answered of sent."""
        return self.answered / self.sent


GROUPINGS = ("body", "party", "country")


@dataclass(frozen=True)
class Filters:
    """What the table shows. status: a stored status, a phase, or waiting. within: days from today by which an answer is
    due, "past" for before today. The others are words or names; an empty one lets everything pass."""

    status: str = ""
    body: str = ""
    party: str = ""
    country: str = ""
    channel: str = ""
    answer: str = ""
    within: str = ""
    search: str = ""


@dataclass(frozen=True)
class Statistics:
    """What the table adds up to. response_rate: answered of sent, None if nothing was sent."""

    total: int
    drafts: int
    ready: int
    sent: int
    answered: int
    awaiting: int
    overdue: int
    response_rate: float | None
    median_days: float | None
    by_body: tuple[GroupCount, ...]


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
    if references is not None:
        query = query.where(Letter.reference.in_(list(references)))
    uncertain = set(session.scalars(select(Dispatch.letter_id).where(UNCERTAIN)))
    channels: dict[int, Channel] = {}
    handed_over: dict[int, datetime | None] = {}
    for letter_id, channel, at in session.execute(
        select(Dispatch.letter_id, Dispatch.channel, Dispatch.sent_at)
        .join(Letter, Letter.id == Dispatch.letter_id)
        .where(Letter.campaign_id == campaign.key, Dispatch.outcome.in_(["sent", "bounced"]))
        .order_by(Dispatch.id)
    ):
        channels[letter_id], handed_over[letter_id] = channel, at
    found = session.execute(query).all()
    standards = standards_of(session, {o.id for _, _, _, o, _, _ in found if o is not None})
    seats = seats_of(session, {p.id for _, p, _, _, _, _ in found if p is not None})
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
        answer = next((r.kind.value for r in reversed(letter.replies) if r.kind), "")
        name = person.name if person else (organization.name if organization else "")
        rows.append(
            TrackerRow(
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
                            post.label if post else "",
                            organization.name if organization else "",
                            letter.subject,
                            letter.summary,
                            letter.body,
                        ]
                    )
                ),
                is_uncertain=letter.id in uncertain,
                party=party,
                country=country,
                has_unread=has_unread,
            )
        )
    return filter_rows(rows, filters or Filters(), on)


def filter_rows(rows: Iterable[TrackerRow], filters: Filters, today: date) -> tuple[TrackerRow, ...]:
    """Rows that pass every filter. today: from which `Filters.within` counts."""
    words = folded(filters.search).split()
    wanted_body = folded(filters.body)
    limit = None
    if filters.within:
        limit = today + timedelta(days=-1 if filters.within == "past" else int(filters.within))
    return tuple(
        r
        for r in rows
        if _has_status(r, filters.status)
        and (not wanted_body or wanted_body in folded(r.body))
        and (not filters.party or folded(filters.party) in folded(r.party))
        and (not filters.country or folded(filters.country) == folded(r.country))
        and (not filters.channel or filters.channel == r.channel)
        and (not filters.answer or filters.answer == r.answer)
        and (limit is None or (r.due_on is not None and r.due_on <= limit))
        and all(word in r.search_text for word in words)
    )


def _has_status(row: TrackerRow, wanted: str) -> bool:
    match wanted:
        case "":
            return True
        case "waiting":
            return row.phase in AWAITING_PHASES
        case "overdue":
            return row.phase in OVERDUE_PHASES
        case "uncertain":
            return row.is_uncertain
    return wanted in {row.status.value, row.phase.value}


def group_counts(rows: Iterable[TrackerRow], by: str) -> tuple[GroupCount, ...]:
    """What letters that went out add up to, by body, party or country; most letters first.

    Args: by: one of GROUPINGS. Letters whose recipient has none are left out, but for the body's: there the recipient stands.
    """
    grouped: dict[str, list[TrackerRow]] = defaultdict(list)
    for row in rows:
        name = (row.body or row.recipient) if by == "body" else str(getattr(row, by))
        if row.status in SENT_STATES and name:
            grouped[name].append(row)
    counts = []
    for name, group in grouped.items():
        days = [r.days_taken for r in group if r.days_taken is not None]
        counts.append(
            GroupCount(
                name,
                len(group),
                sum(r.answered_on is not None for r in group),
                sum(r.phase in OVERDUE_PHASES for r in group),
                float(median(days)) if days else None,
            )
        )
    return tuple(sorted(counts, key=lambda g: (-g.sent, g.name)))


def statistics(rows: Iterable[TrackerRow]) -> Statistics:
    """Counts over letters; those withdrawn count as neither drafts nor sent."""
    letters = list(rows)
    went_out = [r for r in letters if r.status in SENT_STATES]
    answered = [r for r in went_out if r.answered_on is not None]
    days = [r.days_taken for r in answered if r.days_taken is not None]
    return Statistics(
        total=len(letters),
        drafts=sum(r.status is LetterStatus.DRAFT for r in letters),
        ready=sum(r.status in {LetterStatus.APPROVED, LetterStatus.QUEUED} for r in letters),
        sent=len(went_out),
        answered=len(answered),
        awaiting=sum(r.phase in AWAITING_PHASES for r in letters),
        overdue=sum(r.phase in OVERDUE_PHASES for r in letters),
        response_rate=len(answered) / len(went_out) if went_out else None,
        median_days=float(median(days)) if days else None,
        by_body=group_counts(letters, "body"),
    )


def letter_detail(session: Session, campaign: CampaignRow, reference: str) -> LetterDetail:
    """One letter with its text, facts and history. Raises: NotFoundError."""
    rows = tracker_rows(session, campaign, references=[reference.upper()])
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
