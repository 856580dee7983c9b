"""How far a page lies askew, told by the lines that were found on it, and where they would stand if it lay level."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ragmm.types import Box

__all__ = ["around", "levelled", "slant_of", "turned_box"]

Corners = NDArray[np.float32]
"""Of a line, from its top left clockwise. Shape: (4, 2)."""

_FEWEST, _LONG = 4, 4.0
"""Lines that must tell, and how many times as long as high one is that does."""
_LEAST, _MOST = 0.2, 12.0
"""Degrees: less moves no line to another row, and what lies more askew is no page that was laid on a scanner."""
_ALIKE = 1.5
"""Degrees between most of them."""


def slant_of(lines: Sequence[Corners]) -> float:
    """Degrees that lines run down to the right; 0 where they run level, few tell or they do not agree."""
    told = sorted(one for line in lines if (one := _run(line))[1] > 0)
    if len(told) < _FEWEST:
        return 0.0
    slants, weights = np.array(told).T
    before = np.cumsum(weights) / weights.sum()
    low, middle, high = (float(slants[int(np.searchsorted(before, share))]) for share in (0.25, 0.5, 0.75))
    return middle if _LEAST <= abs(middle) <= _MOST and high - low <= _ALIKE else 0.0


def _run(corners: Corners) -> tuple[float, float]:
    """Degrees of a line, and what it counts: its length; 0 where it is too short to tell."""
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    length, height = float(np.hypot(*across)), float(np.hypot(*down))
    if length < _LONG * max(1.0, height):
        return 0.0, 0.0
    return math.degrees(math.atan2(float(across[1]), float(across[0]))), length


def levelled(lines: Sequence[Corners], slant: float, size: tuple[int, int]) -> list[Box]:
    """The box of each line on the page turned level, around its middle."""
    return [around(_turned(line, -slant, size)) for line in lines]


def turned_box(box: Box, degrees: float, size: tuple[float, float]) -> Box:
    """The box around a box whose page is turned by so many degrees, clockwise, around its middle."""
    x0, y0, x1, y1 = box
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32)
    return around(_turned(corners, degrees, size))


def _turned(corners: Corners, degrees: float, size: tuple[float, float]) -> Corners:
    angle = math.radians(degrees)
    turn = np.array([(math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))])
    middle = np.array(size) / 2
    return np.asarray((corners - middle) @ turn + middle, np.float32)


def around(corners: Corners) -> Box:
    """The smallest box with level sides around the corners."""
    points = np.asarray(corners, dtype=np.float64)
    x0, y0 = points.min(axis=0)
    x1, y1 = points.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)
