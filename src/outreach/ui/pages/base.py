"""What all pages share."""

from typing import Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from outreach.ui.widgets.parts import Words
from outreach.ui.workspace import Workspace


class Page(QWidget):
    """A page of the window. It reads when it is first shown, and again after a change that concerns it.

    kinds: the kinds of Changes that concern it.
    """

    title = ""
    kinds: frozenset[str] = frozenset()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self._is_stale = True
        self._campaign_key: int | None = None
        self.layout_ = QVBoxLayout(self)
        self.layout_.setContentsMargins(24, 18, 24, 18)
        self.layout_.setSpacing(12)
        self.heading = Words(self.title, size=22, strong=True, wrap=False)
        self.setAccessibleName(self.title)
        workspace.campaign_changed.connect(self.mark_stale)

    def refresh(self) -> None:
        """Read again what is shown."""
        raise NotImplementedError

    def show_place(self, what: dict[str, Any]) -> None:
        """Show what a link to the page names; by default nothing in particular."""

    def focus_search(self) -> None:
        """Put the cursor where one looks for something on this page."""

    def mark_stale(self) -> None:
        """Something changed: read again, now if the page is in view, else when it next is."""
        self._is_stale = True
        if self.isVisible():
            self._read()

    def is_other_campaign(self) -> bool:
        """Whether another campaign is in view than when this was last asked; fields that start from it are then set."""
        key = self.workspace.campaign.key if self.workspace.campaign else None
        other, self._campaign_key = key != self._campaign_key, key
        return other

    def concerns(self, kinds: frozenset[str]) -> bool:
        """Whether changes of these kinds alter what the page shows."""
        return bool(self.kinds & kinds)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self._read()

    def _read(self) -> None:
        self._is_stale = False
        self.refresh()
