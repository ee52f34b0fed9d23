"""Writing again: a reminder after silence, thanks after an answer."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import campaign_of_case
from outreach.domain.states import SENT_STATES, LetterStatus
from outreach.domain.wording import counted
from outreach.errors import NotAllowedError, NotFoundError
from outreach.letters.drafting import draft_letters, plan_letters, recipient_of
from outreach.letters.lifecycle import LETTERS, find_letters
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import best_template, templates_list
from outreach.store.changes import Changes
from outreach.store.models import Case, Letter


def draft_follow_ups(
    session: Session, sandbox: TemplateSandbox, references: Sequence[str], *, by: str = ""
) -> Changes:
    """Draft one letter about each earlier letter: thanks if it was answered, else a reminder.

    Returns: Changes whose refs are the new drafts. Raises: NotFoundError; NotAllowedError for a letter
        that has not gone out or that others wrote; MissingFactsError, TemplateError. Then nothing is written.
    """
    available = templates_list()
    drafted: list[str] = []
    for letter in find_letters(session, references):
        case_id = _case_of(session, letter)
        recipient = recipient_of(session, letter.reference)
        purpose = "thanks" if letter.status is LetterStatus.ANSWERED else "follow_up"
        template = best_template(available, recipient.audience, letter.language, purpose)
        if template is None:
            raise NotFoundError(
                f"There is no template for following up with {recipient.name}. Write one whose purpose is {purpose}."
            )
        plan = plan_letters(
            session,
            sandbox,
            case_id=case_id,
            template=template,
            recipients=[recipient],
            on=campaign_of_case(session, case_id).today,
            about=letter.reference,
        )
        drafted += draft_letters(session, plan, by=by).refs
    return Changes(LETTERS, f"{counted(len(drafted), 'follow-up', 'follow-ups')} drafted.", tuple(drafted))


def _case_of(session: Session, letter: Letter) -> str:
    if letter.origin != "own":
        raise NotAllowedError(
            f"{letter.reference} was written by others. Write to its addressee as the campaign with: Write letters."
        )
    if letter.status not in SENT_STATES or letter.status is LetterStatus.BOUNCED:
        raise NotAllowedError(f"{letter.reference} is {letter.status}; only letters sent can be followed up.")
    case_id = session.scalar(select(Case.slug).where(Case.id == letter.case_id))
    if case_id is None:
        raise NotFoundError(f"The case of {letter.reference} is not on file any more.")
    return case_id
