"""Saved views of the table of letters."""

from functools import partial

from outreach.desk.letter_query import Filters
from outreach.desk.saved_views import ViewRow, delete_view, save_view
from outreach.store.changes import Changes
from outreach.ui.operations.operation import Undoable, Write, tr


def save(campaign_key: int, filters: Filters, *, name: str) -> Write[Changes]:
    """Keep filters under a name."""
    return Write(partial(save_view, campaign_key=campaign_key, name=name, filters=filters))


def delete(campaign_key: int, view: ViewRow) -> Undoable:
    """Forget a view."""
    return Undoable(
        tr("delete the view “{0}”").format(view.name),
        partial(delete_view, campaign_key=campaign_key, name=view.name),
        partial(save_view, campaign_key=campaign_key, name=view.name, filters=view.filters),
    )
