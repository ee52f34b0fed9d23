"""A pack as a web page in one file."""

from collections.abc import Sequence
from html import escape
from typing import Any

from outreach.letters.formats.document import ACCENT
from outreach.letters.formats.html import blocks_html, picture_html
from outreach.packs.contents import PackContents

_STYLE = (
    ":root{--accent:ACCENT;--alarm:#a33c00;--quiet:#5b6470;--line:#c9d0d8}"
    "body{font:17px/1.55 'Source Serif 4',Georgia,serif;max-width:46em;margin:3em auto;"
    "padding:0 1.2em;color:#1b1f24;overflow-wrap:anywhere}"
    "h1,h2,h3,nav,small,th,.quiet,.alarm,.marking{font-family:Inter,'Helvetica Neue',Arial,sans-serif}"
    "a{color:var(--accent)}h1{color:var(--accent);font-size:2.1em;line-height:1.15;margin:.2em 0}"
    "h2{color:var(--accent);border-bottom:2px solid var(--accent);padding-bottom:.2em;margin-top:2.4em}"
    "h3{font-size:1.05em;margin-top:1.8em}nav ul{columns:2;list-style:none;padding:0;font-size:.92em}"
    "nav a,small a{text-decoration:none}a:hover,a:focus{text-decoration:underline}"
    "table{border-collapse:collapse;width:100%;font-size:.92em}"
    "th{text-align:left;font-size:.8em;color:var(--quiet)}th::first-letter{text-transform:uppercase}"
    ".chart td{border:0;padding:.15em 1em .15em 0;vertical-align:middle}.chart td:nth-child(2){width:55%}"
    ".chart td:last-child{white-space:nowrap}"
    "td,th{padding:.4em 1em .4em 0;vertical-align:top;border-bottom:1px solid var(--line)}"
    "td:first-child{min-width:7em}.quiet,small,.alarm{color:var(--quiet);font-size:.82em}"
    ".alarm,.marking{color:var(--alarm)}"
    ".marking{font-weight:700;font-size:.85em;letter-spacing:.08em;text-transform:uppercase}"
    "img{max-width:100%;height:auto;border:1px solid var(--line)}"
    "article{border-top:1px solid var(--line);margin-top:2em}@media print{body{margin:0}"
    "h2{break-before:page}}"
    "@media screen and (prefers-color-scheme:dark){:root{--accent:#7db5ee;--alarm:#f0955f;"
    "--quiet:#a3acb6;--line:#3a424b}"
    "body{background:#15181c;color:#e6e9ec}img{background:#fff;padding:.4em;border-radius:.3em}}"
    "@media(max-width:32em){nav ul{columns:1}}"
)


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{escape(h)}</th>' for h in head)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{_lines(rows)}</tbody></table>"


def _lines(rows: Sequence[Sequence[str]]) -> str:
    return "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)


def _cited(text: str, sources: Sequence[dict[str, Any]], cites: bool) -> str:
    numbers = list(dict.fromkeys(s["number"] for s in sources))
    shown = ", ".join(f'<a href="#source-{n}">{n}</a>' if cites else str(n) for n in numbers)
    return escape(text) + (f" <small>[{shown}]</small>" if numbers else "")


def pack_html(contents: PackContents) -> str:
    """The pack as one HTML page that needs nothing else: no scripts, nothing fetched, pictures inside."""
    d = contents.data
    w = d["words"]
    parts = []
    for section in d["sections"]:
        key, title = section["key"], section["title"]
        parts.append(f'<section id="{key}"><h2>{escape(title)}</h2>{_HTML[key](contents)}</section>')
    links = "".join(f'<li><a href="#{s["key"]}">{escape(s["title"])}</a></li>' for s in d["sections"])
    marking = f'<p class="marking">{escape(d["marking"])}</p>' if d["marking"] else ""
    audience = f"<p>{escape(w['for_whom'])} {escape(d['audience'])}</p>" if d["audience"] else ""
    logo = (
        "<p>"
        + _picture(contents, d["brand"]["logo"], d["organization"], "height:3.5em;border-color:transparent")
        + "</p>"
        if d["brand"]["logo"]
        else ""
    )
    return (
        f'<!doctype html>\n<html lang="{escape(d["language"])}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(contents.title)}</title>"
        f"<style>{_STYLE.replace('ACCENT', d['brand']['color'] or ACCENT)}</style>"
        f"</head>\n<body>\n<header>{logo}<p class='quiet'>{escape(d['organization'])}</p>"
        f"<h1>{escape(d['title'])}</h1>"
        f"<p>{escape(w['pack'])}, {escape(d['date'])}</p>{audience}{marking}</header>\n"
        f'<nav aria-label="{escape(w["contents"])}"><ul>{links}</ul></nav>\n<main>{"".join(parts)}</main>\n'
        f"<footer><p class='quiet'>{escape(d['colophon'])}</p></footer>\n</body>\n</html>\n"
    )


