"""Setting documents as PDF with typst. Data goes in as JSON, never as markup; pictures as files beside the layout."""

import json
import shutil
import subprocess
import sys
import tempfile
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import typst

from outreach.domain.wording import printable
from outreach.errors import TypesettingError
from outreach.resources import resource

STANDARDS = ["a-2a", "ua-1"]
_SECONDS = 600
_idle: defaultdict[str, SimpleQueue[typst.Compiler]] = defaultdict(SimpleQueue)
"""Compilers that nobody uses at the moment, by layout. A compiler serves one thread at a time; making one takes as long as a letter."""


@contextmanager
def _compiler(layout: str) -> Iterator[typst.Compiler]:
    try:
        compiler = _idle[layout].get_nowait()
    except Empty:
        compiler = _new_compiler(resource("templates/packs"), layout)
    try:
        yield compiler
    finally:
        _idle[layout].put(compiler)


def _new_compiler(folder: Path, layout: str) -> typst.Compiler:
    return typst.Compiler(
        str(folder / f"{layout}.typ"),
        root=str(folder),
        font_paths=[str(resource("resources/fonts"))],
        ignore_system_fonts=True,
    )


def typeset(
    layout: str,
    data: dict[str, Any],
    *,
    at: datetime | None = None,
    standards: bool = True,
    files: Mapping[str, bytes] | None = None,
) -> bytes:
    """Set a document.

    Args: layout: name of a file in templates/packs, without its ending. data: plain data for it.
        at: the instant written into the file as its date of creation; the same data and instant give
        the same bytes. standards: claim PDF/A-2a and PDF/UA-1; where the text rules that out (a
        character that no font has), the file is made without the claim. files: pictures by the names that the data calls
        them by; the layout finds them in /files.
    Raises: TypesettingError with typst's own words.
    """
    if not files:
        with _compiler(layout) as compiler:
            return _compiled(compiler, data, at, standards)
    with tempfile.TemporaryDirectory(prefix="outreach-") as scratch:
        folder = Path(scratch)
        for part in resource("templates/packs").glob("*.typ"):
            shutil.copy(part, folder / part.name)
        (folder / "files").mkdir()
        for name, content in files.items():
            (folder / "files" / name).write_bytes(content)
        return _compiled(_new_compiler(folder, layout), data, at, standards)


def _compiled(compiler: typst.Compiler, data: dict[str, Any], at: datetime | None, standards: bool) -> bytes:
    inputs = {"data": json.dumps(printable(data), ensure_ascii=False)}
    stamp = int((at or datetime(2000, 1, 1, tzinfo=UTC)).timestamp())
    for claims in [STANDARDS, []] if standards else [[]]:
        # The stub wants a list of every literal it knows; a plain list of names is what it takes.
        options: dict[str, Any] = {"pdf_standards": claims, "timestamp": stamp}
        try:
            made = compiler.compile(format="pdf", sys_inputs=inputs, **options)
            if isinstance(made, bytes):
                return made
            raise TypeError("typst gave no document")
        except (RuntimeError, ValueError, TypeError) as error:
            cause: Exception = error
    raise TypesettingError(f"The document could not be set: {' '.join(str(cause).split())[:300]}") from cause


def typeset_apart(
    layout: str,
    data: dict[str, Any],
    *,
    at: datetime,
    standards: bool = True,
    files: Mapping[str, bytes] | None = None,
) -> bytes:
    """As `typeset`, in a process of its own.

    typst keeps what it has laid out for the next time: measured, five parts of 200 letters took 923 MB in one process. A process
    of its own for each part gives it back.
    """
    pictures = {name: b64encode(content).decode("ascii") for name, content in (files or {}).items()}
    order = json.dumps(
        {"layout": layout, "data": data, "at": at.timestamp(), "standards": standards, "files": pictures}
    )
    try:
        done = subprocess.run(
            [sys.executable, "-m", "outreach.letters.formats.typesetting"],
            input=order.encode("utf-8"),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TypesettingError(
            "A part of the document could not be set in time. Leave out some letters."
        ) from error
    if done.returncode != 0:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason given"]
        raise TypesettingError(f"A part of the document could not be set: {words[0][:300]}")
    return done.stdout


def _serve() -> None:
    """Set one document that is described on standard input, and write it to standard output."""
    order = json.loads(sys.stdin.buffer.read())
    at = datetime.fromtimestamp(order["at"], tz=UTC)
    files = {name: b64decode(content) for name, content in order["files"].items()}
    made = typeset(order["layout"], order["data"], at=at, standards=order["standards"], files=files)
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    _serve()
