"""Making a pack, and keeping on file that it was made."""

import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from pikepdf import Pdf
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import campaign_of_case
from outreach.cases.facts import find_case
from outreach.domain.references import slug
from outreach.errors import CancelledError
from outreach.files import write_file
from outreach.letters.drafting import Progress, always
from outreach.letters.formats.typesetting import typeset
from outreach.packs.contents import PackContents, pack_contents
from outreach.store.changes import Changes
from outreach.store.database import Database
from outreach.store.models import Pack, PackExport
from outreach.store.types import now


@dataclass(frozen=True)
class PackExportRow:
    """One export of a pack. exported_at: an instant. sha256: of the file as it was written."""

    pack: str
    exported_at: datetime
    file_name: str
    size_bytes: int
    pages: int
    sha256: str


def typeset_pack(contents: PackContents, *, on: date) -> bytes:
    """Set a pack as PDF; the same contents and day give the same bytes. Raises: TypesettingError."""
    return typeset("pack", contents.data, at=datetime.combine(on, time(12), tzinfo=UTC))


def export_pack(
    database: Database,
    case_id: str,
    target: Path,
    *,
    on: date | None = None,
    leave_out: tuple[str, ...] = (),
    progress: Progress = always,
) -> Changes:
    """Write a case's briefing pack to a file and record it.

    Args: on: the day it is dated; by default the campaign's day. leave_out: sections not wanted.
    Raises: NotFoundError, TypesettingError, ReadOnlyError, DiskFullError, CancelledError; the former
        file is then still there.
    """
    with database.read() as session:
        day = on or campaign_of_case(session, case_id).today
        contents = pack_contents(session, case_id, on=day, leave_out=leave_out)
    if not progress(1, 3):
        raise CancelledError("The pack was not written.")
    pdf = typeset_pack(contents, on=day)
    if not progress(2, 3):
        raise CancelledError("The pack was not written.")
    write_file(target, pdf)
    with Pdf.open(io.BytesIO(pdf)) as opened:
        pages = len(opened.pages)
    with database.write() as session:
        _record(session, case_id, contents.title, target.name, pdf, pages, leave_out)
    progress(3, 3)
    return Changes(frozenset({"packs"}), f"{target.name}: {pages} pages.", (str(target),))


def _record(
    session: Session, case_id: str, title: str, name: str, pdf: bytes, pages: int, leave_out: tuple[str, ...]
) -> None:
    case = find_case(session, case_id)
    key = slug(f"{case_id} {' '.join(leave_out)}")
    pack = session.scalar(select(Pack).where(Pack.slug == key))
    if pack is None:
        pack = Pack(
            slug=key,
            campaign_id=case.campaign_id,
            case_id=case.id,
            title=title,
            options={"leave_out": list(leave_out)},
        )
        session.add(pack)
        session.flush()
    session.add(
        PackExport(
            pack_id=pack.id,
            exported_at=now(),
            file_name=name,
            size_bytes=len(pdf),
            pages=pages,
            sha256=hashlib.sha256(pdf).hexdigest(),
        )
    )


def pack_exports(session: Session) -> tuple[PackExportRow, ...]:
    """Exports on file, the newest first."""
    rows = session.execute(
        select(PackExport, Pack.title)
        .join(Pack, Pack.id == PackExport.pack_id)
        .order_by(PackExport.id.desc())
    )
    return tuple(
        PackExportRow(title, e.exported_at, e.file_name, e.size_bytes, e.pages, e.sha256) for e, title in rows
    )
