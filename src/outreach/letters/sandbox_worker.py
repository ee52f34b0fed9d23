"""The process in which everything is done that reads a template: its front matter, its syntax, its text.

Templates are written by users, so they are input, not code. Jinja's immutable sandbox keeps them from
Python's internals; limits of time, memory and files keep them from the rest. After its start this process can
open no file, no library and no connection. It imports nothing of the program, and no other part of the
program imports jinja2.

Its one argument is the folder of files that may be included. It reads one JSON request a line from standard
input, and answers with JSON, a line for each answer:

- ``{"kind": "inspect", "text": a whole file}`` gives ``{"front": …, "body": …, "facts": [names], "optional":
  [names], "names": [those there are], "unknown": [names], "needs_previous": bool}``;
- ``{"kind": "render", "parts": {name: template}, "common": {…}, "each": [{…}], "free": seconds}`` gives for
  each letter, in their order, ``{"parts": {name: text}, "used": [[fact, words]]}``, the facts in the order
  they stand in the text; what is in common is sent and read once. The first letter that cannot be made is the
  last that is answered;
- either gives ``{"error": kind, "message": …, "line": n, "part": name}`` where it cannot.

A request's ``cpu`` is the time it may take, of many letters beyond what is ``free`` for each; who takes
longer is ended by the system. Each answer has ``seconds``, the time it took.

Longer than 400 lines because it must be one file: Python is started with this path alone and without the
program's packages (``-I``), so that nothing that a template could reach is loaded beside it.
"""

import json
import re
import signal
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import partial, wraps
from pathlib import Path
from typing import Any

import yaml
from jinja2 import (
    DictLoader,
    StrictUndefined,
    Template,
    TemplateSyntaxError,
    Undefined,
    UndefinedError,
    meta,
    nodes,
    pass_context,
    pass_environment,
)
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError, TemplateNotFound
from jinja2.filters import make_attrgetter
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

MEMORY_BYTES = 160 * 1024 * 1024
LETTER_CHARACTERS = 200_000
SUBJECT_CHARACTERS = 1_000
FRONT_CHARACTERS = 20_000
_LEAST_SECONDS = 0.001
_KEPT = 64
"""Templates that are kept compiled, for the next recipient."""

NAMES = frozenset({"facts", "case", "campaign", "recipient", "sender", "letter", "asks", "previous"})
FUNCTIONS = frozenset({"range", "dict", "namespace", "cycler", "joiner"})
FILTERS = frozenset(
    {
        "abs", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e", "escape", "first",
        "float", "forceescape",
        "groupby", "indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min",
        "reject", "rejectattr",
        "replace", "reverse", "round", "safe", "select", "selectattr", "slice", "sort", "string", "sum",
        "title", "trim", "truncate",
        "unique", "upper", "wordcount", "wordwrap",
    }
)  # fmt: skip
"""What a letter may need.

Those that read attributes by name, format, or write HTML or Python, are not among them.
"""
_TEXT_METHODS = frozenset(
    {
        "capitalize", "casefold", "center", "count", "endswith", "find", "index", "isalpha", "isdigit",
        "islower", "isnumeric",
        "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "partition", "removeprefix",
        "removesuffix", "replace",
        "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith",
        "strip", "swapcase",
        "title", "upper", "zfill",
    }
)  # fmt: skip

# Values


class Value(str):
    """Text that comes from facts. pieces: each with the names of the facts that it says."""

    pieces: tuple[tuple[str, frozenset[str]], ...]

    def __getitem__(self, key: Any) -> str:
        made: str = _made_of(super().__getitem__(key), self)
        return made

    @classmethod
    def of(cls, pieces: Iterable[tuple[str, frozenset[str]]]) -> "Value":
        """Pieces in their order, as one text."""
        found = tuple(pieces)
        made = cls("".join(text for text, _ in found))
        made.pieces = found
        return made


