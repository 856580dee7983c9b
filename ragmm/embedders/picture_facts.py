"""Cheap facts about a picture's pixels: how flat, how colourful, how ruled it is."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["PictureFacts", "picture_facts"]

_SIDE = 192
_EDGE, _GRAIN = 40, 3
"""Steps of brightness from pixel to pixel: what is drawn, and what is at least not flat."""


@dataclass(frozen=True, kw_only=True)
class PictureFacts:
    """Shares from 0 to 1, but for `shape` and `size`."""

    same: float
    """Of neighbouring pixels, those that are equal."""
    ground: float
    """The commonest colour's."""
    colours: float
    """Of 4,096 colours, how many it takes for nine tenths of the picture; as a logarithm, 1 for all of them."""
    white: float
    black: float
    grey: float
    """Pixels without colour."""
    vivid: float
    """Pixels of strong colour."""
    edges: float
    grain: float
    """Neighbours that differ a little: noise, grass, skin."""
    ruled: float
    """Of the edges, those that run on straight across or down."""
    lines: float
    """Rows and columns of pixels that are mostly one colour which is not the ground's."""
    shape: float
    """Width over height, as a logarithm."""
    size: float
    """Of the long side in pixels, as a logarithm of base 10."""

    def row(self) -> NDArray[np.float32]:
        """Shape: (13,)."""
        return np.array(astuple(self), np.float32)


def picture_facts(picture: Image) -> PictureFacts:
    """Of an RGB picture."""
    from PIL.Image import Resampling

    whole = np.asarray(picture.resize(_small(picture.size), Resampling.NEAREST), np.int16)
    grey = whole.mean(axis=2)
    spread = whole.max(axis=2) - whole.min(axis=2)
    ground, colours = _palette(whole)
    close = _middle(np.asarray(picture.convert("L"), np.int16))
    across, down = np.abs(np.diff(close, axis=1))[:-1], np.abs(np.diff(close, axis=0))[:, :-1]
    step = np.maximum(across, down)
    edges = step > _EDGE
    return PictureFacts(
        same=float((step == 0).mean()),
        ground=ground,
        colours=colours,
        white=float((grey > 240).mean()),
        black=float((grey < 25).mean()),
        grey=float((spread < 12).mean()),
        vivid=float((spread > 110).mean()),
        edges=float(edges.mean()),
        grain=float(((step >= _GRAIN) & (step < _EDGE)).mean()),
        ruled=_ruled(across > _EDGE, down > _EDGE),
        lines=_lines(whole),
        shape=float(np.log(picture.width / picture.height)),
        size=float(np.log10(max(picture.size))),
    )


def _small(size: tuple[int, int]) -> tuple[int, int]:
    """Single pixels of the whole picture, none of them a mixture."""
    scale = min(1.0, _SIDE / max(size))
    return max(2, round(size[0] * scale)), max(2, round(size[1] * scale))


def _middle(grey: NDArray[np.int16]) -> NDArray[np.int16]:
    """The middle of a picture at its own size, where neighbours are neighbours."""
    height, width = grey.shape
    top, left = max(0, height - 3 * _SIDE) // 2, max(0, width - 3 * _SIDE) // 2
    found: NDArray[np.int16] = grey[top : top + 3 * _SIDE, left : left + 3 * _SIDE]
    if min(found.shape) < 2:
        found = np.pad(found, 1, mode="edge")
    return found


def _palette(pixels: NDArray[np.int16]) -> tuple[float, float]:
    """The share of the commonest of 4,096 colours, and how many make nine tenths of the picture."""
    steps = (pixels >> 4).astype(np.int64)
    counts = np.bincount((steps[..., 0] << 8 | steps[..., 1] << 4 | steps[..., 2]).ravel(), minlength=4096)
    shares = np.sort(counts)[::-1] / counts.sum()
    needed = int(np.searchsorted(np.cumsum(shares), 0.9)) + 1
    return float(shares[0]), float(np.log2(needed) / 12)


def _ruled(across: NDArray[np.bool_], down: NDArray[np.bool_]) -> float:
    """An edge from left to right has another above or below it where it belongs to an upright line, and so turned."""
    upright = across[1:] & across[:-1]
    level = down[:, 1:] & down[:, :-1]
    edges = int(across.sum()) + int(down.sum())
    return float((int(upright.sum()) + int(level.sum())) / edges) if edges else 0.0


def _lines(pixels: NDArray[np.int16]) -> float:
    flat = (pixels >> 4).astype(np.int64)
    codes = flat[..., 0] << 8 | flat[..., 1] << 4 | flat[..., 2]
    ground = np.bincount(codes.ravel(), minlength=4096).argmax()
    found = 0
    for rows in (codes, codes.T):
        same = (rows[:, 1:] == rows[:, :-1]) & (rows[:, 1:] != ground)
        found += int((same.mean(axis=1) > 0.5).sum())
    return found / sum(codes.shape)
