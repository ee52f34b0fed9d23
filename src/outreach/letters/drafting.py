"""From a case, a template and recipients to drafts: planned first, written only if nothing is missing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from outreach.domain.letter_life import Step
from outreach.domain.notice import Code, notice
from outreach.domain.references import letter_reference
from outreach.domain.states import Origin
from outreach.domain.wording import counted
from outreach.errors import CancelledError, NotFoundError, OutreachError
from outreach.letters.ledger import LETTERS, add_letters
from outreach.letters.planning import DraftPlan, PlannedLetter, Progress, WantedLetter, always, plan_wanted
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import LetterTemplate, best_template, in_language, templates_list
from outreach.recipients.enlist import keep_recipients
from outreach.recipients.rows import RecipientRow, recipients_list
from outreach.store.changes import Changes
from outreach.store.database import Database
from outreach.store.models import Ask, Campaign, Case, Fact, Letter, LetterAsk, LetterFact, Recipient
from outreach.store.search import CHUNK, in_chunks
from outreach.store.types import now, table_of

__all__ = [
    "AUTO",
    "DraftPlan",
    "PlannedLetter",
    "Progress",
    "always",
    "draft_in_chunks",
    "draft_letters",
    "plan_letters",
    "recipients_of",
]

DRAFTED_AT_ONCE = 500
"""Letters written in one unit of writing, which others wait for."""
AUTO = "auto"


def plan_letters(
    session: Session,
    sandbox: TemplateSandbox,
    *,
    case_id: str,
    template: LetterTemplate | None,
    recipients: Sequence[RecipientRow],
    on: date,
    about: str = "",
    progress: Progress = always,
) -> DraftPlan:
    """Render one letter for each recipient, without writing anything.

    Args: template: None chooses the one written for each recipient's audience and language. on: date
        of the letters. about: reference of an earlier letter, for follow-ups and thanks.
    Raises: MissingFactsError naming every fact missing from all the templates at once; TemplateError;
        NotFoundError; CancelledError.
    """
    with sandbox.command():
        available = templates_list(sandbox)
        wanted = [WantedLetter(r, _chosen(available, template, r), about) for r in recipients]
        return plan_wanted(session, sandbox, case_id=case_id, wanted=wanted, on=on, progress=progress)


def _chosen(
    available: tuple[LetterTemplate, ...], template: LetterTemplate | None, recipient: RecipientRow
) -> LetterTemplate:
    if template is not None:
        return in_language(available, template, recipient.language)
    best = best_template(available, recipient.audience, recipient.language)
    if best is None:
        raise NotFoundError(
            f"No template is written for {recipient.name} ({recipient.audience_label}). Name one, or write "
            "one for that audience."
        )
    return best


def draft_letters(session: Session, plan: DraftPlan, by: str = "") -> Changes:
    """Write a plan's letters as drafts, each with a reference of its own. Recipients to be become recipients.

    Returns: Changes whose refs are the new references, in the plan's order. Raises: NotFoundError if a
        recipient, the case or a fact that the letters use was removed since they were planned; then nothing
        is to be kept.
    """
    references: list[str] = []
    for at in range(0, len(plan.letters), CHUNK):
        references += _drafted(session, plan, plan.letters[at : at + CHUNK], by)
    return _told_drafts(references)


def _told_drafts(references: Sequence[str]) -> Changes:
    return Changes(LETTERS, f"{counted(len(references), 'draft', 'drafts')} written.", tuple(references))


def draft_in_chunks(
    database: Database, plan: DraftPlan, *, by: str = "", progress: Progress = always
) -> Changes:
    """Write a plan's letters as drafts, `DRAFTED_AT_ONCE` in a unit of writing, so that others are not kept
    waiting.

    Args: progress: returns False to stop before the next unit. What is written by then stays, and the message
        says how much.
    Returns: as `draft_letters`. Where something goes wrong after the first unit, the message says so too.
    Raises: as `draft_letters`, for what keeps the first unit from being written; CancelledError if it is
        stopped before.
    """
    references: list[str] = []
    total = len(plan.letters)
    for at in range(0, total, DRAFTED_AT_ONCE):
        if not progress(at, total):
            if not at:
                raise CancelledError("Drafting was stopped; nothing was written.")
            return replace(_told_drafts(references), message=f"{at:,} of {total:,} letters drafted; stopped.")
        try:
            with database.write() as session:
                written = _drafted(session, plan, plan.letters[at : at + DRAFTED_AT_ONCE], by)
        except OutreachError as error:
            if not at:
                raise
            said = f"{at:,} of {total:,} letters drafted. Of the others nothing was written: {error}"
            return replace(_told_drafts(references), message=said, is_cut_short=True)
        references += written
    progress(total, total)
    return _told_drafts(references)


def _drafted(session: Session, plan: DraftPlan, planned: Sequence[PlannedLetter], by: str) -> list[str]:
    """Write some of a plan's letters. Returns: their references."""
    campaign = session.get(Campaign, plan.campaign_key)
    if campaign is None or session.get(Case, plan.case_key) is None:
        raise NotFoundError("The case of these letters is not on file any more. Nothing was written.")
    if not planned:
        return []
    _refuse_changed(session, plan, planned)
    recipients = keep_recipients(session, plan.campaign_key, [p.recipient for p in planned])
    # The lock on writing is held, so nobody else takes these numbers.
    first = campaign.last_number + 1
    references = [letter_reference(campaign.prefix, first + n) for n in range(len(planned))]
    campaign.last_number += len(planned)
    session.flush()
    at = now()
    rows = [
        _letter_row(plan, one, whom, reference, at)
        for one, whom, reference in zip(planned, recipients, references, strict=True)
    ]
    details = [notice(Code.FROM_TEMPLATE, template=one.template.id) for one in planned]
    keys = add_letters(session, rows, Step.DRAFTED, by=by, details=details)
    facts = [
        {
            "letter_id": key,
            "fact_id": fact.key,
            "name": fact.name,
            "label": fact.label,
            "value": words,
            "status": fact.status,
        }
        for key, one in zip(keys, planned, strict=True)
        for fact, words in one.uses
    ]
    asks = [
        {"letter_id": key, "ask_id": ask}
        for key, one in zip(keys, planned, strict=True)
        for ask in one.ask_keys
    ]
    for model, parts in ((LetterFact, facts), (LetterAsk, asks)):
        if parts:
            session.execute(insert(table_of(model)), parts)
    return references


