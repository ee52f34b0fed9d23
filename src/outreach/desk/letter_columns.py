"""The columns of the tracking table: one declaration each, of which the window, the terminal, CSV, XLSX and
sorting are made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from outreach.desk.letter_row import TrackerRow
from outreach.domain.address import audiences
from outreach.errors import UsageError

Value = str | int | date | None


@dataclass(frozen=True)
class LetterColumn:
    """One column. key: its name for programs, in JSON and after `--sort`. label: its heading on screens.
    sorted_by: the column of `LetterRow` that it sorts by. value: what files hold. heading: in files, where it
    is not the label.

    place: where it stands on screens, counted from the left; None: in files only. Files have the order of
    LETTER_COLUMNS. width: in pixels. right: aligned there. shown: what screens hold, where it is not the
    value. tip: more words about a cell.
    """

    key: str
    label: str
    sorted_by: str
    value: Callable[[TrackerRow], Value]
    heading: str = ""
    place: int | None = 99
    width: int = 120
    right: bool = False
    bold: bool = False
    shown: Callable[[TrackerRow], Value] | None = None
    tip: Callable[[TrackerRow], str] | None = None

    @property
    def title(self) -> str:
        """Its heading in files."""
        return self.heading or self.label

    def on_screen(self, row: TrackerRow) -> Value:
        """What a cell shows."""
        return (self.shown or self.value)(row)


def _standing(row: TrackerRow) -> str:
    return "sent? not certain" if row.is_uncertain else row.phase.value


LETTER_COLUMNS: tuple[LetterColumn, ...] = (
    LetterColumn("reference", "Reference", "reference_key", lambda r: r.reference, place=1, width=90),
    LetterColumn(
        "recipient", "Recipient", "recipient_key", lambda r: r.recipient, place=2, width=160, bold=True
    ),
    LetterColumn("post", "Office", "post", lambda r: r.post, place=None),
    LetterColumn(
        "body",
        "Body",
        "body_key",
        lambda r: r.body,
        place=8,
        width=150,
        shown=lambda r: r.body if r.body != r.recipient else "",
        tip=lambda r: ", ".join(x for x in (r.post, r.body) if x),
    ),
    LetterColumn("party", "Party", "party_key", lambda r: r.party, place=None),
    LetterColumn("country", "Country", "country_key", lambda r: r.country, place=None),
    LetterColumn(
        "audience", "Audience", "audience", lambda r: audiences().get(r.audience, r.audience), place=None
    ),
    LetterColumn("subject", "Subject", "subject_key", lambda r: r.subject, place=10, width=320),
    LetterColumn("language", "Language", "language", lambda r: r.language, place=None),
    LetterColumn("sender", "Written by", "sender", lambda r: r.sender, place=None),
    LetterColumn("status", "Status", "status", lambda r: r.status.value, place=None),
    LetterColumn(
        "phase", "Standing", "urgency", lambda r: r.phase.value, place=3, width=124, shown=_standing
    ),
    LetterColumn("channel", "Sent by", "channel", lambda r: r.channel, place=None),
    LetterColumn("written_on", "Dated", "written_on", lambda r: r.written_on, place=None),
    LetterColumn("sent_on", "Sent", "sent_on", lambda r: r.sent_on, "Sent on", place=4, width=96),
    LetterColumn(
        "due_on",
        "Answer due",
        "due_on",
        lambda r: r.due_on,
        place=5,
        width=96,
        tip=lambda r: r.standard if r.due_on else "",
    ),
    LetterColumn(
        "answered_on", "Answered", "answered_on", lambda r: r.answered_on, "Answered on", place=6, width=96
    ),
    LetterColumn(
        "days_taken",
        "Days",
        "days_taken",
        lambda r: r.days_taken,
        "Days taken",
        place=7,
        width=56,
        right=True,
        tip=lambda r: "Days from sending to the answer",
    ),
    LetterColumn(
        "answer",
        "Answer",
        "answer",
        lambda r: r.answer,
        place=9,
        width=110,
        shown=lambda r: r.answer.capitalize(),
    ),
)
"""Every column there is, in the order of files."""


def screen_columns() -> tuple[LetterColumn, ...]:
    """Columns of the window's table and of the terminal's, from the left."""
    placed = [(c.place, c) for c in LETTER_COLUMNS if c.place is not None]
    return tuple(column for _, column in sorted(placed, key=lambda found: found[0]))


def find_column(typed: str) -> LetterColumn:
    """The column that a key or a heading names; case, hyphens and blanks do not matter.

    Raises: UsageError naming the keys there are.
    """
    wanted = "_".join(typed.casefold().replace("-", " ").replace("_", " ").split())
    for column in LETTER_COLUMNS:
        names = (column.key, column.label, column.title)
        if wanted in {"_".join(name.casefold().split()) for name in names}:
            return column
    keys = ", ".join(c.key for c in LETTER_COLUMNS)
    raise UsageError(f"Letters are not sorted by “{typed}”. Choose from: {keys}.")