def _picture(contents: PackContents, name: str, alt: str, style: str = "") -> str:
    return picture_html(name, contents.files[name], alt, style)


def _fact_rows(c: PackContents, key: str) -> str:
    w, cites = c.data["words"], c.data["cites"]
    rows = []
    for f in c.data[key]:
        note = ""
        if f["conflicts"]:
            note = f'<br><span class="alarm">{escape(w["conflicting"])} {escape(f["note"])}</span>'
        elif f["note"]:
            note = f"<br><small>{escape(f['note'])}</small>"
        rows.append((escape(f["label"]), _cited(f["value"], f["sources"], cites) + note))
    return _rows((w["fact"], w["stated"]), rows)


def _timeline(c: PackContents) -> str:
    rows = [
        (
            escape(e["date"]),
            f"<b>{_cited(e['title'], e['sources'], c.data['cites'])}</b>"
            + (f" <small>{escape(c.data['words']['disputed'])}</small>" if e["disputed"] else "")
            + (f"<br>{escape(e['detail'])}" if e["detail"] else ""),
        )
        for e in c.data["timeline"]
    ]
    return _rows(("", ""), rows)


def _votes(c: PackContents) -> str:
    w, found = c.data["words"], []
    for v in c.data["votes"]:
        counts = ", ".join(f"{w[k]} {v[k]}" for k in ("yes", "no", "abstain") if v[k] is not None)
        said = f"{v['motion']}: {v['result']}" if v["result"] else v["motion"]
        found.append(
            f"<h3>{escape(', '.join(x for x in (v['body'], v['date']) if x))}</h3>"
            f"<p>{_cited(said, v['sources'], c.data['cites'])}</p>"
            f"<p>{_bar([(v['yes'], 'accent'), (v['no'], 'alarm'), (v['abstain'], 'line')], counts)}"
            f"{escape(counts or w['no_counts'])}</p>"
        )
    return "".join(found)


def _bar(parts: Sequence[tuple[int | None, str]], said: str, *, of: int = 0) -> str:
    """A bar of parts, each in one of the page's colours; what it shows is said to who cannot see it.

    of: what the whole width stands for.
    """
    total = of or sum(count or 0 for count, _ in parts)
    drawn, at = "", 0.0
    for count, color in parts:
        if count and total:
            width = 100 * count / total
            drawn += f'<rect x="{at:.2f}%" width="{width:.2f}%" height="12" fill="var(--{color})"/>'
            at += width
    return (
        f'<svg role="img" aria-label="{escape(said)}" width="100%" height="12">{drawn}</svg>' if drawn else ""
    )


def _charts(c: PackContents) -> str:
    """Answers by body, and the time that they took."""
    d = c.data
    w = d["words"]
    most = max((b["sent"] for b in d["chart"]), default=0)
    bodies = [
        (
            escape(b["name"]),
            _bar(
                [(b["answered"], "accent"), (b["sent"] - b["answered"], "line")],
                f"{b['answered']} / {b['sent']} {w['answered']}",
                of=most,
            ),
            f"{b['answered']} / {b['sent']}",
        )
        for b in d["chart"]
    ]
    longest = max((t["count"] for t in d["times"]), default=0)
    times = [
        (
            escape(t["label"]),
            _bar([(t["count"], "accent")], f"{t['label']}: {t['count']}", of=max(5, longest)),
            str(t["count"]),
        )
        for t in d["times"]
    ]
    found = ""
    if bodies:
        found += f"<h3>{escape(w['by_body'])}</h3>{_drawn(bodies)}<small>{escape(w['legend'])}</small>"
    if times:
        found += f"<h3>{escape(w['time_to_answer'])}</h3>{_drawn(times)}"
    return found


def _drawn(rows: Sequence[Sequence[str]]) -> str:
    return f'<table class="chart">{_lines(rows)}</table>'


