"""Columns of a picture that no gutter parts from top to bottom: what stands below each other is read together.

A newspaper's columns end at different heights, and what is advertised stands between them. Whatever cannot be cut is
built up from its lines: each goes on in the one line below it that is set alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray

from ragmm.loaders.pdf.base import Line
from ragmm.loaders.pdf.columns import regions
from ragmm.loaders.pdf.geometry import union
from ragmm.types import Box

__all__ = ["blocks_of", "read_regions"]

_MOST_LINES = 600
"""Of a region that is looked at: beyond it is no page that anyone reads."""
_MOST_BLOCKS = 80
"""Of which the order is looked for."""
_FEWEST, _LETTERS, _WORDS = 7, 16, 3
"""Lines of a column of prose, and letters and words of the middle one of them."""
_NEAR, _NEAR_ALIKE = 1.4, 0.8
"""Heights of letters between two lines of one advertisement, and of one column."""
_ALIKE, _ALIGNED = 1.4, 2.5
"""How much higher one line of a column may be, and how many heights further left or right it may begin."""
_WITHIN = 0.6
"""Of the shorter of two lines, what must stand below the longer."""
_SLOP = 0.6
"""Heights by which lines of neighbouring columns may run over each other."""
_OVERLAP = 0.6
"""Of a line's height, by how much the next may overlap it: the boxes of tightly set lines do."""
_BESIDE = 1.2
"""Heights between what stands side by side in one block."""
_SHARED = 0.2
"""Of the narrower of two blocks: what stands above each other."""

Boxes = NDArray[np.float64]
"""Shape: (n, 4)."""


def read_regions(lines: Sequence[Line]) -> list[list[Line]]:
    """The regions of a page that was read in its picture, in reading order."""
    return [block for region in regions(lines) for block in blocks_of(region)]


def blocks_of(region: list[Line]) -> list[list[Line]]:
    """The region as it is; in blocks where columns of prose stand side by side in it."""
    if not 2 * _FEWEST <= len(region) <= _MOST_LINES or not all(line.upright for line in region):
        return [region]
    boxes = np.array([line.box for line in region], np.float64)
    columns = [chain for chain in _chains(boxes) if _is_prose([region[number] for number in chain])]
    if not _side_by_side([_around(boxes[chain]) for chain in columns]):
        return [region]
    taken = {number for chain in columns for number in chain}
    rest = [number for number in range(len(region)) if number not in taken]
    found = [*columns, *_gathered(boxes, rest)]
    if len(found) > _MOST_BLOCKS:
        return [region]
    ordered = _in_reading_order([_around(boxes[block]) for block in found])
    return [[region[number] for number in found[place]] for place in ordered]


def _around(boxes: Boxes) -> Box:
    return union((x0, y0, x1, y1) for x0, y0, x1, y1 in boxes.tolist())


def _chains(boxes: Boxes) -> list[list[int]]:
    """Runs of lines of which each goes on in the next: the only one right below that is set alike."""
    tops = boxes[:, 1]
    taken: set[int] = set()
    chains = []
    for first in np.argsort(tops, kind="stable").tolist():
        if first in taken:
            continue
        chain, extent, row = [first], boxes[first].copy(), [first]
        while (row := _next(boxes, row[0], extent)) and taken.isdisjoint(row):
            chain += row
            extent = _extended(extent, boxes[row])
            taken.update(row)
        chains.append(chain)
    return chains


def _extended(extent: NDArray[np.float64], more: Boxes) -> NDArray[np.float64]:
    return np.concatenate([np.minimum(extent[:2], more[:, :2].min(0)), np.maximum(extent[2:], more[:, 2:].max(0))])


