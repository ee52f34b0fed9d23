"""The directory: lists and records of people, bodies and offices, recipients, and who is on file twice."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from outreach.cases.campaigns import CampaignRow
from outreach.directory.bodies import BodyRow, PostRow, bodies_page, body_names, body_row, posts_list
from outreach.directory.editing import BodyEntry, PersonEntry, save_body, save_person
from outreach.directory.finding import DirectoryQuery
from outreach.directory.identity import (
    Candidate,
    duplicate_candidates,
    merge_people,
    not_told_apart,
    tell_apart,
    undo_merge,
)
from outreach.directory.people import PersonRow, people_list, person_row
from outreach.domain.wording import counted
from outreach.recipients.completion import complete
from outreach.recipients.enlist import add_recipient, remove_recipient, restore_recipient, take_recipients
from outreach.recipients.groups import save_group
from outreach.recipients.resolve import ResolvedRecipients
from outreach.recipients.rows import RecipientRow, recipients_list
from outreach.store.changes import Changes
from outreach.store.database import Database, WorkSession
from outreach.ui.job import Progress
from outreach.ui.operations.operation import Long, Read, Undoable, Write, tr

# A row of any of the lists.
Row = PersonRow | BodyRow | PostRow | RecipientRow
# Bodies by id and name, to choose from.
Names = tuple[tuple[str, str], ...]
Listed = tuple[str, Sequence[Row], Names]


def listed(
    which: str, campaign: CampaignRow | None, *, search: str, on: date | None, most: int
) -> Read[Listed]:
    """One of the lists and the names of all bodies.

    Args: which: people, bodies, posts or recipients. on: only who held or stood then. most: people at most.
    """

    def work(session: WorkSession) -> Listed:
        names = body_names(session)
        match which:
            case "people":
                rows: Sequence[Row] = people_list(session, on=on, search=search, limit=most)
            case "bodies":
                rows = bodies_page(session, DirectoryQuery(search, on), limit=most).rows
            case "posts":
                rows = posts_list(session, on=on, search=search)
            case _:
                wanted = search.casefold().split()
                everybody = recipients_list(session, campaign.key) if campaign else ()
                rows = tuple(r for r in everybody if all(w in r.search_text for w in wanted))
        return which, rows, names

    return Read(work, "rows")


def record_of(row: Row, slot: str = "") -> Read[PersonRow | BodyRow | None]:
    """The person or body behind a row; None for an office."""

    def work(session: WorkSession) -> PersonRow | BodyRow | None:
        if isinstance(row, PersonRow):
            return person_row(session, row.id)
        if isinstance(row, BodyRow):
            return body_row(session, row.id)
        if isinstance(row, PostRow):
            return None
        if row.person_id:
            return person_row(session, row.person_id)
        return body_row(session, row.body_id) if row.body_id else None

    return Read(work, slot)


def save_entry(entry: PersonEntry | BodyEntry, record_id: str = "") -> Write[Changes]:
    """Put a person or a body on file. record_id: of the one to change, "" for a new one."""
    if isinstance(entry, PersonEntry):
        return Write(partial(save_person, entry=entry, person_id=record_id))
    return Write(partial(save_body, entry=entry, body_id=record_id))


def add_as_recipient(
    campaign: CampaignRow, row: PersonRow | BodyRow | PostRow, *, audience: str
) -> Write[Changes]:
    """Let the campaign write to a person, a body or whoever holds an office."""
    field = {PersonRow: "person", BodyRow: "body", PostRow: "post"}[type(row)]

    def work(session: WorkSession) -> Changes:
        return add_recipient(session, campaign.key, audience=audience, **{field: row.id})

    return Write(work)


def remove_from_recipients(row: RecipientRow) -> Undoable:
    """Write to somebody no more; letters stay."""
    return Undoable(
        tr("remove {0} from the recipients").format(row.name),
        partial(remove_recipient, key=row.key),
        partial(restore_recipient, key=row.key),
    )


def completions(campaign: CampaignRow, text: str) -> Read[tuple[str, ...]]:
    """How a question about recipients may go on."""
    return Read(partial(complete, campaign_key=campaign.key, text=text), "completions")


def name_recipients(campaign: CampaignRow, question: str, on: date) -> Long[ResolvedRecipients]:
    """Whom a question names; those who are no recipients yet become so."""

    def work(database: Database, progress: Progress) -> ResolvedRecipients:
        return take_recipients(database, campaign.key, question, on=on)

    def said(named: ResolvedRecipients) -> str:
        return tr("{0} named").format(counted(len(named.recipients), "recipient", "recipients"))

    def changed(named: ResolvedRecipients) -> Changes:
        return Changes(frozenset({"directory"}))

    return Long(tr("Looking for recipients"), work, said=said, changed=changed)


def save_question(campaign: CampaignRow, *, name: str, query: str) -> Write[Changes]:
    """Keep a question about recipients under a name."""
    return Write(partial(save_group, campaign_key=campaign.key, name=name, query=query))


def duplicates() -> Read[tuple[Candidate, ...]]:
    """Pairs of people who may be one."""
    return Read(duplicate_candidates, "pairs")


def both_of(pair: Candidate) -> Read[tuple[PersonRow, PersonRow]]:
    """The two records of a pair."""

    def work(session: WorkSession) -> tuple[PersonRow, PersonRow]:
        return person_row(session, pair.first), person_row(session, pair.second)

    return Read(work, "records")


def merge(keep: str, gone: str) -> Undoable:
    """Make one person of two. keep: id of the record that takes everything."""
    made: list[int] = []

    def do(session: WorkSession) -> Changes:
        changes = merge_people(session, keep, gone)
        made[:] = [int(changes.refs[0])]
        return changes

    def undo(session: WorkSession) -> Changes:
        return undo_merge(session, made[0])

    return Undoable(tr("merge of two people"), do, undo)


def call_two(pair: Candidate) -> Undoable:
    """Say that two records are two people."""
    return Undoable(
        tr("two people told apart"),
        partial(tell_apart, first=pair.first, second=pair.second),
        partial(not_told_apart, first=pair.first, second=pair.second),
    )
