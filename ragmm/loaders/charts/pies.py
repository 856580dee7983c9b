"""Pies and rings with a legend: each value's slice is told from its place in the round, and named by the legend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ragmm.loaders.charts.pieces import ChartPiece, is_prose
from ragmm.loaders.charts.tints import Tints, nearest_tints

__all__ = ["pairs_in_round"]

_FEWEST, _MOST = 2, 12
"""Slices."""
_WHOLE = 3.0
"""How far shares may be from a hundred together."""
_OFF = 0.25
"""Of the radius, how far values may stand beside the middles of their slices in the mean."""
_PLAINER, _EVEN = 1.5, 0.03
"""How much worse another turn of the round must fit to be left out: so many times, and by so much."""
_MOST_LABELS, _MOST_LISTS = 200, 40
_ALIGNED, _LISTED = 1.3, 2.2
"""Heights between the edges and the middles of entries of a legend."""
_TOLD_APART = 12.0
"""Between two tones that say which is which."""

Pairs = list[tuple[tuple[ChartPiece, ...], ChartPiece]]
Places = NDArray[np.float64]


def pairs_in_round(pieces: Sequence[ChartPiece], tints: Tints) -> Pairs:
    """The values of one pie with the entries of its legend; nothing where it is no pie or the pairs are not plain."""
    values = [piece for piece in pieces if piece.is_value]
    values = [value for value in values if "%" in value.text] or values
    labels = [piece for piece in pieces if not piece.is_value and not is_prose(piece)]
    if not _FEWEST <= len(values) <= _MOST or abs(sum(value.amount for value in values) - 100) > _WHOLE:
        return []
    turns = _turns(values)
    for legend in islice(_legends(labels, len(values)), _MOST_LISTS):
        colours = [tints.of_entry(entry) for entry in legend]
        found = nearest_tints([tints.around(value) for value in values], colours)
        named = [at for at in found if at is not None]
        if len(named) == len(values) == len(set(named)):
            return [((legend[at],), value) for at, value in zip(named, values, strict=True)]
        fitting = [turn for turn in turns if _is_order(turn, found)]
        told = len(named) > 1 and 2 * len(named) >= len(values)
        if len(fitting) == 1 and (told or _same_tones([values[at] for at in fitting[0]], legend, tints)):
            return [((entry,), values[at]) for entry, at in zip(legend, fitting[0], strict=True)]
    return []


def _is_order(turn: Sequence[int], found: Sequence[int | None]) -> bool:
    """Whether no colour names another slice than its place in the order of the legend does."""
    return all(found[at] is None or found[at] == place for place, at in enumerate(turn))


def _legends(labels: Sequence[ChartPiece], count: int) -> Iterator[list[ChartPiece]]:
    """As many labels as there are slices, close below each other on one edge, or side by side; longer ones never."""
    usable = sorted(labels, key=lambda label: label.y)[:_MOST_LABELS]
    for first in usable:
        below = [first]
        for label in usable:
            aligned = abs(label.box[0] - first.box[0]) < _ALIGNED * first.height
            if aligned and 0.5 * first.height < label.y - below[-1].y < _LISTED * first.height:
                below.append(label)
        if len(below) == count:
            yield below
        beside = sorted(
            (label for label in usable if abs(label.y - first.y) < 0.5 * first.height), key=lambda one: one.x
        )
        if len(beside) == count:
            yield beside


def _turns(values: Sequence[ChartPiece]) -> list[list[int]]:
    """Orders clockwise from the top in which the values stand where the middles of their slices must be."""
    places = np.array([[value.x, value.y] for value in values])
    middle = places.mean(axis=0)
    turned = np.arctan2(places[:, 0] - middle[0], middle[1] - places[:, 1]) % (2 * np.pi)
    order = [int(at) for at in np.argsort(turned)]
    turns = [order[start:] + order[:start] for start in range(len(order))]
    misfits = [_misfit(places[turn], [values[at].amount for at in turn]) for turn in turns]
    most = min(_OFF, _PLAINER * min(misfits) + _EVEN)
    return [turn for turn, misfit in zip(turns, misfits, strict=True) if misfit <= most] if len(values) > 2 else []


def _misfit(places: Places, amounts: Sequence[float]) -> float:
    """How far values stand from the middles of their slices on the ellipse that fits best, by its smaller radius."""
    shares = np.array(amounts) / max(sum(amounts), 1e-9)
    angles = 2 * np.pi * (np.cumsum(shares) - shares / 2)
    across, along, none = np.sin(angles), -np.cos(angles), np.zeros(len(angles))
    one = np.ones(len(angles))
    known = np.concatenate([np.stack([one, none, across, none], axis=1), np.stack([none, one, none, along], axis=1)])
    wanted = np.concatenate([places[:, 0], places[:, 1]])
    fitted, *_ = np.linalg.lstsq(known, wanted, rcond=None)
    smaller = min(float(fitted[2]), float(fitted[3]))
    if smaller <= 0:
        return float("inf")
    return float(np.sqrt(((known @ fitted - wanted) ** 2).mean())) / smaller


def _same_tones(values: Sequence[ChartPiece], legend: Sequence[ChartPiece], tints: Tints) -> bool:
    """Whether slices and swatches that are but patterned go from light to dark in one order."""
    slices = [tints.around(value) for value in values]
    swatches = [tints.tone_of_entry(entry) for entry in legend]
    if any(one is None for one in (*slices, *swatches)):
        return False
    first, second = [float(one.mean()) for one in slices if one is not None], [one for one in swatches if one]
    if len(first) != len(second):
        return False
    pairs = [(at, other) for at in range(len(first)) for other in range(at)]
    told = [(a, b) for a, b in pairs if abs(first[a] - first[b]) > _TOLD_APART and abs(second[a] - second[b]) > 0]
    return bool(told) and all((first[a] > first[b]) == (second[a] > second[b]) for a, b in told)
