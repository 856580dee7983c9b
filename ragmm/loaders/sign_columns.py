"""Columns of nothing but signs: "$" before and ")" or "%" behind a number, set apart so that numbers stand below each
other, belong to the number's column."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["with_signs_joined"]

_BEFORE = re.compile(r"[$€£¥₩₹(]{1,3}")
_BEHIND = re.compile(r"[)%]{1,2}")
_SPACE = re.compile(r"(?<=\() | (?=[)%]{1,2}\Z)")
_HEADS = 4
"""Rows from the top in which something else may stand in such a column: a head over both."""

Rows = list[tuple[str, ...]]


def with_signs_joined(rows: Sequence[Sequence[str]]) -> Rows:
    """The rows, each column of signs joined to the column that its signs belong to."""
    found = [tuple(row) for row in rows]
    for column in reversed(range(1, len(found[0]) if found else 0)):
        if column + 1 < len(found[0]) and _are(_BEFORE, found, column, column + 1):
            found = _joined(found, column)
        elif column > 1 and _are(_BEHIND, found, column, column - 1):
            found = _joined(found, column - 1)
    return found


def _are(signs: re.Pattern[str], rows: Rows, column: int, beside: int) -> bool:
    """Whether a column holds such signs, each beside a number, and else only heads beside nothing."""
    cells = [
        (number, row[column].strip(), row[beside].strip()) for number, row in enumerate(rows) if row[column].strip()
    ]
    told = [bool(signs.fullmatch(cell)) and _has_digit(other) for _, cell, other in cells]
    heads = [number < _HEADS and not other for (number, _, other), sign in zip(cells, told, strict=True) if not sign]
    return any(told) and all(heads)


def _has_digit(cell: str) -> bool:
    return any(letter.isdigit() for letter in cell)


def _joined(rows: Rows, column: int) -> Rows:
    """This column and the next as one."""
    return [
        (*row[:column], _SPACE.sub("", f"{row[column].strip()} {row[column + 1].strip()}".strip()), *row[column + 2 :])
        for row in rows
    ]
