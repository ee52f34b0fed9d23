"""The steps in a letter's life: `advance` alone writes its status and its history. What takes a step back is a step too."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, insert, select
from sqlalchemy.orm import Session, selectinload

from outreach.cases.facts import FactRow, facts_for
from outreach.domain.letter_history import PastStep, last_step
from outreach.domain.letter_life import (
    BIRTHS,
    LetterSituation,
    Step,
    follows_answers,
    is_answer,
    refusal,
    status_after,
    takes_back,
    told_as,
)
from outreach.domain.notice import Code, Notice, free_text, notice
from outreach.domain.states import Channel, DispatchOutcome, LetterStatus, ReplyKind
from outreach.domain.wording import date_in_words, locale_for, one_line
from outreach.errors import NotAllowedError, NotFoundError, UsageError
from outreach.letters.fact_use import forms_of, still_standing
from outreach.letters.formats.document import mended
from outreach.store.changes import Changes
from outreach.store.integrity import DIGEST_VERSION, text_digests
from outreach.store.models import Case, Dispatch, Letter, LetterEvent, Organization, Reply
from outreach.store.search import in_chunks
from outreach.store.types import now, table_of

LETTERS = frozenset({"letters"})
STARTED = DispatchOutcome.STARTED
UNCERTAIN = and_(Dispatch.channel == Channel.EMAIL, Dispatch.outcome == STARTED)
"""Holds for an e-mail that was begun and never recorded as sent or failed."""
NOT_HANDED_OVER = frozenset({DispatchOutcome.FAILED, DispatchOutcome.DEFERRED, DispatchOutcome.TAKEN_BACK})
"""Outcomes of attempts to send after which nobody has the letter."""


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


def situations(
    session: Session, letters: Sequence[Letter], *, with_answers: bool = True, with_history: bool = True
) -> list[LetterSituation]:
    """What the life of each letter depends on, in their order.

    with_answers: also reads the classed answers on file. with_history: also finds the last step that could be taken back.
    """
    uncertain: set[int] = set()
    handed_over: set[int] = set()
    by_hand: set[int] = set()
    by_server: set[int] = set()
    last = last_steps(session, [letter.id for letter in letters]) if with_history else {}
    answers: dict[int, list[ReplyKind]] = {}
    for wanted in in_chunks([letter.id for letter in letters]):
        for key, channel, outcome, message_id in session.execute(
            select(Dispatch.letter_id, Dispatch.channel, Dispatch.outcome, Dispatch.message_id).where(
                wanted(Dispatch.letter_id)
            )
        ):
            if outcome is DispatchOutcome.SENT:
                (by_server if message_id else by_hand).add(key)
            if channel is Channel.EMAIL and outcome is STARTED:
                uncertain.add(key)
            if outcome not in NOT_HANDED_OVER:
                handed_over.add(key)
        if with_answers:
            for key, kind in session.execute(_classed(wanted).with_only_columns(Reply.letter_id, Reply.kind)):
                if kind is not None:
                    answers.setdefault(key, []).append(kind)
    return [
        LetterSituation(
            letter.status,
            letter.origin,
            letter.id in uncertain,
            letter.id in handed_over,
            letter.deleted_at is not None,
            tuple(answers.get(letter.id, ())),
            *_step_and_status(last.get(letter.id)),
            was_marked_sent=letter.id in by_hand and letter.id not in by_server,
        )
        for letter in letters
    ]


def _step_and_status(past: PastStep | None) -> tuple[Step | None, LetterStatus | None]:
    return (past.step, past.before) if past else (None, None)


def last_steps(session: Session, keys: Sequence[int]) -> dict[int, PastStep]:
    """The step of each letter that would be taken back next, by the letter's key. A letter without a history is left out.

    A draft that follows a letter up and was deleted does not count.
    """
    rows: list[tuple[int, Step, str, str, Notice | None]] = []
    for wanted in in_chunks(keys):
        rows += [
            (key, step, before, after, detail)
            for key, step, before, after, detail in session.execute(
                select(
                    LetterEvent.letter_id,
                    LetterEvent.kind,
                    LetterEvent.from_status,
                    LetterEvent.to_status,
                    LetterEvent.detail,
                )
                .where(wanted(LetterEvent.letter_id))
                .order_by(LetterEvent.id)
            )
        ]
    drafts = {reference for row in rows if row[1] in DRAFTS_ANOTHER for reference in next_letters(row[4])}
    there: set[str] = set()
    for wanted in in_chunks(sorted(drafts)):
        there.update(session.scalars(select(Letter.reference).where(wanted(Letter.reference))))
    histories: dict[int, list[PastStep]] = {}
    for key, step, before, after, detail in rows:
        if step in DRAFTS_ANOTHER and there.isdisjoint(next_letters(detail)):
            continue
        status = LetterStatus(before) if before else None
        histories.setdefault(key, []).append(PastStep(step, status, LetterStatus(after)))
    found = {key: last_step(history) for key, history in histories.items()}
    return {key: past for key, past in found.items() if past is not None}


DRAFTS_ANOTHER = frozenset({Step.FOLLOWED_UP, Step.REFERRAL_DRAFTED})
"""Steps whose notice names the letters that were drafted."""


def next_letters(told: Notice | None) -> list[str]:
    """References of the letters that a step among `DRAFTS_ANOTHER` drafted."""
    return told.text("references").split(", ") if told is not None else []


def _classed(wanted: Callable[[Any], Any]) -> Select[Any]:
    return (
        select(Reply)
        .where(wanted(Reply.letter_id), Reply.kind.is_not(None))
        .order_by(Reply.received_on, Reply.id)
    )


def refuse_step(session: Session, letters: Sequence[Letter], step: Step) -> None:
    """Raises: NotAllowedError for the first letter that cannot take a step, with what to do instead."""
    found = situations(session, letters, with_answers=False, with_history=takes_back(step))
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
) -> None:
    """Let letters take a step. Nothing else writes a letter's status or history, but for `begin`.

    The day of the answer follows with the status where a step is about an answer; what else belongs to a step, such as the
    day of sending, is its caller's. Args: by: who does it. details: what the history tells of it, one for each letter, or none.
    Raises: NotAllowedError for a letter that cannot take it; then none has.
    """
    has_answers = follows_answers(step)
    found = situations(session, letters, with_answers=has_answers, with_history=takes_back(step))
    _refuse(letters, found, step)
    if has_answers:
        _date_answers(session, letters)
    before = [letter.status for letter in letters]
    for letter, situation in zip(letters, found, strict=True):
        letter.status = status_after(situation, step)
    _tell(session, letters, step, before, [now()] * len(letters), by, details)


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
        letter.status = BIRTHS[step]
    _tell(session, letters, step, [""] * len(letters), [x.created_at for x in letters], by, details)


def _tell(
    session: Session,
    letters: Sequence[Letter],
    step: Step,
    before: Sequence[str],
    at: Sequence[datetime],
    by: str,
    details: Sequence[Notice | None],
) -> None:
    rows = [
        {
            "letter_id": letter.id,
            "at": instant,
            "kind": told_as(step),
            "by": by,
            "from_status": str(status),
            "to_status": letter.status.value,
            "detail": detail,
        }
        for letter, status, instant, detail in zip(
            letters, before, at, details or [None] * len(letters), strict=True
        )
    ]
    if rows:
        # What else belongs to the step is still to come; letters are written once they have it all.
        with session.no_autoflush:
            session.execute(insert(table_of(LetterEvent)), rows)


def _date_answers(session: Session, letters: Sequence[Letter]) -> None:
    """The day of the answer, as the classed answers on file have it: of the first that answers."""
    first: dict[int, date] = {}
    for wanted in in_chunks([letter.id for letter in letters]):
        for reply in session.scalars(_classed(wanted)):
            if reply.kind is not None and is_answer(reply.kind):
                first.setdefault(reply.letter_id, reply.received_on)
    for letter in letters:
        letter.answered_on = first.get(letter.id)


def _count(letters: Sequence[Letter], done: str) -> str:
    return f"{letters[0].reference} {done}." if len(letters) == 1 else f"{len(letters)} letters {done}."


def uncertain_dispatch(session: Session, letter_id: int) -> Dispatch | None:
    """An e-mail of which nobody knows whether it went out, None if there is none."""
    return session.scalars(
        select(Dispatch).where(Dispatch.letter_id == letter_id, UNCERTAIN).order_by(Dispatch.id.desc())
    ).first()


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
    refuse_step(session, letters, Step.APPROVED)
    for letter in letters:
        _refuse_unfinished(letter)
        if not anyway:
            _refuse_stale(session, letter, seen)
        letter.body = mended(letter.body)
    session.flush()
    at = now()
    digests = text_digests(session, letters, approval=(at, by))
    words = [notice(Code.TEXT_HASH, sha256=digests[letter.id]) for letter in letters]
    advance_all(session, letters, Step.APPROVED, by=by, details=words)
    for letter in letters:
        letter.text_sha256, letter.digest_version = digests[letter.id], DIGEST_VERSION
        letter.approved_at, letter.approved_by = at, by
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


def reopen_letters(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Make approved letters drafts again, to be changed and approved anew; a step that says so is added to their history.

    A letter that a server refused can be reopened too, one that was taken out of the outbox as well; not one that is in it,
    that went out, came back, or of which that is not certain.

    Args: by: who does it.
    Raises: NotFoundError; NotAllowedError naming the letter and what to do instead; then none of them is reopened.
    """
    letters = find_letters(session, references)
    advance_all(session, letters, Step.REOPENED, by=by)
    for letter in letters:
        letter.approved_at, letter.approved_by, letter.text_sha256 = None, "", ""
    return Changes(
        LETTERS,
        _count(letters, "is a draft again" if len(letters) == 1 else "are drafts again"),
        tuple(x.reference for x in letters),
    )


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
    letters = find_letters(session, references)
    refuse_step(session, letters, Step.SENT)
    for letter in letters:
        if letter.written_on is not None and on < letter.written_on:
            raise UsageError(
                f"{letter.reference} is dated after {date_in_words(on, locale_for('en'))}; it cannot have been sent before it was "
                "written."
            )
    words = notice(Code.SENT_BY, channel=by.value, on=on.isoformat())
    advance_all(session, letters, Step.SENT, by=who, details=[words] * len(letters))
    for letter in letters:
        letter.sent_on = on
        session.add(
            Dispatch(
                letter_id=letter.id,
                channel=by,
                outcome=DispatchOutcome.SENT,
                dispatched_on=on,
                recorded_at=now(),
                detail=free_text(detail),
            )
        )
    return Changes(LETTERS, _count(letters, "marked sent"), tuple(x.reference for x in letters))


