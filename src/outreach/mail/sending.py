"""Sending approved letters: claimed in the database, handed over, recorded. Never twice by itself.

A letter is claimed in one transaction (its dispatch is *started*), handed over outside of any, and what
became of it is recorded in another, however long another program holds the database (see `outcomes`). A
dispatch that is still *started* when the program looks again, and of which nothing lies beside the database,
was cut off in between: it is shown as uncertain, and only a user can settle it.
"""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy.exc import SQLAlchemyError

from outreach.domain.email_address import EmailAddress, email_address
from outreach.domain.letter_life import Step
from outreach.domain.notice import free_text
from outreach.domain.states import Channel, LetterStatus
from outreach.errors import DatabaseBusyError, DatabaseError, OutreachError
from outreach.letters.addressing import address_of, sending_address
from outreach.letters.drafting import Progress, always
from outreach.letters.exports import sending_message
from outreach.letters.ledger import (
    advance,
    find_letters,
)
from outreach.letters.situations import STARTED, uncertain_dispatch
from outreach.mail import outcomes
from outreach.mail.outbox import waiting
from outreach.mail.outcomes import DEFERRED, FAILED, SENT, Outcome
from outreach.mail.transport import Envelope, NotSentError, Transport, UncertainError
from outreach.store.database import Database
from outreach.store.models import Dispatch, Letter
from outreach.store.types import now

ATTEMPTS = 4
_TAKEN = "Another window has taken it."


@dataclass(frozen=True)
class Result:
    """What became of one letter. outcome: sent, failed, deferred, uncertain or skipped. detail: in words.

    concerns_all: no other letter would fare better, so sending stopped with this one. is_recorded: False
    while it only lies beside the database, since sending was stopped before another program had finished
    writing.
    """

    reference: str
    outcome: str
    detail: str
    concerns_all: bool = False
    is_recorded: bool = True

    @property
    def needs_word(self) -> bool:
        """Whether somebody is to be told of this letter: it did not go out, and no other window sees to it,
        or that it went is not on file yet."""
        is_seen_to = self.outcome == SENT or self.detail == _TAKEN
        return not is_seen_to or not self.is_recorded


def _say_nothing(words: str) -> None:
    """For callers whom nobody listens to."""


def send_queued(
    database: Database,
    transport: Transport,
    *,
    on: date,
    from_address: str,
    progress: Progress = always,
    per_minute: int = 30,
    wait: Callable[[float], object] | None = None,
    say: Callable[[str], object] = _say_nothing,
) -> tuple[Result, ...]:
    """Send what is in the outbox.

    Args: on: local day, recorded as the day of sending. from_address: of the account. progress: returns False
        to stop before the next letter. per_minute: most letters handed over in a minute, 0 for no limit.
        wait: waits so many seconds and returns whether to stop; by default the thread sleeps. say: told in
        words why sending waits.
    Returns: what became of each letter tried. A temporary refusal is tried again with growing pauses, up to
        four times, and then left in the outbox.
    Raises: UsageError for a from_address that is none; DatabaseError, with no letter handed over that is not
        recorded.
    """
    email_address(from_address)
    outcomes.catch_up(database)
    with database.read() as session:
        references = waiting(session)
    run = _Run(
        database, transport, on, from_address, progress, wait or threading.Event().wait, say, len(references)
    )
    results: list[Result] = []
    for number, reference in enumerate(references):
        if not progress(number, len(references)):
            break
        if number and per_minute and run.pause(60 / per_minute):
            break
        run.number = number
        result = run.send_one(reference)
        if result is None:
            break
        results.append(result)
        if result.concerns_all:
            break
    progress(len(references), len(references))
    return tuple(results)


@dataclass(frozen=True)
class _Prepared:
    """A letter as it is about to go. to_address: as it is on file. to: as the server is told."""

    reference: str
    to_address: str
    to: EmailAddress
    message_id: str
    content: bytes


