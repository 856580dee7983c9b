"""The paths and images of a page as pdfium lists them, those inside forms included."""

from __future__ import annotations

import ctypes
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ragmm.loaders.base import DocumentWarning
from ragmm.loaders.pdf.base import DrawnShape, Picture
from ragmm.loaders.pdf.placement import Placement

__all__ = ["PageObjects"]

_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: _Matrix = (1, 0, 0, 1, 0, 0)
_DEEPEST_FORM = 8
_MAX_OBJECTS = 50_000
# Longer paths are drawings, not grids: only their extent counts.
_MAX_SEGMENTS = 400


@dataclass(frozen=True, kw_only=True)
class PageObjects:
    """What is drawn on a page besides text."""

    shapes: list[DrawnShape]
    pictures: list[Picture]

    @classmethod
    def read(cls, page: Any, place: Placement) -> PageObjects:
        reader = _ObjectReader(page, place)
        shapes: list[DrawnShape] = []
        pictures: list[Picture] = []
        for found in reader.read():
            if isinstance(found, Picture):
                pictures.append(found)
            else:
                shapes.append(found)
        return cls(shapes=shapes, pictures=pictures)


class _ObjectReader:
    """Walks the objects of one page."""

    def __init__(self, page: Any, place: Placement) -> None:
        import pypdfium2.raw as library

        self._library = library
        self._page = page
        self._place = place
        self._floats = tuple(ctypes.c_float() for _ in range(4))
        self._left = _MAX_OBJECTS

    def read(self) -> Iterator[DrawnShape | Picture]:
        library, page = self._library, self._page
        for index in range(library.FPDFPage_CountObjects(page)):
            yield from self._object(library.FPDFPage_GetObject(page, index), _IDENTITY, 0)
            if self._left <= 0:
                warnings.warn(
                    DocumentWarning(f"only the first {_MAX_OBJECTS:,} objects of a page were read"), stacklevel=2
                )
                return

    def _object(self, item: Any, matrix: _Matrix, depth: int) -> Iterator[DrawnShape | Picture]:
        library = self._library
        self._left -= 1
        match library.FPDFPageObj_GetType(item):
            case library.FPDF_PAGEOBJ_PATH:
                yield from self._path(item, matrix)
            case library.FPDF_PAGEOBJ_IMAGE:
                yield from self._image(item, matrix)
            case library.FPDF_PAGEOBJ_FORM if depth < _DEEPEST_FORM:
                inner = _times(self._own_matrix(item), matrix)
                for index in range(library.FPDFFormObj_CountObjects(item)):
                    if self._left <= 0:
                        return
                    yield from self._object(library.FPDFFormObj_GetObject(item, index), inner, depth + 1)

    def _own_matrix(self, item: Any) -> _Matrix:
        found = self._library.FS_MATRIX()
        if not self._library.FPDFPageObj_GetMatrix(item, found):
            return _IDENTITY
        return (found.a, found.b, found.c, found.d, found.e, found.f)

    def _bounds(self, item: Any, matrix: _Matrix) -> tuple[float, float, float, float] | None:
        left, bottom, right, top = self._floats
        if not self._library.FPDFPageObj_GetBounds(item, left, bottom, right, top):
            return None
        box = (left.value, bottom.value, right.value, top.value)
        return box if matrix is _IDENTITY else _mapped(box, matrix)

    def _image(self, item: Any, matrix: _Matrix) -> Iterator[Picture]:
        bounds = self._bounds(item, matrix)
        width, height = ctypes.c_uint(), ctypes.c_uint()
        if bounds and self._library.FPDFImageObj_GetImagePixelSize(item, width, height):
            length = self._library.FPDFImageObj_GetImageDataRaw(item, None, 0)
            key = f"{width.value}x{height.value}:{length}"
            yield Picture(self._place(*bounds), key, width.value, height.value)

    def _path(self, item: Any, matrix: _Matrix) -> Iterator[DrawnShape]:
        library = self._library
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        library.FPDFPath_GetDrawMode(item, fill, stroke)
        bounds = self._bounds(item, matrix)
        if bounds is None or not (fill.value or stroke.value):
            return
        color = self._color(item, bool(stroke.value) and not fill.value)
        count = library.FPDFPath_CountSegments(item)
        if count > _MAX_SEGMENTS or not self._is_straight(item, count):
            yield DrawnShape(self._place(*bounds), bool(stroke.value), True, color)
            return
        total = _times(self._own_matrix(item), matrix)
        for part in self._parts(item, count):
            yield DrawnShape(self._place(*_mapped(part, total)), bool(stroke.value), False, color)

    def _color(self, item: Any, stroke: bool) -> int:
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        get = self._library.FPDFPageObj_GetStrokeColor if stroke else self._library.FPDFPageObj_GetFillColor
        get(item, red, green, blue, alpha)
        return red.value << 16 | green.value << 8 | blue.value

    def _is_straight(self, item: Any, count: int) -> bool:
        """Only lines along the axes; a diagonal or a curve makes a drawing of it."""
        before: tuple[float, float] | None = None
        for kind, x, y in self._points(item, count):
            if kind == self._library.FPDF_SEGMENT_BEZIERTO:
                return False
            drawn = kind == self._library.FPDF_SEGMENT_LINETO and before is not None
            if drawn and before and min(abs(x - before[0]), abs(y - before[1])) > 1:
                return False
            before = (x, y)
        return True

    def _points(self, item: Any, count: int) -> Iterator[tuple[int, float, float]]:
        x, y = self._floats[:2]
        for index in range(count):
            segment = self._library.FPDFPath_GetPathSegment(item, index)
            self._library.FPDFPathSegment_GetPoint(segment, x, y)
            yield self._library.FPDFPathSegment_GetType(segment), x.value, y.value

    def _parts(self, item: Any, count: int) -> Iterator[tuple[float, float, float, float]]:
        """The extent of each part that begins with a move: the rules of a grid drawn as one path."""
        xs: list[float] = []
        ys: list[float] = []
        for kind, x, y in self._points(item, count):
            if kind == self._library.FPDF_SEGMENT_MOVETO and len(xs) > 1:
                yield min(xs), min(ys), max(xs), max(ys)
            if kind == self._library.FPDF_SEGMENT_MOVETO:
                xs, ys = [], []
            xs.append(x)
            ys.append(y)
        if len(xs) > 1:
            yield min(xs), min(ys), max(xs), max(ys)


def _times(first: _Matrix, then: _Matrix) -> _Matrix:
    if then is _IDENTITY:
        return first
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _mapped(box: tuple[float, float, float, float], matrix: _Matrix) -> tuple[float, float, float, float]:
    a, b, c, d, e, f = matrix
    corners = [(x * a + y * c + e, x * b + y * d + f) for x in (box[0], box[2]) for y in (box[1], box[3])]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)
