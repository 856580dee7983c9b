"""Word tables as rows of text; lists and nested tables stay readable in their cell."""

from __future__ import annotations

from collections.abc import Iterator

from ragmm.loaders.office.safe_xml import Element
from ragmm.loaders.office.tall_cells import GoesOn, said_of_each_row

__all__ = ["table_rows"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MAX_COLUMNS = 1_000
_MAX_DEPTH = 10


def table_rows(table: Element) -> list[list[str]]:
    """One list of cell texts a row; a cell that spans columns is followed by empty ones."""
    rows: list[list[str]] = []
    places: list[GoesOn] = []
    begun: dict[int, int] = {}
    for number, row in enumerate(table.iterchildren(f"{_W}tr")):
        cells = list(_row(row))
        places += [GoesOn(number, at, begun[at]) for at, (_, goes_on) in enumerate(cells) if goes_on and at in begun]
        begun = {at: begun.get(at, number) if goes_on else number for at, (_, goes_on) in enumerate(cells)}
        rows.append([text for text, _ in cells])
    return said_of_each_row(rows, places)


def _row(row: Element) -> Iterator[tuple[str, bool]]:
    """The texts, and whether each goes on with the cell above."""
    width = 0
    for cell in row.iterchildren(f"{_W}tc"):
        span = min(_span(cell), _MAX_COLUMNS - width)
        if span < 1:
            return
        width += span
        goes_on = _continues(cell)
        yield "" if goes_on else cell_text(cell), goes_on
        yield from [("", False)] * (span - 1)


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
