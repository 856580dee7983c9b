"""Reading order: a page's lines cut into regions, columns left to right, what spans them in between.

Tables and columns look alike from above. What tells them apart is the order of the file: a column is written to its
end before the next begins, a table row by row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from operator import ne
from statistics import median

from ragmm.loaders.pdf.base import Line

__all__ = ["regions"]

_Interval = tuple[float, float]
_Placed = tuple[int, Line]
"""A line with its place in the file."""
_Band = list[_Placed]
"""Lines that stand beside each other."""

_DEEPEST = 12
# Beyond this a page is not cut into columns: it is a drawing, or made to cost time.
_MOST_LINES = 4_000
_MOST_GAPS = 6
_OPENS = 0.8
"""How wide what parts columns is, in sizes of the letters."""
_STAYS = 0.6
"""Of that, what may be left of it beside the longest lines."""
_PROSE_LETTERS, _PROSE_WORDS = 30, 4
_SHORT_CELL = 20


def regions(lines: Sequence[Line]) -> list[list[Line]]:
    """The regions of a page in reading order, the lines of each from the top; sideways lines come last."""
    upright = [(index, line) for index, line in enumerate(lines) if line.upright]
    sideways = [line for line in lines if not line.upright]
    found = [[line for _, line in region] for region in _best_cut(upright)] if upright else []
    return [*found, _vertical_order(sideways)] if sideways else found


def _vertical_order(lines: list[Line]) -> list[Line]:
    """Vertical writing runs in columns from the right."""
    return sorted(lines, key=lambda line: (-round(line.box[2] / 4), line.box[1]))


def _best_cut(placed: list[_Placed]) -> list[list[_Placed]]:
    """Columns go on where a long line leaves little of a gutter, if they are then read more as they were written."""
    found = _cut(placed, 1.0, 0)
    if _leaps(found) <= len(found):
        return found
    return min(found, _cut(placed, _STAYS, 0), key=_leaps)


def _leaps(found: list[list[_Placed]]) -> int:
    """How often what is read next was not written next."""
    order = [place for region in found for place, _ in region]
    return sum(after != before + 1 for before, after in pairwise(order))


def _cut(placed: list[_Placed], stays: float, depth: int) -> list[list[_Placed]]:
    placed = sorted(placed, key=_top_left)
    bands = _bands(placed)
    if depth >= _DEEPEST or len(placed) > _MOST_LINES or len(placed) < len(bands) + 2:
        return [placed]
    gap = max(5.0, _OPENS * median([line.size for _, line in placed]))
    found: list[list[_Placed]] = []
    whole: list[_Placed] = []
    for group in _groups(bands, gap, stays * gap):
        members = [item for band in group for item in band]
        gutter = _gutter(members, stays * gap)
        if gutter is None:
            whole.extend(members)
            continue
        found.extend([whole] if whole else [])
        whole = []
        found.extend(_cut([item for item in members if item[1].box[2] <= gutter], stays, depth + 1))
        found.extend(_cut([item for item in members if item[1].box[2] > gutter], stays, depth + 1))
    return [*found, whole] if whole else found


def _top_left(item: _Placed) -> tuple[float, float]:
    return item[1].box[1], item[1].box[0]


def _bands(placed: list[_Placed]) -> list[_Band]:
    """Runs of lines that overlap vertically; the input is sorted by its top."""
    bands: list[_Band] = []
    bottom = float("-inf")
    for item in placed:
        _, top, _, end = item[1].box
        # The boxes of tightly set lines overlap a little; that does not make them one row.
        if top < bottom - 0.35 * (end - top):
            bands[-1].append(item)
            bottom = max(bottom, end)
        else:
            bands.append([item])
            bottom = end
    return bands


def _groups(bands: list[_Band], gap: float, least: float) -> list[list[_Band]]:
    """Consecutive bands that leave a common gutter free, and between them those that do not."""
    groups: list[list[_Band]] = []
    current: list[_Band] = []
    free: list[_Interval] = []
    for band in bands:
        if len(band) == 1 and current and not free:
            current.append(band)
            continue
        taken = _merged([(item[1].box[0], item[1].box[2]) for item in band])
        left = _without(free, taken, least)
        gaps = [(a[1], b[0]) for a, b in pairwise(taken) if b[0] - a[1] >= gap]
        if current and (left or not (free or gaps)):
            current.append(band)
            free = left
            continue
        carried = _trailing(current, band) if free else []
        groups.append(current[: len(current) - len(carried)])
        if carried and gaps:
            groups.append(carried)
            carried = []
        current, free = [*carried, band], gaps
    return [group for group in [*groups, current] if group]


def _trailing(group: list[_Band], following: _Band) -> list[_Band]:
    """The last line of two columns, if it stands nearer to what follows: a heading, not a column's end."""
    if len(group) < 3 or len(group[-1]) > 1:
        return []
    above = _top(group[-1]) - max(item[1].box[3] for item in group[-2])
    below = _top(following) - group[-1][0][1].box[3]
    return group[-1:] if above > max(below, 0.5 * group[-1][0][1].size) else []


