"""Recipients by question: “members of JCSE”, “MEPs of Finland in term 7”, “senators without an answer after 30 days”.

A query is one or more questions with commas between them; each adds those it names. A question is ``all``, a saved
group, words of a recipient's name or office, or filters that must all hold:

    senators | representatives | meps | mps        a seat in that chamber
    members of BODY | chairs of BODY               by name, other name, id or an outside register's code
    of PLACE                                        after a kind: state, country or constituency
    party PARTY
    in term N                                       of the European Parliament
    on 2011-01-20                                   who held the seat that day; by default the letter's date
    without an answer [after N days] | with an answer | not written to
    audience:KEY  body:ID  person:ID  post:ID       as on file, among the campaign's recipients
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rapidfuzz import process
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import (
    RecipientRow,
    keep_recipients,
    recipients_list,
    recipients_to_be,
    resolve_recipients,
)
from outreach.directory.importers.tables import EP_TERMS
from outreach.domain.address import audience_for
from outreach.domain.partial_dates import covers
from outreach.domain.references import folded
from outreach.domain.states import SENT_STATES
from outreach.domain.wording import date_in_words, locale_for
from outreach.errors import NotFoundError, UsageError
from outreach.store.changes import Changes
from outreach.store.database import Database
from outreach.store.models import (
    Area,
    Identifier,
    Letter,
    Membership,
    Organization,
    OtherName,
    Person,
    Post,
    RecipientGroup,
)
from outreach.store.search import in_chunks

_KINDS = {
    "senators": "us-senate",
    "representatives": "us-house",
    "meps": "european-parliament",
    "mps": "house-of-commons",
}
_STATES = {
    "alabama": "AL", "alaska": "AK", "arizona": "AZ", "arkansas": "AR", "california": "CA", "colorado": "CO",
    "connecticut": "CT", "delaware": "DE", "florida": "FL", "georgia": "GA", "hawaii": "HI", "idaho": "ID",
    "illinois": "IL", "indiana": "IN", "iowa": "IA", "kansas": "KS", "kentucky": "KY", "louisiana": "LA",
    "maine": "ME", "maryland": "MD", "massachusetts": "MA", "michigan": "MI", "minnesota": "MN", "mississippi": "MS",
    "missouri": "MO", "montana": "MT", "nebraska": "NE", "nevada": "NV", "new hampshire": "NH", "new jersey": "NJ",
    "new mexico": "NM", "new york": "NY", "north carolina": "NC", "north dakota": "ND", "ohio": "OH",
    "oklahoma": "OK", "oregon": "OR", "pennsylvania": "PA", "rhode island": "RI", "south carolina": "SC",
    "south dakota": "SD", "tennessee": "TN", "texas": "TX", "utah": "UT", "vermont": "VT", "virginia": "VA",
    "washington": "WA", "west virginia": "WV", "wisconsin": "WI", "wyoming": "WY",
}  # fmt: skip
_REST = r"(?=\s+(?:in term\b|on \d|party\b|without\b|with an\b|not written\b|never written\b|and\b (?:in|on|party|without|with|not))|$)"
_CLAUSES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "body",
        re.compile(r"(?P<role>members?|chairs?)\s+of\s+(?:the\s+)?(?P<value>\"[^\"]+\"|.+?)" + _REST, re.I),
    ),
    ("kind", re.compile(r"(?P<value>senators?|representatives?|meps?|mps?)\b", re.I)),
    ("place", re.compile(r"(?:of|from|for|in)\s+(?!term\b)(?P<value>\"[^\"]+\"|.+?)" + _REST, re.I)),
    ("term", re.compile(r"in\s+term\s+(?P<value>\d{1,2})\b", re.I)),
    ("party", re.compile(r"party\s+(?P<value>\"[^\"]+\"|.+?)" + _REST, re.I)),
    ("on", re.compile(r"on\s+(?P<value>\d{4}-\d{2}-\d{2})\b", re.I)),
    (
        "unanswered",
        re.compile(r"without\s+an?\s+(?:answer|reply)(?:\s+(?:after|for)\s+(?P<value>\d+)\s+days?)?", re.I),
    ),
    ("answered", re.compile(r"with\s+an\s+(?P<value>answer|reply)\b", re.I)),
    ("unwritten", re.compile(r"(?P<value>not|never)\s+written\s+to\b", re.I)),
)
_GLUE = re.compile(r"\s*(?:and\b|who\b|are\b|,)?\s*", re.I)


@dataclass(frozen=True)
class Question:
    """One question, taken apart. Fields that are None or "" do not filter."""

    body: str = ""
    chairs: bool = False
    kind: str = ""
    place: str = ""
    party: str = ""
    term: int | None = None
    on: date | None = None
    unanswered: int | None = None
    answered: bool = False
    unwritten: bool = False


@dataclass(frozen=True)
class Answer:
    """Whom a query names. notes: what the user should know of how it was understood."""

    recipients: tuple[RecipientRow, ...]
    notes: tuple[str, ...]


def parse_question(text: str) -> Question | None:
    """Take a question apart. Returns: None if it is no question of this kind but words to look for.

    Raises: UsageError for one that begins as a question and goes on as none.
    """
    rest, found = text.strip(), Question()
    begun = False
    while rest:
        for name, pattern in _CLAUSES:
            match = pattern.match(rest)
            if match and not (name == "place" and not (found.kind or found.body)):
                found = _with(found, name, match)
                rest = rest[match.end() :]
                rest = rest[_GLUE.match(rest).end() :]  # type: ignore[union-attr]
                begun = True
                break
        else:
            if begun:
                raise UsageError(
                    f"“{rest}” was not understood in “{text}”. Such a question may go on with: of PLACE, party PARTY, "
                    "in term 7, on 2011-01-20, without an answer after 30 days, not written to."
                )
            return None
    return found if begun else None


def _with(found: Question, name: str, match: re.Match[str]) -> Question:
    value = (match.group("value") or "").strip().strip('"')
    match name:
        case "body":
            return replace(found, body=value, chairs=match.group("role").lower().startswith("chair"))
        case "kind":
            return replace(found, kind=_KINDS[value.lower().rstrip("s") + "s"])
        case "place":
            return replace(found, place=value)
        case "party":
            return replace(found, party=value)
        case "term":
            if int(value) not in EP_TERMS:
                raise UsageError(f"There is no parliamentary term {value}. Say one of 0 to {max(EP_TERMS)}.")
            return replace(found, term=int(value))
        case "on":
            try:
                return replace(found, on=date.fromisoformat(value))
            except ValueError as error:
                raise UsageError(f"“{value}” is not a day. Write it as 2011-01-20.") from error
        case "unanswered":
            return replace(found, unanswered=int(value or 0))
        case "answered":
            return replace(found, answered=True)
        case _:
            return replace(found, unwritten=True)


def recipients_for(
    session: Session, campaign_key: int, query: str, *, on: date, today: date | None = None
) -> Answer:
    """Whom a query names. People of the directory who are no recipients yet come with the key 0; nothing is written.

    Args: on: the letter's date, on which a seat must be held. today: the real day, tried where nobody on file
        held the seats on the letter's date.
    Raises: NotFoundError for a question that names nobody; UsageError for one that is not understood.
    """
    groups = {g.name.casefold(): g.query for g in _groups(session, campaign_key)}
    chosen: dict[tuple[str, str, str], RecipientRow] = {}
    notes: list[str] = []
    for part in _expanded(groups, query, ()):
        question = parse_question(part)
        if question is None:
            chosen |= _by_place(resolve_recipients(session, campaign_key, part))
            continue
        people, note = _people(session, campaign_key, question, on, today or date.today(), part)  # noqa: DTZ011
        notes += [note] if note else []
        chosen |= _by_place(_as_recipients(session, campaign_key, people))
    if not chosen:
        raise UsageError(
            "Say who the letters go to: all, a name, an office, or a question such as: members of JCSE."
        )
    rows = sorted(chosen.values(), key=lambda r: (r.key == 0, r.key))
    return Answer(tuple(rows), tuple(dict.fromkeys(notes)))


def take_recipients(
    database: Database, campaign_key: int, query: str, *, on: date, today: date | None = None
) -> Answer:
    """Whom a query names, after those who were no recipients became some. Args and raises: as `recipients_for`."""
    with database.read() as session:
        answer = recipients_for(session, campaign_key, query, on=on, today=today)
    if all(row.key for row in answer.recipients):
        return answer
    with database.write() as session:
        kept = keep_recipients(session, campaign_key, answer.recipients)
        rows = tuple(replace(row, key=r.id) for row, r in zip(answer.recipients, kept, strict=True))
    return replace(answer, recipients=rows)


def _by_place(rows: Iterable[RecipientRow]) -> dict[tuple[str, str, str], RecipientRow]:
    return {(r.person_id, r.post_id, r.body_id): r for r in rows}


def _expanded(groups: dict[str, str], query: str, inside: tuple[str, ...]) -> Iterator[str]:
    """The questions of a query, with those of the groups it names. Raises: UsageError for a group within itself."""
    for part in _parts(query):
        name = _group_name(part)
        if name not in groups:
            yield part
        elif name in inside:
            raise UsageError(f"The group “{name}” names itself. Change what it asks.")
        else:
            yield from _expanded(groups, groups[name], (*inside, name))


def _group_name(part: str) -> str:
    return part.removeprefix("group:").strip().casefold()


def _parts(query: str) -> list[str]:
    """Questions between commas; a comma within quotation marks divides nothing."""
    return [p.strip() for p in re.findall(r"(?:\"[^\"]*\"|[^,\"])+", query) if p.strip()]


def _people(
    session: Session, campaign_key: int, question: Question, on: date, today: date, text: str
) -> tuple[list[tuple[int, int]], str]:
    """(person, body) of everybody that a question names, and what to say of the day it was asked for."""
    seats = _seats(session, question)
    if question.term is not None:
        start, end = EP_TERMS[question.term]
        held = [s for s in seats if (s[3] or "") <= (end or "9999") and (s[4] or "9999") >= start]
        note = ""
    else:
        day = question.on or on
        held = [s for s in seats if covers(s[3], s[4], day)]
        note = ""
        if not held and question.on is None and today != on:
            held = [s for s in seats if covers(s[3], s[4], today)]
            if held:
                locale = locale_for("en")
                note = (
                    f"For “{text}”, nobody on file held the seat on {date_in_words(on, locale)}; those who hold it now "
                    f"({date_in_words(today, locale)}) were taken."
                )
    people = {s[0]: s[1] for s in held}
    people = _by_correspondence(session, campaign_key, question, people, on)
    if not people:
        hint = "" if seats else " Import a directory first, or look at: outreach bodies list"
        raise NotFoundError(f"“{text}” names nobody.{hint}")
    return list(people.items()), note


def _seats(session: Session, question: Question) -> list[tuple[int, int, str, str | None, str | None]]:
    """(person, body, role, start, end) of the seats that fit, on whatever day."""
    party = _bodies(session, question.party, parties=True) if question.party else None
    areas = _areas(session, question.place) if question.place else None
    query = (
        select(
            Membership.person_id,
            Membership.organization_id,
            Membership.role,
            Membership.start_date,
            Membership.end_date,
            Membership.on_behalf_of_id,
            Membership.area_id,
        )
        .join(Person, Person.id == Membership.person_id)
        .order_by(Membership.rank.nulls_last(), Person.family_name, Person.name)
    )
    wanted = None
    if question.body:
        wanted = _bodies(session, question.body)
        if question.chairs:
            query = query.where(Membership.role.ilike("%chair%"))
    chamber = (
        session.scalar(select(Organization.id).where(Organization.slug == question.kind))
        if question.kind
        else None
    )
    if question.kind and chamber is None:
        raise NotFoundError(
            "No such chamber is on file yet. Import its directory first with: outreach import"
        )
    first = wanted if wanted is not None else ([chamber] if chamber is not None else None)
    rows = [
        row
        for chunk in in_chunks(first)
        for row in session.execute(query.where(chunk(Membership.organization_id)))
    ]
    if wanted is not None and (chamber is not None or areas is not None or party is not None):
        # Members of a committee who also hold a seat of the kind, for the place, or of the party.
        seats = [
            row
            for chunk in in_chunks({r[0] for r in rows})
            for row in session.execute(query.where(chunk(Membership.person_id)))
        ]
        fitting = {
            r[0]
            for r in seats
            if (chamber is None or r[1] == chamber)
            and (areas is None or r[6] in areas)
            and (party is None or r[5] in party)
        }
        rows = [r for r in rows if r[0] in fitting]
    else:
        rows = [r for r in rows if (areas is None or r[6] in areas) and (party is None or r[5] in party)]
    return [(r[0], r[1], r[2], r[3], r[4]) for r in rows]


def _bodies(session: Session, wanted: str, *, parties: bool = False) -> list[int]:
    """Bodies by readable id, outside code or name. Raises: NotFoundError with the nearest names."""
    exact = list(session.scalars(select(Organization.id).where(Organization.slug == wanted.lower())))
    exact += session.scalars(
        select(Identifier.organization_id).where(
            Identifier.identifier == wanted.upper(), Identifier.organization_id.is_not(None)
        )
    )
    if exact:
        return [e for e in dict.fromkeys(exact) if e is not None]
    names: dict[int, list[str]] = {}
    rows = session.execute(select(Organization.id, Organization.name, Organization.classification))
    labels = {}
    for key, name, classification in rows:
        if parties == (classification in {"party", "political group"}):
            names[key] = [name]
            labels[key] = name
    for owner, other in session.execute(select(OtherName.organization_id, OtherName.name)):
        if owner in names:
            names[owner].append(other)
    text = folded(wanted)
    same = [k for k, all_ in names.items() if any(folded(n) == text for n in all_)]
    if same:
        return same
    words = text.split()
    like = [k for k, all_ in names.items() if any(all(w in folded(n) for w in words) for n in all_)]
    if len(like) == 1 or (parties and like):
        return like
    if like:
        some = "; ".join(sorted(labels[k] for k in like)[:5])
        raise NotFoundError(f"Several bodies fit “{wanted}”: {some}. Say more of the name.")
    near = [n for n, score, _ in process.extract(wanted, list(labels.values()), limit=3) if score > 60]
    hint = f" Did you mean {' or '.join(near)}?" if near else " Look at: outreach bodies list"
    raise NotFoundError(f"No {'party' if parties else 'body'} on file is called “{wanted}”.{hint}")


def _areas(session: Session, place: str) -> set[int]:
    """Areas of a name; for a US state its own seat and its districts."""
    text = folded(place)
    code = _STATES.get(text, place.upper() if place.upper() in _STATES.values() else "")
    found = set()
    for key, name, slug in session.execute(select(Area.id, Area.name, Area.slug)):
        if folded(name) == text or (code and (name == code or slug.startswith(f"us-{code.lower()}-"))):
            found.add(key)
    if not found:
        raise NotFoundError(
            f"No seat on file is for “{place}”. Write the state, country or constituency as on file."
        )
    return found


def _by_correspondence(
    session: Session, campaign_key: int, question: Question, people: dict[int, int], on: date
) -> dict[int, int]:
    if question.unanswered is None and not question.answered and not question.unwritten:
        return people
    letters = session.execute(
        select(Letter.person_id, Letter.sent_on, Letter.answered_on, Letter.status).where(
            Letter.campaign_id == campaign_key, Letter.origin == "own", Letter.person_id.is_not(None)
        )
    ).all()
    written = {p for p, *_ in letters}
    answered = {p for p, _, answer, _ in letters if answer is not None}
    limit = on - timedelta(days=question.unanswered or 0)
    silent = {
        p
        for p, sent, answer, status in letters
        if status in SENT_STATES and sent and sent <= limit and answer is None
    } - answered
    keep = set(people)
    if question.unanswered is not None:
        keep &= silent
    if question.answered:
        keep &= answered
    if question.unwritten:
        keep -= written
    return {p: b for p, b in people.items() if p in keep}


def _as_recipients(
    session: Session, campaign_key: int, people: Sequence[tuple[int, int]]
) -> list[RecipientRow]:
    """Recipients for people, or recipients to be: addressed by the seat that decides their style."""
    everyone = recipients_list(session, campaign_key)
    by_person: dict[str, RecipientRow] = {}
    for row in everyone:
        by_person.setdefault(row.person_id, row)
    slugs = {
        key: slug
        for chunk in in_chunks([p for p, _ in people])
        for key, slug in session.execute(select(Person.id, Person.slug).where(chunk(Person.id)))
    }
    found = [by_person[slugs[p]] for p, _ in people if slugs[p] in by_person]
    missing = [(p, b) for p, b in people if slugs[p] not in by_person]
    if not missing:
        return found
    styles = _styles(session, missing)
    wanted = []
    for person, _ in missing:
        audience, body, post = styles[person]
        wanted.append((audience, slugs[person], post, body))
    return [*found, *recipients_to_be(session, wanted)]


def _styles(session: Session, people: Sequence[tuple[int, int]]) -> dict[int, tuple[str, str, str]]:
    """Form of address, body and post for each person: of the most telling seat they hold or held last."""
    query = (
        select(Membership.person_id, Membership.role, Membership.start_date, Organization, Post)
        .join(Organization, Organization.id == Membership.organization_id)
        .outerjoin(Post, Post.id == Membership.post_id)
        .order_by(Membership.start_date)
    )
    best: dict[int, tuple[int, str, str, str]] = {}
    asked = dict(people)
    for chunk in in_chunks(list(asked)):
        for person, role, _, body, post in session.execute(query.where(chunk(Membership.person_id))):
            audience, weight = audience_for(
                post.audience if post else "", body.slug, body.jurisdiction, body.classification, role
            )
            weight = weight * 2 + (1 if body.id == asked[person] else 0)
            if person not in best or weight >= best[person][0]:
                best[person] = (weight, audience, body.slug, post.slug if post else "")
    return {person: values[1:] for person, values in best.items()}


# Saved groups


def _groups(session: Session, campaign_key: int) -> list[RecipientGroup]:
    return list(
        session.scalars(
            select(RecipientGroup)
            .where(RecipientGroup.campaign_id == campaign_key)
            .order_by(RecipientGroup.name)
        )
    )


def groups_list(session: Session, campaign_key: int) -> tuple[tuple[str, str], ...]:
    """Saved groups as (name, query), by name."""
    return tuple((g.name, g.query) for g in _groups(session, campaign_key))


def save_group(session: Session, campaign_key: int, name: str, query: str) -> Changes:
    """Save a question under a name, or change what a name asks.

    Raises: UsageError for an empty name or query, one with a comma, or a question that is not understood.
    """
    name, query = " ".join(name.split()), query.strip()
    if not name or "," in name or '"' in name:
        raise UsageError("A group needs a name without commas and quotation marks.")
    if not query:
        raise UsageError("Say whom the group holds, such as: members of JCSE.")
    saved = _groups(session, campaign_key)
    asked = {g.name.casefold(): g.query for g in saved} | {name.casefold(): query}
    for part in _expanded(asked, query, (name.casefold(),)):
        parse_question(part)
    found = next((g for g in saved if g.name.casefold() == name.casefold()), None)
    if found is None:
        session.add(RecipientGroup(campaign_id=campaign_key, name=name, query=query))
    else:
        found.name, found.query = name, query
    return Changes(frozenset({"directory"}), f"Group “{name}” saved.")


def delete_group(session: Session, campaign_key: int, name: str) -> Changes:
    """Delete a saved group; recipients stay. Raises: NotFoundError."""
    for group in _groups(session, campaign_key):
        if group.name.casefold() == name.strip().casefold():
            session.delete(group)
            return Changes(frozenset({"directory"}), f"Group “{group.name}” deleted.")
    raise NotFoundError(f"There is no group “{name}”.")


_STARTS = (
    "all", "members of ", "chairs of ", "senators", "representatives", "meps", "mps", "audience:",
)  # fmt: skip
_GOES_ON = (
    " of ", " party ", " in term ", " on ", " without an answer after 30 days", " with an answer", " not written to",
)  # fmt: skip


def complete(session: Session, campaign_key: int, text: str, limit: int = 12) -> tuple[str, ...]:
    """What a query that is being typed may become: whole queries that begin with what is there."""
    head, comma, part = text.rpartition(",")
    lead = f"{head}{comma} " if comma else ""
    typed = part.lstrip()
    low = folded(typed)
    options: list[str] = []
    if match := re.match(r"(members of|chairs of)\s+(.*)$", typed, re.I):
        wanted = folded(match.group(2))
        names = session.scalars(
            select(Organization.name)
            .where(Organization.classification != "party")
            .order_by(Organization.name)
        )
        options += [f"{match.group(1)} {n}" for n in names if wanted in folded(n)][:limit]
    if match := re.match(r"(senators|representatives|meps|mps)\s+of\s+(.*)$", typed, re.I):
        wanted = folded(match.group(2))
        options += [
            f"{match.group(1)} of {n}"
            for n in session.scalars(select(Area.name).order_by(Area.name))
            if folded(n).startswith(wanted)
        ][:limit]
    options += [name for name, _ in groups_list(session, campaign_key) if folded(name).startswith(low)]
    options += [s for s in _STARTS if s.startswith(low)]
    if typed and not typed.endswith(" ") and _is_whole(typed):
        options += [f"{typed}{more}" for more in _GOES_ON]
    if low:
        options += [r.name for r in recipients_list(session, campaign_key) if low in r.search_text]
    return tuple(dict.fromkeys(f"{lead}{o}" for o in options if o != typed))[:limit]


def _is_whole(text: str) -> bool:
    try:
        return parse_question(text) is not None
    except UsageError:
        return False
