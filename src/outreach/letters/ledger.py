"""The steps in a letter's life after it was drafted. Each writes an event; none can be taken back unseen."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, selectinload

from outreach.cases.facts import FactRow, facts_for
from outreach.domain.states import REOPENABLE, Channel, LetterStatus, check_transition
from outreach.domain.wording import date_in_words, locale_for, one_line
from outreach.errors import NotAllowedError, NotFoundError, UsageError
from outreach.letters.fact_use import forms_of, still_standing
from outreach.letters.formats.document import mended
from outreach.store.changes import Changes
from outreach.store.integrity import DIGEST_VERSION, text_digests
from outreach.store.models import Case, Dispatch, Letter, LetterEvent, Organization
from outreach.store.types import now

LETTERS = frozenset({"letters"})


def find_letters(session: Session, references: Sequence[str], *, with_facts: bool = False) -> list[Letter]:
    """Letters by reference, in the order given; case does not matter. with_facts: also reads the facts that they use.

    Raises: NotFoundError naming every reference there is no letter for.
    """
    wanted = list(dict.fromkeys(r.strip().upper() for r in references))
    query = select(Letter).where(Letter.reference.in_(wanted))
    if with_facts:
        query = query.options(selectinload(Letter.facts))
    found = {letter.reference: letter for letter in session.scalars(query)}
    if missing := [r for r in wanted if r not in found]:
        raise NotFoundError(f"There is no letter {', '.join(missing)}. List them with: outreach letters list")
    return [found[r] for r in wanted]


def find_letter(session: Session, reference: str) -> Letter:
    """One letter by reference; see `find_letters`."""
    return find_letters(session, [reference])[0]


def record_event(
    session: Session, letter: Letter, kind: str, before: str, *, by: str = "", detail: str = ""
) -> None:
    """Add a step to a letter's history. before: its status until now."""
    session.add(
        LetterEvent(
            letter_id=letter.id,
            at=now(),
            kind=kind,
            by=by,
            from_status=before,
            to_status=letter.status.value,
            detail=detail,
        )
    )


def _count(letters: Sequence[Letter], done: str) -> str:
    return f"{letters[0].reference} {done}." if len(letters) == 1 else f"{len(letters)} letters {done}."


def _own(letter: Letter) -> None:
    if letter.origin != "own":
        raise NotAllowedError(
            f"{letter.reference} is correspondence of others that a source reports; it cannot be changed."
        )


STARTED = "started"
UNCERTAIN = and_(Dispatch.channel == Channel.EMAIL, Dispatch.outcome == STARTED)
"""Holds for an e-mail that was begun and never recorded as sent or failed."""


def uncertain_dispatch(session: Session, letter_id: int) -> Dispatch | None:
    """An e-mail of which nobody knows whether it went out, None if there is none."""
    return session.scalars(
        select(Dispatch).where(Dispatch.letter_id == letter_id, UNCERTAIN).order_by(Dispatch.id.desc())
    ).first()


def refuse_uncertain(session: Session, letter: Letter) -> None:
    """Raises: NotAllowedError for a letter that was cut off while it was being sent."""
    if uncertain_dispatch(session, letter.id) is not None:
        raise NotAllowedError(
            f"Whether {letter.reference} went out is not certain. Settle that first: outreach mail settle {letter.reference}"
        )


def approve_letters(
    session: Session, references: Sequence[str], *, by: str = "", anyway: bool = False
) -> Changes:
    """Freeze letters. From here on text, addressee, language, reference, approver, the facts used and their hash cannot change.

    Args: by: who approves. anyway: also when a fact has changed since the draft was written.
    Raises: NotAllowedError for a letter that is no draft, is empty, still holds a placeholder, or
        uses a fact that has changed since; then none of the letters is approved.
    """
    letters = find_letters(session, references, with_facts=True)
    seen: Facts = {}
    for letter in letters:
        _own(letter)
        check_transition(letter.reference, letter.status, LetterStatus.APPROVED)
        if letter.status is not LetterStatus.DRAFT:
            raise NotAllowedError(f"{letter.reference} was approved already.")
        _refuse_unfinished(letter)
        if not anyway:
            _refuse_stale(session, letter, seen)
        letter.body = mended(letter.body)
    session.flush()
    at = now()
    digests = text_digests(session, letters, approval=(at, by))
    for letter in letters:
        letter.text_sha256, letter.digest_version = digests[letter.id], DIGEST_VERSION
        letter.approved_at, letter.approved_by = at, by
        letter.status = LetterStatus.APPROVED
        record_event(
            session, letter, "approved", LetterStatus.DRAFT, by=by, detail=f"SHA-256 {letter.text_sha256}"
        )
    return Changes(LETTERS, _count(letters, "approved"), tuple(x.reference for x in letters))


