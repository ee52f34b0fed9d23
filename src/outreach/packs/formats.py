"""A pack as a web page in one file, and its text as a Word document."""

import base64
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from html import escape
from typing import Any

from docx import Document
from docx.document import Document as DocxDocument
from docx.shared import Pt

from outreach.letters.formats.html import blocks_html
from outreach.letters.formats.text import blocks_text
from outreach.packs.contents import PackContents

_STYLE = (
    "body{font:17px/1.55 'Source Serif 4',Georgia,serif;max-width:46em;margin:3em auto;padding:0 1.2em;color:#1b1f24}"
    "h1,h2,h3,nav,small,th,.quiet{font-family:Inter,'Helvetica Neue',Arial,sans-serif}h1{color:#1f4e79;font-size:2.1em;line-height:1.15;margin:.2em 0}"
    "h2{color:#1f4e79;border-bottom:2px solid #1f4e79;padding-bottom:.2em;margin-top:2.4em}h3{font-size:1.05em;margin-top:1.8em}"
    "table{border-collapse:collapse;width:100%;font-size:.92em}th{text-align:left;font-size:.8em;color:#5b6470;border-bottom:1px solid #c9d0d8}"
    "td,th{padding:.4em 1em .4em 0;vertical-align:top}.quiet,small{color:#5b6470;font-size:.82em}.alarm{color:#a33c00}"
    ".marking{color:#a33c00;font-weight:700;letter-spacing:.08em;text-transform:uppercase}img{max-width:100%;height:auto;border:1px solid #c9d0d8}"
    "article{border-top:1px solid #c9d0d8;margin-top:2em}@media print{body{margin:0}h2{break-before:page}}"
    "@media(prefers-color-scheme:dark){body{background:#15181c;color:#e6e9ec}h1,h2{color:#7db5ee}.quiet,small,th{color:#a3acb6}}"
)


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{escape(h)}</th>' for h in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


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
        f"<p>{_picture(contents, d['brand']['logo'], d['organization'], 'height:3.5em;border:0')}</p>"
        if d["brand"]["logo"]
        else ""
    )
    return (
        f'<!doctype html>\n<html lang="{escape(d["language"])}">\n<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(contents.title)}</title><style>{_STYLE}</style></head>\n<body>\n<header>{logo}<p class='quiet'>{escape(d['organization'])}</p>"
        f"<h1>{escape(d['title'])}</h1><p>{escape(w['pack'])}, {escape(d['date'])}</p>{audience}{marking}</header>\n"
        f'<nav aria-label="{escape(w["contents"])}"><ul>{links}</ul></nav>\n<main>{"".join(parts)}</main>\n'
        f"<footer><p class='quiet'>{escape(d['colophon'])}</p></footer>\n</body>\n</html>\n"
    )


def _picture(contents: PackContents, name: str, alt: str, style: str = "") -> str:
    kind = "image/svg+xml" if name.endswith(".svg") else "image/png"
    data = base64.b64encode(contents.files[name]).decode("ascii")
    return f'<img alt="{escape(alt)}" style="{style}" src="data:{kind};base64,{data}">'


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
            f"<h3>{escape(', '.join(x for x in (v['body'], v['date']) if x))}</h3><p>{_cited(said, v['sources'], c.data['cites'])}</p>"
            f"<p>{escape(counts or w['no_counts'])}</p>"
        )
    return "".join(found)


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
    return rate + _rows((w["reference"], w["recipient"], w["sent"], w["standing"]), rows)


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
        f"<article><h3>{escape(r['from'])}, {escape(r['date'])}</h3><small>{escape(c.data['words']['in_answer'])} {r['reference']}: "
        f"{escape(r['kind'])}</small>"
        + "".join(f"<p>{escape(p)}</p>" for p in r["text"].split("\n") if p.strip())
        + "</article>"
        for r in c.data["replies"]
    )


def _letters(c: PackContents) -> str:
    def lines(items: Sequence[str]) -> str:
        return "<br>".join(escape(x) for x in items)

    return "".join(
        f'<article id="letter-{letter["reference"]}" lang="{escape(letter["language"])}"><h3>{escape(letter["heading"])}</h3>'
        f"<p>{lines(letter['address'])}</p><p class='quiet'>{escape(letter['date'])}, {letter['reference']}</p>"
        f"<p><b>{escape(letter['subject'])}</b></p><p>{escape(letter['salutation'])}</p>{blocks_html(letter['blocks'])}"
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
        f'<li id="source-{n}">{escape(s["title"])}<br><small>{escape(", ".join(x for x in (s["publisher"], s["date"], s["url"]) if x))}</small></li>'
        for n, s in enumerate(c.data["sources"], start=1)
    )
    return f"<ol>{items}</ol>"


