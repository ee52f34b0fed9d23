"""Labels of pages: annexes count their own pages (ISO 32000-1, 12.4.2)."""

import io
from collections.abc import Mapping

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String


def label_annexes(pdf: bytes, annexes: Mapping[str, str]) -> bytes:
    """The same PDF, where a reader shows “Annex 1, 2” for the second page of an annex.

    Every other page has the number printed on it.

    Args: annexes: label of each annex by the title of its bookmark. An annex ends where the next bookmark
        leads to another page.
    """
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        places = _bookmarks(opened)
        starts = {page: annexes[title] for title, page in places if title in annexes}
        others = {page for _, page in places}
        labels: list[object] = [0, Dictionary(S=Name.D)]
        for page in sorted(starts):
            labels += [page, Dictionary(S=Name.D, P=String(f"{starts[page]}, "))]
            after = min((p for p in others if p > page), default=len(opened.pages))
            if after not in starts and after < len(opened.pages):
                labels += [after, Dictionary(S=Name.D, St=after + 1)]
        if len(labels) > 2:
            opened.Root.PageLabels = opened.make_indirect(Dictionary(Nums=Array(labels)))
        stream = io.BytesIO()
        opened.save(stream, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return stream.getvalue()


def _bookmarks(pdf: Pdf) -> list[tuple[str, int]]:
    """Titles of bookmarks, whatever their level, with the index of the page each leads to."""
    pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
    found = []
    with pdf.open_outline() as outline:
        waiting = list(outline.root)
        while waiting:
            item = waiting.pop()
            target = item.destination
            if isinstance(target, Array) and len(target) and target[0].objgen in pages:
                found.append((str(item.title), pages[target[0].objgen]))
            waiting += item.children
    return found
