"""The steps in a letter's life: `advance` alone writes its status and its history.

What takes a step back is a step too.
"""

from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from outreach.domain.letter_life import (
    BIRTHS,
    LetterSituation,
    Step,
    follows_answers,
    refusal,
    status_after,
    taken_back_by,
    told_as,
)
from outreach.domain.notice import Code, Notice, free_text, notice
from outreach.domain.states import Channel, DispatchOutcome, LetterStatus
from outreach.domain.wording import date_in_words, locale_for, one_line
from outreach.errors import NotAllowedError, NotFoundError, UsageError
from outreach.letters.approval_problems import approval_problems
from outreach.letters.fact_use import still_standing
from outreach.letters.formats.document import mended
from outreach.letters.situations import days_answered, situations
from outreach.store.changes import Changes
from outreach.store.integrity import DIGEST_VERSION, text_digests
from outreach.store.models import Dispatch, Letter, LetterEvent
from outreach.store.search import in_chunks
from outreach.store.types import now, table_of

LETTERS = frozenset({"letters"})


def find_letters(session: Session, references: Sequence[str], *, with_facts: bool = False) -> list[Letter]:
    """Letters by reference, in the order given; case does not matter. with_facts: also reads the facts they
    use.

    Raises: NotFoundError naming every reference there is no letter for.
    """
    wanted_references = list(dict.fromkeys(r.strip().upper() for r in references))
    found: dict[str, Letter] = {}
    for wanted in in_chunks(wanted_references):
        query = select(Letter).where(wanted(Letter.reference))
        if with_facts:
            query = query.options(selectinload(Letter.facts))
        found.update((letter.reference, letter) for letter in session.scalars(query))
    refuse_unknown(wanted_references, found)
    return [found[r] for r in wanted_references]


def refuse_unknown(references: Sequence[str], found: Container[str]) -> None:
    """Raises: NotFoundError naming every reference that is not among those found."""
    if missing := [r for r in references if r not in found]:
        raise NotFoundError(f"There is no letter {', '.join(missing)}. List them with: outreach letters list")


def find_letter(session: Session, reference: str) -> Letter:
    """One letter by reference; see `find_letters`."""
    return find_letters(session, [reference])[0]


def refuse_step(session: Session, letters: Sequence[Letter], step: Step) -> None:
    """Raises: NotAllowedError for the first letter that cannot take a step, with what to do instead."""
    found = situations(session, letters, with_answers=False, with_history=taken_back_by(step) is not None)
    _refuse(letters, found, step)


def _refuse(letters: Sequence[Letter], found: Sequence[LetterSituation], step: Step) -> None:
    for letter, situation in zip(letters, found, strict=True):
        if why := refusal(situation, step, reference=letter.reference):
            raise NotAllowedError(why)


def advance(
    session: Session, letter: Letter, step: Step, *, by: str = "", detail: Notice | None = None
) -> None:
    """Let a letter take a step: its status follows, and its history says so; see `advance_all`."""
    advance_all(session, [letter], step, by=by, details=[detail])


