"""Reading what the other pages need while the first one can be used already, a little at a time.

It is done in the window's thread: read in another one, beside a window that works, PySide once ended the
program.
"""

from importlib import import_module

from PySide6.QtCore import QObject, QTimer

_PAUSE_MS = 20
MODULES = (
    "PySide6.QtCharts", "PySide6.QtPdf", "PySide6.QtPdfWidgets", "pydantic", "pikepdf", "PIL.Image",
    "typst", "imapclient", "keyring", "rapidfuzz", "email_validator", "holidays", "markdown_it",
    "nameparser", "outreach.cases.entries", "outreach.packs.opening",
    "outreach.directory.importers.records", "outreach.letters.drafting", "outreach.letters.exports",
    "outreach.letters.preview", "outreach.correspondence.triage", "outreach.mail.imap",
    "outreach.mail.sending", "outreach.ui.models.columns", "outreach.ui.widgets.chart",
    "outreach.ui.pages.overview", "outreach.ui.dialogs.letters", "outreach.ui.operations.letters",
    "outreach.ui.pages.letters", "outreach.ui.pages.inbox", "outreach.ui.pages.compose",
    "outreach.ui.pages.directory", "outreach.ui.pages.cases", "outreach.packs.exports",
    "outreach.ui.pages.packs", "outreach.ui.mailing", "outreach.directory.importers.apply",
    "outreach.directory.importers.run", "outreach.ui.dialogs.importing", "outreach.ui.dialogs.search",
)  # fmt: skip
"""What is read, each in a step of its own, so that none of them keeps the window waiting for long."""


class ReadingAhead(QObject):
    """Reads one of MODULES after another while the window goes on."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._left = list(MODULES)
        self._timer = QTimer(self, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._step)

    def start(self) -> None:
        """Begin, or go on."""
        self._timer.start()

    @property
    def is_done(self) -> bool:
        """Whether all of it is read."""
        return not self._left

    def _step(self) -> None:
        if self._left:
            import_module(self._left.pop(0))
        else:
            self._timer.stop()
