"""Making a pack in any of its formats, and keeping on file what was given to whom."""

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import campaign_of_case
from outreach.cases.facts import find_case
from outreach.domain.references import SLUG_LENGTH, cut
from outreach.errors import CancelledError, NotFoundError, UsageError
from outreach.files import read_given, write_file
from outreach.letters.drafting import Progress, always
from outreach.letters.formats.typesetting import typeset, typeset_apart
from outreach.packs.contents import PackContents, pack_contents
from outreach.packs.options import PackOptions, options_from
from outreach.store.changes import Changes
from outreach.store.database import Database
from outreach.store.models import Pack, PackExport
from outreach.store.types import now

FORMATS = ("pdf", "html", "docx")
LETTERS_AT_ONCE = 350
"""Letters set in one go. More are set in parts of so many, each in a process of its own, and joined."""
_LETTERS_HERE = 100
"""Letters up to which a pack is set in this process. After a larger one typst would take longer for each
letter that follows: measured, 3.6 ms in place of 2.4 ms after 350 letters, since its memory stays as wide as
it once was."""


@dataclass(frozen=True)
class PackExportRow:
    """One export of a pack.

    exported_at: an instant. sha256: of the file as it was written. given_to: whom it was made for.

    contents: what it holds, as plain data.
    """

    pack: str
    exported_at: datetime
    file_name: str
    size_bytes: int
    pages: int
    sha256: str
    given_to: str
    format: str
    contents: dict[str, Any]


def typeset_pack(contents: PackContents, *, on: date, progress: Progress = always) -> bytes:
    """Set a pack as PDF; the same contents and day give the same bytes.

    Raises: TypesettingError; CancelledError.
    """
    from outreach.packs.labels import label_annexes

    at = datetime.combine(on, time(12), tzinfo=UTC)
    letters = contents.data["letters"]
    if contents.data["is_brief"]:
        return _on_one_page(contents, at)
    if len(letters) <= LETTERS_AT_ONCE:
        setting = typeset if len(letters) <= _LETTERS_HERE else typeset_apart
        made = setting("pack", contents.data, at=at, files=contents.files)
    else:
        made = _in_parts(contents, at, progress)
    annexes = {f"{e['label']}: {e['title']}": e["label"] for e in contents.data["evidence"]}
    return label_annexes(made, annexes) if annexes else made


def _on_one_page(contents: PackContents, at: datetime) -> bytes:
    """A brief with as many facts as fit on one page: those that nothing contradicts first.

    Other sections are not cut.
    """
    facts = contents.data["facts"]
    if not contents.manifest["options"]["facts"]:
        facts = sorted(facts, key=lambda f: f["conflicts"] or f["status"] != "verified")
    fits, low, high = b"", 0, len(facts)
    while low <= high:
        some = (low + high) // 2
        wanted = [f for f in contents.data["facts"] if f in facts[:some]]
        made = typeset("pack", {**contents.data, "facts": wanted}, at=at, files=contents.files)
        if some == 0 or _page_count(made) == 1:
            fits, low = made, some + 1
        else:
            high = some - 1
    return fits


def _in_parts(contents: PackContents, at: datetime, progress: Progress) -> bytes:
    from outreach.packs.joining import FAR, join_parts

    data, letters = contents.data, contents.data["letters"]
    whole = {**data, "is_part": True, "far": FAR, "letters": []}
    # The letters come last, so that they can follow in parts.
    whole["sections"] = sorted(data["sections"], key=lambda s: s["key"] == "letters")
    title = next(s["title"] for s in data["sections"] if s["key"] == "letters")
    groups = [letters[n : n + LETTERS_AT_ONCE] for n in range(0, len(letters), LETTERS_AT_ONCE)]
    steps = len(groups) + 5
    alone = {key: [] if isinstance(value, list) else value for key, value in whole.items()}
    parts = []
    for number, group in enumerate(groups, start=1):
        if not progress(number, steps):
            raise CancelledError("The pack was not written.")
        part = {
            **alone, "is_letters_only": True, "letters_heading": False, "letters": group,
            "sections": [{"key": "letters", "title": title}],
        }  # fmt: skip
        parts.append(typeset_apart("pack", part, at=at))
    named = [{key: letter[key] for key in ("reference", "heading", "office")} for letter in letters]
    front = _front(whole, named, parts, at, contents.files)
    total = _page_count(front) + sum(_page_count(p) for p in parts)
    footers = typeset_apart("numbers", {"total": total, "unnumbered": 1}, at=at, standards=False)
    return join_parts([front, *parts], footers, heading=title)


