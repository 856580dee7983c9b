"""Columns so near to each other that they were taken for one: "25 -36.0" under "2016 % Chg" is two values."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["with_columns_apart"]

_VALUE = re.compile(r"[-−–+(]?[$€£]?(?:\d[\d,.]*|\.\d+)\s?%?\)?|\*+\.?\*+|n/?a|[-–—]", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3} \d{3}")
"""So are numbers of four digits and more written in many languages."""
_YEAR_AND_MORE = re.compile(r"(?P<both>.*?)(?P<year>\b(?:19|20)\d\d)\s+(?P<more>\D.*)")
_FEWEST = 3
_SHARE = 0.8
"""Of a column's cells that are two values each."""


def with_columns_apart(rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The rows, the first of them heads, with each column of two values a cell as two columns."""
    found = [tuple(row) for row in rows]
    for column in reversed(range(1, len(found[0]) if found else 0)):
        if _is_glued([row[column].strip() for row in found[1:]]):
            found = [
                (*row[:column], *(_heads(row[column]) if number == 0 else _values(row[column])), *row[column + 1 :])
                for number, row in enumerate(found)
            ]
    return found


def _is_glued(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    pairs = [cell for cell in filled if _values(cell)[1]]
    telling = [cell for cell in pairs if not _THOUSANDS.fullmatch(cell)]
    return len(pairs) >= _FEWEST and len(pairs) >= _SHARE * len(filled) and 2 * len(telling) > len(pairs)


def _values(cell: str) -> tuple[str, str]:
    """Both values of a cell; the whole cell and nothing where it is not two of them."""
    parts = cell.split()
    if len(parts) == 2 and all(_VALUE.fullmatch(part) for part in parts) and any(map(str.isdigit, cell)):
        return parts[0], parts[1]
    return cell, ""


def _heads(head: str) -> tuple[str, str]:
    """What stands before a year is said of both; what cannot be told apart too."""
    if match := _YEAR_AND_MORE.fullmatch(head.strip()):
        return match["both"] + match["year"], match["both"] + match["more"]
    words = head.split()
    return (words[0], words[1]) if len(words) == 2 else (head, head)
