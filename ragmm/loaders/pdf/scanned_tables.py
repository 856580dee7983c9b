"""Tables of scanned pages: the picture is put straight, its rules are found, cells are made as on any other page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragmm.loaders.pdf.aligned_tables import aligned_tables
from ragmm.loaders.pdf.base import DrawnShape, Line
from ragmm.loaders.pdf.captions import assign, captions, title_above
from ragmm.loaders.pdf.columns import regions
from ragmm.loaders.pdf.geometry import center_inside
from ragmm.loaders.pdf.headed_tables import headed_tables
from ragmm.loaders.pdf.page import PageTable, read_paragraphs
from ragmm.loaders.pdf.ruled_tables import ruled_tables
from ragmm.loaders.pdf.table import Table
from ragmm.loaders.table_heads import is_value
from ragmm.types import Box

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["paper_tables_of", "rules_of", "straight", "tables_of"]

Greys = NDArray[np.uint8]
_MOST_TURNED, _STEP = 3.0, 0.25
"""Degrees that a page may lie askew, and how finely that is told."""
_LEAST_TURNED = 0.3
_SIDE = 700
"""Pixels of the long side in which the slant is looked for."""
_LONG_RULE, _THICKEST = 24.0, 4.0
"""Points that a rule is long at least, and thick at most."""
_INK = 40
"""How much darker than its surroundings what is drawn is."""
_DENSE = 0.6
"""Of the cells of a table that has neither rules nor heads, how many must be figures."""


def straight(image: Image) -> tuple[Image, float]:
    """The picture of a page turned so that its lines run level, and by how many degrees it lay askew, clockwise.

    As it is, and 0, where its lines do run level, or OpenCV is not installed.
    """
    if not find_spec("cv2"):
        return image, 0.0
    degrees = _slant(np.asarray(image.convert("L")))
    if abs(degrees) < _LEAST_TURNED:
        return image, 0.0
    from PIL.Image import Resampling

    return image.convert("RGB").rotate(degrees, Resampling.BICUBIC, fillcolor="white"), degrees


def _slant(greys: Greys) -> float:
    """By how many degrees to turn a page: then its rows of pixels differ most from each other; 0 where none do."""
    import cv2

    scale = min(1.0, _SIDE / max(greys.shape))
    size = max(1, round(greys.shape[1] * scale)), max(1, round(greys.shape[0] * scale))
    small = np.asarray(cv2.resize(greys, size, interpolation=cv2.INTER_AREA), np.uint8)
    ink = (_lighter(small) > _INK).astype(np.float32)
    height, width = ink.shape
    middle = (width / 2, height / 2)

    def sharpness(degrees: float) -> float:
        turned = cv2.warpAffine(ink, cv2.getRotationMatrix2D(middle, degrees, 1.0), (width, height))
        return float(np.square(np.diff(turned.sum(axis=1))).sum())

    angles = np.arange(-_MOST_TURNED, _MOST_TURNED + _STEP / 2, _STEP)
    return float(max(sorted(angles, key=abs), key=sharpness))


def _lighter(greys: Greys) -> NDArray[np.int16]:
    """How much lighter the surroundings of each pixel are."""
    import cv2

    around = cv2.blur(greys, (31, 31)).astype(np.int16)
    return np.asarray(around - greys.astype(np.int16), np.int16)


def rules_of(image: Image, scale: float) -> list[DrawnShape]:
    """Long thin lines along the axes, in points; `scale` is the image's pixels per point."""
    if not find_spec("cv2"):
        return []
    import cv2

    ink = (_lighter(np.asarray(image.convert("L"))) > _INK).astype(np.uint8)
    long = round(_LONG_RULE * scale)
    found: list[DrawnShape] = []
    for across, down in ((1, 0), (0, 1)):
        closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1 + 2 * down, 1 + 2 * across), np.uint8))
        lines = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1 + down * long, 1 + across * long), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(lines, connectivity=8)
        for left, top, width, height, _ in stats[1:].tolist():
            if min(width, height) <= _THICKEST * scale:
                found.append(_rule(left / scale, top / scale, width / scale, height / scale))
    return found


def _rule(left: float, top: float, width: float, height: float) -> DrawnShape:
    """As thin as a rule is drawn, through its middle."""
    if width > height:
        top, height = top + height / 2, 0.0
    else:
        left, width = left + width / 2, 0.0
    return DrawnShape(box=(left, top, left + width, top + height), stroked=True, curved=False, color=0)


def tables_of(lines: Sequence[Line], rules: Sequence[DrawnShape]) -> tuple[PageTable, ...]:
    """Ruled ones, then those whose columns stay aligned, each with its caption."""
    ruled = ruled_tables(rules, lines)
    return _with_captions(ruled, lines, _aligned)


def paper_tables_of(lines: Sequence[Line], rules: Sequence[DrawnShape]) -> tuple[PageTable, ...]:
    """Of a bill or a receipt: ruled tables, then those under heads; what is merely aligned must be mostly figures."""
    return _with_captions(ruled_tables(rules, lines), lines, _headed)


def _headed(free: Sequence[Line], boxes: Sequence[Box]) -> list[Table]:
    return headed_tables(free) or [table for table in _aligned(free, boxes) if _is_dense(table)]


def _aligned(free: Sequence[Line], boxes: Sequence[Box]) -> list[Table]:
    return [table for region in regions(free) for table in aligned_tables(region, boxes)]


def _is_dense(table: Table) -> bool:
    cells = [cell for row in table.cells for cell in row[1:]]
    return sum(map(is_value, cells)) >= _DENSE * len(cells)


def _with_captions(
    ruled: Sequence[Table], lines: Sequence[Line], others: Callable[[Sequence[Line], Sequence[Box]], list[Table]]
) -> tuple[PageTable, ...]:
    free = [line for line in lines if not any(center_inside(line.box, table.box) for table in ruled)]
    found = captions(free)
    boxes = [caption.box for caption in found]
    tables = [*ruled, *others(free, boxes)]
    text = read_paragraphs(free)
    given = assign([table.box for table in tables], [True] * len(tables), found)
    return tuple(
        PageTable(table=table, caption=caption or title_above(table.box, text))
        for table, caption in zip(tables, given, strict=True)
    )
