"""The lines of a page as pdfium's text page gives them."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from ragmm.loaders.pdf.base import Line, is_bold_name
from ragmm.loaders.pdf.geometry import union
from ragmm.loaders.pdf.placement import Placement
from ragmm.types import Box

__all__ = ["read_lines"]

_BOLD_WEIGHT = 600
# A gap in a line wider than this many font sizes separates columns or cells.
_CELL_GAP = 1.0
_FEW_SPACES = 8
_SPACES = re.compile(r"(?<=\S)\s+(?=\S)")
# What pdfium puts for a hyphen at the end of a line, in place of the line break too.
_HYPHEN = "\ufffe"
_BREAK = re.compile(f"\r\n|(?<={_HYPHEN})(?!\r\n)")


_DOUBLE = ctypes.sizeof(ctypes.c_double)


def read_lines(page: Any, place: Placement) -> list[Line]:
    """Lines in the order of the file; a line is split where columns or table cells are apart."""
    text_page = page.get_textpage()
    try:
        return list(_TextLines(text_page.raw, place).read(text_page.count_chars()))
    finally:
        text_page.close()


class _TextLines:
    """Reads one text page; `raw` is the library's handle of it."""

    def __init__(self, raw: Any, place: Placement) -> None:
        import pypdfium2.raw as library

        self._library = library
        self._raw = raw
        self._handle = ctypes.cast(raw, ctypes.c_void_p)
        self._place = place
        self._calls = _calls()
        self._values = (ctypes.c_double * 4)()
        start = ctypes.addressof(self._values)
        self._edges = tuple(range(start, start + 4 * _DOUBLE, _DOUBLE))
        """Where the left, bottom, right and top of a box go."""
        self._matrix = library.FS_MATRIX()
        self._rectangle = library.FS_RECTF()
        self._corners = ctypes.addressof(self._rectangle)
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
        size, upright = self._font_size(first)
        start = 0
        for end in [*(self._gaps(text, first, _CELL_GAP * size) if upright else ()), len(text)]:
            part = text[start:end]
            if part.strip():
                yield from self._line(part, first + start, size, upright)
            start = end

    def _line(self, text: str, first: int, size: float, upright: bool) -> Iterator[Line]:
        box = self._level_box(text, first) if upright and not self._place.sideways else None
        box = box or self._whole_box(text, first)
        if box is not None:
            cleaned = text.replace(_HYPHEN, "-")
            yield Line(cleaned, self._place(*box), size, self._is_bold(first), upright)

    def _level_box(self, text: str, first: int) -> Box | None:
        """From the first letter to the last, as high as the font; the rectangles of all letters take much longer."""
        end = first + len(text.rstrip()) - 1
        start = first + len(text) - len(text.lstrip())
        get, (left, bottom, right, top) = self._calls.letter, self._edges
        values = self._values
        if not get(self._handle, start, left, right, bottom, top):
            return None
        x0, y0, x1, y1 = values
        if not get(self._handle, end, left, right, bottom, top):
            return None
        x0, y0, x1, y1 = min(x0, values[0]), min(y0, values[1]), max(x1, values[2]), max(y1, values[3])
        if x1 <= x0:
            return None
        loose, font = self._rectangle, self._calls.font
        for index in {start, (start + end) // 2, end}:
            # The height of the font, not of the letters that happen to be in the line.
            if font(self._handle, index, self._corners) and loose.top > loose.bottom:
                y0, y1 = min(y0, loose.bottom), max(y1, loose.top)
        return x0, y0, x1, y1

    def _whole_box(self, text: str, first: int) -> Box | None:
        """Around every letter."""
        get, (left, bottom, right, top) = self._calls.rectangle, self._edges
        found = [
            (*self._values,)
            for index in range(self._library.FPDFText_CountRects(self._raw, first, len(text)))
            if get(self._handle, index, left, top, right, bottom)
        ]
        return union(found) if found else None

    def _is_bold(self, index: int) -> bool:
        if self._library.FPDFText_GetFontWeight(self._raw, index) >= _BOLD_WEIGHT:
            return True
        name = self._name
        self._library.FPDFText_GetFontInfo(self._raw, index, name, len(name), None)
        known = self._bold_names.get(name.value)
        if known is None:
            known = self._bold_names[name.value] = is_bold_name(name.value.decode("utf-8", "replace"))
        return known

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
        get, (left, bottom, right, top) = self._calls.letter, self._edges
        handle, values = self._handle, self._values
        gaps: list[int] = []
        # In a line of few words any gap may be one of cells; in a longer one only what the file itself leaves empty.
        few = 0 < text.strip().count(" ") <= _FEW_SPACES
        for space in _SPACES.finditer(text):
            before, after = space.span()
            if (after - before > 1 and not few) or not get(handle, first + before - 1, left, right, bottom, top):
                continue
            end = values[2]
            if get(handle, first + after, left, right, bottom, top) and abs(values[0] - end) > wide:
                gaps.append(after)
        return gaps


class _Calls(NamedTuple):
    """Functions of the library by plain addresses: through typed pointers each call takes twice as long."""

    letter: Callable[..., int]
    """FPDFText_GetCharBox: the handle, which character, and where its left, right, bottom and top go."""
    font: Callable[..., int]
    """FPDFText_GetLooseCharBox: the handle, which character, and where its box goes."""
    rectangle: Callable[..., int]
    """FPDFText_GetRect: the handle, which one, and where its left, top, right and bottom go."""


@lru_cache(maxsize=1)
def _calls() -> _Calls:
    import pypdfium2.raw as library

    def plain(function: Any, results: int) -> Callable[..., int]:
        pointer = ctypes.c_void_p
        kind = ctypes.CFUNCTYPE(ctypes.c_int, pointer, ctypes.c_int, *[pointer] * results)
        return kind(ctypes.cast(function, pointer).value or 0)

    return _Calls(
        plain(library.FPDFText_GetCharBox, 4),
        plain(library.FPDFText_GetLooseCharBox, 1),
        plain(library.FPDFText_GetRect, 4),
    )
