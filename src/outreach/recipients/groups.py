"""Questions about recipients that were saved under a name."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.errors import NotFoundError, UsageError
from outreach.recipients.parse import expanded_questions, parse_question
from outreach.store.changes import Changes
from outreach.store.models import RecipientGroup


def saved_groups(session: Session, campaign_key: int) -> list[RecipientGroup]:
    """The groups of a campaign as they are on file, by name."""
    return list(
        session.scalars(
            select(RecipientGroup)
            .where(RecipientGroup.campaign_id == campaign_key)
            .order_by(RecipientGroup.name)
        )
    )


def groups_list(session: Session, campaign_key: int) -> tuple[tuple[str, str], ...]:
    """Saved groups as (name, query), by name."""
    return tuple((g.name, g.query) for g in saved_groups(session, campaign_key))


def save_group(session: Session, campaign_key: int, name: str, query: str) -> Changes:
    """Save a question under a name, or change what a name asks.

    Raises: UsageError for an empty name or query, one with a comma, or a question that is not understood.
    """
    name, query = " ".join(name.split()), query.strip()
    if not name or "," in name or '"' in name:
        raise UsageError("A group needs a name without commas and quotation marks.")
    if not query:
        raise UsageError("Say whom the group holds, such as: members of JCSE.")
    saved = saved_groups(session, campaign_key)
    asked = {g.name.casefold(): g.query for g in saved} | {name.casefold(): query}
    for part in expanded_questions(asked, query, (name.casefold(),)):
        parse_question(part)
    found = next((g for g in saved if g.name.casefold() == name.casefold()), None)
    if found is None:
        session.add(RecipientGroup(campaign_id=campaign_key, name=name, query=query))
    else:
        found.name, found.query = name, query
    return Changes(frozenset({"directory"}), f"Group “{name}” saved.")


def delete_group(session: Session, campaign_key: int, name: str) -> Changes:
    """Delete a saved group; recipients stay. Raises: NotFoundError."""
    for group in saved_groups(session, campaign_key):
        if group.name.casefold() == name.strip().casefold():
            session.delete(group)
            return Changes(frozenset({"directory"}), f"Group “{group.name}” deleted.")
    raise NotFoundError(f"There is no group “{name}”.")
