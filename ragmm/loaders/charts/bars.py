"""Bars of one colour in a picture: where each begins and ends along the scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ragmm.loaders.charts.tints import Pixels, main_colour, runs_of

__all__ = ["Bar", "BarPart", "find_bars"]

_INKED, _ALIKE = 30, 40
"""Between the colour of a bar and what it stands on, and within one bar."""
_NARROWEST, _OFF_AXIS, _SHARE_OFF = 5, 3, 0.012
"""Pixels: of a bar; and how far from the line that they stand on bars are looked for, also as a share of the plot."""
_FILLED, _CLEAR = 0.8, 0.15
"""Of a row of a bar that has its colour; of the row beyond its end at most."""
_GAP = 3
"""Rows of another colour within a bar, such as a rule across it."""
_SEAM = 2
"""Rows between two parts of a bar that may be mixed of both."""
_MOST_BARS, _MOST_PARTS, _MOST_RUNS = 120, 8, 1_000


@dataclass(frozen=True, kw_only=True)
class BarPart:
    """One colour of a bar."""

    colour: Pixels
    rows: int


@dataclass(frozen=True, kw_only=True)
class Bar:
    """Its columns, the row that it stands on and, from there, its parts."""

    left: int
    right: int
    foot: int
    parts: tuple[BarPart, ...]

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def find_bars(plot: Pixels, base: int, end: int, paper: Pixels) -> list[Bar]:
    """Bars that go through a row of a picture towards another; nothing where what is there is no bars.

    Shape of `plot`: (rows, columns, 3). What bars stand on besides paper is told from the far end of the plot.
    """
    way = 1 if end > base else -1
    grounds = [paper, main_colour(plot[max(0, end - 2) : end + 3].reshape(-1, 3))]
    first = base + way * max(_OFF_AXIS, round(_SHARE_OFF * abs(end - base)))
    if not 0 <= first < len(plot):
        return []
    row = plot[first]
    found: list[Bar] = []
    for left, right in islice(runs_of(_inked(row, grounds), row.astype(np.float64)), _MOST_RUNS):
        if right - left < _NARROWEST:
            continue
        strip = plot[:, left + 1 : right - 1]
        parts = list(_parts(strip[first:] if way > 0 else strip[first::-1], grounds))
        below = _filled_rows(strip[first::-1] if way > 0 else strip[first:])
        if not parts or len(found) >= _MOST_BARS:
            return []
        parts[0] = BarPart(colour=parts[0].colour, rows=parts[0].rows + below - 1)
        found.append(Bar(left=left, right=right, foot=first - way * (below - 1), parts=tuple(parts)))
    return found


def _filled_rows(strip: Pixels) -> int:
    """How many rows have the colour of the first."""
    colour = np.median(strip[0], axis=0).astype(np.int16)
    return _first_gap((np.abs(strip - colour).max(axis=2) <= _ALIKE).mean(axis=1) >= _FILLED)


def _parts(strip: Pixels, grounds: Sequence[Pixels]) -> Iterator[BarPart]:
    """The colours of one bar from its foot; nothing where it has no plain end."""
    at = 0
    parts: list[BarPart] = []
    while at < len(strip) and len(parts) < _MOST_PARTS:
        colour = np.median(strip[at], axis=0).astype(np.int16)
        if not _inked(colour[None], grounds)[0]:
            break
        filled = (np.abs(strip[at:] - colour).max(axis=2) <= _ALIKE).mean(axis=1)
        end = at + _first_gap(filled >= _FILLED)
        if end >= len(strip) or end - at < 1 or filled[min(len(filled) - 1, end - at + 1)] > _CLEAR:
            return
        if not parts or end - at > _GAP:
            parts.append(BarPart(colour=colour, rows=end - at))
        at = end + _SEAM
    yield from parts


def _first_gap(filled: NDArray[np.bool_]) -> int:
    """After how many rows as many follow that are not filled."""
    empty = 0
    for at, one in enumerate(filled):
        empty = 0 if one else empty + 1
        if empty == _GAP:
            return at + 1 - _GAP
    return len(filled)


def _inked(colours: NDArray[np.int16], grounds: Sequence[Pixels]) -> NDArray[np.bool_]:
    apart = [np.abs(colours - ground).max(axis=-1) > _INKED for ground in grounds]
    found: NDArray[np.bool_] = np.logical_and.reduce(apart)
    return found
