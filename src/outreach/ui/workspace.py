"""What every page works with: the database's jobs, the campaign in view, undo, and the way to other pages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypedDict, Unpack

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoGroup, QUndoStack

from outreach.cases.campaigns import CampaignRow
from outreach.letters.sandbox import TemplateSandbox
from outreach.store.changes import Changes
from outreach.store.database import Database, WorkSession
from outreach.ui.dialogs.forms import FormDialog
from outreach.ui.job import Progress
from outreach.ui.jobs import Jobs
from outreach.ui.saving import Saving


class What(TypedDict, total=False):
    """What a link shows on a page; what is not named stays as it is there.

    letters: references (of letters to choose), or filters by their names in `desk.letter_query.Filters`. compose: reference (of
    a draft to edit), follow_up (letters to write about again), recipient (key of one to tick). inbox: view (one of triage.VIEWS),
    key (of a message to choose). cases: fact (its name). directory: kind (person, body, post or area), id and name of a record.
    """

    references: Sequence[str]
    status: str
    body: str
    party: str
    country: str
    within: str
    reference: str
    follow_up: Sequence[str]
    recipient: int
    view: str
    key: int
    fact: str
    kind: str
    id: str
    name: str


@dataclass(frozen=True)
class Place:
    """Somewhere to go: a page, and what to show there (see each page's `show_place`)."""

    page: str
    what: What


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
        self.saving = Saving(jobs, self)
        self.undo_group = QUndoGroup(self)
        self._undo: dict[int, QUndoStack] = {}
        self.campaign: CampaignRow | None = None
        self._use_undo_of(0)

    @property
    def undo(self) -> QUndoStack:
        """What can be undone in the campaign in view; each has its own, and finds it again when it comes back into view."""
        return self._undo[self.campaign.key if self.campaign else 0]

    def _use_undo_of(self, key: int) -> None:
        if key not in self._undo:
            self._undo[key] = QUndoStack(self.undo_group)
        self.undo_group.setActiveStack(self._undo[key])

    def set_campaign(self, campaign: CampaignRow | None) -> None:
        """Show another campaign, or the same with fresh values."""
        self.campaign = campaign
        self._use_undo_of(campaign.key if campaign else 0)
        self.campaign_changed.emit()

    def go(self, page: str, **what: Unpack[What]) -> None:
        """Turn to a page."""
        self.going.emit(Place(page, what))

    def tell(self, changes: Changes) -> None:
        """Say in the status bar what was done."""
        self.said.emit(changes.message)

    def save(self, dialog: FormDialog[object], work: Callable[[WorkSession], Changes]) -> None:
        """Save what a dialog holds: it closes when that is done, and stays with its reason when it is refused."""
        self.jobs.write(dialog, work, partial(self._saved, dialog), failed=dialog.show_problem)

    def save_long(
        self, dialog: FormDialog[object], title: str, work: Callable[[Database, Progress], Changes]
    ) -> None:
        """As `save`, for work that first reads or computes and then writes: it gets the database, see `Jobs.long`."""
        self.jobs.long(dialog, title, work, partial(self._saved, dialog), failed=dialog.show_problem)

    def _saved(self, dialog: FormDialog[object], changes: Changes) -> None:
        dialog.accept_result()
        self.tell(changes)
