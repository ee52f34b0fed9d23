"""Facts of a case, with their sources and conflicts, and the timeline made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from babel import Locale
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from outreach.directory.citations import SourceRef, citations_of
from outreach.directory.lookup import find_record
from outreach.domain.address import Addressee, formal_name
from outreach.domain.partial_dates import parse_partial
from outreach.domain.references import slug
from outreach.domain.wording import date_in_words, locale_for, money_in_words, number_in_words, with_unit
from outreach.errors import NotFoundError, UsageError
from outreach.store.changes import Changes
from outreach.store.models import (
    Case,
    CaseParty,
    Citation,
    Fact,
    FactStatus,
    FactType,
    Motion,
    Organization,
    Person,
    Source,
)
from outreach.store.types import free_slug, now

if TYPE_CHECKING:
    from outreach.cases.entries import FactEntry


@dataclass(frozen=True)
class FactRow:
    """A fact. value: in words, in the language asked for; "" if it has no text in that language.

    raw: the value as data (ISO date, number, text, person id). in_prose: as templates put it, numbers
    without their unit. formal: a person's title and family name, else "". conflicts_with: names of the facts
    that contradict it.
    """

    key: int
    name: str
    label: str
    type: str
    value: str
    in_prose: str
    raw: str
    formal: str
    unit: str
    status: str
    conflict: str
    conflicts_with: tuple[str, ...]
    note: str
    occurred_on: str | None
    translations: tuple[tuple[str, str], ...]
    sources: tuple[SourceRef, ...]


@dataclass(frozen=True)
class CaseRow:
    """A case. parties: (role, name, note) of each person and body in it."""

    key: int
    id: str
    name: str
    summary: str
    parties: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class VoteRow:
    """A vote on a motion with its counts as reported, None where one is not on file."""

    body: str
    motion: str
    date: str | None
    result: str
    yes: int | None
    no: int | None
    abstain: int | None
    sources: tuple[SourceRef, ...]


@dataclass(frozen=True)
class TimelineEntry:
    """What happened on a day (partial date). fact: the name of the fact it comes from."""

    on: str
    title: str
    detail: str
    disputed: bool
    sources: tuple[SourceRef, ...]
    fact: str


def find_case(session: Session, case_id: str) -> Case:
    """A case by readable id. Raises: NotFoundError naming the cases there are."""
    case = session.scalar(select(Case).where(Case.slug == case_id))
    if case is None:
        known = ", ".join(session.scalars(select(Case.slug).order_by(Case.id)))
        raise NotFoundError(
            f"There is no case “{case_id}”. "
            + (f"Known are: {known}." if known else "This database has no case yet.")
        )
    return case


def case_row(session: Session, case_id: str) -> CaseRow:
    """A case with its parties in the order they were entered. Raises: NotFoundError."""
    case = find_case(session, case_id)
    rows = session.execute(
        select(CaseParty, Person, Organization.name)
        .outerjoin(Person, Person.id == CaseParty.person_id)
        .outerjoin(Organization, Organization.id == CaseParty.organization_id)
        .where(CaseParty.case_id == case.id)
        .order_by(CaseParty.id)
    )
    parties = tuple(
        (party.role, _party_name(person) if person else body or "", party.note)
        for party, person, body in rows
    )
    return CaseRow(case.id, case.slug, case.name, case.summary, parties)


def _party_name(person: Person) -> str:
    """A person's name, with the rank or title where it is all that tells who is meant."""
    return person.name if person.given_name else f"{person.honorific_prefix} {person.name}".strip()


