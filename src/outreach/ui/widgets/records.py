"""People, bodies, facts and timelines as text to read. Every value is escaped here."""

from collections.abc import Sequence
from html import escape

from outreach.cases.facts import CaseRow, FactRow, TimelineEntry, VoteRow
from outreach.directory.bodies import BodyRow, HolderRow, PostRow
from outreach.directory.citations import SourceRef, titles_of
from outreach.directory.people import ContactRow, MembershipRow, OtherNameRow, PersonRow
from outreach.domain.wording import date_in_words, locale_for
from outreach.ui.words import channel_in_words

_EN = locale_for("en")


def _day(partial: str | None) -> str:
    return date_in_words(partial, _EN) if partial else ""


def _term(start: str | None, end: str | None) -> str:
    if start and end:
        return f"{_day(start)} to {_day(end)}"
    if start:
        return f"since {_day(start)}"
    return f"until {_day(end)}" if end else ""


def sources_html(sources: Sequence[SourceRef]) -> str:
    """A list of sources with their dates and what each supports."""
    if not sources:
        return "<p class='head'>Sources</p><p class='quiet'>None on file.</p>"
    items = []
    for source in sources:
        more = ", ".join(escape(x) for x in (_day(source.date), source.locator) if x)
        claim = f" <span class='quiet'>For: {escape(source.claim)}</span>" if source.claim else ""
        tone = " class='warning'" if source.kind == "outside" else ""
        items.append(
            f"<li><span{tone}>{escape(source.title)}</span>"
            + (f"<br><span class='quiet small'>{more}</span>" if more else "")
            + f"{claim}</li>"
        )
    return f"<p class='head'>Sources</p><ul>{''.join(items)}</ul>"


def _names(names: Sequence[OtherNameRow]) -> str:
    if not names:
        return ""
    items = "".join(
        f"<p>{escape(n.name)}" + (f" <span class='quiet'>{escape(n.note)}</span>" if n.note else "") + "</p>"
        for n in names
    )
    return f"<p class='head'>Also written</p>{items}"


def _contacts(contacts: Sequence[ContactRow]) -> str:
    if not contacts:
        return "<p class='head'>How to reach</p><p class='quiet'>No e-mail, address or form is on file.</p>"
    items = "".join(
        f"<tr><td class='quiet'>{escape(channel_in_words(c.type).capitalize())}</td>"
        f"<td>{escape(c.value).replace(chr(10), '<br>')}"
        + (f" <span class='quiet small'>{escape(c.note)}</span>" if c.note else "")
        + "</td></tr>"
        for c in contacts
    )
    return f"<p class='head'>How to reach</p><table>{items}</table>"


def _membership(m: MembershipRow) -> str:
    more = ", ".join(
        x for x in (escape(m.on_behalf_of), escape(m.area), _term(m.start_date, m.end_date)) if x
    )
    outside = any(s.kind == "outside" for s in m.sources)
    note = " <span class='warning small'>outside knowledge</span>" if outside else ""
    return (
        f"<p><b>{escape(m.label[:1].upper() + m.label[1:])}</b>"
        + (f"<br><span class='quiet'>{more}</span>{note}" if more or note else "")
        + "</p>"
    )


def person_html(p: PersonRow) -> str:
    """Everything on file about a person."""
    name = " ".join(x for x in (p.honorific_prefix, p.name, p.honorific_suffix) if x)
    life = ""
    if p.birth_date or p.death_date:
        born = f"born {_day(p.birth_date)}" if p.birth_date else ""
        died = f"died {_day(p.death_date)}" if p.death_date else ""
        life = ", ".join(x for x in (born, died) if x)
    offices = "".join(_membership(m) for m in p.memberships)
    return (
        f"<p class='title'>{escape(name)}</p>"
        + (f"<p class='quiet'>{life[:1].upper() + life[1:]}</p>" if life else "")
        + (f"<p>{escape(p.summary)}</p>" if p.summary else "")
        + (f"<p class='head'>Offices and seats</p>{offices}" if offices else "")
        + _names(p.other_names)
        + _contacts(p.contact_details)
        + sources_html(p.sources)
    )


def _holders(holders: Sequence[HolderRow], *, roles: bool) -> str:
    items = []
    for h in holders:
        more = ", ".join(
            x
            for x in (
                escape(h.label) if roles else "",
                _term(h.start_date, h.end_date),
            )
            if x
        )
        items.append(
            f"<p><b>{escape(h.name)}</b>"
            + (f"<br><span class='quiet'>{more}</span>" if more else "")
            + "</p>"
        )
    return "".join(items)


