"""A letter as plain text, for web forms and the terminal."""

import textwrap
from collections.abc import Sequence

from outreach.letters.formats.document import Block, LetterDocument, inline_text

WIDTH = 76


def letter_text(document: LetterDocument, *, heading: bool = True) -> str:
    """The letter with lines of at most 76 characters. heading: with addresses, date and reference."""
    parts: list[str] = []
    if heading:
        parts.append("\n".join(document.sender_lines))
        parts.append("\n".join(document.address_lines))
        parts.append("\n".join(x for x in (document.date, document.reference) if x))
        parts.append(document.subject)
    parts.append(document.salutation)
    parts += blocks_text(document.blocks)
    parts.append(document.close)
    parts.append("\n".join(document.signature))
    return "\n\n".join(p for p in parts if p.strip()) + "\n"


def blocks_text(blocks: Sequence[Block], indent: str = "") -> list[str]:
    """Each block as a paragraph of text."""
    found = []
    for block in blocks:
        match block["type"]:
            case "paragraph" | "heading":
                found.append(_wrapped(inline_text(block["inlines"]), indent, indent))
            case "list":
                items = []
                for number, item in enumerate(block["items"], start=block["start"]):
                    mark = f"{number}. " if block["ordered"] else "- "
                    inner = "\n".join(blocks_text(item, indent + " " * len(mark)))
                    items.append(indent + mark + inner.lstrip())
                found.append("\n".join(items))
            case "quote":
                found.append(
                    "\n".join(f"> {line}" for p in blocks_text(block["blocks"]) for line in p.splitlines())
                )
            case "code":
                found.append(textwrap.indent(str(block["text"]), indent + "    "))
            case "rule":
                found.append("-" * 20)
    return found


def _wrapped(text: str, first: str, later: str) -> str:
    return "\n".join(
        textwrap.fill(
            line,
            WIDTH,
            initial_indent=first,
            subsequent_indent=later,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.split("\n")
    )
