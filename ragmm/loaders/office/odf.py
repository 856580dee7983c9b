"""OpenDocument texts, sheets and presentations, read from their content with every table, note and picture."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path

from ragmm.errors import DocumentError
from ragmm.loaders.archive_limits import InflateBudget, SafeZip, open_zip
from ragmm.loaders.office.safe_xml import Element, local_name, parse_xml
from ragmm.loaders.office.sheets import Row, sheet_parts
from ragmm.loaders.office.structures import PartKind, Structure, figure, heading, one_line, paragraph, table

__all__ = ["odf_parts"]

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_CONTENT, _META, _MANIFEST = "content.xml", "meta.xml", "META-INF/manifest.xml"
_FRAMES = (f"{_DRAW}frame", f"{_DRAW}custom-shape", f"{_DRAW}rect")
_MAX_REPEAT = 1_000
_MAX_CELLS = 2_000_000
_DROPPED = ("tracked-changes", "forms", "sequence-decls", "variable-decls", "user-field-decls", "scripts")
_PROPERTIES = {
    "title": "title",
    "creator": "author",
    "subject": "subject",
    "creation-date": "created",
    "description": "description",
}


def odf_parts(file: Path, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    """The document's properties and its parts."""
    with open_zip(file, InflateBudget(name)) as package:
        if _MANIFEST in package and b"encryption-data" in package.read(_MANIFEST):
            raise DocumentError(f"{name} is protected by a password; save it without one to have it read")
        properties = _properties(package) if _META in package else {}
    return properties, _parts(file, name)


def _parts(file: Path, name: str) -> Iterator[Structure]:
    with open_zip(file, InflateBudget(name)) as package:
        root = parse_xml(package.read(_CONTENT), _CONTENT, recover=True)
        body = root.find(f"{_OFFICE}body")
        if body is None:
            raise DocumentError(f"{name} has no body; the document is incomplete")
        for content in body:
            if local_name(content) == "spreadsheet":
                yield from _spreadsheet(content, package)
            else:
                yield from _Walker(package).parts(content)


def _properties(package: SafeZip) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in parse_xml(package.read(_META), _META, recover=True).iter():
        key = _PROPERTIES.get(local_name(element))
        if key and element.text:
            found.setdefault(key, one_line(element.text))
    return found


class _Walker:
    """Reads the blocks of a text or of slides in order."""

    def __init__(self, package: SafeZip, page: int | None = None) -> None:
        self._package = package
        self._page = page
        self._slides = 0

    def parts(self, element: Element) -> Iterator[Structure]:
        for child in element:
            yield from self._block(child)

    def _block(self, element: Element) -> Iterator[Structure]:
        match local_name(element):
            case "h":
                level = element.get(f"{_TEXT}outline-level") or "1"
                yield heading(_string(element), int(level) if level.isdecimal() else 1, self._page)
                yield from self._within(element)
            case "p":
                yield from self._paragraph(element)
            case "list":
                yield from self._list(element, 0)
            case "table":
                yield table(list(_rows(element)), page=self._page)
                yield from (part for frame in _outermost(element, *_FRAMES) for part in self.frame(frame))
            case "frame":
                yield from self.frame(element)
            case "page":
                yield from self._slide(element)
            case name if name not in _DROPPED:
                yield from self.parts(element)

    def _paragraph(self, element: Element) -> Iterator[Structure]:
        if text := _string(element):
            yield paragraph(text, self._page)
        yield from self._within(element)

    def _within(self, element: Element) -> Iterator[Structure]:
        """Notes, comments and frames that stand in a paragraph."""
        for note in _outermost(element, f"{_TEXT}note"):
            mark, body = note.find(f"{_TEXT}note-citation"), note.find(f"{_TEXT}note-body")
            if body is not None:
                yield paragraph(f"[{'' if mark is None else mark.text}] {_joined(body)}", self._page)
        for comment in _outermost(element, f"{_OFFICE}annotation"):
            yield paragraph(f"Comment: {_joined(comment)}", self._page, role="comment")
        for frame in _outermost(element, *_FRAMES):
            yield from self.frame(frame)

    def _list(self, element: Element, depth: int) -> Iterator[Structure]:
        for item in element:
            for child in item:
                if local_name(child) == "list":
                    yield from self._list(child, depth + 1)
                elif local_name(child) in ("p", "h"):
                    if text := _string(child):
                        yield Structure(kind=PartKind.LIST_ITEM, text=one_line(text), level=depth, page=self._page)
                    yield from self._within(child)

    def frame(self, frame: Element) -> Iterator[Structure]:
        """A picture, chart, table or text box; what else is drawn has no words."""
        alt = one_line(" ".join(e.text or "" for e in frame if local_name(e) in ("title", "desc")))
        kinds = [local_name(child) for child in frame]
        for child, kind in zip(frame, kinds, strict=True):
            match kind:
                case "image" if "table" in kinds:
                    pass  # a picture of that table
                case "image":
                    data = self._member(child.get(_HREF) or "")
                    if data:
                        yield figure(data, page=self._page, **({"alt": alt} if alt else {}))
                        return  # further images are the same in other formats
                case "object":
                    yield from self._object(child.get(_HREF) or "")
                case "text-box":
                    yield from self.parts(child)
                case "p" | "list" | "table" | "h":
                    yield from self._block(child)

    def _object(self, address: str) -> Iterator[Structure]:
        """An embedded chart keeps its numbers in a table of its own."""
        member = posixpath.normpath(posixpath.join(address, _CONTENT))
        if member in self._package:
            root = parse_xml(self._package.read(member), member, recover=True)
            title = next((_joined(t) for t in root.iter() if local_name(t) == "title"), "")
            for inner in root.iter(f"{_TABLE}table"):
                yield table(list(_rows(inner)), title, self._page, chart="embedded")

    def _member(self, address: str) -> bytes | None:
        member = posixpath.normpath(address)
        return self._package.read(member) if member in self._package else None

    def _slide(self, element: Element) -> Iterator[Structure]:
        self._slides += 1
        self._page = self._slides
        titles = [frame for frame in element if (frame.get(_PRESENTATION_CLASS) or "") == "title"]
        for frame in titles:
            if text := _joined(frame):
                yield heading(text, 1, self._page)
        for child in element:
            if child in titles:
                continue
            notes = local_name(child) == "notes"
            for part in self.parts(child) if notes else self._block(child):
                yield paragraph(part.text, self._page, notes=True) if notes and part.text else part


