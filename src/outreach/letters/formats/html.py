"""A letter as a page of HTML that needs nothing else: no scripts, nothing from outside."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import Any

from outreach.letters.formats.document import Block, LetterDocument

_STYLE = (
    "body{font:16px/1.5 'Source Serif 4',Georgia,serif;max-width:40em;margin:3em auto;padding:0 "
    "1em;color:#1b1f24;overflow-wrap:anywhere}address,.date{font-style:normal;margin-bottom:1.5em}"
    ".date{text-align:right}h1{font-size:1em}h2,h3{font-size:.95em}.name{font-weight:600}"
)


def letter_html(document: LetterDocument, *, with_logo: bool = True) -> str:
    """The letter as a whole page in the letter's language.

    Args: with_logo: False for e-mail, where programs show no pictures that are inside the page.
    """

    def joined(items: Sequence[str]) -> str:
        return "<br>".join(escape(x) for x in items)

    head = document.letterhead
    name = next(iter(document.sender_lines), "")
    logo = "".join(
        f"<p>{picture_html(file, content, name, 'height:3.5em')}</p>\n"
        for file, content in head.files.items()
    )
    color = f' style="color:{head.color}"' if head.color else ""
    sender = f'<span class="name"{color}>{escape(name)}</span>'
    return (
        f'<!doctype html>\n<html lang="{escape(document.language)}">\n<head><meta charset="utf-8">'
        f"<title>{escape(document.subject)}</title><style>{_STYLE}</style></head>\n<body>\n"
        f"{logo if with_logo else ''}<address>"
        f"{'<br>'.join([sender, *map(escape, document.sender_lines[1:])])}</address>\n"
        f"<address>{joined(document.address_lines)}</address>\n"
        f'<p class="date">{joined([x for x in (document.date, document.reference) if x])}</p>\n'
        f"<h1>{escape(document.subject)}</h1>\n<p>{escape(document.salutation)}</p>\n"
        f"{blocks_html(document.blocks)}\n<p>{escape(document.close)}</p>\n<p>{joined(document.signature)}</p>\n"
        "</body>\n</html>\n"
    )


def picture_html(name: str, content: bytes, alt: str, style: str) -> str:
    """A picture inside the page. name: of a file, whose ending says whether it is an SVG or a PNG."""
    kind = "image/svg+xml" if name.endswith(".svg") else "image/png"
    data = b64encode(content).decode("ascii")
    return f'<img alt="{escape(alt)}" style="{style}" src="data:{kind};base64,{data}">'


def blocks_html(blocks: Sequence[Block]) -> str:
    """Blocks as HTML elements."""
    found = []
    for block in blocks:
        match block["type"]:
            case "paragraph":
                found.append(f"<p>{_inlines(block['inlines'])}</p>")
            case "heading":
                level = min(6, block["level"] + 1) if block["level"] == 1 else min(6, block["level"])
                found.append(f"<h{level}>{_inlines(block['inlines'])}</h{level}>")
            case "list":
                tag = "ol" if block["ordered"] else "ul"
                start = f' start="{block["start"]}"' if block["ordered"] and block["start"] != 1 else ""
                items = "".join(f"<li>{blocks_html(item)}</li>" for item in block["items"])
                found.append(f"<{tag}{start}>{items}</{tag}>")
            case "quote":
                found.append(f"<blockquote>{blocks_html(block['blocks'])}</blockquote>")
            case "code":
                found.append(f"<pre>{escape(block['text'])}</pre>")
            case "rule":
                found.append("<hr>")
    return "\n".join(found)


def _inlines(nodes: list[dict[str, Any]]) -> str:
    found = []
    for node in nodes:
        match node["type"]:
            case "text":
                found.append(escape(node["text"]))
            case "code":
                found.append(f"<code>{escape(node['text'])}</code>")
            case "break":
                found.append("<br>")
            case "strong" | "emphasis":
                tag = "strong" if node["type"] == "strong" else "em"
                found.append(f"<{tag}>{_inlines(node['children'])}</{tag}>")
            case "link":
                href = node["href"]
                inner = _inlines(node["children"])
                safe = href.startswith(("http://", "https://", "mailto:"))
                found.append(f'<a href="{escape(href)}">{inner}</a>' if safe else inner)
    return "".join(found)
