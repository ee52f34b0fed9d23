"""Letters as they would be drafted: rendered and checked, and nothing written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from outreach.cases.campaigns import CampaignRow, campaign_of_case
from outreach.cases.facts import CaseRow, FactRow, case_row
from outreach.domain.address import Address, address_for
from outreach.domain.wording import one_line, tidy_text
from outreach.errors import CancelledError, MissingFactsError, TemplateError
from outreach.letters.addressees import AddresseeOnFile, addressees_on_file
from outreach.letters.fact_use import words_of
from outreach.letters.ledger import find_letters
from outreach.letters.sandbox import TEXTS_AT_ONCE, Rendered, TemplateSandbox
from outreach.letters.template_context import (
    AsksByLanguage,
    EarlierLetter,
    FactsByLanguage,
    common_context,
    earlier_letters,
    own_context,
    sender_lines,
    warnings_about,
)
from outreach.letters.templates import LetterTemplate
from outreach.recipients.rows import RecipientRow
from outreach.store.search import CHUNK

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


@dataclass(frozen=True)
class WantedLetter:
    """A letter that somebody is to get. about: reference of an earlier letter, "" for none."""

    recipient: RecipientRow
    template: LetterTemplate
    about: str = ""


def plan_wanted(
    session: Session,
    sandbox: TemplateSandbox,
    *,
    case_id: str,
    wanted: Sequence[WantedLetter],
    on: date,
    progress: Progress = always,
) -> DraftPlan:
    """Render letters about one case, each from a template and about an earlier letter of its own; see
    `plan_letters`."""
    campaign = campaign_of_case(session, case_id)
    case = case_row(session, case_id)
    with sandbox.command():
        planning = _Planning(session, sandbox, campaign, case, on)
        planning.refuse_missing(wanted)
        planned: list[PlannedLetter] = []
        for at in range(0, len(wanted), CHUNK):
            planned += planning.planned(wanted[at : at + CHUNK], partial(_from, progress, at, len(wanted)))
    progress(len(wanted), len(wanted))
    return DraftPlan(campaign.key, case.key, tuple(planned))


def _from(progress: Progress, before: int, total: int, done: int) -> None:
    """Tell how far it is. before: letters of earlier parts. Raises: CancelledError if it is to stop."""
    if not progress(before + done, total):
        raise CancelledError("Drafting was stopped; nothing was written.")


_Kind = tuple[int, str, str]
"""Letters whose template, place and audience are the same: they are given the same facts and asks."""


@dataclass(frozen=True)
class _Common:
    """What letters of one kind have in common."""

    facts: dict[str, FactRow]
    asks: list[tuple[int, str, str]]
    context: dict[str, Any]


class _Planning:
    """Makes the letters of one plan. Reads of the database grow with its parts, not with its letters."""

    def __init__(
        self, session: Session, sandbox: TemplateSandbox, campaign: CampaignRow, case: CaseRow, on: date
    ) -> None:
        self._session, self._sandbox, self._campaign, self._case, self._on = (
            session,
            sandbox,
            campaign,
            case,
            on,
        )
        self._facts = FactsByLanguage(session, case.id)
        self._asks = AsksByLanguage(session, campaign.key)
        self._common: dict[_Kind, _Common] = {}

    def refuse_missing(self, wanted: Sequence[WantedLetter]) -> None:
        """Raises: TemplateError, MissingFactsError for what all the letters together lack."""
        absent: dict[str, None] = {}
        untranslated: dict[str, None] = {}
        for kind, one in {(_kind(one), not one.about): one for one in wanted}.items():
            template = one.template
            if template.needs_previous and kind[1]:
                raise TemplateError(
                    f"The template {template.id} follows up an earlier letter. Say which one: --about "
                    "MAG-0001, or choose Draft follow-up in the table of letters."
                )
            known = self._facts.of(template.language, one.recipient.jurisdiction)
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
                sentences.append(
                    f"These facts have no text in the letter's language: {', '.join(untranslated)}."
                )
            raise MissingFactsError(
                " ".join(sentences)
                + " Add them to the case, or choose another template. Nothing was written.",
                (*absent, *untranslated),
            )

    def planned(self, wanted: Sequence[WantedLetter], told: Callable[[int], None]) -> list[PlannedLetter]:
        """Letters in the order they are wanted.

        told: gets how many are done; what it raises ends the work.
        """
        told(0)
        previous = self._previous(wanted)
        known = addressees_on_file(
            self._session,
            [one.recipient for one in wanted],
            on=self._on,
            templates={one.template.id for one in wanted},
        )
        kinds: dict[_Kind, list[int]] = {}
        for number, one in enumerate(wanted):
            kinds.setdefault(_kind(one), []).append(number)
        found: dict[int, PlannedLetter] = {}
        for numbers in kinds.values():
            for at in range(0, len(numbers), TEXTS_AT_ONCE):
                told(len(found))
                batch = numbers[at : at + TEXTS_AT_ONCE]
                letters = self._batch(
                    [wanted[n] for n in batch],
                    [known[n] for n in batch],
                    [previous.get(wanted[n].about.upper()) for n in batch],
                )
                found.update(zip(batch, letters, strict=True))
        return [found[number] for number in range(len(wanted))]

    def _previous(self, wanted: Sequence[WantedLetter]) -> dict[str, EarlierLetter]:
        about = {one.about for one in wanted if one.about}
        letters = find_letters(self._session, sorted(about)) if about else []
        return {row.reference: row for row in earlier_letters(self._session, letters)}

    def _common_of(self, one: WantedLetter) -> _Common:
        kind = _kind(one)
        if kind not in self._common:
            language, jurisdiction = one.template.language, one.recipient.jurisdiction
            facts = self._facts.of(language, jurisdiction)
            asks = self._asks.of(one.template, one.recipient.audience, language)
            context = common_context(
                self._campaign, self._case, facts, asks, language, jurisdiction, self._on
            )
            self._common[kind] = _Common(facts, asks, context)
        return self._common[kind]

    def _batch(
        self,
        wanted: Sequence[WantedLetter],
        known: Sequence[AddresseeOnFile],
        previous: Sequence[EarlierLetter | None],
    ) -> list[PlannedLetter]:
        """Letters of one kind."""
        template, common = wanted[0].template, self._common_of(wanted[0])
        addresses = [
            address_for(on_file.addressee, one.recipient.audience, template.language)
            for one, on_file in zip(wanted, known, strict=True)
        ]
        rendered = self._sandbox.render_each(
            template.id,
            {"subject": template.subject, "body": template.body},
            common.context,
            [
                own_context(one.recipient, on_file, address.salutation, template.language, earlier)
                for one, on_file, address, earlier in zip(wanted, known, addresses, previous, strict=True)
            ],
        )
        return [
            self._letter(one, on_file, address, common, made)
            for one, on_file, address, made in zip(wanted, known, addresses, rendered, strict=True)
        ]

    def _letter(
        self, one: WantedLetter, known: AddresseeOnFile, address: Address, common: _Common, made: Rendered
    ) -> PlannedLetter:
        uses = tuple((common.facts[name], words_of(common.facts[name], words)) for name, words in made.used)
        used = tuple({row.name: row for row, _ in uses}.values())
        return PlannedLetter(
            recipient=one.recipient,
            template=one.template,
            language=one.template.language,
            written_on=self._on,
            address_lines=address.lines,
            sender_lines=sender_lines(self._campaign),
            subject=one_line(made.parts["subject"]),
            salutation=address.salutation,
            body=tidy_text(made.parts["body"]),
            close=address.close,
            uses=uses,
            ask_keys=tuple(a[0] for a in common.asks),
            warnings=warnings_about(one.template, one.recipient, address.note, used, known),
        )


def _kind(one: WantedLetter) -> _Kind:
    return (id(one.template), one.recipient.jurisdiction, one.recipient.audience)
