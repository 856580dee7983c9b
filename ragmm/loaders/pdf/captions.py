"""Captions: found by their label, given to the nearest figure or table; several pictures above one caption are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ragmm.loaders.figure_labels import caption_label
from ragmm.loaders.pdf.base import Line
from ragmm.loaders.pdf.geometry import shared_width, union
from ragmm.loaders.pdf.rows import Paragraph, rows
from ragmm.types import Box

__all__ = ["PrintedCaption", "assign", "captions", "title_above"]

_FARTHEST = 60.0
_LONGEST = 1_000
_FARTHEST_TITLE = 30.0
_LONGEST_TITLE = 250


@dataclass(frozen=True, kw_only=True)
class PrintedCaption:
    """A caption and where it stands."""

    label: str
    text: str
    box: Box

    @property
    def of_table(self) -> bool:
        return self.label.startswith("Table")


def captions(lines: Sequence[Line]) -> list[PrintedCaption]:
    """What begins with the label of a figure or table and goes on below it in the same type."""
    starts = [line for line in lines if line.upright and caption_label(line.text)]
    if not starts:
        return []
    below = sorted((line for line in lines if line.upright), key=lambda line: (line.box[1], line.box[0]))
    return [_caption(start, below) for start in starts]


def _caption(start: Line, lines: Sequence[Line]) -> PrintedCaption:
    taken = [start]
    for line in lines:
        if line is not start and _continues(taken, line):
            taken.append(line)
    text = " ".join(row.text for row in rows(taken))
    return PrintedCaption(
        label=caption_label(start.text), text=text[:_LONGEST], box=union([line.box for line in taken])
    )


def _continues(taken: Sequence[Line], line: Line) -> bool:
    start, last = taken[0], taken[-1]
    if abs(line.size - start.size) > 0.1 * start.size or caption_label(line.text):
        return False
    if abs(line.box[1] - last.box[1]) < 0.4 * start.size:
        return 0 <= line.box[0] - last.box[2] < 2 * start.size
    step = line.box[1] - last.box[1]
    if not 0 < step < 1.6 * start.size:
        return False
    whole = union([one.box for one in taken])
    same_left = abs(line.box[0] - whole[0]) < 1.5 * start.size
    centered = abs((line.box[0] + line.box[2]) - (whole[0] + whole[2])) < 2 * start.size
    # A caption's lines are filled before the next begins; a shorter one is its last.
    filled = len(taken) == 1 or last.box[2] > line.box[2] - 4 * start.size
    return filled and (same_left or centered)


def assign(
    boxes: Sequence[Box], tables: Sequence[bool], found: Sequence[PrintedCaption]
) -> list[PrintedCaption | None]:
    """For each box its caption: pairs are made from the nearest on, each caption once; figures are mostly captioned
    below, tables above."""
    pairs = sorted(
        (distance, which, index)
        for which, caption in enumerate(found)
        for index, box in enumerate(boxes)
        if (distance := _distance(box, tables[index], caption)) is not None
    )
    given: list[PrintedCaption | None] = [None] * len(boxes)
    used: set[int] = set()
    for _, which, index in pairs:
        if which not in used and given[index] is None:
            given[index] = found[which]
            used.add(which)
    return given


def title_above(box: Box, paragraphs: Sequence[Paragraph]) -> PrintedCaption | None:
    """Charts and tables without a numbered caption often have a title in bold, perhaps with a line below it."""
    floor = box[1]
    parts: list[str] = []
    for paragraph in sorted(paragraphs, key=lambda paragraph: -paragraph.box[3]):
        text = " ".join(row.text for row in paragraph.rows)
        near = -8 < floor - paragraph.box[3] < _FARTHEST_TITLE and shared_width(box, paragraph.box) > 0.5
        if not near or len(text) > _LONGEST_TITLE:
            continue
        parts.insert(0, text)
        floor = paragraph.box[1]
        if paragraph.bold and len(text) > 3:
            return PrintedCaption(label="", text="\n".join(parts), box=paragraph.box)
        if len(parts) == 2:
            break
    return None


def _distance(box: Box, is_table: bool, caption: PrintedCaption) -> float | None:
    below, above = caption.box[1] - box[3], box[1] - caption.box[3]
    gap = max(below, above)
    if gap > _FARTHEST or gap < -0.5 * (caption.box[3] - caption.box[1]) - 12 or caption.of_table != is_table:
        return None
    if shared_width(box, caption.box) < 0.3:
        return None
    usual = above if is_table else below
    return max(gap, 0.0) + (0.0 if usual == gap else 8.0)
