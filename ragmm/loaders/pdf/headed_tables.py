"""Tables of bills and receipts: a row of heads, and under it figures that stand below one of them each.

They have no rules, labels run over columns that are empty beside them, and texts go on in rows of their own; what
stands at the left, the right or in the middle of a head belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ragmm.loaders.pdf.base import Line
from ragmm.loaders.pdf.geometry import union
from ragmm.loaders.pdf.rows import clean
from ragmm.loaders.pdf.table import Table
from ragmm.text.patterns import late

__all__ = ["headed_tables"]

_FEWEST_HEADS, _LONGEST_HEAD = 3, 30
_MOST_LINES, _MOST_ROWS = 1_000, 200
_FEWEST_FIGURES = 2
"""In all, of which those of one row count twice at most."""
_SOON = 3
"""Rows within which figures must follow."""
_APART = 0.25
"""Heights of letters between two heads."""
_OFF = 2.0
"""Heights of letters that the sides and the middle of a figure may all stand off those of its head."""
_GOES_ON, _ENDS = 1.9, 5.0
"""Heights from one row to the next: of a text that goes on, and beyond which a table ends."""
_FIGURE = late(
    r"(?:(?:[^\W\d]{1,3}\.?|[$€£¥₹₩元])\s?)?[-−–+(]?\s?(?:[$€£¥₹]\s?)?\d(?:[\d.,'’ ]*\d)?[)*]?\s?"
    r"(?:%|[$€£¥₹元円]|[^\W\d_]{1,4}\.?)?"
)
"""One number, with a currency or a unit."""
_DIGIT = late(r"\d")
_ENDS_LABEL = (":", "：")

_Row = list[Line]


def headed_tables(lines: Sequence[Line]) -> list[Table]:
    """From the top; a table whose figures do not all find a head of their own is none."""
    if len(lines) > _MOST_LINES:
        return []
    rows = list(_rows(lines))
    found: list[Table] = []
    at = 0
    while at < len(rows):
        table, after = _table(rows, at) if _are_heads(rows[at]) else (None, at + 1)
        found += [table] if table else []
        at = after
    return found


def _rows(lines: Sequence[Line]) -> Iterator[_Row]:
    row: _Row = []
    for line in sorted((line for line in lines if line.upright), key=_middle_down):
        if row and abs(_middle_down(line) - _middle_down(row[0])) > 0.5 * min(_height(line), _height(row[0])):
            yield sorted(row, key=_left)
            row = []
        row.append(line)
    if row:
        yield sorted(row, key=_left)


def _are_heads(row: _Row) -> bool:
    apart = all(b.box[0] - a.box[2] > _APART * a.size for a, b in pairwise(row))
    return len(row) >= _FEWEST_HEADS and apart and all(map(_is_head, row))


def _is_head(line: Line) -> bool:
    text = line.text.strip()
    return len(text) <= _LONGEST_HEAD and not _DIGIT.search(text) and not text.endswith(_ENDS_LABEL)


def _table(rows: Sequence[_Row], at: int) -> tuple[Table | None, int]:
    """The table under a row of heads, and the row that follows it."""
    heads = rows[at]
    cells: list[list[str]] = []
    taken = [heads]
    after, counted = at + 1, 0
    for row in rows[at + 1 : at + 1 + _MOST_ROWS]:
        step = (_middle_down(row[0]) - _middle_down(taken[-1][0])) / max(1.0, row[0].size)
        figures = [line for line in row if _FIGURE.fullmatch(line.text.strip())]
        goes_on = bool(cells) and not figures
        if step > (_GOES_ON if goes_on else _ENDS) or (goes_on and not _continues(row, taken[-1], heads)):
            break
        placed = _placed(row, figures, heads)
        if placed is None or (not counted and len(taken) > _SOON):
            break
        counted += min(2, len(figures))
        if goes_on:
            cells[-1] = [" ".join(filter(None, both)) for both in zip(cells[-1], placed, strict=True)]
        else:
            cells.append(placed)
        taken.append(row)
        after += 1
    if counted < _FEWEST_FIGURES:
        return None, at + 1
    names = [clean(line.text) for line in heads]
    box = union(line.box for row in taken for line in row)
    return Table(box=box, cells=tuple(map(tuple, [names, *cells]))), after


def _placed(row: _Row, figures: _Row, heads: _Row) -> list[str] | None:
    """The cells of a row; None where a figure stands under no head, or two under one."""
    cells = [""] * len(heads)
    columns = []
    for line in row:
        column, off = min(((number, _off(line, head)) for number, head in enumerate(heads)), key=lambda one: one[1])
        if line in figures and off > _OFF * line.size:
            return None
        columns.append(column)
    if len({column for line, column in zip(row, columns, strict=True) if line in figures}) < len(figures):
        return None
    texts = [line for line in row if line not in figures]
    if figures and len(texts) == 1 and texts[0].box[0] < figures[0].box[0]:
        columns[row.index(texts[0])] = 0  # the label of a sum stands wherever there is room
    for line, column in zip(row, columns, strict=True):
        cells[column] = f"{cells[column]} {clean(line.text)}".strip()
    return cells


def _continues(row: _Row, above: _Row, heads: _Row) -> bool:
    """Whether all texts of a row are set like those above; what stands below several heads follows a table."""
    return all(
        min(_off(line, one) for one in above) <= line.size
        and sum(min(line.box[2], head.box[2]) - max(line.box[0], head.box[0]) > 0 for head in heads) < 2
        for line in row
    )


def _off(line: Line, head: Line) -> float:
    """How far a line stands off a head, by whichever side or the middle it is nearest."""
    sides = abs(line.box[0] - head.box[0]), abs(line.box[2] - head.box[2])
    middle = abs(line.box[0] + line.box[2] - head.box[0] - head.box[2]) / 2
    return min(*sides, middle)


def _height(line: Line) -> float:
    return line.box[3] - line.box[1]


def _middle_down(line: Line) -> float:
    return (line.box[1] + line.box[3]) / 2


def _left(line: Line) -> float:
    return line.box[0]
