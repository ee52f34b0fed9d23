"""Fetching new mail: from a mailbox into the database, a batch at a time, with
how far it came in the same transaction.
"""

import contextlib
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any, Protocol

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from outreach.correspondence.incoming import Incoming, IncomingReport, Intake
from outreach.domain.states import Origin
from outreach.mail.imap import Batch, Place
from outreach.store.database import Database
from outreach.store.models import Letter, MailboxPlace
from outreach.store.types import now


class Mailbox(Protocol):
    """What fetching needs of whoever reads a mailbox."""

    def fetch_new(self, place: Place | None, since: date | None = None) -> Iterator[Batch]:
        """See `imap.ImapMailbox.fetch_new`."""
        ...


def fetch_mail(
    database: Database,
    mailbox: Mailbox,
    *,
    account: str,
    folder: str,
    today: date,
    progress: Callable[[int, int], bool] = lambda done, total: True,
) -> IncomingReport:
    """Read what is new in a folder and file it.

    Args: account: the name that the place is kept under, such as office@mail.example.org. progress: returns
        False to stop after a batch; what was read until then is filed, and the next run goes on from there.
    Raises: MailboxError; batches before it are filed.
    """
    with database.read() as session:
        kept = session.scalar(_place_of(account, folder))
        place = Place(kept.uid_validity, kept.last_uid) if kept else None
        since = _first_sent(session)
    intake = Intake(database, today)
    report = IncomingReport()
    with contextlib.closing(_ahead(mailbox.fetch_new(place, since))) as batches:
        for batch in batches:
            messages = [Incoming(m.raw, m.at) for m in batch.messages if m.raw]
            huge = sum(not m.raw for m in batch.messages)
            report += intake.file(messages, _keeping(account, folder, batch.place))
            if huge:
                report += IncomingReport(
                    problems=tuple(["A message over 50 MB was left on the server."] * huge)
                )
            if not progress(batch.done, batch.total):
                break
    return report


def _ahead(batches: Iterator[Batch]) -> Generator[Batch, None, None]:
    """The same batches, each fetched while the one before is filed.

    Who stops early waits until the one that is on its way is there, and leaves it on the server.
    """
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch


def _place_of(account: str, folder: str) -> Select[Any]:
    return select(MailboxPlace).where(MailboxPlace.account == account, MailboxPlace.folder == folder)


def _first_sent(session: Session) -> date | None:
    """The day before the first letter went out: no answer is older. None while nothing has."""
    first = session.scalar(select(func.min(Letter.sent_on)).where(Letter.origin == Origin.OWN))
    return first - timedelta(days=1) if first else None


def _keeping(account: str, folder: str, place: Place) -> Callable[[Session], None]:
    def keep(session: Session) -> None:
        kept = session.scalar(_place_of(account, folder))
        if kept is None:
            kept = MailboxPlace(account=account, folder=folder)
            session.add(kept)
        kept.uid_validity, kept.last_uid, kept.read_at = place.uid_validity, place.last_uid, now()

    return keep
