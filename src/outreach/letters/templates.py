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

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from outreach.domain.address import audiences
from outreach.domain.wording import LANGUAGES
from outreach.errors import NotFoundError, TemplateError, UsageError
from outreach.files import read_given
from outreach.letters.sandbox import TemplateSandbox
from outreach.resources import resource

SUFFIX = ".md.j2"
ANY = "any"
_MAX_BYTES = 200_000
_READ: dict[str, dict[str, Any]] = {}
"""What the worker said of files that it has read, by their text; it says the same of the same text."""
_MOST_KEPT = 100


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


@contextmanager
def _one_command(sandbox: TemplateSandbox | None) -> Iterator[TemplateSandbox]:
    if sandbox is None:
        with TemplateSandbox() as own:
            yield own
    else:
        with sandbox.command():
            yield sandbox


def templates_list(sandbox: TemplateSandbox | None = None) -> tuple[LetterTemplate, ...]:
    """The templates in templates/letters, by purpose, audience and language. sandbox: see `read_template`."""
    order = {"ask": 0, "follow_up": 1, "thanks": 2, "referral": 3}
    with _one_command(sandbox) as reading:
        found = [
            read_template(p, reading)
            for p in sorted(resource("templates/letters").glob(f"*{SUFFIX}"))
            if p.name[0] != "_"
        ]
    keys = [*audiences(), ANY]
    return tuple(
        sorted(found, key=lambda t: (order[t.purpose], min(keys.index(a) for a in t.audience), t.id))
    )


def load_template(name: str, sandbox: TemplateSandbox | None = None) -> LetterTemplate:
    """A template by its id, or any file by its path. sandbox: see `read_template`.

    Raises: NotFoundError naming the templates there are; TemplateError if it is not well-formed.
    """
    folder = resource("templates/letters")
    if "/" not in name and "\\" not in name and _is_there(folder / f"{name}{SUFFIX}"):
        return read_template(folder / f"{name}{SUFFIX}", sandbox)
    if name and _is_there(Path(name)):
        return read_template(Path(name), sandbox)
    known = ", ".join(
        sorted(p.name.removesuffix(SUFFIX) for p in folder.glob(f"*{SUFFIX}") if p.name[0] != "_")
    )
    raise NotFoundError(f"There is no template “{name[:200]}”. Name a file, or one of: {known}.")


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def read_template(path: Path, sandbox: TemplateSandbox | None = None) -> LetterTemplate:
    """Read and check one template file, without running it.

    Args: sandbox: the process that reads it; None for one of its own, where the file was not read before.
    Raises: TemplateError naming the file, the line and what is wrong.
    """
    try:
        raw = read_given(path, most=_MAX_BYTES)
        text = raw.decode("utf-8-sig")
    except UsageError as error:
        raise TemplateError(str(error)) from error
    except UnicodeDecodeError as error:
        raise TemplateError(f"{path.name} is not UTF-8 text. Save it as UTF-8.") from error
    if len(raw) > _MAX_BYTES:
        raise TemplateError(f"{path.name} is larger than {_MAX_BYTES // 1000} kB, too large for a letter.")
    found = _READ.get(text)
    if found is None:
        with _one_command(sandbox) as reading:
            found = reading.inspect(path.name, text)
        if len(_READ) >= _MOST_KEPT:
            _READ.clear()
        _READ[text] = found
    front = _front_matter(path.name, found["front"])
    if found["unknown"]:
        raise TemplateError(
            f"{path.name} uses {', '.join(found['unknown'])[:200]}, which templates do not have. They have: "
            f"{', '.join(found['names'])}; a fact is written facts.its_name."
        )
    optional = set(found["optional"])
    required = tuple(
        dict.fromkeys([*front.required_facts, *(n for n in found["facts"] if n not in optional)])
    )
    return LetterTemplate(
        id=path.name.removesuffix(SUFFIX),
        title=front.title,
        audience=tuple(front.audience),
        language=front.language,
        purpose=front.purpose,
        subject=front.subject,
        body=found["body"],
        asks=tuple(front.asks) if front.asks is not None else None,
        required_facts=required,
        optional_facts=tuple(n for n in found["optional"] if n not in required),
        needs_previous=found["needs_previous"],
        path=path,
    )


def _front_matter(name: str, content: dict[str, Any]) -> _FrontMatter:
    try:
        front = _FrontMatter.model_validate(content)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(x)[:40] for x in e['loc'])}: {e['msg']}" for e in error.errors()[:6]
        )
        raise TemplateError(f"{name}: in the front matter, {wrong}") from error
    unknown = [a for a in front.audience if a != ANY and a not in audiences()]
    if unknown:
        raise TemplateError(
            f"{name}: no audience is called {', '.join(unknown)}. Known are: "
            f"{', '.join([*audiences(), ANY])}."
        )
    return front


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
