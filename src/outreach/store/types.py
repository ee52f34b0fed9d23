"""Column types and small mixins shared by all models."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, MetaData, String, Table, Text, select
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from outreach.domain.letter_life import Step
from outreach.domain.matching import Basis
from outreach.domain.message_kind import MessageKind
from outreach.domain.notice import Notice, read_notice
from outreach.domain.states import (
    Channel,
    DispatchOutcome,
    FollowUpReason,
    LetterStatus,
    MessageState,
    Origin,
    ReplyKind,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Stored in UTC, given back aware; a naive value is refused.

    SQLite drops the offset of a plain DateTime: 12:00+03:00 came back as naive 12:00.
    """

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def stored_by_value(enum: type, length: int = 24) -> SqlEnum:
    """The type of a column that keeps the values of an enum, as plain text of at most so many characters."""
    return SqlEnum(
        enum,
        native_enum=False,
        length=length,
        create_constraint=False,
        values_callable=lambda members: [str(m.value) for m in members],
    )


class NoticeText(TypeDecorator[Notice | None]):
    """A notice as JSON text, "" for none."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Notice | None, dialect: Dialect) -> str:
        return value.as_json() if value is not None else ""

    def process_result_value(self, value: str | None, dialect: Dialect) -> Notice | None:
        return read_notice(value or "")


class Base(DeclarativeBase):
    """Base of all tables. Constraints are named, since SQLite's batch migrations need names."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UtcDateTime(),
        LetterStatus: stored_by_value(LetterStatus),
        ReplyKind: stored_by_value(ReplyKind),
        Channel: stored_by_value(Channel),
        MessageKind: stored_by_value(MessageKind),
        Basis: stored_by_value(Basis),
        Step: stored_by_value(Step, 40),
        Origin: stored_by_value(Origin, 16),
        DispatchOutcome: stored_by_value(DispatchOutcome, 16),
        MessageState: stored_by_value(MessageState, 16),
        FollowUpReason: stored_by_value(FollowUpReason),
    }

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-10)


class Named:
    """A record with an identifier for the terminal and for files, made from its name and kept."""

    slug: Mapped[str] = mapped_column(String(80), unique=True)


class Deletable:
    """A record whose deletion can be undone: it stays, marked, and no ordinary read sees it."""

    deleted_at: Mapped[datetime | None] = mapped_column()


def now() -> datetime:
    """The present instant, aware, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that work on rows rather than on objects."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def free_slug(session: Session, model: type[Named], wanted: str) -> str:
    """An identifier that no record of a table has yet, deleted ones counted:
    the one wanted, or with a number.
    """
    taken = set(
        session.scalars(
            select(model.slug)
            .where(model.slug.like(f"{wanted[:70]}%"))
            .execution_options(include_deleted=True)
        )
    )
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted[:70]}-{number}"
    return candidate
