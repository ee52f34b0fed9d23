"""The answers on file as a list, in pages."""

from collections.abc import Iterator
from functools import partial

from sqlalchemy import ColumnElement, String, and_, cast, func
from sqlalchemy.orm import Session

from outreach.correspondence.replies import NO_SUCH_ANSWER, ReplyRow, replies_of
from outreach.errors import NotFoundError
from outreach.store.models import Letter, Reply
from outreach.store.paging import (
    USUAL,
    Key,
    ListQuery,
    Order,
    Page,
    key_at,
    key_of_texts,
    read_all,
    read_page,
)
from outreach.store.types import table_of

_reply, _letter = table_of(Reply), table_of(Letter)


def answers_found() -> ListQuery:
    """Answers, the newest first; or by letter, kind or from."""
    received: ColumnElement[str] = cast(_reply.c.received_on, String)
    return ListQuery(
        _reply.c.id,
        _reply.join(_letter, and_(_letter.c.id == _reply.c.letter_id, _letter.c.deleted_at.is_(None))),
        _letter.c.deleted_at.is_(None),
        {
            "received": received,
            "letter": _letter.c.reference,
            "kind": cast(_reply.c.kind, String),
            "from": key_of_texts(func.coalesce(func.nullif(_reply.c.from_name, ""), _reply.c.from_address)),
        },
        Order("received", descending=True),
    )


def answers_page(
    session: Session,
    order: Order = USUAL,
    *,
    after: Key | None = None,
    offset: int = 0,
    limit: int = 100,
) -> Page[ReplyRow]:
    """A page of the answers.

    Args: order: as for `answers_found`. after, offset, limit: as for `store.paging.page_ids`.
    """
    rows_of = partial(replies_of, session)
    return read_page(session, answers_found(), rows_of, order, after=after, offset=offset, limit=limit)


def answers_read(
    session: Session, order: Order = USUAL, *, after: Key | None = None, limit: int = 0
) -> Iterator[ReplyRow]:
    """All answers, read some at a time. limit: at most so many, 0 for all. Args: as for `answers_page`."""
    rows_of = partial(replies_of, session)
    yield from read_all(session, answers_found(), rows_of, order, after=after, limit=limit)


def answer_row(session: Session, key: int) -> ReplyRow:
    """One answer. Raises: NotFoundError."""
    for row in replies_of(session, [key]):
        return row
    raise NotFoundError(NO_SUCH_ANSWER)


def place_of_answer(session: Session, key: int) -> Key:
    """Where an answer stands among the newest, to go on after it. Raises: NotFoundError."""
    found = key_at(session, answers_found(), key)
    if found is None:
        raise NotFoundError(NO_SUCH_ANSWER)
    return found