def _next(boxes: Boxes, one: int, column: NDArray[np.float64]) -> list[int]:
    """In which line another goes on, whose column is so wide as yet; several where it was read in pieces."""
    left, top, right, bottom = boxes.T
    size = bottom[one] - top[one]
    shared = np.minimum(right, column[2]) - np.maximum(left, column[0])
    gap = top - bottom[one]
    under = (shared > _SLOP * size) & (gap > -_OVERLAP * size) & (gap < _NEAR_ALIKE * size)
    below = np.flatnonzero(under & (top > top[one] + 0.4 * size))
    if not len(below):
        return []
    row = below[top[below] < top[below].min() + 0.5 * size]
    row = row[np.argsort(left[row])]
    begin, end, height = left[row].min(), right[row].max(), float(np.median(bottom[row] - top[row]))
    if len(row) > 1 and (begin < column[0] - size or end > column[2] + size):
        return []
    alike = max(size, height) <= _ALIKE * min(size, height)
    within = min(end, column[2]) - max(begin, column[0]) >= _WITHIN * min(end - begin, column[2] - column[0])
    return row.tolist() if alike and within and abs(begin - column[0]) <= _ALIGNED * size else []


def _is_prose(lines: Sequence[Line]) -> bool:
    letters = median([len(line.text) for line in lines])
    words = median([line.text.count(" ") + 1 for line in lines])
    return len(lines) >= _FEWEST and letters >= _LETTERS and words >= _WORDS


def _side_by_side(columns: Sequence[Box]) -> bool:
    """Whether two of them stand beside each other for the height of a few lines."""
    for number, one in enumerate(columns):
        for other in columns[:number]:
            apart = min(one[2], other[2]) - max(one[0], other[0]) <= _SHARED * min(one[2] - one[0], other[2] - other[0])
            shared = min(one[3], other[3]) - max(one[1], other[1])
            if apart and 2 * shared > min(one[3] - one[1], other[3] - other[1]):
                return True
    return False


def _gathered(boxes: Boxes, numbers: Sequence[int]) -> list[list[int]]:
    """Lines that stand near each other, below each other or side by side, each of them in one block."""
    sides: list[Box] = [tuple(box) for box in boxes.tolist()]
    rest = list(numbers)
    blocks: list[list[int]] = []
    while rest:
        block = [rest.pop(0)]
        for one in block:  # which grows
            near = [other for other in rest if _is_near(sides[one], sides[other])]
            block += near
            rest = [other for other in rest if other not in near]
        blocks.append(sorted(block))
    return blocks


def _is_near(one: Box, other: Box) -> bool:
    size = min(one[3] - one[1], other[3] - other[1])
    across = max(one[0], other[0]) - min(one[2], other[2])
    down = max(one[1], other[1]) - min(one[3], other[3])
    return (across < -_SLOP * size and down < _NEAR * size) or (down < -0.5 * size and across < _BESIDE * size)


def _in_reading_order(boxes: Sequence[Box]) -> list[int]:
    """What stands above before what stands below it, what stands left before what stands right of it."""
    before = {place: {one for one in range(len(boxes)) if _precedes(one, place, boxes)} for place in range(len(boxes))}
    left = sorted(before, key=lambda place: (boxes[place][1], boxes[place][0]))
    ordered: list[int] = []
    while left:
        free = (place for place in left if not before[place].intersection(left) - {place})
        nearest = next(free, left[0])
        left.remove(nearest)
        ordered.append(nearest)
    return ordered


def _precedes(one: int, other: int, boxes: Sequence[Box]) -> bool:
    a, b = boxes[one], boxes[other]
    if one == other:
        return False
    shared = min(a[2], b[2]) - max(a[0], b[0])
    if shared > _SHARED * min(a[2] - a[0], b[2] - b[0]):
        return a[1] + a[3] < b[1] + b[3]
    return a[0] + a[2] < b[0] + b[2] and not any(_stands_between(box, a, b) for box in boxes)


def _stands_between(box: Box, a: Box, b: Box) -> bool:
    """Whether it runs over both, below the left one and above the right one or the other way."""
    spans = box[0] < a[2] and box[2] > b[0]
    low, high = sorted(((a[1] + a[3]) / 2, (b[1] + b[3]) / 2))
    return spans and low < (box[1] + box[3]) / 2 < high