def body_html(b: BodyRow) -> str:
    """Everything on file about a body."""
    kind = ", ".join(escape(x) for x in (b.classification.capitalize(), b.jurisdiction) if x)
    return (
        f"<p class='title'>{escape(b.name)}</p>"
        + (f"<p class='quiet'>{kind}</p>" if kind else "")
        + (f"<p>Part of {escape(b.parent)}</p>" if b.parent else "")
        + (f"<p>{escape(b.summary)}</p>" if b.summary else "")
        + (f"<p class='head'>People</p>{_holders(b.members, roles=True)}" if b.members else "")
        + _names(b.other_names)
        + _contacts(b.contact_details)
        + sources_html(b.sources)
    )


def post_html(p: PostRow) -> str:
    """An office and who held it."""
    return (
        f"<p class='title'>{escape(p.label)}</p><p class='quiet'>{escape(p.organization)}</p>"
        + (f"<p class='head'>Held by</p>{_holders(p.holders, roles=False)}" if p.holders else "")
        + sources_html(p.sources)
    )


def fact_html(f: FactRow, others: Sequence[FactRow]) -> str:
    """A fact with its sources, and what contradicts it. Args: others: the facts in conflict with it."""
    value = f.value[:1].upper() + f.value[1:]
    conflict = ""
    if others:
        lines = "".join(
            f"<p>{escape(o.value[:1].upper() + o.value[1:])}"
            f" <span class='quiet'>{escape('; '.join(s.title for s in o.sources))}</span></p>"
            for o in others
        )
        conflict = f"<p class='head'>Contradicted by</p><div>{lines}</div>"
    words = "".join(
        f"<p><span class='quiet'>{'French' if key == 'fr' else 'German'}</span> {escape(text)}</p>"
        for key, text in f.translations
    )
    return (
        f"<p class='head'>{escape(f.label)}</p><p class='title'>{escape(value)}</p>"
        + ("<p class='warning'>The sources disagree; templates name the one they use.</p>" if others else "")
        + (f"<p>{escape(f.note)}</p>" if f.note else "")
        + (f"<p class='quiet'>{_day(f.occurred_on)}</p>" if f.occurred_on and f.type != "date" else "")
        + conflict
        + (f"<p class='head'>In other languages</p>{words}" if words else "")
        + sources_html(f.sources)
        + f"<p class='head'>In templates</p><p><code>{{{{ facts.{escape(f.name)} }}}}</code></p>"
    )


def timeline_html(entries: Sequence[TimelineEntry]) -> str:
    """What happened, by date."""
    rows = []
    for e in entries:
        disputed = " <span class='warning small'>the sources disagree</span>" if e.disputed else ""
        sources = "; ".join(titles_of(e.sources))
        detail = e.detail[:1].upper() + e.detail[1:]
        rows.append(
            "<tr><td align='right' style='padding: 7px 18px 7px 0'><span "
            f"class='quiet'>{_day(e.on)}</span></td>"
            f"<td style='padding: 7px 0'><b>{escape(e.title)}</b>{disputed}"
            + (f"<br>{escape(detail)}" if detail else "")
            + f"<br><span class='quiet small'>{escape(sources)}</span></td></tr>"
        )
    return f"<table>{''.join(rows)}</table>" if rows else "<p class='quiet'>No fact has a day yet.</p>"


def parties_html(case: CaseRow) -> str:
    """Who is concerned by a case."""
    rows = "".join(
        f"<tr><td style='padding: 5px 18px 5px 0'><span class='quiet'>{escape(role.capitalize())}</span></td>"
        f"<td style='padding: 5px 0'><b>{escape(name)}</b>"
        + (f"<br><span class='quiet'>{escape(note[:1].upper() + note[1:])}</span>" if note else "")
        + "</td></tr>"
        for role, name, note in case.parties
    )
    return f"<p>{escape(case.summary)}</p><table>{rows}</table>"


def votes_html(votes: Sequence[VoteRow]) -> str:
    """Votes with their counts."""
    parts = []
    for v in votes:
        counts = " · ".join(
            f"{n} {word}"
            for n, word in ((v.yes, "for"), (v.no, "against"), (v.abstain, "abstaining"))
            if n is not None
        )
        parts.append(
            f"<p class='title'>{escape(v.body)}</p><p "
            f"class='quiet'>{_day(v.date)}</p><p>{escape(v.motion)}</p>"
            f"<p><b>{escape(v.result.capitalize())}</b>{': ' if v.result and counts else ''}{counts}</p>"
            + sources_html(v.sources)
        )
    return "<br>".join(parts) or "<p class='quiet'>No vote is on file.</p>"
