"""What goes into a template comes out of every format as the same characters, wherever it stands."""

import io
import json
import re
from datetime import date
from email import message_from_bytes, policy
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

import pytest
from docx import Document
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from outreach.domain.wording import one_line, printable, tidy_text
from outreach.letters import sandbox_worker as worker
from outreach.letters.formats.document import (
    Block,
    LetterDocument,
    Letterhead,
    inline_text,
    make_document,
    parse_blocks,
)
from outreach.letters.formats.docx import letter_docx
from outreach.letters.formats.eml import letter_eml
from outreach.letters.formats.html import letter_html
from outreach.letters.formats.pdf import letter_data
from outreach.letters.formats.text import letter_text
from outreach.letters.formats.typesetting import main_source

PIECES = (
    "16. Dezember 2010", "1)", "1.", "2", "-", "--", "---", "+", "#", "##", ">", "|", "=", "===", "~~~",
    "```", "`", "*", "**", "_", "__",
    "\\", "&", "&amp;", "amp;", "&#35;", "<b>", "<http://a.b>", "http://a.b/c_d", "a_b", "[x](y)", "[", "]",
    "(y)", ": z", "!", ":smile:",
    "(c)", "...", "'", '"', " ", "  ", "    ", "\u00a0", "\u202f", "\u00a0;", "\u2003", "\u200d", "\u00ad",
    "e\u0301", "א", "عربي", "👩\u200d⚖️",
    "Wort", "é", "\n", "\r\n", "\t", "\u2028", "\x07", "\x01", "\x05", "$x$", "@a", "#import", "{{", "%}",
)  # fmt: skip
VALUES = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join),
    st.text(min_size=1, max_size=12),
    st.text(alphabet="\\`*_{}[]()<>#+-.!|~=&;:1a \u00a0\n", min_size=1, max_size=10),
)
PLACES = {
    "alone": "{{ facts.x }}",
    "in a sentence": (
        "On {{ facts.x }} we wrote, {{ facts.x }}; see “{{ facts.x }}” ({{ facts.x }}): {{ facts.x }}!"
    ),
    "before a full stop": "{{ facts.x }}. Dezember",
    "in a list": "- {{ facts.x }}\n- {{ facts.x }};\n- and {{ facts.x }}",
    "in a numbered list": "1. {{ facts.x }}\n2. {{ facts.x }}.",
    "in a list in a list": "- a\n\n  1. {{ facts.x }}",
    "quoted": "> {{ facts.x }}\n> {{ facts.x }}",
    "in a heading": "# {{ facts.x }}\n\n## On {{ facts.x }}",
    "under a line": "before\n{{ facts.x }}\nafter",
    "after a paragraph": "before\n\n{{ facts.x }}\n\nafter",
    "beside itself": "{{ facts.x }}{{ facts.y }}",
    "after another": "{{ facts.y }} {{ facts.x }}",
    "in strong words": "A **{{ facts.x }}** word",
    "in emphasis": "A *{{ facts.x }}* word, *{{ facts.x }}*.",
    "in a link": "See [{{ facts.x }}](http://example.org/) there",
    "in code": "The name `{{ facts.x }}` is set",
    "from a macro": "{% macro m(v) %}- {{ v }}\n{% endmacro %}{{ m(facts.x) }}{{ m(facts.y) }}",
    "from a block": "{% set b %}{{ facts.x }}{% endset %}{{ b }} and {{ b }}",
    "joined": "{{ facts.x ~ ', ' ~ facts.y }} and {{ [facts.x, facts.y]|join('; ') }}",
    "behind signs": "!{{ facts.x }} &{{ facts.x }} ]{{ facts.x }} a{{ facts.x }} 1{{ facts.x }}",
}


@lru_cache(maxsize=1)
def environment() -> worker._Environment:
    return worker._Environment({})


def filled(template: str, *, x: str, y: str = "y") -> dict[str, str]:
    def fact(words: str) -> dict[str, str]:
        return {"in_prose": words, "value": words, "label": "", "raw": words, "type": "text", "formal": ""}

    request = {
        "parts": {"subject": "S {{ facts.x }}\u00a0: end", "body": template},
        "context": {"facts": {"x": fact(x), "y": fact(y)}},
    }
    answer = worker.render(environment(), request)
    assert "error" not in answer, answer
    parts: dict[str, str] = answer["parts"]
    return parts


def letter(parts: dict[str, str], language: str = "en") -> LetterDocument:
    return make_document(
        reference="MAG-0042",
        language=language,
        jurisdiction="",
        sender_lines=("Anna\u00a0Müller", "Justice"),
        address_lines=("Assemblée\u00a0nationale", "Paris"),
        written_on=date(2011, 1, 26),
        subject=one_line(parts["subject"]),
        salutation="Madame\u00a0la Ministre\u202f!",
        body=tidy_text(parts["body"]),
        close="Yours,",
        is_draft=True,
        letterhead=Letterhead(),
    )


def folded(text: str) -> str:
    """Text as it is compared: lines may be broken elsewhere at ordinary spaces, all else stays."""
    return one_line(text.replace("\n", " "))


def said(template: str, x: str, y: str) -> list[str]:
    """What a template says in plain words, block by block: its own few marks taken off by hand."""
    x, y = (printable(one_line(value)).strip(" ") for value in (x, y))
    plain = {
        "in a list": [x, f"{x};", f"and {x}"],
        "in a numbered list": [x, f"{x}."],
        "in a list in a list": ["a", x],
        "quoted": [f"{x} {x}"],
        "in a heading": [x, f"On {x}"],
        "under a line": [f"before {x} after"],
        "after a paragraph": ["before", x, "after"],
        "beside itself": [x + y],
        "after another": [f"{y} {x}"],
        "in strong words": [f"A {x} word"],
        "in emphasis": [f"A {x} word, {x}."],
        "in a link": [f"See {x} there"],
        "in code": [f"The name {x} is set"],
        "from a macro": [x, y],
        "from a block": [f"{x} and {x}"],
        "joined": [f"{x}, {y} and {x}; {y}"],
    }
    text = PLACES[template].replace("{{ facts.x }}", x).replace("{{ facts.y }}", y)
    return [folded(words) for words in plain.get(template, [text])]


