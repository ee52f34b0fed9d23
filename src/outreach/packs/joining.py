"""Joining the parts of a long pack into one PDF, so that what each part claims is true of the whole.

Pages, the structure tree with its parent tree, ids and roles, bookmarks and named destinations are merged;
links from one part to another are made links within the file; page numbers are stamped as artifacts, set by
typst too. Source of the rules: ISO 32000-1, 14.7 (logical structure), 12.3 (destinations, outlines) and
12.4.2 (page labels).
"""

import io
from collections.abc import Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from outreach.packs.structure import (
    destinations,
    document_element,
    elements_below,
    listed,
    number_tree,
    page_numbers,
    pairs,
    place_of,
)

FAR = "https://outreach.invalid/"
"""What a link to another part of the same pack is set as, since typst links within one part only."""


def join_parts(parts: Sequence[bytes], footers: bytes, *, heading: str) -> bytes:
    """One PDF of several that typst set with tags.

    Args: footers: a PDF with as many pages, whose content is stamped on them. heading: title of the bookmark
        under which those of the later parts go.
    """
    with pikepdf.open(io.BytesIO(parts[0])) as whole, pikepdf.open(io.BytesIO(footers)) as numbers:
        tree = _Tree(whole)
        names = destinations(whole)
        for part in parts[1:]:
            with pikepdf.open(io.BytesIO(part)) as other:
                first = len(whole.pages)
                whole.pages.extend(other.pages)
                tree.take(other, first)
                names.update(_taken_names(whole, other, first))
                _take_outline(whole, other, first, heading)
        tree.write()
        _write_names(whole, names)
        _make_links_near(whole, names)
        _stamp(whole, numbers)
        stream = io.BytesIO()
        whole.save(stream, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return stream.getvalue()


class _Tree:
    """The structure tree of the whole, to which those of parts are added."""

    def __init__(self, whole: Pdf) -> None:
        self._whole = whole
        self._root = whole.Root.StructTreeRoot
        self._parents: dict[int, Object] = number_tree(self._root.ParentTree)
        self._ids: list[tuple[bytes, Object]] = [
            (bytes(k), v) for k, v in pairs(self._root.get("/IDTree"), "/Names")
        ]
        self._next = int(self._root.get("/ParentTreeNextKey", max(self._parents, default=-1) + 1))
        self._document = document_element(self._root)
        self._parts = 0

    def take(self, other: Pdf, first: int) -> None:
        """Add a part's tree. first: index of its first page in the whole."""
        self._parts += 1
        offset = self._next
        root = self._whole.copy_foreign(other.Root.StructTreeRoot)
        for page in list(self._whole.pages)[first:]:
            if "/StructParents" in page:
                page.StructParents = int(page.StructParents) + offset
            for mark in page.get("/Annots", []):
                if "/StructParent" in mark:
                    mark.StructParent = int(mark.StructParent) + offset
        parents = number_tree(root.ParentTree)
        self._parents.update((key + offset, value) for key, value in parents.items())
        self._next = offset + int(root.get("/ParentTreeNextKey", max(parents, default=-1) + 1))
        renamed = self._rename(root)
        self._ids += renamed
        for role, standard in root.get("/RoleMap", Dictionary()).items():
            if "/RoleMap" not in self._root:
                self._root.RoleMap = Dictionary()
            self._root.RoleMap[role] = standard
        document = document_element(root)
        for child in document.K:
            child.P = self._document
            self._document.K.append(child)

    def _rename(self, root: Object) -> list[tuple[bytes, Object]]:
        """Ids of a part's elements, made unlike those of other parts, also
        where headers of tables are named by them.
        """
        prefix = f"p{self._parts}-".encode()
        found = []
        for key, element in pairs(root.get("/IDTree"), "/Names"):
            element.ID = String(prefix.decode() + str(key))
            found.append((prefix + bytes(key), element))
        if found:
            for element in elements_below(document_element(root)):
                for attributes in listed(element.get("/A")):
                    if isinstance(attributes, Dictionary) and "/Headers" in attributes:
                        attributes.Headers = Array(
                            [String(prefix.decode() + str(h)) for h in attributes.Headers]
                        )
        return found

    def write(self) -> None:
        """Put the merged trees in their place."""
        flat: list[Any] = []
        for key in sorted(self._parents):
            flat += [key, self._parents[key]]
        self._root.ParentTree = self._whole.make_indirect(Dictionary(Nums=Array(flat)))
        self._root.ParentTreeNextKey = self._next
        if self._ids:
            ordered: list[Any] = []
            for name, element in sorted(self._ids, key=lambda pair: pair[0]):
                ordered += [String(name.decode("latin-1")), element]
            self._root.IDTree = self._whole.make_indirect(Dictionary(Names=Array(ordered)))


def _taken_names(whole: Pdf, other: Pdf, first: int) -> dict[str, Object]:
    """Destinations of a part as those of the whole. first: index of its first page there."""
    pages = page_numbers(other)
    found: dict[str, Object] = {}
    for name, target in destinations(other).items():
        place = place_of(target)
        if place is not None and name in pages:
            found[name] = Array([whole.pages[first + pages[name]].obj, *list(place)[1:]])
    return found


def _write_names(whole: Pdf, names: dict[str, Object]) -> None:
    flat: list[Any] = []
    for name in sorted(names, key=lambda n: n.encode("utf-8")):
        flat += [String(name), names[name]]
    if "/Names" not in whole.Root:
        whole.Root.Names = Dictionary()
    whole.Root.Names.Dests = whole.make_indirect(Dictionary(Names=Array(flat)))


def _take_outline(whole: Pdf, other: Pdf, first: int, heading: str) -> None:
    pages = {page.obj.objgen: number for number, page in enumerate(other.pages)}
    with other.open_outline() as theirs:
        entries = [(item.title, item.destination) for item in theirs.root]
    with whole.open_outline() as ours:
        under = next((item for item in ours.root if item.title == heading), None)
        for title, target in entries:
            number = pages.get(target[0].objgen, 0) if isinstance(target, Array) and len(target) else 0
            item = pikepdf.OutlineItem(title, first + number)
            (under.children if under is not None else ours.root).append(item)
        if under is not None:
            under.is_closed = True


def _make_links_near(whole: Pdf, names: dict[str, Object]) -> None:
    for page in whole.pages:
        for mark in page.get("/Annots", []):
            action = mark.get("/A")
            if action is None or str(action.get("/URI", ""))[: len(FAR)] != FAR:
                continue
            name = str(action.URI)[len(FAR) :]
            if name in names:
                mark.A = Dictionary(S=Name.GoTo, D=String(name))


def _stamp(whole: Pdf, numbers: Pdf) -> None:
    for page, number in zip(whole.pages, numbers.pages, strict=True):
        # The numbers are artifacts; what marks them as text of a document of their own is taken out.
        kept = [
            i
            for i in pikepdf.parse_content_stream(number)
            if str(i.operator) not in {"BDC", "BMC", "EMC", "DP", "MP"}
        ]
        number.Contents = numbers.make_stream(pikepdf.unparse_content_stream(kept))
        form = whole.copy_foreign(number.as_form_xobject())
        if "/StructParents" in form:
            del form["/StructParents"]
        name = page.add_resource(form, Name.XObject, Name.PageNumber)
        page.contents_add(b"q", prepend=True)
        page.contents_add(
            f"Q\n/Artifact <</Type /Pagination /Subtype /Footer>> BDC q {name} Do Q EMC".encode()
        )
