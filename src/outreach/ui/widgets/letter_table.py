"""A table of letters: what is chosen in it, and all that it shows, as the letters that are meant."""

from collections.abc import Sequence

from outreach.desk.chosen import ChosenLetters
from outreach.desk.letter_row import TrackerRow
from outreach.ui.models.paged import PagedModel
from outreach.ui.models.rows import Column
from outreach.ui.operations.letters import LetterListing
from outreach.ui.widgets.paged_table import PagedTable
from outreach.ui.workspace import Workspace


class LetterTable(PagedTable[TrackerRow]):
    """A `PagedTable` that follows listings of letters."""

    def __init__(
        self, workspace: Workspace, columns: Sequence[Column[TrackerRow]], *, name: str, many: bool = False
    ) -> None:
        self.letters = PagedModel(workspace, columns, lambda r: r.reference)
        super().__init__(self.letters, many=many, name=name)

    def chosen_letters(self) -> ChosenLetters | None:
        """The letters chosen; None while it is not known which these are."""
        listing, choice = self.letters.listing, self.choice
        if choice is None or not isinstance(listing, LetterListing):
            return None
        return listing.chosen(choice, self.letters.shown_order)

    def all_letters(self) -> ChosenLetters | None:
        """All letters that the table shows; None before it was read."""
        listing = self.letters.listing
        if not isinstance(listing, LetterListing):
            return None
        return listing.all(self.letters.rowCount(), self.letters.shown_order)
