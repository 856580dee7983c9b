"""Captions: found by their label, given to the nearest figure or table; several pictures above one caption are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ragmm.loaders.mentions import caption_label
from ragmm.loaders.pdf.geometry import shared_width
from ragmm.loaders.pdf.rows import Paragraph
from ragmm.types import Box

__all__ = ["Caption", "assign", "captions"]

_FARTHEST = 60.0
_LONGEST = 1_000


@dataclass(frozen=True, kw_only=True)
class Caption:
    """A caption and where it stands."""

    label: str
    text: str
    box: Box

    @property
    def of_table(self) -> bool:
        return self.label.startswith("Table")


def captions(paragraphs: Sequence[Paragraph]) -> list[Caption]:
    """Paragraphs that begin with the label of a figure or table."""
    found = []
    for paragraph in paragraphs:
        label = caption_label(paragraph.rows[0].text)
        if label and not paragraph.is_grid:
            text = " ".join(row.text for row in paragraph.rows)[:_LONGEST]
            found.append(Caption(label=label, text=text, box=paragraph.box))
    return found


def assign(boxes: Sequence[Box], tables: Sequence[bool], found: Sequence[Caption]) -> list[Caption | None]:
    """For each box its caption: pairs are made from the nearest on, each caption once; figures are mostly captioned
    below, tables above."""
    pairs = sorted(
        (distance, which, index)
        for which, caption in enumerate(found)
        for index, box in enumerate(boxes)
        if (distance := _distance(box, tables[index], caption)) is not None
    )
    given: list[Caption | None] = [None] * len(boxes)
    used: set[int] = set()
    for _, which, index in pairs:
        if which not in used and given[index] is None:
            given[index] = found[which]
            used.add(which)
    return given


def _distance(box: Box, is_table: bool, caption: Caption) -> float | None:
    below, above = caption.box[1] - box[3], box[1] - caption.box[3]
    gap = max(below, above)
    if gap > _FARTHEST or gap < -0.5 * (caption.box[3] - caption.box[1]) - 12 or caption.of_table != is_table:
        return None
    if shared_width(box, caption.box) < 0.3:
        return None
    usual = above if is_table else below
    return max(gap, 0.0) + (0.0 if usual == gap else 8.0)
