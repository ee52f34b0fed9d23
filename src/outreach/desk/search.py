"""One search over everything: people, bodies, offices, places, facts, letters and their answers."""

import re
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from outreach.domain.references import folded
from outreach.store.models import Area, Campaign, Case, Fact, Letter, Organization, Person, Post
from outreach.store.search import fts_query, in_chunks

_ALIKE = 72.0
_ORDER = ("body", "post", "area", "letter", "fact")


@dataclass(frozen=True)
class Hit:
    """Something found. kind: person, body, post, area, fact or letter. ref: its readable id or reference.

    campaign: name of the one that a fact or a letter belongs to; the directory belongs to all.
    """

    kind: str
    ref: str
    title: str
    detail: str
    campaign: str = ""


@dataclass(frozen=True)
class Found:
    """What a search found.

    meant: the words it went by, where what was typed found nothing. is_cut: whether there is more.
    """

    hits: tuple[Hit, ...]
    meant: str = ""
    is_cut: bool = False


def find(session: Session, typed: str, limit: int = 40, *, campaign_key: int | None = None) -> Found:
    """Search everything; each word must begin a word of the record.

    Accents do not matter. Words that occur nowhere are taken for the nearest ones that do.
    Args: limit: most hits; people first, then bodies, offices, places, letters and facts. campaign_key: finds
        the facts and letters of this campaign only; by default of all.
    """
    words = re.findall(r"[\w’'-]+", typed)
    if not words:
        return Found(())
    if hits := _matching(session, words, limit + 1, campaign_key):
        return Found(hits[:limit], is_cut=len(hits) > limit)
    meant = [_meant(session, word) for word in words]
    if meant != [folded(w) for w in words] and all(meant):
        # A word that only another campaign has finds nothing here, and is not named either.
        hits = _matching(session, meant, limit + 1, campaign_key)
        return Found(hits[:limit], " ".join(meant), len(hits) > limit) if hits else Found(())
    return Found(())


# People, who are most of what is found, get their titles with the search itself.
_QUERY = text(
    "SELECT kind, owner_id, person.slug, person.name, person.honorific_prefix, person.summary"
    " FROM search_index LEFT JOIN person ON kind = 'person' AND person.id = owner_id"
    " AND person.deleted_at IS NULL"
    " WHERE search_index MATCH :query"
    " AND (:campaign IS NULL"
    " OR kind NOT IN ('letter', 'fact')"
    " OR kind = 'letter' AND EXISTS (SELECT 1 FROM letter WHERE letter.id = owner_id"
    " AND campaign_id = :campaign)"
    ' OR kind = \'fact\' AND EXISTS (SELECT 1 FROM fact JOIN "case" ON "case".id = fact.case_id'
    ' WHERE fact.id = owner_id AND "case".campaign_id = :campaign))'
    " LIMIT :most"
)


def _matching(session: Session, words: list[str], limit: int, campaign_key: int | None) -> tuple[Hit, ...]:
    query = fts_query(" ".join(words))
    if not any(c.isalnum() for c in query):
        return ()
    # A common word has too many hits to rank them all within the time of a keystroke; the first ones serve.
    people: dict[int, Hit] = {}
    others: dict[str, dict[int, None]] = {}
    for kind, owner, slug, name, prefix, summary in session.execute(
        _QUERY, {"query": query, "most": limit * 3, "campaign": campaign_key}
    ):
        if kind != "person":
            others.setdefault(kind, {})[owner] = None
        elif slug is not None and owner not in people:
            people[owner] = Hit("person", slug, f"{prefix} {name}".strip(), summary[:90])
    hits = list(people.values())[:limit]
    for kind in sorted(others, key=_ORDER.index):
        for chunk in in_chunks(list(others[kind])):
            titled = _hits(session, kind, chunk)
            hits += [titled[kind, key] for key in others[kind] if (kind, key) in titled]
    return tuple(hits[:limit])


def _meant(session: Session, word: str) -> str:
    """The word of the index that a misspelt one is nearest to; itself if it is one; "" if none is near."""
    from rapidfuzz import fuzz, process

    plain = folded(word)
    if session.execute(
        text("SELECT 1 FROM search_words WHERE term >= :a AND term < :b LIMIT 1"),
        {"a": plain, "b": plain + "\U0010ffff"},
    ).first():
        return plain
    # Its first letter is seldom mistaken; if nothing near begins with it, every word is looked at.
    for low, high in ((plain[:1], plain[:1] + "\U0010ffff"), ("", "\U0010ffff")):
        terms = [
            row[0]
            for row in session.execute(
                text(
                    "SELECT term FROM search_words WHERE term >= :a AND term < :b"
                    " AND length(term) BETWEEN :n AND :m"
                ),
                {"a": low, "b": high, "n": len(plain) - 2, "m": len(plain) + 2},
            )
        ]
        best = process.extractOne(plain, terms, scorer=fuzz.ratio, score_cutoff=_ALIKE)
        if best:
            return str(best[0])
    return ""


def _hits(session: Session, kind: str, chunk: object) -> dict[tuple[str, int], Hit]:
    where = chunk  # a condition on a column, see store.search.in_chunks
    assert callable(where)
    match kind:
        case "body":
            bodies = session.execute(
                select(
                    Organization.id, Organization.slug, Organization.name, Organization.classification
                ).where(where(Organization.id))
            )
            return {
                ("body", key): Hit("body", slug, name, kind_.capitalize())
                for key, slug, name, kind_ in bodies
            }
        case "post":
            posts = session.execute(
                select(Post.id, Post.slug, Post.label, Organization.name)
                .join(Organization, Organization.id == Post.organization_id)
                .where(where(Post.id))
            )
            return {("post", key): Hit("post", slug, label, body) for key, slug, label, body in posts}
        case "area":
            areas = session.execute(
                select(Area.id, Area.slug, Area.name, Area.classification).where(where(Area.id))
            )
            return {
                ("area", key): Hit("area", slug, name, kind_.capitalize()) for key, slug, name, kind_ in areas
            }
        case "fact":
            facts = session.execute(
                select(Fact.id, Fact.name, Fact.label, Fact.value_text, Case.name, Campaign.name)
                .join(Case, Case.id == Fact.case_id)
                .join(Campaign, Campaign.id == Case.campaign_id)
                .where(where(Fact.id))
            )
            return {
                ("fact", key): Hit(
                    "fact", name, label, " · ".join(x for x in (case, (value or "")[:80]) if x), campaign
                )
                for key, name, label, value, case, campaign in facts
            }
        case _:
            letters = session.execute(
                select(
                    Letter.id,
                    Letter.reference,
                    Letter.subject,
                    Person.name,
                    Organization.name,
                    Campaign.name,
                )
                .join(Campaign, Campaign.id == Letter.campaign_id)
                .outerjoin(Person, Person.id == Letter.person_id)
                .outerjoin(Organization, Organization.id == Letter.organization_id)
                .where(where(Letter.id))
            )
            return {
                ("letter", key): Hit(
                    "letter", reference, subject, f"{reference} to {person or body or ''}", campaign
                )
                for key, reference, subject, person, body, campaign in letters
            }