def undo_sent(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Take back that letters were marked sent; each is again what it was before. The record of it stays, as taken back.

    Raises: NotAllowedError for a letter that a server has, or of which more is on file since; then none is changed.
    """
    letters = find_letters(session, references)
    advance_all(session, letters, Step.SENT_UNDONE, by=by)
    for letter in letters:
        went = session.scalars(
            select(Dispatch)
            .where(
                Dispatch.letter_id == letter.id,
                Dispatch.outcome.in_([DispatchOutcome.SENT, DispatchOutcome.BOUNCED]),
            )
            .order_by(Dispatch.id.desc())
        ).all()
        record = next(d for d in went if d.outcome is DispatchOutcome.SENT)
        record.outcome = DispatchOutcome.TAKEN_BACK
        earlier = [d.dispatched_on for d in went if d is not record]
        letter.sent_on = earlier[0] if earlier else None
    return _undone(letters, "no longer marked sent")


def withdraw_letters(
    session: Session, references: Sequence[str], *, reason: str = "", by: str = ""
) -> Changes:
    """Withdraw letters that have not gone out; `undo_withdrawal` takes it back. Raises: NotAllowedError once they are sent."""
    letters = find_letters(session, references)
    advance_all(session, letters, Step.WITHDRAWN, by=by, details=[free_text(reason)] * len(letters))
    return Changes(LETTERS, _count(letters, "withdrawn"), tuple(x.reference for x in letters))


def undo_withdrawal(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Take a withdrawal back; a letter that was in the outbox is approved. Raises: NotAllowedError; then none is changed."""
    letters = find_letters(session, references)
    advance_all(session, letters, Step.WITHDRAWAL_UNDONE, by=by)
    return _undone(letters, "no longer withdrawn")


def close_letters(session: Session, references: Sequence[str], *, reason: str = "", by: str = "") -> Changes:
    """End letters that need no more: answered to satisfaction, or given up; `undo_close` takes it back.

    Raises: NotAllowedError.
    """
    letters = find_letters(session, references)
    advance_all(session, letters, Step.CLOSED, by=by, details=[free_text(reason)] * len(letters))
    return Changes(LETTERS, _count(letters, "closed"), tuple(x.reference for x in letters))


def undo_close(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Open closed letters again; they are what the answers on file make them. Raises: NotAllowedError; then none is changed."""
    letters = find_letters(session, references)
    advance_all(session, letters, Step.CLOSE_UNDONE, by=by)
    return _undone(letters, "no longer closed")


def _undone(letters: Sequence[Letter], words: str) -> Changes:
    """What was taken back, and what the letters are now."""
    references = tuple(x.reference for x in letters)
    if len(letters) == 1:
        return Changes(LETTERS, f"{references[0]} is {words}; it is {letters[0].status.value}.", references)
    return Changes(LETTERS, f"{len(letters)} letters are {words}.", references)


def delete_drafts(session: Session, references: Sequence[str]) -> Changes:
    """Delete drafts; `restore_drafts` undoes it. Raises: NotAllowedError for a letter that was approved."""
    letters = find_letters(session, references)
    advance_all(session, letters, Step.DELETED)
    for letter in letters:
        letter.deleted_at = now()
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
    advance_all(session, letters, Step.RESTORED)
    for letter in letters:
        letter.deleted_at = None
    return Changes(LETTERS, f"{len(letters)} restored.", tuple(x.reference for x in letters))
