"""Evidence of a case: PDFs and pictures that go with its packs.

typst cannot place a PDF in a file that claims PDF/A or PDF/UA, so pages of PDFs are drawn as pictures
(pypdfium2), with the words on them as their alternative text; the claims then stay true, and the original
file stays on file by its hash.
"""

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.cases.facts import find_case
from outreach.errors import NotFoundError, UsageError
from outreach.files import read_given
from outreach.packs.opening import PDF, check_pdf, kind_of, open_picture, refuse_wrong_name
from outreach.store.blobs import blob, keep_blob
from outreach.store.changes import Changes
from outreach.store.models import Evidence

MAX_BYTES = 50 * 1024 * 1024
_DPI = 150
_SIZE = (2000, 2800)
"""Most pixels of a page in a pack, across and down."""
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
    kind = kind_of(content, path.name)
    refuse_wrong_name(content, path.name)
    if kind == PDF:
        check_pdf(content, path.name)
    else:
        open_picture(content, path.name, size=_SIZE)
    return EvidenceFile(path.name, kind, content)


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


def evidence_record(session: Session, case_id: str, key: int) -> dict[str, Any]:
    """A piece of evidence as it is on file, for `put_back_evidence`. Raises: NotFoundError."""
    row = session.get(Evidence, key)
    if row is None or row.case_id != find_case(session, case_id).id:
        raise NotFoundError(f"There is no evidence {key} in {case_id}.")
    return {column.key: getattr(row, column.key) for column in Evidence.__mapper__.columns}


def put_back_evidence(session: Session, record: dict[str, Any]) -> Changes:
    """Undo `remove_evidence`; the file itself was kept."""
    is_taken = session.get(Evidence, record["id"]) is not None  # its number was given to another meanwhile
    session.add(Evidence(**{k: v for k, v in record.items() if k != "id" or not is_taken}))
    return Changes(PACKS, f"{record['title']} is evidence again.")


def evidence_pages(session: Session, row: EvidenceRow, label: str) -> list[tuple[bytes, str]]:
    """Pages of a piece of evidence: each as a PNG, with its alternative text. Args: label: such as Annex 1.

    Raises: UsageError for a file that is not opened, as one may be that an earlier release put on file;
        NotFoundError.
    """
    drawn = _drawn(blob(session, row.sha256), row.file_name)
    return [
        (picture, f"{label}, {number} / {len(drawn)}: {words or row.title}")
        for number, (picture, words) in enumerate(drawn, start=1)
    ]


@lru_cache(maxsize=4)
def _drawn(content: bytes, name: str) -> tuple[tuple[bytes, str], ...]:
    if kind_of(content, name) != PDF:
        return ((_as_png(open_picture(content, name, size=_SIZE)), ""),)
    check_pdf(content, name)
    found = []
    try:
        with pypdfium2.PdfDocument(content) as document:
            for page in document:
                picture = page.render(scale=_scale(*page.get_size())).to_pil()
                words = " ".join(page.get_textpage().get_text_bounded().split())
                plain = "".join(c if c.isprintable() and c != "\ufffe" else " " for c in words)
                found.append((_as_png(picture), plain[:_ALT_CHARACTERS]))
    except (pypdfium2.PdfiumError, ValueError, OverflowError) as error:
        raise UsageError(f"A page of {name} cannot be drawn. Print it to a new PDF.") from error
    return tuple(found)


def _scale(wide: float, high: float) -> float:
    """How large a page is drawn: as for print, and never larger than it stands in a pack,
    however large it says it is.
    """
    across, down = _SIZE
    return min(_DPI / 72, across / max(wide, 1), down / max(high, 1))


def _as_png(image: Image.Image) -> bytes:
    """A picture without transparency, which PDF/A-2 allows but old printers do
    not, and no larger than a page shows.
    """
    image.thumbnail(_SIZE)
    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    stream = io.BytesIO()
    flat.save(stream, "PNG", optimize=False)
    return stream.getvalue()
