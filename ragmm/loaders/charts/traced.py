"""Lines of a chart, followed by their colours: at which row each is in the columns of the labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ragmm.loaders.charts.tints import Pixels, runs_of

__all__ = ["trace_lines"]

_LIKE, _APART, _SHARE = 70.0, 30.0, 0.5
"""Of 441: how far a pixel may be from the colour of its line, and how far apart two lines' colours are at least; the
share of that within which a pixel is of one of them."""
_BESIDE = 1
"""Columns looked at on both sides of a label's middle."""
_TALLEST, _MARKER = 0.07, 16
"""Of the plot, and pixels: how high what is seen of a line in a column may be."""
_GAP = 4
"""Rows between two places of a line."""
_SEEN = 0.7
"""Of the columns between the first and the last that a line is seen in, also halfway between labels."""
_BEND = 0.1
"""Of the plot, how far a line may leave the rows that it has at two labels between these."""
_FEWEST = 3

Rows = list[float | None]


def trace_lines(
    pixels: Pixels, colours: Sequence[Pixels], columns: Sequence[float], between: tuple[float, float]
) -> list[Rows]:
    """For each colour the row of its line in each column; None where that is not plain.

    Shape of `pixels`: (rows, columns, 3). A colour that no line has is seen nowhere.
    """
    tones = np.array(colours, dtype=np.float64).reshape(-1, 3)
    found = [_followed(pixels, tones, number, columns, between) for number in range(len(tones))]
    return [rows if _is_alone(tones, number) else [None] * len(columns) for number, rows in enumerate(found)]


def _is_alone(tones: np.ndarray, number: int) -> bool:
    apart = np.sqrt(((tones - tones[number]) ** 2).sum(axis=1))
    return int((apart < _APART).sum()) == 1


def _followed(
    pixels: Pixels, tones: np.ndarray, number: int, columns: Sequence[float], between: tuple[float, float]
) -> Rows:
    rows = _not_single([_row(pixels, tones, number, column, between) for column in columns])
    seen = [at for at, row in enumerate(rows) if row is not None]
    if len(seen) < _FEWEST:
        return [None] * len(columns)
    first, last = seen[0], seen[-1]
    steady = [
        _is_between(pixels, tones, number, ((columns[at] + columns[at + 1]) / 2, rows[at], rows[at + 1]), between)
        for at in range(first, last)
    ]
    whole = len(seen) >= _SEEN * (last + 1 - first) and sum(steady) >= _SEEN * len(steady)
    return rows if whole else [None] * len(columns)


def _not_single(rows: Rows) -> Rows:
    """Without places that have none beside them: there two other lines may mix to the colour of this one."""
    padded = [None, *rows, None]
    return [
        row if before is not None or after is not None else None
        for before, row, after in zip(padded, rows, padded[2:], strict=False)
    ]


def _is_between(
    pixels: Pixels,
    tones: np.ndarray,
    number: int,
    halfway: tuple[float, float | None, float | None],
    between: tuple[float, float],
) -> bool:
    """Whether a line is seen halfway between two labels, about between its rows there."""
    column, one, other = halfway
    has = _has(pixels, tones, number, column, between)
    places = np.flatnonzero(has) + max(0, round(between[0]))
    if one is None or other is None or not len(places):
        return bool(len(places))
    slack = _BEND * len(has)
    return bool(((places > min(one, other) - slack) & (places < max(one, other) + slack)).any())


def _row(pixels: Pixels, tones: np.ndarray, number: int, column: float, between: tuple[float, float]) -> float | None:
    """Its middle in one column; None where it is seen in several places or too high."""
    top, _ = between
    has = _has(pixels, tones, number, column, between)
    places: list[tuple[int, int]] = []
    for start, end in runs_of(has, np.zeros((len(has), 1))):
        if places and start - places[-1][1] <= _GAP:
            places[-1] = (places[-1][0], end)
        else:
            places.append((start, end))
    if len(places) != 1:
        return None
    start, end = places[0]
    if end - start > max(_MARKER, _TALLEST * len(has)):
        return None
    return max(0, round(top)) + (start + end - 1) / 2


def _has(pixels: Pixels, tones: np.ndarray, number: int, column: float, between: tuple[float, float]) -> np.ndarray:
    """Which rows have the colour: nearer to it than to that of any other line."""
    top, bottom = max(0, round(between[0])), max(0, round(between[1])) + 1
    left = max(0, round(column) - _BESIDE)
    strip = pixels[top:bottom, left : left + 2 * _BESIDE + 1].astype(np.float64)
    apart = np.sqrt(((strip[:, :, None, :] - tones) ** 2).sum(axis=3))
    others = np.delete(np.sqrt(((tones - tones[number]) ** 2).sum(axis=1)), number)
    near = apart[:, :, number] <= min(_LIKE, _SHARE * others.min(initial=2 * _LIKE))
    found: np.ndarray = near.any(axis=1)
    return found
