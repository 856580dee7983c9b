"""Running headers, footers and page numbers: lines at the same height of many pages that differ only in digits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ragmm.loaders.pdf.base import Line, PdfPage

__all__ = ["RunningLines"]

_DIGITS = re.compile(r"\d+|\b[ivxlc]{1,6}\b")
# The part of a page, from each end, in which running lines stand.
_MARGIN = 0.12
_SAME_HEIGHT = 4.0
_FEWEST = 3
_SHARE = 0.1


class RunningLines:
    """Learns from sample pages which lines run through a document, and takes them out of any page."""

    def __init__(self, pages: Iterable[tuple[PdfPage, Sequence[Line]]]) -> None:
        seen: Counter[tuple[str, int]] = Counter()
        count = 0
        for page, lines in pages:
            count += 1
            edge = (line for line in lines if _at_the_edge(line, page.height))
            # A line that stands a little higher or lower on another page is the same; twice on one page it counts once.
            seen.update({(key, height + by) for key, height in map(_mark, edge) for by in (-1, 0, 1)})
        fewest = max(_FEWEST, int(_SHARE * count))
        self._running = {mark for mark, pages_with_it in seen.items() if pages_with_it >= fewest}
        self._heights = {height for _, height in self._running}

    def without(self, page: PdfPage, lines: Sequence[Line]) -> list[Line]:
        if not self._running:
            return list(lines)
        top, bottom = _MARGIN * page.height, (1 - _MARGIN) * page.height
        return [line for line in lines if (line.box[3] >= top and line.box[1] <= bottom) or not self._runs(line)]

    def _runs(self, line: Line) -> bool:
        return _height(line) in self._heights and _mark(line) in self._running


def _at_the_edge(line: Line, height: float) -> bool:
    return line.box[3] < _MARGIN * height or line.box[1] > (1 - _MARGIN) * height


def _mark(line: Line) -> tuple[str, int]:
    """What it says but for its numbers, and at what height."""
    text = _DIGITS.sub("#", " ".join(line.text.casefold().split()))
    return text, _height(line)


def _height(line: Line) -> int:
    return round(line.box[1] / _SAME_HEIGHT)
