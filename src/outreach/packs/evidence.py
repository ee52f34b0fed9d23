"""Evidence of a case: PDFs and pictures that go with its packs.

typst cannot place a PDF in a file that claims PDF/A or PDF/UA, so pages of PDFs are drawn as pictures (pypdfium2), with the
words on them as their alternative text; the claims then stay true, and the original file stays on file by its hash.
"""

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pypdfium2
from PIL import Image, UnidentifiedImageError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.cases.facts import find_case
from outreach.errors import NotFoundError, UsageError
from outreach.files import read_given
from outreach.letters.keeping import blob, keep_blob
from outreach.store.changes import Changes
from outreach.store.models import Evidence

MAX_BYTES = 50 * 1024 * 1024
MAX_PAGES = 200
_DPI = 150
_ALT_CHARACTERS = 400
PACKS = frozenset({"packs"})


@dataclass(frozen=True)
class EvidenceRow:
    """A piece of evidence, in the order they are given."""

    key: int
    title: str
    note: str
    file_name: str
    content_type: str
    size_bytes: int
    sha256: str


def evidence_list(session: Session, case_id: str) -> tuple[EvidenceRow, ...]:
    """Evidence of a case, in its order. Raises: NotFoundError."""
    case = find_case(session, case_id)
    return tuple(
        EvidenceRow(e.id, e.title, e.note, e.file_name, e.content_type, e.size_bytes, e.sha256)
        for e in session.scalars(
            select(Evidence).where(Evidence.case_id == case.id).order_by(Evidence.position, Evidence.id)
        )
    )


@dataclass(frozen=True)
class EvidenceFile:
    """A PDF or a picture that was read and can stand in a pack."""

    name: str
    content_type: str
    content: bytes


def file_as_evidence(path: Path) -> EvidenceFile:
    """Read a file before it is put on file, for that takes time in which nobody else could write.

    Raises: UsageError for a file that cannot be read, is too large, or is neither a PDF nor a picture.
    """
    content = read_given(path, most=MAX_BYTES)
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path.name} is larger than 50 MB. Make it smaller, or give the part that matters.")
    return EvidenceFile(path.name, _kind(content, path.name), content)


def add_evidence(
    session: Session, case_id: str, file: EvidenceFile, *, title: str = "", note: str = ""
) -> Changes:
    """Put a PDF or a picture on file for a case.

    Args: title: "" for the file's name. note: where it comes from. Raises: NotFoundError.
    """
    case = find_case(session, case_id)
    last = session.scalar(select(func.max(Evidence.position)).where(Evidence.case_id == case.id)) or 0
    session.add(
        Evidence(
            case_id=case.id,
            position=last + 1,
            title=title.strip() or Path(file.name).stem,
            note=note.strip(),
            file_name=file.name,
            content_type=file.content_type,
            size_bytes=len(file.content),
            sha256=keep_blob(session, file.content),
        )
    )
    return Changes(PACKS, f"{file.name} is on file as evidence.", (case_id,))


def remove_evidence(session: Session, case_id: str, key: int) -> Changes:
    """Take a piece of evidence out of a case's packs. Raises: NotFoundError."""
    case = find_case(session, case_id)
    row = session.get(Evidence, key)
    if row is None or row.case_id != case.id:
        raise NotFoundError(f"There is no evidence {key} in {case_id}.")
    session.delete(row)
    return Changes(PACKS, f"{row.title} is no longer evidence of {case.name}.")


def _kind(content: bytes, name: str) -> str:
    if content.startswith(b"%PDF"):
        pages = _page_count(content, name)
        if pages > MAX_PAGES:
            raise UsageError(
                f"{name} has {pages} pages, and {MAX_PAGES} at most go into a pack. Give the part that matters."
            )
        return "application/pdf"
    try:
        with Image.open(io.BytesIO(content)) as image:
            image.verify()
            return Image.MIME.get(image.format or "", "image/png")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UsageError(f"{name} is neither a PDF nor a picture that can be read.") from error


def _page_count(content: bytes, name: str) -> int:
    try:
        with pypdfium2.PdfDocument(content) as document:
            return len(document)
    except pypdfium2.PdfiumError as error:
        raise UsageError(
            f"{name} cannot be opened as a PDF; it may be damaged, or want a password."
        ) from error


def evidence_pages(session: Session, row: EvidenceRow, label: str) -> list[tuple[bytes, str]]:
    """Pages of a piece of evidence: each as a PNG, with its alternative text. Args: label: such as Annex 1."""
    drawn = _drawn(blob(session, row.sha256), row.content_type)
    return [
        (picture, f"{label}, {number} / {len(drawn)}: {words or row.title}")
        for number, (picture, words) in enumerate(drawn, start=1)
    ]


@lru_cache(maxsize=4)
def _drawn(content: bytes, kind: str) -> tuple[tuple[bytes, str], ...]:
    if kind != "application/pdf":
        return ((_as_png(Image.open(io.BytesIO(content))), ""),)
    found = []
    with pypdfium2.PdfDocument(content) as document:
        for page in document:
            picture = page.render(scale=_DPI / 72).to_pil()
            words = " ".join(page.get_textpage().get_text_bounded().split())
            plain = "".join(c if c.isprintable() and c != "\ufffe" else " " for c in words)
            found.append((_as_png(picture), plain[:_ALT_CHARACTERS]))
    return tuple(found)


def _as_png(image: Image.Image) -> bytes:
    """A picture without transparency, which PDF/A-2 allows but old printers do not, and at most 2,000 pixels wide."""
    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image.getchannel("A") if image.mode in {"RGBA", "LA"} else None)
    flat.thumbnail((2000, 2800))
    stream = io.BytesIO()
    flat.save(stream, "PNG", optimize=False)
    return stream.getvalue()
