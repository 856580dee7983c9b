"""Bars that lie on their side in groups: each label has a bar for every series, their values below each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from statistics import median

from ragmm.loaders.charts.pieces import ChartPiece, LabelledValues, gathered, is_prose
from ragmm.loaders.charts.series import Groups, Named, entry_name
from ragmm.loaders.charts.tints import Tints, nearest_tints

__all__ = ["groups_below_each_other", "series_by_legend", "stacks_by_legend"]

_FEWEST_LABELS, _MOST_SERIES = 2, 6
_MOST_LABELS, _MOST_LEGENDS = 200, 40
"""Looked at for a legend, and tried as one."""
_ALIKE = 0.75
"""Of the labels that must have as many values as most have."""
_REACH = 0.5
"""Of the distance between two labels within which a value belongs to one."""
_HEAD = 0.7
"""Of it within which what stands above the first label is their head."""
_FEWEST_COLOURS = 2
"""Entries of a legend that have one."""
_AGREED = 0.9
"""Of the values with a colour that must have that of the entry whose place they have."""


def groups_below_each_other(pieces: Sequence[ChartPiece]) -> list[LabelledValues]:
    """Labels of one column with as many values each, from the top; nothing where they are no such groups."""
    values = [piece for piece in pieces if piece.is_value]
    left = min((value.box[0] for value in values), default=0.0)
    labels = [piece for piece in pieces if not piece.is_value and not is_prose(piece) and piece.box[2] <= left + 1]
    ways = ([[label] for label in labels], gathered(labels))
    return max((_whole_groups(sorted(way, key=lambda label: label[0].y), values) for way in ways), key=len)


def _whole_groups(column: list[list[ChartPiece]], values: Sequence[ChartPiece]) -> list[LabelledValues]:
    middles = [(label[0].y + label[-1].y) / 2 for label in column]
    apart = median([b - a for a, b in pairwise(middles)]) if len(middles) >= _FEWEST_LABELS else 0.0
    if apart > 0 and middles[1] - middles[0] < _HEAD * apart:
        column, middles = column[1:], middles[1:]
    own: list[list[ChartPiece]] = [[] for _ in column]
    for value in values if apart > 0 else ():
        near = min(range(len(middles)), key=lambda at: abs(middles[at] - value.y))
        if abs(middles[near] - value.y) <= _REACH * apart:
            own[near].append(value)
    counts = Counter(len(group) for group in own if group)
    wide = counts.most_common(1)[0][0] if counts else 0
    if not 2 <= wide <= _MOST_SERIES or counts[wide] < max(_FEWEST_LABELS, _ALIKE * sum(counts.values())):
        return []
    whole = [(label, sorted(group, key=lambda value: value.y)) for label, group in zip(column, own, strict=True)]
    whole = [(label, group) for label, group in whole if len(group) == wide]
    if any(b.y - a.y < 0.5 * a.height for _, group in whole for a, b in pairwise(group)):
        return []  # some stand side by side
    return [LabelledValues(label=tuple(label), values=tuple(group)) for label, group in whole]


def series_by_legend(groups: Groups, labels: Sequence[ChartPiece], tints: Tints) -> Named | None:
    """By the order of a legend's entries, forwards or backwards, where colours say that it is that of the values."""
    wide = len(groups[0])
    of_values = [[tints.of_value(value) for value in group] for group in groups]
    for legend in islice(_legends(labels, wide), _MOST_LEGENDS):
        colours = [tints.of_entry(entry[0]) for entry in legend]
        if sum(colour is not None for colour in colours) < _FEWEST_COLOURS:
            continue
        for order in (list(range(wide)), list(reversed(range(wide)))):
            seen = [(tint, at) for group in of_values for tint, at in zip(group, order, strict=True)]
            told = [(tint, at) for tint, at in seen if tint is not None and colours[at] is not None]
            same = sum(nearest_tints([tint], colours) == [at] for tint, at in told)
            if len(told) >= len(groups) and same >= _AGREED * len(told):
                return [[entry_name(legend[at]) for at in order] for _ in groups]
    return None


def stacks_by_legend(groups: Groups, labels: Sequence[ChartPiece], tints: Tints) -> Named | None:
    """Of upright stacks, the same from the top; of columns with fewer values than most nothing is said."""
    counts = Counter(len(group) for group in groups)
    wide = max(counts, key=lambda count: (counts[count], count))
    whole = [sorted(group, key=lambda value: value.y) for group in groups if len(group) == wide]
    if not 2 <= wide <= _MOST_SERIES or sum(map(_is_stack, whole)) < _ALIKE * len(whole):
        return None
    names = series_by_legend(whole, labels, tints)
    if names is None:
        return None
    named = {
        id(value): name for group, own in zip(whole, names, strict=True) for value, name in zip(group, own, strict=True)
    }
    return [[named.get(id(value)) for value in group] for group in groups]


def _is_stack(group: Sequence[ChartPiece]) -> bool:
    """Whether values stand above each other, none beside another."""
    places, high = [value.x for value in group], group[0].height
    return max(places) - min(places) < high and all(b.y - a.y >= 0.5 * a.height for a, b in pairwise(group))


def _legends(labels: Sequence[ChartPiece], wide: int) -> Iterator[list[list[ChartPiece]]]:
    """As many labels as there are series, close below each other on one edge, or side by side."""
    usable = sorted((label for label in labels if not is_prose(label)), key=lambda label: label.y)[:_MOST_LABELS]
    for first in usable:
        below = [first]
        for label in usable:
            if abs(label.box[0] - first.box[0]) < 0.5 * first.height and 0 < label.y - below[-1].y < 2 * first.height:
                below.append(label)
        for start in range(len(below) - wide + 1):
            yield [[label] for label in below[start : start + wide]]
        beside = sorted(
            (label for label in usable if abs(label.y - first.y) < 0.5 * first.height), key=lambda one: one.x
        )
        if len(beside) == wide:
            yield [[label] for label in beside]
