"""A cheap look at a picture: is there likely to be text in it? Three milliseconds against seconds of OCR."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["likely_has_text"]

# Small letters show at the first size, large ones at the second.
_SIDES = (768, 256)
_CELL_HEIGHT, _CELL_WIDTH = 8, 48
# Letters are drawn in two tones (most pixels near the darkest or the lightest), with contrast, in many strokes a line.
_LEAST_CONTRAST = 60
_LEAST_STROKES = 8
_LEAST_TWO_TONE = 0.72
_LEAST_INK = 0.04
_LEAST_PAIRS = 2


def likely_has_text(image: Image) -> bool:
    """Whether at least two pairs of neighbouring cells, in rows or in columns, look like written lines."""
    grey = image.convert("L")
    for side in _SIDES:
        pixels = _scaled(grey, side)
        if max(_pairs(pixels), _pairs(pixels.T)) >= _LEAST_PAIRS:
            return True
    return False


def _scaled(grey: Image, side: int) -> NDArray[np.int16]:
    from PIL import Image as Images

    scale = side / max(grey.size)
    if scale < 1:
        size = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
        grey = grey.resize(size, Images.Resampling.BILINEAR)
    return np.asarray(grey).astype(np.int16)


def _pairs(pixels: NDArray[np.int16]) -> int:
    """Neighbouring cells that both look written. `pixels`: (height, width)."""
    cells = _cells(pixels)
    low, high = cells.min(axis=(2, 3), keepdims=True), cells.max(axis=(2, 3), keepdims=True)
    contrast = high - low
    light = cells > (low + high) // 2
    strokes = (light[..., 1:] != light[..., :-1]).sum(axis=3).max(axis=2)
    margin = contrast // 4
    two_tone = ((cells <= low + margin) | (cells >= high - margin)).mean(axis=(2, 3))
    share = light.mean(axis=(2, 3))
    written = (
        (contrast[..., 0, 0] > _LEAST_CONTRAST)
        & (strokes >= _LEAST_STROKES)
        & (two_tone > _LEAST_TWO_TONE)
        & (np.minimum(share, 1 - share) > _LEAST_INK)
    )
    return int((written[:, 1:] & written[:, :-1]).sum())


def _cells(pixels: NDArray[np.int16]) -> NDArray[np.int16]:
    """Shape: (rows, columns, _CELL_HEIGHT, _CELL_WIDTH); what does not fill a cell is left out, or filled up if all."""
    short = (max(0, _CELL_HEIGHT - pixels.shape[0]), max(0, 2 * _CELL_WIDTH - pixels.shape[1]))
    padded = np.pad(pixels, ((0, short[0]), (0, short[1])), mode="edge")
    rows, columns = padded.shape[0] // _CELL_HEIGHT, padded.shape[1] // _CELL_WIDTH
    whole = padded[: rows * _CELL_HEIGHT, : columns * _CELL_WIDTH]
    return whole.reshape(rows, _CELL_HEIGHT, columns, _CELL_WIDTH).swapaxes(1, 2)
