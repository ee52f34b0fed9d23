"""What the row of a letter should be: read from the records, by the rules of domain/."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, String, and_, select, type_coerce

from outreach.domain.deadlines import own_standard, phase_of, receipt_day, reply_due, reply_standard
from outreach.domain.letter_history import DRAFTS_ANOTHER, PastStep, last_step, next_letters, past_step
from outreach.domain.letter_life import Step
from outreach.domain.references import folded, reference_key
from outreach.domain.seats import Seat, seat_on, seats_on
from outreach.domain.states import (
    AWAITING_PHASES,
    NOT_HANDED_OVER,
    Channel,
    DispatchOutcome,
    LetterStatus,
    Phase,
)
from outreach.errors import UnreadableRecordError
from outreach.store.models import (
    Area,
    Dispatch,
    Letter,
    LetterEvent,
    Membership,
    Organization,
    OrganizationStandard,
    Person,
    Post,
    Reply,
)
from outreach.store.types import table_of

Row = dict[str, Any]

_CHUNK = 500
# What reading raises for a word that is none of those known, or a day or a list that is none.
_UNREADABLE = (LookupError, ValueError, TypeError, OverflowError)
_KEY_LENGTH = 80
_BY_URGENCY = (
    LetterStatus.DRAFT,
    LetterStatus.APPROVED,
    LetterStatus.QUEUED,
    LetterStatus.SENT,
    LetterStatus.ACKNOWLEDGED,
    LetterStatus.ANSWERED,
    LetterStatus.BOUNCED,
    LetterStatus.FAILED,
    LetterStatus.CLOSED,
    LetterStatus.WITHDRAWN,
)
_UNCERTAIN, _TO_READ, _AWAITED, _OTHERS = range(4)
_DAYS = 10_000_000

_letter, _dispatch, _reply = table_of(Letter), table_of(Dispatch), table_of(Reply)
_event = table_of(LetterEvent)
_person, _post, _body = table_of(Person), table_of(Post), table_of(Organization)
_sender, _sender_body = _person.alias("sender"), _body.alias("sender_body")
_standard, _membership, _area = table_of(OrganizationStandard), table_of(Membership), table_of(Area)
_party = _body.alias("party")

_LETTERS = (
    select(
        _letter.c.id,
        _letter.c.campaign_id,
        _letter.c.reference,
        _letter.c.audience,
        _letter.c.template,
        _letter.c.language,
        _letter.c.subject,
        _letter.c.salutation,
        _letter.c.address_lines,
        _letter.c.origin,
        _letter.c.status,
        _letter.c.written_on,
        _letter.c.sent_on,
        _letter.c.answered_on,
        _letter.c.created_at,
        _person.c.id.label("person_id"),
        _person.c.name.label("person"),
        _post.c.label,
        _post.c.short_label,
        _body.c.id.label("organization_id"),
        _body.c.name.label("body"),
        _body.c.jurisdiction,
        _body.c.classification,
        _sender.c.name.label("sender"),
        _sender_body.c.name.label("sender_body"),
        _standard.c.amount,
        _standard.c.unit,
        _standard.c.source,
    )
    .select_from(_letter)
    .outerjoin(_person, and_(_person.c.id == _letter.c.person_id, _person.c.deleted_at.is_(None)))
    .outerjoin(_post, _post.c.id == _letter.c.post_id)
    .outerjoin(_body, and_(_body.c.id == _letter.c.organization_id, _body.c.deleted_at.is_(None)))
    .outerjoin(_sender, and_(_sender.c.id == _letter.c.sender_person_id, _sender.c.deleted_at.is_(None)))
    .outerjoin(
        _sender_body,
        and_(_sender_body.c.id == _letter.c.sender_organization_id, _sender_body.c.deleted_at.is_(None)),
    )
    .outerjoin(_standard, _standard.c.organization_id == _body.c.id)
    .where(_letter.c.deleted_at.is_(None))
)
_SEATS = (
    select(
        _membership.c.person_id,
        _party.c.name,
        _area.c.name,
        _body.c.jurisdiction,
        _membership.c.start_date,
        _membership.c.end_date,
        _body.c.classification,
        _body.c.name,
    )
    .join(_body, and_(_body.c.id == _membership.c.organization_id, _body.c.deleted_at.is_(None)))
    .outerjoin(_party, and_(_party.c.id == _membership.c.on_behalf_of_id, _party.c.deleted_at.is_(None)))
    .outerjoin(_area, _area.c.id == _membership.c.area_id)
    .order_by(_membership.c.id)
)


def rows_wanted(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[Row, str]]:
    """The row that each letter should have, and the words to find it by; nothing for letters that are gone or
    deleted.

    Raises: UnreadableRecordError naming a letter with a value on file that no version of outreach up to this
        one writes.
    """
    found: dict[int, tuple[Row, str]] = {}
    for at in range(0, len(ids), _CHUNK):
        part = ids[at : at + _CHUNK]
        try:
            found.update(_some(connection, part))
        except _UNREADABLE:
            for key in part:
                _refuse_unreadable(connection, key)
            raise
    return found


def _refuse_unreadable(connection: Connection, key: int) -> None:
    """Raises: UnreadableRecordError if what is on file of a letter cannot be read."""
    try:
        _some(connection, [key])
    except _UNREADABLE as error:
        reference = connection.scalar(select(_letter.c.reference).where(_letter.c.id == key))
        raise UnreadableRecordError(
            f"What is on file of {reference} cannot be read ({error}). Another program or a newer version of "
            "outreach has written that: install the newest version, or restore a copy with: outreach restore"
        ) from error


def _some(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[Row, str]]:
    letters = connection.execute(_LETTERS.where(_letter.c.id.in_(ids))).all()
    people = {x.person_id for x in letters if x.person_id is not None}
    seats = _seats(connection, people)
    last, reminded = _histories(connection, ids)
    by_hand: set[int] = set()
    by_server: set[int] = set()
    sent: dict[int, tuple[Channel, datetime | None]] = {}
    uncertain: set[int] = set()
    handed_over: set[int] = set()
    for key, channel, outcome, sent_at, message_id in connection.execute(
        select(
            _dispatch.c.letter_id,
            _dispatch.c.channel,
            _dispatch.c.outcome,
            _dispatch.c.sent_at,
            _dispatch.c.message_id,
        )
        .where(_dispatch.c.letter_id.in_(ids))
        .order_by(_dispatch.c.id)
    ):
        if outcome in {DispatchOutcome.SENT, DispatchOutcome.BOUNCED}:
            sent[key] = channel, sent_at
        if outcome is DispatchOutcome.SENT:
            (by_server if message_id else by_hand).add(key)
        if outcome is DispatchOutcome.STARTED and channel is Channel.EMAIL:
            uncertain.add(key)
        if outcome not in NOT_HANDED_OVER:
            handed_over.add(key)
    answers: dict[int, str] = {}
    unread: set[int] = set()
    for key, kind in connection.execute(
        select(_reply.c.letter_id, _reply.c.kind)
        .where(_reply.c.letter_id.in_(ids))
        .order_by(_reply.c.received_on, _reply.c.id)
    ):
        if kind is None:
            unread.add(key)
        else:
            answers[key] = kind.value
    found = {}
    for x in letters:
        channel, handed_over_at = sent.get(x.id, (None, None))
        jurisdiction = x.jurisdiction or ""
        recipient, body = x.person or x.body or "", x.body or ""
        due = _due(x, handed_over_at, jurisdiction) if x.sent_on else None
        # Which day is asked does not matter: whether an answer is awaited is the same on each.
        phase = phase_of(x.status, due, due or date.min, has_unread=x.id in unread)
        awaited = due if phase in AWAITING_PHASES else None
        held = seats.get(x.person_id, ())
        on = x.written_on or x.sent_on or x.created_at.date()
        party, country = seat_on(held, on, jurisdiction)
        areas = dict.fromkeys(s.area for s in seats_on(held, on) if s.area)
        answer, past = answers.get(x.id, ""), last.get(x.id)
        words = " ".join(
            (
                x.reference, recipient, x.label or "", x.short_label or "", body, party, country, *areas,
                x.sender or x.sender_body or "", answer, x.salutation, *(x.address_lines or ()),
            )
        )  # fmt: skip
        row = {
            "id": x.id,
            "campaign_id": x.campaign_id,
            "organization_id": x.organization_id,
            "reference": x.reference,
            "reference_key": reference_key(x.reference),
            "recipient": recipient,
            "recipient_key": _key(recipient),
            "post": x.short_label or x.label or None,
            "body": body,
            "body_key": _key(body),
            "group_key": _key(body or recipient),
            "jurisdiction": jurisdiction,
            "audience": x.audience,
            "template": x.template,
            "language": x.language,
            "subject": x.subject,
            "subject_key": _key(x.subject[:_KEY_LENGTH]),
            "sender": x.sender or x.sender_body or None,
            "origin": x.origin.value,
            "status": x.status.value,
            "urgency": _urgency(x.status, phase, awaited, x.id in uncertain),
            "channel": channel.value if channel else None,
            "written_on": x.written_on,
            "sent_on": x.sent_on,
            "due_on": awaited,
            "answered_on": x.answered_on,
            "days_taken": (x.answered_on - x.sent_on).days if x.answered_on and x.sent_on else None,
            "answer": answer or None,
            "is_uncertain": x.id in uncertain,
            "has_unread": x.id in unread,
            "was_handed_over": x.id in handed_over,
            "is_reminded": x.id in reminded,
            "last_step": past.step.value if past else None,
            "status_before": past.before.value if past and past.before else None,
            "was_marked_sent": x.id in by_hand and x.id not in by_server,
            "party": party,
            "party_key": _key(party),
            "country": country,
            "country_key": _key(country),
            "words_digest": _digest(words),
        }
        found[x.id] = row, words
    return found


def _histories(connection: Connection, ids: Sequence[int]) -> tuple[dict[int, PastStep], set[int]]:
    """The step of each letter that would be taken back next, and the letters that a follow-up was drafted
    for.

    A draft that was deleted counts for neither, one that was withdrawn is no reminder.
    """
    rows = connection.execute(
        select(
            _event.c.letter_id,
            type_coerce(_event.c.kind, String).label("kind"),
            _event.c.from_status,
            _event.c.to_status,
            _event.c.detail,
        )
        .where(_event.c.letter_id.in_(ids))
        .order_by(_event.c.id)
    ).all()
    drafts = {reference for x in rows if x.kind in DRAFTS_ANOTHER for reference in next_letters(x.detail)}
    found = connection.execute(
        select(_letter.c.reference, _letter.c.status).where(
            _letter.c.reference.in_(drafts), _letter.c.deleted_at.is_(None)
        )
    )
    there = {x.reference: x.status for x in found}
    histories: dict[int, list[PastStep]] = defaultdict(list)
    reminded: set[int] = set()
    for x in rows:
        if x.kind in DRAFTS_ANOTHER:
            standing = [there[reference] for reference in next_letters(x.detail) if reference in there]
            if not standing:
                continue
            if x.kind == Step.FOLLOWED_UP and any(s is not LetterStatus.WITHDRAWN for s in standing):
                reminded.add(x.letter_id)
        if (past := past_step(x.kind, x.from_status, x.to_status)) is None:
            histories[x.letter_id].clear()
        else:
            histories[x.letter_id].append(past)
    found_last = {key: last_step(history) for key, history in histories.items()}
    return {key: past for key, past in found_last.items() if past is not None}, reminded


def _seats(connection: Connection, people: Iterable[int]) -> dict[int, Sequence[Seat]]:
    """Seats with a party or a place, by person."""
    found: dict[int, list[Seat]] = defaultdict(list)
    for person, party, area, jurisdiction, start, end, kind, name in connection.execute(
        _SEATS.where(_membership.c.person_id.in_(list(people)))
    ):
        of_party = party or (name if kind == "party" else "")
        if of_party or area:
            found[person].append(Seat(of_party, area or "", jurisdiction, start, end))
    return dict(found)


def _due(x: Any, handed_over_at: datetime | None, jurisdiction: str) -> date:
    if x.organization_id is None:
        standard = reply_standard("", "")
    elif x.amount is not None:
        standard = own_standard(jurisdiction, x.amount, x.unit, x.source)
    else:
        standard = reply_standard(jurisdiction, x.classification, x.body)
    return reply_due(receipt_day(x.sent_on, handed_over_at, jurisdiction), standard)


def _urgency(status: LetterStatus, phase: Phase, awaited: date | None, is_uncertain: bool) -> int:
    if is_uncertain:
        return _UNCERTAIN * _DAYS
    if phase is Phase.TO_READ:
        return _TO_READ * _DAYS
    if awaited is not None:
        return _AWAITED * _DAYS + awaited.toordinal()
    return (_OTHERS + _BY_URGENCY.index(status)) * _DAYS


def _key(text: str) -> str | None:
    return folded(text) or None


def _digest(words: str) -> int:
    made = hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(made, "big", signed=True)
