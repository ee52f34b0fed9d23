"""A letter parsed once: its blocks and inlines as plain data, which every format then only writes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from outreach.domain.wording import date_in_words, locale_for, printable

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Block = dict[str, Any]
"""{"type": paragraph | heading | list | quote | code | rule, …}: see `parse_blocks`."""

ACCENT = "#1f4e79"
"""The layouts' own colour, for an organization that has none."""
UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
"""Written into files of letters that have no instant of their own yet, so that they do not
differ from one moment to the next.
"""
_WRONG_ORDINAL = re.compile(r"(?<!\\)\\(\d{1,9})([.)])")


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "linkify": False})


def is_svg(picture: bytes) -> bool:
    """Whether a picture is an SVG, by how it begins."""
    return picture.lstrip()[:5] in {b"<?xml", b"<svg "}


@dataclass(frozen=True)
class Letterhead:
    """The look of an organization.

    color: such as #1f4e79, "" for the layout's own. logo: SVG or PNG, b"" for none.
    """

    color: str = ""
    logo: bytes = b""

    @property
    def accent(self) -> str:
        """The colour to use."""
        return self.color or ACCENT

    @property
    def files(self) -> dict[str, bytes]:
        """The logo under the name that layouts find it by; empty without one."""
        return {"logo.svg" if is_svg(self.logo) else "logo.png": self.logo} if self.logo else {}

    @property
    def data(self) -> dict[str, str]:
        """As layouts expect it."""
        return {"color": self.color, "logo": next(iter(self.files), "")}


@dataclass(frozen=True)
class LetterDocument:
    """Everything a letter says, in reading order. date: in words, in the letter's language.

    signature: lines under the close. blocks: the body. is_draft: not approved yet.
    """

    reference: str
    language: str
    locale: str
    sender_lines: tuple[str, ...]
    address_lines: tuple[str, ...]
    date: str
    subject: str
    salutation: str
    blocks: tuple[Block, ...]
    close: str
    signature: tuple[str, ...]
    is_draft: bool
    body_markdown: str
    letterhead: Letterhead


def make_document(
    *,
    reference: str,
    language: str,
    jurisdiction: str,
    sender_lines: tuple[str, ...],
    address_lines: tuple[str, ...],
    written_on: date | None,
    subject: str,
    salutation: str,
    body: str,
    close: str,
    is_draft: bool,
    letterhead: Letterhead,
) -> LetterDocument:
    """Parse a letter's parts. jurisdiction: of the addressee's body; it decides how the date is written.

    What no page shows (see `wording.printable`) is left out here, so that every format says the same.
    """
    locale = locale_for(language, jurisdiction)
    text = mended(body) if is_draft else body
    return LetterDocument(
        reference=reference,
        language=language,
        locale=str(locale),
        sender_lines=tuple(printable(sender_lines)),
        address_lines=tuple(printable(address_lines)),
        date=date_in_words(written_on, locale) if written_on else "",
        subject=printable(subject),
        salutation=printable(salutation),
        blocks=parse_blocks(text),
        close=printable(close),
        signature=tuple(printable(sender_lines[:2])),
        is_draft=is_draft,
        body_markdown=text,
        letterhead=letterhead,
    )


def mended(markdown: str) -> str:
    """A text as it was meant where the program once escaped a day wrongly.

    Markdown would print the backslash of ``\\16. Dezember``.
    """
    return _WRONG_ORDINAL.sub(r"\1\\\2", markdown)


@lru_cache(maxsize=64)
def parse_blocks(markdown: str) -> tuple[Block, ...]:
    """Markdown (CommonMark without HTML, which stays text) as a tree of plain data.

    Blocks: ``paragraph`` and ``heading`` (level) hold ``inlines``; ``list`` (ordered, start) holds
    ``items``, each a list of blocks; ``quote`` holds ``blocks``; ``code`` holds ``text``; ``rule``.
    Inlines: ``text``, ``code`` (text); ``strong``, ``emphasis``, ``link`` (href) hold ``children``;
    ``break``.
    """
    tokens = _markdown().parse(printable(markdown))
    blocks, _ = _blocks(tokens, 0, "")
    return tuple(blocks)


def _blocks(tokens: list[Token], at: int, until: str) -> tuple[list[Block], int]:
    blocks: list[Block] = []
    while at < len(tokens):
        token = tokens[at]
        if token.type == until:
            return blocks, at + 1
        at += 1
        match token.type:
            case "paragraph_open":
                blocks.append({"type": "paragraph", "inlines": _inlines(tokens[at].children or [])})
                at += 2
            case "heading_open":
                level = int(token.tag[1:])
                blocks.append(
                    {"type": "heading", "level": level, "inlines": _inlines(tokens[at].children or [])}
                )
                at += 2
            case "bullet_list_open" | "ordered_list_open":
                ordered = token.type.startswith("ordered")
                items: list[list[Block]] = []
                end = token.type.replace("open", "close")
                while tokens[at].type != end:
                    inner, at = _blocks(tokens, at + 1, "list_item_close")
                    items.append(inner)
                at += 1
                start = int(token.attrGet("start") or 1) if ordered else 1
                blocks.append({"type": "list", "ordered": ordered, "start": start, "items": items})
            case "blockquote_open":
                inner, at = _blocks(tokens, at, "blockquote_close")
                blocks.append({"type": "quote", "blocks": inner})
            case "fence" | "code_block":
                blocks.append({"type": "code", "text": token.content.rstrip("\n")})
            case "hr":
                blocks.append({"type": "rule"})
    return blocks, at


def _inlines(tokens: list[Token]) -> list[dict[str, Any]]:
    root: list[dict[str, Any]] = []
    stack = [root]
    for token in tokens:
        match token.type:
            case "text" | "text_special" | "html_inline" | "image":
                if token.content:
                    stack[-1].append({"type": "text", "text": token.content})
            case "code_inline":
                stack[-1].append({"type": "code", "text": token.content})
            case "softbreak":
                stack[-1].append({"type": "text", "text": " "})
            case "hardbreak":
                stack[-1].append({"type": "break"})
            case "strong_open" | "em_open" | "link_open":
                kind = {"strong_open": "strong", "em_open": "emphasis", "link_open": "link"}[token.type]
                node: dict[str, Any] = {"type": kind, "children": []}
                if kind == "link":
                    node["href"] = str(token.attrGet("href") or "")
                stack[-1].append(node)
                stack.append(node["children"])
            case "strong_close" | "em_close" | "link_close":
                stack.pop()
    return root


def inline_text(inlines: list[dict[str, Any]]) -> str:
    """The words of inlines, without their form."""
    words = []
    for node in inlines:
        match node["type"]:
            case "text" | "code":
                words.append(str(node["text"]))
            case "break":
                words.append("\n")
            case _:
                words.append(inline_text(node["children"]))
    return "".join(words)
