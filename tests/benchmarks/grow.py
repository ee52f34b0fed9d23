"""Grow a database to as many letters as wanted, the same for the same numbers: python -m
tests.benchmarks.grow PATH --letters N.

Letters in every state, to people of several parties in bodies of several countries, with texts of about 2 kB,
sendings, answers and their history, written in bulk through the guards that every writer passes, so that
`outreach check` finds nothing wrong.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from outreach.cases.campaigns import create_campaign
from outreach.store.database import Database, open_database
from outreach.store.integrity import DIGEST_VERSION, text_digests
from outreach.store.models import (
    Area,
    Campaign,
    Case,
    Dispatch,
    Letter,
    LetterEvent,
    Membership,
    Organization,
    Person,
    Post,
    Reply,
)
from outreach.store.types import table_of

TODAY = date(2026, 3, 2)
"""The day that a grown campaign's records stand at."""

_AT_ONCE = 20_000
_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_BODIES = (
    ("House of Representatives", "parliament", "US"), ("Senate", "parliament", "US"),
    ("European Parliament", "parliament", "EU"),
    ("House of Commons", "parliament", "GB"), ("Home Office", "ministry", "GB"),
    ("Foreign Office", "ministry", "GB"),
    ("Bundestag", "parliament", "DE"), ("Eduskunta", "parliament", "FI"),
    ("Assemblée nationale", "parliament", "FR"),
    ("Human Rights Committee", "committee", "UN"), ("House of Commons of Canada", "parliament", "CA"),
    ("Sejm", "parliament", "PL"),
)  # fmt: skip
_PARTIES = (
    "Democrat",
    "Republican",
    "Labour",
    "Conservative",
    "Liberal",
    "Greens",
    "Social Democrats",
    "Les Républicains",
)
_AREAS = (
    "Massachusetts",
    "California",
    "Texas",
    "Finland",
    "Netherlands",
    "Österreich",
    "Greater London",
    "Bavaria",
    "Ontario",
)
_GIVEN = (
    "Anna",
    "Björn",
    "Chris",
    "Dolores",
    "Émile",
    "Fatima",
    "Grace",
    "Heidi",
    "Ivan",
    "José",
    "Kirsti",
    "Li",
    "Marietje",
)
_FAMILY = (
    "Andersson",
    "Bryant",
    "Çelik",
    "Dupont",
    "Eriksen",
    "Fernández",
    "Green",
    "Hautala",
    "Ivanov",
    "Jones",
    "Kowalska",
    "May",
)
_SENTENCES = (
    "We write about the death of a lawyer in custody, of which we have told you before.",
    "The committee found in its report that the prisoner was denied treatment for eleven months.",
    "Those who signed the orders still hold office, and no inquiry has asked them anything.",
    "Your house has voted for measures of this kind before, and the vote was not close.",
    "We ask that the names in the annex be examined under the law that you helped to write.",
    "A copy of the judgment, with a translation, is enclosed with this letter.",
    "The family has waited for nine years, and would be glad of a word from you.",
    "Nothing in this letter rests on what a newspaper says; each source is named in the pack.",
)
_SUBJECTS = (
    "The death of a lawyer in custody",
    "Sanctions under the act",
    "Visas of named officials",
    "An inquiry that is owed",
)
# Each state with how many of a hundred letters have it.
_STATES = (
    ("draft", 6), ("approved", 5), ("queued", 2), ("failed", 1), ("bounced", 2), ("sent", 46),
    ("acknowledged", 8),
    ("answered", 20), ("closed", 7), ("withdrawn", 3),
)  # fmt: skip
_OUT = frozenset({"bounced", "sent", "acknowledged", "answered", "closed"})
_KINDS = ("substantive", "referred", "refused", "agreed")


