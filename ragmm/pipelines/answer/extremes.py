"""Which row of a table has the most or the least: "which harbour has the fewest moorings"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragmm.pipelines.answer.asked_tables import AskedOrder, AskedTable, has_word, label_column, orders
from ragmm.pipelines.answer.cells import PickedCell, unsaid_share
from ragmm.pipelines.answer.grids import is_amount
from ragmm.pipelines.query.value_kinds import AskedKind
from ragmm.pipelines.query.wanted import AskedFor
from ragmm.text.terms import content_terms, terms

__all__ = ["pick_extreme"]

_OVERALL = re.compile(
    r"\b(?:total|sum|overall|all|average|mean|median|other|others|net|gesamt)\b|合计|总", re.IGNORECASE
)
_FEWEST, _LONGEST = 3, 40
"""Rows: of fewer nothing stands out, more may be but a part of a table."""
_COUNTED = frozenset({AskedKind.NUMBER, AskedKind.MONEY, AskedKind.PERCENT, AskedKind.MEASURE})


def pick_extreme(question: str, asked: AskedFor, table: AskedTable) -> PickedCell | None:
    """The label of the row that has the most or the least, or its value where a value was asked for."""
    order, rows = AskedOrder.of(question, table.grid), table.grid.rows
    if order.most == order.least or not _FEWEST <= len(rows) <= _LONGEST:
        return None
    words = [word for word in content_terms(question) if not orders(word)]
    column = _column(words, table)
    if column is None:
        return None
    found = {row: value for row in range(len(rows)) if (value := _amount(table, row, column)) is not None}
    if len(found) < max(_FEWEST, len(rows) - 1):
        return None
    ranked = sorted(found, key=lambda row: found[row], reverse=order.most)
    if found[ranked[0]] == found[ranked[1]]:
        return None
    row, label = ranked[0], label_column(rows[ranked[0]])
    if label == column:
        return None
    about = frozenset(terms(table.grid.about)).union(*table.heads)
    return PickedCell(
        row=row,
        column=column if asked.kind in _COUNTED else label,
        value=rows[row][column if asked.kind in _COUNTED else label],
        row_share=1.0,
        column_share=1.0,
        told_apart=True,
        unsaid=unsaid_share(question, words, about),
    )


def _column(words: Sequence[str], table: AskedTable) -> int | None:
    """The only column of amounts, or the one whose head the question names."""
    rows = table.grid.rows
    counted = [
        column
        for column in table.grid.columns
        if 2 * sum(is_amount(row[column]) for row in rows) > len(rows) and column != label_column(rows[0])
    ]
    if len(counted) == 1:
        return counted[0]
    named = {column: sum(has_word(table.heads[column], word) for word in words) for column in counted}
    best = sorted(counted, key=lambda column: -named[column])
    if len(best) >= 2 and named[best[0]] > named[best[1]]:
        return best[0]
    return None


def _amount(table: AskedTable, row: int, column: int) -> float | None:
    """What a cell comes to; None for sums over rows and for what is no single amount."""
    cells = table.grid.rows[row]
    if _OVERALL.search(cells[label_column(cells)]) or not is_amount(cells[column]):
        return None
    return _plain(cells[column])


def _plain(cell: str) -> float | None:
    """A number without its unit; None where it is not plain which number that is."""
    digits = re.findall(r"\d[\d.,]*", cell)
    if len(digits) != 1:
        return None
    bare = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", digits[0]).replace(",", ".").rstrip(".")
    if bare.count(".") > 1:
        return None
    below = re.search(r"[-−–(]\s?[$€£¥]?\s?\d", cell) is not None
    return -float(bare) if below else float(bare)
