"""Pages without a usable text layer: their picture is read by OCR, and its lines are laid out like any others."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import floor, log
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from ragmm.loaders.pdf.base import Line, PdfPage
from ragmm.loaders.pdf.figures import picture_share
from ragmm.loaders.pdf.text import is_gibberish
from ragmm.types import Box

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["ReadImage", "Scan", "ScannedLine", "is_blank", "is_picture_heavy", "is_scanned", "read_scan"]

_FEW_LETTERS = 60
_HEAVY = 0.5
_BLANK_SIDE = 200.0
_LEAST_CONTRAST = 12
_STEP, _SMALLEST = 1.6, 0.76
"""How much larger the next size of letters is that is told from another, and the least that passes for the size."""


class ScannedLine(Protocol):
    """A line of text as OCR sees it; its box is in pixels of the image."""

    @property
    def text(self) -> str: ...

    @property
    def box(self) -> Box: ...

    @property
    def confidence(self) -> float: ...


ReadImage = Callable[["Image"], Sequence[ScannedLine]]


class Scan(NamedTuple):
    """What OCR read from a page."""

    lines: list[Line]
    confidence: float


def is_scanned(page: PdfPage, lines: Sequence[Line]) -> bool:
    """Whether the text of a page is in its picture: hardly any letters, or none that can be trusted."""
    if is_gibberish(lines):
        return True
    if sum(len(line.text) for line in lines) >= _FEW_LETTERS:
        return False
    return not lines or bool(page.pictures()) or len(page.shapes()) > 20


def is_blank(page: PdfPage) -> bool:
    """Whether nothing at all is to be seen on a page."""
    small = np.asarray(page.render(None, min(1.0, _BLANK_SIDE / max(page.width, page.height))).convert("L"))
    return int(small.max()) - int(small.min()) < _LEAST_CONTRAST


def is_picture_heavy(page: PdfPage) -> bool:
    """Whether pictures and drawings make up most of a page."""
    return picture_share((0.0, 0.0, page.width, page.height), page.pictures(), page.shapes()) > _HEAVY


def read_scan(image: Image, scale: float, read: ReadImage) -> Scan:
    """Lines in points; `scale` is the image's pixels per point."""
    found = [line for line in read(image) if line.text.strip()]
    lines = _of_few_sizes([_line(line, scale) for line in found])
    return Scan(lines, fmean(line.confidence for line in found) if found else 0.0)


def _of_few_sizes(lines: list[Line]) -> list[Line]:
    """Letters of one size for all lines that are about as high: a box is higher or lower by the letters in it."""
    upright = [line for line in lines if line.upright and line.size > 0]
    if not upright:
        return lines
    body = _middle_size(upright)
    steps = [floor(log(max(line.size, 0.1) / (_SMALLEST * body)) / log(_STEP)) for line in lines]
    return [
        line._replace(size=body * _STEP**step) if line.upright else line
        for line, step in zip(lines, steps, strict=True)
    ]


def _middle_size(lines: Sequence[Line]) -> float:
    """That of the letter in the middle, of all letters by their size."""
    by_size = sorted(lines, key=lambda line: line.size)
    letters = list(accumulate(len(line.text) for line in by_size))
    return by_size[bisect_left(letters, letters[-1] / 2)].size


def _line(line: ScannedLine, scale: float) -> Line:
    x0, y0, x1, y1 = (value / scale for value in line.box)
    # The height of an OCR box is that of a line; its letters are about three quarters of it.
    upright = x1 - x0 >= y1 - y0 or len(line.text) < 4
    return Line(line.text, (x0, y0, x1, y1), 0.75 * (y1 - y0 if upright else x1 - x0), False, upright)
