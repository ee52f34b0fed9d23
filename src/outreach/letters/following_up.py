"""Writing again: a reminder after silence, thanks after an answer."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow, RecipientRow, campaign_of_case
from outreach.domain.states import OVERDUE_PHASES, SENT_STATES, LetterStatus
from outreach.domain.wording import counted
from outreach.errors import NotAllowedError, NotFoundError
from outreach.letters.drafting import draft_letters, plan_letters, recipient_of
from outreach.letters.lifecycle import LETTERS, find_letter, find_letters, record_event
from outreach.letters.questions import recipients_for
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import LetterTemplate, best_template, templates_list
from outreach.letters.tracker import TrackerRow, tracker_rows
from outreach.store.changes import Changes
from outreach.store.models import Case, Letter, LetterEvent

FOLLOWED_UP = "followed_up"


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
        today = campaign_of_case(session, case_id).today
        (reference,) = _draft_about(session, sandbox, letter, case_id, template, recipient, today, by)
        record_event(session, letter, FOLLOWED_UP, letter.status, by=by, detail=reference)
        drafted.append(reference)
    return Changes(LETTERS, f"{counted(len(drafted), 'follow-up', 'follow-ups')} drafted.", tuple(drafted))


def _draft_about(
    session: Session,
    sandbox: TemplateSandbox,
    letter: Letter,
    case_id: str,
    template: LetterTemplate,
    recipient: RecipientRow,
    on: date,
    by: str,
) -> tuple[str, ...]:
    """Draft one letter about an earlier one. Returns: its reference."""
    plan = plan_letters(
        session,
        sandbox,
        case_id=case_id,
        template=template,
        recipients=[recipient],
        on=on,
        about=letter.reference,
    )
    return draft_letters(session, plan, by=by).refs


def overdue_without_reminder(
    session: Session,
    campaign: CampaignRow,
    today: date | None = None,
    *,
    rows: Sequence[TrackerRow] | None = None,
) -> tuple[str, ...]:
    """Own letters whose answer is overdue and that no follow-up was drafted for, the longest overdue first.

    Args: rows: the table of that day, where it was read already.
    """
    table = tracker_rows(session, campaign, today=today) if rows is None else rows
    late = [r for r in table if r.origin == "own" and r.phase in OVERDUE_PHASES]
    reminded = set(
        session.scalars(
            select(Letter.reference)
            .join(LetterEvent, LetterEvent.letter_id == Letter.id)
            .where(
                Letter.campaign_id == campaign.key,
                LetterEvent.kind == FOLLOWED_UP,
                # One that was deleted or withdrawn again does not count.
                LetterEvent.detail.in_(
                    select(Letter.reference).where(
                        Letter.deleted_at.is_(None), Letter.status != LetterStatus.WITHDRAWN
                    )
                ),
            )
        )
    )
    waiting = [r for r in late if r.reference not in reminded]
    return tuple(r.reference for r in sorted(waiting, key=lambda r: (r.due_on or date.max, r.reference)))


def draft_referral(
    session: Session, sandbox: TemplateSandbox, reference: str, to: str, *, by: str = ""
) -> Changes:
    """Draft the next letter where an answer has passed the matter on.

    Args: reference: of the letter that was referred. to: a question that names whom to write to now, see
        `questions.recipients_for`.
    Raises: NotFoundError, UsageError for a question that names nobody; NotAllowedError for a letter that has not gone out;
        MissingFactsError, TemplateError. Then nothing is written.
    """
    letter = find_letter(session, reference)
    case_id = _case_of(session, letter)
    campaign = campaign_of_case(session, case_id)
    recipients = recipients_for(session, campaign.key, to, on=campaign.today).recipients
    available = templates_list()
    drafted: list[str] = []
    for recipient in recipients:
        template = best_template(available, recipient.audience, letter.language, "referral")
        if template is None:
            raise NotFoundError("There is no template for referrals. Write one whose purpose is referral.")
        drafted += _draft_about(session, sandbox, letter, case_id, template, recipient, campaign.today, by)
    record_event(session, letter, "referral_drafted", letter.status, by=by, detail=", ".join(drafted))
    return Changes(LETTERS, f"{counted(len(drafted), 'letter', 'letters')} drafted.", tuple(drafted))


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
