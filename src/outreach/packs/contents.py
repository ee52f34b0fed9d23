"""What a briefing pack holds, read from the same records as the table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import asks_list, campaign_of_case
from outreach.cases.facts import FactRow, case_row, facts_for, timeline, votes_list
from outreach.correspondence.promises import follow_ups_list
from outreach.correspondence.replies import replies_list
from outreach.desk.letter_query import LetterQuery
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import letter_count, letter_page, letter_rows
from outreach.desk.statistics import Statistics, group_counts, statistics
from outreach.directory.citations import SourceRef
from outreach.domain.address import audiences
from outreach.domain.references import reference_key
from outreach.domain.states import AWAITING_PHASES, OVERDUE_PHASES, Phase
from outreach.domain.wording import date_in_words, day_short, locale_for, printable
from outreach.errors import NotFoundError, UsageError
from outreach.letters.exports import Documents, letterhead
from outreach.letters.formats.pdf import letter_data
from outreach.letters.in_parts import letter_heads, letters_in_parts
from outreach.packs.evidence import evidence_list, evidence_pages
from outreach.packs.options import PackOptions
from outreach.packs.words import pack_words
from outreach.store.models import Letter


@dataclass(frozen=True)
class PackContents:
    """A pack's words and figures as plain data for the layout, and what it is about.

    files: pictures by the names that the data calls them by. manifest: what it holds, with digests, as it is
    kept on file. unopened: why pieces of evidence are named in it and not shown, a sentence each. left_out:
    letters that were not read, where it is only looked at.
    """

    case_id: str
    title: str
    data: dict[str, Any]
    files: dict[str, bytes]
    manifest: dict[str, Any]
    unopened: tuple[str, ...] = ()
    left_out: int = 0


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
    session: Session,
    case_id: str,
    *,
    on: date | None = None,
    options: PackOptions | None = None,
    most: int | None = None,
) -> PackContents:
    """Read everything for a case's pack.

    Args: on: the day it is dated and deadlines are judged on; by default the campaign's day. options: by
        default a full dossier. most: letters that are read at most, for a look at it before it is made; None
        for all. Its figures are of all of them in any case.
    Raises: NotFoundError for an unknown case, fact or letter; UsageError for options that cannot be.
    """
    chosen = options or PackOptions()
    chosen.check()
    campaign = campaign_of_case(session, case_id)
    case = case_row(session, case_id)
    day = on or campaign.today
    words = pack_words(chosen.language)
    locale = locale_for(chosen.language)
    sources = _Sources()
    facts = _facts(session, case_id, chosen)
    visible = LetterQuery(for_others=True).of(campaign.key)
    rows = _rows(session, visible, day, chosen, most)
    figures, by_body = statistics(session, visible, day), group_counts(session, visible, "body", day)
    organization = campaign.sender_organization or campaign.name
    in_full = _letters(session, rows, chosen.letters[:most]) if "letters" in chosen.sections else []
    look = letterhead(session, campaign.key)
    files = look.files
    evidence = _evidence(session, case_id, words, files) if "evidence" in chosen.sections else []
    replies = [
        {
            "reference": r.reference,
            "date": date_in_words(r.received_on, locale),
            "from": r.from_name or r.from_address,
            "kind": words[f"kind_{r.kind}"],
            "text": r.text,
        }
        for r in reversed(replies_list(session, [row.reference for row in rows]))
    ]
    lettered = {entry["reference"] for entry in in_full}
    data: dict[str, Any] = {
        "language": chosen.language,
        "words": words,
        "is_brief": chosen.is_brief,
        "is_part": False,
        "far": "",
        "far_letters": [],
        "letters_heading": True,
        "title": chosen.title or case.name,
        "audience": chosen.audience,
        "marking": chosen.marking,
        "brand": look.data,
        "campaign": campaign.name,
        "organization": organization,
        "date": date_in_words(day, locale),
        "summary": case.summary,
        "campaign_summary": campaign.summary,
        "key_figures": [
            {"label": words["letters_sent"], "value": str(figures.sent)},
            {"label": words["answered"], "value": str(figures.answered)},
            {"label": words["ready"], "value": str(figures.ready)},
            {"label": words["overdue"], "value": str(figures.overdue)},
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
            for e in timeline(session, case_id, language=chosen.language)
        ],
        # What is said in the section of legal bases is not said twice.
        "facts": [
            _fact(f, sources, chosen.language)
            for f in facts
            if f.type != "legal_basis" or "legal" not in chosen.sections
        ],
        "legal": [_fact(f, sources, chosen.language) for f in facts if f.type == "legal_basis"],
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
        "asks": _asks(session, campaign.key, chosen.language),
        "recipients": [_recipient(r, lettered, chosen.language) for r in rows],
        "chart": [
            {
                "name": b.name,
                "sent": b.sent,
                "answered": b.answered,
                "overdue": b.overdue,
                "median": "" if b.median_days is None else f"{b.median_days:g}",
            }
            for b in by_body
        ],
        "times": _times([r.days_taken for r in rows if r.days_taken is not None]),
        "rate_words": _rate(words, figures),
        "letters": in_full,
        "replies": replies,
        "follow_ups": [
            {"reference": f.reference, "who": f.who, "due": date_in_words(f.due_on, locale), "what": f.what}
            for f in follow_ups_list(session, campaign)
            if not f.is_done
        ],
        "evidence": evidence,
        "colophon": words["colophon"].format(date=date_in_words(day, locale), organization=organization),
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
    # Numbers of sources lead to their list; a pack without one shows the numbers alone.
    data["cites"] = "sources" in chosen.sections
    holds = {
        "persons": data["parties"], "timeline": data["timeline"], "facts": data["facts"],
        "legal": data["legal"], "votes": data["votes"],
        "asks": data["asks"], "bodies": data["chart"], "recipients": rows, "replies": replies,
        "letters": in_full, "evidence": evidence,
        "sources": data["sources"],
    }  # fmt: skip
    data["sections"] = [{"key": key, "title": words[key]} for key in chosen.sections if holds.get(key, True)]
    manifest = {
        "options": chosen.as_data(),
        "facts": [{"name": f.name, "value": f.value} for f in facts],
        "letters": [{"reference": r.reference, "sha256": d} for r, d in _digests(session, rows, lettered)],
        "evidence": [{"title": e["title"], "sha256": e["sha256"]} for e in evidence],
    }
    shown: dict[str, Any] = printable(data)
    unopened = tuple(e["unopened"] for e in evidence if e["unopened"])
    left_out = 0 if most is None else letter_count(session, visible, day) - len(rows)
    return PackContents(
        case_id, f"{shown['title']}: {words['pack'].lower()}", shown, files, manifest, unopened, left_out
    )


def _rows(
    session: Session, visible: LetterQuery, day: date, chosen: PackOptions, most: int | None
) -> tuple[TrackerRow, ...]:
    """The letters of a pack by reference; of a part of them those that are chosen come first."""
    if most is None:
        return tuple(letter_rows(session, visible, day))
    wanted = replace(visible, only=chosen.letters[:most]) if chosen.letters else visible
    rows = letter_page(session, wanted, day, limit=most).rows
    more = letter_page(session, visible, day, limit=most - len(rows)).rows if len(rows) < most else ()
    return tuple(sorted(dict.fromkeys((*rows, *more)), key=lambda r: reference_key(r.reference)))


def _facts(session: Session, case_id: str, chosen: PackOptions) -> list[FactRow]:
    facts = facts_for(session, case_id, language=chosen.language)
    if not chosen.facts:
        return list(facts)
    if unknown := sorted(set(chosen.facts) - {f.name for f in facts}):
        raise NotFoundError(
            f"The case has no fact {', '.join(unknown)}. List them with: outreach facts list --case {case_id}"
        )
    return [f for f in facts if f.name in chosen.facts]


def _fact(f: FactRow, sources: _Sources, language: str) -> dict[str, Any]:
    # A text that nobody has translated yet stands as it was entered, and says to readers aloud which language
    # that is.
    value = f.value or f.raw
    return {
        "label": f.label,
        "value": value[:1].upper() + value[1:],
        "language": language if f.value else "en",
        "status": f.status,
        "conflicts": bool(f.conflict),
        "note": f.note,
        "sources": sources.numbers(f.sources),
    }


def _times(days: Sequence[int]) -> list[dict[str, Any]]:
    """How many answers came within so many days; none if nothing was answered."""
    if not days:
        return []
    bounds = ((0, 7), (8, 14), (15, 28), (29, 60), (61, 10**6))
    return [
        {
            "label": f"{low}–{high}" if high < 10**6 else f"> {low - 1}",
            "count": sum(low <= d <= high for d in days),
        }
        for low, high in bounds
    ]


def _rate(words: dict[str, str], figures: Statistics) -> str:
    if figures.response_rate is None:
        return ""
    key = "rate_median" if figures.median_days else "rate"
    return words[key].format(rate=f"{figures.response_rate:.0%}", days=f"{figures.median_days or 0:g}")


def _evidence(
    session: Session, case_id: str, words: dict[str, str], files: dict[str, bytes]
) -> list[dict[str, Any]]:
    """Annexes.

    One that cannot be opened is named, with its file and its hash, and not shown; unopened: why, in English.
    """
    found = []
    for number, row in enumerate(evidence_list(session, case_id), start=1):
        label = f"{words['annex']} {number}"
        pages, unopened, note = [], "", row.note
        try:
            drawn = evidence_pages(session, row, label)
        except (UsageError, MemoryError) as error:
            drawn, unopened = [], str(error) or f"{row.file_name} is too large to be opened."
            name = f"{row.file_name}, SHA-256 {row.sha256}"
            note = " ".join(x for x in (row.note, words["unopened"].format(file=name)) if x)
        for at, (picture, alt) in enumerate(drawn, start=1):
            name = f"evidence-{number}-{at}.png"
            files[name] = picture
            pages.append({"file": name, "alt": alt})
        found.append(
            {
                "label": label,
                "title": row.title,
                "note": note,
                "pages": pages,
                "sha256": row.sha256,
                "unopened": unopened,
            }
        )
    return found


def _digests(session: Session, rows: Sequence[TrackerRow], wanted: set[str]) -> list[tuple[TrackerRow, str]]:
    query = select(Letter.reference, Letter.text_sha256).where(Letter.reference.in_(wanted))
    found = {row.reference: row.text_sha256 for row in session.execute(query)}
    return [(r, found[r.reference]) for r in rows if r.reference in found]


def _asks(session: Session, campaign_key: int, language: str) -> list[dict[str, Any]]:
    labels = audiences()
    translated = {a.key: a.text for a in asks_list(session, campaign_key, language)}
    return [
        {
            "name": a.name,
            "text": _sentence(translated.get(a.key) or a.text),
            "language": language if translated.get(a.key) else "en",
            "of": ", ".join(labels.get(x, x) for x in a.audiences),
        }
        for a in asks_list(session, campaign_key)
    ]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")


def state_in_words(row: TrackerRow, language: str = "en") -> str:
    """Where a letter stands, as a reader of the pack needs it."""
    words, locale = pack_words(language), locale_for(language)
    match row.phase:
        case phase if phase in AWAITING_PHASES:
            key = {Phase.DUE_SOON: "state_due", Phase.AWAITING: "state_awaited"}.get(phase, "state_overdue")
            return words[key].format(date=day_short(row.due_on, locale))
        case Phase.TO_READ:
            return words["state_to_read"]
        case Phase.ANSWERED:
            said = words["state_answered"].format(date=day_short(row.answered_on, locale))
            return f"{said}: {words['kind_' + row.answer]}" if row.answer else said
        case _:
            return words.get(f"state_{row.status.value}", row.status.value.capitalize())


def _recipient(row: TrackerRow, lettered: set[str], language: str) -> dict[str, Any]:
    return {
        "reference": row.reference,
        "name": row.recipient,
        "office": ", ".join(x for x in (row.post, row.body) if x and x != row.recipient),
        "by": row.sender,
        "sent": day_short(row.sent_on, locale_for(language)),
        "channel": pack_words(language)[f"channel_{row.channel}"] if row.channel else "",
        "state": state_in_words(row, language),
        "is_answered": row.answered_on is not None,
        "is_overdue": row.phase in OVERDUE_PHASES,
        "has_letter": row.reference in lettered,
    }


def _letters(session: Session, rows: Sequence[TrackerRow], chosen: Sequence[str]) -> list[dict[str, Any]]:
    by_reference = {r.reference: r for r in rows if r.origin == "own"}
    if chosen:
        if unknown := sorted(set(chosen) - set(by_reference)):
            raise NotFoundError(
                f"No letter {', '.join(unknown)} can stand in a pack. Approved letters of the case's "
                "campaign can."
            )
        meant = set(chosen)
        by_reference = {k: v for k, v in by_reference.items() if k in meant}
    found = []
    documents = Documents(session)
    for letters in letters_in_parts(session, [h.key for h in letter_heads(session, list(by_reference))]):
        for letter, document in zip(letters, documents.of(letters), strict=True):
            row = by_reference[letter.reference]
            office = row.post or row.body
            found.append({**letter_data(document), "heading": row.recipient, "office": office})
    return found
