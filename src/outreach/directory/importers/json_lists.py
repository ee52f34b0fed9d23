"""The lists of a JSON file, read one item at a time with Python's own decoder.

The C library of the streaming parser that stood here ended the process on a number of 5,000 digits; the
decoder of the standard library raises what can be caught, and is fed no more than one item needs.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from outreach.errors import ImportFileError

_BLOCK = 1 << 16
_LARGEST_ITEM = 4_000_000
_BLANKS = " \t\r\n"


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def json_lists(path: Path, wanted: str) -> Iterator[dict[str, Any]]:
    """The objects of the lists that stand under a key of a JSON file's outermost object, in their order.

    Args: wanted: the key. Returns: each item; one that is no object comes as an empty one.
    Raises: ImportFileError for a file that is no such JSON or is nested too deeply.
    """
    for key, item in _entries(path):
        if key == wanted:
            yield item if isinstance(item, dict) else {}


def json_value(path: Path, wanted: str) -> Any:
    """What stands under a key of the outermost object; None if there is nothing.

    Of a list, its first item.
    """
    return next((item for key, item in _entries(path) if key == wanted), None)


def _entries(path: Path) -> Iterator[tuple[str, Any]]:
    """(key, item) of everything in the outermost object; a list comes item by item."""
    try:
        with path.open("rb") as file:
            marked = file.read(2) in {b"\xff\xfe", b"\xfe\xff"}
        with path.open(encoding="utf-16" if marked else "utf-8-sig", newline="") as text:
            yield from _Reader(text, path.name).entries()
    except RecursionError as error:
        raise ImportFileError(
            f"{path.name} is nested too deeply for a directory. Nothing was imported."
        ) from error
    except (ValueError, UnicodeError) as error:
        # Places are told within the window, which nobody has before them.
        told = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        reason = " ".join(told.split())[:160]
        raise ImportFileError(
            f"{path.name} is not whole or not JSON: {reason}. Nothing was imported; get the file again."
        ) from error


class _Reader:
    """A window on the text of a file that moves on as values are read."""

    def __init__(self, file: TextIO, name: str) -> None:
        self._file, self._name = file, name
        self._text, self._at, self._ended = "", 0, False

    def entries(self) -> Iterator[tuple[str, Any]]:
        if self._next() != "{":
            if self._peek() == "":
                raise ValueError("it is empty")
            return
        self._at += 1
        if self._next() == "}":
            return
        while True:
            key = self._value()
            if not isinstance(key, str) or self._next() != ":":
                raise ValueError(f"a name and a colon are missing before {self._peek()!r}")
            self._at += 1
            if self._next() == "[":
                for item in self._list():
                    yield key, item
            else:
                yield key, self._value()
            if not self._goes_on("}"):
                return

    def _list(self) -> Iterator[Any]:
        self._at += 1
        if self._next() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if not self._goes_on("]"):
                return

    def _goes_on(self, end: str) -> bool:
        """Step over a comma, or the end. Returns: whether it was a comma."""
        found = self._next()
        if found not in {",", end}:
            raise ValueError(
                f"{found!r} stands where a comma is due" if found else "it breaks off in the middle"
            )
        self._at += 1
        self._next()
        return found == ","

    def _value(self) -> Any:
        """The value at this place, with as much of the file read as it needs."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if not self._more():
                    raise
                continue
            # A number at the edge of the window may have more digits.
            if end == len(self._text) and self._more():
                continue
            self._at = end
            return value

    def _next(self) -> str:
        """The next character that is no blank; "" at the end of the file."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANKS:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _more(self) -> bool:
        """Read on, at least as much as is waiting, so that a long item is not tried over and over."""
        waiting = len(self._text) - self._at
        if self._ended or waiting > _LARGEST_ITEM:
            if not self._ended:
                raise ImportFileError(
                    f"{self._name}: an entry is broken or far too large. Check that it is the right file."
                )
            return False
        block = self._file.read(max(_BLOCK, waiting))
        self._ended = not block
        self._text = self._text[self._at :] + block
        self._at = 0
        return bool(block)
