"""A pack's text as a Word document with headings and tables."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from outreach.letters.formats.document import Letterhead
from outreach.letters.formats.docx import write_blocks
from outreach.letters.formats.word import accent_of, add_logo, new_document, word_bytes
from outreach.packs.contents import PackContents

_QUIET, _ALARM = RGBColor(0x5B, 0x64, 0x70), RGBColor(0xA3, 0x3C, 0x00)
_SANS = "Arial"
_TEXT_MM = 160  # between the margins


def pack_docx(contents: PackContents, *, on: date) -> bytes:
    """The pack's text in Word; evidence is named, not shown.

    The same contents and day give the same bytes.
    """
    d = contents.data
    w = d["words"]
    made = datetime.combine(on, time(12), tzinfo=UTC)
    word = new_document(
        size_pt=10.5, title=contents.title, author=d["organization"], language=d["language"], at=made
    )
    brand = d["brand"]
    look = Letterhead(brand["color"], contents.files.get(brand["logo"], b""))
    _set_headings(word, accent_of(look))
    add_logo(word, look, alt=d["organization"], height_mm=16)
    _quiet(word.add_paragraph(), d["organization"])
    word.add_heading(d["title"], 0)
    audience = f"{w['for_whom']} {d['audience']}" if d["audience"] else ""
    word.add_paragraph(", ".join(x for x in (w["pack"], audience, d["date"]) if x))
    if d["marking"]:
        run = word.add_paragraph().add_run(d["marking"].upper())
        run.bold, run.font.size, run.font.name, run.font.color.rgb = True, Pt(9), _SANS, _ALARM
    for section in d["sections"]:
        heading = word.add_heading(section["title"], 1)
        heading.paragraph_format.page_break_before = section["key"] == "letters"
        _SECTIONS[section["key"]](word, contents)
    _quiet(word.add_paragraph(), d["colophon"])
    return word_bytes(word, made)


def _set_headings(word: Document, accent: RGBColor) -> None:
    """Headings in the organization's colour and one typeface, in place of the theme's."""
    for name, size in (("Title", 24), ("Heading 1", 15), ("Heading 2", 11)):
        style: Any = word.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = _SANS, Pt(size), accent
        fonts = style.element.rPr.rFonts
        for theme in [key for key in fonts.attrib if key.endswith("Theme")]:
            del fonts.attrib[theme]
        for line in style.element.iter(qn("w:bottom")):
            line.set(qn("w:color"), str(accent))


def _quiet(paragraph: Any, text: str) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.name, run.font.color.rgb = Pt(8.5), _SANS, _QUIET


def _element(name: str, **values: str) -> Any:
    made: Any = OxmlElement(name)
    for key, value in values.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _table(
    word: Document,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[float],
    numbers_from: int = 99,
) -> None:
    """A table with hairlines between rows and a head that is repeated on each page.

    Args: rows: the first line of a cell is its text, further ones are notes on it. widths: shares of the
        text's width. numbers_from: the first column of numbers, which are aligned on the right.
    """
    table: Any = word.add_table(rows=0, cols=len(head))
    table.autofit = False
    shares = [Mm(_TEXT_MM * width / sum(widths)) for width in widths]
    for column, share in zip(table.columns, shares, strict=True):
        column.width = share
    borders = _element("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(_element(f"w:{side}", val="single", sz="4", color="C9D0D8"))
    # Word repairs a file whose elements stand in another order than the schema's (ECMA-376, 17.4.59).
    body: Any = word.element.body
    element = body.tbl_lst[-1]
    element.tblPr.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")
    for number, row in enumerate([head, *rows]):
        made = table.add_row()
        properties = element.tr_lst[-1].get_or_add_trPr()
        properties.append(_element("w:cantSplit"))
        if number == 0:
            properties.append(_element("w:tblHeader"))
        for column, (cell, text) in enumerate(zip(made.cells, row, strict=True)):
            cell.width = shares[column]
            first, *notes = text.split("\n") if number else (text[:1].upper() + text[1:],)
            paragraph = cell.paragraphs[0]
            if number:
                paragraph.add_run(first)
            else:
                _quiet(paragraph, first)
                paragraph.runs[0].bold = True
            for note in notes:
                _quiet(cell.add_paragraph(), note)
            for line in cell.paragraphs:
                line.paragraph_format.space_after = Pt(1.5)
                if column >= numbers_from:
                    line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    word.add_paragraph().paragraph_format.space_after = Pt(0)


def _lines(*parts: str) -> str:
    return "\n".join(" ".join(x.split()) for x in parts if x)


def _with_numbers(text: str, sources: Sequence[dict[str, Any]]) -> str:
    numbers = ", ".join(dict.fromkeys(str(s["number"]) for s in sources))
    return f"{text} [{numbers}]" if numbers else text


def _summary(word: Document, c: PackContents) -> None:
    word.add_paragraph(c.data["summary"])


def _facts(word: Document, c: PackContents, key: str = "facts") -> None:
    w = c.data["words"]
    rows = [
        (
            f["label"],
            _lines(
                _with_numbers(f["value"], f["sources"]),
                f"{w['conflicting']} {f['note']}" if f["conflicts"] else f["note"],
            ),
        )
        for f in c.data[key]
    ]
    _table(word, (w["fact"], w["stated"]), rows, (2, 3))


def _legal(word: Document, c: PackContents) -> None:
    _facts(word, c, "legal")


def _timeline(word: Document, c: PackContents) -> None:
    w = c.data["words"]
    rows = [
        (
            e["date"],
            _lines(
                _with_numbers(e["title"], e["sources"]), w["disputed"] if e["disputed"] else "", e["detail"]
            ),
        )
        for e in c.data["timeline"]
    ]
    _table(word, (w["date"], w["event"]), rows, (1, 3))


def _persons(word: Document, c: PackContents) -> None:
    w = c.data["words"]
    rows = [(p["role"], _lines(p["name"], p["note"])) for p in c.data["parties"]]
    _table(word, (w["part"], w["person"]), rows, (1, 3))


def _votes(word: Document, c: PackContents) -> None:
    w = c.data["words"]
    for v in c.data["votes"]:
        counts = ", ".join(f"{w[k]} {v[k]}" for k in ("yes", "no", "abstain") if v[k] is not None)
        word.add_heading(", ".join(x for x in (v["body"], v["date"]) if x), 2)
        motion = f"{v['motion']}: {v['result']}." if v["result"] else f"{v['motion']}."
        word.add_paragraph(_with_numbers(motion, v["sources"]))
        word.add_paragraph(f"{counts or w['no_counts']}.")


def _asks(word: Document, c: PackContents) -> None:
    w = c.data["words"]
    rows = [(a["name"], _lines(a["text"], a["of"])) for a in c.data["asks"]]
    _table(word, (w["ask"], w["ask_of"]), rows, (2, 5))


def _bodies(word: Document, c: PackContents) -> None:
    w = c.data["words"]
    rows = [
        (b["name"], str(b["sent"]), str(b["answered"]), str(b["overdue"]), b["median"])
        for b in c.data["chart"]
    ]
    head = (w["body"], w["sent"], w["answered"], w["overdue"], w["median_days"])
    _table(word, head, rows, (5, 1.6, 2, 1.8, 2.2), numbers_from=1)


def _recipients(word: Document, c: PackContents) -> None:
    w = c.data["words"]
    rows = [
        (
            r["reference"],
            _lines(r["name"], r["office"], f"{w['written_by']} {r['by']}" if r["by"] else ""),
            _lines(r["sent"], r["channel"]),
            r["state"],
        )
        for r in c.data["recipients"]
    ]
    if c.data["rate_words"]:
        word.add_paragraph(c.data["rate_words"])
    _table(word, (w["reference"], w["recipient"], w["sent"], w["standing"]), rows, (1.6, 4, 1.8, 3))
    if c.data["follow_ups"]:
        word.add_heading(w["promises"], 2)
        for f in c.data["follow_ups"]:
            word.add_paragraph(
                f"{f['what']} ({f['who']}, {f['reference']}), {w['by_date']} {f['due']}.", style="List Bullet"
            )


def _replies(word: Document, c: PackContents) -> None:
    for r in c.data["replies"]:
        word.add_heading(f"{r['from']}, {r['date']}", 2)
        _quiet(word.add_paragraph(), f"{c.data['words']['in_answer']} {r['reference']}: {r['kind']}")
        for part in r["text"].split("\n"):
            if part.strip():
                word.add_paragraph(part)


def _letters(word: Document, c: PackContents) -> None:
    for number, letter in enumerate(c.data["letters"]):
        office = letter["office"] if letter["office"] != letter["heading"] else ""
        heading = word.add_heading(", ".join(x for x in (letter["heading"], office) if x), 2)
        heading.paragraph_format.page_break_before = number > 0
        word.add_paragraph("\n".join(letter["address"]))
        date_line = word.add_paragraph(letter["date"])
        _quiet(date_line, f"   {letter['reference']}")
        word.add_paragraph().add_run(letter["subject"]).bold = True
        word.add_paragraph(letter["salutation"])
        write_blocks(word, letter["blocks"])
        word.add_paragraph(letter["close"])
        word.add_paragraph("\n".join(letter["signature"]))


def _evidence(word: Document, c: PackContents) -> None:
    w = c.data["words"]
    rows = [(e["label"], _lines(e["title"], e["note"], f"SHA-256 {e['sha256']}")) for e in c.data["evidence"]]
    _table(word, (w["annex"], w["evidence"]), rows, (1, 5))


def _sources(word: Document, c: PackContents) -> None:
    for number, s in enumerate(c.data["sources"], start=1):
        more = ", ".join(x for x in (s["publisher"], s["date"], s["url"]) if x)
        # Numbered by hand: the numbers are what the text cites, and Word would go on counting from another
        # list.
        line = word.add_paragraph(f"{number}  {s['title']}")
        if more:
            line.add_run().add_break()
            _quiet(line, more)


_SECTIONS = {
    "summary": _summary, "facts": _facts, "legal": _legal, "timeline": _timeline, "persons": _persons,
    "votes": _votes, "asks": _asks,
    "bodies": _bodies, "recipients": _recipients, "replies": _replies, "letters": _letters,
    "evidence": _evidence, "sources": _sources,
}  # fmt: skip
