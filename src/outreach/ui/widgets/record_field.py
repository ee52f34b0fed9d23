"""A field for one record of many: what is typed is looked for in the database,
and one of those found is chosen.
"""

from collections.abc import Callable

from PySide6.QtCore import QStringListModel, Qt, QTimer, Slot
from PySide6.QtWidgets import QCompleter, QLineEdit

from outreach.errors import UsageError

Names = tuple[tuple[str, str], ...]
Suggest = Callable[[str, Callable[[Names], object]], object]
"""Looks for records that have the words typed, and hands their ids and names to the second argument."""

_TYPING_MS = 120


class RecordField(QLineEdit):
    """A record, chosen by typing some of its name. Empty stands for none.

    Args: suggest: where records are looked for, None for nowhere. chosen: id and name of the one chosen at
        first.
    """

    def __init__(self, hint: str, suggest: Suggest | None, chosen: tuple[str, str] = ("", "")) -> None:
        super().__init__(chosen[1])
        self._suggest = suggest
        self._chosen = chosen
        self._offered: dict[str, str] = {}
        self.setPlaceholderText(hint)
        self.setClearButtonEnabled(True)
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setCompleter(completer)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._look)
        self.textEdited.connect(self._typed)
        self.textChanged.connect(self._take)

    def value(self) -> str:
        """The id of the record chosen, "" for none.

        Raises: UsageError for words that are no record's name.
        """
        typed = self.text().strip()
        if not typed:
            return ""
        if typed == self._chosen[1]:
            return self._chosen[0]
        raise UsageError(f"“{typed}” is not chosen yet. Choose one of those offered below the field.")

    def _typed(self) -> None:
        self._typing.start()

    @Slot()
    def _look(self) -> None:
        if self._suggest:
            self._suggest(self.text(), self._show)

    def _show(self, found: Names) -> None:
        self._offered = {}
        for record, name in found:
            # Two of one name are told apart by their ids.
            self._offered[f"{name} ({record})" if name in self._offered else name] = record
        self._take(self.text())
        self._names.setStringList(list(self._offered))
        if self._offered and self.hasFocus():
            self.completer().complete()

    @Slot(str)
    def _take(self, typed: str) -> None:
        if (name := typed.strip()) in self._offered:
            self._chosen = (self._offered[name], name)
