"""The dialog for files and folders, which opens none of the files that it lists."""

from pathlib import Path

from PySide6.QtCore import QFileInfo
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFileDialog, QFileIconProvider, QWidget

from outreach.resources import resource


class _NamesOnly(QFileIconProvider):
    """Icons and kinds of files from their names alone, so that listing a folder opens no file.

    Opening and closing a file drops all locks that this process holds on it (POSIX, fcntl): a dialog that
    looked into the open database to tell its kind took SQLite's locks away, and another program could then
    replace the database.
    """

    def icon(self, what: QFileInfo | QFileIconProvider.IconType) -> QIcon:
        if isinstance(what, QFileInfo):
            what = QFileIconProvider.IconType.Folder if what.isDir() else QFileIconProvider.IconType.File
        return super().icon(what)

    def type(self, what: QFileInfo) -> str:
        return "Folder" if what.isDir() else f"{what.suffix()} file".strip()


class FileDialog(QFileDialog):
    """A dialog for files that opens none of those it lists, see `_NamesOnly`.

    start: a folder, a file, or the name proposed for one.
    """

    def __init__(self, parent: QWidget | None, title: str, start: str = "", kinds: str = "") -> None:
        # Qt begins to list at once, with its own icons: in a folder where no database lies.
        super().__init__(parent, title, str(resource("resources/icons")), kinds)
        self._icons = _NamesOnly()
        self.setIconProvider(self._icons)
        path = Path(start)
        folder = path if path.is_dir() else path.parent
        self.setDirectory(str(folder.absolute()))
        if start and not path.is_dir():
            self.selectFile(path.name)


class DatabaseDialog(FileDialog):
    """Asks for a database. save: for the name of a new file; else for one that is there."""

    def __init__(self, parent: QWidget | None, title: str, start: str = "", *, save: bool) -> None:
        super().__init__(parent, title, start)
        self.setNameFilter(self.tr("outreach databases (*.db);;All files (*)"))
        if save:
            self.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            self.setDefaultSuffix("db")
        else:
            self.setFileMode(QFileDialog.FileMode.ExistingFile)