def _front(
    whole: dict[str, Any],
    letters: Sequence[Mapping[str, str]],
    parts: Sequence[bytes],
    at: datetime,
    files: Mapping[str, bytes],
) -> bytes:
    """What stands before the letters.

    It is set twice, since its contents name the pages of letters, which come after it.
    """
    from pikepdf import Pdf

    from outreach.packs.structure import page_numbers

    places: dict[str, int] = {}
    before = 0
    for part in parts:
        with Pdf.open(io.BytesIO(part)) as opened:
            places |= {name: before + page for name, page in page_numbers(opened).items()}
            before += len(opened.pages)
    pages, made = 0, b""
    for _ in range(3):
        listed = [
            {**letter, "page": pages + places[f"letter-{letter['reference']}"] + 1} for letter in letters
        ]
        made = typeset_apart("pack", {**whole, "far_letters": listed}, at=at, files=files)
        if _page_count(made) == pages:
            break
        pages = _page_count(made)
    return made


def _page_count(pdf: bytes) -> int:
    from pikepdf import Pdf

    with Pdf.open(io.BytesIO(pdf)) as opened:
        return len(opened.pages)


def export_pack(
    database: Database,
    case_id: str,
    target: Path,
    *,
    on: date | None = None,
    options: PackOptions | None = None,
    given_to: str = "",
    certificate: Path | None = None,
    passphrase: str = "",
    progress: Progress = always,
    say: Callable[[str], object] | None = None,
) -> Changes:
    """Write a case's briefing pack to a file and record it.

    The ending of the file's name says which format: pdf, html or docx.

    Args: on: the day it is dated; by default the campaign's day. options: what it holds. given_to: whom it is
        made for. certificate, passphrase: to sign a PDF with, see `signing.open_certificate`. say: told in
        words why it waits.
    Raises: NotFoundError, UsageError, TypesettingError, ReadOnlyError, DiskFullError, CancelledError, and
        DatabaseBusyError when it was stopped while another program held the database; the former file is then
        still there.
    """
    from outreach.packs.formats.docx import pack_docx
    from outreach.packs.formats.html import pack_html
    from outreach.packs.signing import open_certificate, sign_pdf

    chosen = options or PackOptions()
    kind = target.suffix.lower().removeprefix(".") or "pdf"
    if kind not in FORMATS:
        raise UsageError(f"Packs are written as {', '.join(FORMATS)}. Name a file that ends in one of these.")
    if certificate is not None and kind != "pdf":
        raise UsageError("Only a PDF can be signed. Name a file that ends in .pdf.")
    signer = open_certificate(certificate, passphrase) if certificate is not None else None
    with database.read() as session:
        day = on or campaign_of_case(session, case_id).today
        contents = pack_contents(session, case_id, on=day, options=chosen)
    if not progress(1, 3):
        raise CancelledError("The pack was not written.")
    pages = 0
    match kind:
        case "html":
            made = pack_html(contents).encode("utf-8")
        case "docx":
            made = pack_docx(contents, on=day)
        case _:
            made = typeset_pack(contents, on=day, progress=progress)
            pages = _page_count(made)
            if signer is not None:
                made = sign_pdf(made, signer, reason=contents.title)
    if not progress(2, 3):
        raise CancelledError("The pack was not written.")
    # What is given away is on file: the file is written once the database is ours, however long another
    # program has it.
    waiting = _Waiting(progress, say)
    with database.write(waiting.goes_on) as session:
        _record(session, contents, chosen, target.name, made, pages, given_to, kind)
        session.flush()
        write_file(target, made)
    progress(3, 3)
    said = f"{target.name}: {pages} pages." if kind == "pdf" else f"{target.name} written."
    if contents.unopened:
        said += f" Named in it and not shown: {' '.join(contents.unopened)}"
    return Changes(frozenset({"packs"}), said, (str(target),))


