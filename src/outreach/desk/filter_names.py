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
        # Rows with the same key are next to one another in its index.
        name, by = LetterRow.c[column], LetterRow.c[key]
        found = session.scalars(
            select(name)
            .where(LetterRow.c.campaign_id == campaign_key, by.is_not(None), name != "")
            .group_by(by, name)
        )
        return tuple(sorted(set(found), key=str.casefold))

    return FilterNames(
        names("body", "body_key"), names("party", "party_key"), names("country", "country_key")
    )
