"""Directories and trays of any size, written in bulk, with names of several alphabets."""

from datetime import date, timedelta
from hashlib import sha256

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from outreach.domain.message_kind import MessageKind
from outreach.domain.states import LetterStatus, MessageState, Origin, ReplyKind
from outreach.store.database import Database
from outreach.store.models import (
    Area,
    Campaign,
    ContactDetail,
    Letter,
    Membership,
    Message,
    Organization,
    OtherName,
    Person,
    Post,
    Recipient,
    Reply,
)
from outreach.store.types import now, table_of

GIVEN = ("Ana", "Björn", "Chris", "Дмитрий", "Émile", "Fatima", "Łucja", "Øyvind", "Zoë", "李")
FAMILIES = ("Méndez", "Åberg", "O’Brien", "Иванов", "Łódzki", "smith", "García", "Özil", "van Dam", "伟")


def crowd(database: Database, count: int, *, campaign: int = 1, messages: int | None = None) -> None:
    """Put so many people, bodies, offices, recipients, messages and answers on
    file, each with what such records have.
    """
    with database.write() as session:
        bodies = _bodies(session, count)
        people = _people(session, count, bodies)
        _insert(
            session,
            Recipient,
            [
                {"campaign_id": campaign, "person_id": p, "organization_id": b, "audience": "default"}
                for p, b in zip(people, bodies, strict=True)
            ],
        )
        letter = session.scalar(select(Letter.id).where(Letter.campaign_id == campaign).limit(1))
        _messages(session, count if messages is None else messages, letter or _letter(session, campaign))


def _insert(session: Session, model: type, rows: list[dict[str, object]]) -> list[int]:
    """Insert rows with ids of their own. Returns: these."""
    table = table_of(model)
    first = (session.scalar(select(func.max(table.c.id))) or 0) + 1
    ids = list(range(first, first + len(rows)))
    session.execute(insert(table), [{"id": key} | row for key, row in zip(ids, rows, strict=True)])
    return ids


def _bodies(session: Session, count: int) -> list[int]:
    bodies = _insert(
        session,
        Organization,
        [
            {"slug": f"crowd-body-{n}", "name": f"Crowd Body {n % 97:02d} of {FAMILIES[n % 10]}",
             "classification": ("committee", "ministry", "")[n % 3], "jurisdiction": "GB", "summary": ""}
            for n in range(count)
        ],
    )  # fmt: skip
    _insert(
        session,
        ContactDetail,
        [
            {"organization_id": b, "type": "address", "value": "1 Road", "label": "", "note": ""}
            for b in bodies
        ],
    )
    return bodies


def _people(session: Session, count: int, bodies: list[int]) -> list[int]:
    names = [(GIVEN[n % 10], f"{FAMILIES[n // 10 % 10]}{n // 100 or ''}") for n in range(count)]
    people = _insert(
        session,
        Person,
        [
            {"slug": f"crowd-{n}", "name": f"{given} {family}", "given_name": given, "family_name": family,
             "honorific_prefix": "", "honorific_suffix": "", "gender": "", "preferred_language": "",
             "summary": ""}
            for n, (given, family) in enumerate(names)
        ],
    )  # fmt: skip
    posts = _insert(
        session,
        Post,
        [
            {"slug": f"crowd-post-{n}", "label": f"Office {n % 53:02d}", "short_label": "", "role": "",
            "audience": "",
             "organization_id": b}
            for n, b in enumerate(bodies)
        ],
    )  # fmt: skip
    (area,) = _insert(session, Area, [{"slug": "crowd-area", "name": "Nether Wallop", "classification": ""}])
    (party,) = _insert(
        session,
        Organization,
        [{"slug": "crowd-party", "name": "Purple Party", "classification": "party", "jurisdiction": "",
        "summary": ""}],
    )  # fmt: skip
    _insert(
        session,
        Membership,
        [
            {"person_id": p, "organization_id": b, "post_id": o if n % 2 else None, "role": "Member",
             "start_date": str(1990 + n % 20), "end_date": None if n % 3 else "2012-06",
             "area_id": area if n % 7 == 0 else None, "on_behalf_of_id": party if n % 5 == 0 else None}
            for n, (p, b, o) in enumerate(zip(people, bodies, posts, strict=True))
        ],
    )  # fmt: skip
    _insert(
        session,
        OtherName,
        [{"person_id": p, "name": f"Alias{n}", "note": ""} for n, p in enumerate(people)],
    )
    _insert(
        session,
        ContactDetail,
        [
            {"person_id": p, "type": "email", "value": f"{n}@x.example", "label": "", "note": ""}
            for n, p in enumerate(people)
        ],
    )
    return people


def _letter(session: Session, campaign: int) -> int:
    prefix = session.get_one(Campaign, campaign).prefix
    letter = Letter(
        reference=f"{prefix}-9000",
        campaign_id=campaign,
        origin=Origin.OWN,
        status=LetterStatus.SENT,
        person_id=session.scalar(select(func.min(Person.id))),
        sent_on=date(2011, 1, 26),
        subject="Crowded",
        created_at=now(),
    )
    session.add(letter)
    session.flush()
    return letter.id


def _messages(session: Session, count: int, letter: int) -> list[int]:
    messages = _insert(
        session,
        Message,
        [
            {"sha256": sha256(f"crowd {n}".encode()).hexdigest(), "raw": b"From: a@b\n\nWords.",
            "message_id": f"<{n}@crowd>",
             "from_name": f"{GIVEN[n % 10]} {FAMILIES[n // 10 % 10]}", "from_address": f"{n}@crowd.example",
             "subject": f"Subject {n % 31:02d}", "sent_at": None,
             "received_on": date(2011, 2, 1) + timedelta(days=n % 40),
             "recorded_at": now(), "nature": MessageKind.ANSWER, "nature_reason": None,
             "failed_addresses": "",
             "state": MessageState.FILED if n % 2 else MessageState.TRIAGE,
             "letter_id": letter if n % 2 else None,
             "basis": "none", "confidence": 0}
            for n in range(count)
        ],
    )  # fmt: skip
    filed = messages[1::2]
    _insert(
        session,
        Reply,
        [
            {"letter_id": letter, "received_on": date(2011, 2, 1) + timedelta(days=n % 40),
            "recorded_at": now(),
             "kind": ReplyKind.AGREED if n % 3 else None, "channel": "email", "from_name": "Somebody",
             "from_address": "",
             "subject": "", "text": f"Answer {n}", "message_id": "", "mail_id": m}
            for n, m in enumerate(filed)
        ],
    )  # fmt: skip
    return messages
