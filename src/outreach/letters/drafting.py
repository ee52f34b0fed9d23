"""From a case, a template and recipients to drafts: planned first, written only if nothing is missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow, asks_list, campaign_of_case
from outreach.cases.facts import CaseRow, FactRow, case_row, facts_for
from outreach.directory.people import MembershipRow, memberships_of
from outreach.directory.tenure import keys_of, office_problem
from outreach.domain.address import Address, Addressee, address_for, formal_name
from outreach.domain.letter_life import Step
from outreach.domain.notice import Code, notice
from outreach.domain.postal import postal_lines
from outreach.domain.references import letter_reference
from outreach.domain.states import FollowUpReason, LetterStatus, Origin
from outreach.domain.wording import counted, date_in_words, locale_for, one_line, tidy_text
from outreach.errors import CancelledError, MissingFactsError, NotFoundError, TemplateError
from outreach.letters.fact_use import words_of
from outreach.letters.ledger import begin, find_letter
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import LetterTemplate, best_template, in_language, templates_list
from outreach.recipients.enlist import keep_recipients
from outreach.recipients.rows import RecipientRow, recipients_list
from outreach.store.changes import Changes
from outreach.store.models import (
    Ask,
    Campaign,
    Case,
    ContactDetail,
    Fact,
    FollowUp,
    Letter,
    LetterAsk,
    LetterFact,
    Membership,
    Organization,
    Person,
    Post,
    Recipient,
)
from outreach.store.types import now

AUTO = "auto"
Progress = Callable[[int, int], bool]
"""Called with (done, total); returns False to stop."""


@dataclass(frozen=True)
class PlannedLetter:
    """One letter as it would be drafted.

    uses: facts with the words in which they stand in it, in the order of the text. warnings: sentences for the user, none of
    which stops it.
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
        facts = _FactsByLanguage(session, case_id)
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


class _FactsByLanguage:
    """A case's facts, worded once for each language and place."""

    def __init__(self, session: Session, case_id: str) -> None:
        self._session, self._case_id = session, case_id
        self._known: dict[tuple[str, str], dict[str, FactRow]] = {}

    def of(self, language: str, jurisdiction: str) -> dict[str, FactRow]:
        key = (language, "US" if jurisdiction == "US" else "")
        if key not in self._known:
            rows = facts_for(self._session, self._case_id, language=language, jurisdiction=key[1])
            self._known[key] = {row.name: row for row in rows}
        return self._known[key]


def _chosen(
    available: tuple[LetterTemplate, ...], template: LetterTemplate | None, recipient: RecipientRow
) -> LetterTemplate:
    if template is not None:
        return in_language(available, template, recipient.language)
    best = best_template(available, recipient.audience, recipient.language)
    if best is None:
        raise NotFoundError(
            f"No template is written for {recipient.name} ({recipient.audience_label}). Name one, or write one for that audience."
        )
    return best


def _refuse_missing(
    chosen: Sequence[tuple[RecipientRow, LetterTemplate]], facts: _FactsByLanguage, about: str
) -> None:
    absent: dict[str, None] = {}
    untranslated: dict[str, None] = {}
    for recipient, template in chosen:
        if template.needs_previous and not about:
            raise TemplateError(
                f"The template {template.id} follows up an earlier letter. Say which one: --about MAG-0001, or choose "
                "Draft follow-up in the table of letters."
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
    facts: _FactsByLanguage,
    template: LetterTemplate,
    recipient: RecipientRow,
    on: date,
    previous: Letter | None,
) -> PlannedLetter:
    language = template.language
    addressee, held = _addressee(session, recipient)
    address = address_for(addressee, recipient.audience, language)
    known = facts.of(language, recipient.jurisdiction)
    asks = _asks(session, campaign.key, template, recipient, language)
    context = _context(
        session, campaign, case, recipient, addressee, address, known, asks, language, on, previous
    )
    rendered = sandbox.render(template.id, {"subject": template.subject, "body": template.body}, context)
    uses = tuple((known[name], words_of(known[name], words)) for name, words in rendered.used)
    used = tuple({row.name: row for row, _ in uses}.values())
    warnings = _warnings(session, template, recipient, address, used, held, on)
    return PlannedLetter(
        recipient=recipient,
        template=template,
        language=language,
        written_on=on,
        address_lines=address.lines,
        sender_lines=_sender_lines(campaign),
        subject=one_line(rendered.parts["subject"]),
        salutation=address.salutation,
        body=tidy_text(rendered.parts["body"]),
        close=address.close,
        uses=uses,
        ask_keys=tuple(a[0] for a in asks),
        warnings=warnings,
    )