class FactValue(Value):
    """A fact as prose has it.

    ``.value`` adds a number's unit, ``.year`` is a date's, ``.formal`` is a person's name with title
    (Mr Magnitsky), ``.label`` and ``.raw`` are as in the table of facts.
    """

    value: Value
    label: Value
    raw: Value
    year: Value
    formal: Value


_FACT_ATTRIBUTES = frozenset(FactValue.__annotations__)


class Facts:
    """Facts by name, without methods that a fact's name could clash with."""

    __slots__ = ("_entries", "_made")

    def __init__(self, entries: dict[str, dict[str, str]]) -> None:
        self._entries = entries
        self._made: dict[str, FactValue] = {}

    def __getitem__(self, name: str) -> FactValue:
        if name not in self._made:
            self._made[name] = _fact(name, self._entries[name])
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries


def _fact(name: str, entry: dict[str, str]) -> FactValue:
    names = frozenset({name})
    fact = FactValue(entry["in_prose"])
    fact.pieces = ((entry["in_prose"], names),)
    year = entry["raw"][:4] if entry["type"] == "date" else ""
    words = {**entry, "formal": entry.get("formal") or entry["in_prose"], "year": year}
    for attribute in _FACT_ATTRIBUTES:
        setattr(fact, attribute, Value.of([(words[attribute], names)]))
    return fact


def _facts_in(thing: object, depth: int = 3) -> frozenset[str]:
    """The facts that a value was made of, as far as it says so."""
    if isinstance(thing, Value):
        return frozenset[str]().union(*(names for _, names in thing.pieces))
    if depth and isinstance(thing, list | tuple):
        return frozenset[str]().union(*(_facts_in(x, depth - 1) for x in thing[:200]))
    return frozenset()


def _made_of(result: Any, *sources: object) -> Any:
    """The result of a filter or method, which remembers the facts that it was made of."""
    if isinstance(result, Value) or not (isinstance(result, str) or type(result) in {list, tuple}):
        return result
    names = frozenset[str]().union(*(_facts_in(source) for source in sources))
    if not names or any(
        result is x for source in sources if isinstance(source, list | tuple) for x in source
    ):
        return result
    if isinstance(result, Markup):
        return result if _MARK.search(result) else Markup(f"{_mark(names, is_text=False)}{result}{_END}")
    if isinstance(result, str):
        return Value.of([(result, names)])
    return type(result)(_made_of(x, *sources) if type(x) is str else x for x in result)


# Marks: where values stand in what a template makes. They are control characters, which no value keeps.

_TEXT, _AS_IT_IS, _ZERO, _ONE, _BEGUN, _END = "\x01", "\x02", "\x03", "\x04", "\x05", "\x06"
_MARK = re.compile("([\x01\x02])([\x03\x04]*)\x05|\x06")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# As `domain.wording.printable` has it, which a test compares.
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
_SPACE = re.compile("[ \t\r\n\u2028\u2029]+")
_combinations: list[frozenset[str]] = []


def _mark(names: frozenset[str], *, is_text: bool) -> str:
    if names not in _combinations:
        _combinations.append(names)
    number = format(_combinations.index(names), "b").replace("0", _ZERO).replace("1", _ONE)
    return f"{_TEXT if is_text else _AS_IT_IS}{number}{_BEGUN}"


def plain(value: str) -> str:
    """A value for running text, on one line.

    Spaces, tabs and ends of lines become one space; characters that no page shows go. All others stay,
    no-break spaces among them.
    """
    return UNSEEN.sub("", _SPACE.sub(" ", value))


@pass_context
def _printed(context: Context, value: Any) -> Markup:
    """A value as it goes into the text, with marks around it.

    What blocks and macros have made is text already.
    """
    if isinstance(value, Markup):
        return value
    if value is None:
        raise UndefinedError("a value that is empty was put into the text")
    if type(value) is int:  # such as a list's number, which is meant as one
        return Markup(value)
    pieces = value.pieces if isinstance(value, Value) else ((str(value), frozenset[str]()),)
    return Markup("").join(
        Markup(f"{_mark(names, is_text=True)}{plain(text)}{_END}") for text, names in pieces if text
    )


