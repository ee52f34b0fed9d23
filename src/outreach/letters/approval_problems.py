"""What speaks against approving a draft for what it says."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.facts import FactRow, facts_for
from outreach.letters.fact_use import forms_of
from outreach.store.models import Case, Letter, LetterFact, Organization
from outreach.store.search import in_chunks


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
