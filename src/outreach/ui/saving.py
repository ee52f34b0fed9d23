"""What is typed and not on file yet.

It is held here until the database has it, whatever happens to the page it was typed on.
"""

import contextlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from outreach.errors import NotAllowedError, NotFoundError, OutreachError
from outreach.letters.unsaved import UnsavedText, forget_unsaved, keep_unsaved, unsaved_texts, words_digest
from outreach.store.changes import Changes
from outreach.store.database import WorkSession
from outreach.ui.jobs import Jobs


@dataclass(frozen=True)
class _Typed:
    number: int
    text: UnsavedText
    write: Callable[[WorkSession], Changes]
    is_under_way: bool = True


class Saving(QObject):
    """Saves drafts in the order they were typed. Signals: saved(str) with the reference of a letter some
    words of which are on file now; refused(UnsavedText, bool) with the reason, once a reason, and whether the
    letter takes no words any more."""

    saved = Signal(str)
    refused = Signal(object, bool)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._here = uuid.uuid4().hex
        self._typed: dict[str, _Typed] = {}
        self._count = 0
        self._is_kept = False

    def put(self, text: UnsavedText, write: Callable[[WorkSession], Changes]) -> None:
        """Save a draft's words.

        write: puts them on file, given a session. The same words are not saved twice at a time.
        """
        known = self._typed.get(text.reference)
        if known is not None and known.is_under_way and known.text.words == text.words:
            return
        if known is not None:
            text = replace(text, before=known.text.before, reason=known.text.reason)
        self._count += 1
        typed = _Typed(self._count, replace(text, typed_in=self._here), write)
        self._typed[text.reference] = typed

        def done(changes: Changes) -> None:
            self._done(typed)

        def failed(error: Exception) -> None:
            self._failed(typed, error)

        self._jobs.write(self, write, done, failed=failed)

    def text_of(self, reference: str) -> UnsavedText | None:
        """The words of a letter that are not on file yet, with why if they were refused; None if all are."""
        typed = self._typed.get(reference)
        return typed.text if typed else None

    @property
    def texts(self) -> tuple[UnsavedText, ...]:
        """All words that are not on file."""
        return tuple(t.text for t in self._typed.values())

    def retry(self) -> None:
        """Save again what was refused."""
        for typed in list(self._typed.values()):
            if not typed.is_under_way:
                self.put(typed.text, typed.write)

    def keep(self) -> Path | None:
        """Write what is not on file into the recovery file.

        Returns: the file, None if there is nothing to keep. Raises: OutreachError if it can be written
            nowhere.
        """
        if not self._typed and not self._is_kept:
            return None
        path = keep_unsaved(self._jobs.location, self.texts, self._here)
        self._is_kept = bool(self._typed)
        return path if self._typed else None

    def left_behind(self) -> tuple[UnsavedText, ...]:
        """What earlier windows, or one that was cut off, could not put on file."""
        return tuple(t for t in unsaved_texts(self._jobs.location) if t.typed_in != self._here)

    def forget(self, text: UnsavedText) -> None:
        """Hold words no longer, because they are on file or nobody wants them. Raises: OutreachError."""
        typed = self._typed.get(text.reference)
        if typed is not None and typed.text.words == text.words:
            del self._typed[text.reference]
        forget_unsaved(self._jobs.location, [text])

    def _done(self, typed: _Typed) -> None:
        reference = typed.text.reference
        latest = self._typed.get(reference)
        if latest is not None and latest.number == typed.number:
            del self._typed[reference]
        elif latest is not None:  # these words are what the newer ones, still on their way, replace
            before = words_digest(**typed.text.words)
            self._typed[reference] = replace(latest, text=replace(latest.text, before=before))
        if self._is_kept:
            self._keep_quietly()
        self.saved.emit(reference)

    def _failed(self, typed: _Typed, error: Exception) -> None:
        reference = typed.text.reference
        latest = self._typed.get(reference)
        if latest is None or latest.number != typed.number:
            return  # newer words are on their way, and say themselves how they fare
        typed = latest
        reason = str(error)
        is_news = typed.text.reason != reason
        self._typed[reference] = replace(typed, text=replace(typed.text, reason=reason), is_under_way=False)
        self._keep_quietly()
        if is_news:
            is_over = isinstance(error, NotAllowedError | NotFoundError)
            self.refused.emit(self._typed[reference].text, is_over)

    def _keep_quietly(self) -> None:
        """Keep what is not on file for the case that the program is cut off; closing says so if it cannot be
        kept."""
        with contextlib.suppress(OutreachError):
            self.keep()