def _top(band: _Band) -> float:
    return min(item[1].box[1] for item in band)


def _merged(intervals: list[_Interval]) -> list[_Interval]:
    intervals.sort()
    merged = intervals[:1]
    for start, end in intervals[1:]:
        if start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _without(free: list[_Interval], taken: list[_Interval], gap: float) -> list[_Interval]:
    """What of the free intervals stays at least `gap` wide; both lists are sorted and without overlap."""
    left: list[_Interval] = []
    for first, high in free:
        low = first
        for start, end in taken:
            if start >= high or high - low < gap:
                break
            if end > low:
                if start - low >= gap:
                    left.append((low, start))
                low = end
        if high - low >= gap:
            left.append((low, high))
    return left


def _gutter(members: list[_Placed], gap: float) -> float | None:
    """Where the members fall into two columns: the left edge of the widest gap that is no gap of a table."""
    taken = _merged([(line.box[0], line.box[2]) for _, line in members])
    gaps = [(b[0] - a[1], a[1]) for a, b in pairwise(taken) if b[0] - a[1] >= gap]
    if not gaps or (len(gaps) > 1 and _is_grid(members)):
        return None
    in_order = [line for _, line in sorted(members, key=_place)]
    return next((edge for _, edge in sorted(gaps, reverse=True)[:_MOST_GAPS] if _are_columns(in_order, edge)), None)


def _is_grid(members: list[_Placed]) -> bool:
    """Three or more columns of short texts on common baselines: a table, even if the file has it column by column."""
    lines = [line for _, line in members]
    if median([len(line.text) for line in lines]) >= _SHORT_CELL:
        return False
    baselines = Counter(round(line.box[3] / 2) for line in lines)
    keys = [round(line.box[3] / 2) for line in lines]
    beside = sum(baselines[key - 1] + baselines[key] + baselines[key + 1] > 1 for key in keys)
    return beside > 0.8 * len(lines)


def _place(item: _Placed) -> int:
    return item[0]


def _are_columns(lines: list[Line], edge: float) -> bool:
    """Whether what stands on either side of an edge is read one after the other; lines are in the file's order."""
    sides = [line.box[2] <= edge for line in lines]
    fewer = min(sum(sides), len(sides) - sum(sides))
    changes = sum(map(ne, sides, sides[1:]))
    in_turn = changes <= 1 + fewer // 4
    if fewer < 2 or (fewer < 4 and not in_turn):
        return False
    left = [line for line, is_left in zip(lines, sides, strict=True) if is_left]
    right = [line for line, is_left in zip(lines, sides, strict=True) if not is_left]
    return _side_by_side(left, right) and (in_turn or (_is_prose(left) and _is_prose(right)))


def _is_prose(lines: list[Line]) -> bool:
    letters = median([len(line.text) for line in lines])
    words = median([line.text.count(" ") + 1 for line in lines])
    return letters >= _PROSE_LETTERS or (letters >= _SHORT_CELL and words >= _PROSE_WORDS)


def _side_by_side(left: list[Line], right: list[Line]) -> bool:
    tops = [min(line.box[1] for line in side) for side in (left, right)]
    ends = [max(line.box[3] for line in side) for side in (left, right)]
    shared = min(ends) - max(tops)
    return shared > 0.3 * min(end - top for top, end in zip(tops, ends, strict=True))
