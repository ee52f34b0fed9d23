"""The steps in a letter's life: `advance` alone writes its status and its history. What takes a step back is
a step too."""

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, insert, select, update
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import set_committed_value

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
from outreach.store.models import Case, Dispatch, Letter, LetterEvent, LetterFact, Organization, Reply
from outreach.store.search import in_chunks
from outreach.store.types import now, table_of

LETTERS = frozenset({"letters"})
STARTED = DispatchOutcome.STARTED
UNCERTAIN = and_(Dispatch.channel == Channel.EMAIL, Dispatch.outcome == STARTED)
"""Holds for an e-mail that was begun and never recorded as sent or failed."""
NOT_HANDED_OVER = frozenset({DispatchOutcome.FAILED, DispatchOutcome.DEFERRED, DispatchOutcome.TAKEN_BACK})
"""Outcomes of attempts to send after which nobody has the letter."""


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


def situations(
    session: Session, letters: Sequence[Letter], *, with_answers: bool = True, with_history: bool = True
) -> list[LetterSituation]:
    """What the life of each letter depends on, in their order.

    with_answers: also reads the classed answers on file. with_history: also finds the last step that could be
    taken back.
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
    """The step of each letter that would be taken back next, by the letter's key. A letter without a history
    is left out.

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
    more: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Let letters take a step. Nothing else writes a letter's status or history, but for `begin`.

    The day of the answer follows with the status where a step is about an answer. All letters are written by
    the same few statements, however many they are.
    Args: by: who does it. details: what the history tells of it, one for each letter, or none. more: what
        else of each letter changes with the step, by column; the same columns of all.
    Raises: NotAllowedError for a letter that cannot take it; then none has.
    """
    has_answers = follows_answers(step)
    found = situations(session, letters, with_answers=has_answers, with_history=takes_back(step))
    _refuse(letters, found, step)
    changes = [
        {"status": status_after(situation, step), **own}
        for situation, own in zip(found, more or [{}] * len(letters), strict=True)
    ]
    if has_answers:
        first = _answered_on(session, letters)
        for letter, change in zip(letters, changes, strict=True):
            change["answered_on"] = first.get(letter.id)
    before = [letter.status for letter in letters]
    _write(session, letters, changes)
    _tell(session, letters, step, before, [now()] * len(letters), by, details)


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
        session.execute(insert(table_of(LetterEvent)), rows)


def _answered_on(session: Session, letters: Sequence[Letter]) -> dict[int, date]:
    """The day of the answer by letter, as the classed answers on file have it: of the first that answers."""
    first: dict[int, date] = {}
    for wanted in in_chunks([letter.id for letter in letters]):
        columns = (Reply.letter_id, Reply.kind, Reply.received_on)
        for key, kind, on in session.execute(_classed(wanted).with_only_columns(*columns)):
            if kind is not None and is_answer(kind):
                first.setdefault(key, on)
    return first


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


def approval_problems(session: Session, letters: Sequence[Letter], *, anyway: bool = False) -> list[str]:
    """For each draft why `approve_letters` would refuse it for what it says, "" if it would not.

    Args: anyway: also when a fact has changed since the draft was written.
    """
    stale = {} if anyway else _stale(session, letters)
    return [_unfinished(letter) or stale.get(letter.id, "") for letter in letters]


def _unfinished(letter: Letter) -> str:
    if not letter.body.strip() or not letter.subject.strip():
        return f"{letter.reference} has no text or no subject yet. Write it first."
    for mark in ("{{", "{%", "[TODO", "[…]", "[...]", "XXX"):
        if mark in letter.body or mark in letter.subject:
            return f"{letter.reference} still holds the placeholder “{mark}”. Complete the text first."
    return ""


def _stale(session: Session, letters: Sequence[Letter]) -> dict[int, str]:
    """What is said of letters that use a fact in words that it has no more, by the letter's key."""
    cases: dict[int, str] = {}
    places: dict[int, str] = {}
    for wanted in in_chunks({letter.case_id for letter in letters if letter.case_id}):
        cases.update((k, v) for k, v in session.execute(select(Case.id, Case.slug).where(wanted(Case.id))))
    for wanted in in_chunks({letter.organization_id for letter in letters if letter.organization_id}):
        query = select(Organization.id, Organization.jurisdiction).where(wanted(Organization.id))
        places.update((k, v) for k, v in session.execute(query))
    by_key = {letter.id: letter for letter in letters if letter.case_id in cases}
    # Many letters share a case, a language and a place, and so the words of facts.
    words: dict[tuple[str, str, str], dict[int, tuple[FactRow, frozenset[str]]]] = {}
    found: dict[int, str] = {}
    for wanted in in_chunks(by_key):
        columns = (LetterFact.letter_id, LetterFact.fact_id, LetterFact.label, LetterFact.value)
        for key, fact_key, label, value in session.execute(
            select(*columns).where(wanted(LetterFact.letter_id)).order_by(LetterFact.id)
        ):
            letter = by_key[key]
            which = (cases[letter.case_id or 0], letter.language, places.get(letter.organization_id or 0, ""))
            if which not in words:
                rows = facts_for(session, which[0], language=which[1], jurisdiction=which[2])
                words[which] = {f.key: (f, forms_of(f) | {f.in_prose}) for f in rows}
            fact, forms = words[which].get(fact_key or 0, (None, frozenset()))
            if value not in forms and key not in found:
                said = f"is now “{fact.in_prose}”" if fact is not None else "has been deleted since"
                found[key] = (
                    f"{letter.reference} says “{value}” for {label}, which {said}. "
                    "Draft it again, or approve it anyway."
                )
    return found


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
    at = now()
    if letters:
        session.execute(
            insert(table_of(Dispatch)),
            [
                {
                    "letter_id": letter.id,
                    "channel": by,
                    "outcome": DispatchOutcome.SENT,
                    "dispatched_on": on,
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
                f"{letter.reference} is dated after {date_in_words(on, locale_for('en'))}; it cannot have been "
                "sent before it was written."
            )
    return letters


def undo_sent(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Take back that letters were marked sent; each is again what it was before. The record of it stays, as
    taken back.

    Raises: NotAllowedError for a letter that a server has, or of which more is on file since; then none is
        changed.
    """
    letters = find_letters(session, references)
    refuse_step(session, letters, Step.SENT_UNDONE)
    went: dict[int, list[tuple[int, DispatchOutcome, date]]] = {}
    for wanted in in_chunks([letter.id for letter in letters]):
        columns = (Dispatch.id, Dispatch.letter_id, Dispatch.outcome, Dispatch.dispatched_on)
        gone = Dispatch.outcome.in_([DispatchOutcome.SENT, DispatchOutcome.BOUNCED])
        for key, letter_key, outcome, on in session.execute(
            select(*columns).where(wanted(Dispatch.letter_id), gone).order_by(Dispatch.id.desc())
        ):
            went.setdefault(letter_key, []).append((key, outcome, on))
    records = []
    earlier: list[dict[str, date | None]] = []
    for letter in letters:
        record = next(key for key, outcome, _ in went[letter.id] if outcome is DispatchOutcome.SENT)
        records.append(record)
        earlier.append({"sent_on": next((on for key, _, on in went[letter.id] if key != record), None)})
    advance_all(session, letters, Step.SENT_UNDONE, by=by, more=earlier)
    for wanted in in_chunks(records):
        taken_back = update(Dispatch).where(wanted(Dispatch.id)).values(outcome=DispatchOutcome.TAKEN_BACK)
        session.execute(taken_back)
    return _undone(letters, "no longer marked sent")


def withdraw_letters(
    session: Session, references: Sequence[str], *, reason: str = "", by: str = ""
) -> Changes:
    """Withdraw letters that have not gone out; `undo_withdrawal` takes it back.

    Raises: NotAllowedError once they are sent.
    """
    letters = find_letters(session, references)
    advance_all(session, letters, Step.WITHDRAWN, by=by, details=[free_text(reason)] * len(letters))
    return Changes(LETTERS, _count(letters, "withdrawn"), tuple(x.reference for x in letters))


def undo_withdrawal(session: Session, references: Sequence[str], *, by: str = "") -> Changes:
    """Take a withdrawal back; a letter that was in the outbox is approved.

    Raises: NotAllowedError; then none is changed.
    """
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
    """Open closed letters again; they are what the answers on file make them.

    Raises: NotAllowedError; then none is changed.
    """
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
