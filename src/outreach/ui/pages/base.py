"""What all pages share."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from outreach.ui.operations.operation import Operation
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.panels import Splitter
from outreach.ui.workspace import What, Workspace

T = TypeVar("T")


class Page(QWidget):
    """A page of the window. It reads when it is first shown, and again after a change that concerns it.

    kinds: the kinds of Changes that concern it.
    """

    title = ""
    kinds: frozenset[str] = frozenset()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.splitter: Splitter | None = None
        self._is_stale = True
        self._awaited = set[str]()
        self._focus_given: QWidget | None = None
        self._campaign_key: int | None = None
        self.layout_ = QVBoxLayout(self)
        self.layout_.setContentsMargins(24, 18, 24, 18)
        self.layout_.setSpacing(12)
        self.heading = Label(self.title, size=22, strong=True, wrap=False)
        self.setAccessibleName(self.title)
        workspace.campaign_changed.connect(self.follow_campaign)

    def refresh(self) -> None:
        """Read again what is shown, with `read`."""
        raise NotImplementedError

    def reset(self) -> None:
        """Drop all that belongs to the campaign that was in view: another one is now, or none.

        What was asked of the database is not shown any more, and each part that shows something of a campaign
        forgets it (its method `forget`). A page adds what it keeps itself: rows, what it wants to choose, and
        fields with a value to start from.
        """
        self.workspace.jobs.forget(self)
        self._awaited.clear()
        for part in self.findChildren(QWidget):
            forget = getattr(part, "forget", None)
            if forget is not None:
                forget()

    def show_place(self, what: What) -> None:
        """Show what a link to the page names; by default nothing in particular."""

    def actions_for_menu(self) -> list[QAction]:
        """What can be done with what is chosen, for the page's own menu."""
        return []

    def actions_for_file_menu(self) -> list[QAction]:
        """What concerns files, offered in the File menu while the page is in view."""
        return []

    def save_words(self) -> None:
        """Put on file what is typed here, for the window may close."""

    def holds_words_of(self, reference: str) -> bool:
        """Whether words typed into a letter stay in view here until they are on file."""
        return False

    def focus_search(self) -> None:
        """Put the cursor where one looks for something on this page."""

    def main_widgets(self) -> Sequence[QWidget]:
        """Where one works on this page, the first of them that is in view: its list, else its first field."""
        raise NotImplementedError

    def take_focus(self) -> None:
        """Put the keyboard where one works on this page; once more when what is being read has come, if it is
        still there."""
        is_due = bool(self._awaited) or self._is_stale
        # A field would be left again under the hands of who types into it, so until then it is the list or
        # the page itself.
        given = self._give_focus(self.main_widgets()[:1] if is_due else self.main_widgets())
        self._focus_given = given if is_due else None

    def _give_focus(self, among: Sequence[QWidget]) -> QWidget:
        found = (w for w in among if w.isVisibleTo(self) and w.isEnabled())
        # Without any, the page itself hears its shortcuts.
        target = next(found, self)
        target.setFocus(Qt.FocusReason.OtherFocusReason)
        return target

    def read(self, operation: Operation[T], show: Callable[[T], object]) -> None:
        """Read what the page shows. show: gets what was found."""
        self.expect("page")

        def arrived(found: T) -> None:
            self._awaited.discard("page")
            show(found)
            self.has_come("page")

        operation.run(self.workspace, self, arrived)

    def expect(self, part: str) -> None:
        """A part of what the page shows is being read; `has_come` says when it is shown."""
        self._awaited.add(part)

    def has_come(self, part: str) -> None:
        """A part of what the page shows is in view. With the last one, the keyboard goes where one works."""
        self._awaited.discard(part)
        if self._awaited:
            return
        given, self._focus_given = self._focus_given, None
        if given is not None and self.window().focusWidget() in (None, given):
            self._give_focus(self.main_widgets())

    def mark_stale(self) -> None:
        """Something changed: read again, now if the page is in view, else when it next is."""
        self._is_stale = True
        if self.isVisible():
            self._read()

    def concerns(self, kinds: frozenset[str]) -> bool:
        """Whether changes of these kinds alter what the page shows."""
        return bool(self.kinds & kinds)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self._read()

    def follow_campaign(self) -> None:
        """Show the campaign in view, and read it when the page is next shown."""
        key = self.workspace.campaign.key if self.workspace.campaign else None
        if key != self._campaign_key:
            self._campaign_key = key
            self.reset()
        self.mark_stale()

    def _read(self) -> None:
        self._is_stale = False
        self.refresh()
