"""The tracking table: every letter, where it stands today, and what the answers add up to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, selectinload

from outreach.cases.campaigns import CampaignRow
from outreach.desk.letter_query import Filters, filter_rows
from outreach.desk.letter_row import TrackerRow
from outreach.directory.seats import seat_on, seats_of
from outreach.directory.standards import standards_of
from outreach.domain.deadlines import phase_of, receipt_day, reply_due, reply_standard
from outreach.domain.notice import Notice
from outreach.domain.references import folded
from outreach.domain.states import AWAITING_PHASES, Channel, DispatchOutcome
from outreach.errors import NotFoundError
from outreach.letters.situations import NOT_HANDED_OVER, UNCERTAIN, last_steps
from outreach.store.models import Dispatch, Letter, Organization, Person, Post


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
    kept_as_sent = set(
        session.scalars(select(Dispatch.letter_id).where(Dispatch.outcome.not_in(NOT_HANDED_OVER)))
    )
    channels: dict[int, Channel] = {}
    by_server: set[int] = set()
    by_hand: set[int] = set()
    handed_over: dict[int, datetime | None] = {}
    for letter_id, channel, at, outcome, message_id in session.execute(
        select(Dispatch.letter_id, Dispatch.channel, Dispatch.sent_at, Dispatch.outcome, Dispatch.message_id)
        .join(Letter, Letter.id == Dispatch.letter_id)
        .where(
            Letter.campaign_id == campaign.key,
            Dispatch.outcome.in_([DispatchOutcome.SENT, DispatchOutcome.BOUNCED]),
        )
        .order_by(Dispatch.id)
    ):
        channels[letter_id], handed_over[letter_id] = channel, at
        if outcome is DispatchOutcome.SENT:
            (by_server if message_id else by_hand).add(letter_id)
    found = session.execute(query).all()
    last = last_steps(session, [letter.id for letter, *_ in found])
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
                was_handed_over=letter.id in kept_as_sent,
                last_step=last[letter.id].step if letter.id in last else None,
                status_before=last[letter.id].before if letter.id in last else None,
                was_marked_sent=letter.id in by_hand and letter.id not in by_server,
            )
        )
    return filter_rows(rows, filters or Filters(), on)


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
