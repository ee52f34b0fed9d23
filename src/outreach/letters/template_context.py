"""What a template is given to write one letter with, and what is odd about it."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow, asks_list
from outreach.cases.facts import CaseRow, FactRow, facts_for
from outreach.directory.people import MembershipRow, memberships_of
from outreach.directory.tenure import keys_of, office_problem
from outreach.domain.address import Address, Addressee, formal_name
from outreach.domain.postal import postal_lines
from outreach.domain.states import FollowUpReason, LetterStatus, Origin
from outreach.domain.wording import date_in_words, locale_for
from outreach.errors import MissingFactsError, TemplateError
from outreach.letters.templates import LetterTemplate
from outreach.recipients.rows import RecipientRow
from outreach.store.models import ContactDetail, FollowUp, Letter, Membership, Organization, Person, Post


class FactsByLanguage:
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


def sender_lines(campaign: CampaignRow) -> tuple[str, ...]:
    """Who writes, line by line, empty ones left out."""
    organization = campaign.sender_organization or campaign.name
    lines = [campaign.sender_name, organization, *campaign.sender_address.splitlines(), campaign.sender_email]
    return tuple(line for line in lines if line.strip())


def addressee_of(session: Session, recipient: RecipientRow) -> tuple[Addressee, list[MembershipRow]]:
    """A recipient as forms of address need them, and the offices and seats that they hold."""
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


def asks_for(
    session: Session, campaign_key: int, template: LetterTemplate, recipient: RecipientRow, language: str
) -> list[tuple[int, str, str]]:
    """Key, name and text of each ask of the letter, in the campaign's order."""
    asks = asks_list(session, campaign_key, language)
    if template.asks is not None:
        known = {a.id for a in asks}
        if unknown := [a for a in template.asks if a not in known]:
            raise TemplateError(
                f"The template {template.id} names asks that the campaign does not have: "
                f"{', '.join(unknown)}."
            )
        wanted = [a for a in asks if a.id in template.asks]
    else:
        wanted = [a for a in asks if recipient.audience in a.audiences]
    if silent := [a.name for a in wanted if not a.text]:
        raise MissingFactsError(
            f"These asks have no text in the letter's language ({language}): {', '.join(silent)}. Nothing "
            "was written.",
            tuple(silent),
        )
    return [(a.key, a.name, a.text) for a in wanted]


def template_context(
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
    """What a template may read, by name: see `sandbox_worker.NAMES`."""
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


def warnings_about(
    session: Session,
    template: LetterTemplate,
    recipient: RecipientRow,
    address: Address,
    used: tuple[FactRow, ...],
    held: list[MembershipRow],
    on: date,
) -> tuple[str, ...]:
    """What staff should look at before they approve a letter, in sentences."""
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
