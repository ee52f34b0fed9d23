"""The campaign in view: its name or the choice of it, a new one, and its details."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from outreach.cases.campaigns import CampaignRow
from outreach.store.changes import Changes
from outreach.ui.dialogs.forms import FormDialog, ask
from outreach.ui.operations import campaigns
from outreach.ui.widgets.campaign_choice import CampaignChoice
from outreach.ui.widgets.labels import Label
from outreach.ui.workspace import Workspace

if TYPE_CHECKING:
    from outreach.ui.dialogs.campaigns import CampaignValues, NewCampaignValues


class CampaignBar(QWidget):
    """Stands above the list of pages. Signals: turned() when another campaign is in view than before."""

    turned = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._campaigns: tuple[CampaignRow, ...] = ()
        self._wanted = self._made = ""
        self.name = Label("", size=13, strong=True)
        self.choice = CampaignChoice([])
        self.choice.setAccessibleName(self.tr("Campaign"))
        self.choice.currentIndexChanged.connect(self._chosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.name)
        layout.addWidget(self.choice)

    def read(self) -> None:
        """Read again which campaigns there are."""
        campaigns.listed().run(self._workspace, self, self._show)

    def _show(self, found: tuple[CampaignRow, ...]) -> None:
        self._campaigns = found
        self.choice.set_options([(c.id, c.name) for c in found])
        self.choice.setVisible(len(found) > 1)
        self.name.setVisible(len(found) <= 1)
        if not found:
            self.name.setText(self.tr("No campaign yet"))
            self._workspace.set_campaign(None)
            self.make_new()
            return
        self._chosen()

    def _chosen(self) -> None:
        chosen = self.choice.value()
        for campaign in self._campaigns:
            if campaign.id == chosen:
                self.name.setText(campaign.name)
                former = self._workspace.campaign
                if campaign != former:
                    self._workspace.set_campaign(campaign)
                self.choice.setToolTip(campaign.name)
                if former is not None and campaign.key != former.key:
                    self._workspace.said.emit(self.tr("“{0}” is in view.").format(campaign.name))
                    self.turned.emit()

    def make_new(self) -> None:
        """Ask for a new campaign, and show it."""
        from outreach.ui.dialogs.campaigns import NewCampaignDialog

        ask(NewCampaignDialog(self.window()), self._create)

    def _create(self, dialog: FormDialog[object], values: NewCampaignValues) -> None:
        campaigns.create(**values).run_in(self._workspace, dialog, self._created)

    def _created(self, changes: Changes) -> None:
        self._wanted, self._made = changes.refs[0], changes.message
        campaigns.listed("").run(self._workspace, self, self._show_new)

    def _show_new(self, found: tuple[CampaignRow, ...]) -> None:
        self._show(found)
        self.choice.choose(self._wanted)
        self._workspace.said.emit(self._made)

    def edit(self) -> None:
        """Ask for the details of the campaign in view, or for a first one."""
        from outreach.ui.dialogs.campaigns import CampaignDialog

        campaign = self._workspace.campaign
        if campaign is None:
            self.make_new()
        else:
            ask(CampaignDialog(self.window(), campaign), partial(self._change, campaign))

    def _change(self, campaign: CampaignRow, dialog: FormDialog[object], values: CampaignValues) -> None:
        campaigns.change(campaign, **values).run_in(self._workspace, dialog)
