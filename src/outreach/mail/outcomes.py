"""What became of a letter that was handed over, kept in a small file beside the database until the database
has it.

Handing over cannot be taken back, and another program may hold the database for as long as it likes. So the
outcome is first written where nobody can hold it up. Should this program end before the database has it, the
next look at the outbox, the next sending and the next start read it from there.
"""

import contextlib
import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from outreach.domain.letter_life import Step
from outreach.domain.notice import Code, free_text, notice
from outreach.domain.states import DispatchOutcome, LetterStatus
from outreach.errors import DatabaseError, OutreachError
from outreach.files import write_file
from outreach.letters.ledger import advance
from outreach.letters.situations import STARTED
from outreach.mail.outcome_files import outcome_files, outcome_prefix
from outreach.store.database import Database
from outreach.store.models import Dispatch, Letter

SENT, FAILED, DEFERRED = DispatchOutcome.SENT, DispatchOutcome.FAILED, DispatchOutcome.DEFERRED
SETTLED = DispatchOutcome.SETTLED
UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt.

    key, claimed_at, message_id: of its dispatch, which must be the same in all three.

    outcome: sent, failed, deferred or uncertain. on: the local day of sending. at: the instant it was handed
    over, if that day is the day it was recorded for. is_last: a letter that was deferred is not tried again
    by itself.
    """

    key: int
    claimed_at: datetime
    message_id: str
    outcome: str
    detail: str
    on: date
    at: datetime | None = None
    is_last: bool = False

    def is_of(self, dispatch: Dispatch) -> bool:
        """Whether it speaks of this attempt: numbers are given again after an older copy was restored."""
        return (self.key, self.message_id, self.claimed_at) == (
            dispatch.id,
            dispatch.message_id,
            dispatch.recorded_at,
        )


def apply_outcome(session: Session, said: Outcome) -> bool:
    """Record an outcome; one that is recorded already, or that a user has settled, is left.

    Returns: whether its attempt is on file.
    """
    dispatch = session.get(Dispatch, said.key)
    if dispatch is None or not said.is_of(dispatch):
        return False
    letter = session.get_one(Letter, dispatch.letter_id, execution_options={"include_deleted": True})
    before = letter.status
    if said.outcome == SENT:
        # Also where a user has settled meanwhile that it did not go out: the server says that it did.
        if dispatch.outcome in {DispatchOutcome.SENT, DispatchOutcome.BOUNCED}:
            return True
        dispatch.outcome, dispatch.detail, dispatch.sent_at = SENT, free_text(said.detail), said.at
        words = notice(Code.SENT_TO, address=dispatch.to_address, on=said.on.isoformat())
        advance(session, letter, Step.HANDED_OVER, detail=words)
        if letter.status is not before:
            letter.sent_on, letter.deleted_at = said.on, None
    elif dispatch.outcome == STARTED:
        dispatch.detail = free_text(said.detail)
        if said.outcome != UNCERTAIN:
            dispatch.outcome = DispatchOutcome(said.outcome)
        if said.outcome == FAILED and before is LetterStatus.QUEUED:
            advance(session, letter, Step.FAILED, detail=free_text(said.detail))
        elif said.outcome == DEFERRED and said.is_last:
            advance(session, letter, Step.DEFERRED, detail=free_text(said.detail))
    return True


def keep_outcome(database: Path | None, said: Outcome) -> Path | None:
    """Write an outcome beside the database, so that it outlasts a cut of the power.

    Returns: the file, None if that was not possible.
    """
    if database is None:
        return None
    mark = hashlib.sha256(f"{said.claimed_at.isoformat()} {said.message_id}".encode()).hexdigest()[:12]
    content = json.dumps(asdict(said), default=_as_text, ensure_ascii=False)
    try:
        return write_file(
            database.with_name(f"{outcome_prefix(database)}{said.key}-{mark}"),
            content.encode("utf-8"),
            survives_power_cut=True,
        )
    except OutreachError:
        logging.getLogger(__name__).exception("an outcome could not be kept beside the database")
        return None


def forget_outcome(file: Path | None) -> None:
    """Take away the file of an outcome that the database has."""
    if file is not None:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def kept_outcomes(database: Path | None) -> tuple[tuple[Path, Outcome], ...]:
    """Outcomes that lie beside a database, each with its file, the oldest attempt first."""
    return tuple(sorted(_read(outcome_files(database)), key=lambda found: found[1].key))


def _read(files: list[Path]) -> Iterator[tuple[Path, Outcome]]:
    for file in files:
        try:
            values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            values["claimed_at"] = datetime.fromisoformat(values["claimed_at"])
            values["on"] = date.fromisoformat(values["on"])
            values["at"] = datetime.fromisoformat(values["at"]) if values["at"] else None
            yield file, Outcome(**values)
        except FileNotFoundError:
            continue  # another window has just recorded it
        except (OSError, ValueError, TypeError, KeyError):
            logging.getLogger(__name__).exception("%s could not be read", file.name)


def database_of(session: Session) -> Path | None:
    """The file that a session works on, None for a database on a server."""
    url = session.get_bind().engine.url
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def apply_kept(session: Session) -> None:
    """Record what lies beside the database as part of a unit of work; the files go when it is committed."""
    done = [file for file, said in kept_outcomes(database_of(session)) if apply_outcome(session, said)]
    if done:
        session.flush()

        def forget(_: Session) -> None:
            for file in done:
                forget_outcome(file)

        event.listen(session, "after_commit", forget, once=True)


def catch_up(database: Database, goes_on: Callable[[], bool] | None = None) -> int:
    """Record what lies beside the database, each outcome by itself.

    Args: goes_on: asked while another program holds the database, see `Database.write`; by default it stops
        then.
    Returns: how many could not be recorded, 0 when all is on file. Nothing is raised: what is left is tried
        the next time.
    """
    left, kept = 0, kept_outcomes(database.path)
    for number, (file, said) in enumerate(kept):
        try:
            with database.write(goes_on) as session:
                is_ours = apply_outcome(session, said)
        except DatabaseError:
            return left + len(kept) - number
        except Exception:
            logging.getLogger(__name__).exception("%s could not be recorded", file.name)
            left += 1
        else:
            # One of another database lies here after a copy was restored; it is left for the database it
            # belongs to.
            forget_outcome(file if is_ours else None)
    return left


def _as_text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} is no day and no instant")
