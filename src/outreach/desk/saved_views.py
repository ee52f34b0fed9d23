"""Filters of the tracking table, saved under a name."""

from dataclasses import asdict, dataclass, fields

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.desk.letter_query import Filters
from outreach.errors import NotFoundError, UsageError
from outreach.store.changes import Changes
from outreach.store.models import SavedView

VIEWS = frozenset({"views"})


@dataclass(frozen=True)
class ViewRow:
    """A saved view."""

    name: str
    filters: Filters


def views_list(session: Session, campaign_key: int) -> tuple[ViewRow, ...]:
    """A campaign's saved views, by name."""
    known = {f.name for f in fields(Filters)}
    return tuple(
        ViewRow(v.name, Filters(**{k: str(x) for k, x in v.filters.items() if k in known}))
        for v in session.scalars(
            select(SavedView).where(SavedView.campaign_id == campaign_key).order_by(SavedView.name)
        )
    )


def view_named(session: Session, campaign_key: int, name: str) -> Filters:
    """The filters of a view. Raises: NotFoundError naming those there are."""
    views = views_list(session, campaign_key)
    for view in views:
        if view.name.casefold() == name.strip().casefold():
            return view.filters
    known = ", ".join(v.name for v in views)
    raise NotFoundError(
        f"There is no view “{name}”. "
        + (f"Known are: {known}." if known else "Save one with: outreach views save")
    )


def save_view(session: Session, campaign_key: int, name: str, filters: Filters) -> Changes:
    """Save filters under a name, in place of those it had. Raises: UsageError without a name or a filter."""
    cleaned = " ".join(name.split())
    chosen = {k: v for k, v in asdict(filters).items() if v}
    if not cleaned:
        raise UsageError("A view needs a name.")
    if not chosen:
        raise UsageError("Set a filter first; all letters need no view.")
    view = session.scalar(
        select(SavedView).where(SavedView.campaign_id == campaign_key, SavedView.name == cleaned)
    ) or SavedView(campaign_id=campaign_key, name=cleaned)
    view.filters = chosen
    session.add(view)
    return Changes(VIEWS, f"View “{cleaned}” saved.", (cleaned,))


def delete_view(session: Session, campaign_key: int, name: str) -> Changes:
    """Forget a view. Raises: NotFoundError."""
    view = session.scalar(
        select(SavedView).where(SavedView.campaign_id == campaign_key, SavedView.name == name.strip())
    )
    if view is None:
        view_named(session, campaign_key, name)
        raise NotFoundError(f"There is no view “{name}”.")
    session.delete(view)
    return Changes(VIEWS, f"View “{view.name}” deleted.")
