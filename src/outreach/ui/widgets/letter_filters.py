"""The filters above the table of letters."""

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from outreach.desk.filter_names import FilterNames
from outreach.desk.letter_query import STANDINGS, Filters
from outreach.domain.states import Channel, ReplyKind
from outreach.ui.dialogs.forms import Choice
from outreach.ui.widgets.fields import SearchField
from outreach.ui.widgets.panels import row_of
from outreach.ui.words import channel_in_words

_DUE = (
    ("", "Due any day"),
    ("past", "Due before today"),
    ("7", "Due within 7 days"),
    ("30", "Due within 30 days"),
)
_TYPING_MS = 150


class LetterFilters(QWidget):
    """Search, standing, day, body and more.

    beside: what stands at their right. Signals: changed() when one is set.
    """

    changed = Signal()

    def __init__(self, beside: Sequence[QWidget]) -> None:
        super().__init__()
        self._keep_quiet = False
        self.search = SearchField(self.tr("Search letters"))
        self.status = Choice([("", self.tr("All letters")), *((x.word, self.tr(x.label)) for x in STANDINGS)])
        self.status.setMaxVisibleItems(len(STANDINGS) + 1)
        self.body = Choice([("", self.tr("All bodies"))])
        self.due = Choice([(k, self.tr(w)) for k, w in _DUE])
        self.party = Choice([("", self.tr("All parties"))])
        self.country = Choice([("", self.tr("All countries"))])
        self.channel = Choice(
            [
                ("", self.tr("By any way")),
                *((c.value, channel_in_words(c.value).capitalize()) for c in Channel),
            ]
        )
        self.answer = Choice(
            [("", self.tr("Any answer")), *((k.value, k.value.capitalize()) for k in ReplyKind)]
        )
        for choice, words in (
            (self.status, self.tr("Filter by standing")),
            (self.body, self.tr("Filter by body")),
            (self.due, self.tr("Filter by the day an answer is due")),
            (self.party, self.tr("Filter by party")),
            (self.country, self.tr("Filter by country")),
            (self.channel, self.tr("Filter by how it was sent")),
            (self.answer, self.tr("Filter by kind of answer")),
        ):
            choice.setAccessibleName(words)
            choice.currentIndexChanged.connect(self._changed)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._changed)
        self.search.textChanged.connect(self._typed)
        self.search.returnPressed.connect(self._changed)
        for choice in (self.party, self.country, self.channel, self.answer):
            choice.setMaximumWidth(170)
        self.body.setMaximumWidth(220)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(row_of(self.search, self.status, self.due, None, *beside))
        layout.addLayout(row_of(self.body, self.party, self.country, self.channel, self.answer, None))

    def offer(self, found: FilterNames) -> None:
        """Offer these bodies, parties and countries, without a signal."""
        for choice, every, names in (
            (self.body, self.tr("All bodies"), found.bodies),
            (self.party, self.tr("All parties"), found.parties),
            (self.country, self.tr("All countries"), found.countries),
        ):
            chosen = choice.value()
            choice.set_options([("", every), *((n, n) for n in names)])
            if chosen:
                choice.blockSignals(True)
                choice.choose(chosen, chosen)
                choice.blockSignals(False)
            # A filter that is set is shown, or nobody would know why letters are missing.
            choice.setVisible(len(names) > 1 or bool(chosen))

    def filters(self) -> Filters:
        """The filters as they are set."""
        return Filters(
            status=self.status.value(),
            body=self.body.value(),
            party=self.party.value(),
            country=self.country.value(),
            channel=self.channel.value(),
            answer=self.answer.value(),
            within=self.due.value(),
            search=self.search.text(),
        )

    def set_filters(self, filters: Filters) -> None:
        """Set all filters at once, with one signal."""
        self._keep_quiet = True
        self.search.setText(filters.search)
        due = self.tr("Due within {0} days").format(filters.within)
        for choice, value, words in (
            (self.status, filters.status, filters.status),
            (self.body, filters.body, filters.body),
            (self.party, filters.party, filters.party),
            (self.country, filters.country, filters.country),
            (self.channel, filters.channel, channel_in_words(filters.channel)),
            (self.answer, filters.answer, filters.answer),
            (self.due, filters.within, due),
        ):
            choice.setCurrentIndex(0)
            # A view saved in the terminal may filter by what is not offered here, as part of a name.
            choice.choose(value, words)
            if value:
                choice.show()
        self._keep_quiet = False
        self._changed()

    def forget(self) -> None:
        """Wait for no more words; the fields forget by themselves."""
        self._typing.stop()

    def _typed(self) -> None:
        """Wait until no more is typed for a moment, so that not every letter is searched for."""
        if not self._keep_quiet:
            self._typing.start()

    def _changed(self) -> None:
        if not self._keep_quiet:
            self._typing.stop()
            self.changed.emit()
