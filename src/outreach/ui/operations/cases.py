"""Cases: facts and their sources, the timeline, who is concerned, votes."""

from functools import partial
from typing import NamedTuple

from outreach.cases.campaigns import CampaignRow
from outreach.cases.entries import FactEntry
from outreach.cases.facts import (
    CaseRow,
    FactRow,
    TimelineEntry,
    VoteRow,
    add_source,
    case_row,
    delete_fact,
    facts_for,
    restore_fact,
    save_fact,
    sources_list,
    timeline_of,
    votes_list,
)
from outreach.store.changes import Changes
from outreach.store.database import WorkSession
from outreach.ui.operations.operation import Read, Undoable, Write, tr


class Known(NamedTuple):
    """What is on file about a case, and the sources that a fact may name."""

    facts: tuple[FactRow, ...]
    entries: tuple[TimelineEntry, ...]
    case: CaseRow
    votes: tuple[VoteRow, ...]
    sources: tuple[tuple[str, str], ...]


def known(campaign: CampaignRow, case_id: str) -> Read[Known]:
    """All that is on file about a case."""

    def work(session: WorkSession) -> Known:
        facts = facts_for(session, case_id)
        return Known(
            facts,
            timeline_of(facts),
            case_row(session, case_id),
            votes_list(session, campaign.key),
            sources_list(session),
        )

    return Read(work, "rows")


def facts(case_id: str, language: str) -> Read[tuple[FactRow, ...]]:
    """The facts of a case, in a language."""
    return Read(partial(facts_for, case_id=case_id, language=language))


def save(case_id: str, *, entry: FactEntry) -> Write[Changes]:
    """Put a fact on file, or another value of it."""
    return Write(partial(save_fact, case_id=case_id, entry=entry))


def delete(fact: FactRow) -> Undoable:
    """Delete a fact."""
    return Undoable(
        tr("delete the fact “{0}”").format(fact.label),
        partial(delete_fact, key=fact.key),
        partial(restore_fact, key=fact.key),
    )


def save_source(*, title: str, published_on: str, publisher: str, url: str) -> Write[Changes]:
    """Put a source on file."""
    return Write(partial(add_source, title=title, published_on=published_on, publisher=publisher, url=url))