def approval_problem(session: Session, letter: Letter, seen: "Facts") -> str:
    """Why `approve_letters` would refuse a draft, "" if it would not. The letter's facts must have been read with it.

    seen: what was read of facts for the letters before, empty at first.
    """
    try:
        _refuse_unfinished(letter)
        _refuse_stale(session, letter, seen)
    except NotAllowedError as error:
        return str(error)
    return ""


NOT_HANDED_OVER = frozenset({"failed", "deferred"})
"""Outcomes of attempts to send after which nobody has the letter."""


def reopen_letters(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Make approved letters drafts again, to be changed and approved anew; a step that says so is added to their history.

    A letter that a server refused can be reopened too, one that was taken out of the outbox as well; not one that is in it,
    that went out, came back, or of which that is not certain.

    Args: by: who does it.
    Raises: NotFoundError; NotAllowedError naming the letter and what to do instead; then none of them is reopened.
    """
    letters = find_letters(session, references)
    for letter in letters:
        _own(letter)
        refuse_uncertain(session, letter)
        if letter.status not in REOPENABLE:
            hint = _INSTEAD_OF_REOPENING.get(letter.status, "It has left the office; write another letter.")
            raise NotAllowedError(
                f"{letter.reference} is {letter.status} and cannot become a draft again. {hint}"
            )
        outcomes = set(session.scalars(select(Dispatch.outcome).where(Dispatch.letter_id == letter.id)))
        if outcomes - NOT_HANDED_OVER:
            raise NotAllowedError(
                f"{letter.reference} was handed over once, so its text is kept as it went out. Withdraw it and write another."
            )
    for letter in letters:
        before = letter.status
        letter.approved_at, letter.approved_by, letter.text_sha256 = None, "", ""
        letter.status = LetterStatus.DRAFT
        record_event(session, letter, "reopened", before, by=by)
    return Changes(
        LETTERS,
        _count(letters, "is a draft again" if len(letters) == 1 else "are drafts again"),
        tuple(x.reference for x in letters),
    )


_INSTEAD_OF_REOPENING = {
    LetterStatus.DRAFT: "It is one already.",
    LetterStatus.QUEUED: "Take it out of the outbox first.",
    LetterStatus.WITHDRAWN: "It was withdrawn; draft a new one.",
    LetterStatus.CLOSED: "It is closed; draft a new one.",
}


def _refuse_unfinished(letter: Letter) -> None:
    if not letter.body.strip() or not letter.subject.strip():
        raise NotAllowedError(f"{letter.reference} has no text or no subject yet. Write it first.")
    for mark in ("{{", "{%", "[TODO", "[…]", "[...]", "XXX"):
        if mark in letter.body or mark in letter.subject:
            raise NotAllowedError(
                f"{letter.reference} still holds the placeholder “{mark}”. Complete the text first."
            )


Facts = dict[tuple[str, str, str], dict[int, FactRow]]
"""Words of facts by their keys, for each case, language and jurisdiction that was asked for: many letters share them."""


def _refuse_stale(session: Session, letter: Letter, seen: Facts) -> None:
    case = session.get(Case, letter.case_id) if letter.case_id else None
    if case is None:
        return
    body = session.get(Organization, letter.organization_id) if letter.organization_id else None
    jurisdiction = body.jurisdiction if body else ""
    which = (case.slug, letter.language, jurisdiction)
    if which not in seen:
        rows = facts_for(session, case.slug, language=letter.language, jurisdiction=jurisdiction)
        seen[which] = {f.key: f for f in rows}
    for used in letter.facts:
        fact = seen[which].get(used.fact_id or 0)
        if fact is None or used.value not in {fact.in_prose, *forms_of(fact)}:
            said = f"is now “{fact.in_prose}”" if fact is not None else "has been deleted since"
            raise NotAllowedError(
                f"{letter.reference} says “{used.value}” for {used.label}, which {said}. "
                "Draft it again, or approve it anyway."
            )


def edit_letter(
    session: Session, reference: str, *, subject: str, salutation: str, body: str, close: str
) -> Changes:
    """Change a draft's text by hand. Facts whose own words are gone from it are no longer counted as used.

    Raises: NotAllowedError once the letter is approved.
    """
    letter = find_letters(session, [reference], with_facts=True)[0]
    _own(letter)
    if letter.status is not LetterStatus.DRAFT:
        raise NotAllowedError(
            f"{reference} is {letter.status} and its text is frozen. Put it back to draft first, or write another."
        )
    new = (one_line(subject), one_line(salutation), body.strip(" \t\r\n"), one_line(close))
    if new != (letter.subject, letter.salutation, letter.body, letter.close):
        before = f"{letter.subject}\n{letter.body}"
        letter.subject, letter.salutation, letter.body, letter.close = new
        words = [used.value for used in letter.facts]
        standing = still_standing(before, f"{letter.subject}\n{letter.body}", words)
        letter.facts = [used for used, stands in zip(letter.facts, standing, strict=True) if stands]
        record_event(session, letter, "edited", letter.status)
    return Changes(LETTERS, f"{reference} saved.", (reference,))


def mark_sent(
    session: Session, references: Sequence[str], *, by: Channel, on: date, detail: str = ""
) -> Changes:
    """Record that approved letters went out.

    Args: by: channel. on: local day of dispatch, not before the letter's own date.
    Raises: NotAllowedError; then none of them is marked.
    """
    letters = find_letters(session, references)
    for letter in letters:
        before = letter.status
        refuse_uncertain(session, letter)
        check_transition(letter.reference, before, LetterStatus.SENT)
        if letter.written_on is not None and on < letter.written_on:
            raise UsageError(
                f"{letter.reference} is dated after {date_in_words(on, locale_for('en'))}; it cannot have been sent before it was written."
            )
        letter.status, letter.sent_on = LetterStatus.SENT, on
        session.add(
            Dispatch(
                letter_id=letter.id,
                channel=by,
                outcome="sent",
                dispatched_on=on,
                recorded_at=now(),
                detail=detail,
            )
        )
        record_event(
            session,
            letter,
            "sent",
            before,
            detail=f"by {by.value.replace('_', ' ')} on {date_in_words(on, locale_for('en'))}",
        )
    return Changes(LETTERS, _count(letters, "marked sent"), tuple(x.reference for x in letters))


def withdraw_letters(session: Session, references: Sequence[str], *, reason: str = "") -> Changes:
    """Take back letters that have not gone out. Raises: NotAllowedError once they are sent."""
    letters = find_letters(session, references)
    for letter in letters:
        _own(letter)
        refuse_uncertain(session, letter)
        before = letter.status
        check_transition(letter.reference, before, LetterStatus.WITHDRAWN)
        letter.status = LetterStatus.WITHDRAWN
        record_event(session, letter, "withdrawn", before, detail=reason)
    return Changes(LETTERS, _count(letters, "withdrawn"), tuple(x.reference for x in letters))


def close_letters(session: Session, references: Sequence[str], *, reason: str = "") -> Changes:
    """End letters that need no more: answered to satisfaction, or given up. Raises: NotAllowedError."""
    letters = find_letters(session, references)
    for letter in letters:
        before = letter.status
        check_transition(letter.reference, before, LetterStatus.CLOSED)
        letter.status = LetterStatus.CLOSED
        record_event(session, letter, "closed", before, detail=reason)
    return Changes(LETTERS, _count(letters, "closed"), tuple(x.reference for x in letters))


def delete_drafts(session: Session, references: Sequence[str]) -> Changes:
    """Delete drafts; `restore_drafts` undoes it. Raises: NotAllowedError for a letter that was approved."""
    letters = find_letters(session, references)
    for letter in letters:
        _own(letter)
        if letter.status is not LetterStatus.DRAFT:
            raise NotAllowedError(
                f"{letter.reference} is {letter.status}; only drafts can be deleted. Withdraw it instead."
            )
        letter.deleted_at = now()
        record_event(session, letter, "deleted", letter.status)
    return Changes(LETTERS, _count(letters, "deleted"), tuple(x.reference for x in letters))


def restore_drafts(session: Session, references: Sequence[str]) -> Changes:
    """Put back deleted drafts. References that are not deleted are left alone."""
    letters = list(
        session.scalars(
            select(Letter)
            .where(Letter.reference.in_(references), Letter.deleted_at.is_not(None))
            .execution_options(include_deleted=True)
        )
    )
    for letter in letters:
        letter.deleted_at = None
        record_event(session, letter, "restored", letter.status)
    return Changes(LETTERS, f"{len(letters)} restored.", tuple(x.reference for x in letters))
