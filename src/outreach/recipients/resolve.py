"""Whom a query names: recipients of a campaign, and people of the directory. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.directory.bodies import bodies_list
from outreach.directory.importers.european_parliament import EP_TERMS
from outreach.directory.people import PersonRow, people_list
from outreach.domain.address import audience_for
from outreach.domain.partial_dates import covers
from outreach.domain.references import folded
from outreach.domain.states import SENT_STATES, Origin
from outreach.domain.wording import date_in_words, locale_for
from outreach.errors import NotFoundError, UsageError
from outreach.recipients.groups import saved_groups
from outreach.recipients.parse import Question, expanded_questions, parse_question
from outreach.recipients.rows import RecipientRow, recipients_list, recipients_to_be
from outreach.recipients.seats import seats_meant
from outreach.store.models import (
    Letter,
    Membership,
    Organization,
    Person,
    Post,
)
from outreach.store.search import in_chunks


def resolve_recipients(session: Session, campaign_key: int, query: str) -> tuple[RecipientRow, ...]:
    """Recipients that a query names.

    Args: query: terms joined by commas, each one of: ``all``; ``audience:KEY``; ``body:ID``; ``person:ID``;
        or words that must all occur in a recipient's names, post or body. An exact name wins over words.
    Returns: each recipient once, in the campaign's order.
    Raises: NotFoundError for a term that matches nobody, with the nearest names.
    """
    everyone = recipients_list(session, campaign_key)
    chosen: set[int] = set()
    for term in (t.strip() for t in query.split(",")):
        if not term:
            continue
        found = _term(everyone, term)
        if not found:
            raise NotFoundError(_nobody(session, everyone, term))
        chosen |= {r.key for r in found}
    if not chosen:
        raise UsageError("Say who the letters go to: --to all, a name, an office, or audience:KEY.")
    return tuple(r for r in everyone if r.key in chosen)


def _term(everyone: tuple[RecipientRow, ...], term: str) -> list[RecipientRow]:
    if term.casefold() == "all":
        return list(everyone)
    field, colon, value = term.partition(":")
    if colon and field in {"audience", "body", "person", "post"}:
        attribute = "audience" if field == "audience" else f"{field}_id"
        return [r for r in everyone if getattr(r, attribute) == value.strip()]
    wanted = folded(term)
    exact = [r for r in everyone if wanted in {folded(r.name), r.person_id, folded(r.post)}]
    if exact:
        return exact
    words = wanted.split()
    return [
        r for r in everyone if all(any(w.startswith(word) for w in r.search_text.split()) for word in words)
    ]


def _nobody(session: Session, everyone: tuple[RecipientRow, ...], term: str) -> str:
    from rapidfuzz import process

    if not everyone:
        return "This campaign has no recipients yet. Add one with: outreach recipients add"
    outsider = people_list(session, search=term) or bodies_list(session, search=term)
    if outsider:
        return (
            f"{outsider[0].name} is in the directory but not a recipient of this campaign. "
            "Add them first with: outreach recipients add "
            f"--{'person' if isinstance(outsider[0], PersonRow) else 'body'} {outsider[0].id} --audience KEY"
        )
    near = [
        name for name, score, _ in process.extract(term, [r.name for r in everyone], limit=3) if score > 50
    ]
    hint = f" Did you mean {' or '.join(near)}?" if near else " List them with: outreach recipients list"
    return f"No recipient of this campaign matches “{term}”.{hint}"


@dataclass(frozen=True)
class ResolvedRecipients:
    """Whom a query names. notes: what the user should know of how it was understood."""

    recipients: tuple[RecipientRow, ...]
    notes: tuple[str, ...]


def recipients_for(
    session: Session, campaign_key: int, query: str, *, on: date, today: date | None = None
) -> ResolvedRecipients:
    """Whom a query names.

    People of the directory who are no recipients yet come with the key 0; nothing is written.

    Args: on: the letter's date, on which a seat must be held. today: the real day, tried where nobody on file
        held the seats on the letter's date.
    Raises: NotFoundError for a question that names nobody; UsageError for one that is not understood.
    """
    groups = {g.name.casefold(): g.query for g in saved_groups(session, campaign_key)}
    chosen: dict[tuple[str, str, str], RecipientRow] = {}
    notes: list[str] = []
    for part in expanded_questions(groups, query, ()):
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
    return ResolvedRecipients(tuple(rows), tuple(dict.fromkeys(notes)))


def _by_place(rows: Iterable[RecipientRow]) -> dict[tuple[str, str, str], RecipientRow]:
    return {(r.person_id, r.post_id, r.body_id): r for r in rows}


def _people(
    session: Session, campaign_key: int, question: Question, on: date, today: date, text: str
) -> tuple[list[tuple[int, int]], str]:
    """(person, body) of everybody that a question names, and what to say of the day it was asked for."""
    seats = seats_meant(session, question)
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
                    f"For “{text}”, nobody on file held the seat on {date_in_words(on, locale)}; those who "
                    f"hold it now ({date_in_words(today, locale)}) were taken."
                )
    people = {s[0]: s[1] for s in held}
    people = _by_correspondence(session, campaign_key, question, people, on)
    if not people:
        hint = "" if seats else " Import a directory first, or look at: outreach bodies list"
        raise NotFoundError(f"“{text}” names nobody.{hint}")
    return list(people.items()), note


def _by_correspondence(
    session: Session, campaign_key: int, question: Question, people: dict[int, int], on: date
) -> dict[int, int]:
    if question.unanswered is None and not question.answered and not question.unwritten:
        return people
    letters = session.execute(
        select(Letter.person_id, Letter.sent_on, Letter.answered_on, Letter.status).where(
            Letter.campaign_id == campaign_key, Letter.origin == Origin.OWN, Letter.person_id.is_not(None)
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
