"""Column heads in two rows made one: "Week to Date" over "2017" and "2016" says what each column holds.

A table is stored with one row of heads, which every part of a long table repeats; what a second row says would stand
among the data, and be lost to all parts but the first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["is_value", "parts_at_heads", "with_one_head"]

_MOST_ROWS = 3
"""Of heads."""
_BELOW = 6
"""Rows under the heads, and above, that are looked at."""
_LONGEST = 60
_LETTERS = re.compile(r"[^\W\d_]{2,}|%")
_DATE = re.compile(
    r"\W*(?:W/?E\W+)?(?:\d{1,2}[/.-]\d{1,2}[/.-](?:\d\d){1,2}|\d{4}-\d\d-\d\d"
    r"|(?:[^\W\d]{3,9}\W{1,2})?(?:\d{1,2}(?:st|nd|rd|th)?\W{1,2})?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
    r"\W{1,3}(?:\d{1,2}\W{1,2})?(?:\d\d){1,2})\W*",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\W*(?:FY|Q[1-4])?\W*(?:1[5-9]|20)\d\d(?:\s?[-/–]\s?(?:\d\d|\d{4}))?\W*", re.IGNORECASE)
_UNIT = re.compile(
    r"\A\W*\(.*\)\W*\Z|\b(?:millions?|thousands?|billions?|dollars|ended|fiscal|years?)\b|:\s*\Z", re.IGNORECASE
)
"""What stands before years that are heads: "(Dollars in millions)", "Year ended"."""
_AGES = re.compile(r"\W*\d{1,2}\s?(?:[-–]\s?\d{1,2}|\+)\W*")
"""What stands beside words as a head of its own: 15-24, 65+."""
_NAMED = re.compile(r"[^\W\d_]{2,4}[-–]\d{1,2}")
"""A name that ends in a number: EU-15."""
_NO_VALUE = re.compile(r"(?:n/?a|nil|none|yes|no|tbd|ja|nein|x+)\W*", re.IGNORECASE)


def with_one_head(rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The rows, the first of them what all rows of heads say together."""
    found = [tuple(row) for row in rows]
    for _ in range(_further_heads(found)):
        found[:2] = [_together(found[0], found[1])]
    return found


def _further_heads(rows: Sequence[tuple[str, ...]]) -> int:
    """How many rows after the first name columns: they hold words or years alone, and the rows below them numbers."""
    if len(rows) < 3 or len(rows[0]) < 3 or any(is_value(cell) and not _DATE.fullmatch(cell) for cell in rows[0]):
        return 0
    heads = 0
    for number in range(1, min(_MOST_ROWS, len(rows) - 1)):
        if not _names_columns(rows[number - 1], rows[number]):
            break
        # One head alone is one over several, if several follow.
        heads = number if sum(map(bool, map(str.strip, rows[number][1:]))) > 1 else heads
    named = [column for column, cell in enumerate(rows[heads]) if column and cell.strip()]
    below = [row[column] for row in rows[heads + 1 :][:_BELOW] for column in named if row[column].strip()]
    return heads if below and sum(map(is_value, below)) > 0.6 * len(below) else 0


def parts_at_heads(rows: Sequence[tuple[str, ...]]) -> list[list[tuple[str, ...]]]:
    """The tables that were drawn as one grid: a form above, and below it heads of their own over figures."""
    parts = [[*rows[:1]]]
    for number, row in enumerate(rows[1:], 1):
        above, below = parts[-1][max(1, len(parts[-1]) - _BELOW) :], rows[number + 1 : number + 1 + _BELOW]
        if len(above) > 1 and _begins_anew(above, row, below):
            titled = [cell for cell in above[-1] if cell.strip()]
            title = parts[-1].pop() if len(titled) == 1 else ()
            parts.append([(titled[0], *row[1:]) if title else row])
        else:
            parts[-1].append(row)
    return parts


def _begins_anew(above: Sequence[Sequence[str]], row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row names columns that hold figures below it and none above."""
    named = [column for column, cell in enumerate(row) if cell.strip()]
    if row[0].strip() or len(named) < 2 or not all(_is_head(row[column]) for column in named):
        return False
    over, under = ([one[column] for one in some for column in named if one[column].strip()] for some in (above, below))
    figures = sum(map(is_value, under))
    return figures >= 2 and figures > 0.6 * len(under) and sum(map(is_value, over)) < 0.3 * len(over)


def _names_columns(above: Sequence[str], row: Sequence[str]) -> bool:
    named = [cell for cell in row[1:] if cell.strip()]
    sparse = 2 * sum(bool(cell.strip()) for cell in above[1:]) <= len(above) - 1
    spans = any(one and one == other for one, other in pairwise(above[1:]))
    free = (
        sparse or spans or not row[0].strip() or (_UNIT.search(row[0]) is not None and all(map(_YEAR.fullmatch, named)))
    )
    words = [cell for cell in named if not _AGES.fullmatch(cell)]
    return bool(words) and free and all(map(_is_head, words))


def _together(top: Sequence[str], row: Sequence[str]) -> tuple[str, ...]:
    """A head above several columns is said of each."""
    spans = sum(map(bool, top[1:])) < sum(map(bool, row[1:]))
    heads, group = [" ".join(f"{top[0]} {row[0]}".split())], ""
    for above, below in zip(top[1:], row[1:], strict=True):
        group = above if above.strip() or not spans else group
        heads.append(" ".join(f"{group if below.strip() or above.strip() else ''} {below}".split()))
    return tuple(heads)


def _is_head(cell: str) -> bool:
    text = cell.strip()
    named = _LETTERS.search(text) or _YEAR.fullmatch(text) or _DATE.fullmatch(text)
    return named is not None and len(text) <= _LONGEST and not _NO_VALUE.fullmatch(text)


def is_value(cell: str) -> bool:
    """Whether most of a cell is a number, and no year or name."""
    text = "".join(cell.split())
    told = sum(char.isdigit() or char in ".,-–%$€£()*+/" for char in text)
    named = _YEAR.fullmatch(text) or _NAMED.fullmatch(text)
    return bool(text) and any(char.isdigit() for char in text) and 2 * told > len(text) and not named
