"""Word tables as rows of text: merged cells repeat nothing, lists and nested tables stay readable in their cell."""

from __future__ import annotations

from collections.abc import Iterator

from ragmm.loaders.office.safe_xml import Element

__all__ = ["table_rows"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MAX_COLUMNS = 1_000
_MAX_DEPTH = 10


def table_rows(table: Element) -> list[list[str]]:
    """One list of cell texts a row; a cell that spans columns is followed by empty ones."""
    return [list(_row(row)) for row in table.iterchildren(f"{_W}tr")]


def _row(row: Element) -> Iterator[str]:
    width = 0
    for cell in row.iterchildren(f"{_W}tc"):
        span = min(_span(cell), _MAX_COLUMNS - width)
        if span < 1:
            return
        width += span
        yield "" if _continues(cell) else cell_text(cell)
        yield from [""] * (span - 1)


def cell_text(cell: Element, depth: int = 0) -> str:
    """Paragraphs of a cell joined by line breaks; a nested table as one line a row."""
    return "\n".join(line for line in _lines(cell, depth) if line.strip())


def _lines(cell: Element, depth: int) -> Iterator[str]:
    for child in cell:
        if child.tag == f"{_W}p":
            yield _paragraph_text(child)
        elif child.tag == f"{_W}tbl":
            yield from _nested_lines(child, depth + 1)


def _nested_lines(table: Element, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        yield " ".join(t.text or "" for t in table.iter(f"{_W}t"))
        return
    for row in table.iterchildren(f"{_W}tr"):
        cells = (cell_text(cell, depth).replace("\n", "; ") for cell in row.iterchildren(f"{_W}tc"))
        yield " | ".join(cells)


def _paragraph_text(paragraph: Element) -> str:
    text = "".join(
        _run_text(element) for element in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}noBreakHyphen")
    )
    listed = paragraph.find(f"{_W}pPr/{_W}numPr") is not None
    return f"- {text}" if listed and text.strip() else text


def _run_text(element: Element) -> str:
    if element.tag == f"{_W}t":
        return element.text or ""
    return "-" if element.tag == f"{_W}noBreakHyphen" else " "


def _span(cell: Element) -> int:
    found = cell.find(f"{_W}tcPr/{_W}gridSpan")
    value = "1" if found is None else found.get(f"{_W}val", "1")
    return int(value) if value.isdecimal() else 1


def _continues(cell: Element) -> bool:
    merge = cell.find(f"{_W}tcPr/{_W}vMerge")
    return merge is not None and merge.get(f"{_W}val", "continue") == "continue"
