"""What one page shows: its figures and tables with their captions, and the text that is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from ragmm.loaders.pdf.aligned_tables import aligned_tables
from ragmm.loaders.pdf.base import DrawnShape, Line, PdfPage, Picture
from ragmm.loaders.pdf.captions import PrintedCaption, assign, captions, title_above
from ragmm.loaders.pdf.columns import regions
from ragmm.loaders.pdf.figures import find_figures
from ragmm.loaders.pdf.geometry import area, center_inside, clipped, covered, shared_width, union
from ragmm.loaders.pdf.rows import Paragraph, clean, paragraphs, rows
from ragmm.loaders.pdf.ruled_tables import ruled_tables
from ragmm.loaders.pdf.table import Table
from ragmm.types import Box

__all__ = ["PageFigure", "PageLayout", "PageTable", "lay_out", "read_paragraphs"]

_PROSE_LETTERS = 45
_MOST_LABEL_LETTERS = 600
# How far the panels of one figure may be apart, and how far a figure may reach up from its caption.
_PANEL_GAP = 36.0
_TALLEST_GAP = 360.0
_SMALLEST_SIDE = 40.0
_MOST_PICTURED = 0.5


@dataclass(frozen=True, kw_only=True)
class PageFigure:
    """A figure with its caption, and the words inside it."""

    box: Box
    caption: PrintedCaption | None
    labels: str
    lines: tuple[Line, ...]
    """Those that the labels are made of; of an embedded picture only what stands on it."""
    drawn: bool
    """By shapes alone, without an embedded picture."""


@dataclass(frozen=True, kw_only=True)
class PageTable:
    """A table with its caption."""

    table: Table
    caption: PrintedCaption | None


@dataclass(frozen=True, kw_only=True)
class PageLayout:
    """One page, taken apart."""

    paragraphs: tuple[Paragraph, ...] = ()
    figures: tuple[PageFigure, ...] = ()
    tables: tuple[PageTable, ...] = ()


def read_paragraphs(
    lines: Sequence[Line], cut: Callable[[Sequence[Line]], list[list[Line]]] = regions
) -> list[Paragraph]:
    """A page's paragraphs in reading order; `cut` makes its regions."""
    return [paragraph for region in cut(lines) for paragraph in paragraphs(rows(region))]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for besides text."""

    figures: bool
    tables: bool
    model: bool
    """Tables by the layout model of the library, where it has one."""
    repeated: Set[str]
    """Pictures that recur through the document, or were shown on an earlier page."""


def lay_out(page: PdfPage, lines: Sequence[Line], wanted: Wanted) -> PageLayout:
    """Take a page apart; `lines` are those of the page without its running headers and footers."""
    if not (wanted.figures or wanted.tables):
        return PageLayout(paragraphs=tuple(read_paragraphs(lines)))
    return _Layout(page, lines, wanted).result()


class _Layout:
    """One page's figures and tables, and how they share its lines."""

    def __init__(self, page: PdfPage, lines: Sequence[Line], wanted: Wanted) -> None:
        self._source = page
        self._page: Box = (0.0, 0.0, page.width, page.height)
        self._lines = list(lines)
        self._wanted = wanted
        self._shapes: Sequence[DrawnShape] = page.shapes()
        self._pictures: Sequence[Picture] = page.pictures() if wanted.figures else ()

    def result(self) -> PageLayout:
        modelled = _modelled(self._source, self._lines) if self._wanted.tables and self._wanted.model else None
        tables = modelled or []
        if self._wanted.tables and modelled is None:
            tables = [table for table in ruled_tables(self._shapes, self._lines) if not self._is_pictured(table.box)]
        free = [line for line in self._lines if not _in_any(line.box, [table.box for table in tables])]
        found = captions(free)
        figures = self._figures(tables, free, found) if self._wanted.figures else []
        free = _without_labels(free, figures)
        if self._wanted.tables and modelled is None:
            tables += self._aligned(free, found)
            free = [line for line in free if not _in_any(line.box, [table.box for table in tables])]
        return self._put_together(tables, figures, free, found)

    def _is_pictured(self, box: Box) -> bool:
        """Whether pictures cover much of a grid: then its rules are those of a design, not of a table."""
        large = [picture.box for picture in self._pictures if covered(box, picture.box) > 0.1]
        return area(box) > 0 and bool(large) and covered(box, union(large)) > _MOST_PICTURED

    def _figures(self, tables: Sequence[Table], free: Sequence[Line], found: Sequence[PrintedCaption]) -> list[Box]:
        shapes = [shape for shape in self._shapes if not _in_any(shape.box, [table.box for table in tables])]
        # A picture that was shown before is a figure again under a caption.
        captioned = {picture.key for picture in self._pictures if any(assign([picture.box], [False], found))}
        repeated = self._wanted.repeated - captioned
        boxes = [figure.box for figure in find_figures(self._page, self._pictures, shapes, free, repeated)]
        boxes = [box for box in boxes if not any(covered(box, table.box) > 0.5 for table in tables)]
        for caption in found:
            if not caption.of_table:
                boxes = self._gathered(boxes, shapes, caption)
        return [self._above_captions(box, found) for box in boxes]

    def _gathered(self, boxes: list[Box], shapes: Sequence[DrawnShape], caption: PrintedCaption) -> list[Box]:
        """The panels above a caption become one figure; where none was found, whatever is drawn there does."""
        floor, panels = caption.box[1] + 4, []
        for box in sorted(boxes, key=lambda box: -box[3]):
            stands_above = box[3] <= caption.box[1] + 12 and floor - box[3] < _PANEL_GAP
            if stands_above and shared_width(box, caption.box) > 0.3 and not self._prose_between(box, floor):
                panels.append(box)
                floor = min(floor, box[1])
        if not panels and any(_is_below(box, caption) for box in boxes):
            return boxes
        pieces = [*panels, *self._drawn_above(shapes, caption)]
        gathered = union(pieces) if pieces else None
        if gathered is None or (len(pieces) < 2 and not panels) or min(_sides(gathered)) < _SMALLEST_SIDE:
            return boxes
        return [*(box for box in boxes if covered(box, gathered) < 0.5), gathered]

    def _drawn_above(self, shapes: Sequence[DrawnShape], caption: PrintedCaption) -> list[Box]:
        """What is drawn or placed between a caption and the prose above it."""
        above = [
            line.box[3]
            for line in self._prose
            if line.box[3] < caption.box[1] - 4 and shared_width(line.box, caption.box) > 0.3
        ]
        top = max(above, default=max(0.0, caption.box[1] - _TALLEST_GAP))
        drawn = [shape.box for shape in shapes] + [picture.box for picture in self._pictures]
        pieces = [
            clipped(box, self._page)
            for box in drawn
            if box[1] >= top - 4 and box[3] <= caption.box[1] + 4 and area(box) < area(self._page) / 2
        ]
        return [box for box in pieces if shared_width(box, caption.box) > 0.3]

    @cached_property
    def _prose(self) -> list[Line]:
        """Long lines that stand free: those in boxes belong to what is drawn."""
        frames = [shape.box for shape in self._shapes] + [picture.box for picture in self._pictures]
        frames = [box for box in frames if min(_sides(box)) > 6 and area(box) < 0.7 * area(self._page)]
        long = [line for line in self._lines if len(line.text) >= _PROSE_LETTERS]
        return [line for line in long if not _in_any(line.box, frames)]

    def _prose_between(self, box: Box, floor: float) -> bool:
        return any(
            box[3] - 2 < (line.box[1] + line.box[3]) / 2 < floor - 2 and shared_width(line.box, box) > 0.3
            for line in self._prose
        )

    def _above_captions(self, box: Box, found: Sequence[PrintedCaption]) -> Box:
        """A figure ends where its caption begins."""
        for caption in found:
            if covered(caption.box, box) > 0.5:
                top, bottom = caption.box[1], caption.box[3]
                low = (box[0], box[1], box[2], top - 1)
                high = (box[0], bottom + 1, box[2], box[3])
                larger = low if top - box[1] >= box[3] - bottom else high
                # A caption in the middle belongs to something inside the figure.
                box = larger if area(larger) > 0.6 * area(box) else box
        return box

    def _aligned(self, free: Sequence[Line], found: Sequence[PrintedCaption]) -> list[Table]:
        """Tables without rules; regions are those of the whole page, which captions and figures help to find."""
        kept = set(map(id, free))
        captions = [caption.box for caption in found]
        parts = ([line for line in region if id(line) in kept] for region in regions(self._lines))
        return [table for part in parts for table in aligned_tables(part, captions)]

    def _put_together(
        self, tables: Sequence[Table], figures: Sequence[Box], free: Sequence[Line], found: Sequence[PrintedCaption]
    ) -> PageLayout:
        boxes = [*(table.box for table in tables), *figures]
        given = assign(boxes, [index < len(tables) for index in range(len(boxes))], found)
        text = read_paragraphs(free)
        given = [caption or title_above(box, text) for box, caption in zip(boxes, given, strict=True)]
        return PageLayout(
            paragraphs=tuple(text),
            tables=tuple(PageTable(table=table, caption=given[index]) for index, table in enumerate(tables)),
            figures=tuple(
                PageFigure(
                    box=box,
                    caption=given[len(tables) + index],
                    labels=self._labels(box),
                    lines=tuple(self._inside(box)),
                    drawn=not any(covered(picture.box, box) > 0.5 for picture in self._pictures),
                )
                for index, box in enumerate(figures)
            ),
        )

    def _inside(self, box: Box) -> list[Line]:
        """Lines in a figure; where a picture fills most of it, those on the picture."""
        filling = [picture.box for picture in self._pictures if covered(box, picture.box) > _MOST_PICTURED]
        inside = [line for line in self._lines if center_inside(line.box, box)]
        return [line for line in inside if _in_any(line.box, filling)] if filling else inside

    def _labels(self, box: Box) -> str:
        inside = [line for line in self._lines if center_inside(line.box, box)]
        return " ".join(clean(line.text) for region in regions(inside) for line in region)


