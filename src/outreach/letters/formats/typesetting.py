"""Setting documents as PDF with typst.

Data goes in as JSON, never as markup; pictures as files beside the layout.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any
from weakref import finalize

from outreach.domain.wording import printable
from outreach.errors import TypesettingError
from outreach.letters.formats.document import UNDATED
from outreach.resources import resource

if TYPE_CHECKING:
    import typst

STANDARDS = ["a-2a", "ua-1"]
_SECONDS = 600
_PICTURES_KEPT = 2_000_000
"""Bytes of pictures up to which a workshop is kept for the next document, as for a logo.

Evidence is too large for that.
"""


class _Workshop:
    """A folder with the layouts and pictures, and compilers for it that nobody uses at the moment.

    A compiler serves one thread at a time; making one takes as long as a letter.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._idle: SimpleQueue[typst.Compiler] = SimpleQueue()
        self._folder = resource("templates/packs")
        if not files:
            return
        scratch = Path(tempfile.mkdtemp(prefix="outreach-"))
        finalize(self, shutil.rmtree, scratch, ignore_errors=True)  # at the latest when the program ends
        (scratch / "files").mkdir()
        for part in self._folder.glob("*.typ"):
            shutil.copy(part, scratch / part.name)
        for name, content in files.items():
            (scratch / "files" / name).write_bytes(content)
        self._folder = scratch

    @contextmanager
    def compiler(self) -> Iterator[typst.Compiler]:
        try:
            compiler = self._idle.get_nowait()
        except Empty:
            compiler = new_compiler(self._folder)
        try:
            yield compiler
        finally:
            self._idle.put(compiler)


@lru_cache(maxsize=4)
def _kept_workshop(files: frozenset[tuple[str, bytes]]) -> _Workshop:
    return _Workshop(dict(files))


def _workshop(files: Mapping[str, bytes]) -> _Workshop:
    if sum(map(len, files.values())) > _PICTURES_KEPT:
        return _Workshop(files)
    return _kept_workshop(frozenset(files.items()))


def new_compiler(folder: Path) -> typst.Compiler:
    """A compiler for the layouts in a folder, with the app's fonts and no others."""
    import typst

    return typst.Compiler(
        root=str(folder), font_paths=[str(resource("resources/fonts"))], ignore_system_fonts=True
    )


def main_source(layout: str, data: dict[str, Any]) -> bytes:
    """The document that calls a layout with data.

    The data is JSON in a typst string. JSON of ASCII has no control characters, so that quotes and
    backslashes are all there is to escape, and no value can end the string. Data does not go through typst's
    own inputs: a change there makes it lay out anew even what stayed as it was.
    """
    text = json.dumps(printable(data)).replace("\\", "\\\\").replace('"', '\\"')
    return f'#import "/{layout}.typ": {layout}\n#{layout}(json(bytes("{text}")))'.encode("ascii")


def typeset(
    layout: str,
    data: dict[str, Any],
    *,
    at: datetime | None = None,
    standards: bool = True,
    files: Mapping[str, bytes] | None = None,
) -> bytes:
    """Set a document.

    Args: layout: name of a file in templates/packs, without its ending, and of the function in it. data:
        plain data for it. at: the instant written into the file as its date of creation; the same data and
        instant give the same bytes. standards: claim PDF/A-2a and PDF/UA-1; where the text rules that out (a
        character that no font has), the file is made without the claim. files: pictures by the names that the
        data calls them by; the layout finds them in /files.
    Raises: TypesettingError with typst's own words.
    """
    with _workshop(files or {}).compiler() as compiler:
        return _compiled(compiler, main_source(layout, data), at, standards)


def _compiled(compiler: typst.Compiler, source: bytes, at: datetime | None, standards: bool) -> bytes:
    stamp = int((at or UNDATED).timestamp())
    for claims in [STANDARDS, []] if standards else [[]]:
        # The stub wants a list of every literal it knows; a plain list of names is what it takes.
        options: dict[str, Any] = {"pdf_standards": claims, "timestamp": stamp}
        try:
            made = compiler.compile(source, format="pdf", **options)
            if isinstance(made, bytes):
                return made
            raise TypeError("typst gave no document")
        except (RuntimeError, ValueError, TypeError) as error:
            cause: Exception = error
    raise TypesettingError(f"The document could not be set: {' '.join(str(cause).split())[:300]}") from cause


@lru_cache(maxsize=8)
def svg_as_png(svg: bytes) -> bytes:
    """An SVG as a picture 20 mm high, of 300 dots an inch.

    Raises: TypesettingError for one that cannot be drawn.
    """
    import typst

    source = (
        b"#set page(width: auto, height: auto, margin: 0pt, fill: none)\n"
        b'#image(bytes(sys.inputs.svg), format: "svg", height: 20mm)'
    )
    # typst looks for pictures that an SVG refers to below its root, which by default is wherever the user
    # stands. The stub wants the root in bytes, since the source is.
    options: dict[str, Any] = {"root": str(resource("templates/packs"))}
    try:
        made = typst.compile(
            source, format="png", ppi=300, sys_inputs={"svg": svg.decode("utf-8")}, **options
        )
    except (RuntimeError, ValueError) as error:
        raise TypesettingError(f"The SVG could not be drawn: {' '.join(str(error).split())[:300]}") from error
    if not isinstance(made, bytes):
        raise TypesettingError("The SVG could not be drawn on one page.")
    return made


def typeset_apart(
    layout: str,
    data: dict[str, Any],
    *,
    at: datetime,
    standards: bool = True,
    files: Mapping[str, bytes] | None = None,
) -> bytes:
    """As `typeset`, in a process of its own.

    typst keeps what it has laid out for the next time: measured, five parts of 200 letters took 923 MB in one
    process. A process of its own for each part gives it back.
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
