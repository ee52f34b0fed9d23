"""What every page works with: the database's jobs, the campaign in view, undo, and the way to other pages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from outreach.cases.campaigns import CampaignRow
from outreach.letters.sandbox import TemplateSandbox
from outreach.store.changes import Changes
from outreach.ui.dialogs.forms import FormDialog
from outreach.ui.jobs import Jobs


@dataclass(frozen=True)
class Place:
    """Somewhere to go: a page, and what to show there (see each page's `show_place`)."""

    page: str
    what: dict[str, Any] = field(default_factory=dict)


class Workspace(QObject):
    """Signals: campaign_changed() when another campaign is in view; going(Place) to turn to a page;
    said(str) for a sentence in the status bar."""

    campaign_changed = Signal()
    going = Signal(object)
    said = Signal(str)

    def __init__(self, jobs: Jobs, sandbox: TemplateSandbox, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.sandbox = sandbox
        self.undo = QUndoStack(self)
        self.campaign: CampaignRow | None = None

    def set_campaign(self, campaign: CampaignRow | None) -> None:
        """Show another campaign, or the same with fresh values."""
        self.campaign = campaign
        self.campaign_changed.emit()

    def go(self, page: str, **what: Any) -> None:
        """Turn to a page."""
        self.going.emit(Place(page, what))

    def tell(self, changes: Changes) -> None:
        """Say in the status bar what was done."""
        self.said.emit(changes.message)

    def save(self, dialog: FormDialog, work: Callable[[Any], Changes]) -> None:
        """Save what a dialog holds: it closes when that is done, and stays with its reason when it is refused."""
        self.jobs.write(dialog, work, partial(self._saved, dialog), failed=dialog.show_problem)

    def save_long(self, dialog: FormDialog, title: str, work: Callable[[Any, Any], Changes]) -> None:
        """As `save`, for work that first reads or computes and then writes: it gets the database, see `Jobs.long`."""
        self.jobs.long(dialog, title, work, partial(self._saved, dialog), failed=dialog.show_problem)

    def _saved(self, dialog: FormDialog, changes: Changes) -> None:
        dialog.accept_result()
        self.tell(changes)
