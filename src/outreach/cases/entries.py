"""The form of records as files and forms give them, before they are put on file."""

import datetime as dt
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from outreach.domain.partial_dates import parse_partial
from outreach.errors import UsageError
from outreach.store.models import FactStatus, FactType


def _partial(value: object) -> object:
    if isinstance(value, dt.date | int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        try:
            return parse_partial(value)
        except UsageError as error:
            raise ValueError(str(error)) from error
    return value


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | float | dt.date) and not isinstance(value, bool) else value


Partial = Annotated[str, BeforeValidator(_partial)]


Text = Annotated[str, BeforeValidator(_text)]


Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]


FactName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]


class FileEntry(BaseModel):
    """What stands in a file: nothing but the fields that are known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CitationEntry(FileEntry):
    """source: id of a source. at: where in it. claim: which part of the record it supports."""

    source: Id
    at: Text = ""
    claim: Text = ""


class SourcedEntry(FileEntry):
    """What may cite sources."""

    sources: list[CitationEntry] = []


class FactEntry(SourcedEntry):
    """value: a partial date, a number, a text or a person's id, by type. unit: a currency for money."""

    name: FactName
    label: Text
    type: FactType
    value: Text
    unit: Text = ""
    translations: dict[str, Text] = {}
    on: Partial | None = None
    status: FactStatus = FactStatus.VERIFIED
    conflict: Text = ""
    note: Text = ""

    @model_validator(mode="after")
    def _typed(self) -> "FactEntry":
        if self.type is FactType.DATE:
            try:
                parse_partial(self.value)
            except UsageError as error:
                raise ValueError(str(error)) from error
        elif self.type in {FactType.NUMBER, FactType.MONEY}:
            number = _decimal(self.value)
            if number is None:
                raise ValueError(
                    f"“{self.value}” is not a number. Write digits, with a point before decimals."
                )
        if self.type is FactType.MONEY and not (len(self.unit) == 3 and self.unit.isupper()):
            raise ValueError("money needs its currency in unit, as three capitals such as USD")
        return self


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if number.is_finite() and abs(number) < 10**18 else None