def _refuse_changed(session: Session, plan: DraftPlan, letters: Sequence[PlannedLetter]) -> None:
    """Raises: NotFoundError if what the letters say is not on file any more."""
    facts = set(session.scalars(select(Fact.id).where(Fact.case_id == plan.case_key)))
    asks = set(session.scalars(select(Ask.id).where(Ask.campaign_id == plan.campaign_key)))
    for planned in letters:
        for fact, _ in planned.uses:
            if fact.key not in facts:
                raise NotFoundError(
                    f"The fact {fact.label} was deleted while the letters were made. Nothing was written; "
                    "draft again."
                )
        if not asks.issuperset(planned.ask_keys):
            raise NotFoundError(
                "What is asked for was changed while the letters were made. Nothing was written; draft again."
            )


def _letter_row(
    plan: DraftPlan, planned: PlannedLetter, recipient: Recipient, reference: str, at: datetime
) -> dict[str, object]:
    return {
        "reference": reference,
        "campaign_id": plan.campaign_key,
        "case_id": plan.case_key,
        "origin": Origin.OWN,
        "template": planned.template.id,
        "language": planned.language,
        "audience": planned.recipient.audience,
        "person_id": recipient.person_id,
        "post_id": recipient.post_id,
        "organization_id": recipient.organization_id,
        "written_on": planned.written_on,
        "subject": planned.subject,
        "address_lines": list(planned.address_lines),
        "sender_lines": list(planned.sender_lines),
        "salutation": planned.salutation,
        "body": planned.body,
        "close": planned.close,
        "created_at": at,
    }


def recipients_of(session: Session, letters: Sequence[Letter]) -> list[RecipientRow]:
    """The campaign's recipient that each letter went to, for writing to them again.

    Raises: NotFoundError naming the first letter whose addressee is no longer a recipient.
    """
    keys: dict[tuple[int, int | None, int | None], int] = {}
    for column, no_person, wanted_keys in (
        (Recipient.person_id, [], {x.person_id for x in letters if x.person_id}),
        (
            Recipient.organization_id,
            [Recipient.person_id.is_(None)],
            {x.organization_id for x in letters if not x.person_id},
        ),
    ):
        columns = (Recipient.campaign_id, Recipient.person_id, Recipient.organization_id, Recipient.id)
        for wanted in in_chunks(wanted_keys):
            query = select(*columns).where(wanted(column), *no_person).order_by(Recipient.id)
            for of_campaign, person, body, key in session.execute(query):
                keys.setdefault((of_campaign, person, body), key)
    found = [keys.get((x.campaign_id, x.person_id, x.organization_id)) for x in letters]
    rows = {
        row.key: row
        for campaign in {x.campaign_id for x in letters}
        for row in recipients_list(session, campaign, keys={key for key in found if key is not None})
    }
    for letter, row_key in zip(letters, found, strict=True):
        if row_key not in rows:
            raise NotFoundError(
                f"The addressee of {letter.reference} is not a recipient of the campaign any more. Add them "
                "in the directory."
            )
    return [rows[key] for key in found if key is not None]
