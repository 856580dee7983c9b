"""Rows of a sheet to tables: blocks between empty rows, each with its title and header, long ones in stretches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ragmm.loaders.office.structures import Structure, heading, paragraph, table
from ragmm.loaders.table_heads import is_value

__all__ = ["Row", "sheet_parts"]

Row = tuple[int, Sequence[str]]
"""1-based row number and its cells."""

_STRETCH = 500
_MAX_COLUMNS = 1_000


def sheet_parts(rows: Iterable[Row], name: str, page: int, **metadata: Any) -> Iterator[Structure]:
    """The sheet's name as the section of its tables; a row with one cell above a table is the table's title.

    A long table comes in stretches that repeat its title and header.
    """
    named = {"sheet": name, **metadata}
    yield replace(heading(name, 1, page), metadata={"silent": True})
    top: list[Row] = []
    for block, goes_on in _blocks(rows):
        titles = _titles(block) if not top else len(top) - 1
        whole = [*top, *block]
        yield _block_part(whole, titles, page, named)
        top = whole[: titles + 1] if goes_on else []


def _blocks(rows: Iterable[Row]) -> Iterator[tuple[list[Row], bool]]:
    """Rows that belong together, and whether their table goes on in the next ones.

    Two empty rows end a table; a single one does where the filled columns change, or heads follow.
    """
    block: list[Row] = []
    last: Row | None = None
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        row = (number, cells[:_MAX_COLUMNS])
        if last is not None and _parted(last, row) and block:
            yield block, False
            block = []
        elif len(block) >= _STRETCH:
            yield block, True
            block = []
        block.append(row)
        last = row
    if block:
        yield block, False


def _parted(above: Row, below: Row) -> bool:
    gap = below[0] - above[0] - 1
    return gap > 1 or (gap == 1 and (_columns(above[1]) != _columns(below[1]) or _heads_anew(above[1], below[1])))


def _heads_anew(above: Sequence[str], below: Sequence[str]) -> bool:
    """Whether names without a figure stand below figures: the heads of another table as wide as the one above."""
    names = _filled(below)
    return len(names) > 1 and not any(map(is_value, names)) and any(map(is_value, above))


def _columns(cells: Sequence[str]) -> tuple[int, int]:
    filled = [index for index, cell in enumerate(cells) if cell.strip()]
    return (filled[0], filled[-1]) if filled else (0, 0)


def _titles(block: list[Row]) -> int:
    """How many rows above the header hold one cell, while others hold more."""
    wide = max(len(_filled(cells)) for _, cells in block) > 1
    titles = 0
    while wide and titles < len(block) - 1 and len(_filled(block[titles][1])) == 1:
        titles += 1
    return titles


def _filled(cells: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell.strip()]


def _block_part(block: list[Row], titles: int, page: int, metadata: dict[str, Any]) -> Structure:
    body = block[titles:]
    spans = [_columns(cells) for _, cells in body]
    left, right = min(first for first, _ in spans), max(last for _, last in spans)
    title = " – ".join(" ".join(_filled(cells)) for _, cells in block[:titles])
    if len(body) == 1 and left == right:
        return paragraph(body[0][1][left], page, **metadata, sheet_rows=str(body[0][0]))
    span = f"{body[0][0]}–{body[-1][0]}" if len(body) > 1 else str(body[0][0])
    return table([cells[left : right + 1] for _, cells in body], title, page, **metadata, sheet_rows=span)
