"""The columns of each table in the window."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from outreach.desk.letter_columns import LetterColumn, screen_columns
from outreach.directory.citations import titles_of
from outreach.domain.wording import day_short, moment_short
from outreach.ui.models.rows import Column
from outreach.ui.words import NATURES, PHASE_TONE, channel_in_words, standing_in_words

if TYPE_CHECKING:
    from outreach.cases.facts import FactRow
    from outreach.correspondence.triage import InboxRow
    from outreach.desk.letter_row import TrackerRow
    from outreach.directory.bodies import BodyRow, PostRow
    from outreach.directory.people import PersonRow
    from outreach.packs.exports import PackExportRow
    from outreach.recipients.rows import RecipientRow


def _standing_tone(row: TrackerRow) -> str:
    if row.is_uncertain:
        return PHASE_TONE["uncertain"]
    return PHASE_TONE.get(
        row.status.value if row.phase.value in {"not sent", "ended"} else row.phase.value, ""
    )


def letter_columns() -> list[Column[TrackerRow]]:
    """The tracking table, as `desk.letter_columns` declares it."""
    return [_letter_column(column) for column in screen_columns()]


def _letter_column(column: LetterColumn) -> Column[TrackerRow]:
    def text(row: TrackerRow) -> str:
        value = column.on_screen(row)
        if column.key == "phase":
            return standing_in_words(row)
        return day_short(value) if isinstance(value, date) else "" if value is None else str(value)

    def sent_by(row: TrackerRow) -> str:
        return f"Sent by {channel_in_words(row.channel)}" if row.channel else ""

    return Column(
        column.label,
        text,
        sorted_by=column.key,
        width=column.width,
        right=column.right,
        bold=column.bold,
        tone=_standing_tone if column.key == "phase" else None,
        tip=sent_by if column.key == "sent_on" else column.tip,
    )


def _inbox_state(row: InboxRow) -> str:
    if row.nature.value != "answer":
        return NATURES[row.nature.value]
    if row.state == "triage":
        return "To assign"
    if row.state == "set_aside":
        return "Set aside"
    return row.kind.capitalize() or "To class"


def inbox_columns() -> list[Column[InboxRow]]:
    """Messages that came in."""
    return [
        Column(
            "From",
            lambda r: r.from_name or r.from_address,
            width=148,
            bold=True,
            tip=lambda r: r.from_address,
            sorted_by="from",
        ),
        Column("Subject", lambda r: r.subject, width=180, stretch=True, sorted_by="subject"),
        Column(
            "Letter",
            lambda r: r.reference + ("" if r.state == "filed" or not r.reference else "?"),
            width=88,
            tone=lambda r: "" if r.state == "filed" else "quiet",
            tip=lambda r: (
                f"{r.recipient}, {r.confidence} % sure" if r.reference else "Nothing in it names a letter"
            ),
            sorted_by="letter",
        ),
        Column(
            "Standing",
            _inbox_state,
            width=100,
            tone=lambda r: "accent" if r.needs_somebody else "bad" if r.nature.value == "bounce" else "quiet",
            sorted_by="standing",
        ),
        Column("Received", lambda r: day_short(r.received_on), width=96, sorted_by="received"),
    ]


def due_columns() -> list[Column[TrackerRow]]:
    """What is awaited, on the overview."""
    return [
        Column(
            "Recipient",
            lambda r: r.recipient,
            sorted_by="recipient",
            width=190,
            bold=True,
            stretch=True,
        ),
        Column("Standing", standing_in_words, sorted_by="phase", width=130, tone=_standing_tone),
        Column("Answer due", lambda r: day_short(r.due_on), sorted_by="due_on", width=110),
        Column("Reference", lambda r: r.reference, sorted_by="reference", width=96),
    ]


def person_columns() -> list[Column[PersonRow]]:
    """People in the directory."""

    def offices(person: PersonRow) -> str:
        return "; ".join(
            dict.fromkeys(
                ", ".join(x for x in (m.post or m.role, m.organization) if x) for m in person.memberships
            )
        )

    return [
        Column(
            "Name",
            lambda p: " ".join(x for x in (p.honorific_prefix, p.name) if x),
            width=220,
            bold=True,
            sorted_by="name",
        ),
        Column("Offices", offices, width=420, stretch=True, sorted_by="offices"),
    ]


def body_columns() -> list[Column[BodyRow]]:
    """Bodies in the directory."""
    return [
        Column("Name", lambda b: b.name, width=320, bold=True, stretch=True, sorted_by="name"),
        Column("Kind", lambda b: b.classification.capitalize(), width=150, sorted_by="kind"),
        Column("Part of", lambda b: b.parent, width=170, sorted_by="parent"),
    ]


def post_columns() -> list[Column[PostRow]]:
    """Offices in the directory."""
    return [
        Column(
            "Office",
            lambda p: p.short_label or p.label,
            width=300,
            bold=True,
            stretch=True,
            tip=lambda p: p.label,
            sorted_by="label",
        ),
        Column("Body", lambda p: p.organization, width=170, sorted_by="body"),
        Column("Held by", lambda p: "; ".join(h.name for h in p.holders), width=140, sorted_by="holders"),
    ]


def recipient_columns() -> list[Column[RecipientRow]]:
    """Whom the campaign writes to."""
    return [
        Column("Recipient", lambda r: r.name, width=164, bold=True, sorted_by="name"),
        Column(
            "Office",
            lambda r: ", ".join(x for x in (r.post, r.body) if x and x != r.name),
            width=280,
            stretch=True,
            sorted_by="office",
        ),
        Column("Addressed as", lambda r: r.audience_label, width=146, sorted_by="audience"),
        Column(
            "Reached by",
            lambda r: ", ".join(channel_in_words(c) for c in r.channels) or "no address on file",
            width=132,
            tone=lambda r: "" if r.channels else "quiet",
            sorted_by="channels",
        ),
    ]


def fact_columns() -> list[Column[FactRow]]:
    """Facts of a case."""
    return [
        Column("Fact", lambda f: f.label, width=240, bold=True),
        Column(
            "Value",
            lambda f: f.value[:1].upper() + f.value[1:],
            width=300,
            stretch=True,
            tip=lambda f: f.value,
        ),
        Column(
            "Status",
            lambda f: "Conflicting" if f.conflict else f.status.capitalize(),
            width=116,
            tone=lambda f: "warning" if f.conflict or f.status != "verified" else "good",
        ),
        Column(
            "Sources",
            lambda f: str(len({s.id for s in f.sources})),
            key=lambda f: len(f.sources),
            width=70,
            right=True,
            tip=lambda f: "\n".join(titles_of(f.sources)),
        ),
    ]


def export_columns() -> list[Column[PackExportRow]]:
    """Packs that were exported."""
    return [
        Column(
            "Pack",
            lambda e: e.file_name,
            width=150,
            bold=True,
            stretch=True,
            tip=lambda e: f"{e.pack}\nSHA-256 {e.sha256}",
        ),
        Column("Given to", lambda e: e.given_to, width=110),
        Column(
            "Exported",
            lambda e: moment_short(e.exported_at),
            key=lambda e: e.exported_at.timestamp(),
            width=150,
        ),
        Column("Pages", lambda e: str(e.pages or ""), key=lambda e: e.pages, width=56, right=True),
    ]


def draft_columns() -> list[Column[TrackerRow]]:
    """Drafts in the composer."""
    return [
        Column(
            "Draft",
            lambda r: r.recipient,
            sorted_by="recipient",
            width=170,
            bold=True,
            stretch=True,
            tip=lambda r: r.subject,
        ),
        Column(
            "Reference",
            lambda r: r.reference,
            sorted_by="reference",
            width=96,
            tone=lambda r: "quiet",
        ),
    ]
