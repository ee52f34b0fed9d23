"""Messages that come in: read, told apart, matched with letters, and put on file whole.

What is certain is filed with its letter by itself; the rest goes to the tray, where a person decides. An
answer is never classed by the app. A message that is on file already is left alone, so that reading a mailbox
again changes nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from outreach.correspondence.candidates import LetterFinder, own_message_ids
from outreach.correspondence.message_store import keep_messages
from outreach.domain.letter_life import Step
from outreach.domain.matching import Clues, Match
from outreach.domain.message_kind import MessageKind
from outreach.domain.notice import Code, Notice, notice
from outreach.domain.states import SENT_STATES, Channel, DispatchOutcome, MessageState
from outreach.domain.wording import counted
from outreach.letters.ledger import advance, advance_all, refuse_step
from outreach.messages.kind import Found, kind_of
from outreach.messages.parse import ReadMessage, tolerant_message
from outreach.messages.quotes import fresh_text
from outreach.store.database import Database
from outreach.store.models import Dispatch, Letter, Message, Reply
from outreach.store.search import in_chunks
from outreach.store.types import now, table_of

BATCH = 500


@dataclass(frozen=True)
class Incoming:
    """A message as a mailbox or a file gives it.

    at: the instant a server took it in, None where nobody says. name: for what a report says.
    """

    raw: bytes
    at: datetime | None = None
    name: str = ""


@dataclass(frozen=True)
class IncomingReport:
    """What became of messages.

    answers: filed with a letter by themselves. automatic: bounces, delays and automatic answers filed with a
    letter. to_assign: in the tray. known: on file already. ours: copies of our own letters. aside: automatic
    answers that belong to no letter. problems: what could not be read, and why.
    """

    answers: int = 0
    bounces: int = 0
    automatic: int = 0
    to_assign: int = 0
    known: int = 0
    ours: int = 0
    aside: int = 0
    problems: tuple[str, ...] = ()

    def __add__(self, other: "IncomingReport") -> "IncomingReport":
        return IncomingReport(
            self.answers + other.answers, self.bounces + other.bounces, self.automatic + other.automatic,
            self.to_assign + other.to_assign, self.known + other.known, self.ours + other.ours,
            self.aside + other.aside,
            (*self.problems, *other.problems),
        )  # fmt: skip

    @property
    def in_words(self) -> str:
        """One sentence for the user."""
        parts = [
            words
            for number, words in (
                (self.answers, counted(self.answers, "answer filed", "answers filed")),
                (self.bounces, counted(self.bounces, "letter came back", "letters came back")),
                (
                    self.automatic,
                    counted(self.automatic, "automatic message filed", "automatic messages filed"),
                ),
                (self.to_assign, counted(self.to_assign, "message to assign", "messages to assign")),
                (
                    self.aside,
                    counted(self.aside, "automatic message set aside", "automatic messages set aside"),
                ),
                (self.known + self.ours, f"{self.known + self.ours:,} on file already"),
                (len(self.problems), f"{len(self.problems):,} not readable"),
            )
            if number
        ]
        return ("; ".join(parts) or "Nothing new") + "."


@dataclass(frozen=True)
class _Judged:
    """A message with all that is known of it before the database is asked to keep it."""

    read: ReadMessage
    on: date
    found: Found
    match: Match


class Intake:
    """Files messages in batches. Made for one run. Not shared between threads."""

    def __init__(self, database: Database, today: date) -> None:
        self._database, self._today = database, today
        self._finder = LetterFinder()

    def file(
        self, messages: Sequence[Incoming], also: Callable[[Session], object] | None = None
    ) -> IncomingReport:
        """File some messages in one transaction.

        also: written in the same one, such as how far a mailbox was read.
        """
        report = IncomingReport()
        read: list[tuple[ReadMessage, datetime | None]] = []
        for message in messages:
            one = tolerant_message(message.raw)
            if one.from_address or one.from_name or one.subject or one.message_id:
                read.append((one, message.at))
            else:
                report += IncomingReport(
                    problems=(f"{message.name or 'A message'} holds neither sender nor subject.",)
                )
        with self._database.read() as session:
            ours = own_message_ids(session, (one.message_id for one, _ in read))
            others = [(one, at) for one, at in read if one.message_id.lower() not in ours]
            judged = self._judge(session, others)
        report += IncomingReport(ours=len(read) - len(others))
        with self._database.write() as session:
            report += self._keep(session, judged)
            if also is not None:
                also(session)
        return report

    def _judge(
        self, session: Session, messages: Sequence[tuple[ReadMessage, datetime | None]]
    ) -> list[_Judged]:
        days = [_day(read.sent_on, at) or self._today for read, at in messages]
        kinds = [kind_of(read) for read, _ in messages]
        clues = [_clues(read, on, found) for (read, _), on, found in zip(messages, days, kinds, strict=True)]
        matches = self._finder.matches(session, clues)
        return [
            _Judged(read, on, found, match)
            for (read, _), on, found, match in zip(messages, days, kinds, matches, strict=True)
        ]

    def _keep(self, session: Session, judged: Sequence[_Judged]) -> IncomingReport:
        report = IncomingReport()
        hashes, ids = _known(session, judged)
        new: list[_Judged] = []
        for one in judged:
            mark = (one.read.message_id, one.read.from_address)
            if one.read.sha256 in hashes or (one.read.message_id and mark in ids):
                report += IncomingReport(known=1)
                continue
            hashes.add(one.read.sha256)
            ids.add(mark)
            new.append(one)
        return report + _keep_new(session, new) if new else report


def _clues(read: ReadMessage, on: date, found: Found) -> Clues:
    is_bounce = found.nature in {MessageKind.BOUNCE, MessageKind.DELAY, MessageKind.DELIVERED}
    return Clues(
        thread=read.thread,
        subject=read.subject,
        # A report gives back our own letter, whose text names it.
        quoted=read.raw[:200_000].decode("latin-1") if is_bounce else read.text,
        from_address="" if is_bounce else read.from_address,
        on=on,
        returned_ids=found.returned_ids,
        returned_addresses=found.failed,
    )


def _day(written: date | None, at: datetime | None) -> date | None:
    """Local day a message came.

    A mailbox that was moved gives old mail the day of the move; its own date is then earlier.
    """
    arrived = at.astimezone().date() if at else None
    if written is None or written.year < 1990 or (arrived and written > arrived):
        return arrived or written
    return written


def _known(session: Session, judged: Sequence[_Judged]) -> tuple[set[str], set[tuple[str, str]]]:
    hashes: set[str] = set()
    ids: set[tuple[str, str]] = set()
    for wanted in in_chunks([j.read.sha256 for j in judged]):
        hashes.update(session.scalars(select(Message.sha256).where(wanted(Message.sha256))))
    for wanted in in_chunks([j.read.message_id for j in judged if j.read.message_id]):
        ids.update(
            (a, b)
            for a, b in session.execute(
                select(Message.message_id, Message.from_address).where(wanted(Message.message_id))
            )
        )
    return hashes, ids


def _keep_new(session: Session, judged: Sequence[_Judged]) -> IncomingReport:
    """Write messages in bulk, then file each that is certain with its letter."""
    letters: dict[int, Letter] = {}
    for wanted in in_chunks({j.match.key for j in judged if j.match.key is not None}):
        letters.update((x.id, x) for x in session.scalars(select(Letter).where(wanted(Letter.id))))
    states = [_state(j, letters) for j in judged]
    keys = keep_messages(session, [(j.read, _columns(j, s)) for j, s in zip(judged, states, strict=True)])
    report = IncomingReport(
        aside=states.count(MessageState.SET_ASIDE), to_assign=states.count(MessageState.TRIAGE)
    )
    replies: list[dict[str, object]] = []
    answered: list[Letter] = []
    words: list[Notice | None] = []
    for key, one, state in zip(keys, judged, states, strict=True):
        if state is not MessageState.FILED:
            continue
        assert one.match.key is not None
        letter = letters[one.match.key]
        if one.found.nature is MessageKind.ANSWER:
            reply, detail = reply_row(letter, key, one.read, one.on)
            replies.append(reply)
            answered.append(letter)
            words.append(detail)
            continue
        file_message(session, session.get_one(Message, key), letter)
        report += (
            IncomingReport(bounces=1)
            if one.found.nature is MessageKind.BOUNCE
            else IncomingReport(automatic=1)
        )
    report += IncomingReport(answers=len(replies))
    if replies:
        session.execute(insert(table_of(Reply)), replies)
        advance_all(session, answered, Step.REPLY_FILED, details=words)
    return report


def _state(one: _Judged, letters: dict[int, Letter]) -> MessageState:
    letter = letters.get(one.match.key or 0)
    if letter is not None and one.match.is_certain and letter.status in SENT_STATES:
        return MessageState.FILED
    if letter is None and one.found.nature not in {MessageKind.ANSWER, MessageKind.BOUNCE}:
        return MessageState.SET_ASIDE
    return MessageState.TRIAGE


def _columns(one: _Judged, state: MessageState) -> dict[str, object]:
    return {
        "received_on": one.on,
        "nature": one.found.nature,
        "nature_reason": one.found.reason,
        "failed_addresses": " ".join(one.found.failed),
        "state": state,
        "letter_id": one.match.key,
        "basis": one.match.basis,
        "confidence": one.match.confidence,
    }


def file_message(session: Session, message: Message, letter: Letter) -> None:
    """File a message with its letter: an answer joins the letter's answers, unclassed; a bounce ends it; the
    rest is noted.

    Raises: NotAllowedError for a letter that has not gone out.
    """
    refuse_step(session, [letter], Step.REPLY_FILED)
    message.state, message.letter_id = MessageState.FILED, letter.id
    session.flush()
    match message.nature:
        case MessageKind.ANSWER:
            read = tolerant_message(message.raw)
            reply, words = reply_row(letter, message.id, read, message.received_on)
            session.execute(insert(table_of(Reply)), [reply])
            advance(session, letter, Step.REPLY_FILED, detail=words)
        case MessageKind.BOUNCE:
            _bounce(session, message, letter)
        case MessageKind.DELAY:
            advance(session, letter, Step.DELAYED, detail=message.nature_reason)
        case MessageKind.DELIVERED:
            advance(session, letter, Step.DELIVERED, detail=message.nature_reason)
        case _:
            told = notice(Code.AUTOMATIC_ANSWER, subject=message.subject, on=message.received_on.isoformat())
            advance(session, letter, Step.AUTO_REPLY, detail=told)


def reply_row(
    letter: Letter, key: int, read: ReadMessage, received_on: date
) -> tuple[dict[str, object], Notice]:
    """The answer that a message is, unclassed, and what is told in its letter's history.

    Its text is what its writer wrote; what is quoted stays in the message.
    """
    at, on = now(), max(received_on, letter.sent_on or received_on)
    reply: dict[str, object] = {
        "letter_id": letter.id, "received_on": on, "recorded_at": at, "kind": None, "channel": "email",
        "from_name": read.from_name,
        "from_address": read.from_address, "subject": read.subject,
        "text": fresh_text(read.text) or read.text,
        "message_id": read.message_id, "mail_id": key,
    }  # fmt: skip
    return reply, notice(Code.ANSWER, on=on.isoformat())


def last_email(session: Session, letter: Letter, outcome: DispatchOutcome) -> Dispatch | None:
    """The last attempt to send a letter by e-mail that ended so, None if there is none."""
    return session.scalars(
        select(Dispatch)
        .where(
            Dispatch.letter_id == letter.id,
            Dispatch.channel == Channel.EMAIL,
            Dispatch.outcome == outcome,
        )
        .order_by(Dispatch.id.desc())
    ).first()


def _bounce(session: Session, message: Message, letter: Letter) -> None:
    reason = message.nature_reason
    dispatch = last_email(session, letter, DispatchOutcome.SENT)
    if dispatch is not None:
        dispatch.outcome, dispatch.detail = DispatchOutcome.BOUNCED, reason
    to = ", ".join(message.failed_addresses.split()) or (dispatch.to_address if dispatch else "")
    advance(
        session,
        letter,
        Step.BOUNCED,
        detail=reason.with_more(address=to) if reason and to else reason,
    )


def file_all(
    database: Database,
    messages: Iterable[Incoming],
    *,
    today: date,
    progress: Callable[[int, int], bool] = lambda done, total: True,
) -> IncomingReport:
    """File messages from files, some hundreds in a transaction.

    What was filed stays when progress says to stop.
    """
    intake = Intake(database, today)
    report, waiting, done = IncomingReport(), [], 0
    for message in messages:
        waiting.append(message)
        if len(waiting) >= BATCH:
            report += intake.file(waiting)
            done, waiting = done + len(waiting), []
            if not progress(done, 0):
                return report
    report += intake.file(waiting)
    progress(done + len(waiting), done + len(waiting))
    return report
