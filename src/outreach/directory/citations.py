"""The sources behind records: reading them for many records at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from outreach.store.models import Citation, Source
from outreach.store.search import in_chunks


@dataclass(frozen=True)
class SourceRef:
    """One citation. kind: document or outside. locator: where in the source. claim: what it supports."""

    id: str
    title: str
    date: str | None
    kind: str
    locator: str
    claim: str
    publisher: str = ""
    url: str = ""


def titles_of(sources: Iterable[SourceRef]) -> tuple[str, ...]:
    """The titles of sources, each once, in their order."""
    return tuple(dict.fromkeys(s.title for s in sources))


def citations_of(
    session: Session, subject: InstrumentedAttribute[int | None], ids: Collection[int]
) -> dict[int, tuple[SourceRef, ...]]:
    """Sources of records, oldest citation first.

    Args: subject: the column of `Citation` that names the records, such as ``Citation.fact_id``.
    Returns: by record id; a record without sources is missing.
    """
    found: dict[int, list[SourceRef]] = defaultdict(list)
    query = (
        select(subject, Citation, Source).join(Source, Source.id == Citation.source_id).order_by(Citation.id)
    )
    for chunk in in_chunks(ids):
        rows = session.execute(query.where(chunk(subject)))
        for record_id, citation, source in rows:
            if record_id is None:
                continue
            found[record_id].append(
                SourceRef(
                    source.slug,
                    source.title,
                    source.published_on,
                    source.kind.value,
                    citation.locator,
                    citation.claim,
                    source.publisher,
                    source.url,
                )
            )
    return {key: tuple(refs) for key, refs in found.items()}
