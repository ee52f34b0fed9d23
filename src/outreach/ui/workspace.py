"""What every page works with: the database's jobs, the campaign in view, undo, and the way to other pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoGroup, QUndoStack

from outreach.cases.campaigns import CampaignRow
from outreach.letters.sandbox import TemplateSandbox
from outreach.store.changes import Changes
from outreach.ui.jobs import Jobs
from outreach.ui.saving import Saving

if TYPE_CHECKING:
    from outreach.desk.chosen import ChosenLetters


class What(TypedDict, total=False):
    """What a link shows on a page; what is not named stays as it is there.

    letters: references (of letters to choose), or filters by their names in `desk.letter_query.Filters`.
    compose: reference (of a draft to edit), follow_up (letters to write about again), recipient (key of one
    to tick). inbox: view (one of triage.VIEWS), key (of a message to choose), files (paths of messages to put
    on file). cases: fact (its name). directory: kind (person, body, post or area), id and name of a record.
    """

    references: Sequence[str]
    status: str
    body: str
    party: str
    country: str
    within: str
    reference: str
    follow_up: ChosenLetters
    recipient: int
    view: str
    key: int
    files: Sequence[str]
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
    """Signals: campaign_changed() when another campaign is in view; going(Place) to turn to a page; said(str)
    for a sentence in the status bar; send_wanted(ChosenLetters) with letters to send, settle_wanted(str) with
    the reference of one to say of whether it went out; fetch_wanted() for new mail."""

    campaign_changed = Signal()
    going = Signal(object)
    said = Signal(str)
    send_wanted = Signal(object)
    settle_wanted = Signal(str)
    fetch_wanted = Signal()

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
        """What can be undone in the campaign in view; each has its own, and finds it again when it comes back
        into view."""
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
