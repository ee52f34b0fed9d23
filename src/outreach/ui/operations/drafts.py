"""Drafts: written from facts, edited, previewed, given a file to enclose, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from outreach.cases.campaigns import CampaignRow
from outreach.desk.chosen import ChosenLetters, chosen_references
from outreach.desk.reminders import overdue_without_reminder
from outreach.domain.wording import counted
from outreach.errors import NotFoundError
from outreach.letters.ledger import edit_letter
from outreach.letters.unsaved import UnsavedText, Words, restore_unsaved
from outreach.store.changes import Changes
from outreach.store.database import Database, WorkSession
from outreach.ui.job import Progress
from outreach.ui.operations.operation import Compute, Long, Operation, Read, Write, silent, tr
from outreach.ui.operations.sets import undoable

if TYPE_CHECKING:
    from outreach.letters.formats.document import LetterDocument
    from outreach.letters.sandbox import TemplateSandbox
    from outreach.letters.templates import LetterTemplate


@dataclass(frozen=True)
class Drafted:
    """Letters that were drafted.

    warnings: what to look at, each with whom it is about. keys: of the recipients who have a draft now, which
    are not all where it was stopped.
    """

    changes: Changes
    warnings: tuple[str, ...]
    keys: tuple[int, ...]


def templates(sandbox: TemplateSandbox) -> Read[tuple[LetterTemplate, ...]]:
    """The templates that letters are written from."""
    from outreach.letters.templates import templates_list

    def work(session: WorkSession) -> tuple[LetterTemplate, ...]:
        return templates_list(sandbox)

    return Read(work, "rows")


def draft(
    sandbox: TemplateSandbox,
    campaign: CampaignRow,
    *,
    case_id: str,
    template: str,
    recipients: Sequence[int],
    on: date,
) -> Long[Drafted]:
    """Write a letter to each of a campaign's recipients, which are named by their keys.

    template: id of one, "" to choose by recipient. It says nothing by itself.
    """
    from outreach.letters.drafting import draft_in_chunks, plan_letters
    from outreach.letters.templates import load_template
    from outreach.recipients.rows import recipients_list

    chosen = load_template(template) if template else None

    def work(database: Database, progress: Progress) -> Drafted:
        with database.read() as session:
            rows = recipients_list(session, campaign.key, keys=recipients)
            if len(rows) < len(recipients):
                raise NotFoundError(
                    "Some of those who were ticked are not recipients of the campaign any more. Nothing was "
                    "written; draft again without them."
                )
            plan = plan_letters(
                session,
                sandbox,
                case_id=case_id,
                template=chosen,
                recipients=rows,
                on=on,
                progress=progress,
            )
        changes = draft_in_chunks(database, plan, progress=progress)
        drafted = plan.letters[: len(changes.refs)]
        warnings = tuple(f"{p.recipient.name}: {w}" for p in drafted for w in p.warnings)
        return Drafted(changes, warnings, tuple(p.recipient.key for p in drafted))

    return Long(tr("Drafting letters"), work, once=True, said=silent, changed=lambda drafted: drafted.changes)


def follow_up(sandbox: TemplateSandbox, chosen: ChosenLetters) -> Long[Changes]:
    """Write again about letters: a reminder after silence, thanks after an answer."""
    return _write_again(sandbox, partial(chosen_references, chosen=chosen))


def remind_overdue(sandbox: TemplateSandbox, campaign: CampaignRow, on: date) -> Long[Changes]:
    """Draft a reminder about each letter that is overdue and was not reminded yet."""
    return _write_again(sandbox, partial(overdue_without_reminder, campaign=campaign, today=on))


def _write_again(sandbox: TemplateSandbox, find: Callable[[WorkSession], Sequence[str]]) -> Long[Changes]:
    from outreach.correspondence.following_up import draft_follow_ups

    def work(database: Database, progress: Progress) -> Changes:
        with database.read() as session:
            references = find(session)
        return draft_follow_ups(database, sandbox, references, progress=progress)

    return Long(tr("Drafting letters"), work, once=True)


def opened(reference: str) -> Read[tuple[LetterDocument, tuple[str, ...]]]:
    """A draft to edit, and what to look at in it."""
    from outreach.letters.checks import letter_notes
    from outreach.letters.preview import saved_document

    def work(session: WorkSession) -> tuple[LetterDocument, tuple[str, ...]]:
        return saved_document(session, reference), letter_notes(session, reference)

    return Read(work, "document")


def edit(text: UnsavedText) -> Write[Changes]:
    """Put the words of a draft on file."""
    return Write(partial(edit_letter, reference=text.reference, **text.words), said=silent)


def preview(document: LetterDocument, words: Words) -> Compute[bytes]:
    """The letter as it will be printed, with these words."""
    from outreach.letters.preview import edited_document, preview_pdf

    return Compute(partial(preview_pdf, edited_document(document, **words)), "preview")


def put_back_words(text: UnsavedText) -> Write[Changes]:
    """Put words into their draft that could not be saved before."""
    return Write(partial(restore_unsaved, text=text))


def enclose_file(reference: str, path: Path) -> Long[Changes]:
    """Let a file go with a draft by e-mail."""
    from outreach.letters.enclosing import enclose, file_to_enclose

    def work(database: Database, progress: Progress) -> Changes:
        given = file_to_enclose(path)
        with database.write() as session:
            return enclose(session, reference, given)

    return Long(tr("Reading the file"), work)


def delete(chosen: ChosenLetters) -> Operation[Changes]:
    """Delete drafts."""
    from outreach.letters.large_sets import deleting, restoring

    what = tr("delete {0}").format(counted(chosen.count, "draft", "drafts"))
    return undoable(chosen, what, tr("Deleting drafts"), deleting(), restoring())
