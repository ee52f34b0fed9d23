"""Dialogs about records: facts, sources, people, bodies, recipients, campaigns."""

from collections.abc import Sequence
from typing import TypedDict

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from outreach.cases.campaigns import CampaignRow
from outreach.cases.entries import FactEntry
from outreach.cases.facts import FactRow, fact_entry
from outreach.directory.bodies import BodyRow
from outreach.directory.editing import BodyEntry, PersonEntry
from outreach.directory.people import ContactRow, PersonRow
from outreach.domain.address import audiences
from outreach.domain.references import campaign_prefix, slug
from outreach.ui.dialogs.forms import Choice, FormDialog, text_area, text_field

_TYPES = (
    ("text", "Text"),
    ("date", "Date"),
    ("number", "Number"),
    ("money", "Money"),
    ("person", "Person"),
    ("legal_basis", "Legal basis"),
)
_STATUSES = (("verified", "Verified"), ("disputed", "Disputed"), ("superseded", "Superseded"))
_HINTS = {
    "text": "In words, as a letter would say it",
    "date": "2009-11-16, or 2009-11, or 2009",
    "number": "358",
    "money": "230000000",
    "person": "",
    "legal_basis": "UN Convention against Torture, Articles 1 and 2",
}


class FactValues(TypedDict):
    """A fact as its form has it."""

    entry: FactEntry


class FactDialog(FormDialog[FactValues]):
    """A fact of a case. Values: entry (FactEntry)."""

    def __init__(
        self,
        parent: QWidget,
        sources: Sequence[tuple[str, str]],
        people: Sequence[tuple[str, str]],
        fact: FactRow | None = None,
    ) -> None:
        super().__init__(
            parent,
            "Edit fact" if fact else "Add fact",
            "Save",
            "A letter uses a fact by its name. Tick every source that states it.",
        )
        self._fact = fact
        self.label = text_field(fact.label if fact else "", "Such as: Time in detention")
        self.name = text_field(fact.name if fact else "", "Such as: days_in_detention")
        self.name.setReadOnly(fact is not None)
        self.kind = Choice(_TYPES, fact.type if fact else "text")
        self.value = text_area(fact.raw if fact and fact.type != "person" else "", lines=3)
        self.person = Choice([("", "Choose a person"), *people], fact.raw if fact else "")
        self.unit = text_field(fact.unit if fact else "", "days, months … or USD for money")
        self.on = text_field((fact.occurred_on or "") if fact else "", "2009-11-16; puts it on the timeline")
        words = dict(fact.translations) if fact else {}
        self.french = text_field(words.get("fr", ""), "For letters in French")
        self.german = text_field(words.get("de", ""), "For letters in German")
        self.status = Choice(_STATUSES, fact.status if fact else "verified")
        self.conflict = text_field(
            fact.conflict if fact else "", "The same word for facts that contradict one another"
        )
        self.note = text_field(fact.note if fact else "", "For colleagues and the pack")
        self.sources = QListWidget()
        self.sources.setFixedHeight(118)
        cited = {s.id: s for s in fact.sources} if fact else {}
        for key, title in sources:
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, key)
            item.setToolTip(title)
            item.setCheckState(Qt.CheckState.Checked if key in cited else Qt.CheckState.Unchecked)
            self.sources.addItem(item)
        for name, field in (
            ("Fact", self.label),
            ("Name in templates", self.name),
            ("Type", self.kind),
            ("Value", self.value),
            ("Person", self.person),
            ("Unit", self.unit),
            ("In French", self.french),
            ("In German", self.german),
            ("When", self.on),
            ("Status", self.status),
            ("Conflict", self.conflict),
            ("Note", self.note),
            ("Sources", self.sources),
        ):
            self.form.addRow(name, field)
        self.label.textEdited.connect(self._propose_name)
        self.kind.currentIndexChanged.connect(self._show_fields)
        self._show_fields()
        self.setMinimumWidth(600)

    @Slot()
    def _propose_name(self) -> None:
        if not self.name.isModified() and self._fact is None:
            self.name.setText(slug(self.label.text(), "").replace("-", "_"))

    @Slot()
    def _show_fields(self) -> None:
        kind = self.kind.value()
        self.form.setRowVisible(self.person, kind == "person")
        self.form.setRowVisible(self.value, kind != "person")
        self.form.setRowVisible(self.unit, kind in {"number", "money"})
        for field in (self.french, self.german):
            self.form.setRowVisible(field, kind == "text")
        self.value.setPlaceholderText(_HINTS[kind])

    def values(self) -> FactValues:
        kind = self.kind.value()
        items = [self.sources.item(n) for n in range(self.sources.count())]
        before = {s.id: s for s in self._fact.sources} if self._fact else {}
        ticked = [i.data(Qt.ItemDataRole.UserRole) for i in items if i.checkState() == Qt.CheckState.Checked]
        raw: dict[str, object] = {
            "name": self.name.text().strip(),
            "label": self.label.text().strip(),
            "type": kind,
            "value": self.person.value() if kind == "person" else self.value.toPlainText().strip(),
            "unit": self.unit.text().strip() if kind in {"number", "money"} else "",
            "translations": {
                key: field.text().strip()
                for key, field in (("fr", self.french), ("de", self.german))
                if kind == "text" and field.text().strip()
            },
            "on": self.on.text().strip() or None,
            "status": self.status.value(),
            "conflict": self.conflict.text().strip(),
            "note": self.note.text().strip(),
            "sources": [
                {"source": key, "at": before[key].locator, "claim": before[key].claim}
                if key in before
                else {"source": key}
                for key in ticked
            ],
        }
        return {"entry": fact_entry(raw)}


