"""Opening files from outside: their size, their encoding, and YAML and JSON without traps."""

import codecs
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import yaml

from outreach.domain.wording import printable
from outreach.errors import ImportFileError

# A list of everybody who ever sat in a parliament has a few tens of millions of bytes. Tables are read row by
# row and may be of any size; the others are read in several passes or item by item, and a limit keeps that
# short.
MAX_BYTES = {
    ".yaml": 200_000_000, ".yml": 200_000_000, ".json": 300_000_000, ".xml": 300_000_000, ".vcf": 50_000_000,
    ".vcard": 50_000_000,
}  # fmt: skip
MAX_LINE = 2_000_000
_MAX_ITEM_CHARACTERS = 500_000
_LONGEST_NUMBER = 40
_ALIAS = re.compile(r"(?:^|[\s\[{,:-])[*&][A-Za-z0-9_]", re.MULTILINE)


def sha256_of(path: Path) -> str:
    """Digest of a file's bytes. Raises: ImportFileError."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise ImportFileError(
            f"{path} cannot be read: {(error.strerror or str(error)).rstrip('.')}."
        ) from error
    return digest.hexdigest()


def encoding_of(path: Path) -> str:
    """Encoding of a text file: UTF-8 if all of it is valid, UTF-16 by its mark, else Windows-1252.

    Windows-1252 is what spreadsheets of Western Europe write; five of its bytes mean nothing, and a file that
    holds these is read with a replacement character rather than refused.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
            if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
                return "utf-16"
            file.seek(0)
            decoder = codecs.getincrementaldecoder("utf-8")()
            try:
                while block := file.read(1 << 20):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return "cp1252"
    except OSError as error:
        raise ImportFileError(
            f"{path} cannot be read: {(error.strerror or str(error)).rstrip('.')}."
        ) from error
    return "utf-8-sig"


def refuse_size(path: Path) -> None:
    """Refuse a file too large for what its name says it is. Raises: ImportFileError, OSError."""
    most = MAX_BYTES.get(path.suffix.lower())
    if most is not None and path.stat().st_size > most:
        raise ImportFileError(
            f"{path.name} is larger than {most // 1_000_000} MB, too large for a list of people. Check that "
            "it is the right file."
        )


def lines_of(file: TextIO, name: str) -> Iterator[str]:
    """The lines of a text.

    Raises: ImportFileError for one out of all proportion, before it fills the memory.
    """
    while line := file.readline(MAX_LINE):
        if len(line) >= MAX_LINE and not line.endswith("\n"):
            raise ImportFileError(
                f"{name} has a line of more than {MAX_LINE:,} characters. Check that it is the right file."
            )
        yield line


class _Loader(yaml.CSafeLoader):
    """The C loader; dates stay text."""


def _as_written(loader: Any, node: yaml.ScalarNode) -> str:
    return str(printable(str(loader.construct_scalar(node))))


def _number(loader: Any, node: yaml.ScalarNode) -> Any:
    if len(node.value) > _LONGEST_NUMBER:
        return _as_written(loader, node)
    return loader.construct_yaml_int(node) if node.tag.endswith(":int") else loader.construct_yaml_float(node)


def keep_long_numbers_as_text(loader: type[yaml.CSafeLoader] | type[yaml.SafeLoader]) -> None:
    """Make a YAML loader leave numbers that nobody writes as they stand:
    1:1:1:1 a million times takes minutes.
    """
    for tag in ("int", "float"):
        loader.add_constructor(f"tag:yaml.org,2002:{tag}", _number)


for _tag in ("timestamp", "str"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _as_written)
keep_long_numbers_as_text(_Loader)


def yaml_items(path: Path, *, keyed: bool = False) -> Iterator[tuple[int, Any]]:
    """The items of a YAML file that is one long list, or one mapping, read one at a time.

    Args: keyed: the file is a mapping; items are (key, value) then.
    Returns: (number from 1, item); the item is an Exception where it could not be read.
    Raises: ImportFileError for a file that is no such list, or holds a list item out of all proportion.
    """
    start = re.compile(r"^[^\s#-].*:" if keyed else r"^-(?:\s|$)")
    number, size = 0, 0
    lines: list[str] = []
    with path.open(encoding="utf-8-sig", errors="replace", newline=None) as file:
        for line in lines_of(file, path.name):
            if line.startswith(("---", "...", "%")) and not lines:
                continue
            if start.match(line) and lines:
                number += 1
                yield number, _item("".join(lines), keyed)
                lines, size = [], 0
            if not lines and not start.match(line):
                if line.strip() and not line.lstrip().startswith("#"):
                    kind = "a mapping" if keyed else "a list"
                    raise ImportFileError(
                        f"{path.name} is not {kind} of the expected form. Check that the right format was "
                        "chosen."
                    )
                continue
            lines.append(line)
            size += len(line)
            if size > _MAX_ITEM_CHARACTERS:
                raise ImportFileError(
                    f"{path.name}: entry {number + 1} is far too large. Check that it is the right file."
                )
    if lines:
        yield number + 1, _item("".join(lines), keyed)
    elif not number:
        raise ImportFileError(f"{path.name} holds no entries. Check that it is the right file.")


def _item(text: str, keyed: bool) -> Any:
    try:
        if "\N{REPLACEMENT CHARACTER}" in text:
            raise ValueError("it holds bytes that are not UTF-8")
        if _ALIAS.search(text) and any(
            isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.CSafeLoader)
        ):
            raise ValueError("it holds an alias (*name), which is not allowed here")
        content = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, ArithmeticError, RecursionError) as error:
        return ValueError(" ".join(str(error).split())[:200])
    if keyed:
        return (
            next(iter(content.items()))
            if isinstance(content, dict) and content
            else ValueError("it is empty")
        )
    return content[0] if isinstance(content, list) and content else ValueError("it is empty")
