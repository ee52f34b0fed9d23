"""Reading the trees of a PDF: its structure (ISO 32000-1, 14.7), and its number
and name trees (7.9.6 and 7.9.7).
"""

from typing import Any

from pikepdf import Array, Dictionary, Object, Pdf


def document_element(root: Object) -> Object:
    """The element that holds all others. root: of the structure tree."""
    kids = root.K
    return kids[0] if isinstance(kids, Array) else kids


def listed(value: Object | None) -> list[Any]:
    """What may stand alone or as several, as several; none for None."""
    if value is None:
        return []
    return list(value) if isinstance(value, Array) else [value]


def elements_below(element: Object) -> list[Object]:
    """An element and all below it."""
    found, waiting = [], [element]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += [k for k in listed(one.get("/K")) if isinstance(k, Dictionary) and "/S" in k]
    return found


def pairs(node: Object | None, leaf: str) -> list[tuple[Any, Object]]:
    """Keys and values of a number or name tree, flattened."""
    if node is None:
        return []
    found: list[tuple[Any, Object]] = []
    for kid in node.get("/Kids", []):
        found += pairs(kid, leaf)
    flat = list(node.get(leaf, []))
    found += list(zip(flat[::2], flat[1::2], strict=True))
    return found


def number_tree(node: Object) -> dict[int, Object]:
    """A number tree, flattened."""
    return {int(k): v for k, v in pairs(node, "/Nums")}


def destinations(pdf: Pdf) -> dict[str, Object]:
    """Named destinations: where a link to a name leads."""
    names = pdf.Root.get("/Names", Dictionary())
    return {str(k): v for k, v in pairs(names.get("/Dests"), "/Names")}


def page_numbers(pdf: Pdf) -> dict[str, int]:
    """Index of the page that each named destination is on."""
    pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
    found = {}
    for name, target in destinations(pdf).items():
        place = place_of(target)
        if place is not None and place[0].objgen in pages:
            found[name] = pages[place[0].objgen]
    return found


def place_of(target: Object) -> Array | None:
    """A destination's page and view, which may stand in a dictionary or alone; None for one that has none."""
    array = target.get("/D") if isinstance(target, Dictionary) else target
    return array if isinstance(array, Array) and len(array) else None