class SourceValues(TypedDict):
    """A source as its form has it."""

    title: str
    published_on: str
    publisher: str
    url: str


class SourceDialog(FormDialog[SourceValues]):
    """A source. Values: title, published_on, publisher, url."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "Add source", "Add", "A document that facts can cite.")
        self.title = text_field(hint="Title of the document")
        self.published = text_field(hint="2011-01-20, 2011-01 or 2011")
        self.publisher = text_field()
        self.url = text_field(hint="https://")
        self.form.addRow("Title", self.title)
        self.form.addRow("Published", self.published)
        self.form.addRow("Publisher", self.publisher)
        self.form.addRow("Web address", self.url)

    def values(self) -> SourceValues:
        return {
            "title": self.title.text(),
            "published_on": self.published.text(),
            "publisher": self.publisher.text(),
            "url": self.url.text(),
        }


class RecipientValues(TypedDict):
    """How somebody is written to."""

    audience: str


class RecipientDialog(FormDialog[RecipientValues]):
    """How somebody is written to. Values: audience."""

    def __init__(self, parent: QWidget, name: str, suggested: str) -> None:
        super().__init__(
            parent,
            "Add as recipient",
            "Add",
            f"How {name} is addressed decides the salutation and which template is chosen.",
        )
        self.audience = Choice(list(audiences().items()), suggested or "default")
        self.form.addRow("Addressed as", self.audience)

    def values(self) -> RecipientValues:
        return {"audience": self.audience.value()}


def _contact(contacts: Sequence[ContactRow], kind: str) -> str:
    return next((c.value for c in contacts if c.type == kind), "")


class PersonValues(TypedDict):
    """A person as the form has it."""

    entry: PersonEntry


class PersonDialog(FormDialog[PersonValues]):
    """A person. Values: entry (PersonEntry)."""

    def __init__(
        self, parent: QWidget, bodies: Sequence[tuple[str, str]], person: PersonRow | None = None
    ) -> None:
        super().__init__(parent, f"Edit {person.name}" if person else "Add person", "Save")
        p, contacts = person, person.contact_details if person else ()
        self.prefix = text_field(p.honorific_prefix if p else "", "The Rt Hon, Dr, Senator …")
        self.given = text_field((p.given_name or ("" if p.family_name else p.name)) if p else "")
        self.family = text_field(p.family_name if p else "")
        self.suffix = text_field(p.honorific_suffix if p else "", "MP, MEP …")
        self.gender = Choice(
            [("", "Not on file"), ("female", "Female"), ("male", "Male")], p.gender if p else ""
        )
        self.language = Choice(
            [("", "Not on file"), ("en", "English"), ("fr", "French"), ("de", "German")],
            p.preferred_language if p else "",
        )
        self.email = text_field(_contact(contacts, "email"))
        self.address = text_area(_contact(contacts, "address"), lines=4)
        self.web_form = text_field(_contact(contacts, "form"), "https://")
        self.summary = text_area(p.summary if p else "", lines=3)
        self.body = Choice([("", "None"), *bodies])
        self.role = text_field(hint="Such as: Member, Chair")
        self.since = text_field(hint="2010-05-12; may stay empty")
        for name, field in (
            ("Title", self.prefix),
            ("Given name", self.given),
            ("Family name", self.family),
            ("After the name", self.suffix),
            ("Gender", self.gender),
            ("Writes in", self.language),
            ("E-mail", self.email),
            ("Postal address", self.address),
            ("Contact form", self.web_form),
            ("About", self.summary),
            ("Add a seat in", self.body),
            ("As", self.role),
            ("Since", self.since),
        ):
            self.form.addRow(name, field)
        self.setMinimumWidth(540)

    def values(self) -> PersonValues:
        return {
            "entry": PersonEntry(
                given_name=self.given.text(),
                family_name=self.family.text(),
                honorific_prefix=self.prefix.text(),
                honorific_suffix=self.suffix.text(),
                gender=self.gender.value(),
                preferred_language=self.language.value(),
                summary=self.summary.toPlainText(),
                contacts=(
                    ("email", self.email.text()),
                    ("address", self.address.toPlainText()),
                    ("form", self.web_form.text()),
                ),
                body_id=self.body.value(),
                role=self.role.text(),
                start_date=self.since.text(),
            )
        }


class BodyValues(TypedDict):
    """A body as the form has it."""

    entry: BodyEntry


class BodyDialog(FormDialog[BodyValues]):
    """A body. Values: entry (BodyEntry)."""

    def __init__(
        self, parent: QWidget, bodies: Sequence[tuple[str, str]], body: BodyRow | None = None
    ) -> None:
        super().__init__(parent, f"Edit {body.name}" if body else "Add body", "Save")
        contacts = body.contact_details if body else ()
        self.name = text_field(body.name if body else "")
        self.kind = text_field(body.classification if body else "", "ministry, committee, parliament …")
        self.place = text_field(body.jurisdiction if body else "", "GB, US, CA, EU, UN …")
        self.parent_ = Choice([("", "None"), *bodies], body.parent_id if body else "")
        self.email = text_field(_contact(contacts, "email"))
        self.address = text_area(_contact(contacts, "address"), lines=4)
        self.web_form = text_field(_contact(contacts, "form"), "https://")
        self.summary = text_area(body.summary if body else "", lines=3)
        for name, field in (
            ("Name", self.name),
            ("Kind", self.kind),
            ("Place", self.place),
            ("Part of", self.parent_),
            ("E-mail", self.email),
            ("Postal address", self.address),
            ("Contact form", self.web_form),
            ("About", self.summary),
        ):
            self.form.addRow(name, field)
        self.setMinimumWidth(540)

    def values(self) -> BodyValues:
        return {
            "entry": BodyEntry(
                name=self.name.text(),
                classification=self.kind.text(),
                jurisdiction=self.place.text(),
                parent_id=self.parent_.value(),
                summary=self.summary.toPlainText(),
                contacts=(
                    ("email", self.email.text()),
                    ("address", self.address.toPlainText()),
                    ("form", self.web_form.text()),
                ),
            )
        }


class GroupValues(TypedDict):
    """A group as its form has it."""

    name: str
    query: str


class GroupDialog(FormDialog[GroupValues]):
    """A question about recipients, saved under a name. Values: name, query."""

    def __init__(self, parent: QWidget, query: str) -> None:
        super().__init__(
            parent,
            "Save group",
            "Save",
            "A saved group can be asked for by its name, here and on the command line. It is answered anew each time.",
        )
        self.name = text_field(hint="Such as: The Commission")
        self.query = text_field(query, "members of JCSE")
        self.form.addRow("Name", self.name)
        self.form.addRow("Whom it holds", self.query)

    def values(self) -> GroupValues:
        return {"name": self.name.text(), "query": self.query.text()}


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
