"""A letter as a Word file that staff can edit."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from outreach.letters.formats.document import Block, LetterDocument

_TAGS = {"en_US": "en-US", "en_GB": "en-GB", "fr": "fr-FR", "de": "de-DE"}


def letter_docx(document: LetterDocument, *, at: datetime | None = None) -> bytes:
    """The letter with Word's own styles, its language set for the spelling checker.

    Args: at: written as the date of creation; the same letter and instant give the same words.
    """
    word = Document()
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(25)
    section.top_margin, section.bottom_margin = Mm(24), Mm(26)
    normal = word.styles["Normal"]
    normal.font.name, normal.font.size = "Georgia", Pt(11)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "Georgia")
    normal.paragraph_format.space_after = Pt(8)
    language = normal.element.get_or_add_rPr().makeelement(
        qn("w:lang"), {qn("w:val"): _TAGS.get(document.locale, "en-GB")}
    )
    normal.element.get_or_add_rPr().append(language)
    properties = word.core_properties
    properties.title, properties.author = (
        _clean(document.subject)[:255],
        _clean(next(iter(document.sender_lines), ""))[:255],
    )
    properties.created = properties.modified = (at or datetime(2000, 1, 1, tzinfo=UTC)).replace(tzinfo=None)
    for number, line in enumerate(document.sender_lines):
        run = _line(word, line, after=0).runs[0]
        run.bold, run.font.color.rgb = number == 0, RGBColor(0x1F, 0x4E, 0x79)
    _line(word, "", after=6)
    for line in document.address_lines:
        _line(word, line, after=0)
    _line(word, "", after=6)
    for line in (document.date, document.reference):
        if line:
            _line(word, line, after=0).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    subject = _line(word, document.subject, after=10)
    subject.runs[0].bold = True
    subject.paragraph_format.space_before = Pt(12)
    _line(word, document.salutation)
    _write(word, document.blocks)
    closing = _line(word, document.close, after=36)
    closing.paragraph_format.keep_with_next = True
    for line in document.signature:
        _line(word, line, after=0)
    stream = io.BytesIO()
    word.save(stream)
    return stream.getvalue()


def _clean(text: str) -> str:
    """Text without the control characters that XML does not allow."""
    return "".join(c for c in text if c in "\n\t" or c >= " ")


def _line(word: Any, text: str, after: float | None = None) -> Any:
    paragraph = word.add_paragraph(_clean(text))
    if after is not None:
        paragraph.paragraph_format.space_after = Pt(after)
    return paragraph


def _write(word: Any, blocks: Sequence[Block], style: str | None = None) -> None:
    for block in blocks:
        match block["type"]:
            case "paragraph":
                _runs(word.add_paragraph(style=style), block["inlines"])
            case "heading":
                _runs(word.add_heading(level=min(4, block["level"])), block["inlines"])
            case "list":
                for item in block["items"]:
                    _write(word, item, "List Number" if block["ordered"] else "List Bullet")
            case "quote":
                _write(word, block["blocks"], "Quote")
            case "code":
                word.add_paragraph(_clean(block["text"]), style=style)
            case "rule":
                word.add_paragraph(style=style)


def _runs(paragraph: Any, nodes: list[dict[str, Any]], *, bold: bool = False, italic: bool = False) -> None:
    for node in nodes:
        match node["type"]:
            case "text" | "code":
                run = paragraph.add_run(_clean(node["text"]))
                run.bold, run.italic = bold or None, italic or None
            case "break":
                paragraph.add_run().add_break()
            case kind:
                _runs(
                    paragraph,
                    node["children"],
                    bold=bold or kind == "strong",
                    italic=italic or kind == "emphasis",
                )
