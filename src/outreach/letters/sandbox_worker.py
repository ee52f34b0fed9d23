"""The process in which templates run: limited in memory, killed when it takes too long.

Templates are written by users, so they are input, not code. Jinja's immutable sandbox keeps them from
Python's internals, but not from an endless loop or from filling the memory; a process of its own does.

It reads one JSON request a line from standard input and answers with one JSON line:
``{"parts": {name: template}, "context": {…}, "folder": path of files that may be included}`` gives
``{"parts": {name: text}, "used": [fact names]}`` or ``{"error": kind, "message": …, "line": n, "part": name}``.
It imports nothing of the program.
"""

import contextlib
import json
import re
import sys
from collections.abc import Callable
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

MEMORY_BYTES = 768 * 1024 * 1024
OUTPUT_CHARACTERS = 2_000_000
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~])")
_LINE_START = re.compile(r"^(\s*)([#+-]|\d+[.)])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class FactValue(str):
    """A fact as prose has it.

    ``.value`` adds a number's unit, ``.year`` is a date's, ``.formal`` is a person's name with title
    (Mr Magnitsky), ``.label`` and ``.raw`` are as in the table of facts.
    """

    value: str
    label: str
    raw: str
    year: str
    formal: str


class Names:
    """Values by name, without methods that a fact's name could clash with; remembers what was used."""

    __slots__ = ("_used", "_values")

    def __init__(self, values: dict[str, Any], used: set[str]) -> None:
        self._values, self._used = values, used

    def __getitem__(self, name: str) -> Any:
        value = self._values[name]
        self._used.add(name)
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._values


def _fact(entry: dict[str, str]) -> FactValue:
    value = FactValue(entry["in_prose"])
    value.value, value.label, value.raw = entry["value"], entry["label"], entry["raw"]
    value.formal = entry.get("formal") or entry["in_prose"]
    value.year = entry["raw"][:4] if entry["type"] == "date" else ""
    return value


def plain(value: object) -> str:
    """A value for running text: one line, without control characters."""
    if value is None:
        raise UndefinedError("a value that is empty was put into the text")
    return " ".join(_CONTROL.sub("", str(value)).split())


def markdown_safe(value: object) -> str:
    """A value whose characters mean themselves in Markdown."""
    return _LINE_START.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", plain(value)))


def _environment(folder: str, finalize: Callable[[object], str]) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder) if folder else None,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )


def render(request: dict[str, Any]) -> dict[str, Any]:
    """Render every part of a request; the first failure is the answer."""
    used: set[str] = set()
    context = dict(request["context"])
    context["facts"] = Names({name: _fact(entry) for name, entry in context["facts"].items()}, used)
    parts: dict[str, str] = {}
    part = ""
    try:
        for part, source in request["parts"].items():
            environment = _environment(request["folder"], markdown_safe if part == "body" else plain)
            pieces: list[str] = []
            size = 0
            for piece in environment.from_string(source).generate(context):
                size += len(piece)
                if size > OUTPUT_CHARACTERS:
                    return {"error": "size", "message": "", "part": part}
                pieces.append(piece)
            parts[part] = "".join(pieces)
    except TemplateSyntaxError as error:
        return {"error": "syntax", "message": error.message or "", "line": error.lineno, "part": part}
    except UndefinedError as error:
        return {"error": "undefined", "message": error.message or "", "part": part}
    except SecurityError as error:
        return {"error": "security", "message": error.message or "", "part": part}
    except TemplateNotFound as error:
        return {"error": "include", "message": error.message or "", "part": part}
    except (MemoryError, OverflowError, RecursionError):
        return {"error": "size", "message": "", "part": part}
    except Exception as error:
        return {"error": "other", "message": f"{type(error).__name__}: {error}"[:300], "part": part}
    return {"parts": parts, "used": sorted(used)}


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main() -> None:
    """Answer requests until standard input ends, which it does when the program does."""
    _limit_memory()
    sys.set_int_max_str_digits(5000)
    for line in sys.stdin.buffer:
        answer = render(json.loads(line))
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