def _woven(marked: str) -> tuple[str, list[tuple[int, int]], list[tuple[int, int, frozenset[str]]]]:
    """Text without its marks; where values stand in it; where facts stand in it."""
    made: list[str] = []
    values: list[tuple[int, int]] = []
    facts: list[tuple[int, int, frozenset[str]]] = []
    stack: list[tuple[str, int, frozenset[str]]] = []
    length = at = 0
    for mark in (*_MARK.finditer(marked), None):
        text = _CONTROLS.sub("", marked[at : mark.start() if mark else len(marked)])
        made.append(text)
        length += len(text)
        if mark is not None:
            at = mark.end()
        if mark is not None and mark[1]:
            number = int(mark[2].replace(_ZERO, "0").replace(_ONE, "1") or "0", 2)
            names = _combinations[number] if number < len(_combinations) else frozenset[str]()
            stack.append((mark[1], length, names))
        # At the end of the text all that is open ends.
        for kind, start, names in (
            reversed(stack) if mark is None else [stack.pop()] if stack and not mark[1] else []
        ):
            if kind == _TEXT and start < length:
                values.append((start, length))
            if names and start < length:
                facts.append((start, length, names))
    return "".join(made), sorted(values), sorted(facts, key=lambda f: f[:2])


# Markdown: values mean themselves wherever they stand.

_BLOCK = re.compile(
    r"(?P<rule>(?:-[ \t]*){3,}$|(?:_[ \t]*){3,}$|(?:\*[ \t]*){3,}$|[-=]+[ \t]*$)|(?P<heading>#{1,6}"
    r")(?=[ \t]|$)|"
    r"(?P<bullet>[-+*])(?=[ \t]|$)|(?P<number>\d{1,9}[.)])(?=[ \t]|$)|(?P<quote>>)|(?P<fence>~{3,}|`{3,})"
)
_CLOSING = re.compile(r"(?:^|(?<=[ \t]))#+[ \t]*$")
_INLINE = re.compile(r"[\\`*_\[\]<&!(:]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,31});")
_CODE = re.compile(
    r"^ {0,3}(?P<fence>```+|~~~+)[^\n`]*\n(?:.*?\n)?? {0,3}(?P=fence)[`~]*[ \t]*$|"
    r"(?<![\\`])(?P<ticks>`+)(?!`)(?P<inside>(?:[^\n]|\n(?!\s*\n))+?)(?<!`)(?P=ticks)(?!`)",
    re.MULTILINE | re.DOTALL,
)


def markdown(text: str, values: list[tuple[int, int]]) -> str:
    """Text in which the characters of values mean themselves (CommonMark), and those around them what they
    meant.

    Args: values: where they stand; none holds the end of a line. Only what would be read as form is escaped,
        so that people can still read and edit the text.
    """
    is_value = bytearray(len(text))
    for start, end in values:
        is_value[start:end] = b"\x01" * (end - start)
    edits: dict[int, str] = {}
    code = _code(text, is_value, edits)
    for start, end in values:
        for found in _INLINE.finditer(text, start, end):
            at = found.start()
            if not _within(code, at) and _means_form(text, at, is_value):
                edits[at] = f"\\{text[at]}"
    for found in _ENTITY.finditer(text):
        if any(is_value[found.start() : found.end()]) and not _within(code, found.start()):
            edits[found.start()] = "\\&"
    last = -1
    for start, end in values:
        line = text.rfind("\n", 0, start) + 1
        if line != last and not _within(code, start):
            last, stop = line, text.find("\n", start)
            _escape_line(text, line, stop if stop >= 0 else len(text), is_value, edits)
        for edge, outside in (
            (start, text[start - 1 : start] if start else ""),
            (end - 1, text[end : end + 1]),
        ):
            if outside in {"*", "_"} and not _within(code, start):
                _keep_space(text, edge, edits)  # emphasis is not seen beside a space
    made, at = [], 0
    for place in sorted(edits):
        made += [text[at:place], edits[place]]
        at = place + 1
    return "".join((*made, text[at:]))


