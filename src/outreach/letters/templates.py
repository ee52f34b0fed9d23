"""Letter templates: Markdown with Jinja, and a front matter that says what they are for.

The front matter is YAML between two lines of three hyphens::

    title: UK entry ban            shown to users
    audience: [uk_minister]        keys of the forms of address; [any] for all
    language: en                   en, fr or de
    purpose: ask                   ask, follow_up, thanks or referral
    subject: Entry ban …           Jinja, one line
    asks: [uk-entry-ban]           ids of asks; left out: the asks meant for the recipient's audience
    required_facts: [victim]       beside those the text itself names
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from jinja2 import Environment, TemplateSyntaxError, meta, nodes
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from outreach.domain.address import audiences
from outreach.domain.wording import LANGUAGES
from outreach.errors import NotFoundError, TemplateError
from outreach.resources import resource

SUFFIX = ".md.j2"
ANY = "any"
ROOTS = frozenset({"facts", "case", "campaign", "recipient", "sender", "letter", "asks", "previous"})
_MAX_BYTES = 200_000


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1)
    audience: list[str] = Field(min_length=1)
    language: Literal["en", "fr", "de"]
    purpose: Literal["ask", "follow_up", "thanks", "referral"] = "ask"
    subject: str = Field(min_length=1)
    asks: list[str] | None = None
    required_facts: list[str] = []


@dataclass(frozen=True)
class LetterTemplate:
    """A template that was read and found well-formed.

    id: the file's name without its ending. asks: ids, or None for the asks of the recipient's
    audience. required_facts: named by the front matter or the text, in order of appearance.
    optional_facts: those the text asks for with ``is defined``.
    """

    id: str
    title: str
    audience: tuple[str, ...]
    language: str
    purpose: str
    subject: str
    body: str
    asks: tuple[str, ...] | None
    required_facts: tuple[str, ...]
    optional_facts: tuple[str, ...]
    needs_previous: bool
    path: Path

    def fits(self, audience: str) -> bool:
        """Whether the template is written for the audience."""
        return ANY in self.audience or audience in self.audience


def templates_list() -> tuple[LetterTemplate, ...]:
    """The templates in templates/letters, by purpose, audience and language."""
    order = {"ask": 0, "follow_up": 1, "thanks": 2, "referral": 3}
    found = [
        read_template(p) for p in sorted(resource("templates/letters").glob(f"*{SUFFIX}")) if p.name[0] != "_"
    ]
    keys = [*audiences(), ANY]
    return tuple(
        sorted(found, key=lambda t: (order[t.purpose], min(keys.index(a) for a in t.audience), t.id))
    )


def load_template(name: str) -> LetterTemplate:
    """A template by its id, or any file by its path.

    Raises: NotFoundError naming the templates there are; TemplateError if it is not well-formed.
    """
    folder = resource("templates/letters")
    if "/" not in name and "\\" not in name and (folder / f"{name}{SUFFIX}").exists():
        return read_template(folder / f"{name}{SUFFIX}")
    if Path(name).is_file():
        return read_template(Path(name))
    known = ", ".join(
        sorted(p.name.removesuffix(SUFFIX) for p in folder.glob(f"*{SUFFIX}") if p.name[0] != "_")
    )
    raise NotFoundError(f"There is no template “{name}”. Name a file, or one of: {known}.")


def read_template(path: Path) -> LetterTemplate:
    """Read and check one template file, without running it.

    Raises: TemplateError naming the file, the line and what is wrong.
    """
    try:
        raw = path.read_bytes()
        text = raw[: _MAX_BYTES + 1].decode("utf-8-sig")
    except OSError as error:
        raise TemplateError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise TemplateError(f"{path.name} is not UTF-8 text. Save it as UTF-8.") from error
    if len(raw) > _MAX_BYTES:
        raise TemplateError(f"{path.name} is larger than {_MAX_BYTES // 1000} kB, too large for a letter.")
    head, body, first_line = _split(path.name, text.replace("\r\n", "\n"))
    front = _front_matter(path.name, head)
    trees = [_parsed(path.name, front.subject, 1, "subject"), _parsed(path.name, body, first_line, "body")]
    named, optional = _fact_names(trees)
    _refuse_unknown_names(path.name, trees)
    required = tuple(dict.fromkeys([*front.required_facts, *(n for n in named if n not in optional)]))
    return LetterTemplate(
        id=path.name.removesuffix(SUFFIX),
        title=front.title,
        audience=tuple(front.audience),
        language=front.language,
        purpose=front.purpose,
        subject=front.subject,
        body=body,
        asks=tuple(front.asks) if front.asks is not None else None,
        required_facts=required,
        optional_facts=tuple(n for n in named if n in optional and n not in required),
        needs_previous=any(
            node.name == "previous"
            for tree in trees
            for node in tree.find_all(nodes.Name)
            if node.ctx == "load"
        ),
        path=path,
    )


def _split(name: str, text: str) -> tuple[str, str, int]:
    lines = text.split("\n")
    if not lines or lines[0].strip() != "---":
        raise TemplateError(
            f"{name} has no front matter. Begin it with a line of three hyphens, then title, audience …"
        )
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]).strip("\n"), number + 2
    raise TemplateError(f"{name}: the front matter never ends. Close it with a line of three hyphens.")


def _front_matter(name: str, head: str) -> _FrontMatter:
    try:
        content = yaml.safe_load(head)
        if not isinstance(content, dict):
            raise TemplateError(f"{name}: the front matter must hold lines such as “title: …”.")
        front = _FrontMatter.model_validate(content)
    except yaml.YAMLError as error:
        raise TemplateError(
            f"{name}: the front matter cannot be read: {' '.join(str(error).split())[:200]}"
        ) from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(str(x) for x in e['loc'])}: {e['msg']}" for e in error.errors()[:6])
        raise TemplateError(f"{name}: in the front matter, {wrong}") from error
    unknown = [a for a in front.audience if a != ANY and a not in audiences()]
    if unknown:
        raise TemplateError(
            f"{name}: no audience is called {', '.join(unknown)}. Known are: {', '.join([*audiences(), ANY])}."
        )
    return front


def _parsed(name: str, source: str, first_line: int, part: str) -> nodes.Template:
    try:
        return Environment(trim_blocks=True, lstrip_blocks=True, autoescape=False).parse(source)
    except TemplateSyntaxError as error:
        line = first_line + error.lineno - 1
        where = f"line {line}" if part == "body" else f"the {part}"
        raise TemplateError(f"{name}, {where}: {error.message}. Correct it and try again.") from error
    except RecursionError as error:
        raise TemplateError(f"{name}: the {part} is nested too deeply.") from error


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


def _refuse_unknown_names(name: str, trees: list[nodes.Template]) -> None:
    globals_ = {"range", "dict", "lipsum", "cycler", "joiner", "namespace"}
    unknown = sorted({v for tree in trees for v in meta.find_undeclared_variables(tree)} - ROOTS - globals_)
    if unknown:
        raise TemplateError(
            f"{name} uses {', '.join(unknown)}, which templates do not have. They have: {', '.join(sorted(ROOTS))}; "
            "a fact is written facts.its_name."
        )


def template_problems(template: LetterTemplate, known_facts: set[str]) -> list[str]:
    """What would keep the template from being used with a case. Returns: one sentence a problem."""
    missing = [f for f in template.required_facts if f not in known_facts]
    return [f"The case has no fact {name}." for name in missing]


def best_template(
    templates: tuple[LetterTemplate, ...], audience: str, language: str, purpose: str = "ask"
) -> LetterTemplate | None:
    """The template written for an audience, in the preferred language if there is one, else in English."""
    fitting = [t for t in templates if t.purpose == purpose and t.fits(audience)]
    for wanted in (language, "en", *LANGUAGES):
        for exact in (True, False):
            for template in fitting:
                if template.language == wanted and (audience in template.audience or not exact):
                    return template
    return None


def in_language(
    templates: tuple[LetterTemplate, ...], template: LetterTemplate, language: str
) -> LetterTemplate:
    """The same letter in another language, if there is one: same audience and purpose, same asks."""
    if not language or template.language == language:
        return template
    same: list[Any] = [
        t
        for t in templates
        if t.language == language and t.purpose == template.purpose and t.audience == template.audience
    ]
    return same[0] if same else template
