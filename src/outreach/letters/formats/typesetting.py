"""Setting documents as PDF with typst. Data goes in as JSON, never as markup."""

import json
import threading
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import typst

from outreach.errors import TypesettingError
from outreach.resources import resource

STANDARDS = ["a-2a", "ua-1"]
_LOCK = threading.Lock()


@lru_cache(maxsize=8)
def _compiler(layout: str) -> typst.Compiler:
    folder = resource("templates/packs")
    return typst.Compiler(
        str(folder / f"{layout}.typ"),
        root=str(folder),
        font_paths=[str(resource("resources/fonts"))],
    )


def typeset(
    layout: str, data: dict[str, Any], *, at: datetime | None = None, standards: bool = True
) -> bytes:
    """Set a document.

    Args: layout: name of a file in templates/packs, without its ending. data: plain data for it.
        at: the instant written into the file as its date of creation; the same data and instant give
        the same bytes. standards: claim PDF/A-2a and PDF/UA-1; where the text rules that out (a
        character that no font has), the file is made without the claim.
    Raises: TypesettingError with typst's own words.
    """
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    stamp = int((at or datetime(2000, 1, 1, tzinfo=UTC)).timestamp())
    with _LOCK:
        compiler = _compiler(layout)
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
