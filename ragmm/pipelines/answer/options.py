"""Rows and columns of a table as short texts that a reader scores as options; training and answering share them."""

from __future__ import annotations

from collections.abc import Sequence

from ragmm.pipelines.answer.asked_tables import AskedOrder, AskedTable, has_word, label_column
from ragmm.pipelines.answer.grids import is_amount
from ragmm.readers.base import Passage

__all__ = ["column_option", "row_option"]

_LABEL, _HEAD, _CELL = 60, 36, 44
"""Characters."""
_PAIRS, _AMOUNTS = 6, 2
"""Of a row: cells in all, and of these the ones that hold a number alone and nothing of the question."""


def row_option(words: Sequence[str], order: AskedOrder, table: AskedTable, row: int) -> Passage:
    """A row's label, where it stands if that is asked, then "head: cell" pairs with the question's words first."""
    grid = table.grid
    cells = grid.rows[row]
    column = label_column(cells)
    label = _cut(cells[column], _LABEL)
    parts = [label, *_place(words, order, table, row)]
    amounts = 0
    for other in _in_order(words, order, table, row):
        if other == column:
            continue
        telling = (row, other) in order.extremes or _matched(words, table, row, other)
        if not telling and is_amount(cells[other]):
            amounts += 1
            if amounts > _AMOUNTS:
                continue
        head, cell = _cut(table.names[other], _HEAD), _cut(cells[other], _CELL)
        mark = order.extremes.get((row, other), "")
        parts.append(" ".join(filter(None, [f"{head}:" if head else "", cell, mark])))
        if len(parts) > _PAIRS:
            break
    return Passage(text="; ".join(part for part in parts if part), prefix=len(label))


def column_option(table: AskedTable, row: int, column: int) -> Passage:
    """A row's label, then the column's head with the row's cell in it."""
    grid = table.grid
    cells = grid.rows[row]
    label = _cut(cells[label_column(cells)], _HEAD)
    head, cell = _cut(table.names[column], _LABEL), _cut(cells[column], _CELL)
    return Passage(text=f"{label}; {head}: {cell}" if head else f"{label}; {cell}", prefix=len(label))


def _in_order(words: Sequence[str], order: AskedOrder, table: AskedTable, row: int) -> list[int]:
    """Filled columns, the most telling first."""
    grid = table.grid

    def rank(column: int) -> int:
        extreme = (row, column) in order.extremes
        if extreme and any(has_word(table.heads[column], word) for word in words):
            return 0
        if _matched(words, table, row, column):
            return 1
        return 2 if extreme else 4 if is_amount(grid.rows[row][column]) else 3

    return sorted((column for column in grid.columns if grid.rows[row][column]), key=rank)


def _matched(words: Sequence[str], table: AskedTable, row: int, column: int) -> bool:
    return any(has_word(table.cells[row][column], word) for word in words)


def _place(words: Sequence[str], order: AskedOrder, table: AskedTable, row: int) -> list[str]:
    """Whether it is the first or last row, and which cell of the question's words stands right above or below."""
    last = len(table.grid.rows) - 1
    found = []
    if order.first or order.last:
        found += ["first row"] * (row == 0) + ["last row"] * (row == last)
    for said, there in (("after", row - 1), ("before", row + 1)):
        if (order.after or order.before) and 0 <= there <= last:
            near = [column for column in table.grid.columns if _matched(words, table, there, column)]
            found += [f"{said} {_cut(table.grid.rows[there][near[0]], _HEAD)}"] if near else []
    return found


def _cut(text: str, most: int) -> str:
    """Of what is longer, the beginning and the end: of heads in a hierarchy the last tells most."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    ahead, behind = text[: most // 3], text[-(most - most // 3) :]
    return f"{ahead.rsplit(' ', 1)[0]} - {behind.split(' ', 1)[-1]}"
