"""The directory: lists and records of people, bodies and offices, recipients, and who is on file twice."""

from collections.abc import Hashable, Sequence
from datetime import date
from functools import partial

from outreach.cases.campaigns import CampaignRow
from outreach.directory.bodies import BodyRow, PostRow, bodies_named, bodies_of, body_row, posts_of
from outreach.directory.editing import BodyEntry, PersonEntry, save_body, save_person
from outreach.directory.finding import DirectoryQuery, bodies_found, people_found, posts_found
from outreach.directory.identity import (
    Candidate,
    duplicate_candidates,
    merge_people,
    not_told_apart,
    tell_apart,
    undo_merge,
)
from outreach.directory.lookup import keys_of_slugs, slugs_of
from outreach.directory.people import PersonRow, people_named, people_of, person_row
from outreach.domain.wording import counted
from outreach.recipients.completion import complete
from outreach.recipients.enlist import add_recipient, remove_recipient, restore_recipient, take_recipients
from outreach.recipients.groups import save_group
from outreach.recipients.resolve import ResolvedRecipients
from outreach.recipients.rows import (
    RecipientKeys,
    RecipientRow,
    recipient_keys,
    recipients_by_key,
    recipients_found,
)
from outreach.store.changes import Changes
from outreach.store.database import Database, WorkSession
from outreach.store.models import Organization, Person, Post
from outreach.ui.job import Progress
from outreach.ui.operations.listing import Listing
from outreach.ui.operations.lists import listing_of
from outreach.ui.operations.operation import Long, Read, Undoable, Write, tr

# Records by id and name, to choose from.
Names = tuple[tuple[str, str], ...]
# A row of any of the lists.
Row = PersonRow | BodyRow | PostRow | RecipientRow


def people(search: str, on: date | None) -> Listing[PersonRow]:
    """People, as a table reads them. on: only who held an office then, and only what they held."""
    found = people_found(DirectoryQuery(search, on))
    return listing_of(
        found,
        partial(people_of, on=on),
        names=partial(_names, Person),
        keys=partial(_keys, Person),
    )


def bodies(search: str, on: date | None) -> Listing[BodyRow]:
    """Bodies, without who sits in them. on: only what there was then."""
    found = bodies_found(DirectoryQuery(search, on))
    return listing_of(
        found,
        partial(bodies_of, on=on, with_members=False),
        names=partial(_names, Organization),
        keys=partial(_keys, Organization),
    )


def posts(search: str, on: date | None) -> Listing[PostRow]:
    """Offices and who holds them. on: on that day only."""
    found = posts_found(DirectoryQuery(search, on))
    return listing_of(found, partial(posts_of, on=on), names=partial(_names, Post), keys=partial(_keys, Post))


def recipients(campaign: CampaignRow, search: str) -> Listing[RecipientRow]:
    """Whom a campaign writes to."""
    return listing_of(recipients_found(campaign.key, search), recipients_by_key)


def recipient_keys_of(campaign: CampaignRow, search: str) -> Read[RecipientKeys]:
    """Whom a search among a campaign's recipients finds."""
    return Read(partial(recipient_keys, campaign_key=campaign.key, search=search), "keys")


def recipients_called(keys: Sequence[int]) -> Read[tuple[str, ...]]:
    """What recipients are called."""

    def work(session: WorkSession) -> tuple[str, ...]:
        return tuple(r.name for r in recipients_by_key(session, keys))

    return Read(work, "called")


def _names(
    model: type[Person | Organization | Post], session: WorkSession, keys: Sequence[int]
) -> dict[int, Hashable]:
    return {**slugs_of(session, model, keys)}


def _keys(
    model: type[Person | Organization | Post], session: WorkSession, slugs: Sequence[Hashable]
) -> dict[Hashable, int]:
    return dict(keys_of_slugs(session, model, [str(s) for s in slugs]).items())


def bodies_like(text: str) -> Read[Names]:
    """Bodies to choose from: those that have the words typed."""
    return Read(partial(bodies_named, typed=text), "suggestions")


def people_like(text: str) -> Read[Names]:
    """People to choose from: those that have the words typed."""
    return Read(partial(people_named, typed=text), "suggestions")


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