@dataclass
class _Run:
    """One sending of the outbox. number: of the letter that is its turn, from 0."""

    database: Database
    transport: Transport
    on: date
    from_address: str
    progress: Progress
    pause: Callable[[float], object]
    say: Callable[[str], object]
    total: int
    number: int = 0
    _has_told: bool = field(default=False, init=False)

    def send_one(self, reference: str) -> Result | None:
        """Returns: what became of it, None if sending was stopped before it was handed over."""
        for attempt in range(1, ATTEMPTS + 1):
            prepared = self._prepared(reference)
            claimed = self._claimed(prepared) if isinstance(prepared, _Prepared) else prepared
            if not isinstance(claimed, Outcome):
                return claimed
            assert isinstance(prepared, _Prepared)
            result, is_final = self._handed_over(prepared, claimed, attempt)
            if is_final or self.pause(2**attempt + random.uniform(0, 1)):
                return result
        raise AssertionError("the last attempt is final")

    def _prepared(self, reference: str) -> _Prepared | Result | None:
        """The message, made before anything is written.

        One that cannot be made is *failed*, and holds up no other.
        """
        try:
            with self.database.read() as session:
                letter = find_letters(session, [reference])[0]
                if letter.status is not LetterStatus.QUEUED or uncertain_dispatch(session, letter.id):
                    return Result(reference, "skipped", _TAKEN)
                to_address = sending_address(session, letter)
                if not to_address:
                    return Result(reference, "skipped", "Its e-mail address is not on file any more.")
                to = address_of(reference, to_address)
                made = sending_message(session, letter, from_address=self.from_address, sent_at=now())
                return _Prepared(reference, to_address, to, made.message_id, made.content)
        except (DatabaseError, SQLAlchemyError):
            raise
        except OutreachError as error:
            return self._unsendable(reference, str(error))
        except Exception as error:
            logging.getLogger(__name__).exception("%s could not be made into a message", reference)
            return self._unsendable(
                reference,
                f"{reference} could not be made into a message ({type(error).__name__}), so nothing was "
                "sent. Send it by post, or "
                "write it again; the log has more.",
            )

    def _unsendable(self, reference: str, detail: str) -> Result | None:
        try:
            with self.database.write(self._waits) as session:
                letter = find_letters(session, [reference])[0]
                if letter.status is LetterStatus.QUEUED and not uncertain_dispatch(session, letter.id):
                    message = sending_message(session, letter)
                    dispatch = _dispatch(letter, self.on, message.to_address, message.message_id)
                    dispatch.outcome, dispatch.detail = FAILED, free_text(detail)
                    session.add(dispatch)
                    advance(session, letter, Step.FAILED, detail=free_text(detail))
        except DatabaseBusyError:
            return None
        return Result(reference, FAILED, detail)

    def _claimed(self, made: _Prepared) -> Outcome | Result | None:
        """Note that a letter is about to be handed over.

        Returns: what is known of its outcome, which so far is nothing.
        """
        self._has_told = False
        try:
            with self.database.write(self._waits) as session:
                letter = find_letters(session, [made.reference])[0]
                if letter.status is not LetterStatus.QUEUED or uncertain_dispatch(session, letter.id):
                    return Result(made.reference, "skipped", _TAKEN)
                if sending_address(session, letter) != made.to_address:
                    return Result(
                        made.reference, "skipped", "Its e-mail address has just been changed. Send it again."
                    )
                # It depends on the text as it is approved, so that other words have another.
                now_named = sending_message(session, letter, from_address=self.from_address).message_id
                if now_named != made.message_id:
                    return Result(made.reference, "skipped", "It has just been changed. Send it again.")
                dispatch = _dispatch(letter, self.on, made.to_address, made.message_id)
                session.add(dispatch)
                session.flush()
                return Outcome(
                    dispatch.id, dispatch.recorded_at, dispatch.message_id, outcomes.UNCERTAIN, "", self.on
                )
        except DatabaseBusyError:
            return None

    def _handed_over(self, made: _Prepared, claimed: Outcome, attempt: int) -> tuple[Result, bool]:
        """Hand a letter over and record what became of it.

        Returns: that, and whether it is not to be tried again now.
        """
        reference, concerns_all, is_final = made.reference, False, True
        interruption: BaseException | None = None
        try:
            answer = self.transport.send(Envelope(self.from_address, made.to.wire, made.content))
        except UncertainError as error:
            said = replace(claimed, detail=str(error))
        except NotSentError as error:
            is_refused = not error.is_temporary and not error.concerns_all
            is_final = attempt == ATTEMPTS or not error.is_temporary
            concerns_all = is_final and error.concerns_all
            said = replace(
                claimed, outcome=FAILED if is_refused else DEFERRED, detail=str(error), is_last=is_final
            )
        except BaseException as error:
            said, concerns_all = self._broken(reference, claimed, error), True
            interruption = None if isinstance(error, Exception) else error
        else:
            is_today = self.on == date.today()  # noqa: DTZ011  a day given by hand says nothing of the instant
            said = replace(claimed, outcome=SENT, detail=answer, at=now() if is_today else None)
        result = self._recorded(
            Result(reference, said.outcome, said.detail, concerns_all),
            said,
            is_hurried=interruption is not None,
        )
        if interruption is not None:
            raise interruption
        return result, is_final or not result.is_recorded

    def _broken(self, reference: str, claimed: Outcome, error: BaseException) -> Outcome:
        """The outcome after an error that no transport should let out: certain only where the transport says
        so.
        """
        logging.getLogger(__name__).error("%s could not be handed over", reference, exc_info=error)
        if getattr(self.transport, "may_have_gone", True):
            return replace(
                claimed,
                detail=(
                    "It was cut off while it was being sent. Whether it arrived is not known; look in "
                    "the Sent folder or ask."
                ),
            )
        return replace(
            claimed,
            outcome=DEFERRED,
            is_last=True,
            detail=(
                f"It was cut off before anything was sent ({type(error).__name__}). It waits in the outbox."
            ),
        )

    def _recorded(self, result: Result, said: Outcome, *, is_hurried: bool) -> Result:
        """Record what became of a letter, however long that takes.

        Stopping ends the waiting only once it lies beside the database.

        Args: is_hurried: the program is about to end.
        """
        file = outcomes.keep_outcome(self.database.path, said)
        self._has_told = False

        def goes_on() -> bool:
            if is_hurried:
                return False
            return self._waits() or file is None

        while True:
            try:
                with self.database.write(goes_on) as session:
                    outcomes.apply_outcome(session, said)
                outcomes.forget_outcome(file)
                return result
            except DatabaseError as error:
                if not isinstance(error, DatabaseBusyError):
                    self.say(str(error))
                if file is not None:
                    return replace(
                        result,
                        concerns_all=True,
                        is_recorded=False,
                        detail=(
                            f"{result.detail} This is noted beside the database and is recorded as soon "
                            "as it can be written."
                        ),
                    )
                if is_hurried or self.pause(2):
                    return replace(
                        result,
                        concerns_all=True,
                        is_recorded=False,
                        detail=(
                            f"{result.detail} This could not be recorded ({error}), so the letter shows "
                            "as uncertain. Settle it then."
                        ),
                    )

    def _waits(self) -> bool:
        """Say once that another program holds the database. Returns: whether to wait on."""
        if not self._has_told:
            self._has_told = True
            self.say("Waiting for another program to finish writing to the database. Then sending goes on.")
        return self.progress(self.number, self.total)


def _dispatch(letter: Letter, on: date, to_address: str, message_id: str) -> Dispatch:
    return Dispatch(
        letter_id=letter.id,
        channel=Channel.EMAIL,
        outcome=STARTED,
        dispatched_on=on,
        recorded_at=now(),
        to_address=to_address,
        message_id=message_id,
    )
