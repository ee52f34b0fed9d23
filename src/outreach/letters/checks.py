"""Trying a template before it is used: names, facts, and a run for somebody it is written for."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import campaign_of_case
from outreach.cases.facts import facts_for
from outreach.directory.tenure import Addressed, office_problems
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
    return notes_on(session, find_letters(session, [reference]))[0]


def notes_on(session: Session, letters: Sequence[Letter]) -> list[tuple[str, ...]]:
    """What to know of each before it is approved, none if all is well."""
    own = [x for x in letters if x.origin is Origin.OWN and x.written_on is not None]
    problems = office_problems(
        session,
        [
            Addressed(letter.person_id, letter.post_id, letter.organization_id, letter.written_on)
            for letter in own
            if letter.written_on is not None
        ],
    )
    said = {letter.id: problem for letter, problem in zip(own, problems, strict=True) if problem}
    return [(said[letter.id],) if letter.id in said else () for letter in letters]