def words_of(blocks: Any) -> list[str]:
    """The words of each block of a letter's tree."""
    found: list[str] = []
    for block in blocks:
        kind = block["type"]
        if kind == "list":
            for item in block["items"]:
                found += words_of(item)
        elif kind == "quote":
            found += words_of(block["blocks"])
        else:
            assert kind in {"paragraph", "heading"}, f"a value has become form: {block}"
            found.append(folded(inline_text(block["inlines"])))
    return found


def shape(blocks: tuple[Block, ...]) -> list[Any]:
    """The form of a letter's tree, without its words."""

    def inlines(nodes: list[dict[str, Any]]) -> list[Any]:
        return [(n["type"], inlines(n.get("children", []))) for n in nodes if n["type"] != "text"]

    return [
        (
            b["type"],
            b.get("level"),
            b.get("ordered"),
            b.get("start"),
            inlines(b.get("inlines", [])),
            [shape(tuple(item)) for item in b.get("items", [])],
            shape(tuple(b.get("blocks", ()))),
        )
        for b in blocks
    ]


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=60, deadline=None)
@given(x=VALUES, y=VALUES)
@example(x="16. Dezember 2010", y="1")
@example(x="1", y=". x")
@example(x="2010", y="#")
@example(x="===", y="---")
@example(x="\u00a0;\u00a0", y="\u202f")
@example(x="a\\", y="`a``")
def test_a_value_means_itself_wherever_it_stands(place: str, x: str, y: str) -> None:
    assume(printable(one_line(x)).strip(" ") and printable(one_line(y)).strip(" "))
    blocks = parse_blocks(tidy_text(filled(PLACES[place], x=x, y=y)["body"]))
    assert words_of(blocks) == said(place, x, y)
    assert shape(blocks) == shape(parse_blocks(tidy_text(filled(PLACES[place], x="Wort", y="Wort")["body"])))


def test_main_program_and_worker_agree_on_what_no_page_shows() -> None:
    text = "".join(map(chr, [*range(0x3000), *range(0xD7FF, 0xE010), *range(0xFDC0, 0x10010)]))
    assert worker.plain(text).strip(" ") == one_line(printable(text))


@settings(max_examples=150, deadline=None)
@given(x=VALUES)
def test_a_value_in_the_subject_is_the_same_characters(x: str) -> None:
    value = printable(one_line(x)).strip(" ")
    assert one_line(filled("b", x=x)["subject"]) == one_line(f"S {value}\u00a0: end")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in {"p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "address"}:
            self.found.append("")
        elif tag == "br":
            self.handle_data("\n")

    def handle_data(self, data: str) -> None:
        if self.found:
            self.found[-1] += data


def words_in_html(markup: str) -> list[str]:
    parser = _Words()
    parser.feed(markup)
    parser.close()
    return [folded(words) for words in parser.found]


PAGE = "\n\n".join(
    PLACES[name]
    for name in (
        "in a sentence", "in a list", "after a paragraph", "quoted", "in a heading", "in strong words",
        "in a numbered list",
        "beside itself", "in code",
    )
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr", "de"])
@settings(max_examples=25, deadline=None)
@given(x=VALUES, y=VALUES)
@example(x="16. Dezember 2010", y="\u202f;")
@example(x="\u00a0\u2003\u00a0", y="a\u00a0b " * 30)
def test_every_format_holds_the_same_characters(language: str, x: str, y: str) -> None:
    assume(printable(one_line(x)).strip(" ") and printable(one_line(y)).strip(" "))
    made = letter(filled(PAGE, x=x, y=y), language)
    words = words_of(made.blocks)
    subject = folded(made.subject)
    page = words_in_html(letter_html(made))
    assert [w for w in page if w][-len(words) - 2 : -2] == words
    assert {subject, folded(made.salutation)} <= set(page)

    paragraphs = [folded(p.text) for p in Document(io.BytesIO(letter_docx(made))).paragraphs]
    start = paragraphs.index(folded(made.salutation)) + 1
    assert paragraphs[start : start + len(words)] == words
    assert subject in paragraphs

    text = folded(letter_text(made).replace("\n> ", " "))
    at = text.index(folded(made.salutation))
    for block in words:
        at = text.index(block, at) + len(block)
    assert subject in text
    assert "Assemblée\u00a0nationale" in text

    sent = letter_eml(
        made, b"%PDF", to_name="Zoë\u00a0Müller", to_address="z@example.org", from_address="a@example.org",
        message_id="<1@example.org>",
    )  # fmt: skip
    message = message_from_bytes(sent, policy=policy.default)
    assert str(message["Subject"]) == f"{made.subject} [MAG-0042]"
    assert message["To"].addresses[0].display_name == "Zoë\u00a0Müller"
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == letter_text(made, heading=False)
    html = message.get_body(("html",))
    assert html is not None
    assert words_in_html(html.get_content()) == words_in_html(letter_html(made, with_logo=False))

    data = re.search(rb'json\(bytes\("(.*)"\)\)', main_source("letter", letter_data(made)))
    assert data is not None
    given_to_typst = json.loads(data[1].decode("ascii").replace('\\"', '"').replace("\\\\", "\\"))
    assert given_to_typst["blocks"] == json.loads(json.dumps(list(made.blocks)))
    assert given_to_typst["subject"] == made.subject
