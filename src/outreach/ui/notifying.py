"""A quiet word from the desktop, once a day: what waits for somebody."""

from dataclasses import replace
from datetime import date

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QSystemTrayIcon, QWidget

from outreach.desk.today import Agenda
from outreach.settings import load_settings, save_settings
from outreach.ui.icons import icon
from outreach.ui.operations import agenda
from outreach.ui.workspace import Workspace

_LOOKS_EVERY_MS = 30 * 60 * 1000


class Notifier(QObject):
    """Looks at the agenda every half hour and speaks once a day, if anything presses.

    Signals: clicked(), told(str).
    """

    clicked = Signal()
    told = Signal(str)

    def __init__(self, workspace: Workspace, window: QWidget) -> None:
        super().__init__(window)
        self._workspace = workspace
        self._told_on: dict[int, date] = {}
        self._tray: QSystemTrayIcon | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(_LOOKS_EVERY_MS)
        workspace.campaign_changed.connect(self._other_campaign)

    @property
    def is_wanted(self) -> bool:
        """Whether the user wants to be told."""
        return load_settings().notify == "yes"

    @Slot(bool)
    def set_wanted(self, wanted: bool) -> None:
        """Begin or stop to tell."""
        save_settings(replace(load_settings(), notify="yes" if wanted else "no"))
        self._told_on.clear()
        self.look()

    @Slot()
    def _other_campaign(self) -> None:
        """What was asked about the campaign before is not told under the name of this one."""
        self._workspace.jobs.forget(self)
        self.look()

    @Slot()
    def look(self) -> None:
        """Look at what presses in the campaign in view, unless it was told today."""
        campaign = self._workspace.campaign
        if campaign is None or campaign.as_of is not None or not self.is_wanted:
            return
        if self._told_on.get(campaign.key) == date.today():  # noqa: DTZ011  the user's own day
            return
        agenda.today(campaign).run(self._workspace, self, self._tell)

    def _tell(self, found: Agenda) -> None:
        campaign = self._workspace.campaign
        if not found.pressing or campaign is None:
            return
        self._told_on[campaign.key] = date.today()  # noqa: DTZ011
        words = ", ".join(found.pressing)
        self.told.emit(words)
        if not QSystemTrayIcon.isSystemTrayAvailable():
            return
        if self._tray is None:
            self._tray = QSystemTrayIcon(icon("mail", "accent"), self)
            self._tray.messageClicked.connect(self.clicked)
            self._tray.activated.connect(self.clicked)
            self._tray.show()
        self._tray.showMessage(campaign.name, words, icon("mail", "accent"))
