"""Writing again: a reminder after silence, thanks after an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import campaign_of_case
from outreach.domain.letter_life import Step
from outreach.domain.notice import Code, notice
from outreach.domain.states import LetterStatus
from outreach.domain.wording import counted
from outreach.errors import NotAllowedError, NotFoundError
from outreach.letters.drafting import draft_letters, recipients_of
from outreach.letters.large_sets import AT_ONCE, StepOfMany, refused_as, write_in_chunks
from outreach.letters.ledger import LETTERS, advance_all, find_letter, find_letters, refuse_step
from outreach.letters.planning import (
    DraftPlan,
    PlannedLetter,
    Progress,
    WantedLetter,
    always,
    plan_wanted,
)
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import best_template, in_language, templates_list
from outreach.recipients.resolve import recipients_for
from outreach.store.changes import Changes
from outreach.store.database import Database
from outreach.store.models import Case, Letter
from outreach.store.search import in_chunks


@dataclass(frozen=True)
class NextLetters:
    """Letters about earlier ones, before they are written.

    kind: of the step in the earlier letter's history. about: for each earlier letter its reference, whether
    it was answered, and the letters about it.
    """

    kind: Step
    about: tuple[tuple[str, bool, DraftPlan], ...]


def draft_follow_ups(
    database: Database,
    sandbox: TemplateSandbox,
    references: Sequence[str],
    *,
    by: str = "",
    progress: Progress = always,
) -> Changes:
    """Draft one letter about each earlier letter: thanks if it was answered, else a reminder.

    Args: progress: returns False to stop before the next `AT_ONCE` are written; what is written by then
        stays.
    Returns: Changes whose refs are the new drafts. Where it was stopped, or something went wrong after the
        first of them were written, the message says so.
    Raises: NotFoundError; NotAllowedError for a letter that has not gone out or that others wrote;
        MissingFactsError, TemplateError, CancelledError. Then nothing is written.
    """
    with database.read() as session:
        plan = plan_follow_ups(session, sandbox, references, progress=progress)
    if len(plan.about) <= AT_ONCE:
        with database.write() as session:
            return draft_next(session, plan, by=by)
    planned = {reference: (reference, answered, letters) for reference, answered, letters in plan.about}
    drafted: list[str] = []

    def write(session: Session, part: Sequence[str]) -> Changes:
        changes = draft_next(session, replace(plan, about=tuple(planned[x] for x in part)), by=by)
        drafted.extend(changes.refs)
        return replace(changes, refs=tuple(part))

    step = StepOfMany(refused_as(Step.FOLLOWED_UP), write, "followed up")
    told = write_in_chunks(database, list(planned), step, progress=progress)
    return replace(told, refs=tuple(drafted[: len(told.refs)]))


def plan_follow_ups(
    session: Session, sandbox: TemplateSandbox, references: Sequence[str], *, progress: Progress = always
) -> NextLetters:
    """What `draft_follow_ups` would write, and raises."""
    letters = find_letters(session, references)
    refuse_step(session, letters, Step.FOLLOWED_UP)
    cases = _cases_of(session, letters)
    recipients = recipients_of(session, letters)
    plans: dict[int, DraftPlan] = {}
    with sandbox.command():
        available = templates_list(sandbox)
        wanted: dict[str, list[tuple[Letter, WantedLetter]]] = {}
        for letter, case_id, recipient in zip(letters, cases, recipients, strict=True):
            purpose = "thanks" if letter.status is LetterStatus.ANSWERED else "follow_up"
            template = best_template(available, recipient.audience, letter.language, purpose)
            if template is None:
                raise NotFoundError(
                    f"There is no template for following up with {recipient.name}. Write one whose purpose "
                    f"is {purpose}."
                )
            one = WantedLetter(
                recipient, in_language(available, template, recipient.language), letter.reference
            )
            wanted.setdefault(case_id, []).append((letter, one))
        for case_id, ones in wanted.items():
            today = campaign_of_case(session, case_id).today
            plan = plan_wanted(
                session, sandbox, case_id=case_id, wanted=[w for _, w in ones], on=today, progress=progress
            )
            for (letter, _), planned in zip(ones, plan.letters, strict=True):
                plans[letter.id] = replace(plan, letters=(planned,))
    return NextLetters(
        Step.FOLLOWED_UP,
        tuple((x.reference, x.status is LetterStatus.ANSWERED, plans[x.id]) for x in letters),
    )


def draft_next(session: Session, plan: NextLetters, *, by: str = "") -> Changes:
    """Write letters about earlier ones, and note them in these.

    Raises: NotFoundError, NotAllowedError if one of the earlier letters has changed so that the new one is
        wrong, and as `draft_letters`. Then nothing is to be kept.
    """
    letters = find_letters(session, [reference for reference, _, _ in plan.about])
    refuse_step(session, letters, plan.kind)
    _cases_of(session, letters)
    for letter, (reference, was_answered, _) in zip(letters, plan.about, strict=True):
        if plan.kind is Step.FOLLOWED_UP and (letter.status is LetterStatus.ANSWERED) != was_answered:
            raise NotAllowedError(
                f"An answer to {reference} came or went while the letters were made. Nothing was written; "
                "draft again."
            )
    by_case: dict[tuple[int, int], list[tuple[int, PlannedLetter]]] = {}
    for letter, (_, _, about) in zip(letters, plan.about, strict=True):
        place = by_case.setdefault((about.campaign_key, about.case_key), [])
        place += [(letter.id, planned) for planned in about.letters]
    drafted: dict[int, list[str]] = {letter.id: [] for letter in letters}
    for (campaign, case), ones in by_case.items():
        written = draft_letters(
            session, DraftPlan(campaign, case, tuple(planned for _, planned in ones)), by=by
        )
        for (key, _), reference in zip(ones, written.refs, strict=True):
            drafted[key].append(reference)
    told = [notice(Code.NEXT_LETTERS, references=", ".join(drafted[letter.id])) for letter in letters]
    advance_all(session, letters, plan.kind, by=by, details=told)
    new = tuple(reference for letter in letters for reference in drafted[letter.id])
    said = ("follow-up", "follow-ups") if plan.kind is Step.FOLLOWED_UP else ("letter", "letters")
    return Changes(LETTERS, f"{counted(len(new), *said)} drafted.", new)


def draft_referral(
    database: Database, sandbox: TemplateSandbox, reference: str, to: str, *, by: str = ""
) -> Changes:
    """Draft the next letter where an answer has passed the matter on.

    Args: reference: of the letter that was referred. to: a question that names whom to write to now, see
        `recipients.resolve.recipients_for`.
    Raises: NotFoundError, UsageError for a question that names nobody; NotAllowedError for a letter that has
        not gone out; MissingFactsError, TemplateError. Then nothing is written.
    """
    with database.read() as session:
        plan = plan_referral(session, sandbox, reference, to)
    with database.write() as session:
        return draft_next(session, plan, by=by)


def plan_referral(session: Session, sandbox: TemplateSandbox, reference: str, to: str) -> NextLetters:
    """What `draft_referral` would write, and raises."""
    letter = find_letter(session, reference)
    case_id = _case_of(session, letter, Step.REFERRAL_DRAFTED)
    campaign = campaign_of_case(session, case_id)
    recipients = recipients_for(session, campaign.key, to, on=campaign.today).recipients
    with sandbox.command():
        available = templates_list(sandbox)
        wanted = []
        for recipient in recipients:
            template = best_template(available, recipient.audience, letter.language, "referral")
            if template is None:
                raise NotFoundError(
                    "There is no template for referrals. Write one whose purpose is referral."
                )
            translated = in_language(available, template, recipient.language)
            wanted.append(WantedLetter(recipient, translated, letter.reference))
        plan = plan_wanted(session, sandbox, case_id=case_id, wanted=wanted, on=campaign.today)
    was_answered = letter.status is LetterStatus.ANSWERED
    return NextLetters(Step.REFERRAL_DRAFTED, ((letter.reference, was_answered, plan),))


def _case_of(session: Session, letter: Letter, step: Step) -> str:
    """The readable id of a letter's case.

    Raises: NotFoundError; NotAllowedError if the letter cannot take the step.
    """
    refuse_step(session, [letter], step)
    return _cases_of(session, [letter])[0]


def _cases_of(session: Session, letters: Sequence[Letter]) -> list[str]:
    """The readable id of each letter's case.

    Raises: NotFoundError naming the first letter whose case is gone.
    """
    cases: dict[int, str] = {}
    for wanted in in_chunks({letter.case_id for letter in letters if letter.case_id}):
        cases.update((k, v) for k, v in session.execute(select(Case.id, Case.slug).where(wanted(Case.id))))
    for letter in letters:
        if letter.case_id not in cases:
            raise NotFoundError(f"The case of {letter.reference} is not on file any more.")
    return [cases[letter.case_id] for letter in letters if letter.case_id is not None]
