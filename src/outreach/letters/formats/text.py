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
    return "\n\n".join(p for p in parts if p.strip(" \n")) + "\n"


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
                    items.append(indent + mark + inner.lstrip(" "))
                found.append("\n".join(items))
            case "quote":
                found.append(
                    "\n".join(f"> {line}" for p in blocks_text(block["blocks"]) for line in p.split("\n"))
                )
            case "code":
                found.append(textwrap.indent(str(block["text"]), indent + "    "))
            case "rule":
                found.append("-" * 20)
    return found


# Spaces that textwrap would take for places to break, or drop at the ends of lines, and what stands for them
# meanwhile.
_OTHER_SPACES = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_STAND_INS = "".join(chr(0xFDD0 + number) for number in range(len(_OTHER_SPACES)))


def _wrapped(text: str, first: str, later: str) -> str:
    held = text.translate(str.maketrans(_OTHER_SPACES, _STAND_INS))
    wrapped = "\n".join(
        textwrap.fill(
            line,
            WIDTH,
            initial_indent=first,
            subsequent_indent=later,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in held.split("\n")
    )
    return wrapped.translate(str.maketrans(_STAND_INS, _OTHER_SPACES))
