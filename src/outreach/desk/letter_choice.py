"""The letters that a message may answer, to choose one of."""

from collections.abc import Sequence

from sqlalchemy import and_, case, column, false, select, table
from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow
from outreach.desk.letter_query import LetterQuery
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import letter_page
from outreach.domain.states import Origin
from outreach.store.models import LetterRow
from outreach.store.paging import ListQuery, Order
from outreach.store.search import fts_query, in_chunks

_words = table("search_letters", column("rowid"), column("search_letters"))


def letters_sent(campaign_key: int, search: str = "", proposed: str = "") -> ListQuery:
    """Own letters that went out: the one proposed first, then those without an answer, by reference.

    Args: search: words, each of which must begin one of a letter's reference, recipient, office, body, party
        or country. proposed: a reference, "" for none.
    """
    row = LetterRow.c
    parts = [
        row.campaign_id == campaign_key,
        row.sent_on.is_not(None),
        row.origin == Origin.OWN.value,
    ]
    for word in search.split():
        found = select(_words.c.rowid).where(_words.c.search_letters.op("MATCH")(fts_query(word)))
        parts.append(row.id.in_(found) if any(c.isalnum() for c in word) else false())
    likely = case((row.reference == proposed, "0"), (row.answered_on.is_(None), "1"), else_="2")
    return ListQuery(
        row.id,
        LetterRow,
        and_(*parts),
        {
            "likely": likely + row.reference_key,
            "recipient": row.recipient_key,
            "body": row.body_key,
            "sent": row.sent_on,
            "reference": row.reference_key,
        },
        Order("likely"),
    )


def letters_by_key(session: Session, keys: Sequence[int], *, campaign: CampaignRow) -> tuple[TrackerRow, ...]:
    """Letters of a campaign by their ids, in the order of these."""
    references = references_of(session, keys)
    query = LetterQuery(only=tuple(references.values())).of(campaign.key)
    page = letter_page(session, query, campaign.today, limit=max(len(references), 1))
    rows = {r.reference: r for r in page.rows}
    return tuple(rows[references[key]] for key in keys if references.get(key) in rows)


def references_of(session: Session, keys: Sequence[int]) -> dict[int, str]:
    """References of letters by their ids."""
    return {
        key: reference
        for chunk in in_chunks(keys)
        for key, reference in session.execute(
            select(LetterRow.c.id, LetterRow.c.reference).where(chunk(LetterRow.c.id))
        )
    }


def letter_keys(session: Session, references: Sequence[str]) -> dict[str, int]:
    """Ids of letters by their references; those that are not there are left out."""
    return {
        reference: key
        for chunk in in_chunks(references)
        for reference, key in session.execute(
            select(LetterRow.c.reference, LetterRow.c.id).where(chunk(LetterRow.c.reference))
        )
    }
