"""Whether two pictures are one: corners that both have, lying to each other as in a turned, scaled or cropped copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.preprocess import ResizeMode, decode

__all__ = ["Corners", "corners_of", "likeness", "on_one_thread"]

_SIDE, _EDGE = 320, 16
"""Pixels of the long side that is looked at, and how far the picture's rim is drawn out for corners near it."""
_MOST, _FAINTEST, _PATCH = 400, 8, 31
_CLEARLY = 0.85
"""A corner's nearest counterpart is so much nearer than its second, or it tells nothing."""
_OFF = 4.0
"""Pixels by which corners may miss their place."""
_FEWEST = 8
"""Corners that must lie right."""
_SCALES = (0.4, 2.5)
_TILE, _FLAT = 32, 4.0
"""Pixels of a tile's side, and how little greys differ in one that shows nothing."""
_LIKENESS, _TILES = 0.6, 0.5
"""The least correlation of a tile that is alike in both, and the least share of tiles that are."""

Greys = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, eq=False)
class Corners:
    """Of one picture, made small and grey."""

    greys: Greys
    """Shape: (height, width)."""
    places: NDArray[np.float32]
    """Shape: (n, 2): x, y."""
    signs: NDArray[np.uint8] | None
    """What each looks like, compared by bits. Shape: (n, 32); None where there is no corner."""


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Pictures this small keep OpenCV's threads waiting, which costs a third more than it saves."""
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def corners_of(data: bytes) -> Corners:
    """Raises DocumentError for bytes that are no image, LimitError for a picture that is too large."""
    import cv2
    from PIL.Image import Resampling

    picture = decode(data, reduce_to=(_SIDE, _SIDE), mode=ResizeMode.LONGEST).convert("L")
    scale = _SIDE / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = picture.resize(size, Resampling.BOX if scale < 1 else Resampling.BILINEAR)
    greys = np.pad(np.asarray(small), _EDGE, mode="edge")
    detector = cv2.ORB.create(nfeatures=_MOST, fastThreshold=_FAINTEST, edgeThreshold=_EDGE, patchSize=_PATCH)
    no_mask: Any = None  # of which the types of some versions know nothing
    points, signs = detector.detectAndCompute(greys, no_mask)
    places = np.array([point.pt for point in points], np.float32).reshape(-1, 2)
    return Corners(greys=greys, places=places, signs=None if signs is None else np.asarray(signs, np.uint8))


def likeness(one: Corners, other: Corners) -> float:
    """How many corners lie in both as in a copy, each as much as what both show is alike; 0 for no copy."""
    import cv2

    pairs = _pairs(one, other)
    if len(pairs) < _FEWEST:
        return 0.0
    here, there = one.places[pairs[:, 0]], other.places[pairs[:, 1]]
    move, right = cv2.estimateAffinePartial2D(here, there, method=cv2.RANSAC, ransacReprojThreshold=_OFF, maxIters=300)
    if move is None or not _SCALES[0] < float(np.hypot(move[0, 0], move[1, 0])) < _SCALES[1]:
        return 0.0
    agreeing = int(right.sum())
    return agreeing * _alike(one.greys, other.greys, move) if agreeing >= _FEWEST else 0.0


def _pairs(one: Corners, other: Corners) -> NDArray[np.int64]:
    """Corners and their counterparts. Shape: (n, 2)."""
    import cv2

    if one.signs is None or other.signs is None:
        return np.empty((0, 2), np.int64)
    found = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(one.signs, other.signs, k=2)
    clear = [two[0] for two in found if len(two) > 1 and two[0].distance < _CLEARLY * two[1].distance]
    return np.array([(match.queryIdx, match.trainIdx) for match in clear], np.int64).reshape(-1, 2)


def _alike(one: Greys, other: Greys, move: Any) -> float:
    """Of the tiles that both show, the first moved onto the other, the share that is alike; 0 where it is too little.

    By tiles, for a turned copy has blank corners, and two charts may share all but their bars.
    """
    import cv2

    size = (other.shape[1], other.shape[0])
    whole = _tiles(cv2.warpAffine(np.full_like(one, 255), move, size)).min(axis=1, initial=255) == 255
    mine, yours = (
        tiles - tiles.mean(axis=1, keepdims=True)
        for tiles in (_tiles(cv2.warpAffine(one, move, size))[whole], _tiles(other)[whole])
    )
    spreads = np.stack([mine.std(axis=1), yours.std(axis=1)])
    shows = spreads.max(axis=0) > _FLAT
    if not shows.any():
        return 0.0
    alike = (mine * yours).mean(axis=1) >= _LIKENESS * spreads.prod(axis=0)
    found = float(alike[shows].mean())
    return found if found >= _TILES else 0.0


def _tiles(greys: Any) -> NDArray[np.float32]:
    """Shape: (n, pixels of a tile); what is left over at the right and below is left out."""
    down, across = greys.shape[0] // _TILE, greys.shape[1] // _TILE
    cut = greys[: down * _TILE, : across * _TILE].reshape(down, _TILE, across, _TILE)
    return np.asarray(cut.swapaxes(1, 2).reshape(down * across, _TILE * _TILE), np.float32)
