"""Charts whose labels stand in a row below their values: upright bars, lines over years."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from ragmm.loaders.charts.pieces import ChartPiece, LabelledValues, is_prose, same_row, word_by_word
from ragmm.types import Box

__all__ = ["columns_upright"]

_YEAR = re.compile(r"(?:1[6-9]|20)\d\d\Z")
_NEXT_LINE = 1.7
_FEWEST_BY_TURNS, _EVEN = 4, 1.5
"""Labels that stand by turns in two rows, and how much wider their widest step may be than the narrowest."""
_OFF = 0.34
"""Of a year that a value may stand beside it."""
_BESIDE = 2.5
"""Heights that a value may stand beside the end of its line."""
_REACH = 0.6
"""Of the distance between two labels, how far a value may stand from the middle of its own."""


def columns_upright(pieces: Sequence[ChartPiece]) -> list[list[LabelledValues]]:
    """One list an axis, from the top; every value is given to the first axis below it."""
    values = [piece for piece in pieces if piece.is_value]
    labels = [piece for piece in pieces if not piece.is_value and not is_prose(piece)]
    axes = _axes(word_by_word(labels, _places(values)), values)
    found, above = [], float("-inf")
    for axis in axes:
        floor = min(label[0].y for label in axis)
        own = [value for value in values if above < value.y < floor]
        columns = _filled(axis, own)
        if columns:
            found.append(_grouped(columns, labels))
            above = floor
    return found


def _places(values: Sequence[ChartPiece]) -> list[float]:
    """Where values stand from the left, those above each other once."""
    found: list[float] = []
    for value in sorted(values, key=lambda value: value.x):
        if not found or value.x - found[-1] > value.height:
            found.append(value.x)
    return found


def _axes(labels: Sequence[ChartPiece], values: Sequence[ChartPiece]) -> list[list[list[ChartPiece]]]:
    """Rows of labels below values, each label with its further lines."""
    rows: list[list[ChartPiece]] = []
    for label in sorted(labels, key=lambda piece: piece.y):
        if rows and same_row(rows[-1][0], label):
            rows[-1].append(label)
        else:
            rows.append([label])
    axes: list[list[list[ChartPiece]]] = []
    for row in rows:
        if axes and (whole := _staggered(axes[-1], row)):
            axes[-1] = whole
        elif axes and _continues(axes[-1], row):
            for piece in row:
                near = min(axes[-1], key=lambda label: abs(label[0].x - piece.x))
                near.append(piece)
        elif len(row) >= 2 and any(value.y < row[0].y for value in values):
            axes.append([[piece] for piece in sorted(row, key=lambda piece: piece.x)])
    dated = [axis for axis in axes if all(_YEAR.search(label[-1].text) for label in axis)]
    return dated or axes


def _staggered(axis: list[list[ChartPiece]], row: Sequence[ChartPiece]) -> list[list[ChartPiece]]:
    """Labels of one axis that stand by turns in two rows, for want of room; nothing where they do not."""
    whole = sorted([*axis, *([piece] for piece in row)], key=lambda label: label[0].x)
    steps = [b[0].x - a[0].x for a, b in pairwise(whole)]
    close = row[0].y - max(label[-1].y for label in axis) < _NEXT_LINE * row[0].height
    if len(whole) < _FEWEST_BY_TURNS or not close or max(steps) > _EVEN * min(steps):
        return []
    above = {id(label) for label in axis}
    by_turns = all((id(a) in above) != (id(b) in above) for a, b in pairwise(whole))
    return whole if by_turns else []


def _continues(axis: Sequence[Sequence[ChartPiece]], row: Sequence[ChartPiece]) -> bool:
    """Whether a row is the second line of the labels above it: close below, each in the middle under one."""
    last = axis[0][-1]
    if row[0].y - max(label[-1].y for label in axis) > _NEXT_LINE * last.height or len(row) > len(axis):
        return False
    apart = _apart(axis)
    names = [" ".join(part.text for part in label) for label in axis]
    if len(set(names)) < len(names) and 2 * len(row) <= len(axis):
        return False  # they name groups of labels that recur
    if len(row) == 1 and row[0].box[2] - row[0].box[0] > apart:
        return False  # the axis's own title
    return all(min(abs(label[0].x - piece.x) for label in axis) < 0.3 * apart for piece in row)


def _grouped(columns: Sequence[LabelledValues], labels: Sequence[ChartPiece]) -> list[LabelledValues]:
    """Labels that recur, each with what stands below its group of them."""
    if len({column.text for column in columns}) == len(columns):
        return list(columns)
    floor = max(part.y for column in columns for part in column.label)
    high = columns[0].label[0].height
    below = [label for label in labels if 0.5 * high < label.y - floor < 2.5 * high]
    if len(below) < 2:
        return list(columns)
    nearest = [min(below, key=lambda label: abs(label.x - column.label[0].x)) for column in columns]
    return [replace(column, section=label.text) for column, label in zip(columns, nearest, strict=True)]


def _apart(axis: Sequence[Sequence[ChartPiece]]) -> float:
    """Between the middles of neighbours, at least."""
    places = sorted(label[0].x for label in axis)
    return min((b - a for a, b in pairwise(places)), default=0.0)


def _filled(axis: Sequence[Sequence[ChartPiece]], values: Sequence[ChartPiece]) -> list[LabelledValues]:
    """The labels that have values; nothing where too few do for it to be an axis of these values."""
    places = sorted(label[0].x for label in axis)
    usual = median(b - a for a, b in pairwise(places))
    years = _years(axis)
    given: dict[float, list[ChartPiece]] = {}
    labels: dict[float, tuple[ChartPiece, ...]] = {}
    for value in values:
        label = _between(years, axis, value) if years else _beside(axis, value, _REACH * usual)
        if label is not None:
            place = label[0].x
            given.setdefault(place, []).append(value)
            labels[place] = label
    if len(given) < 2 or (not years and 2 * len(given) < len(axis)):
        return []
    return [
        LabelledValues(label=labels[at], values=tuple(sorted(given[at], key=lambda value: (value.x, value.y))))
        for at in sorted(given)
    ]


def _beside(axis: Sequence[Sequence[ChartPiece]], value: ChartPiece, reach: float) -> tuple[ChartPiece, ...] | None:
    """The label in whose middle a value stands."""
    near = min(axis, key=lambda label: abs(label[0].x - value.x))
    return tuple(near) if abs(near[0].x - value.x) <= reach else None


def _years(axis: Sequence[Sequence[ChartPiece]]) -> tuple[float, float] | None:
    """Where a year stands as (place of year 0, width of a year), if labels are years in even steps with gaps."""
    if not all(len(label) == 1 and _YEAR.match(label[0].text) for label in axis):
        return None
    found = sorted((int(label[0].text), label[0].x) for label in axis)
    (first, left), (last, right) = found[0], found[-1]
    if last == first or all(b - a == 1 for (a, _), (b, _) in pairwise(found)):
        return None
    wide = (right - left) / (last - first)
    even = all(abs(left + (year - first) * wide - x) <= max(0.35 * wide, 6.0) for year, x in found)
    return (left - first * wide, wide) if even and wide > 0 else None


def _between(
    years: tuple[float, float], axis: Sequence[Sequence[ChartPiece]], value: ChartPiece
) -> tuple[ChartPiece, ...] | None:
    """The year above which a value stands, on the axis or between two of its years; ends reach a little further."""
    start, wide = years
    ordered = sorted((label[0] for label in axis), key=lambda label: label.x)
    for end, apart in ((ordered[0], ordered[0].x - value.box[2]), (ordered[-1], value.box[0] - ordered[-1].x)):
        if -value.height < apart < _BESIDE * value.height:
            return (end,)
    year = (value.x - start) / wide
    if not int(ordered[0].text) - 0.4 <= year <= int(ordered[-1].text) + 0.4 or abs(year - round(year)) > _OFF:
        return None
    return (replace(ordered[0], text=str(round(year)), box=_moved(ordered[0], start + round(year) * wide)),)


def _moved(label: ChartPiece, middle: float) -> Box:
    x0, y0, x1, y1 = label.box
    return middle - (x1 - x0) / 2, y0, middle + (x1 - x0) / 2, y1