def facts_for(
    session: Session, case_id: str, *, language: str = "en", jurisdiction: str = ""
) -> tuple[FactRow, ...]:
    """A case's facts in the order they were entered. Raises: NotFoundError for an unknown case.

    Args: language, jurisdiction: decide how dates, numbers and money are worded.
    """
    case = find_case(session, case_id)
    facts = list(
        session.scalars(
            select(Fact).where(Fact.case_id == case.id).options(joinedload(Fact.person)).order_by(Fact.id)
        )
    )
    sources = citations_of(session, Citation.fact_id, [f.id for f in facts])
    groups: dict[str, list[str]] = defaultdict(list)
    for fact in facts:
        if fact.conflict:
            groups[fact.conflict].append(fact.name)
    locale = locale_for(language, jurisdiction)
    return tuple(
        FactRow(
            key=f.id,
            name=f.name,
            label=f.label,
            type=f.type.value,
            value=_worded(f, locale, language, units=True),
            in_prose=_worded(f, locale, language, units=False),
            raw=_raw(f),
            formal=_formal(f, language),
            unit=f.unit,
            status=f.status.value,
            conflict=f.conflict if len(groups[f.conflict]) > 1 else "",
            conflicts_with=tuple(n for n in groups.get(f.conflict, ()) if n != f.name),
            note=f.note,
            occurred_on=f.occurred_on,
            translations=tuple(sorted(f.translations.items())),
            sources=sources.get(f.id, ()),
        )
        for f in facts
    )


def _raw(fact: Fact) -> str:
    if fact.value_number is not None:
        return f"{fact.value_number.normalize():f}"
    if fact.person_id is not None:
        return str(fact.person.slug) if fact.person else ""
    return fact.value_date or fact.value_text or ""


def _formal(fact: Fact, language: str) -> str:
    person = fact.person
    if person is None:
        return ""
    return formal_name(
        Addressee(
            name=person.name,
            family_name=person.family_name,
            honorific_prefix=person.honorific_prefix,
            gender=person.gender,
        ),
        language,
    )


def _worded(fact: Fact, locale: Locale, language: str, *, units: bool) -> str:
    if fact.type is FactType.DATE and fact.value_date:
        return date_in_words(fact.value_date, locale)
    if fact.type is FactType.MONEY and fact.value_number is not None:
        return money_in_words(fact.value_number, fact.unit, locale)
    if fact.value_number is not None:
        return (
            with_unit(fact.value_number, fact.unit, locale)
            if units
            else number_in_words(fact.value_number, locale)
        )
    if fact.person_id is not None:
        return str(fact.person.name) if fact.person else ""
    if language == "en" or fact.type is FactType.LEGAL_BASIS:
        return fact.translations.get(language, fact.value_text or "")
    return fact.translations.get(language, "")


def timeline(session: Session, case_id: str, *, language: str = "en") -> tuple[TimelineEntry, ...]:
    """What happened, by date; a fact is on it when it says on which day (or month, or year) it happened.

    Args: language: of the details, as far as they are translated.
    """
    return timeline_of(facts_for(session, case_id, language=language))


def timeline_of(facts: Iterable[FactRow]) -> tuple[TimelineEntry, ...]:
    """The timeline that facts of a case make."""
    entries = [
        TimelineEntry(
            on=fact.occurred_on,
            title=fact.label.partition(" (")[0] if fact.conflict else fact.label,
            detail=fact.note if fact.type == FactType.DATE else fact.value or fact.raw,
            disputed=fact.status == FactStatus.DISPUTED,
            sources=fact.sources,
            fact=fact.name,
        )
        for fact in facts
        if fact.occurred_on
    ]
    return tuple(sorted(entries, key=lambda e: e.on))


def votes_list(session: Session, campaign_key: int) -> tuple[VoteRow, ...]:
    """Votes on the campaign's motions, by date."""
    motions = list(
        session.scalars(
            select(Motion)
            .where(Motion.campaign_id == campaign_key)
            .options(selectinload(Motion.vote_events), selectinload(Motion.organization))
            .order_by(Motion.date, Motion.id)
        )
    )
    sources = citations_of(session, Citation.motion_id, [m.id for m in motions])
    return tuple(
        VoteRow(
            m.organization.name,
            m.text,
            v.start_date,
            v.result,
            v.yes_count,
            v.no_count,
            v.abstain_count,
            sources.get(m.id, ()),
        )
        for m in motions
        for v in m.vote_events
    )


def sources_list(session: Session) -> tuple[tuple[str, str], ...]:
    """Sources on file as (id, title), the newest first."""
    rows = session.execute(select(Source.slug, Source.title).order_by(Source.published_on.desc(), Source.id))
    return tuple((slug, title) for slug, title in rows)