def _asks(c: PackContents) -> str:
    w = c.data["words"]
    rows = [
        (
            f"<b>{escape(a['name'])}</b>",
            escape(a["text"]) + (f"<br><small>{escape(a['of'])}</small>" if a["of"] else ""),
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
    "summary": _summary, "facts": _facts, "legal": _legal, "timeline": _timeline, "persons": _persons, "votes": _votes, "asks": _asks,
    "bodies": _bodies, "recipients": _recipients, "replies": _replies, "letters": _letters, "evidence": _evidence, "sources": _sources,
}  # fmt: skip


def pack_docx(contents: PackContents, *, on: date) -> bytes:
    """The pack's text as a Word document with headings and tables; evidence is named, not shown."""
    d = contents.data
    w = d["words"]
    document = Document()
    document.styles["Normal"].font.name = "Georgia"
    document.styles["Normal"].font.size = Pt(10.5)
    made = datetime.combine(on, time(12), tzinfo=UTC).replace(tzinfo=None)
    core = document.core_properties
    core.title, core.author, core.language, core.created, core.modified = (
        contents.title[:250],
        d["organization"][:250],
        d["language"],
        made,
        made,
    )
    document.add_heading(d["title"], 0)
    document.add_paragraph(", ".join(x for x in (w["pack"], d["date"], d["marking"]) if x))
    for section in d["sections"]:
        document.add_heading(section["title"], 1)
        _DOCX[section["key"]](document, contents)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _table(document: DocxDocument, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=1, cols=len(head), style="Light List Accent 1")
    for cell, text in zip(table.rows[0].cells, head, strict=True):
        cell.text = text
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text


def _with_numbers(text: str, sources: Sequence[dict[str, Any]]) -> str:
    numbers = ", ".join(dict.fromkeys(str(s["number"]) for s in sources))
    return f"{text} [{numbers}]" if numbers else text


def _docx_summary(document: DocxDocument, c: PackContents) -> None:
    document.add_paragraph(c.data["summary"])


def _docx_facts(document: DocxDocument, c: PackContents, key: str = "facts") -> None:
    w = c.data["words"]
    rows = [
        (f["label"], "\n".join(x for x in (_with_numbers(f["value"], f["sources"]), f["note"]) if x))
        for f in c.data[key]
    ]
    _table(document, (w["fact"], w["stated"]), rows)


def _docx_legal(document: DocxDocument, c: PackContents) -> None:
    _docx_facts(document, c, "legal")


def _docx_timeline(document: DocxDocument, c: PackContents) -> None:
    for e in c.data["timeline"]:
        document.add_paragraph(
            f"{e['date']}: {_with_numbers(e['title'], e['sources'])}. {e['detail']}".strip(),
            style="List Bullet",
        )


def _docx_persons(document: DocxDocument, c: PackContents) -> None:
    w = c.data["words"]
    _table(
        document,
        (w["part"], w["person"]),
        [(p["role"], "\n".join(x for x in (p["name"], p["note"]) if x)) for p in c.data["parties"]],
    )


def _docx_votes(document: DocxDocument, c: PackContents) -> None:
    w = c.data["words"]
    for v in c.data["votes"]:
        counts = ", ".join(f"{w[k]} {v[k]}" for k in ("yes", "no", "abstain") if v[k] is not None)
        document.add_heading(", ".join(x for x in (v["body"], v["date"]) if x), 2)
        document.add_paragraph(f"{v['motion']}: {v['result']}. {counts or w['no_counts']}")


def _docx_asks(document: DocxDocument, c: PackContents) -> None:
    w = c.data["words"]
    _table(
        document,
        (w["ask"], w["ask_of"]),
        [(a["name"], "\n".join(x for x in (a["text"], a["of"]) if x)) for a in c.data["asks"]],
    )


def _docx_bodies(document: DocxDocument, c: PackContents) -> None:
    w = c.data["words"]
    _table(
        document,
        (w["body"], w["sent"], w["answered"], w["overdue"], w["median_days"]),
        [
            (b["name"], str(b["sent"]), str(b["answered"]), str(b["overdue"]), b["median"])
            for b in c.data["chart"]
        ],
    )


def _docx_recipients(document: DocxDocument, c: PackContents) -> None:
    w = c.data["words"]
    rows = [
        (r["reference"], "\n".join(x for x in (r["name"], r["office"]) if x), r["sent"], r["state"])
        for r in c.data["recipients"]
    ]
    _table(document, (w["reference"], w["recipient"], w["sent"], w["standing"]), rows)


def _docx_replies(document: DocxDocument, c: PackContents) -> None:
    for r in c.data["replies"]:
        document.add_heading(f"{r['from']}, {r['date']}", 2)
        document.add_paragraph(f"{c.data['words']['in_answer']} {r['reference']}: {r['kind']}")
        for part in r["text"].split("\n"):
            if part.strip():
                document.add_paragraph(part)


def _docx_letters(document: DocxDocument, c: PackContents) -> None:
    for letter in c.data["letters"]:
        document.add_heading(f"{letter['heading']} ({letter['reference']})", 2)
        document.add_paragraph("\n".join(letter["address"]))
        document.add_paragraph(letter["date"])
        document.add_paragraph().add_run(letter["subject"]).bold = True
        document.add_paragraph(letter["salutation"])
        for part in blocks_text(letter["blocks"]):
            document.add_paragraph(
                " ".join(part.split("\n")) if not part.lstrip().startswith(("-", "1.")) else part
            )
        document.add_paragraph(letter["close"])
        document.add_paragraph("\n".join(letter["signature"]))


def _docx_evidence(document: DocxDocument, c: PackContents) -> None:
    for e in c.data["evidence"]:
        document.add_paragraph(
            f"{e['label']}: {e['title']}. {e['note']} SHA-256 {e['sha256']}", style="List Bullet"
        )


def _docx_sources(document: DocxDocument, c: PackContents) -> None:
    for s in c.data["sources"]:
        more = ", ".join(x for x in (s["publisher"], s["date"], s["url"]) if x)
        document.add_paragraph(f"{s['title']}. {more}".strip(), style="List Number")


_DOCX = {
    "summary": _docx_summary, "facts": _docx_facts, "legal": _docx_legal, "timeline": _docx_timeline, "persons": _docx_persons,
    "votes": _docx_votes, "asks": _docx_asks, "bodies": _docx_bodies, "recipients": _docx_recipients, "replies": _docx_replies,
    "letters": _docx_letters, "evidence": _docx_evidence, "sources": _docx_sources,
}  # fmt: skip