def _recipients(c: PackContents) -> str:
    d = c.data
    w = d["words"]
    rows = []
    for r in d["recipients"]:
        reference = (
            f'<a href="#letter-{r["reference"]}">{r["reference"]}</a>'
            if r["has_letter"]
            else escape(r["reference"])
        )
        who = escape(r["name"]) + (f"<br><small>{escape(r['office'])}</small>" if r["office"] else "")
        who += f"<br><small>{escape(w['written_by'])} {escape(r['by'])}</small>" if r["by"] else ""
        state = f'<span class="alarm">{escape(r["state"])}</span>' if r["is_overdue"] else escape(r["state"])
        rows.append((reference, who, escape(r["sent"]), state))
    rate = f"<p>{escape(d['rate_words'])}</p>" if d["rate_words"] else ""
    promised = "".join(
        f"<li>{escape(f['what'])} ({escape(f['who'])}, {f['reference']}), {escape(w['by_date'])} "
        f"{escape(f['due'])}.</li>"
        for f in d["follow_ups"]
    )
    return (
        rate
        + _charts(c)
        + f"<h3>{escape(w['every'])}</h3>"
        + _rows((w["reference"], w["recipient"], w["sent"], w["standing"]), rows)
        + (f"<h3>{escape(w['promises'])}</h3><ul>{promised}</ul>" if promised else "")
    )


def _bodies(c: PackContents) -> str:
    w = c.data["words"]
    return _rows(
        (w["body"], w["sent"], w["answered"], w["overdue"], w["median_days"]),
        [
            (escape(b["name"]), str(b["sent"]), str(b["answered"]), str(b["overdue"]), b["median"])
            for b in c.data["chart"]
        ],
    )


def _replies(c: PackContents) -> str:
    return "".join(
        f"<article><h3>{escape(r['from'])}, {escape(r['date'])}</h3>"
        f"<small>{escape(c.data['words']['in_answer'])} {r['reference']}: {escape(r['kind'])}</small>"
        + "".join(f"<p>{escape(p)}</p>" for p in r["text"].split("\n") if p.strip())
        + "</article>"
        for r in c.data["replies"]
    )


def _letters(c: PackContents) -> str:
    def lines(items: Sequence[str]) -> str:
        return "<br>".join(escape(x) for x in items)

    return "".join(
        f'<article id="letter-{letter["reference"]}" lang="{escape(letter["language"])}">'
        f"<h3>{escape(letter['heading'])}</h3>"
        f"<p>{lines(letter['address'])}</p>"
        f"<p class='quiet'>{escape(letter['date'])}, {letter['reference']}</p>"
        f"<p><b>{escape(letter['subject'])}</b></p>"
        f"<p>{escape(letter['salutation'])}</p>{blocks_html(letter['blocks'])}"
        f"<p>{escape(letter['close'])}</p><p>{lines(letter['signature'])}</p></article>"
        for letter in c.data["letters"]
    )


def _evidence(c: PackContents) -> str:
    return "".join(
        f"<h3>{escape(e['label'])}: {escape(e['title'])}</h3><p class='quiet'>{escape(e['note'])}</p>"
        + "".join(_picture(c, p["file"], p["alt"]) for p in e["pages"])
        for e in c.data["evidence"]
    )


def _sources(c: PackContents) -> str:
    items = "".join(
        f'<li id="source-{n}">{escape(s["title"])}<br>'
        f"<small>{escape(', '.join(x for x in (s['publisher'], s['date'], s['url']) if x))}</small></li>"
        for n, s in enumerate(c.data["sources"], start=1)
    )
    return f"<ol>{items}</ol>"


def _asks(c: PackContents) -> str:
    w = c.data["words"]
    rows = [
        (
            f"<b>{escape(a['name'])}</b>",
            f'<span lang="{escape(a["language"])}">{escape(a["text"])}</span>'
            + (f"<br><small>{escape(a['of'])}</small>" if a["of"] else ""),
        )
        for a in c.data["asks"]
    ]
    return _rows((w["ask"], w["ask_of"]), rows)


def _persons(c: PackContents) -> str:
    w = c.data["words"]
    rows = [
        (
            escape(p["role"]),
            escape(p["name"]) + (f"<br><small>{escape(p['note'])}</small>" if p["note"] else ""),
        )
        for p in c.data["parties"]
    ]
    return _rows((w["part"], w["person"]), rows)


def _summary(c: PackContents) -> str:
    return f"<p>{escape(c.data['summary'])}</p>"


def _facts(c: PackContents) -> str:
    return _fact_rows(c, "facts")


def _legal(c: PackContents) -> str:
    return _fact_rows(c, "legal")


_HTML = {
    "summary": _summary, "facts": _facts, "legal": _legal, "timeline": _timeline, "persons": _persons,
    "votes": _votes, "asks": _asks,
    "bodies": _bodies, "recipients": _recipients, "replies": _replies, "letters": _letters,
    "evidence": _evidence, "sources": _sources,
}  # fmt: skip