def grow(database: Database, letters: int, people: int, seed: int = 12) -> int:
    """Add a campaign of so many letters. Returns: its key."""
    chance = random.Random(seed)
    campaign, case, seats = _directory(database, chance, people)
    states = [state for state, share in _STATES for _ in range(share)]
    made = 0
    while made < letters:
        count = min(_AT_ONCE, letters - made)
        with database.write() as session:
            first = (session.execute(select(Letter.id).order_by(Letter.id.desc()).limit(1)).scalar() or 0) + 1
            rows = [
                _letter(
                    chance,
                    first + n,
                    made + n + 1,
                    campaign,
                    case,
                    chance.choice(seats),
                    chance.choice(states),
                )
                for n in range(count)
            ]
            frozen = {row["id"]: row for row in rows if row["approved_at"]}
            for key, digest in text_digests(session, [Letter(**row) for row in frozen.values()]).items():
                frozen[key]["text_sha256"] = digest
            found = session.connection()
            found.execute(insert(table_of(Letter)), rows)
            for model, parts in (
                (Dispatch, _dispatches(chance, rows)),
                (Reply, _replies(chance, rows)),
                (LetterEvent, _events(rows)),
            ):
                if listed := list(parts):
                    found.execute(insert(table_of(model)), listed)
        made += count
    return campaign


def _directory(
    database: Database, chance: random.Random, people: int
) -> tuple[int, int, list[dict[str, Any]]]:
    with database.write() as session:
        create_campaign(session, name="A grown campaign", prefix="GRO", case_name="A grown case")
        campaign = session.scalars(select(Campaign).where(Campaign.prefix == "GRO")).one()
        campaign.as_of = TODAY
        case = session.scalars(select(Case).where(Case.campaign_id == campaign.id)).one()
        bodies = [
            Organization(slug=f"grown-body-{n}", name=name, classification=kind, jurisdiction=where)
            for n, (name, kind, where) in enumerate(_BODIES)
        ]
        parties = [
            Organization(slug=f"grown-party-{n}", name=name, classification="party")
            for n, name in enumerate(_PARTIES)
        ]
        areas = [Area(slug=f"grown-area-{n}", name=name) for n, name in enumerate(_AREAS)]
        session.add_all([*bodies, *parties, *areas])
        session.flush()
        posts = [
            Post(
                slug=f"grown-post-{n}",
                label=f"Member of the {b.name}",
                short_label="Member",
                organization_id=b.id,
            )
            for n, b in enumerate(bodies)
        ]
        session.add_all(posts)
        named = [
            Person(slug=f"grown-person-{n}", name=f"{chance.choice(_GIVEN)} {chance.choice(_FAMILY)} {n}")
            for n in range(people)
        ]
        session.add_all(named)
        session.flush()
        seats: list[dict[str, Any]] = []
        for person in named:
            at = chance.randrange(len(bodies))
            session.add(
                Membership(
                    person_id=person.id,
                    organization_id=bodies[at].id,
                    post_id=posts[at].id,
                    on_behalf_of_id=chance.choice([None, *parties, *parties]) and chance.choice(parties).id,
                    area_id=chance.choice([None, *areas, *areas]) and chance.choice(areas).id,
                    role="Member",
                    start_date="2019",
                )
            )
            with_post = chance.random() < 0.8
            seats.append(
                {
                    "person_id": person.id,
                    "organization_id": bodies[at].id if chance.random() < 0.97 else None,
                    "post_id": posts[at].id if with_post else None,
                }
            )
        return campaign.id, case.id, seats


