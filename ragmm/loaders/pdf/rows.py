"""From lines to rows and paragraphs: what stands beside each other, what belongs together, where a paragraph ends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ragmm.loaders.pdf.base import Line
from ragmm.loaders.pdf.geometry import union
from ragmm.types import Box

__all__ = ["PageRow", "Paragraph", "clean", "paragraphs", "rows"]

_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_BULLETS = dict.fromkeys("\uf0b7\uf0a7\uf0d8\uf076\uf0fc\uf02d\u25cf\u25aa\u25a0\uf06e", "•")
_SPACES = dict.fromkeys("\u2007\u202f\u3000\t\r\n\x0b\x0c", " ")
_NOTHING = dict.fromkeys(map(chr, (*range(9), *range(14, 32), 127, 0x200B, 0x200E, 0x200F, 0xFEFF)), "")
_TRANSLATION = {**_LIGATURES, **_BULLETS, **_SPACES, **_NOTHING}
_CLEANED = str.maketrans(_TRANSLATION)
_UNCLEAN = re.compile("[" + re.escape("".join(_TRANSLATION)) + "]")

_ITEM = re.compile(r"(?:[•◦‣▪–—*·]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|[（(][一二三四五六七八九十\d]+[）)])\s")
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_FILLED_LETTERS = 40
_ENDS = tuple('.!?:;。！？：；…"”’)')


class PageRow(NamedTuple):
    """What stands on one baseline of a region."""

    text: str
    box: Box
    size: float
    bold: bool
    cells: int
    """Parts with wide gaps between them: more than one in a table."""
    upright: bool = True


class Paragraph(NamedTuple):
    """Rows that are read as one; those with several cells keep their line breaks."""

    rows: tuple[PageRow, ...]
    size: float
    bold: bool
    is_list: bool

    @property
    def is_grid(self) -> bool:
        return sum(row.cells > 1 for row in self.rows) * 2 > len(self.rows)

    @property
    def box(self) -> Box:
        return union(row.box for row in self.rows)


def clean(text: str) -> str:
    """Ligatures spelled out, odd spaces and bullets made plain, invisible characters dropped."""
    text = text.replace("\u00a0", " ")  # far the most frequent, and translating is slow
    return text.translate(_CLEANED).strip() if _UNCLEAN.search(text) else text.strip()


def rows(lines: Sequence[Line]) -> list[PageRow]:
    """The lines of one region, grouped by baseline, from the top."""
    if lines and lines[0].upright:
        lines = sorted(lines, key=_top)
    groups: list[list[Line]] = []
    for line in lines:
        if groups and _beside(groups[-1][0], line):
            groups[-1].append(line)
        else:
            groups.append([line])
    found = [_simple_row(group[0]) if len(group) == 1 else _row(group) for group in groups]
    return [row for row in found if row.text]


def _left(line: Line) -> float:
    return line.box[0]


def _length(line: Line) -> int:
    return len(line.text)


def _top(line: Line) -> float:
    return line.box[1]


def _beside(first: Line, line: Line) -> bool:
    _, top, _, bottom = first.box
    _, start, _, end = line.box
    if start >= bottom or not first.upright:
        return False
    return min(bottom, end) - max(top, start) > 0.5 * min(bottom - top, end - start)


def _simple_row(line: Line) -> PageRow:
    return PageRow(clean(line.text), line.box, line.size, line.bold, 1, line.upright)


def _row(lines: list[Line]) -> PageRow:
    lines.sort(key=_left)
    parts, cells = [clean(lines[0].text)], 1
    for before, line in pairwise(lines):
        gap = line.box[0] - before.box[2]
        wide = gap > 1.4 * before.size and gap > 1.4 * line.size
        cells += wide
        # A rule drawn in the midst of a line cuts it in two; the space before the cut is in the text.
        spaced = gap >= 0.15 * line.size or before.text[-1:].isspace() or line.text[:1].isspace()
        parts.append("  " if wide else " " if spaced else "")
        parts.append(clean(line.text))
    text = "".join(parts).strip()
    if not text.isascii() and len(_RIGHT_TO_LEFT.findall(text)) * 3 > len(text):
        text = " ".join(clean(line.text) for line in reversed(lines))
    main = max(lines, key=_length)
    bold = all(line.bold for line in lines)
    return PageRow(text, union([line.box for line in lines]), main.size, bold, cells)


def paragraphs(region: Sequence[PageRow]) -> Iterator[Paragraph]:
    """Paragraphs of one region, told by distance, indent, size, weight, list marks and short last lines."""
    if not region:
        return
    left = min(row.box[0] for row in region)
    right = max(row.box[2] for row in region)
    steps = [b.box[1] - a.box[1] for a, b in pairwise(region) if abs(a.size - b.size) < 0.5 and b.box[1] > a.box[1] + 1]
    leading = median(steps) if steps else 0.0
    together = [region[0]]
    for before, row in pairwise(region):
        if _breaks(before, row, (left, right), leading):
            yield _paragraph(together)
            together = []
        together.append(row)
    yield _paragraph(together)


def _paragraph(together: list[PageRow]) -> Paragraph:
    main = max(together, key=lambda row: len(row.text))
    return Paragraph(tuple(together), main.size, main.bold, _ITEM.match(together[0].text) is not None)


def _runs_in(before: PageRow, row: PageRow, sides: tuple[float, float]) -> bool:
    """Whether a line of another weight goes on with the one before: it began in bold, and fills its column."""
    if before.cells > 1 or row.cells > 1:
        return False
    left, right = sides
    filled = before.box[2] >= right - 0.1 * (right - left) and len(before.text) >= _FILLED_LETTERS
    return filled and row.box[0] <= before.box[0] + 0.4 * row.size and not before.text.endswith(_ENDS)


def _breaks(before: PageRow, row: PageRow, sides: tuple[float, float], leading: float) -> bool:
    left, right = sides
    size = max(before.size, row.size)
    step = row.box[1] - before.box[1]
    usual = leading if 0 < leading < 2.2 * size else 1.35 * size
    if step > 1.3 * max(usual, 0.9 * size) or step < -size:
        return True
    if abs(before.size - row.size) > 0.12 * size or (before.bold != row.bold and not _runs_in(before, row, sides)):
        return True
    if (before.cells > 1) != (row.cells > 1) or _ITEM.match(row.text):
        return True
    if before.cells > 1:
        return False
    short = before.box[2] < right - 0.2 * (right - left)
    indented = 0.8 * size < row.box[0] - before.box[0] < 5 * size and not short and before.box[0] - left < 0.4 * size
    indented = indented and not _ITEM.match(before.text)  # what an item goes on with stands beside its mark
    return indented or (short and before.text.endswith(_ENDS))