def _within(ranges: list[tuple[int, int]], at: int) -> bool:
    number = bisect_right(ranges, (at, sys.maxsize)) - 1
    return number >= 0 and at < ranges[number][1]


def _means_form(text: str, at: int, is_value: bytearray) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    match text[at]:
        case "_":
            return not (before.isalnum() and after.isalnum())
        case "&":
            return False  # alone it means itself; see `_ENTITY`
        case "!":
            return after == "[" and not is_value[at + 1]
        case "(" | ":":
            return before == "]" and not is_value[at - 1]
    return True


def _code(text: str, is_value: bytearray, edits: dict[int, str]) -> list[tuple[int, int]]:
    """Where the template has set code, in which nothing can be escaped.

    A value's own backticks need longer ones around.
    """
    masked = (
        "".join("x" if is_value[at] else c for at, c in enumerate(text))
        if "`" in text or "~~~" in text
        else ""
    )
    ranges = []
    for found in _CODE.finditer(masked):
        ranges.append(found.span())
        if ticks := found["ticks"]:
            start, end = found.span("inside")
            inside = text[start:end]
            longest = max((len(run) for run in re.findall("`+", inside)), default=0)
            more = "`" * (longest + 1 - len(ticks)) if longest >= len(ticks) else ""
            pad = " " if "`" in {inside[0], inside[-1]} else ""
            edits[start - 1] = f"`{more}{pad}"
            edits[end] = f"{pad}{more}`"
    return ranges


def _escape_line(text: str, start: int, end: int, is_value: bytearray, edits: dict[int, str]) -> None:
    """Keep values from beginning a list, a heading, a quotation, a rule or code, or from ending a heading or
    ruling one.

    Spaces that do not break would be cut off at the ends of a line.
    """
    at, last = start, end - 1
    while last > start and text[last] in " \t":
        last -= 1
    if is_value[last]:
        _keep_space(text, last, edits)
    while True:
        while at < end and text[at] in " \t":
            if is_value[at]:
                edits[at] = ""  # it would not be shown, and could make code of the line
            at += 1
        if at < end and is_value[at]:
            _keep_space(text, at, edits)
        found = _BLOCK.match(text, at, end)
        kind = found.lastgroup if found else None
        if found is None or kind is None:
            return
        last = min(found.end(), end - 1)  # the space that makes it one, too
        own = [n for n in range(found.start(), last + 1) if is_value[n]]
        if own:
            place = (
                found.end() - 1
                if kind == "number"
                else min((n for n in own if text[n] not in " \t"), default=at)
            )
            edits[place] = f"\\{text[place]}"
            return
        if kind == "heading":
            first = next((n for n in range(found.end(), end) if text[n] not in " \t"), None)
            if first is not None and is_value[first]:
                _keep_space(text, first, edits)
            closing = _CLOSING.search(text, found.end(), end)
            own = [n for n in range(*closing.span()) if is_value[n] and text[n] == "#"] if closing else []
            for place in own[:1]:
                edits[place] = "\\#"
        if kind not in {"bullet", "number", "quote"}:
            return
        at = found.end()


def _keep_space(text: str, at: int, edits: dict[int, str]) -> None:
    if text[at].isspace() and text[at] not in " \t":
        edits[at] = f"&#{ord(text[at])};"


# The sandbox


