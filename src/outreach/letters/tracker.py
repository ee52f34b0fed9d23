"""The tracking table: every letter, where it stands today, and what the answers add up to."""

from collections import defaultdict
from collections.abc import Callable, Iterable
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
from outreach.errors import NotFoundError, UsageError
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


def _went_out(row: TrackerRow) -> bool:
    return row.status in SENT_STATES


def _is_answered(row: TrackerRow) -> bool:
    """Also a letter that was closed after its answer."""
    return _went_out(row) and (row.answered_on is not None or row.status is LetterStatus.ANSWERED)


def _is_ready(row: TrackerRow) -> bool:
    """Whether it waits for us to be sent; of one that was cut off on its way nobody knows whether it still does."""
    return row.status in {LetterStatus.APPROVED, LetterStatus.QUEUED} and not row.is_uncertain


def _is_given_up(row: TrackerRow) -> bool:
    return _went_out(row) and not _is_answered(row) and row.phase not in AWAITING_PHASES


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
    Standing("went out", "Went out", _went_out),
    Standing("sent", "Sent, nothing heard", _is(_S.SENT)),
    Standing("acknowledged", "Acknowledged", _is(_S.ACKNOWLEDGED)),
    Standing("waiting", "Awaiting an answer", _in(*AWAITING_PHASES)),
    Standing("in time", "Awaiting, in time", _in(*(AWAITING_PHASES - OVERDUE_PHASES))),
    Standing("awaiting", "Awaiting, not due soon", _in(_P.AWAITING)),
    Standing("due soon", "Due soon", _in(_P.DUE_SOON)),
    Standing("overdue", "Overdue", _in(*OVERDUE_PHASES)),
    Standing("long overdue", "Long overdue", _in(_P.LONG_OVERDUE)),
    Standing("answer to read", "Answer to read", _in(_P.TO_READ)),
    Standing("answered", "Answered", _is_answered),
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

    median_days: from sending to the answer, None if none was answered. in_time: awaited, and not overdue. given_up: neither
        answered nor awaited. Each number counts what the standing of the same name shows; sent is *went out*.
    """

    name: str
    sent: int
    answered: int
    overdue: int
    median_days: float | None
    in_time: int = 0
    given_up: int = 0

    @property
    def response_rate(self) -> float:
        """Answered of sent."""
        return self.answered / self.sent


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


def _group_name(row: TrackerRow, by: str) -> str:
    """A letter's body, party or country, as letters are counted by; where there is no body, the recipient stands for it."""
    return (row.body or row.recipient) if by == "body" else str(getattr(row, by))


def _named(rows: Iterable[TrackerRow], by: str, typed: str) -> Callable[[TrackerRow], bool]:
    """Whether a row is of the body or party typed: of that one alone if one is called so, else of any it is part of."""
    wanted = folded(typed)
    is_whole = any(folded(_group_name(r, by)) == wanted for r in rows)

    def holds(row: TrackerRow) -> bool:
        name = folded(_group_name(row, by))
        return name == wanted if is_whole else wanted in name

    return holds if wanted else _everything


def _everything(row: TrackerRow) -> bool:
    return True


def group_counts(rows: Iterable[TrackerRow], by: str) -> tuple[GroupCount, ...]:
    """What letters that went out add up to, by body, party or country; most letters first.

    Args: by: one of GROUPINGS. Letters whose recipient has none are left out, but for the body's: there the recipient stands.
    """
    grouped: dict[str, list[TrackerRow]] = defaultdict(list)
    for row in rows:
        name = _group_name(row, by)
        if _went_out(row) and name:
            grouped[name].append(row)
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
    return sum(standing_holds(r, word) for r in rows)


def statistics(rows: Iterable[TrackerRow]) -> Statistics:
    """Counts over letters; those withdrawn count as neither drafts nor sent."""
    letters = list(rows)
    sent, answered = _count(letters, "went out"), _count(letters, "answered")
    days = [r.days_taken for r in letters if _is_answered(r) and r.days_taken is not None]
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
