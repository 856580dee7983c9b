"""Figures: embedded pictures, and drawings whose pieces lie together and show more than a frame or a rule."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from ragmm.loaders.pdf.base import DrawnShape, Line, Picture
from ragmm.loaders.pdf.geometry import area, center_inside, clipped, covered, near, union
from ragmm.types import Box

__all__ = ["DrawnFigure", "find_figures", "picture_share"]

# Smaller than this, in points, is an icon, a bullet or a logo.
_SMALLEST_SIDE = 36.0
_SMALLEST_AREA = 3_000.0
_FEWEST_PIXELS = 48
_MOST_STRETCHED = 15.0
_BACKGROUND = 0.8
_CELL = 9.0
"""Side of the squares in which pieces of a drawing are looked for, in points: about how far apart they may be."""
_FEWEST_PIECES = 6
_PROSE_LETTERS = 45
_LONGEST_LABEL = 40
_LONGEST_TITLE = 90
_WIDEST_TITLE = 1.25
"""Of the drawing below it."""
_FARTHEST_LABEL = 60.0
"""Points between what is drawn and the names left of it."""
_VALUE = re.compile(r"[-+$€£¥]?\d[\d.,]{0,6} ?[%kKmMbB]?")
# How many times as far apart as they are thick the bars of one chart may stand.
_FARTHEST_BARS = 2.0


@dataclass(frozen=True, kw_only=True)
class DrawnFigure:
    """A part of a page that shows something."""

    box: Box
    pictures: int
    pieces: int
    """Shapes of a drawing."""


def find_figures(
    page: Box, pictures: Sequence[Picture], shapes: Sequence[DrawnShape], lines: Sequence[Line], repeated: Set[str]
) -> list[DrawnFigure]:
    """The figures of a page from the top; `repeated` are keys of pictures that recur through the document."""
    shown = [
        DrawnFigure(box=clipped(picture.box, page), pictures=1, pieces=0)
        for picture in pictures
        if picture.key not in repeated and _is_content(picture, page)
    ]
    drawn = list(_drawings(page, shapes, lines))
    merged = _merged([*shown, *drawn])
    large = [figure for figure in merged if _is_large(figure.box) and not _is_backdrop(figure, page, lines)]
    return sorted(large, key=lambda figure: (figure.box[1], figure.box[0]))


def picture_share(page: Box, pictures: Iterable[Picture], shapes: Sequence[DrawnShape]) -> float:
    """Which part of the page pictures and drawings cover, 0 to 1, to about a percent."""
    boxes = [picture.box for picture in pictures]
    boxes += [shape.box for shape in shapes if shape.curved and area(shape.box) < _BACKGROUND * area(page)]
    if not boxes:
        return 0.0
    grid = np.zeros((64, 64), dtype=bool)
    for box in boxes:
        x0, y0, x1, y1 = clipped(box, page)
        columns = slice(
            round(64 * (x0 - page[0]) / (page[2] - page[0])), round(64 * (x1 - page[0]) / (page[2] - page[0]))
        )
        grid[round(64 * y0 / page[3]) : round(64 * y1 / page[3]), columns] = True
    return float(grid.mean())


def _is_content(picture: Picture, page: Box) -> bool:
    x0, y0, x1, y1 = clipped(picture.box, page)
    width, height = x1 - x0, y1 - y0
    if width < 12 or height < 12 or min(picture.width, picture.height) < 16:
        return False
    return max(width / height, height / width) <= _MOST_STRETCHED


def _is_large(box: Box) -> bool:
    return min(box[2] - box[0], box[3] - box[1]) >= _SMALLEST_SIDE and area(box) >= _SMALLEST_AREA


def _is_backdrop(figure: DrawnFigure, page: Box, lines: Sequence[Line]) -> bool:
    """A picture behind the text of a page, or behind a part of it."""
    inside = [line for line in lines if center_inside(line.box, figure.box)]
    letters = sum(len(line.text) for line in inside)
    if covered(page, figure.box) > _BACKGROUND:
        return letters > 100
    text = sum(area(line.box) for line in inside)
    prose = sum(len(line.text) for line in inside if len(line.text) >= _PROSE_LETTERS)
    return text > 0.4 * area(figure.box) or prose > 300


def _merged(figures: list[DrawnFigure]) -> list[DrawnFigure]:
    """Pictures and drawings that touch are one figure: tiles, panels, a photo with arrows on it."""
    merged: list[DrawnFigure] = []
    for figure in sorted(figures, key=lambda figure: figure.box[1]):
        current = figure
        while (touching := next((other for other in merged if near(other.box, current.box, 4.0)), None)) is not None:
            merged.remove(touching)
            current = DrawnFigure(
                box=union((touching.box, current.box)),
                pictures=touching.pictures + current.pictures,
                pieces=touching.pieces + current.pieces,
            )
        merged.append(current)
    return merged


# Drawings


def _drawings(page: Box, shapes: Sequence[DrawnShape], lines: Sequence[Line]) -> Iterator[DrawnFigure]:
    pieces = [_on_page(shape, page) for shape in shapes if _is_piece(shape, page)]
    # Most pages have but rules and shaded boxes: looking closer would cost more than reading them.
    if not any(shape.curved for shape in pieces) and not _has_bars(pieces):
        return
    for members in _clusters(page, pieces):
        box = union(shape.box for shape in members)
        if _is_large(box) and _shows_something(members, box, lines):
            yield DrawnFigure(box=_with_labels(box, page, lines), pictures=0, pieces=len(members))


def _on_page(shape: DrawnShape, page: Box) -> DrawnShape:
    return shape._replace(box=clipped(shape.box, page))


def _is_piece(shape: DrawnShape, page: Box) -> bool:
    """Not what lies outside, nor backgrounds, nor rules across the page."""
    x0, y0, x1, y1 = clipped(shape.box, page)
    if x1 < x0 or y1 < y0:
        return False
    width, height = x1 - x0, y1 - y0
    rule = not shape.curved and ((height <= 3 and width > 0.6 * page[2]) or (width <= 3 and height > 0.6 * page[3]))
    return not rule and width * height < 0.5 * area(page)


def _clusters(page: Box, pieces: Sequence[DrawnShape]) -> list[list[DrawnShape]]:
    """Groups of pieces in touching squares, by flooding a coarse grid: time grows with pieces and page alone."""
    columns, rows = int(page[2] / _CELL) + 2, int(page[3] / _CELL) + 2
    grid = np.zeros((rows, columns), dtype=np.int32)
    spans = [_squares(shape.box, rows, columns) for shape in pieces]
    for top, bottom, left, right in [*spans, *(_squares(axis, rows, columns) for axis in _axes(pieces))]:
        grid[top:bottom, left:right] = 1
    _flood(grid)
    clusters: dict[int, list[DrawnShape]] = {}
    for shape, (top, _, left, _) in zip(pieces, spans, strict=True):
        clusters.setdefault(int(grid[top, left]), []).append(shape)
    return list(clusters.values())


def _squares(box: Box, rows: int, columns: int) -> tuple[int, int, int, int]:
    left, top = min(max(int(box[0] / _CELL), 0), columns - 1), min(max(int(box[1] / _CELL), 0), rows - 1)
    right, bottom = min(int(box[2] / _CELL) + 1, columns), min(int(box[3] / _CELL) + 1, rows)
    return top, max(bottom, top + 1), left, max(right, left + 1)


def _flood(grid: NDArray[np.int32]) -> None:
    """Number the connected parts of the squares that are not 0: the largest number spreads to all it touches."""
    taken = grid != 0
    grid[taken] = np.arange(1, int(taken.sum()) + 1)
    before = np.zeros_like(grid)
    while not np.array_equal(before, grid):
        before[:] = grid
        for source, target in ((np.s_[1:], np.s_[:-1]), (np.s_[:-1], np.s_[1:])):
            np.maximum(grid[target], grid[source], out=grid[target], where=taken[target])
            np.maximum(grid[:, target], grid[:, source], out=grid[:, target], where=taken[:, target])


def _shows_something(members: Sequence[DrawnShape], box: Box, lines: Sequence[Line]) -> bool:
    inside = [line for line in lines if center_inside(line.box, box)]
    if sum(len(line.text) >= _PROSE_LETTERS for line in inside) >= 4:
        return False
    if inside and sum(area(line.box) for line in inside) > 0.45 * area(box):
        return False
    curved = [shape for shape in members if shape.curved]
    if sum(area(shape.box) for shape in curved) > 0.1 * area(box) and (
        len(curved) >= 3 or len(members) >= _FEWEST_PIECES
    ):
        return True
    if len(members) >= 4 * _FEWEST_PIECES and len(curved) >= _FEWEST_PIECES:
        return True
    return _has_bars([shape for shape in members if not _holds_text(shape.box, inside)])


def _holds_text(box: Box, lines: Sequence[Line]) -> bool:
    """The shading of a table row does; the bar of a chart has at most its value in it."""
    return any(center_inside(line.box, box) for line in lines if not _VALUE.fullmatch(line.text.strip()))


def _has_bars(members: Sequence[DrawnShape]) -> bool:
    """Filled boxes of one width and several heights, or of one height and several widths, on a common line."""
    return any(True for _ in _bars(members))


def _bars(members: Sequence[DrawnShape]) -> Iterator[tuple[int, list[DrawnShape]]]:
    """Those boxes, with the edge that they have in common: 0 the left, 1 the top, 2 the right, 3 the bottom."""
    solid = [shape for shape in members if not shape.stroked and min(_sides(shape.box)) > 2 and shape.color != 0xFFFFFF]
    lined: dict[tuple[int, int, int], list[DrawnShape]] = defaultdict(list)
    for shape in solid:
        width, height = map(round, _sides(shape.box))
        for edge in range(4):
            lined[edge, round(shape.box[edge] / 2), width if edge % 2 else height].append(shape)
    for (edge, _, _), found in lined.items():
        if len({round(_sides(shape.box)[edge % 2]) for shape in found}) >= 3:
            yield edge, found


def _axes(pieces: Sequence[DrawnShape]) -> Iterator[Box]:
    """Where bars stand side by side, the line that they stand on, be it drawn or not: it holds a chart together."""
    for edge, found in _bars(pieces):
        side = 1 - edge % 2  # 0: they stand side by side from left to right, 1: below each other
        for before, after in pairwise(sorted((shape.box for shape in found), key=itemgetter(side))):
            gap, thickness = after[side] - before[side + 2], before[side + 2] - before[side]
            if 0 < gap < _FARTHEST_BARS * thickness:
                place = before[edge]
                start, end = before[side], after[side + 2]
                yield (place, start, place, end) if side else (start, place, end, place)


def _sides(box: Box) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]


def _with_labels(box: Box, page: Box, lines: Sequence[Line]) -> Box:
    """Axis labels and legends stand just outside of what is drawn, names of bars in a column beside it."""
    short = [line for line in lines if len(line.text) < _LONGEST_LABEL]
    box = union([box, *(line.box for line in _column_beside(box, short))])
    for _ in range(2):
        labels = [line.box for line in short if _touches(line.box, box)]
        box = clipped(union([box, *labels]), page)
    titles = [line.box for line in lines if len(line.text) < _LONGEST_TITLE and _is_cut(line.box, box)]
    return clipped(union([box, *titles]), page)


def _is_cut(line: Box, box: Box) -> bool:
    """Whether the upper or the lower edge of a drawing goes through a line that is about as wide as it."""
    level = line[1] < box[1] < line[3] or line[1] < box[3] < line[3]
    inside = min(line[2], box[2]) - max(line[0], box[0])
    return level and inside > 0 and line[2] - line[0] < _WIDEST_TITLE * (box[2] - box[0])


def _column_beside(box: Box, short: Sequence[Line]) -> list[Line]:
    """Lines left of a drawing and level with it, unless they follow each other like those of a text."""
    beside = [
        line
        for line in short
        if box[1] <= (line.box[1] + line.box[3]) / 2 <= box[3] and 0 <= box[0] - line.box[2] < _FARTHEST_LABEL
    ]
    beside.sort(key=lambda line: line.box[1])
    if len(beside) < 2 or min(box[0] - line.box[2] for line in beside) > _FARTHEST_LABEL / 2:
        return []
    dense = [after.box[1] - before.box[1] < 1.35 * before.size for before, after in pairwise(beside)]
    return [] if 2 * sum(dense) > len(dense) else beside


def _touches(label: Box, box: Box) -> bool:
    return near(label, box, 8.0) and (label[2] - label[0]) < 0.7 * (box[2] - box[0])