class _Code(CodeGenerator):
    """As Jinja's, but for ``~``, which here keeps what its parts are made of."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with less in it, where values remember the facts that they are made of."""

    code_generator_class = _Code
    intercepted_binops = frozenset({"+", "*", "%"})

    def __init__(self, files: dict[str, str]) -> None:
        # Nothing is computed while a template is read, only while it runs. What blocks make counts as text
        # that is finished.
        super().__init__(
            loader=DictLoader(files),
            undefined=StrictUndefined,
            finalize=_printed,
            autoescape=True,
            optimized=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.globals = {name: self.globals[name] for name in FUNCTIONS}
        self.filters = {name: _remembering(self.filters[name]) for name in FILTERS}
        self.filters |= {"join": _join, "length": _length, "count": _length}
        self.filters |= dict.fromkeys(("e", "escape", "forceescape"), _printed)
        self._compiled: dict[str, Template] = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, FactValue) and attr in _FACT_ATTRIBUTES:
            return True
        if isinstance(obj, str) and attr not in _TEXT_METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """Refuse at once, also where the value would only be handed on."""
        raise SecurityError(f"{attribute!r} of {type(obj).__name__!r} may not be used")

    def wrap_str_format(self, value: Any) -> None:
        """Formatting reads attributes by name; it is refused like any other access that is not listed."""
        return None

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        result = super().call(__context, __obj, *args, **kwargs)
        return _made_of(result, getattr(__obj, "__self__", None), *args, *kwargs.values())

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return self.joined((left, right))
        return _made_of(super().call_binop(context, operator, left, right), left, right)

    def joined(self, parts: Iterable[Any]) -> str:
        """Parts as one text: finished text if one of them is, else a value of the facts in it."""
        found = list(parts)
        if any(isinstance(part, Markup) for part in found):
            return Markup("").join(_printed(None, part) for part in found)  # type: ignore[arg-type]
        if not any(isinstance(part, Value) for part in found):
            return "".join(map(str, found))
        return Value.of(
            piece
            for part in found
            for piece in (part.pieces if isinstance(part, Value) else [(str(part), frozenset[str]())])
        )

    def made(self, source: str) -> Template:
        """A template, compiled or taken from those that are."""
        if source not in self._compiled:
            if len(self._compiled) >= _KEPT:
                self._compiled.clear()
            self._compiled[source] = self.from_string(self.read(source))
        return self._compiled[source]

    def read(self, source: str) -> nodes.Template:
        """A template's syntax. Raises: TemplateSyntaxError."""
        tree = self.parse(_CONTROLS.sub("", source))
        for tag in tree.find_all((nodes.EvalContextModifier, nodes.ScopedEvalContextModifier)):
            raise TemplateSyntaxError(
                "Encountered the tag 'autoescape', which letters do not have.", tag.lineno
            )
        return tree


def _remembering(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def remembering(*args: Any, **kwargs: Any) -> Any:
        return _made_of(function(*args, **kwargs), *args, *kwargs.values())

    return remembering


@pass_environment
def _join(environment: _Environment, value: Iterable[Any], d: str = "", attribute: str | None = None) -> str:
    items = map(make_attrgetter(environment, attribute), value) if attribute is not None else value
    parts: list[Any] = []
    for item in items:
        parts += [d, item] if parts else [item]
    return environment.joined(parts)


def _length(value: Any) -> int:
    return len(_MARK.sub("", value)) if isinstance(value, Markup) else len(value)


# Requests


def inspect(environment: _Environment, request: dict[str, Any]) -> dict[str, Any]:
    """What a template file says of itself, and which names it uses. Its text is not run."""
    head, body, first_line = _split(request["text"].replace("\r\n", "\n").replace("\r", "\n"))
    front = _front(head)
    subject = front.get("subject")
    trees = []
    for part, source, line in (
        ("subject", subject if isinstance(subject, str) else "", 1),
        ("body", body, first_line),
    ):
        try:
            tree = environment.read(source)
            unknown = meta.find_undeclared_variables(tree) - NAMES - FUNCTIONS
            environment.compile(tree)
            trees.append((tree, unknown))
        except TemplateSyntaxError as error:
            return {
                "error": "syntax",
                "message": error.message,
                "line": line + error.lineno - 1,
                "part": part,
            }
        except (RecursionError, SyntaxError):
            return {"error": "nested", "part": part}
    named, optional = _fact_names([tree for tree, _ in trees])
    return {
        "front": front,
        "body": body,
        "facts": named,
        "optional": [name for name in named if name in optional],
        "names": sorted(NAMES),
        "unknown": sorted(set[str]().union(*(unknown for _, unknown in trees))),
        "needs_previous": any(
            name.name == "previous"
            for tree, _ in trees
            for name in tree.find_all(nodes.Name)
            if name.ctx == "load"
        ),
    }


class _FrontError(Exception):
    """The front matter cannot be read; the message says why."""


def _split(text: str) -> tuple[str, str, int]:
    lines = text.split("\n")
    if lines[0].strip() != "---":
        raise _FrontError(
            "there is no front matter. Begin it with a line of three hyphens, then title, audience …"
        )
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]).strip("\n"), number + 2
    raise _FrontError("the front matter never ends. Close it with a line of three hyphens.")


