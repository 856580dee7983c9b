"""Lines that were read in a picture, in the order that a reader takes them, and as one text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from ragmm.types import Box

if TYPE_CHECKING:
    from ragmm.loaders.pdf.base import Line
    from ragmm.loaders.pdf.rows import Paragraph

__all__ = ["OcrLine", "in_order", "joined_text", "placed"]

_FEWEST_IN_COLUMNS = 24
"""Lines of a page that may be set in columns."""
_FEWEST_OF_PROSE, _LETTERS_OF_PROSE, _WORDS_OF_PROSE = 3, 20, 4
"""Rows of running text, and letters and words of the middle one of them."""
_NOISE = 0.25
_TALL = 1.5


@dataclass(frozen=True, kw_only=True)
class OcrLine:
    """One line of text."""

    text: str
    box: Box
    """In pixels of the image, origin top left."""
    confidence: float
    level: Box | None = None
    """Where it would stand if the page lay level; None where it does."""
    slant: float = 0.0
    """Degrees that the page runs down to the right."""

    @property
    def place(self) -> Box:
        """By which lines are put in order."""
        return self.level or self.box


def joined_text(lines: Sequence[OcrLine], *, paper: bool = False) -> str:
    """Lines of one row side by side, rows below each other; columns of running text one after the other.

    Of a paper the rows of running text make paragraphs.
    """
    rows = [_rows(region) for region in _regions(lines)]
    if paper:
        return "\n\n".join("\n".join(_paragraphs(found)) for found in rows)
    return "\n".join("\n".join(map(_row_text, found)) for found in rows)


def _regions(lines: Sequence[OcrLine]) -> list[Sequence[OcrLine]]:
    if len(lines) < _FEWEST_IN_COLUMNS:
        return [lines]
    from ragmm.loaders.pdf.text_blocks import read_regions  # that package reads its scans by this module

    in_place = [placed(line) for line in lines]
    number_of = {id(one): number for number, one in enumerate(in_place)}
    found = [[lines[number_of[id(one)]] for one in region] for region in read_regions(in_place)]
    return [in_order(region) for region in found] if len(found) > 1 else [lines]


def placed(line: OcrLine, scale: float = 1.0) -> Line:
    """A line as those of PDFs are, where it would stand on a level page; `scale`: pixels to a unit of its box."""
    from ragmm.loaders.pdf.base import Line

    x0, y0, x1, y1 = (side / scale for side in line.place)
    return Line(line.text, (x0, y0, x1, y1), 0.75 * (y1 - y0), False, not _is_tall(line))


def _rows(lines: Sequence[OcrLine]) -> list[list[OcrLine]]:
    rows: list[list[OcrLine]] = []
    for line in lines:
        if rows and _same_row(rows[-1][-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _row_text(row: Sequence[OcrLine]) -> str:
    return "  ".join(line.text for line in row)


def _paragraphs(rows: Sequence[Sequence[OcrLine]]) -> Iterator[str]:
    """Rows of running text that go on in the next as one; every other row by itself."""
    from ragmm.loaders.pdf.geometry import union
    from ragmm.loaders.pdf.rows import PageRow, paragraphs
    from ragmm.loaders.pdf.text import PageText

    sizes = [0.75 * (row[0].place[3] - row[0].place[1]) for row in rows]
    size = median(sizes) if sizes else 0.0
    found = [
        PageRow(_row_text(row), union([line.place for line in row]), _of_page(own, size), False, len(row))
        for row, own in zip(rows, sizes, strict=True)
    ]
    for one in paragraphs(found):
        if _is_running(one):
            yield " ".join(PageText.build([one], frozenset()).text.split())
        else:
            yield from (row.text for row in one.rows)


def _is_running(paragraph: Paragraph) -> bool:
    """Whether its rows go on in each other: of several words, from one margin, unlike those of an address."""
    rows = paragraph.rows
    if paragraph.is_grid or len(rows) < _FEWEST_OF_PROSE:
        return False
    left, size = min(row.box[0] for row in rows[1:]), paragraph.size
    words = median([row.text.count(" ") + 1 for row in rows])
    letters = median([len(row.text) for row in rows])
    level = all(row.box[0] - left < size for row in rows[1:])
    return level and words >= _WORDS_OF_PROSE and letters >= _LETTERS_OF_PROSE


def _of_page(size: float, usual: float) -> float:
    """A box is higher or lower by the letters in it."""
    return usual if abs(size - usual) < _NOISE * usual else size


def in_order(lines: list[OcrLine]) -> list[OcrLine]:
    """Rows from the top, each from the left; columns of vertical writing from the right."""
    if 2 * sum(map(_is_tall, lines)) > len(lines):
        return sorted(lines, key=lambda line: (-line.place[2], line.place[1]))
    ordered: list[OcrLine] = []
    row: list[OcrLine] = []
    for line in sorted(lines, key=lambda line: line.place[1] + line.place[3]):
        if row and not _same_row(row[0], line):
            ordered.extend(sorted(row, key=lambda one: one.place[0]))
            row = []
        row.append(line)
    return ordered + sorted(row, key=lambda one: one.place[0])


def _is_tall(line: OcrLine) -> bool:
    return len(line.text) > 1 and line.place[3] - line.place[1] > _TALL * (line.place[2] - line.place[0])


def _same_row(one: OcrLine, other: OcrLine) -> bool:
    """Whether the middle of either stands within the other's height; lines of vertical writing make no rows."""
    if _is_tall(one) or _is_tall(other):
        return False
    middle, other_middle = (one.place[1] + one.place[3]) / 2, (other.place[1] + other.place[3]) / 2
    return one.place[1] < other_middle < one.place[3] and other.place[1] < middle < other.place[3]
