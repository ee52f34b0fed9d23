"""What Word files of letters and packs share: the organization's look, and the
same bytes for the same words.
"""

import io
from datetime import datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.document import Document
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from outreach.domain.wording import printable
from outreach.letters.formats.document import UNDATED, Letterhead, is_svg
from outreach.letters.formats.typesetting import svg_as_png


def new_document(*, size_pt: float, title: str, author: str, language: str, at: datetime | None) -> Document:
    """An empty A4 document.

    Args: language: tag of BCP 47, for the spelling checker and for reading aloud. at: written as the date of
        creation.
    """
    word = docx.Document()
    # The library's blank document has a second list of styles, for Word 2010 alone, which the styles set here
    # would contradict.
    for key, relation in list(word.part.rels.items()):
        if relation.reltype.endswith("/stylesWithEffects"):
            word.part.drop_rel(key)
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(25)
    section.top_margin, section.bottom_margin = Mm(24), Mm(26)
    normal: Any = word.styles["Normal"]
    normal.font.name, normal.font.size = "Georgia", Pt(size_pt)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "Georgia")
    normal.element.rPr.append(normal.element.rPr.makeelement(qn("w:lang"), {qn("w:val"): language}))
    core = word.core_properties
    core.title, core.author, core.language = printable(title)[:255], printable(author)[:255], language
    core.created = core.modified = (at or UNDATED).replace(tzinfo=None)
    return word


def accent_of(head: Letterhead) -> RGBColor:
    """The organization's colour, or the layouts' own."""
    return RGBColor.from_string(head.accent.removeprefix("#").upper())


def add_logo(document: Document, head: Letterhead, *, alt: str, height_mm: float) -> None:
    """A paragraph with the logo, where there is one; Word reads alt aloud."""
    if not head.logo:
        return
    # An SVG goes in as PNG, which every version of Word and LibreOffice shows.
    png = svg_as_png(head.logo) if is_svg(head.logo) else head.logo
    document.add_paragraph().add_run().add_picture(io.BytesIO(png), height=Mm(height_mm))
    body: Any = document.element.body
    body.xpath(".//wp:docPr")[-1].set("descr", printable(alt))


def word_bytes(document: Document, at: datetime | None) -> bytes:
    """The document as a file.

    Its archive bears one instant in place of the clock's, so that the same words give the same bytes.
    """
    raw, same = io.BytesIO(), io.BytesIO()
    document.save(raw)
    stamp = (at or UNDATED).timetuple()
    with ZipFile(raw) as made, ZipFile(same, "w", ZIP_DEFLATED) as archive:
        for name in made.namelist():
            entry = ZipInfo(name, (max(1980, stamp.tm_year), *stamp[1:6]))
            archive.writestr(entry, made.read(name), ZIP_DEFLATED)
    return same.getvalue()