class _FrontLoader(yaml.SafeLoader):
    """YAML of plain data, without aliases: a few of them can stand for more than any memory holds."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it uses an alias (*name); write the value itself")
        return super().compose_node(parent, index)


def _front(head: str) -> dict[str, Any]:
    if len(head) > FRONT_CHARACTERS:
        raise _FrontError("the front matter is too long. Shorten it.")
    try:
        content = yaml.load(head, Loader=_FrontLoader)  # a safe loader
        plain_data = json.loads(json.dumps(content, default=str))
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        said = " ".join(str(error).split())[:200]
        raise _FrontError(f"the front matter cannot be read: {said}") from error
    if not isinstance(plain_data, dict):
        raise _FrontError("the front matter must hold lines such as “title: …”.")
    return plain_data


def _fact_names(trees: list[nodes.Template]) -> tuple[list[str], set[str]]:
    named: dict[str, None] = {}
    optional: set[str] = set()
    for tree in trees:
        for access in tree.find_all((nodes.Getattr, nodes.Getitem)):
            if (fact := _fact_name(access)) is not None:
                named[fact] = None
        for test in tree.find_all(nodes.Test):
            if test.name == "defined" and (fact := _fact_name(test.node)) is not None:
                optional.add(fact)
    return list(named), optional


def _fact_name(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == "facts":
        return node.attr
    if (
        isinstance(node, nodes.Getitem)
        and isinstance(node.node, nodes.Name)
        and node.node.name == "facts"
        and isinstance(node.arg, nodes.Const)
    ):
        return str(node.arg.value)
    return None


def render(environment: _Environment, request: dict[str, Any]) -> dict[str, Any]:
    """Fill every part of a request: subject (one line of plain text) and body (Markdown)."""
    context = _trimmed(request["context"])
    context["facts"] = Facts(context["facts"])
    return _filled(environment, request["parts"], context)


def _filled(environment: _Environment, sources: dict[str, str], context: dict[str, Any]) -> dict[str, Any]:
    _combinations[:] = [frozenset()]
    parts: dict[str, str] = {}
    used: list[tuple[str, str]] = []
    for part, source in sources.items():
        try:
            pieces: list[str] = []
            left = LETTER_CHARACTERS
            for piece in environment.made(source).generate(context):
                left -= len(piece)
                if left < 0:
                    return {"error": "size", "part": part}
                pieces.append(piece)
            text, values, facts = _woven("".join(pieces))
            if part == "subject" and len(text) > SUBJECT_CHARACTERS:
                return {"error": "size", "part": part}
            parts[part] = markdown(text, values) if part == "body" else text
            used += [(name, text[start:end]) for start, end, names in facts for name in sorted(names)]
        except Exception as error:
            return {**_failure(error), "part": part}
    return {"parts": parts, "used": used}


def _trimmed(data: Any) -> Any:
    """Data without spaces and empty lines around its texts, and without what no page shows."""
    if isinstance(data, str):
        return UNSEEN.sub("", data).strip(" \t\r\n\u2028\u2029")
    if isinstance(data, dict):
        return {key: _trimmed(value) for key, value in data.items()}
    return [_trimmed(value) for value in data] if isinstance(data, list) else data


def _failure(error: Exception) -> dict[str, Any]:
    message = " ".join(str(error).split())[:300]
    match error:
        case TemplateSyntaxError():
            return {
                "error": "syntax",
                "message": " ".join((error.message or "").split())[:300],
                "line": error.lineno,
            }
        case SecurityError():
            return {"error": "security", "message": message}
        case UndefinedError():
            return {"error": "undefined", "message": message}
        case TemplateNotFound():
            return {"error": "include", "message": message}
        case MemoryError() | OverflowError() | RecursionError():
            return {"error": "size"}
        case ValueError() if "integer string conversion" in message:
            return {"error": "size"}  # a number of thousands of digits
        case OSError() | ImportError():
            return {"error": "security", "message": "it uses something outside the letter"}
        case SyntaxError():
            return {"error": "nested"}
    return {"error": "other", "message": f"{type(error).__name__}: {message}"}


def answers(environment: _Environment, line: bytes) -> Iterator[bytes]:
    """The answers to one request, each as a line.

    It is ended by the system where it takes longer than the request allows.
    """
    request: dict[str, Any] = {}
    try:
        request = json.loads(line)
        if request["kind"] == "inspect":
            yield _timed(request["cpu"], partial(inspect, environment, request))[0]
            return
        left = request["cpu"]
        common = _trimmed(request["common"])
        common["facts"] = Facts(common["facts"])
        for own in request["each"]:
            context = {**common, **_trimmed(own)}
            fill = partial(_filled, environment, request["parts"], context)
            made, seconds, is_last = _timed(left, fill)
            yield made
            if is_last:
                return
            left = max(left - max(0.0, seconds - request["free"]), _LEAST_SECONDS)
    except Exception as error:
        yield json.dumps({**_failure(error), "part": "text", "seconds": 0}).encode() + b"\n"


def _timed(most: float, work: Callable[[], dict[str, Any]]) -> tuple[bytes, float, bool]:
    """An answer as a line, the seconds it took, and whether it is that something could not be made.

    most: seconds it may take.
    """
    started = time.process_time()
    made: dict[str, Any]
    try:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, most)
        made = work()
        seconds = time.process_time() - started
        encoded = json.dumps({**made, "seconds": seconds}).encode()
    except _FrontError as error:
        made, seconds = {"error": "front", "message": str(error)}, 0.0
        encoded = json.dumps({**made, "seconds": 0}).encode()
    except (MemoryError, RecursionError):
        made, seconds, encoded = {"error": "size"}, 0.0, b'{"error": "size", "part": "text", "seconds": 0}'
    except Exception as error:
        made, seconds = {**_failure(error), "part": "text"}, 0.0
        encoded = json.dumps({**made, "seconds": 0}).encode()
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, 0)
    return encoded + b"\n", seconds, "error" in made


def _shut_in() -> None:
    """From here on no file is opened and no connection made, nothing is written but the
    answers, and memory is bounded.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    for limit, most in (
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_NPROC", 0),
        ("RLIMIT_AS", MEMORY_BYTES),
        ("RLIMIT_NOFILE", 3),  # standard input, output and error
    ):
        try:
            resource.setrlimit(getattr(resource, limit), (most, most))
        except (AttributeError, ValueError, OSError):
            continue  # a system that does not have this one


def main() -> None:
    """Answer requests until standard input ends, which it does when the program does."""
    files = {path.name: path.read_text(encoding="utf-8") for path in Path(sys.argv[1]).glob("*.j2")}
    environment = _Environment(files)
    sys.set_int_max_str_digits(5000)
    # What is imported at its first use is imported now.
    for source in (r"{{ '\N{BULLET}\n'|wordwrap }}{{ nobody.name }}", "{% if %}"):
        first = {"kind": "render", "parts": {"body": source}, "common": {"facts": {}}, "each": [{}]}
        list(answers(environment, json.dumps({**first, "cpu": 60, "free": 0}).encode()))
    _shut_in()
    for line in sys.stdin.buffer:
        for answer in answers(environment, line):
            sys.stdout.buffer.write(answer)
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
