"""The messages that came in, as lists: which a view or a search means, in pages."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.orm import Session

from outreach.domain.matching import Basis
from outreach.domain.message_kind import MessageKind
from outreach.domain.notice import Notice
from outreach.domain.references import folded
from outreach.domain.states import MessageState
from outreach.errors import UsageError
from outreach.store.letter_rows import settle_session
from outreach.store.models import Attachment, Letter, LetterRow, Message, Organization, Person, Reply
from outreach.store.paging import (
    USUAL,
    Key,
    ListQuery,
    Order,
    Page,
    all_ids,
    in_order_of,
    key_of_texts,
    read_all,
    read_page,
)
from outreach.store.search import fts_query, in_chunks
from outreach.store.types import table_of

VIEWS = ("open", "triage", "to_class", "filed", "automatic", "set_aside", "all")
TRIAGE = MessageState.TRIAGE

_message, _reply, _letter = table_of(Message), table_of(Reply), table_of(Letter)
_words = table("search_messages", column("rowid"), column("search_messages"))


@dataclass(frozen=True)
class InboxRow:
    """A message that came in.

    reference, recipient: of the letter it belongs to or may belong to, "" for none.

    state: triage, filed or set_aside. confidence: in percent, basis: on what it rests. reply_key: of the
    answer it is, once it is filed; kind: what that amounts to, "" until somebody classes it.
    """

    key: int
    received_on: date
    from_name: str
    from_address: str
    subject: str
    nature: MessageKind
    nature_reason: Notice | None
    state: MessageState
    reference: str
    recipient: str
    basis: Basis
    confidence: int
    reply_key: int | None
    kind: str
    file_count: int

    @property
    def needs_somebody(self) -> bool:
        """Whether a person has still to assign or to class it."""
        return self.state == TRIAGE or (self.reply_key is not None and not self.kind)


@dataclass(frozen=True)
class InboxQuery:
    """Which messages are meant.

    view: open (to assign or to class), triage, to_class, filed, automatic, set_aside or all.

    campaign_key: leaves out what belongs, or is proposed to belong, to letters of others. search: words, each
    of which must begin a word of who it comes from or its subject, or stand in the reference or the name of
    its letter's recipient.
    """

    view: str = "open"
    campaign_key: int | None = None
    search: str = ""


def inbox_found(query: InboxQuery) -> ListQuery:
    """Messages: those that somebody must assign first, then the newest first; or by from, subject, letter,
    standing or received.

    Raises: UsageError for an unknown view.
    """
    parts = [_in_view(query.view)]
    if query.campaign_key is not None:
        of_campaign = _of_letter(LetterRow.c.campaign_id == query.campaign_key)
        parts.append(or_(_message.c.letter_id.is_(None), of_campaign))
    parts += [_has(word) for word in query.search.split()]
    received = cast(_message.c.received_on, String)
    shown = select(LetterRow.c.reference_key).where(LetterRow.c.id == _message.c.letter_id)
    return ListQuery(
        _message.c.id,
        _message,
        and_(*parts),
        {
            "waiting": case((_message.c.state == TRIAGE, "1"), else_="0") + received,
            "received": received,
            "from": key_of_texts(
                func.coalesce(func.nullif(_message.c.from_name, ""), _message.c.from_address)
            ),
            "subject": key_of_texts(_message.c.subject),
            "letter": shown.scalar_subquery(),
            "standing": _standing(),
        },
        Order("waiting", descending=True),
    )


def inbox_page(
    session: Session,
    query: InboxQuery,
    order: Order = USUAL,
    *,
    after: Key | None = None,
    offset: int = 0,
    limit: int = 100,
) -> Page[InboxRow]:
    """A page of the inbox.

    Args: order: as for `inbox_found`. after, offset, limit: as for `store.paging.page_ids`.
    """
    settle_session(session)
    rows_of = partial(messages_of, session)
    return read_page(session, inbox_found(query), rows_of, order, after=after, offset=offset, limit=limit)


def inbox_read(
    session: Session, query: InboxQuery, order: Order = USUAL, *, after: Key | None = None, limit: int = 0
) -> Iterator[InboxRow]:
    """All messages that a query means, read some at a time.

    limit: at most so many, 0 for all. Args: as for `inbox_page`.
    """
    settle_session(session)
    rows_of = partial(messages_of, session)
    yield from read_all(session, inbox_found(query), rows_of, order, after=after, limit=limit)


def inbox_rows(
    session: Session,
    view: str = "open",
    *,
    references: Sequence[str] | None = None,
    campaign_key: int | None = None,
) -> tuple[InboxRow, ...]:
    """Messages that came in: those that need somebody first, then the newest first.

    Args: view, campaign_key: as in `InboxQuery`. references: of these letters only.
    """
    settle_session(session)
    found = inbox_found(InboxQuery(view, campaign_key))
    if references is not None:
        letters = select(_letter.c.id).where(_letter.c.reference.in_(references))
        found = found.only(_message.c.letter_id.in_(letters))
    return messages_of(session, all_ids(session, found))


def messages_of(session: Session, keys: Collection[int]) -> tuple[InboxRow, ...]:
    """Messages by their keys, in the order of these."""
    files = (
        select(func.count()).where(Attachment.message_id == Message.id).correlate(Message).scalar_subquery()
    )
    query = (
        select(Message, Letter.reference, Person.name, Organization.name, Reply.id, Reply.kind, files)
        .outerjoin(Letter, Letter.id == Message.letter_id)
        .outerjoin(Person, Person.id == Letter.person_id)
        .outerjoin(Organization, Organization.id == Letter.organization_id)
        .outerjoin(Reply, Reply.mail_id == Message.id)
    )
    read = {
        m.id: InboxRow(
            key=m.id,
            received_on=m.received_on,
            from_name=m.from_name,
            from_address=m.from_address,
            subject=m.subject,
            nature=m.nature,
            nature_reason=m.nature_reason,
            state=m.state,
            reference=reference or "",
            recipient=person or body or "",
            basis=m.basis,
            confidence=m.confidence,
            reply_key=reply,
            kind=kind.value if kind else "",
            file_count=file_count,
        )
        for chunk in in_chunks(list(keys))
        for m, reference, person, body, reply, kind, file_count in session.execute(
            query.where(chunk(Message.id))
        )
    }
    return tuple(in_order_of(keys, read))


def _in_view(view: str) -> ColumnElement[bool]:
    to_class = _message.c.id.in_(
        select(_reply.c.mail_id).where(_reply.c.kind.is_(None), _reply.c.mail_id.is_not(None))
    )
    match view:
        case "open":
            return or_(_message.c.state == TRIAGE, to_class)
        case "triage" | "filed" | "set_aside":
            return _message.c.state == MessageState(view)
        case "to_class":
            return to_class
        case "automatic":
            return _message.c.nature != MessageKind.ANSWER
        case "all":
            return true()
    raise UsageError(f"“{view}” is no view of the inbox. There are: {', '.join(VIEWS)}.")


def _of_letter(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(LetterRow.c.id).where(LetterRow.c.id == _message.c.letter_id, condition).exists()


def _has(word: str) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    if any(c.isalnum() for c in word):
        found = select(_words.c.rowid).where(_words.c.search_messages.op("MATCH")(fts_query(word)))
        parts.append(_message.c.id.in_(found))
    plain = folded(word)
    parts.append(
        _of_letter(
            or_(
                func.instr(func.lower(LetterRow.c.reference), plain) > 0,
                func.instr(LetterRow.c.recipient_key, plain) > 0,
            )
        )
    )
    return or_(*parts)


def _standing() -> ColumnElement[Any]:
    kind = select(_reply.c.kind).where(_reply.c.mail_id == _message.c.id).limit(1).scalar_subquery()
    return case(
        (_message.c.nature != MessageKind.ANSWER, cast(_message.c.nature, String)),
        (_message.c.state == TRIAGE, literal("to assign")),
        (_message.c.state == MessageState.SET_ASIDE, literal("set aside")),
        else_=func.coalesce(cast(kind, String), "to class"),
    )
