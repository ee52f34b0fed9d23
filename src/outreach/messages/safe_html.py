"""HTML of strangers, made harmless (nh3): no scripts, no styles, nothing that is fetched from anywhere."""

import re
from html.parser import HTMLParser

_LONGEST = 150_000
_DEEPEST = 4_000
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_ANY_TAG = re.compile(r"<[^<>]*>")
_NEVER_NEST = frozenset(
    {"br", "hr", "img", "meta", "link", "input", "p", "li", "td", "tr", "th", "col", "wbr"}
)
_TAGS = {
    "p", "br", "div", "span", "b", "strong", "i", "em", "u", "s", "ul", "ol", "li", "blockquote", "pre", "code", "hr",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "td", "th", "a", "sub", "sup", "center",
}  # fmt: skip
_HIDDEN = {"script", "style", "head", "title", "noscript", "template", "svg", "math"}
_BLOCKS = frozenset(
    {"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "hr", "pre"}
)


def safe_html(markup: str) -> str:
    """What may be shown of a message's HTML: words, lists, tables and links.

    Pictures are left out, since they would be fetched.

    Links keep http, https and mailto addresses only; the app opens none by itself. Very long HTML is cut, and
    HTML nested thousands deep comes out as plain words.
    """
    import nh3

    return nh3.clean(
        _bounded(markup),
        tags=_TAGS,
        clean_content_tags=_HIDDEN,
        attributes={
            "a": {"href"},
            "td": {"colspan", "rowspan"},
            "th": {"colspan", "rowspan"},
            "ol": {"start"},
        },
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


def html_as_text(markup: str) -> str:
    """The words of HTML, with its paragraphs as lines; what a reader would not see is left out."""
    words = _Words()
    words.feed(safe_html(markup))
    words.close()
    lines = [" ".join(line.split()) for line in "".join(words.pieces).splitlines()]
    return "\n".join(line for line in lines if line)


def _bounded(markup: str) -> str:
    # The parser behind nh3 takes quadratic time for some HTML: measured, 200,000 nested <div> took 114 s.
    text = markup[:_LONGEST]
    depth = deepest = 0
    for closing, tag in _TAG.findall(text):
        if tag.lower() not in _NEVER_NEST:
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return _ANY_TAG.sub(" ", text) if deepest > _DEEPEST else text


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "blockquote":
            self.pieces.append("\n> ")
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        self.pieces.append(re.sub(r"\s+", " ", data))
