"""Plain coloured shapes in a drawing, told by their outlines: what each is, and its colour.

It speaks only of pictures that are nothing but a few such shapes on a ground, whoever drew them and however smoothly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.same_picture import on_one_thread
from ragmm.embedders.shape_outlines import shape_of, without_holes
from ragmm.text.colours import colour_name

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["PlainShape", "drawn_shapes", "shapes_in_words"]

Mask = NDArray[np.bool_]
_SIDE = 192
_GRAIN = 0.004
"""Of the picture, what is too small to be a shape: specks, the rims of smooth lines, letters."""
_MOST_SHAPES, _MOST_COLOURS = 9, 8
_ALIKE = 22.0
"""How far apart in CIELAB two pixels may be and still have one colour, a little shaded."""
_TOLD = 0.9
"""Of what stands on the ground, the share that has to be told for anything to be said."""
_GROUND = 0.25
"""The least share of the picture that its ground has."""
_LITTLE = 0.004
"""Of the picture, the most that may be neither ground nor shape: more are letters, lines, patterns."""
_RIM = 7
"""Pixels around a shape that may be anything: smooth edges, outlines."""
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, kw_only=True)
class PlainShape:
    """One shape: "red", "circle", and how far to the right its middle is, from 0 to 1."""

    colour: str
    name: str
    x: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Island:
    """Pixels of one colour that hang together."""

    mask: Mask
    colour: NDArray[np.uint8]


def shapes_in_words(shapes: tuple[PlainShape, ...]) -> list[str]:
    """ "a red circle", "two blue squares"; the most numerous first, else from left to right."""
    counted = Counter(f"{one.colour} {one.name}" for one in shapes)
    return [_counted(what, many) for what, many in counted.most_common()]


def _counted(what: str, many: int) -> str:
    if many == 1:
        return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"
    return f"{_NUMBERS[many]} {what}{'es' if what.endswith('s') else 's'}"


def drawn_shapes(picture: Image) -> tuple[PlainShape, ...]:
    """From left to right; none where the picture is more than a few plain shapes, or where one of them has no name."""
    with on_one_thread():
        pixels = _small(picture)
        pieces = _pieces(pixels)
        if not 0 < len(pieces) <= _MOST_SHAPES:
            return ()
        found = [(piece, shape_of(piece.mask)) for piece in pieces]
    told = sum(int(piece.mask.sum()) for piece, name in found if name)
    if told < _TOLD * sum(int(piece.mask.sum()) for piece, _ in found):
        return ()
    shapes = [_named(piece, name) for piece, name in found if name]
    return tuple(sorted(shapes, key=lambda one: one.x))


def _named(piece: _Island, name: str) -> PlainShape:
    across = float(piece.mask.nonzero()[1].mean()) / piece.mask.shape[1]
    return PlainShape(colour=colour_name(*map(int, piece.colour)), name=name, x=across)


def _small(picture: Image) -> NDArray[np.uint8]:
    """Shape: (height, width, 3), of which the longer is `_SIDE`."""
    from PIL.Image import Resampling

    scale = _SIDE / max(picture.size)
    size = max(2, round(picture.width * scale)), max(2, round(picture.height * scale))
    return np.asarray(picture.resize(size, Resampling.BOX if scale < 1 else Resampling.BILINEAR))


def _pieces(pixels: NDArray[np.uint8]) -> list[_Island]:
    """What stands on the ground, holes of other colours filled; none where there is no ground."""
    import cv2

    lab = np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    shades = _shades(pixels, lab)
    if not shades:
        return []
    distances = np.array([np.linalg.norm(lab - shade, axis=2) for shade in shades])
    nearest = distances.argmin(axis=0)
    border = np.concatenate([nearest[0], nearest[-1], nearest[:, 0], nearest[:, -1]])
    ground = int(np.bincount(border).argmax())
    if (nearest == ground).mean() < _GROUND:
        return []
    least = _GRAIN * nearest.size
    pieces = [
        _Island(mask=mask, colour=np.median(pixels[mask], axis=0).astype(np.uint8))
        for shade in range(len(shades))
        if shade != ground
        for mask in _islands((nearest == shade).astype(np.uint8), least)
    ]
    alone = _nothing_else(pieces, distances[ground] > _ALIKE)
    return _without_rims(pieces, nearest == ground) if alone else []


def _nothing_else(pieces: list[_Island], standing: Mask) -> bool:
    """Whether what stands on the ground are the pieces, and next to nothing beside them."""
    import cv2

    known = np.logical_or.reduce([np.zeros_like(standing), *[piece.mask for piece in pieces]]).astype(np.uint8)
    around = cv2.dilate(known, np.ones((_RIM, _RIM), np.uint8))
    return float((standing & (around == 0)).mean()) <= _LITTLE


def _shades(pixels: NDArray[np.uint8], lab: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The few colours that the picture is made of, in CIELAB, the commonest first; none where there are many."""
    codes = (pixels >> 4).astype(np.int64)
    flat = (codes[..., 0] << 8 | codes[..., 1] << 4 | codes[..., 2]).ravel()
    counts = np.bincount(flat, minlength=4096)
    colours = lab.reshape(-1, 3)
    shades: list[NDArray[np.float32]] = []
    for code in np.argsort(-counts):
        if counts[code] < _GRAIN / 2 * len(flat):
            break
        shade = np.median(colours[flat == code], axis=0)
        if all(np.linalg.norm(shade - other) > _ALIKE for other in shades):
            shades.append(shade)
        if len(shades) > _MOST_COLOURS:
            return []
    return shades


def _islands(mask: NDArray[np.uint8], least: float) -> Iterator[Mask]:
    """What hangs together, without lines as thin as a smooth edge."""
    import cv2

    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    for label in range(1, len(stats)):
        if stats[label, cv2.CC_STAT_AREA] >= least:
            yield labels == label


def _without_rims(pieces: list[_Island], ground: Mask) -> list[_Island]:
    """Each with its holes filled where they are no ground; a line that goes around another piece is part of it."""
    filled = [without_holes(piece.mask) for piece in pieces]
    rims = {
        number
        for number, piece in enumerate(pieces)
        for other, inner in enumerate(pieces)
        if number != other and _goes_around(piece.mask, filled[number], inner.mask)
    }
    return [
        _Island(mask=piece.mask | (filled[number] & ~ground), colour=piece.colour)
        for number, piece in enumerate(pieces)
        if number not in rims
    ]


def _goes_around(rim: Mask, whole: Mask, inner: Mask) -> bool:
    hole = int(whole.sum()) - int(rim.sum())
    return int(rim.sum()) < int(inner.sum()) and hole > 0 and int((inner & whole).sum()) > 0.8 * hole
