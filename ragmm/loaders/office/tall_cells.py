"""Cells that stand beside several rows: what they say is said of each row, so each of them tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ragmm.loaders.table_heads import is_value

__all__ = ["GoesOn", "said_of_each_row"]

_LONGEST = 80


class GoesOn(NamedTuple):
    """An empty place that a cell of a row above reaches into."""

    row: int
    column: int
    first: int
    """The row in which that cell begins."""


def said_of_each_row(rows: list[list[str]], places: Iterable[GoesOn]) -> list[list[str]]:
    """The rows, with a short name that stands beside several repeated in each that holds a figure.

    Among heads, and beside rows of words, nothing is repeated.
    """
    valued = [any(map(is_value, row)) for row in rows]
    for place in places:
        name = rows[place.first][place.column] if place.column < len(rows[place.first]) else ""
        if valued[place.first] and valued[place.row] and name.strip() and len(name) <= _LONGEST and not is_value(name):
            rows[place.row][place.column] = name
    return rows
