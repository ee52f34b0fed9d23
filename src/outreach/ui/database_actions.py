"""What can be done with the database as a whole: another one, a copy, a check."""

from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from outreach.ui.dialogs.files import DatabaseDialog
from outreach.ui.dialogs.forms import ConfirmDialog, FormDialog, ask, ask_for_file
from outreach.ui.dialogs.text import show_text
from outreach.ui.errors import show_message
from outreach.ui.operations import database
from outreach.ui.workspace import Workspace


class DatabaseActions(QObject):
    """Signals: open_wanted(str), restore_wanted(str) and new_wanted(str) with the file chosen."""

    open_wanted = Signal(str)
    new_wanted = Signal(str)
    restore_wanted = Signal(str)

    def __init__(self, workspace: Workspace, window: QWidget, location: str) -> None:
        super().__init__(window)
        self._workspace, self._window, self._location = workspace, window, location

    def _ask(self, title: str, name: str, slot: Callable[[str], object], *, save: bool) -> None:
        ask_for_file(DatabaseDialog(self._window, title, name, save=save), slot)

    def open(self) -> None:
        """Ask for a database to open."""
        self._ask(self.tr("Open database"), "", self.open_wanted.emit, save=False)

    def make_new(self) -> None:
        """Ask where a new one is to lie."""
        self._ask(self.tr("New database"), "outreach.db", self.new_wanted.emit, save=True)

    def restore(self) -> None:
        """Ask for the copy to go back to."""
        self._ask(self.tr("Restore a copy"), "", self.ask_to_restore, save=False)

    def ask_to_restore(self, path: str) -> None:
        """Ask before a copy takes the place of everything that is on file."""
        question = self.tr(
            "{0} takes the place of everything in this database. What is there now is moved into the folder "
            "“backups” beside it."
        ).format(Path(path).name)
        dialog = ConfirmDialog(self._window, self.tr("Restore a copy"), self.tr("Restore"), question)
        ask(dialog, partial(self._restore_confirmed, path))

    def _restore_confirmed(self, path: str, dialog: FormDialog[object], values: object) -> None:
        dialog.accept_result()
        self.restore_wanted.emit(path)

    def back_up(self) -> None:
        """Ask where a copy is to lie."""
        self._ask(self.tr("Back up to"), "outreach backup.db", self.back_up_to, save=True)

    def back_up_to(self, path: str) -> None:
        """Copy the database to a file."""
        database.back_up(self._location, Path(path)).run(self._workspace, self)

    def check(self) -> None:
        """Say whether the database is in order."""
        database.check_all().run(self._workspace, self, self._checked)

    def _checked(self, found: tuple[list[str], list[str]]) -> None:
        problems, notes = found
        fine = self.tr("The database is in order.")
        if problems:
            show_message(self._window, "\n\n".join(problems))
        elif notes:
            show_text(self._window, fine, "".join(f"<p>{escape(note)}</p>" for note in notes))
        else:
            self._workspace.said.emit(fine)
