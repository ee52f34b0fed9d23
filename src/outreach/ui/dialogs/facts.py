"""Dialogs about facts and their sources."""

from collections.abc import Sequence
from typing import TypedDict

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from outreach.cases.entries import FactEntry
from outreach.cases.facts import FactRow, fact_entry
from outreach.domain.references import slug
from outreach.ui.dialogs.forms import Choice, FormDialog, text_area, text_field
from outreach.ui.widgets.record_field import RecordField, Suggest

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
    """A fact of a case. Values: entry (FactEntry). people: where a person is looked for."""

    def __init__(
        self,
        parent: QWidget,
        sources: Sequence[tuple[str, str]],
        people: Suggest | None,
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
        self.person = RecordField(
            "Type some of the name",
            people,
            (fact.raw, fact.value) if fact and fact.type == "person" else ("", ""),
        )
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
