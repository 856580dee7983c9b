"""The lines of a page as pdfium's text page gives them."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import sub
from typing import Any, NamedTuple

from ragmm.loaders.pdf.base import Line, is_bold_name
from ragmm.loaders.pdf.placement import Placement

__all__ = ["read_lines"]

_BOLD_WEIGHT = 600
# A gap in a line wider than this many font sizes separates columns or cells.
_CELL_GAP = 1.0
# Lines of few words are looked at more closely: they may be cells, which pdfium joins by a space.
_FEW_SPACES = 8
_SPACES = re.compile(r"(?<=\S)\s+(?=\S)")
# What pdfium puts for a hyphen at the end of a line, in place of the line break too.
_HYPHEN = "\ufffe"
_BREAK = re.compile(f"\r\n|(?<={_HYPHEN})(?!\r\n)")


_DOUBLE = ctypes.sizeof(ctypes.c_double)


class _Rectangles(NamedTuple):
    """The rectangles that a run of characters stands in, side by side as lists: some files place every letter alone."""

    lefts: list[float]
    tops: list[float]
    rights: list[float]
    bottoms: list[float]

    def has_gap(self, wide: float) -> bool:
        return len(self.lefts) > 1 and max(map(abs, map(sub, self.lefts[1:], self.rights))) > wide


def read_lines(page: Any, place: Placement) -> list[Line]:
    """Lines in the order of the file; a line is split where columns or table cells are apart."""
    text_page = page.get_textpage()
    try:
        return list(_Lines(text_page.raw, place).read(text_page.count_chars()))
    finally:
        text_page.close()


class _Lines:
    """Reads one text page; `raw` is the library's handle of it."""

    def __init__(self, raw: Any, place: Placement) -> None:
        import pypdfium2.raw as library

        self._library = library
        self._raw = raw
        self._handle = ctypes.cast(raw, ctypes.c_void_p)
        self._place = place
        self._doubles = tuple(ctypes.c_double() for _ in range(4))
        self._matrix = library.FS_MATRIX()
        self._rectangle = library.FS_RECTF()
        self._rooms = _Rooms(64)
        self._name = ctypes.create_string_buffer(128)
        self._bold_names: dict[bytes, bool] = {}

    def read(self, count: int) -> Iterator[Line]:
        if count <= 0:
            return
        buffer = (ctypes.c_ushort * (count + 1))()
        written = self._library.FPDFText_GetText(self._raw, 0, count, buffer)
        units = bytes(buffer)[: 2 * max(0, written - 1)].decode("utf-16-le", "surrogatepass")
        # Characters without a Unicode value are left out of the text: then its indices are not those of the page.
        exact = len(units) == count
        at = 0
        for part in _BREAK.split(units):
            if part.strip():
                first = at if exact else self._character(units, at)
                yield from self._split(part, first)
            at += len(part) + 2 * (not part.endswith(_HYPHEN))

    def _character(self, text: str, at: int) -> int:
        wide = sum(ord(letter) > 0xFFFF for letter in text[:at])
        return max(0, int(self._library.FPDFText_GetCharIndexFromTextIndex(self._raw, at + wide)))

    def _split(self, text: str, first: int) -> Iterator[Line]:
        boxes = self._rectangles(first, len(text))
        size, upright = self._font_size(first)
        if not upright or not (boxes.has_gap(_CELL_GAP * size) or 0 < text.strip().count(" ") <= _FEW_SPACES):
            yield from self._line(text, first, boxes, (size, upright))
            return
        start = 0
        for end in [*self._gaps(text, first, _CELL_GAP * size), len(text)]:
            part = text[start:end]
            if part.strip():
                yield from self._line(
                    part, first + start, self._rectangles(first + start, end - start), (size, upright)
                )
            start = end

    def _line(self, text: str, first: int, boxes: _Rectangles, font: tuple[float, bool]) -> Iterator[Line]:
        if not boxes.lefts:
            return
        size, upright = font
        left, right = min(boxes.lefts), max(boxes.rights)
        bottom, top = min(boxes.bottoms), max(boxes.tops)
        loose = self._rectangle
        if upright and self._library.FPDFText_GetLooseCharBox(self._raw, first, loose) and loose.top > loose.bottom:
            # The height of the font, not of the letters that happen to be in the line.
            bottom, top = min(bottom, loose.bottom), max(top, loose.top)
        bold = self._is_bold(first)
        cleaned = text.replace(_HYPHEN, "-")
        yield Line(cleaned, self._place(left, bottom, right, top), size, bold, upright)

    def _is_bold(self, index: int) -> bool:
        if self._library.FPDFText_GetFontWeight(self._raw, index) >= _BOLD_WEIGHT:
            return True
        name = self._name
        self._library.FPDFText_GetFontInfo(self._raw, index, name, len(name), None)
        known = self._bold_names.get(name.value)
        if known is None:
            known = self._bold_names[name.value] = is_bold_name(name.value.decode("utf-8", "replace"))
        return known

    def _rectangles(self, first: int, count: int) -> _Rectangles:
        found = self._library.FPDFText_CountRects(self._raw, first, count)
        if found > len(self._rooms.places):
            self._rooms = _Rooms(2 * found)
        get, handle = _get_rectangle(), self._handle
        for index, (left, top, right, bottom) in zip(range(found), self._rooms.places, strict=False):
            get(handle, index, left, top, right, bottom)
        return self._rooms.first(found)

    def _font_size(self, index: int) -> tuple[float, bool]:
        size = float(self._library.FPDFText_GetFontSize(self._raw, index))
        matrix = self._matrix
        if not self._library.FPDFText_GetMatrix(self._raw, index, matrix):
            return size, not self._place.sideways
        scale = math.hypot(matrix.c, matrix.d)
        level = abs(matrix.b) <= 0.1 * (abs(matrix.a) or 1e-9)
        return size * (scale or 1.0), level != self._place.sideways

    def _gaps(self, text: str, first: int, wide: float) -> list[int]:
        """Where in the text the next word stands far from the one before."""
        left, right, bottom, top = self._doubles
        get = self._library.FPDFText_GetCharBox
        gaps: list[int] = []
        for space in _SPACES.finditer(text):
            if not get(self._raw, first + space.start() - 1, left, right, bottom, top):
                continue
            end = right.value
            if get(self._raw, first + space.end(), left, right, bottom, top) and abs(left.value - end) > wide:
                gaps.append(space.end())
        return gaps


class _Rooms:
    """Memory that the library writes rectangles into, so that none has to be fetched from Python objects."""

    def __init__(self, count: int) -> None:
        self._values = (ctypes.c_double * (4 * count))()
        start = ctypes.addressof(self._values)
        addresses = range(start, start + 4 * count * _DOUBLE, _DOUBLE)
        self.places = list(zip(*(addresses[corner::4] for corner in range(4)), strict=True))
        """Where the left, top, right and bottom of each go."""

    def first(self, count: int) -> _Rectangles:
        values = self._values[: 4 * count]
        return _Rectangles(*(values[corner::4] for corner in range(4)))


@lru_cache(maxsize=1)
def _get_rectangle() -> Callable[..., int]:
    """FPDFText_GetRect by plain addresses: through typed pointers each call takes twice as long."""
    import pypdfium2.raw as library

    pointer = ctypes.c_void_p
    kind = ctypes.CFUNCTYPE(ctypes.c_int, pointer, ctypes.c_int, pointer, pointer, pointer, pointer)
    address = ctypes.cast(library.FPDFText_GetRect, pointer).value
    return kind(address or 0)