def advance_all(
    session: Session,
    letters: Sequence[Letter],
    step: Step,
    *,
    by: str = "",
    details: Sequence[Notice | None] = (),
    more: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Let letters take a step. Nothing else writes a letter's status or history, but for `begin`
    and `add_letters`.

    The day of the answer follows with the status where a step is about an answer. All letters are written by
    the same few statements, however many they are.
    Args: by: who does it. details: what the history tells of it, one for each letter, or none. more: what
        else of each letter changes with the step, by column; the same columns of all.
    Raises: NotAllowedError for a letter that cannot take it; then none has.
    """
    has_answers = follows_answers(step)
    found = situations(
        session, letters, with_answers=has_answers, with_history=taken_back_by(step) is not None
    )
    _refuse(letters, found, step)
    changes = [
        {"status": status_after(situation, step), **own}
        for situation, own in zip(found, more or [{}] * len(letters), strict=True)
    ]
    if has_answers:
        first = days_answered(session, letters)
        for letter, change in zip(letters, changes, strict=True):
            change["answered_on"] = first.get(letter.id)
    at, before = now(), [letter.status for letter in letters]
    _write(session, letters, changes)
    told = [(x.id, at, old, x.status) for x, old in zip(letters, before, strict=True)]
    _tell(session, told, step, by, details)


def _write(session: Session, letters: Sequence[Letter], changes: Sequence[Mapping[str, Any]]) -> None:
    """Write columns of letters, the same of all, in one statement; a letter that has them already is left
    alone."""
    differ = [
        (letter, change)
        for letter, change in zip(letters, changes, strict=True)
        if any(getattr(letter, column) != value for column, value in change.items())
    ]
    if not differ:
        return
    table = table_of(Letter)
    values = {column: bindparam(f"new_{column}", type_=table.c[column].type) for column in differ[0][1]}
    session.execute(
        update(table).where(table.c.id == bindparam("key")).values(values),
        [{"key": x.id, **{f"new_{column}": value for column, value in c.items()}} for x, c in differ],
    )
    for letter, change in differ:
        for column, value in change.items():
            set_committed_value(letter, column, value)


def begin(
    session: Session,
    letters: Sequence[Letter],
    step: Step,
    *,
    by: str = "",
    details: Sequence[Notice | None] = (),
) -> None:
    """Give new letters the status that they begin with, and the first step of their history.

    Args: letters: just added and flushed. step: one of `BIRTHS`. by, details: as for `advance_all`.
    """
    for letter in letters:
        if letter.status is not BIRTHS[step]:
            letter.status = BIRTHS[step]
    _tell(session, [(x.id, x.created_at, "", x.status) for x in letters], step, by, details)


def add_letters(
    session: Session,
    rows: Sequence[Mapping[str, Any]],
    step: Step,
    *,
    by: str = "",
    details: Sequence[Notice | None] = (),
) -> list[int]:
    """Put new letters on file, with the status that they begin with and the first step of their history.

    Args: rows: by column, the same columns of all, reference and created_at among them. step: one of
        `BIRTHS`. by, details: as for `advance_all`. Returns: their keys, in the order of the rows.
    """
    if not rows:
        return []
    status = BIRTHS[step]
    session.execute(insert(table_of(Letter)), [{**row, "status": status} for row in rows])
    keys = {
        reference: key
        for wanted in in_chunks([row["reference"] for row in rows])
        for reference, key in session.execute(
            select(Letter.reference, Letter.id).where(wanted(Letter.reference))
        )
    }
    found = [keys[row["reference"]] for row in rows]
    told = [(key, row["created_at"], "", status) for key, row in zip(found, rows, strict=True)]
    _tell(session, told, step, by, details)
    return found


def _tell(
    session: Session,
    told: Sequence[tuple[int, datetime, str, LetterStatus]],
    step: Step,
    by: str,
    details: Sequence[Notice | None],
) -> None:
    """Add to histories. told: of each letter its key, the instant, and the status before and after."""
    rows = [
        {
            "letter_id": key,
            "at": at,
            "kind": told_as(step),
            "by": by,
            "from_status": str(before),
            "to_status": after.value,
            "detail": detail,
        }
        for (key, at, before, after), detail in zip(told, details or [None] * len(told), strict=True)
    ]
    if rows:
        session.execute(insert(table_of(LetterEvent)), rows)


def _count(letters: Sequence[Letter], done: str) -> str:
    return f"{letters[0].reference} {done}." if len(letters) == 1 else f"{len(letters)} letters {done}."


def approve_letters(
    session: Session, references: Sequence[str], *, by: str = "", anyway: bool = False
) -> Changes:
    """Freeze letters. From here on text, addressee, language, reference, approver, the facts used and their
    hash cannot change.

    Args: by: who approves. anyway: also when a fact has changed since the draft was written.
    Raises: NotAllowedError for a letter that is no draft, is empty, still holds a placeholder, or
        uses a fact that has changed since; then none of the letters is approved.
    """
    letters = refuse_approval(session, references, anyway=anyway)
    for letter in letters:
        if (whole := mended(letter.body)) != letter.body:
            letter.body = whole
    session.flush()
    at = now()
    digests = text_digests(session, letters, approval=(at, by))
    advance_all(
        session,
        letters,
        Step.APPROVED,
        by=by,
        details=[notice(Code.TEXT_HASH, sha256=digests[letter.id]) for letter in letters],
        more=[
            {
                "text_sha256": digests[letter.id],
                "digest_version": DIGEST_VERSION,
                "approved_at": at,
                "approved_by": by,
            }
            for letter in letters
        ],
    )
    return Changes(LETTERS, _count(letters, "approved"), tuple(x.reference for x in letters))


def refuse_approval(session: Session, references: Sequence[str], *, anyway: bool = False) -> list[Letter]:
    """Letters of which nothing speaks against approval.

    Raises: as `approve_letters`, for the first that cannot be.
    """
    letters = find_letters(session, references)
    refuse_step(session, letters, Step.APPROVED)
    if why := next(filter(None, approval_problems(session, letters, anyway=anyway)), ""):
        raise NotAllowedError(why)
    return letters


def reopen_letters(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Make approved letters drafts again, to be changed and approved anew; a step that says so is added to
    their history.

    A letter that a server refused can be reopened too, one that was taken out of the outbox as well; not one
    that is in it, that went out, came back, or of which that is not certain.

    Args: by: who does it.
    Raises: NotFoundError; NotAllowedError naming the letter and what to do instead; then none of them is
        reopened.
    """
    letters = find_letters(session, references)
    none = {"approved_at": None, "approved_by": "", "text_sha256": ""}
    advance_all(session, letters, Step.REOPENED, by=by, more=[none] * len(letters))
    return Changes(
        LETTERS,
        _count(letters, "is a draft again" if len(letters) == 1 else "are drafts again"),
        tuple(x.reference for x in letters),
    )


def edit_letter(
    session: Session, reference: str, *, subject: str, salutation: str, body: str, close: str
) -> Changes:
    """Change a draft's text by hand. Facts whose own words are gone from it are no longer counted as used.

    Raises: NotAllowedError once the letter is approved.
    """
    letter = find_letters(session, [reference], with_facts=True)[0]
    refuse_step(session, [letter], Step.EDITED)
    new = (one_line(subject), one_line(salutation), body.strip(" \t\r\n"), one_line(close))
    if new != (letter.subject, letter.salutation, letter.body, letter.close):
        before = f"{letter.subject}\n{letter.body}"
        letter.subject, letter.salutation, letter.body, letter.close = new
        words = [used.value for used in letter.facts]
        standing = still_standing(before, f"{letter.subject}\n{letter.body}", words)
        letter.facts = [used for used, stands in zip(letter.facts, standing, strict=True) if stands]
        advance(session, letter, Step.EDITED)
    return Changes(LETTERS, f"{reference} saved.", (reference,))


def mark_sent(
    session: Session, references: Sequence[str], *, by: Channel, on: date, detail: str = "", who: str = ""
) -> Changes:
    """Record that approved letters went out; `undo_sent` takes it back.

    Args: by: channel. on: local day of dispatch, not before the letter's own date. who: who records it.
    Raises: NotAllowedError; then none of them is marked.
    """
    letters = refuse_sent(session, references, on=on)
    words = notice(Code.SENT_BY, channel=by.value, on=on.isoformat())
    advance_all(
        session,
        letters,
        Step.SENT,
        by=who,
        details=[words] * len(letters),
        more=[{"sent_on": on}] * len(letters),
    )
    if letters:
        at = now()
        session.execute(
            insert(table_of(Dispatch)),
            [
                {
                    "letter_id": letter.id,
                    **{"channel": by, "outcome": DispatchOutcome.SENT, "dispatched_on": on},
                    "recorded_at": at,
                    "detail": free_text(detail),
                }
                for letter in letters
            ],
        )
    return Changes(LETTERS, _count(letters, "marked sent"), tuple(x.reference for x in letters))


def refuse_sent(session: Session, references: Sequence[str], *, on: date) -> list[Letter]:
    """Letters that can be marked sent on a day. Raises: as `mark_sent`, for the first that cannot be."""
    letters = find_letters(session, references)
    refuse_step(session, letters, Step.SENT)
    for letter in letters:
        if letter.written_on is not None and on < letter.written_on:
            raise UsageError(
                f"{letter.reference} is dated after {date_in_words(on, locale_for('en'))}; it cannot have "
                "been sent before it was written."
            )
    return letters


def withdraw_letters(
    session: Session, references: Sequence[str], *, reason: str = "", by: str = ""
) -> Changes:
    """Withdraw letters that have not gone out; `undo_withdrawal` takes it back.

    Raises: NotAllowedError once they are sent.
    """
    letters = find_letters(session, references)
    advance_all(session, letters, Step.WITHDRAWN, by=by, details=[free_text(reason)] * len(letters))
    return Changes(LETTERS, _count(letters, "withdrawn"), tuple(x.reference for x in letters))


def close_letters(session: Session, references: Sequence[str], *, reason: str = "", by: str = "") -> Changes:
    """End letters that need no more: answered to satisfaction, or given up; `undo_close` takes it back.

    Raises: NotAllowedError.
    """
    letters = find_letters(session, references)
    advance_all(session, letters, Step.CLOSED, by=by, details=[free_text(reason)] * len(letters))
    return Changes(LETTERS, _count(letters, "closed"), tuple(x.reference for x in letters))


def delete_drafts(session: Session, references: Sequence[str]) -> Changes:
    """Delete drafts; `restore_drafts` undoes it. Raises: NotAllowedError for a letter that was approved."""
    letters = find_letters(session, references)
    advance_all(session, letters, Step.DELETED, more=[{"deleted_at": now()}] * len(letters))
    return Changes(LETTERS, _count(letters, "deleted"), tuple(x.reference for x in letters))


def restore_drafts(session: Session, references: Sequence[str]) -> Changes:
    """Put back deleted drafts. References that are not deleted are left alone."""
    letters = [
        letter
        for wanted in in_chunks(references)
        for letter in session.scalars(
            select(Letter)
            .where(wanted(Letter.reference), Letter.deleted_at.is_not(None))
            .execution_options(include_deleted=True)
        )
    ]
    advance_all(session, letters, Step.RESTORED, more=[{"deleted_at": None}] * len(letters))
    return Changes(LETTERS, f"{len(letters)} restored.", tuple(x.reference for x in letters))
