"""Trying a template before it is used: names, facts, and a run for somebody it is written for."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import campaign_of_case
from outreach.cases.facts import facts_for
from outreach.directory.tenure import office_problem
from outreach.domain.states import SENT_STATES, Origin
from outreach.errors import MissingFactsError, NotAllowedError, TemplateError
from outreach.letters.drafting import plan_letters
from outreach.letters.ledger import find_letters
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import LetterTemplate, template_problems
from outreach.recipients.rows import RecipientRow, recipients_list
from outreach.store.models import Letter


def check_template(
    session: Session, sandbox: TemplateSandbox, template: LetterTemplate, case_id: str
) -> tuple[str, ...]:
    """What would keep a template from being used with a case.

    The template is run once for a recipient of every audience it names, with its time and memory
    limited, so that an endless loop or a forbidden access shows here.

    Returns: one sentence a problem, none if it can be used. Raises: NotFoundError for an unknown case.
    """
    campaign = campaign_of_case(session, case_id)
    problems = template_problems(template, {f.name for f in facts_for(session, case_id)})
    if problems:
        return tuple(problems)
    about = ""
    if template.needs_previous:
        about = (
            session.scalar(
                select(Letter.reference)
                .where(Letter.campaign_id == campaign.key, Letter.status.in_(SENT_STATES))
                .order_by(Letter.id.desc())
                .limit(1)
            )
            or ""
        )
        if not about:
            return ("It follows up an earlier letter, and no letter has been sent yet to try it with.",)
    recipients = recipients_list(session, campaign.key)
    tried: dict[str, RecipientRow] = {}
    for recipient in recipients:
        if template.fits(recipient.audience):
            tried.setdefault(recipient.audience, recipient)
    try:
        plan_letters(
            session,
            sandbox,
            case_id=case_id,
            template=template,
            recipients=list(tried.values()) or list(recipients[:1]),
            on=campaign.today,
            about=about,
        )
    except (TemplateError, MissingFactsError, NotAllowedError) as error:
        return (str(error),)
    return ()


def letter_notes(session: Session, reference: str) -> tuple[str, ...]:
    """What to know before a letter is approved. Raises: NotFoundError."""
    letter = find_letters(session, [reference])[0]
    if letter.origin is not Origin.OWN or letter.written_on is None:
        return ()
    problem = office_problem(
        session,
        person_id=letter.person_id,
        post_id=letter.post_id,
        body_id=letter.organization_id,
        on=letter.written_on,
    )
    return (problem,) if problem else ()
