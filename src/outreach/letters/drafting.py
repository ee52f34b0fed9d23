"""From a case, a template and recipients to drafts: planned first, written only if nothing is missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow, campaign_of_case
from outreach.cases.facts import CaseRow, FactRow, case_row
from outreach.domain.address import address_for
from outreach.domain.letter_life import Step
from outreach.domain.notice import Code, notice
from outreach.domain.references import letter_reference
from outreach.domain.states import Origin
from outreach.domain.wording import counted, one_line, tidy_text
from outreach.errors import CancelledError, MissingFactsError, NotFoundError, TemplateError
from outreach.letters.fact_use import words_of
from outreach.letters.ledger import begin, find_letter
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.template_context import (
    FactsByLanguage,
    addressee_of,
    asks_for,
    sender_lines,
    template_context,
    warnings_about,
)
from outreach.letters.templates import LetterTemplate, best_template, in_language, templates_list
from outreach.recipients.enlist import keep_recipients
from outreach.recipients.rows import RecipientRow, recipients_of
from outreach.store.changes import Changes
from outreach.store.models import Ask, Campaign, Case, Fact, Letter, LetterAsk, LetterFact, Recipient
from outreach.store.types import now

AUTO = "auto"
Progress = Callable[[int, int], bool]
"""Called with (done, total); returns False to stop."""


@dataclass(frozen=True)
class PlannedLetter:
    """One letter as it would be drafted.

    uses: facts with the words in which they stand in it, in the order of the text. warnings: sentences for
    the user, none of which stops it.
    """

    recipient: RecipientRow
    template: LetterTemplate
    language: str
    written_on: date
    address_lines: tuple[str, ...]
    sender_lines: tuple[str, ...]
    subject: str
    salutation: str
    body: str
    close: str
    uses: tuple[tuple[FactRow, str], ...]
    ask_keys: tuple[int, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class DraftPlan:
    """Everything that would be written, before it is."""

    campaign_key: int
    case_key: int
    letters: tuple[PlannedLetter, ...]


def always(done: int, total: int) -> bool:
    """Progress that nobody watches."""
    return True


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
    campaign = campaign_of_case(session, case_id)
    case = case_row(session, case_id)
    planned = []
    with sandbox.command():
        available = templates_list(sandbox)
        chosen = [(r, _chosen(available, template, r)) for r in recipients]
        facts = FactsByLanguage(session, case_id)
        _refuse_missing(chosen, facts, about)
        previous = find_letter(session, about) if about else None
        for done, (recipient, chosen_template) in enumerate(chosen):
            if not progress(done, len(chosen)):
                raise CancelledError("Drafting was stopped; nothing was written.")
            planned.append(
                _planned(session, sandbox, campaign, case, facts, chosen_template, recipient, on, previous)
            )
    progress(len(chosen), len(chosen))
    return DraftPlan(campaign.key, case.key, tuple(planned))


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


def _refuse_missing(
    chosen: Sequence[tuple[RecipientRow, LetterTemplate]], facts: FactsByLanguage, about: str
) -> None:
    absent: dict[str, None] = {}
    untranslated: dict[str, None] = {}
    for recipient, template in chosen:
        if template.needs_previous and not about:
            raise TemplateError(
                f"The template {template.id} follows up an earlier letter. Say which one: --about MAG-0001, "
                "or choose Draft follow-up in the table of letters."
            )
        known = facts.of(template.language, recipient.jurisdiction)
        for name in template.required_facts:
            if name not in known:
                absent[name] = None
            elif not known[name].in_prose:
                untranslated[f"{name} ({template.language})"] = None
    if absent or untranslated:
        sentences = []
        if absent:
            sentences.append(f"The case lacks these facts: {', '.join(absent)}.")
        if untranslated:
            sentences.append(f"These facts have no text in the letter's language: {', '.join(untranslated)}.")
        raise MissingFactsError(
            " ".join(sentences) + " Add them to the case, or choose another template. Nothing was written.",
            (*absent, *untranslated),
        )


def _planned(
    session: Session,
    sandbox: TemplateSandbox,
    campaign: CampaignRow,
    case: CaseRow,
    facts: FactsByLanguage,
    template: LetterTemplate,
    recipient: RecipientRow,
    on: date,
    previous: Letter | None,
) -> PlannedLetter:
    language = template.language
    addressee, held = addressee_of(session, recipient)
    address = address_for(addressee, recipient.audience, language)
    known = facts.of(language, recipient.jurisdiction)
    asks = asks_for(session, campaign.key, template, recipient, language)
    context = template_context(
        session, campaign, case, recipient, addressee, address, known, asks, language, on, previous
    )
    rendered = sandbox.render(template.id, {"subject": template.subject, "body": template.body}, context)
    uses = tuple((known[name], words_of(known[name], words)) for name, words in rendered.used)
    used = tuple({row.name: row for row, _ in uses}.values())
    warnings = warnings_about(session, template, recipient, address, used, held, on)
    return PlannedLetter(
        recipient=recipient,
        template=template,
        language=language,
        written_on=on,
        address_lines=address.lines,
        sender_lines=sender_lines(campaign),
        subject=one_line(rendered.parts["subject"]),
        salutation=address.salutation,
        body=tidy_text(rendered.parts["body"]),
        close=address.close,
        uses=uses,
        ask_keys=tuple(a[0] for a in asks),
        warnings=warnings,
    )


def draft_letters(session: Session, plan: DraftPlan, by: str = "") -> Changes:
    """Write a plan's letters as drafts, each with a reference of its own. Recipients to be become recipients.

    Returns: Changes whose refs are the new references, in the plan's order. Raises: NotFoundError if a
        recipient, the case or a fact that the letters use was removed since they were planned; then nothing
        is to be kept.
    """
    campaign = session.get(Campaign, plan.campaign_key)
    if campaign is None or session.get(Case, plan.case_key) is None:
        raise NotFoundError("The case of these letters is not on file any more. Nothing was written.")
    _refuse_changed(session, plan)
    recipients = keep_recipients(session, plan.campaign_key, [p.recipient for p in plan.letters])
    letters = []
    for number, (planned, recipient) in enumerate(zip(plan.letters, recipients, strict=True), start=1):
        reference = letter_reference(campaign.prefix, campaign.last_number + number)
        letters.append(_letter(plan, planned, recipient, reference))
    campaign.last_number += len(letters)
    session.add_all(letters)
    session.flush()
    words = [notice(Code.FROM_TEMPLATE, template=letter.template) for letter in letters]
    begin(session, letters, Step.DRAFTED, by=by, details=words)
    references = tuple(letter.reference for letter in letters)
    return Changes(
        frozenset({"letters"}), f"{counted(len(references), 'draft', 'drafts')} written.", references
    )


def _refuse_changed(session: Session, plan: DraftPlan) -> None:
    """Raises: NotFoundError if what the letters say is not on file any more."""
    facts = set(session.scalars(select(Fact.id).where(Fact.case_id == plan.case_key)))
    asks = set(session.scalars(select(Ask.id).where(Ask.campaign_id == plan.campaign_key)))
    for planned in plan.letters:
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


def _letter(plan: DraftPlan, planned: PlannedLetter, recipient: Recipient, reference: str) -> Letter:
    return Letter(
        reference=reference,
        campaign_id=plan.campaign_key,
        case_id=plan.case_key,
        origin=Origin.OWN,
        template=planned.template.id,
        language=planned.language,
        audience=planned.recipient.audience,
        person_id=recipient.person_id,
        post_id=recipient.post_id,
        organization_id=recipient.organization_id,
        written_on=planned.written_on,
        subject=planned.subject,
        address_lines=list(planned.address_lines),
        sender_lines=list(planned.sender_lines),
        salutation=planned.salutation,
        body=planned.body,
        close=planned.close,
        created_at=now(),
        facts=[
            LetterFact(fact_id=fact.key, name=fact.name, label=fact.label, value=words, status=fact.status)
            for fact, words in planned.uses
        ],
        asks=[LetterAsk(ask_id=key) for key in planned.ask_keys],
    )


def recipient_of(session: Session, reference: str) -> RecipientRow:
    """The campaign's recipient that a letter went to, for writing to them again.

    Raises: NotFoundError if they are no longer a recipient.
    """
    letter = find_letter(session, reference)
    recipient = session.scalar(
        select(Recipient).where(
            Recipient.campaign_id == letter.campaign_id,
            Recipient.person_id == letter.person_id,
            Recipient.organization_id == letter.organization_id,
        )
    )
    if recipient is not None:
        for row in recipients_of(session, [recipient.id]):
            return row
    raise NotFoundError(
        f"The addressee of {reference} is not a recipient of the campaign any more. Add them in the "
        "directory."
    )
