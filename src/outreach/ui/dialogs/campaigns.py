"""Dialogs about campaigns."""

from typing import TypedDict

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from outreach.cases.campaigns import CampaignRow
from outreach.domain.references import campaign_prefix
from outreach.ui.dialogs.forms import FormDialog, text_area, text_field


class NewCampaignValues(TypedDict):
    """A new campaign as its form has it."""

    name: str
    prefix: str
    case_name: str
    sender: str


class NewCampaignDialog(FormDialog[NewCampaignValues]):
    """A campaign with its first case. Values: name, prefix, case_name, sender."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(
            parent,
            "New campaign",
            "Create",
            "All work for one cause, with its own cases, letters and packs. It is kept in the same database.",
        )
        self.name = text_field(hint="Such as: Justice for …")
        self.prefix = text_field(hint="Begins every letter’s reference, such as MAG")
        self.case_name = text_field(hint="The person or group it is about")
        self.signed_by = text_field(hint="Organisation that signs the letters")
        self.form.addRow("Campaign", self.name)
        self.form.addRow("Prefix", self.prefix)
        self.form.addRow("First case", self.case_name)
        self.form.addRow("Sender", self.signed_by)
        self.name.textEdited.connect(self._propose_prefix)

    @Slot()
    def _propose_prefix(self) -> None:
        if not self.prefix.isModified():
            self.prefix.setText(campaign_prefix(self.name.text()))

    def values(self) -> NewCampaignValues:
        return {
            "name": self.name.text(),
            "prefix": self.prefix.text().strip().upper(),
            "case_name": self.case_name.text(),
            "sender": self.signed_by.text(),
        }


class CampaignValues(TypedDict):
    """A campaign as its form has it."""

    name: str
    sender_name: str
    sender_organization: str
    sender_address: str
    sender_email: str


class CampaignDialog(FormDialog[CampaignValues]):
    """A campaign's name and sender. Values: as `cases.campaigns.update_campaign`."""

    def __init__(self, parent: QWidget, campaign: CampaignRow) -> None:
        super().__init__(
            parent,
            "Campaign details",
            "Save",
            "The sender stands at the head of every letter drafted from now on.",
        )
        self.name = text_field(campaign.name)
        self.person = text_field(campaign.sender_name, "Who signs")
        self.organization = text_field(campaign.sender_organization)
        self.address = text_area(campaign.sender_address, lines=4)
        self.email = text_field(campaign.sender_email)
        self.form.addRow("Campaign", self.name)
        self.form.addRow("Signed by", self.person)
        self.form.addRow("Organisation", self.organization)
        self.form.addRow("Address", self.address)
        self.form.addRow("E-mail", self.email)

    def values(self) -> CampaignValues:
        return {
            "name": self.name.text(),
            "sender_name": self.person.text(),
            "sender_organization": self.organization.text(),
            "sender_address": self.address.toPlainText(),
            "sender_email": self.email.text(),
        }
