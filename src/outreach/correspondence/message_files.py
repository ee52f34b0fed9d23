"""Messages in files: .eml, mbox, and folders of them."""

import mailbox
from collections.abc import Iterable, Iterator
from pathlib import Path

from outreach.correspondence.incoming import Incoming
from outreach.errors import UsageError
from outreach.messages.parse import MAX_BYTES, read_message

_ENDINGS = frozenset({".eml", ".mbox", ".mbx"})


def messages_in(paths: Iterable[Path]) -> Iterator[Incoming]:
    """Every message in some files and folders, one at a time; an mbox is read without being held in memory.

    Raises: UsageError for a file that is missing, unreadable, or no message.
    """
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in _ENDINGS)
            if not inside:
                raise UsageError(f"{path} holds no .eml or .mbox file.")
            yield from messages_in(inside)
        elif is_mbox(path):
            yield from _mbox(path)
        else:
            yield Incoming(read_message(path).raw, name=path.name)


def is_mbox(path: Path) -> bool:
    """Whether a file is an mbox: its first line begins with “From ” (RFC 4155).

    Raises: UsageError if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(5) == b"From "
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def _mbox(path: Path) -> Iterator[Incoming]:
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), start=1):
            raw = box.get_bytes(key)
            if len(raw) <= MAX_BYTES:
                yield Incoming(raw, name=f"Message {number} of {path.name}")
            else:
                yield Incoming(b"", name=f"Message {number} of {path.name}, which is larger than 50 MB,")
    finally:
        box.close()
