"""Colours of a chart's pieces: what a value is printed on or stands beside, and the swatch of an entry of a legend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragmm.loaders.charts.pieces import ChartPiece, is_prose
from ragmm.types import Box

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Pixels", "Swatch", "Tints", "has_hue", "main_colour", "nearest_tints", "runs_of"]

Pixels = NDArray[np.int16]
_NEAR = 60.0
"""How far two colours of one series may be apart (of 441)."""
_COARSE = 24
_PLAIN = 40
"""Between the channels of a grey."""
_BEFORE = 2.6
"""Heights before an entry within which its swatch is looked for."""
_GAP = 0.8
"""Of a line's height."""
_LINE, _UNBROKEN = 2.0, 0.7
"""Heights of a stretch of line before an entry, and how much of it must be inked."""
_LINE_FROM, _LINE_TO, _STRETCH = 3.5, 2.5, 0.9
"""Heights before and behind the edge of an entry within which such a stretch is looked for, and how long it is."""
_ROWS = 8
"""Looked at for such a stretch."""
_TO_BAR, _BARRED = 2.0, 0.3
"""Heights before a value within which its bar ends, and how much of them must be inked."""
_CLEAR, _RING, _SIDES_ALIKE = 0.45, 0.5, 2
"""Heights between a value and what is looked at around it, how wide that is, and how many of four sides are alike."""
_TALLER = 0.33
"""Of the height of its entry, how high a swatch is at least; a line is lower."""
_TONED = 1.8
"""Heights before an entry within which a patterned swatch is looked for."""
_NARROWEST, _WIDEST = 0.36, 3.2
"""Of a swatch, in heights of its entry: strokes of letters are narrower."""


@dataclass(frozen=True, kw_only=True)
class Swatch:
    """A block of colour in a legend."""

    start: float
    end: float
    colour: Pixels


