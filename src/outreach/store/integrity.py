"""What is frozen of a letter, and the hash that proves that nothing of it has changed since approval.

Version 1 of the hash (letters approved before schema 0005) covers the text, address, sender, date and the
names and hashes of enclosed files. Version 2 covers besides the reference, case and addressee, template,
language, when and by whom it was approved, and the facts and asks it used.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.store.models import Blob, Letter, LetterAsk, LetterAttachment, LetterFact, Merge, SetAside

DIGEST_VERSION = 2
_AT_ONCE = 500
_Parts = dict[int, list[list[object]]]


def text_digests(
    session: Session, letters: Sequence[Letter], *, approval: tuple[datetime, str] | None = None
) -> dict[int, str]:
    """SHA-256 by letter's id, in a form that does not depend on the program.

    Args: approval: when and by whom letters are being approved, for a hash of the present version before they
        are; without it, an approved letter's hash is of the version it was approved with.
    """
    found: dict[int, str] = {}
    for at in range(0, len(letters), _AT_ONCE):
        found.update(_digests(session, letters[at : at + _AT_ONCE], approval))
    return found


def _digests(
    session: Session, letters: Sequence[Letter], approval: tuple[datetime, str] | None
) -> Iterator[tuple[int, str]]:
    ids = [letter.id for letter in letters]
    facts = _parts(session, ids, LetterFact, LetterFact.fact_id, LetterFact.name, LetterFact.label,
        LetterFact.value, LetterFact.status)  # fmt: skip
    asks = _parts(session, ids, LetterAsk, LetterAsk.ask_id)
    files = _parts(session, ids, LetterAttachment, LetterAttachment.name, LetterAttachment.sha256,
        LetterAttachment.content_type, LetterAttachment.size_bytes)  # fmt: skip
    people = _people_before_merges(session, letters)
    for letter in letters:
        if approval is None and letter.approved_at is not None and letter.digest_version == 1:
            yield letter.id, _first_digest(letter, files[letter.id])
            continue
        at, by = approval or (letter.approved_at, letter.approved_by)
        covered = {
            "version": DIGEST_VERSION,
            "reference": letter.reference,
            "campaign": letter.campaign_id,
            "case": letter.case_id,
            "origin": letter.origin,
            "template": letter.template,
            "language": letter.language,
            "audience": letter.audience,
            "to": [people[letter.id, "person_id"], letter.post_id, letter.organization_id],
            "from": [people[letter.id, "sender_person_id"], letter.sender_organization_id],
            "written_on": letter.written_on.isoformat() if letter.written_on else "",
            "subject": letter.subject,
            "address_lines": list(letter.address_lines),
            "sender_lines": list(letter.sender_lines),
            "salutation": letter.salutation,
            "body": letter.body,
            "close": letter.close,
            "approved_at": at.isoformat() if at else "",
            "approved_by": by,
            "facts": facts[letter.id],
            "asks": asks[letter.id],
            "files": files[letter.id],
        }
        yield letter.id, _sha256(json.dumps(covered, ensure_ascii=False, sort_keys=True))


def _first_digest(letter: Letter, files: list[list[object]]) -> str:
    parts: list[object] = [
        letter.subject,
        list(letter.address_lines),
        list(letter.sender_lines),
        letter.salutation,
        letter.body,
        letter.close,
        letter.written_on.isoformat() if letter.written_on else "",
    ]
    if files:
        parts.append([file[:2] for file in files])
    return _sha256(json.dumps(parts, ensure_ascii=False))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _parts(
    session: Session,
    ids: Sequence[int],
    model: type[LetterFact] | type[LetterAsk] | type[LetterAttachment],
    *columns: Any,
) -> _Parts:
    query = select(model.letter_id, *columns).where(model.letter_id.in_(ids)).order_by(model.id)
    found: _Parts = defaultdict(list)
    for row in session.execute(query):
        found[row[0]].append(list(row[1:]))
    return found


def _people_before_merges(session: Session, letters: Iterable[Letter]) -> dict[tuple[int, str], int | None]:
    """Whom letters name as they were written: a merge of two records of one
    person moves letters, and says which.
    """
    found: dict[tuple[int, str], int | None] = {}
    for letter in letters:
        found[letter.id, "person_id"] = letter.person_id
        found[letter.id, "sender_person_id"] = letter.sender_person_id
    merges = session.execute(
        select(Merge.kept_id, Merge.gone_id, Merge.moved)
        .where(Merge.undone_at.is_(None))
        .order_by(Merge.id.desc())
    )
    for kept, gone, moved in merges:
        for table, column, row in moved.get("rows", ()):
            if table == "letter" and found.get((row, column)) == kept:
                found[row, column] = gone
    return found


def frozen_text_problems(session: Session) -> list[str]:
    """One sentence for each approved letter that is no longer as it was
    approved, or whose approval is gone.
    """
    problems: list[str] = []
    query = (
        select(Letter)
        .where((Letter.text_sha256 != "") | Letter.approved_at.is_not(None))
        .order_by(Letter.reference)
        .execution_options(include_deleted=True, yield_per=_AT_ONCE)
    )
    for letters in session.scalars(query).partitions():
        digests = text_digests(session, letters)
        problems += [_problem(letter) for letter in letters if digests[letter.id] != letter.text_sha256]
    problems += _enclosure_problems(session)
    return problems


def _problem(letter: Letter) -> str:
    if letter.approved_at is None or not letter.text_sha256:
        return f"The approval of {letter.reference} was tampered with: its day or its hash is gone."
    if letter.digest_version == 1:
        return f"The text of {letter.reference} is not the one that was approved."
    return (
        f"{letter.reference} is not the letter that was approved: its text, addressee, language or "
        "approver, or the facts, asks or files it used are others."
    )


def _enclosure_problems(session: Session) -> list[str]:
    rows = session.execute(
        select(Letter.reference, LetterAttachment.name, LetterAttachment.sha256, Blob.content)
        .join(Letter, Letter.id == LetterAttachment.letter_id)
        .outerjoin(Blob, Blob.sha256 == LetterAttachment.sha256)
        .where(Letter.approved_at.is_not(None))
        .order_by(Letter.reference)
        .execution_options(include_deleted=True, yield_per=10)
    )
    return [
        f"“{name}”, which {reference} encloses, is not the file that was approved."
        for reference, name, digest, content in rows
        if content is None or hashlib.sha256(content).hexdigest() != digest
    ]


def upkeep_notes(session: Session) -> list[str]:
    """What is no damage and yet worth knowing: approvals whose hash covers
    less, and rows that an update set aside.
    """
    notes = []
    old = session.scalar(
        select(func.count()).where(Letter.approved_at.is_not(None), Letter.digest_version == 1)
    )
    if old:
        notes.append(
            f"{old} approval{'s' if old > 1 else ''} of an earlier version: the hash covers the text, "
            "address, sender, date and enclosures only."
        )
    for row in session.scalars(select(SetAside).order_by(SetAside.id)):
        notes.append(f"An update set aside row {row.row_id} of {row.table_name}. {row.reason}")
    return notes
