"""Words that are not on file: told about while one works, and asked about before a window closes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from outreach.errors import OutreachError
from outreach.ui.dialogs.forms import FormDialog, ask, open_dialog
from outreach.ui.pages.registry import Pages
from outreach.ui.workspace import Workspace

if TYPE_CHECKING:
    from outreach.letters.unsaved import UnsavedText

_log = logging.getLogger(__name__)


class Leaving(QObject):
    """Sees to it that what was typed is on file, or kept, before a window closes."""

    def __init__(self, workspace: Workspace, window: QWidget, pages: Pages) -> None:
        super().__init__(window)
        self._workspace, self._window, self._pages = workspace, window, pages
        self._kept_in: Path | None = None
        workspace.saving.refused.connect(self._refused)

    def finish(self) -> bool:
        """Put everything on file that was typed and decided, for which slow work is stopped.

        Returns: whether all of it is; what is not is kept in the recovery file if that can be written.
        """
        for page in self._pages.made.values():
            page.save_words()
        saving = self._workspace.saving
        saving.retry()
        self._kept_in = None
        try:
            self._kept_in = saving.keep()  # in case the wait that follows is cut short
            refused = self._workspace.jobs.finish_writes()
            self._kept_in = saving.keep()
        except OutreachError as error:
            refused = (*self._workspace.jobs.finish_writes(), str(error))
            _log.error("What was typed cannot be kept: %s", error)
        return not refused and not saving.texts

    def ask(self, then: Callable[[], object]) -> None:
        """Ask whether to go although words are not saved. Whatever else was refused has been told already."""
        from outreach.ui.dialogs.unsaved import LeaveDialog

        if texts := self._workspace.saving.texts:
            ask(LeaveDialog(self._window, texts, self._kept_in), partial(self._go_anyway, then))

    def _go_anyway(self, then: Callable[[], object], dialog: FormDialog[object], values: object) -> None:
        dialog.accept_result()
        then()

    def _refused(self, text: UnsavedText, is_over: bool) -> None:
        """Words that stay in view are told about; others are shown, so that nobody misses them."""
        if not is_over and any(p.holds_words_of(text.reference) for p in self._pages.made.values()):
            self._workspace.jobs.failed.emit(text.reason)
        else:
            self._show((text,))

    def show_left_behind(self) -> None:
        """Show what earlier windows could not save, if anything."""
        self._show(self._workspace.saving.left_behind())

    def show_all(self) -> None:
        """Show all words that are not on file, or say that there are none."""
        saving = self._workspace.saving
        texts = tuple(t for t in saving.texts if t.reason) + saving.left_behind()
        if texts:
            self._show(texts)
        else:
            self._workspace.said.emit(self.tr("Everything that was typed is on file."))

    def _show(self, texts: tuple[UnsavedText, ...]) -> None:
        from outreach.ui.dialogs.unsaved import UnsavedDialog

        for dialog in self._window.findChildren(UnsavedDialog):
            if dialog.isVisible():
                for text in texts:
                    dialog.add(text)
                return
        if texts:
            open_dialog(UnsavedDialog(self._window, self._workspace, texts))
