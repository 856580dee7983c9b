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
_TITLE_ROWS, _TITLE_LENGTH = 3, 120


def sheet_parts(rows: Iterable[Row], name: str, page: int, **metadata: Any) -> Iterator[Structure]:
    """The sheet's name as the section of its tables; a row with one cell above a table is the table's title.

    A long table comes in stretches that repeat its title and header. What stands alone above a table, with empty rows
    between, is the heading of all tables up to the next.
    """
    named = {"sheet": name, **metadata}
    yield replace(heading(name, 1, page), metadata={"silent": True})
    top: list[Row] = []
    alone: list[Row] = []
    for block, goes_on in _blocks(rows):
        if alone:
            yield heading(_said(alone), 2, page) if _is_wide(block) else _block_part(alone, 0, page, named)
        alone = block if not top and _stands_above(block) else []
        if alone:
            continue
        titles = _titles(block) if not top else len(top) - 1
        whole = [*top, *block]
        yield _block_part(whole, titles, page, named)
        top = whole[: titles + 1] if goes_on else []
    if alone:
        yield _block_part(alone, 0, page, named)


def _stands_above(block: Sequence[Row]) -> bool:
    """Whether it may be a heading: a few short words in one cell a row, no sentence and no figure."""
    cells = [_filled(cells) for _, cells in block]
    if len(cells) > _TITLE_ROWS or any(len(found) != 1 or is_value(found[0]) for found in cells):
        return False
    return len(_said(block)) <= _TITLE_LENGTH and not cells[-1][0].rstrip().endswith((".", ":", ";"))


def _said(rows: Sequence[Row]) -> str:
    return " – ".join(" ".join(" ".join(_filled(cells)).split()) for _, cells in rows)


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
    wide = _is_wide(block)
    titles = 0
    while wide and titles < len(block) - 1 and len(_filled(block[titles][1])) == 1:
        titles += 1
    return titles


def _is_wide(block: Sequence[Row]) -> bool:
    return any(len(_filled(cells)) > 1 for _, cells in block)


def _filled(cells: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell.strip()]


def _block_part(block: list[Row], titles: int, page: int, metadata: dict[str, Any]) -> Structure:
    body = block[titles:]
    spans = [_columns(cells) for _, cells in body]
    left, right = min(first for first, _ in spans), max(last for _, last in spans)
    title = _said(block[:titles])
    if len(body) == 1 and left == right:
        return paragraph(body[0][1][left], page, **metadata, sheet_rows=str(body[0][0]))
    span = f"{body[0][0]}–{body[-1][0]}" if len(body) > 1 else str(body[0][0])
    return table([cells[left : right + 1] for _, cells in body], title, page, **metadata, sheet_rows=span)