def _modelled(page: PdfPage, lines: Sequence[Line]) -> list[Table] | None:
    """Where the model sees tables; its cells often run together, so ours are taken where they are as fine."""
    found = page.model_tables()
    if found is None:
        return None
    tables = []
    for box, cells in found:
        inside = [line for line in lines if center_inside(line.box, box)]
        seen = Table(box=box, cells=tuple(tuple(map(clean, row)) for row in cells))
        # Where ours are as fine, they are taken: the library puts the signs of a number out of their order.
        best = max([*ruled_tables(page.shapes(), inside), *aligned_tables(inside), seen], key=attrgetter("filled"))
        tables.append(Table(box=box, cells=best.cells))
    return [table for table in tables if table.cells and table.cells[0]]


def _without_labels(lines: Sequence[Line], figures: Sequence[Box]) -> list[Line]:
    """Axis labels and legends go with their figure; where a figure holds more text than that, it stays readable."""
    labels: set[int] = set()
    for box in figures:
        inside = [line for line in lines if center_inside(line.box, box) and len(line.text) < _PROSE_LETTERS]
        if sum(len(line.text) for line in inside) <= _MOST_LABEL_LETTERS:
            labels.update(map(id, inside))
    return [line for line in lines if id(line) not in labels]


def _in_any(box: Box, outer: Sequence[Box]) -> bool:
    return any(center_inside(box, other) for other in outer)


def _is_below(box: Box, caption: PrintedCaption) -> bool:
    return 0 <= box[1] - caption.box[3] < _PANEL_GAP and shared_width(box, caption.box) > 0.3


def _sides(box: Box) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]
