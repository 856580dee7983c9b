"""Legends and heads that were read as one line: cut apart where swatches or wide gaps stand between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ragmm.loaders.charts.pieces import ChartPiece
from ragmm.loaders.charts.tints import Tints

__all__ = ["with_legends_cut"]


def with_legends_cut(pieces: Sequence[ChartPiece], tints: Tints) -> list[ChartPiece]:
    """The same pieces, those with swatches or gaps inside in as many entries; a list of entries is no paragraph."""
    entries = [replace(piece, is_running=piece.is_running and not tints.has_swatch(piece)) for piece in pieces]
    return [part for piece in entries for part in ([piece] if piece.is_value else _cut(piece, tints))]


def _cut(piece: ChartPiece, tints: Tints) -> Iterator[ChartPiece]:
    x0, y0, x1, y1 = piece.box
    high = y1 - y0
    swatches = [(one.start, one.end) for one in tints.swatches(piece.box)]
    gaps = [
        gap for gap in tints.gaps(piece.box) if not any(a < gap[1] + high and b > gap[0] - high for a, b in swatches)
    ]
    inside = [(a, b) for a, b in sorted([*swatches, *gaps]) if a > x0 + high and b < x1 - high]
    places = _places(piece, [(a + b) / 2 for a, b in inside])
    bounds = [0, *places, len(piece.text)]
    lefts = [x0, *(a if (a, b) in swatches else b for a, b in inside[: len(places)])]
    rights = [*(a for a, _ in inside[: len(places)]), x1]
    for start, end, left, right in zip(bounds, bounds[1:], lefts, rights, strict=False):
        if text := piece.text[start:end].strip(" ■•·"):
            yield replace(piece, text=text, box=(left, y0, right, y1))


def _places(piece: ChartPiece, middles: Sequence[float]) -> list[int]:
    """For each cut the space in the text that is nearest to it; none where they do not fit."""
    spaces = [at for at, letter in enumerate(piece.text) if letter == " "]
    wide = (piece.box[2] - piece.box[0]) / max(1, len(piece.text))
    found = [min(spaces, key=lambda at: abs(piece.box[0] + wide * at - middle), default=0) for middle in middles]
    return found if len(set(found)) == len(found) and 0 not in found else []