def _sender_lines(campaign: CampaignRow) -> tuple[str, ...]:
    organization = campaign.sender_organization or campaign.name
    lines = [campaign.sender_name, organization, *campaign.sender_address.splitlines(), campaign.sender_email]
    return tuple(line for line in lines if line.strip())


def _addressee(session: Session, recipient: RecipientRow) -> tuple[Addressee, list[MembershipRow]]:
    person = (
        session.scalar(select(Person).where(Person.slug == recipient.person_id))
        if recipient.person_id
        else None
    )
    post = session.scalar(select(Post).where(Post.slug == recipient.post_id)) if recipient.post_id else None
    body = (
        session.scalar(select(Organization).where(Organization.slug == recipient.body_id))
        if recipient.body_id
        else None
    )
    held = memberships_of(session, Membership.person_id, [person.id]).get(person.id, []) if person else []
    owners = []
    if person is not None:
        owners.append(ContactDetail.person_id == person.id)
    if body is not None:
        owners.append(ContactDetail.organization_id == body.id)
    postal = ""
    for owner in owners:
        postal = (
            postal
            or session.scalar(select(ContactDetail.value).where(owner, ContactDetail.type == "address"))
            or ""
        )
    return (
        Addressee(
            name=person.name if person else "",
            given_name=person.given_name if person else "",
            family_name=person.family_name if person else "",
            honorific_prefix=person.honorific_prefix if person else "",
            honorific_suffix=person.honorific_suffix if person else "",
            gender=person.gender if person else "",
            post=(post.short_label or post.label) if post else "",
            body_name=body.name if body else "",
            postal_address=postal_lines(postal, body.jurisdiction if body else ""),
        ),
        held,
    )


def _asks(
    session: Session, campaign_key: int, template: LetterTemplate, recipient: RecipientRow, language: str
) -> list[tuple[int, str, str]]:
    """Key, name and text of each ask of the letter, in the campaign's order."""
    asks = asks_list(session, campaign_key, language)
    if template.asks is not None:
        known = {a.id for a in asks}
        if unknown := [a for a in template.asks if a not in known]:
            raise TemplateError(
                f"The template {template.id} names asks that the campaign does not have: {', '.join(unknown)}."
            )
        wanted = [a for a in asks if a.id in template.asks]
    else:
        wanted = [a for a in asks if recipient.audience in a.audiences]
    if silent := [a.name for a in wanted if not a.text]:
        raise MissingFactsError(
            f"These asks have no text in the letter's language ({language}): {', '.join(silent)}. Nothing was written.",
            tuple(silent),
        )
    return [(a.key, a.name, a.text) for a in wanted]