class Tints:
    """Looks up colours in one picture."""

    def __init__(self, image: Image, scale: float = 1.0) -> None:
        """`scale`: pixels per unit of the boxes."""
        self.pixels: Pixels = np.asarray(image.convert("RGB")).astype(np.int16)
        self.scale = scale
        self.paper = main_colour(self.pixels[:: max(1, len(self.pixels) // 200)].reshape(-1, 3))

    def of_value(self, piece: ChartPiece) -> Pixels | None:
        """What it is printed on, if that is no paper, else its own colour, if that is no black, else its bar's."""
        under = self._around(piece.box)
        if under is not None and self._is_ink(under):
            return under
        letters = self._letters(piece.box)
        return self._bar_before(piece.box) if letters is None else letters

    def around(self, piece: ChartPiece) -> Pixels | None:
        """The mean colour of what lies around it and the box that it may stand in; None where that is of two kinds."""
        x0, y0, x1, y1 = piece.box
        high = y1 - y0
        near, far = _CLEAR * high, (_CLEAR + _RING) * high
        sides = (
            (x0 - far, y0, x0 - near, y1),
            (x1 + near, y0, x1 + far, y1),
            (x0, y0 - far, x1, y0 - near),
            (x0, y1 + near, x1, y1 + far),
        )
        means = [part.mean(axis=0) for part in map(self._cut, sides) if len(part)]
        alike = [[other for other in means if _apart(one, other) <= _NEAR / 2] for one in means]
        best = max(alike, key=len, default=[])
        if len(best) < _SIDES_ALIKE:
            return None
        found: Pixels = np.mean(best, axis=0).astype(np.int16)
        return found

    def tone_of_entry(self, piece: ChartPiece) -> float | None:
        """How light the swatch of an entry is in the mean, also one that is patterned or framed: 0 to 255."""
        x0, y0, _, y1 = piece.box
        high = y1 - y0
        strip = self._part((x0 - _TONED * high, y0, x0 + _TONED * high, y1))
        if not strip.size:
            return None
        inked = np.abs(strip - self.paper).max(axis=2) > _NEAR / 2
        for start, end in runs_of(inked.any(axis=0), np.zeros((strip.shape[1], 1))):
            rows = runs_of(inked[:, start:end].any(axis=1), np.zeros((len(strip), 1)))
            top, bottom = max(rows, key=lambda run: run[1] - run[0])
            # What reaches in from the left is no part of the legend.
            if start and end - start > 0.3 * high * self.scale and 0.6 < (end - start) / (bottom - top) < 2:
                inside = strip[top + 1 : bottom - 1, start + 1 : end - 1]
                return float(inside.mean()) if inside.size else None
        return None

    def _bar_before(self, box: Box) -> Pixels | None:
        """The colour of the bar at whose end it stands, if that is no grey."""
        x0, y0, _, y1 = box
        high = y1 - y0
        strip = self._cut((x0 - _TO_BAR * high, y0 + 0.3 * high, x0 - 0.1 * high, y1 - 0.3 * high))
        inked = strip[np.abs(strip - self.paper).max(axis=1) > _NEAR / 2] if len(strip) else strip
        colour = main_colour(inked) if len(inked) > _BARRED * len(strip) and len(inked) else None
        return colour if colour is not None and colour.max() - colour.min() > _PLAIN / 2 else None

    def of_entry(self, piece: ChartPiece) -> Pixels | None:
        """The swatch before an entry of a legend, else the colour of its letters or what these are printed on."""
        before = self._before(piece)
        if before:
            return before[-1].colour
        line = self._line_before(piece)
        if line is not None:
            return line
        return None if is_prose(piece) else self.of_value(piece)

    def has_swatch(self, piece: ChartPiece) -> bool:
        """Whether a swatch stands before it."""
        return bool(self._before(piece))

    def _line_before(self, piece: ChartPiece) -> Pixels | None:
        """The colour of a stretch of line before an entry, as legends of line charts have it."""
        x0, y0, _, y1 = piece.box
        high = y1 - y0
        strip = self._part((x0 - _LINE * high, y0 + 0.2 * high, x0 - 0.15 * high, y1 - 0.2 * high))
        if strip.shape[1] < high * self.scale:
            return None
        for row in strip:
            inked = row[np.abs(row - self.paper).max(axis=1) > _NEAR]
            if len(inked) > _UNBROKEN * len(row):
                colour = main_colour(inked)
                if colour.max() - colour.min() > _PLAIN:
                    return colour
        return None

    def line_of_entry(self, piece: ChartPiece) -> Pixels | None:
        """The colour of a stretch of line at the beginning of an entry or before it, else its own."""
        stretch = self._stretch(piece)
        return self.of_entry(piece) if stretch is None else stretch

    def of_swatch(self, piece: ChartPiece) -> Pixels | None:
        """The colour of the swatch or the stretch of line before an entry; not that of its letters."""
        before = self._before(piece)
        return before[-1].colour if before else self._stretch(piece)

    def is_on_paper(self, piece: ChartPiece) -> bool:
        """Whether it is printed on what most of the picture is."""
        under = self._around(piece.box)
        return under is not None and not self._is_ink(under)

    def _stretch(self, piece: ChartPiece) -> Pixels | None:
        x0, y0, x1, y1 = piece.box
        high = y1 - y0
        strip = self._part((x0 - _LINE_FROM * high, y0 + 0.2 * high, min(x1, x0 + _LINE_TO * high), y1 - 0.2 * high))
        least = _STRETCH * high * self.scale
        for row in strip[:: max(1, len(strip) // _ROWS)]:
            inked = np.abs(row - self.paper).max(axis=1) > _NEAR
            bare = np.flatnonzero(np.concatenate([[True], ~inked, [True]]))
            if np.diff(bare).max() <= least:
                continue
            for start, end in runs_of(inked, row.astype(np.float64)):
                colour = main_colour(row[start:end])
                if end - start >= least and has_hue(colour):
                    return colour
        return None

    def _before(self, piece: ChartPiece) -> list[Swatch]:
        x0, y0, _, y1 = piece.box
        return self.swatches((x0 - _BEFORE * (y1 - y0), y0, x0 + y1 - y0, y1))

    def swatches(self, box: Box) -> list[Swatch]:
        """Blocks of one colour as high as they are wide or wider, from the left; no lines."""
        found = self._blocks(box, 0.3)
        if found:
            return found
        _, y0, _, y1 = box
        # Some boxes reach far above their letters: then what is no line, though it fills less of them.
        lower = self._blocks(box, 0.36)
        return [one for one in lower if self._height_of(one, y0, y1) >= _TALLER * (y1 - y0)]

    def _blocks(self, box: Box, margin: float) -> list[Swatch]:
        x0, y0, x1, y1 = box
        high = y1 - y0
        strip = self._part((x0, y0 + margin * high, x1, y1 - margin * high))
        if strip.size == 0:
            return []
        colour = np.median(strip, axis=0)
        even = np.abs(strip - colour).max(axis=(0, 2)) <= _COARSE
        inked = np.abs(colour - self.paper).max(axis=1) > _NEAR / 2
        found = []
        for start, end in runs_of(even & inked, colour):
            if _NARROWEST * high * self.scale <= end - start <= _WIDEST * high * self.scale:
                tone = colour[(start + end) // 2].astype(np.int16)
                left = max(0.0, x0)
                found.append(Swatch(start=left + start / self.scale, end=left + end / self.scale, colour=tone))
        return found

    def _height_of(self, block: Swatch, top: float, bottom: float) -> float:
        """How high a block is in its middle."""
        x, reach = (block.start + block.end) / 2, _TALLER * (bottom - top)
        column = self._cut((x, top - reach, x + 1.5 / self.scale, bottom + reach))
        return float((np.abs(column - block.colour).max(axis=1) <= _COARSE).sum()) / self.scale

    def gaps(self, box: Box) -> list[tuple[float, float]]:
        """Stretches without ink that are wider than the space between two words, from the left."""
        strip = self._part(box)
        if strip.size == 0:
            return []
        under = np.median(strip.reshape(-1, 3), axis=0)
        empty = np.abs(strip - under).max(axis=(0, 2)) <= _NEAR
        least = _GAP * (box[3] - box[1]) * self.scale
        left = max(0.0, box[0])
        runs = runs_of(empty, np.zeros((len(empty), 1)))
        return [(left + a / self.scale, left + b / self.scale) for a, b in runs if b - a >= least]

    def _is_ink(self, colour: Pixels) -> bool:
        return _apart(colour, self.paper) > _NEAR / 1.5

    def _part(self, box: Box) -> Pixels:
        x0, y0, x1, y1 = (max(0, round(side * self.scale)) for side in box)
        return self.pixels[y0:y1, x0:x1]

    def _cut(self, box: Box) -> Pixels:
        return self._part(box).reshape(-1, 3)

    def _around(self, box: Box) -> Pixels | None:
        x0, y0, x1, y1 = box
        inside = self._cut((x0, y0 + 0.08 * (y1 - y0), x1, y1 - 0.08 * (y1 - y0)))
        return main_colour(inside) if len(inside) else None

    def _letters(self, box: Box) -> Pixels | None:
        """The colour of the letters, unless they are black or grey; their soft edges do not count."""
        inside = self._cut(box)
        if not len(inside):
            return None
        apart = np.abs(inside - main_colour(inside)).mean(axis=1)
        ink = inside[apart > max(_NEAR / 2, 0.85 * apart.max())]
        colour = main_colour(ink) if len(ink) else None
        return colour if colour is not None and colour.max() - colour.min() > _PLAIN else None


def has_hue(colour: Pixels) -> bool:
    """Whether it is no grey."""
    return int(colour.max()) - int(colour.min()) > _PLAIN


def nearest_tints(tints: Sequence[Pixels | None], entries: Sequence[Pixels | None]) -> list[int | None]:
    """For each colour the entry that has it; None where none does, or two are about as near."""
    return [None if tint is None else _nearest(tint, entries) for tint in tints]


def _nearest(tint: Pixels, entries: Sequence[Pixels | None]) -> int | None:
    order = sorted((_apart(tint, entry), at) for at, entry in enumerate(entries) if entry is not None)
    if not order or order[0][0] > _NEAR:
        return None
    return order[0][1] if len(order) == 1 or order[1][0] > 1.6 * order[0][0] + 8 else None


def runs_of(kept: NDArray[np.bool_], colour: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Neighbouring columns that are kept and of one colour."""
    start = None
    for at in range(len(kept) + 1):
        goes_on = start is not None and at < len(kept) and kept[at] and np.abs(colour[at] - colour[at - 1]).max() < 16
        if start is not None and not goes_on:
            yield start, at
            start = None
        if start is None and at < len(kept) and kept[at]:
            start = at


def main_colour(pixels: Pixels) -> Pixels:
    """The commonest colour, to a step of the coarse ones, as the mean of those that are like it."""
    coarse = pixels // _COARSE
    keys = (coarse[:, 0].astype(np.int32) * 64 + coarse[:, 1]) * 64 + coarse[:, 2]
    kinds, counts = np.unique(keys, return_counts=True)
    found: Pixels = pixels[keys == kinds[counts.argmax()]].mean(axis=0).astype(np.int16)
    return found


def _apart(one: Pixels, other: Pixels) -> float:
    return float(np.sqrt(((one.astype(np.float64) - other) ** 2).sum()))
