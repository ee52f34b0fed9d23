"""The names that letters can be filtered by."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.store.letter_rows import settle_session
from outreach.store.models import LetterRow


@dataclass(frozen=True)
class FilterNames:
    """Bodies, parties and countries that a campaign's letters went to, each sorted."""

    bodies: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


def filter_names(session: Session, campaign_key: int) -> FilterNames:
    """The names that letters of a campaign can be filtered by."""
    settle_session(session)

    def names(column: str, key: str) -> tuple[str, ...]:
        # Keys are read from their index alone, and each is written as one of its letters has it.
        here = LetterRow.c.campaign_id == campaign_key
        by = LetterRow.c[key]
        keys = select(by.label("key")).where(here, by.is_not(None)).distinct().subquery()
        same = LetterRow.alias()
        name = (
            select(same.c[column])
            .where(same.c.campaign_id == campaign_key, same.c[key] == keys.c.key)
            .limit(1)
            .scalar_subquery()
        )
        return tuple(sorted(session.scalars(select(name).select_from(keys)), key=str.casefold))

    return FilterNames(
        names("body", "body_key"), names("party", "party_key"), names("country", "country_key")
    )
