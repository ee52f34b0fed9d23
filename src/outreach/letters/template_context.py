"""What a template is given to write one letter with, and what is odd about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.campaigns import AskRow, CampaignRow, asks_list
from outreach.cases.facts import CaseRow, FactRow, facts_for
from outreach.domain.address import formal_name
from outreach.domain.states import FollowUpReason
from outreach.domain.wording import date_in_words, locale_for
from outreach.errors import MissingFactsError, TemplateError
from outreach.letters.addressees import AddresseeOnFile
from outreach.letters.templates import LetterTemplate
from outreach.recipients.rows import RecipientRow
from outreach.store.models import FollowUp, Letter, Organization, Person
from outreach.store.search import in_chunks


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


class AsksByLanguage:
    """A campaign's asks, worded once for each language."""

    def __init__(self, session: Session, campaign_key: int) -> None:
        self._session, self._campaign_key = session, campaign_key
        self._known: dict[str, tuple[AskRow, ...]] = {}

    def of(self, template: LetterTemplate, audience: str, language: str) -> list[tuple[int, str, str]]:
        """Key, name and text of each ask of a letter, in the campaign's order.

        Raises: TemplateError for a template that names others; MissingFactsError for an ask without text in
            the language.
        """
        if language not in self._known:
            self._known[language] = asks_list(self._session, self._campaign_key, language)
        asks = self._known[language]
        if template.asks is not None:
            known = {a.id for a in asks}
            if unknown := [a for a in template.asks if a not in known]:
                raise TemplateError(
                    f"The template {template.id} names asks that the campaign does not have: "
                    f"{', '.join(unknown)}."
                )
            wanted = [a for a in asks if a.id in template.asks]
        else:
            wanted = [a for a in asks if audience in a.audiences]
        if silent := [a.name for a in wanted if not a.text]:
            raise MissingFactsError(
                f"These asks have no text in the letter's language ({language}): {', '.join(silent)}. "
                "Nothing was written.",
                tuple(silent),
            )
        return [(a.key, a.name, a.text) for a in wanted]


def common_context(
    campaign: CampaignRow,
    case: CaseRow,
    facts: dict[str, FactRow],
    asks: list[tuple[int, str, str]],
    language: str,
    jurisdiction: str,
    on: date,
) -> dict[str, Any]:
    """What letters of one template, language, place and audience may read alike; with `own_context` all of
    `sandbox_worker.NAMES`."""
    return {
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
        "sender": {
            "name": campaign.sender_name,
            "organization": campaign.sender_organization or campaign.name,
            "email": campaign.sender_email,
        },
        "letter": {"date": date_in_words(on, locale_for(language, jurisdiction)), "language": language},
        "asks": [{"name": name, "text": text} for _, name, text in asks],
    }


@dataclass(frozen=True)
class EarlierLetter:
    """A letter that another is about. recipient: the body it went to, or else the person.

    promise: what its answer promised.
    """

    key: int
    reference: str
    subject: str
    sent_on: date | None
    answered_on: date | None
    recipient: str
    promise: str


def earlier_letters(session: Session, letters: Sequence[Letter]) -> list[EarlierLetter]:
    """Letters as those about them need them, in their order."""
    promises: dict[int, str] = {}
    people: dict[int, str] = {}
    bodies: dict[int, str] = {}
    for wanted in in_chunks([letter.id for letter in letters]):
        query = select(FollowUp.letter_id, FollowUp.what).where(
            wanted(FollowUp.letter_id), FollowUp.reason == FollowUpReason.PROMISE
        )
        for key, what in session.execute(query.order_by(FollowUp.id)):
            promises.setdefault(key, what)
    for names, model, keys in (
        (people, Person, {letter.person_id for letter in letters}),
        (bodies, Organization, {letter.organization_id for letter in letters}),
    ):
        for wanted in in_chunks({key for key in keys if key is not None}):
            names.update(
                (k, n) for k, n in session.execute(select(model.id, model.name).where(wanted(model.id)))
            )
    return [
        EarlierLetter(
            letter.id,
            letter.reference,
            letter.subject,
            letter.sent_on or letter.written_on,
            letter.answered_on,
            bodies.get(letter.organization_id or 0) or people.get(letter.person_id or 0, ""),
            promises.get(letter.id, ""),
        )
        for letter in letters
    ]


def own_context(
    recipient: RecipientRow,
    known: AddresseeOnFile,
    salutation: str,
    language: str,
    previous: EarlierLetter | None,
) -> dict[str, Any]:
    """What one letter alone may read."""
    context: dict[str, Any] = {
        "recipient": {
            "name": recipient.name,
            "formal": formal_name(known.addressee, language) or recipient.name,
            "post": recipient.post,
            "body": recipient.body,
            "audience": recipient.audience,
            "jurisdiction": recipient.jurisdiction,
            "salutation": salutation,
            "has_written": known.has_written,
        }
    }
    if previous is not None:
        locale = locale_for(language, recipient.jurisdiction)
        context["previous"] = {
            "reference": previous.reference,
            "subject": previous.subject,
            "sent_on": date_in_words(previous.sent_on, locale) if previous.sent_on else "",
            "answered_on": date_in_words(previous.answered_on, locale) if previous.answered_on else "",
            "promise": previous.promise,
            "recipient": previous.recipient,
        }
    return context


def warnings_about(
    template: LetterTemplate,
    recipient: RecipientRow,
    note: str,
    used: tuple[FactRow, ...],
    known: AddresseeOnFile,
) -> tuple[str, ...]:
    """What staff should look at before they approve a letter, in sentences. note: of the forms of address."""
    warnings = [note] if note else []
    if not template.fits(recipient.audience):
        warnings.append(f"The template is not written for {recipient.audience_label}.")
    if disputed := [f.label for f in used if f.status != "verified"]:
        warnings.append(f"The sources disagree on: {', '.join(disputed)}.")
    if not recipient.channels:
        warnings.append("No e-mail, postal address or form is on file.")
    if known.problem:
        warnings.append(known.problem)
    for membership in known.held:
        if not recipient.post_id or membership.post_slug == recipient.post_id:
            warnings += [
                f"{recipient.name}: {source.claim}."
                for source in membership.sources
                if "in doubt" in source.claim
            ]
    if earlier := known.earlier.get(template.id):
        warnings.append(f"They have had this letter already: {earlier}.")
    return tuple(warnings)