def add_source(session: Session, *, title: str, published_on: str, publisher: str, url: str) -> Changes:
    """Put a source on file, to be cited by facts.

    Args: published_on: partial date, "" if not known. Returns: Changes whose ref is its id.
    Raises: UsageError without a title or with a malformed date.
    """
    if not title.strip():
        raise UsageError("A source needs a title.")
    day = parse_partial(published_on) if published_on.strip() else None
    candidate = free_slug(session, Source, slug(title, "source"))
    session.add(
        Source(
            slug=candidate,
            title=title.strip(),
            published_on=day,
            publisher=publisher.strip(),
            url=url.strip(),
        )
    )
    return Changes(frozenset({"cases"}), f"Source “{title.strip()}” is on file.", (candidate,))


def fact_entry(values: dict[str, object]) -> FactEntry:
    """A fact as a user entered it. Args: values: by the fields of FactEntry.

    Raises: UsageError with the first thing to correct.
    """
    from pydantic import ValidationError

    from outreach.cases.entries import FactEntry

    try:
        return FactEntry.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = {"name": "name", "value": "value", "on": "day", "label": "label"}.get(
            str(first["loc"][0]) if first["loc"] else "", ""
        )
        message = str(first["msg"]).removeprefix("Value error, ")
        raise UsageError(f"The fact’s {place}: {message}" if place else message) from error


def save_fact(session: Session, case_id: str, entry: FactEntry) -> Changes:
    """Add a fact, or change the one of that name.

    Args: entry: as in a campaign's files; its sources name sources on file by id.
    Raises: NotFoundError for an unknown case, person or source.
    """
    case = find_case(session, case_id)
    # Before the fact is in the session, which would be written without a value when the person is looked for.
    person = find_record(session, Person, entry.value).id if entry.type is FactType.PERSON else None
    fact = session.scalar(
        select(Fact)
        .where(Fact.case_id == case.id, Fact.name == entry.name)
        .execution_options(include_deleted=True)
    )
    if fact is None:
        fact = Fact(case_id=case.id, name=entry.name)
        session.add(fact)
    fact.deleted_at = None
    fact.label, fact.type, fact.unit = entry.label, entry.type, entry.unit
    fact.translations, fact.occurred_on = dict(entry.translations), entry.on
    fact.status, fact.conflict, fact.note = entry.status, entry.conflict, entry.note
    fact.value_text = fact.value_date = fact.value_number = fact.person_id = None
    if entry.type is FactType.DATE:
        fact.value_date = entry.value
        fact.occurred_on = entry.on or entry.value
    elif entry.type in {FactType.NUMBER, FactType.MONEY}:
        fact.value_number = Decimal(entry.value)
    elif entry.type is FactType.PERSON:
        fact.person_id = person
    else:
        if not entry.value.strip():
            raise UsageError("A fact needs a value.")
        fact.value_text = entry.value
    session.flush()
    for citation in session.scalars(select(Citation).where(Citation.fact_id == fact.id)):
        session.delete(citation)
    for cited in entry.sources:
        source = session.scalar(select(Source).where(Source.slug == cited.source))
        if source is None:
            raise NotFoundError(f"There is no source “{cited.source}” on file.")
        session.add(Citation(source_id=source.id, fact_id=fact.id, locator=cited.at, claim=cited.claim))
    return Changes(frozenset({"cases"}), f"Saved “{entry.label}”.")


def delete_fact(session: Session, key: int) -> Changes:
    """Delete a fact; letters keep the words they used, and `restore_fact` undoes it.

    Raises: NotFoundError.
    """
    fact = session.get(Fact, key, execution_options={"include_deleted": True})
    if fact is None or fact.deleted_at is not None:
        raise NotFoundError("This fact was deleted already.")
    fact.deleted_at = now()
    return Changes(frozenset({"cases"}), f"Deleted “{fact.label}”.")


def restore_fact(session: Session, key: int) -> Changes:
    """Put back a deleted fact. Raises: NotFoundError."""
    fact = session.get(Fact, key, execution_options={"include_deleted": True})
    if fact is None:
        raise NotFoundError("This fact does not exist.")
    fact.deleted_at = None
    return Changes(frozenset({"cases"}), f"Restored “{fact.label}”.")
