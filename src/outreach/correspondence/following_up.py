"""Writing again: a reminder after silence, thanks after an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import campaign_of_case
from outreach.domain.letter_life import Step
from outreach.domain.notice import Code, notice
from outreach.domain.states import LetterStatus
from outreach.domain.wording import counted
from outreach.errors import NotAllowedError, NotFoundError
from outreach.letters.drafting import DraftPlan, draft_letters, plan_letters, recipient_of
from outreach.letters.ledger import LETTERS, advance, find_letter, find_letters, refuse_step
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import LetterTemplate, best_template, templates_list
from outreach.recipients.resolve import recipients_for
from outreach.recipients.rows import RecipientRow
from outreach.store.changes import Changes
from outreach.store.database import Database
from outreach.store.models import Case, Letter


@dataclass(frozen=True)
class NextLetters:
    """Letters about earlier ones, before they are written.

    kind: of the step in the earlier letter's history. about: for each earlier letter its reference, whether it was answered, and
    the letters about it.
    """

    kind: Step
    about: tuple[tuple[str, bool, tuple[DraftPlan, ...]], ...]


def draft_follow_ups(
    database: Database, sandbox: TemplateSandbox, references: Sequence[str], *, by: str = ""
) -> Changes:
    """Draft one letter about each earlier letter: thanks if it was answered, else a reminder.

    Returns: Changes whose refs are the new drafts. Raises: NotFoundError; NotAllowedError for a letter
        that has not gone out or that others wrote; MissingFactsError, TemplateError. Then nothing is written.
    """
    with database.read() as session:
        plan = plan_follow_ups(session, sandbox, references)
    with database.write() as session:
        return draft_next(session, plan, by=by)


def plan_follow_ups(session: Session, sandbox: TemplateSandbox, references: Sequence[str]) -> NextLetters:
    """What `draft_follow_ups` would write, and raises."""
    about = []
    with sandbox.command():
        available = templates_list(sandbox)
        for letter in find_letters(session, references):
            case_id = _case_of(session, letter, Step.FOLLOWED_UP)
            recipient = recipient_of(session, letter.reference)
            is_answered = letter.status is LetterStatus.ANSWERED
            purpose = "thanks" if is_answered else "follow_up"
            template = best_template(available, recipient.audience, letter.language, purpose)
            if template is None:
                raise NotFoundError(
                    f"There is no template for following up with {recipient.name}. Write one whose purpose is {purpose}."
                )
            today = campaign_of_case(session, case_id).today
            plan = _plan_about(session, sandbox, letter, case_id, template, recipient, today)
            about.append((letter.reference, is_answered, (plan,)))
    return NextLetters(Step.FOLLOWED_UP, tuple(about))


def draft_next(session: Session, plan: NextLetters, *, by: str = "") -> Changes:
    """Write letters about earlier ones, and note them in these.

    Raises: NotFoundError, NotAllowedError if one of the earlier letters has changed so that the new one is wrong, and as
        `draft_letters`. Then nothing is to be kept.
    """
    drafted: list[str] = []
    for reference, was_answered, plans in plan.about:
        letter = find_letter(session, reference)
        _case_of(session, letter, plan.kind)
        if plan.kind is Step.FOLLOWED_UP and (letter.status is LetterStatus.ANSWERED) != was_answered:
            raise NotAllowedError(
                f"An answer to {reference} came or went while the letters were made. Nothing was written; draft again."
            )
        new = [ref for one in plans for ref in draft_letters(session, one, by=by).refs]
        advance(
            session, letter, plan.kind, by=by, detail=notice(Code.NEXT_LETTERS, references=", ".join(new))
        )
        drafted += new
    said = ("follow-up", "follow-ups") if plan.kind is Step.FOLLOWED_UP else ("letter", "letters")
    return Changes(LETTERS, f"{counted(len(drafted), *said)} drafted.", tuple(drafted))


def _plan_about(
    session: Session,
    sandbox: TemplateSandbox,
    letter: Letter,
    case_id: str,
    template: LetterTemplate,
    recipient: RecipientRow,
    on: date,
) -> DraftPlan:
    """One letter about an earlier one."""
    return plan_letters(
        session,
        sandbox,
        case_id=case_id,
        template=template,
        recipients=[recipient],
        on=on,
        about=letter.reference,
    )


def draft_referral(
    database: Database, sandbox: TemplateSandbox, reference: str, to: str, *, by: str = ""
) -> Changes:
    """Draft the next letter where an answer has passed the matter on.

    Args: reference: of the letter that was referred. to: a question that names whom to write to now, see
        `recipients.resolve.recipients_for`.
    Raises: NotFoundError, UsageError for a question that names nobody; NotAllowedError for a letter that has not gone out;
        MissingFactsError, TemplateError. Then nothing is written.
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
    plans = []
    with sandbox.command():
        available = templates_list(sandbox)
        for recipient in recipients:
            template = best_template(available, recipient.audience, letter.language, "referral")
            if template is None:
                raise NotFoundError(
                    "There is no template for referrals. Write one whose purpose is referral."
                )
            plans.append(_plan_about(session, sandbox, letter, case_id, template, recipient, campaign.today))
    return NextLetters(
        Step.REFERRAL_DRAFTED, ((letter.reference, letter.status is LetterStatus.ANSWERED, tuple(plans)),)
    )


def _case_of(session: Session, letter: Letter, step: Step) -> str:
    refuse_step(session, [letter], step)
    case_id = session.scalar(select(Case.slug).where(Case.id == letter.case_id))
    if case_id is None:
        raise NotFoundError(f"The case of {letter.reference} is not on file any more.")
    return case_id