def _context(
    session: Session,
    campaign: CampaignRow,
    case: CaseRow,
    recipient: RecipientRow,
    addressee: Addressee,
    address: Address,
    facts: dict[str, FactRow],
    asks: list[tuple[int, str, str]],
    language: str,
    on: date,
    previous: Letter | None,
) -> dict[str, Any]:
    locale = locale_for(language, recipient.jurisdiction)
    person_key = session.scalar(select(Person.id).where(Person.slug == recipient.person_id))
    has_written = person_key is not None and session.scalar(
        select(Letter.id).where(Letter.sender_person_id == person_key).limit(1)
    )
    context: dict[str, Any] = {
        "facts": {
            name: {
                "in_prose": row.in_prose,
                "value": row.value,
                "label": row.label,
                "raw": row.raw,
                "type": row.type,
                "formal": row.formal,
            }
            for name, row in facts.items()
            if row.in_prose
        },
        "case": {
            "name": case.name,
            "summary": case.summary,
            "parties": [{"role": role, "name": name, "note": note} for role, name, note in case.parties],
        },
        "campaign": {"name": campaign.name, "summary": campaign.summary},
        "recipient": {
            "name": recipient.name,
            "formal": formal_name(addressee, language) or recipient.name,
            "post": recipient.post,
            "body": recipient.body,
            "audience": recipient.audience,
            "jurisdiction": recipient.jurisdiction,
            "salutation": address.salutation,
            "has_written": bool(has_written),
        },
        "sender": {
            "name": campaign.sender_name,
            "organization": campaign.sender_organization or campaign.name,
            "email": campaign.sender_email,
        },
        "letter": {"date": date_in_words(on, locale), "language": language},
        "asks": [{"name": name, "text": text} for _, name, text in asks],
    }
    if previous is not None:
        sent, answered = previous.sent_on or previous.written_on, previous.answered_on
        promise = session.scalar(
            select(FollowUp.what).where(
                FollowUp.letter_id == previous.id, FollowUp.reason == FollowUpReason.PROMISE
            )
        )
        context["previous"] = {
            "reference": previous.reference,
            "subject": previous.subject,
            "sent_on": date_in_words(sent, locale) if sent else "",
            "answered_on": date_in_words(answered, locale) if answered else "",
            "promise": promise or "",
            "recipient": _named(session, previous),
        }
    return context


def _named(session: Session, letter: Letter) -> str:
    """Whom a letter went to: the body, or else the person."""
    body = session.scalar(select(Organization.name).where(Organization.id == letter.organization_id))
    person = session.scalar(select(Person.name).where(Person.id == letter.person_id))
    return body or person or ""


def _warnings(
    session: Session,
    template: LetterTemplate,
    recipient: RecipientRow,
    address: Address,
    used: tuple[FactRow, ...],
    held: list[MembershipRow],
    on: date,
) -> tuple[str, ...]:
    warnings = [address.note] if address.note else []
    if not template.fits(recipient.audience):
        warnings.append(f"The template is not written for {recipient.audience_label}.")
    if disputed := [f.label for f in used if f.status != "verified"]:
        warnings.append(f"The sources disagree on: {', '.join(disputed)}.")
    if not recipient.channels:
        warnings.append("No e-mail, postal address or form is on file.")
    relevant = [m for m in held if (not recipient.post_id or m.post_slug == recipient.post_id)]
    person, post, body = keys_of(
        session, person=recipient.person_id, post=recipient.post_id, body=recipient.body_id
    )
    if problem := office_problem(session, person_id=person, post_id=post, body_id=body, on=on):
        warnings.append(problem)
    for membership in relevant:
        warnings += [
            f"{recipient.name}: {source.claim}."
            for source in membership.sources
            if "in doubt" in source.claim
        ]
    earlier = session.scalar(
        select(Letter.reference).where(
            Letter.person_id == select(Person.id).where(Person.slug == recipient.person_id).scalar_subquery()
            if recipient.person_id
            else Letter.organization_id
            == select(Organization.id).where(Organization.slug == recipient.body_id).scalar_subquery(),
            Letter.person_id.is_not(None) if recipient.person_id else Letter.person_id.is_(None),
            Letter.origin == Origin.OWN,
            Letter.template == template.id,
            Letter.status != LetterStatus.WITHDRAWN,
        )
    )
    if earlier:
        warnings.append(f"They have had this letter already: {earlier}.")
    return tuple(warnings)


def draft_letters(session: Session, plan: DraftPlan, by: str = "") -> Changes:
    """Write a plan's letters as drafts, each with a reference of its own. Recipients to be become recipients.

    Returns: Changes whose refs are the new references, in the plan's order. Raises: NotFoundError if a recipient, the case or
        a fact that the letters use was removed since they were planned; then nothing is to be kept.
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
                    f"The fact {fact.label} was deleted while the letters were made. Nothing was written; draft again."
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
        for row in recipients_list(session, letter.campaign_id):
            if row.key == recipient.id:
                return row
    raise NotFoundError(
        f"The addressee of {reference} is not a recipient of the campaign any more. Add them in the directory."
    )
