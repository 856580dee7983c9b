"""Charts whose values stand beside or in what they count, in no rows: pies, rings, maps with few labels."""

from __future__ import annotations

from collections.abc import Sequence

from ragmm.loaders.charts.pieces import ChartPiece, gathered, is_prose
from ragmm.loaders.charts.tints import Tints, nearest_tints

__all__ = ["pairs_around"]

_ALIGNED, _LISTED, _FEWEST_LISTED = 0.3, 1.7, 3
"""Heights between the edges and the middles of entries of a list, and how many they are at least."""
_MOST_LABELS = 200
_FAR = 4.5
"""Heights between a value and its label, at most."""


def pairs_around(pieces: Sequence[ChartPiece], tints: Tints | None) -> list[tuple[tuple[ChartPiece, ...], ChartPiece]]:
    """Labels of one or more lines with the one value that belongs to each."""
    values = [piece for piece in pieces if piece.is_value]
    labels = [piece for piece in pieces if not piece.is_value and not is_prose(piece)]
    by_colour = _by_colour(values, labels, tints) if tints else []
    return by_colour or ([] if _has_legend(labels) else _nearest(values, gathered(labels)))


def _has_legend(labels: Sequence[ChartPiece]) -> bool:
    """Whether labels stand in a list, close below each other on one edge: then nearness to a value says nothing."""
    ordered = sorted(labels, key=lambda label: label.y)[:_MOST_LABELS]
    for first in ordered:
        last, count = first, 1
        for label in ordered:
            aligned = abs(label.box[0] - first.box[0]) < _ALIGNED * first.height
            if aligned and 0.5 * last.height < label.y - last.y < _LISTED * last.height:
                last, count = label, count + 1
        if count >= _FEWEST_LISTED:
            return True
    return False


def _by_colour(
    values: Sequence[ChartPiece], labels: Sequence[ChartPiece], tints: Tints
) -> list[tuple[tuple[ChartPiece, ...], ChartPiece]]:
    """By the swatches of a legend, where every value has one of its own."""
    entries = [(label, colour) for label in labels if (colour := tints.of_entry(label)) is not None]
    found = nearest_tints([tints.of_value(value) for value in values], [colour for _, colour in entries])
    named = [at for at in found if at is not None]
    if len(named) < len(values) or len(set(named)) < len(named) or len(values) < 2:
        return []
    return [((entries[at][0],), value) for at, value in zip(named, values, strict=True)]


def _nearest(
    values: Sequence[ChartPiece], groups: Sequence[Sequence[ChartPiece]]
) -> list[tuple[tuple[ChartPiece, ...], ChartPiece]]:
    """Those of which each is the other's nearest."""
    if not groups:
        return []
    found = []
    for value in values:
        order = sorted(range(len(groups)), key=lambda at: _distance(value, groups[at]))
        back = min(values, key=lambda other: _distance(other, groups[order[0]]))
        if back is value and _distance(value, groups[order[0]]) <= _FAR * value.height:
            found.append((tuple(groups[order[0]]), value))
    return found


def _distance(value: ChartPiece, group: Sequence[ChartPiece]) -> float:
    """Between the edges of a value and of a label."""
    x0, y0 = min(part.box[0] for part in group), min(part.box[1] for part in group)
    x1, y1 = max(part.box[2] for part in group), max(part.box[3] for part in group)
    aside = max(x0 - value.box[2], value.box[0] - x1, 0.0)
    apart = max(y0 - value.box[3], value.box[1] - y1, 0.0)
    return float((aside**2 + apart**2) ** 0.5)
