"""Running headers, footers and page numbers: lines at the same height of many pages that differ only in digits."""

from __future__ import annotations

import re
from collections import defaultdict
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
        heights: dict[str, list[float]] = defaultdict(list)
        count = 0
        for page, lines in pages:
            count += 1
            for line in lines:
                if _at_the_edge(line, page.height):
                    heights[_key(line)].append(line.box[1])
        fewest = max(_FEWEST, int(_SHARE * count))
        self._heights = {key: tops for key, tops in heights.items() if len(tops) >= fewest}
        self._fewest = fewest

    def without(self, page: PdfPage, lines: Sequence[Line]) -> list[Line]:
        if not self._heights:
            return list(lines)
        top, bottom = _MARGIN * page.height, (1 - _MARGIN) * page.height
        return [line for line in lines if (line.box[3] >= top and line.box[1] <= bottom) or not self._runs(line)]

    def _runs(self, line: Line) -> bool:
        tops = self._heights.get(_key(line), ())
        return sum(abs(top - line.box[1]) < _SAME_HEIGHT for top in tops) >= self._fewest


def _at_the_edge(line: Line, height: float) -> bool:
    return line.box[3] < _MARGIN * height or line.box[1] > (1 - _MARGIN) * height


def _key(line: Line) -> str:
    return _DIGITS.sub("#", " ".join(line.text.casefold().split()))