_PRESENTATION_CLASS = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}class"


def _spreadsheet(content: Element, package: SafeZip) -> Iterator[Structure]:
    for number, sheet in enumerate(content.iterchildren(f"{_TABLE}table"), 1):
        rows: Iterator[Row] = ((row, cells) for row, cells in enumerate(_rows(sheet), 1))
        yield from sheet_parts(rows, sheet.get(f"{_TABLE}name") or f"Sheet {number}", number)
        walker = _Walker(package, number)
        for frame in _outermost(sheet, *_FRAMES):
            yield from walker.frame(frame)


def _rows(element: Element) -> Iterator[list[str]]:
    """Rows of cell texts; repeats are written out as far as something stands in them."""
    cells_left = _MAX_CELLS
    for row in element.iter(f"{_TABLE}table-row"):
        if next(row.iterancestors(f"{_TABLE}table"), None) is not element:
            continue
        cells = _cells(row)
        repeat = _repeat(row, "number-rows-repeated")
        for _ in range(repeat if cells else min(repeat, 3)):
            cells_left -= len(cells) + 1
            if cells_left < 0:
                return
            yield list(cells)


def _cells(row: Element) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if local_name(cell) in ("table-cell", "covered-table-cell"):
            text = one_line(_joined(cell)) if local_name(cell) == "table-cell" else ""
            cells.extend([text] * _repeat(cell, "number-columns-repeated"))
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _repeat(element: Element, name: str) -> int:
    value = element.get(_TABLE + name) or "1"
    return min(max(int(value), 1), _MAX_REPEAT) if value.isdecimal() else 1


def _outermost(element: Element, *tags: str) -> Iterator[Element]:
    """Descendants with these tags that stand in no other of them below `element`."""
    pending = list(element)[::-1]
    while pending:
        child = pending.pop()
        if child.tag in tags:
            yield child
        else:
            pending.extend(list(child)[::-1])


def _joined(element: Element) -> str:
    """The paragraphs within, with what stands in frames left out."""
    found = (_string(p) for p in element.iter(f"{_TEXT}p", f"{_TEXT}h"))
    return " ".join(text for text in found if text)


_SEPARATE = frozenset(("note", "annotation", "annotation-end", "frame", "custom-shape", "rect", "tracked-changes"))


def _string(element: Element) -> str:
    """A paragraph's own text: spaces and breaks written out, notes and frames left to others."""
    return "".join(_pieces(element)).strip()


def _pieces(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        match local_name(child):
            case "s":
                count = child.get(f"{_TEXT}c") or "1"
                yield " " * (min(int(count), 100) if count.isdecimal() else 1)
            case "tab":
                yield "\t"
            case "line-break":
                yield "\n"
            case name if name not in _SEPARATE:
                yield from _pieces(child)
        yield child.tail or ""
