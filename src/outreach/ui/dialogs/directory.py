"""Dialogs about people, bodies, recipients and groups of them."""

from collections.abc import Sequence
from typing import TypedDict

from PySide6.QtWidgets import QWidget

from outreach.directory.bodies import BodyRow
from outreach.directory.editing import BodyEntry, PersonEntry
from outreach.directory.people import ContactRow, PersonRow
from outreach.domain.address import audiences
from outreach.ui.dialogs.forms import Choice, FormDialog, text_area, text_field
from outreach.ui.widgets.record_field import RecordField, Suggest


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
    """A person. Values: entry (PersonEntry). bodies: where a body to sit in is looked for."""

    def __init__(self, parent: QWidget, bodies: Suggest | None, person: PersonRow | None = None) -> None:
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
        self.body = RecordField("Type some of its name; empty for none", bodies)
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
    """A body. Values: entry (BodyEntry). bodies: where the body it is part of is looked for."""

    def __init__(self, parent: QWidget, bodies: Suggest | None, body: BodyRow | None = None) -> None:
        super().__init__(parent, f"Edit {body.name}" if body else "Add body", "Save")
        contacts = body.contact_details if body else ()
        self.name = text_field(body.name if body else "")
        self.kind = text_field(body.classification if body else "", "ministry, committee, parliament …")
        self.place = text_field(body.jurisdiction if body else "", "GB, US, CA, EU, UN …")
        self.parent_ = RecordField(
            "Type some of its name; empty for none",
            bodies,
            (body.parent_id, body.parent) if body else ("", ""),
        )
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
            "A saved group can be asked for by its name, here and on the command line. It is answered anew "
            "each time.",
        )
        self.name = text_field(hint="Such as: The Commission")
        self.query = text_field(query, "members of JCSE")
        self.form.addRow("Name", self.name)
        self.form.addRow("Whom it holds", self.query)

    def values(self) -> GroupValues:
        return {"name": self.name.text(), "query": self.query.text()}
