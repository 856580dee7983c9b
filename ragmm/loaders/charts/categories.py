"""What stands along the other axis of a chart: the labels that bars and points are read for, each with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ragmm.loaders.charts.pieces import ChartPiece, gathered, is_prose, same_row, word_by_word
from ragmm.loaders.charts.ticks import Scale

__all__ = ["Category", "categories_of", "pitch_of"]

_MOST_LABELS = 200
_ASLANT, _LEVEL = 1.6, 1.0
"""Heights of a number: how high the box of a label that runs aslant is at least, and how level its upper edge lies."""
_END = 0.45
"""Heights from the right edge of such a box to the middle of its last letter."""
_FEWEST_ASLANT = 3
_NEXT_LINE, _FAR = 1.7, 4.0
"""Heights to the next line of a label, and from the last number of the scale to the labels at most."""
_UNDER = 0.3
"""Of the distance between two labels, how far the next line of one may stand beside its middle."""


@dataclass(frozen=True, kw_only=True)
class Category:
    """A label and its place along its axis."""

    label: tuple[ChartPiece, ...]
    place: float


def categories_of(
    pieces: Sequence[ChartPiece], scale: Scale, base: float, places: Sequence[float] = ()
) -> list[Category]:
    """From the left or the top; `base`: the place of the line they stand at; `places`: where bars stand, for labels
    that were read as one line."""
    labels = [piece for piece in pieces if not piece.is_value and not is_prose(piece)][:_MOST_LABELS]
    labels = [label for label in labels if not _is_of_scale(label, scale)]
    found = _below(labels, scale, base, places) if scale.across else _beside(labels, scale, base)
    return sorted(found, key=lambda category: category.place)


def pitch_of(categories: Sequence[Category]) -> float:
    """The usual distance between two of them."""
    return median(b.place - a.place for a, b in pairwise(categories)) if len(categories) > 1 else 0.0


def _is_of_scale(label: ChartPiece, scale: Scale) -> bool:
    """Whether it stands in the column or the row of the numbers."""
    if not scale.across:
        return same_row(label, scale.ticks[0])
    left, right = min(tick.box[0] for tick in scale.ticks), max(tick.box[2] for tick in scale.ticks)
    return left <= label.x <= right and label.y < max(tick.y for tick in scale.ticks) + 2 * _FAR * label.height


def _below(labels: Sequence[ChartPiece], scale: Scale, base: float, places: Sequence[float]) -> list[Category]:
    high = median(tick.height for tick in scale.ticks)
    floor = max(base, *(tick.y for tick in scale.ticks))
    under = [label for label in labels if label.box[1] > floor - _LEVEL * high]
    aslant = [label for label in under if label.height > _ASLANT * high]
    edge = median(label.box[1] for label in aslant) if aslant else 0.0
    aslant = [label for label in aslant if abs(label.box[1] - edge) < _LEVEL * high]
    if len(aslant) >= _FEWEST_ASLANT:
        return [Category(label=(label,), place=label.box[2] - _END * high) for label in aslant]
    level = sorted(word_by_word(under, places), key=lambda label: label.y)
    level = [label for label in level if label.y < floor + _FAR * high]
    if not level:
        return []
    first = [label for label in level if same_row(level[0], label)]
    return _with_more_lines(first, [label for label in word_by_word(under, places) if label not in first])


def _with_more_lines(first: Sequence[ChartPiece], others: Sequence[ChartPiece]) -> list[Category]:
    """Labels of one row, each with the lines that go on below it."""
    rows = [[label] for label in sorted(first, key=lambda label: label.x)]
    apart = min((b[0].x - a[0].x for a, b in pairwise(rows)), default=0.0)
    for label in sorted(others, key=lambda label: label.y):
        near = min(rows, key=lambda row: abs(row[0].x - label.x))
        below = label.y - near[-1].y
        if 0.5 * label.height < below < _NEXT_LINE * near[-1].height and abs(near[0].x - label.x) < _UNDER * apart:
            near.append(label)
    return [Category(label=tuple(row), place=row[0].x) for row in rows]


def _beside(labels: Sequence[ChartPiece], scale: Scale, base: float) -> list[Category]:
    """Labels left of the bars, above the scale or below it."""
    high = median(tick.height for tick in scale.ticks)
    beside = [label for label in labels if label.box[2] < base + high]
    if not beside:
        return []
    edge = median(label.box[2] for label in beside)
    column = [label for label in beside if abs(label.box[2] - edge) < high] or beside
    groups = gathered(column)
    return [Category(label=tuple(group), place=(group[0].y + group[-1].y) / 2) for group in groups]