def _letter(
    chance: random.Random,
    key: int,
    number: int,
    campaign: int,
    case: int,
    seat: dict[str, Any],
    state: str,
) -> dict[str, Any]:
    reported = state in {"sent", "answered"} and chance.random() < 0.02
    sent_on = TODAY - timedelta(days=chance.randrange(1, 200)) if state in _OUT else None
    answered = state == "answered" or (state == "closed" and chance.random() < 0.5)
    written_on = (sent_on or TODAY) - timedelta(days=chance.randrange(3))
    body = "\n\n".join(" ".join(chance.choices(_SENTENCES, k=5)) for _ in range(5))
    row: dict[str, Any] = {
        "id": key,
        "reference": f"GRO-{number:04d}",
        "campaign_id": campaign,
        "case_id": case,
        "origin": "reported" if reported else "own",
        "template": "appeal",
        "language": chance.choice(("en", "en", "en", "fr", "de")),
        "audience": "default",
        "sender_person_id": None,
        "sender_organization_id": None,
        "written_on": written_on,
        "subject": f"{chance.choice(_SUBJECTS)}, {number}",
        "address_lines": ["Parliament Street 1", "10115 Berlin"],
        "sender_lines": ["A campaign"],
        "salutation": "Dear Member,",
        "body": "" if reported else body,
        "close": "Yours sincerely,",
        "summary": "A letter that a source reports." if reported else "",
        "status": state,
        "created_at": _NOON,
        "approved_at": None,
        "approved_by": "",
        "text_sha256": "",
        "digest_version": DIGEST_VERSION,
        "sent_on": sent_on,
        "answered_on": sent_on + timedelta(days=chance.randrange(1, 90)) if answered and sent_on else None,
        "deleted_at": None,
        **seat,
    }
    if state == "draft" and chance.random() < 0.05:
        row["deleted_at"] = _NOON
    if state not in {"draft", "withdrawn"} and not reported:
        row["approved_at"], row["approved_by"] = _NOON, "grower"
    return row


def _dispatches(chance: random.Random, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    outcomes = {"failed": "failed", "bounced": "bounced"}
    for row in rows:
        cut_off = row["status"] == "queued" and chance.random() < 0.02
        if row["origin"] == "reported" or not (row["status"] in _OUT | {"failed"} or cut_off):
            continue
        by_email = cut_off or row["status"] in outcomes or chance.random() < 0.7
        on = row["sent_on"] or TODAY
        yield {
            "letter_id": row["id"],
            "channel": "email" if by_email else chance.choice(("post", "web_form", "in_person")),
            "outcome": "started" if cut_off else outcomes.get(row["status"], "sent"),
            "dispatched_on": on,
            "recorded_at": _NOON,
            "to_address": f"member{row['person_id']}@example.org" if by_email else "",
            "message_id": f"<{row['reference'].lower()}@example.org>" if by_email else "",
            "detail": None,
            "sent_at": datetime(on.year, on.month, on.day, chance.randrange(24), tzinfo=UTC)
            if by_email
            else None,
        }


def _replies(chance: random.Random, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row["answered_on"]:
            kinds: list[str | None] = [chance.choice(_KINDS)]
        elif row["status"] == "acknowledged":
            kinds = ["acknowledgement"]
        elif row["status"] == "sent" and chance.random() < 0.02:
            kinds = [None]
        else:
            continue
        for kind in kinds:
            yield {
                "letter_id": row["id"],
                "received_on": row["answered_on"] or min(TODAY, row["sent_on"] + timedelta(days=5)),
                "recorded_at": _NOON,
                "kind": kind,
                "channel": "email",
                "from_name": "The office of the member",
                "from_address": "office@example.org",
                "subject": f"Re: {row['subject']}",
                "text": chance.choice(("We shall raise the matter.", "The minister has noted what you say.")),
                "message_id": "",
                "mail_id": None,
            }


def _events(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        told = {"at": _NOON, "by": "grower", "letter_id": row["id"], "detail": None}
        if row["origin"] == "reported":
            yield told | {"kind": "reported", "from_status": "", "to_status": "sent"}
            continue
        yield told | {"kind": "drafted", "from_status": "", "to_status": "draft"}
        if row["approved_at"]:
            yield told | {"kind": "approved", "from_status": "draft", "to_status": "approved"}
        if row["sent_on"]:
            yield told | {"kind": "sent", "from_status": "approved", "to_status": "sent"}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--letters", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=12)
    chosen = parser.parse_args()
    started = time.perf_counter()
    database = open_database(chosen.path, create=True)
    grow(database, chosen.letters, chosen.people, chosen.seed)
    database.close()
    print(json.dumps({"letters": chosen.letters, "seconds": round(time.perf_counter() - started, 1)}))  # noqa: T201


if __name__ == "__main__":
    main()
