"""What one press of a button sets in motion. While that lasts, the button does not start it again.

A press begins an errand; jobs and dialogs that are started on its behalf hold it, and so do those that follow
from their results. All of this is done on the window's thread.
"""

import contextlib
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction
from shiboken6 import isValid


class Errand:
    """Counts what is under way for one action.

    changed: called when the first thing begins and the last one ends.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._count = 0

    @property
    def is_under_way(self) -> bool:
        """Whether anything that was started is not done yet."""
        return self._count > 0

    def begin(self) -> None:
        """One more thing is under way."""
        self._count += 1
        if self._count == 1:
            self._changed()

    def end(self) -> None:
        """One thing is done."""
        self._count -= 1
        if self._count == 0:
            self._changed()


class Hold:
    """Keeps the errands of the moment under way until it is released, once or more often."""

    def __init__(self) -> None:
        self.errands = _acting[-1] if _acting else ()
        self._is_held = True
        for errand in self.errands:
            errand.begin()

    def release(self, *_: object) -> None:
        """What held them is done."""
        if self._is_held:
            self._is_held = False
            for errand in self.errands:
                errand.end()

    @contextlib.contextmanager
    def goes_on(self) -> Iterator[None]:
        """What is started inside belongs to the same errands."""
        _acting.append(self.errands)
        try:
            yield
        finally:
            _acting.pop()


_acting: list[tuple[Errand, ...]] = []


class Action(QAction):
    """An action of a page, a menu or a dialog. It is disabled while what it started is under way.

    slot: called without arguments when it is triggered; a bound method, so that it ends with its page.
    """

    def __init__(self, text: str, parent: QObject, slot: Callable[[], object]) -> None:
        super().__init__(text, parent)
        self._slot = slot
        self._is_offered = True
        self._errand = Errand(self._follow)
        self.setAutoRepeat(False)  # a key that is held down is one press
        self.triggered.connect(self._run)

    @property
    def is_offered(self) -> bool:
        """Whether it fits what is chosen, under way or not."""
        return self._is_offered

    def setEnabled(self, enabled: bool) -> None:
        """Offer it or not; it stays disabled while what it started is under way."""
        self._is_offered = enabled
        self._follow()

    def _follow(self) -> None:
        if isValid(self):
            super().setEnabled(self._is_offered and not self._errand.is_under_way)
            self.changed.emit()  # its buttons look at more than whether it is enabled

    @Slot()
    def _run(self) -> None:
        if self._errand.is_under_way:
            return
        _acting.append((*(_acting[-1] if _acting else ()), self._errand))
        try:
            self._slot()
        finally:
            _acting.pop()
