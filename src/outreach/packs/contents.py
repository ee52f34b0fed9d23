"""What a briefing pack holds, read from the same records as the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import asks_list, campaign_of_case
from outreach.cases.facts import case_row, facts_for, timeline, votes_list
from outreach.directory.citations import SourceRef
from outreach.domain.address import audiences
from outreach.domain.states import AWAITING_PHASES, OVERDUE_PHASES, Channel, Phase
from outreach.domain.wording import date_in_words, day_short, locale_for
from outreach.letters.exports import letter_document
from outreach.letters.formats.pdf import letter_data
from outreach.letters.replies import follow_ups_list, replies_list
from outreach.letters.tracker import TrackerRow, statistics, tracker_rows
from outreach.store.models import Letter

CHANNELS = {
    Channel.EMAIL: "e-mail",
    Channel.POST: "post",
    Channel.WEB_FORM: "web form",
    Channel.IN_PERSON: "in person",
}
SECTIONS = (
    ("summary", "Summary"),
    ("timeline", "Timeline"),
    ("facts", "Facts"),
    ("votes", "Votes"),
    ("asks", "What is asked"),
    ("recipients", "Recipients and answers"),
    ("replies", "Answers received"),
    ("letters", "Letters"),
)


@dataclass(frozen=True)
class PackContents:
    """A pack's words and figures as plain data for the layout, and what it is about."""

    case_id: str
    title: str
    data: dict[str, Any]
    letters: int


class _Sources:
    """Numbers each source by first use."""

    def __init__(self) -> None:
        self.order: dict[str, SourceRef] = {}

    def numbers(self, refs: Sequence[SourceRef]) -> list[dict[str, Any]]:
        found = []
        for ref in refs:
            self.order.setdefault(ref.id, ref)
            found.append({"number": list(self.order).index(ref.id) + 1, "locator": ref.locator})
        return found


def pack_contents(
    session: Session, case_id: str, *, on: date | None = None, leave_out: Sequence[str] = ()
) -> PackContents:
    """Read everything for a case's pack.

    Args: on: the day it is dated and deadlines are judged on; by default the campaign's day.
        leave_out: keys of SECTIONS.
    Raises: NotFoundError for an unknown case.
    """
    campaign = campaign_of_case(session, case_id)
    case = case_row(session, case_id)
    day = on or campaign.today
    locale = locale_for("en")
    sources = _Sources()
    facts = facts_for(session, case_id)
    rows = [
        r for r in tracker_rows(session, campaign, today=day) if r.status.value not in {"draft", "withdrawn"}
    ]
    figures = statistics(rows)
    titles = dict(SECTIONS)
    data: dict[str, Any] = {
        "language": "en",
        "title": case.name,
        "campaign": campaign.name,
        "organization": campaign.sender_organization or campaign.name,
        "date": date_in_words(day, locale),
        "sections": [{"key": key, "title": titles[key]} for key, _ in SECTIONS if key not in leave_out],
        "summary": case.summary,
        "campaign_summary": campaign.summary,
        "key_figures": [
            {"label": "letters sent", "value": str(figures.sent)},
            {"label": "answered", "value": str(figures.answered)},
            {"label": "ready to send", "value": str(figures.ready)},
            {"label": "overdue", "value": str(figures.overdue)},
        ],
        "parties": [
            {"role": role.capitalize(), "name": name, "note": note} for role, name, note in case.parties
        ],
        "timeline": [
            {
                "date": date_in_words(e.on, locale),
                "title": e.title,
                "detail": e.detail,
                "disputed": e.disputed,
                "sources": sources.numbers(e.sources),
            }
            for e in timeline(session, case_id)
        ],
        "facts": [
            {
                "label": f.label,
                "value": f.value[:1].upper() + f.value[1:],
                "status": f.status,
                "conflicts": bool(f.conflict),
                "note": f.note,
                "sources": sources.numbers(f.sources),
            }
            for f in facts
        ],
        "votes": [
            {
                "body": v.body,
                "motion": v.motion,
                "date": date_in_words(v.date, locale) if v.date else "",
                "result": v.result,
                "yes": v.yes,
                "no": v.no,
                "abstain": v.abstain,
                "sources": sources.numbers(v.sources),
            }
            for v in votes_list(session, campaign.key)
        ],
        "asks": _asks(session, campaign.key),
        "recipients": [_recipient(r) for r in rows],
        "chart": [
            {"name": b.name, "sent": b.sent, "answered": b.answered, "overdue": b.overdue}
            for b in figures.by_body
        ],
        "response_rate": f"{figures.response_rate:.0%}" if figures.response_rate is not None else "",
        "median_days": f"{figures.median_days:g}" if figures.median_days else "",
        "letters": _letters(session, rows),
        "replies": [
            {
                "reference": r.reference,
                "date": date_in_words(r.received_on, locale),
                "from": r.from_name or r.from_address,
                "kind": r.kind or "not classed yet",
                "text": r.text,
            }
            for r in reversed(replies_list(session, [row.reference for row in rows]))
        ],
        "follow_ups": [
            {"reference": f.reference, "who": f.who, "due": date_in_words(f.due_on, locale), "what": f.what}
            for f in follow_ups_list(session, campaign)
            if not f.is_done
        ],
    }
    data["sources"] = [
        {
            "title": ref.title,
            "date": date_in_words(ref.date, locale) if ref.date else "",
            "publisher": ref.publisher,
            "url": ref.url,
        }
        for ref in sources.order.values()
    ]
    return PackContents(case_id, f"{case.name}: briefing pack", data, len(data["letters"]))


def _asks(session: Session, campaign_key: int) -> list[dict[str, Any]]:
    labels = audiences()
    return [
        {"name": a.name, "text": a.text, "of": ", ".join(labels.get(x, x) for x in a.audiences)}
        for a in asks_list(session, campaign_key)
    ]


def state_in_words(row: TrackerRow) -> str:
    """Where a letter stands, as a reader of the pack needs it."""
    match row.phase:
        case phase if phase in AWAITING_PHASES:
            wait = {Phase.DUE_SOON: "due", Phase.AWAITING: "awaited by"}.get(phase, "overdue since")
            return f"Sent; answer {wait} {day_short(row.due_on)}"
        case Phase.TO_READ:
            return "Answer received, not yet assessed"
        case Phase.ANSWERED:
            return f"Answered {day_short(row.answered_on)}: {row.answer}".rstrip(": ")
        case _:
            return (
                "Ready to send"
                if row.status.value in {"approved", "queued"}
                else row.status.value.capitalize()
            )


def _recipient(row: TrackerRow) -> dict[str, Any]:
    return {
        "reference": row.reference,
        "name": row.recipient,
        "office": ", ".join(x for x in (row.post, row.body) if x and x != row.recipient),
        "by": row.sender,
        "sent": day_short(row.sent_on),
        "channel": CHANNELS.get(Channel(row.channel), "") if row.channel else "",
        "state": state_in_words(row),
        "is_answered": row.answered_on is not None,
        "is_overdue": row.phase in OVERDUE_PHASES,
        "is_own": row.origin == "own",
    }


def _letters(session: Session, rows: Sequence[TrackerRow]) -> list[dict[str, Any]]:
    by_reference = {r.reference: r for r in rows if r.origin == "own"}
    found = []
    for letter in session.scalars(
        select(Letter).where(Letter.reference.in_(list(by_reference))).order_by(Letter.id)
    ):
        row = by_reference[letter.reference]
        found.append(
            {
                **letter_data(letter_document(session, letter)),
                "heading": row.recipient,
                "office": row.post or row.body,
            }
        )
    return found
