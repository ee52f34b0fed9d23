"""What incoming mail is looked up by, as SQL: each has an index of its own,
whose expression must be the same.
"""

from typing import Any

from sqlalchemy import ColumnElement, func, literal_column


def message_key(column: Any) -> ColumnElement[str]:
    """A Message-ID without its brackets, in lower case."""
    return func.lower(func.trim(column, literal_column("' <>'")))


def address_key(column: Any) -> ColumnElement[str]:
    """An e-mail address in lower case."""
    return func.lower(column)


def domain_key(column: Any) -> ColumnElement[str]:
    """What stands behind the last @ of an address, in lower case; all of a text that has none."""
    low = func.lower(column)
    up_to_it = func.rtrim(low, func.replace(low, literal_column("'@'"), literal_column("''")))
    return func.substr(low, func.length(up_to_it) + literal_column("1"))
