"""The inbox: messages that came in, which letter they belong to, and what they are."""

from collections.abc import Callable, Collection, Hashable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from outreach.cases.campaigns import CampaignRow
from outreach.correspondence.incoming import IncomingReport, file_all
from outreach.correspondence.message_files import messages_in
from outreach.correspondence.tray import InboxQuery, InboxRow, inbox_found, messages_of
from outreach.correspondence.triage import (
    MessageDetail,
    Standing,
    assign,
    attachment,
    back_to_tray,
    message_detail,
    raw_of,
    restore_standings,
    set_aside,
    set_nature,
    standings,
)
from outreach.desk.letter_choice import letter_keys, letters_by_key, letters_sent, references_of
from outreach.desk.letter_row import TrackerRow
from outreach.domain.message_kind import MessageKind
from outreach.domain.wording import counted
from outreach.files import write_file
from outreach.store.changes import Changes
from outreach.store.database import Database, WorkSession
from outreach.store.letter_rows import settle_session
from outreach.store.paging import all_ids
from outreach.ui.job import Progress
from outreach.ui.operations.listing import Listing
from outreach.ui.operations.lists import listing_of
from outreach.ui.operations.operation import Long, Read, Undoable, tr

ARRIVED = Changes(frozenset({"letters", "inbox"}))


def tray(query: InboxQuery) -> Listing[InboxRow]:
    """Messages, as a table reads them."""
    return listing_of(inbox_found(query), messages_of, settled=settle_session)


def keys_of(query: InboxQuery, but: Collection[Hashable] = ()) -> Read[tuple[int, ...]]:
    """Keys of all messages that a query means. but: of these not."""

    def work(session: WorkSession) -> tuple[int, ...]:
        settle_session(session)
        return tuple(key for key in all_ids(session, inbox_found(query)) if key not in but)

    return Read(work, "keys")


def letters_to_file_with(search: str, *, campaign: CampaignRow, proposed: str) -> Listing[TrackerRow]:
    """Letters that a message may belong to, the one proposed first."""
    found = letters_sent(campaign.key, search, proposed)
    return listing_of(
        found,
        partial(letters_by_key, campaign=campaign),
        settled=settle_session,
        names=_references,
        keys=_letters,
    )


def _references(session: WorkSession, keys: Sequence[int]) -> dict[int, Hashable]:
    return dict(references_of(session, keys).items())


def _letters(session: WorkSession, references: Sequence[Hashable]) -> dict[Hashable, int]:
    return dict(letter_keys(session, [str(r) for r in references]).items())


def one(key: int) -> Read[MessageDetail]:
    """A message in detail."""
    return Read(partial(message_detail, key=key), "detail")


def file_as_proposed(keys: Sequence[int]) -> Undoable:
    """File messages, each with the letter that is proposed for it."""
    return _decision(tr("file as proposed"), assign, keys)


def file_with(keys: Sequence[int], *, reference: str) -> Undoable:
    """File messages with one letter."""
    return _decision(tr("file with {0}").format(reference), partial(assign, reference=reference), keys)


def put_aside(keys: Sequence[int]) -> Undoable:
    """Keep messages that belong to no letter."""
    return _decision(tr("set aside"), set_aside, keys)


def put_back(keys: Sequence[int]) -> Undoable:
    """Put messages back into the tray."""
    return _decision(tr("back to the tray"), back_to_tray, keys)


def call_it(keys: Sequence[int], kind: MessageKind) -> Undoable:
    """Say what messages are: answers, automatic ones or bounces."""
    words = {
        MessageKind.ANSWER: tr("it is an answer"),
        MessageKind.BOUNCE: tr("it is a bounce"),
    }.get(kind, tr("it is automatic"))
    return _decision(words, partial(set_nature, nature=kind), keys)


def _decision(
    text: str, step: Callable[[WorkSession, Sequence[int]], Changes], keys: Sequence[int]
) -> Undoable:
    """A decision about messages; undone, they stand again where they stood. step: gets a session and keys."""
    before: list[Standing] = []

    def do(session: WorkSession) -> Changes:
        before[:] = standings(session, keys)
        return step(session, keys)

    def undo(session: WorkSession) -> Changes:
        return restore_standings(session, before)

    return Undoable(tr("{0}: {1}").format(text, counted(len(keys), "message", "messages")), do, undo)


def read_files(paths: Sequence[Path], today: date) -> Long[IncomingReport]:
    """Put messages from files on file. paths: .eml, mbox, or folders of them."""

    def work(database: Database, progress: Progress) -> IncomingReport:
        return file_all(database, messages_in(paths), today=today, progress=progress)

    return Long(tr("Reading messages"), work, said=report_in_words, changed=all_that_arrived)


def report_in_words(report: IncomingReport) -> str:
    """What became of messages, with the first problem."""
    return report.in_words + (f" {report.problems[0]}" if report.problems else "")


def all_that_arrived(report: IncomingReport) -> Changes:
    """What others are to read again after messages came in."""
    return ARRIVED


def save_to(key: int, name: str, target: Path) -> Long[Path]:
    """Write a file that came with a message, or with name "" the message whole. It is not opened."""

    def work(database: Database, progress: Progress) -> Path:
        with database.read() as session:
            content = attachment(session, key, name) if name else raw_of(session, key)
        return write_file(target, content)

    return Long(tr("Saving"), work, said=tr("Saved as {0}").format)
