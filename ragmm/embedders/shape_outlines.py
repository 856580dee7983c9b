"""Which of fourteen shapes an outline is: the one that covers it best, laid over it as large and turned a little."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import starmap

import numpy as np
from numpy.typing import NDArray

__all__ = ["shape_of", "without_holes"]

Mask = NDArray[np.bool_]
Points = list[tuple[float, float]]
_SIDE, _AREA = 64, 420
"""Pixels of the square in which masks are compared, and of every mask in it."""
_BLUR = 1.5
_FINE = 4
"""Bits of a pixel in which corners are given."""
_ALIKE = 0.955
"""The least cosine of a shape that is named."""
_RIM = 0.72
"""Of a circle, the hole that leaves a mere outline of it; below it is a ring."""
_HOLE = 0.12
_ANY = tuple(range(0, 360, 12))
_A_LITTLE = (-12, -6, 0, 6, 12)
_EITHER_WAY = tuple(turn + way for way in (0, 90) for turn in _A_LITTLE)
_UPRIGHT = tuple(turn + way for way in (0, 90, 180, 270) for turn in _A_LITTLE)
_BITES = ((0.3, 0.9), (0.38, 0.82), (0.32, 1.0), (0.42, 0.95), (0.5, 1.0), (0.55, 0.85), (0.65, 1.0))
"""Of a crescent: how far beside its disc lies the one that it lacks, and how large that is."""
_ARROWS = ((0.2, 0.6, 0.2), (0.26, 0.75, 0.05), (0.14, 0.48, 0.35), (0.3, 0.7, 0.0))
"""How thick shaft and head are, and where one becomes the other."""


def shape_of(mask: Mask) -> str:
    """Its name; "" for what is none of the shapes."""
    outer = without_holes(mask)
    hole = 1 - float(mask.sum()) / float(outer.sum())
    names, rows = _templates()
    alike = rows @ _laid_out(outer)
    best = int(alike.argmax())
    if alike[best] < _ALIKE:
        return ""
    ring = names[best] == "circle" and _HOLE < hole < _RIM
    return "ring" if ring else names[best]


def without_holes(mask: Mask) -> Mask:
    """With everything inside of it."""
    import cv2

    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(filled, outlines, -1, (1,), cv2.FILLED)
    return filled.astype(np.bool_)


def _laid_out(mask: Mask) -> NDArray[np.float32]:
    """In the middle of a square, always of the same area, a little blurred. Shape: (pixels,), of unit length."""
    import cv2

    rows, columns = mask.nonzero()
    scale = math.sqrt(_AREA / len(rows))
    middle = (_SIDE - 1) / 2
    across, down = middle - scale * columns.mean(), middle - scale * rows.mean()
    move = np.array([[scale, 0, across], [0, scale, down]], np.float32)
    laid = np.asarray(cv2.warpAffine(mask.astype(np.float32), move, (_SIDE, _SIDE)), np.float32)
    return _blurred(laid)


def _blurred(laid: NDArray[np.float32]) -> NDArray[np.float32]:
    import cv2

    soft = cv2.GaussianBlur(laid, (0, 0), _BLUR)[::2, ::2].ravel()
    unit: NDArray[np.float32] = soft / np.linalg.norm(soft)
    return unit


@lru_cache(maxsize=1)
def _templates() -> tuple[list[str], NDArray[np.float32]]:
    """Names, and masks as rows. Shape: (n, pixels)."""
    made = [(name, _drawn(_turned(points, turn))) for name, points, turns in _outlines() for turn in turns]
    return [name for name, _ in made], np.array([row for _, row in made], np.float32)


def _drawn(points: NDArray[np.float64]) -> NDArray[np.float32]:
    """An outline filled as `_laid_out` lays out what is seen. Shape: (pixels,), of unit length."""
    import cv2

    x, y = points.T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    crossed = x * next_y - next_x * y
    area = crossed.sum() / 2
    middle = np.array([((x + next_x) * crossed).sum(), ((y + next_y) * crossed).sum()]) / (6 * area)
    corners = (points - middle) * math.sqrt(_AREA / abs(area)) + (_SIDE - 1) / 2
    mask = np.zeros((_SIDE, _SIDE), np.float32)
    cv2.fillPoly(mask, [np.round(corners * 2**_FINE).astype(np.int32)], (1.0,), shift=_FINE)
    return _blurred(mask)


def _turned(points: Points, degrees: float) -> NDArray[np.float64]:
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    turned: NDArray[np.float64] = np.array(points) @ turn.T
    return turned


def _outlines() -> Iterator[tuple[str, Points, Iterable[int]]]:
    """Every shape as it is usually drawn, one way or another, around (0, 0); and how far it may be turned."""
    for name, turns, drawn in (
        ("circle", (0,), [_round(1.0)]),
        ("oval", range(0, 180, 12), map(_round, (0.8, 0.72, 0.62, 0.52, 0.42))),
        ("square", _A_LITTLE, [_box(1.0)]),
        ("rectangle", _EITHER_WAY, map(_box, (0.78, 0.66, 0.55, 0.45, 0.35, 0.26, 0.18))),
        ("triangle", _ANY, map(_triangle, (0.7, 0.866, 1.05))),
        ("triangle", _UPRIGHT, [[(-1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]]),
        ("diamond", _EITHER_WAY, map(_diamond, (1.0, 0.82, 0.68, 0.55))),
        ("pentagon", range(0, 72, 6), [_regular(5)]),
        ("hexagon", range(0, 60, 6), [_regular(6)]),
        ("star", range(0, 72, 6), map(_star, (0.34, 0.42, 0.52))),
        ("heart", (*_A_LITTLE, -20, 20), (_curved_heart(), _pointed_heart())),
        ("cross", (*_A_LITTLE, 45), map(_cross, (0.2, 0.28, 0.36))),
        ("crescent", _ANY, starmap(_crescent, _BITES)),
        ("arrow", range(0, 360, 9), starmap(_arrow, _ARROWS)),
    ):
        for points in drawn:
            yield name, points, turns


def _round(flat: float) -> Points:
    return [(math.cos(a), flat * math.sin(a)) for a in np.linspace(0, 2 * math.pi, 60)]


def _box(flat: float) -> Points:
    return [(-1, -flat), (1, -flat), (1, flat), (-1, flat)]


def _regular(corners: int) -> Points:
    return [(math.sin(2 * math.pi * k / corners), -math.cos(2 * math.pi * k / corners)) for k in range(corners)]


def _star(inner: float) -> Points:
    reach = (1.0, inner)
    return [(reach[k % 2] * math.sin(math.pi * k / 5), -reach[k % 2] * math.cos(math.pi * k / 5)) for k in range(10)]


def _triangle(height: float) -> Points:
    return [(0, -height), (1, height), (-1, height)]


def _diamond(narrow: float) -> Points:
    return [(0, -1), (narrow, 0), (0, 1), (-narrow, 0)]


def _pointed_heart() -> Points:
    """Two half circles on a triangle."""
    left = [(-0.5 + 0.5 * math.cos(a), -0.4 + 0.5 * math.sin(a)) for a in np.linspace(math.pi, 2 * math.pi, 20)]
    return [*left, *[(x + 1, y) for x, y in left], (0, 1)]


def _curved_heart() -> Points:
    around = np.linspace(0, 2 * math.pi, 60)
    down = [13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t) for t in around]
    return [(math.sin(t) ** 3, -(d + 2) / 16) for t, d in zip(around, down, strict=True)]


def _cross(thick: float) -> Points:
    t = thick
    return [(-t, -1), (t, -1), (t, -t), (1, -t), (1, t), (t, t), (t, 1), (-t, 1), (-t, t), (-1, t), (-1, -t), (-t, -t)]


def _crescent(away: float, bite: float) -> Points:
    """A disc without another one, of radius `bite`, that lies beside it."""
    x = (1 - bite**2 + away**2) / (2 * away)
    tip = math.acos(x)
    inside = math.atan2(math.sin(tip), x - away)
    outer = [(math.cos(a), math.sin(a)) for a in np.linspace(tip, 2 * math.pi - tip, 40)]
    inner = [(away + bite * math.cos(a), bite * math.sin(a)) for a in np.linspace(2 * math.pi - inside, inside, 40)]
    return [*outer, *inner]


def _arrow(shaft: float, head: float, neck: float) -> Points:
    return [(-1, -shaft), (neck, -shaft), (neck, -head), (1, 0), (neck, head), (neck, shaft), (-1, shaft)]