@dataclass
class _Waiting:
    """Waiting for the database while another program holds it: said once, and until it is stopped."""

    progress: Progress
    say: Callable[[str], object] | None
    _has_told: bool = False

    def goes_on(self) -> bool:
        if self.say is not None and not self._has_told:
            self._has_told = True
            self.say(
                "Waiting for another program to finish writing to the database. Then the pack is written."
            )
        return self.progress(2, 3)


def _record(
    session: Session,
    contents: PackContents,
    chosen: PackOptions,
    name: str,
    made: bytes,
    pages: int,
    given_to: str,
    kind: str,
) -> None:
    pack = save_pack(session, contents.case_id, contents.title, chosen)
    session.add(
        PackExport(
            pack_id=pack.id,
            exported_at=now(),
            file_name=name,
            size_bytes=len(made),
            pages=pages,
            sha256=hashlib.sha256(made).hexdigest(),
            given_to=" ".join(given_to.split()),
            contents=json.dumps(contents.manifest, ensure_ascii=False),
            format=kind,
        )
    )


def save_pack(session: Session, case_id: str, title: str, options: PackOptions) -> Pack:
    """The pack of a case with these options, made if it is not on file yet. Raises: NotFoundError."""
    case = find_case(session, case_id)
    # Of a long case id so much is left out that the digest of the options still fits.
    digest = hashlib.sha256(repr(options).encode()).hexdigest()[:16]
    key = f"{cut(case_id, SLUG_LENGTH - len(digest) - 1)}-{digest}"
    pack = session.scalar(select(Pack).where(Pack.slug == key, Pack.case_id == case.id))
    if pack is None:
        pack = Pack(
            slug=key, campaign_id=case.campaign_id, case_id=case.id, title=title, options=options.as_data()
        )
        session.add(pack)
        session.flush()
    return pack


def pack_exports(session: Session, campaign_key: int | None = None) -> tuple[PackExportRow, ...]:
    """Exports on file, the newest first. campaign_key: of this campaign only."""
    query = (
        select(PackExport, Pack.title)
        .join(Pack, Pack.id == PackExport.pack_id)
        .order_by(PackExport.id.desc())
    )
    if campaign_key is not None:
        query = query.where(Pack.campaign_id == campaign_key)
    rows: Sequence[Any] = session.execute(query).all()
    return tuple(
        PackExportRow(
            title, e.exported_at, e.file_name, e.size_bytes, e.pages, e.sha256, e.given_to, e.format or "pdf",
            json.loads(e.contents) if e.contents else {},
        )
        for e, title in rows
    )  # fmt: skip


def export_of_file(session: Session, path: Path) -> PackExportRow:
    """The latest export whose bytes a file has.

    Raises: UsageError for a file that cannot be read; NotFoundError.
    """
    digest = hashlib.sha256(read_given(path)).hexdigest()
    for row in pack_exports(session):
        if row.sha256 == digest:
            return row
    raise NotFoundError(
        f"{path.name} is not as any pack was exported: it was made elsewhere, or changed since. Compare: "
        "outreach pack list"
    )


@dataclass(frozen=True)
class PackRow:
    """A pack that was made or saved: its name and what it holds."""

    key: int
    title: str
    options: PackOptions


def packs_list(session: Session, case_id: str) -> tuple[PackRow, ...]:
    """Packs of a case, the newest first. Raises: NotFoundError."""
    case = find_case(session, case_id)
    return tuple(
        PackRow(p.id, p.title, options_from(p.options))
        for p in session.scalars(select(Pack).where(Pack.case_id == case.id).order_by(Pack.id.desc()))
    )


def keep_pack(session: Session, case_id: str, title: str, options: PackOptions) -> Changes:
    """Save a pack under a name, to be made again. Raises: UsageError without a name; NotFoundError."""
    name = " ".join(title.split())
    if not name:
        raise UsageError("A pack needs a name.")
    options.check()
    save_pack(session, case_id, name, options).title = name
    return Changes(frozenset({"packs"}), f"Pack “{name}” saved.")
