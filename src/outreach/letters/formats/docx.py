"""A letter as a Word file that staff can edit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from outreach.domain.wording import printable
from outreach.letters.formats.document import Block, LetterDocument
from outreach.letters.formats.word import accent_of, add_logo, new_document, word_bytes

_TAGS = {"en_US": "en-US", "en_GB": "en-GB", "fr": "fr-FR", "de": "de-DE"}


def letter_docx(document: LetterDocument, *, at: datetime | None = None) -> bytes:
    """The letter with Word's own styles, its language set for the spelling checker.

    Args: at: written as the date of creation; the same letter and instant give the same bytes.
    """
    word = new_document(
        size_pt=11,
        title=document.subject,
        author=next(iter(document.sender_lines), ""),
        language=_TAGS.get(document.locale, "en-GB"),
        at=at,
    )
    word.styles["Normal"].paragraph_format.space_after = Pt(8)
    add_logo(word, document.letterhead, alt=next(iter(document.sender_lines), ""), height_mm=14)
    for number, line in enumerate(document.sender_lines):
        run = _line(word, line, after=0).runs[0]
        run.bold, run.font.color.rgb = number == 0, accent_of(document.letterhead)
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
    write_blocks(word, document.blocks)
    closing = _line(word, document.close, after=36)
    closing.paragraph_format.keep_with_next = True
    for line in document.signature:
        _line(word, line, after=0)
    return word_bytes(word, at)


def _line(word: Any, text: str, after: float | None = None) -> Any:
    paragraph = word.add_paragraph(printable(text))
    if after is not None:
        paragraph.paragraph_format.space_after = Pt(after)
    return paragraph


def write_blocks(word: Any, blocks: Sequence[Block], style: str | None = None) -> None:
    """Blocks as paragraphs, headings and lists in Word's own styles.

    style: of the paragraphs; None for the document's.
    """
    for block in blocks:
        match block["type"]:
            case "paragraph":
                _runs(word.add_paragraph(style=style), block["inlines"])
            case "heading":
                _runs(word.add_heading(level=min(4, block["level"])), block["inlines"])
            case "list":
                for item in block["items"]:
                    write_blocks(word, item, "List Number" if block["ordered"] else "List Bullet")
            case "quote":
                write_blocks(word, block["blocks"], "Quote")
            case "code":
                word.add_paragraph(printable(block["text"]), style=style)
            case "rule":
                word.add_paragraph(style=style)


def _runs(paragraph: Any, nodes: list[dict[str, Any]], *, bold: bool = False, italic: bool = False) -> None:
    for node in nodes:
        match node["type"]:
            case "text" | "code":
                run = paragraph.add_run(printable(node["text"]))
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
