"""From a page taken apart to items: passages, tables, figures and the page's own image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ragmm.loaders.charts.colours import legend_in_words
from ragmm.loaders.charts.reading import read_chart
from ragmm.loaders.chunking import Block, BlockKind, Outline, chunk_blocks, section_context, token_counter
from ragmm.loaders.levelling import turned_box
from ragmm.loaders.pdf.base import Link, PdfPage
from ragmm.loaders.pdf.budget import Budget
from ragmm.loaders.pdf.captions import PrintedCaption
from ragmm.loaders.pdf.continued_tables import ContinuedTables
from ragmm.loaders.pdf.geometry import center_inside, clipped, grown, moved
from ragmm.loaders.pdf.headings import Headings
from ragmm.loaders.pdf.page import PageFigure, PageLayout, PageTable
from ragmm.loaders.pdf.table_text import markdown
from ragmm.loaders.pdf.text import PageText
from ragmm.loaders.picture import decoded, encode_image
from ragmm.loaders.settings import LoaderSettings
from ragmm.loaders.table_heads import parts_at_heads
from ragmm.types import Asset, Box, Item, Locator, Modality

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["ItemWriter", "PageFacts", "render_scale"]

_MARGIN = 2.0
# Pixels per point: 150 dpi, more for small figures so that their long side has 640 pixels, never above 300 dpi.
_USUAL_SCALE, _FINEST_SCALE = 150 / 72, 300 / 72
_FEWEST_PIXELS = 640
_MOST_LINKS = 20
_FEWEST_LABELS = 4
_LONGEST_PAGE_TEXT = 2_000


class Crop(StrEnum):
    """What is cut out of a page; decides how it is packed."""

    PICTURE = "picture"
    DRAWING = "drawing"
    TABLE = "table"


@dataclass(frozen=True, kw_only=True)
class PageFacts:
    """A page and what was found out about its text."""

    page: PdfPage
    layout: PageLayout
    ocr: Mapping[str, Any]
    """{"ocr": true, "confidence": …} where the text was read from the picture, else empty."""
    slant: float = 0.0
    """Degrees that a scanned page lies askew, clockwise; its layout is that of the page put straight."""
    chart: str = ""
    """Values with their labels, as a table, where the picture of a page is a chart."""

    def lies(self, box: Box) -> Box:
        """Where on the page as it is a box of its layout lies."""
        page = self.page
        whole = (0.0, 0.0, page.width, page.height)
        return clipped(turned_box(box, self.slant, (page.width, page.height)), whole) if self.slant else box


class ItemWriter:
    """Makes the items of one document page by page; carries the section from one page to the next."""

    def __init__(
        self, settings: LoaderSettings, budget: Budget, headings: Headings, title: str, known: frozenset[str]
    ) -> None:
        self._settings = settings
        self._budget = budget
        self._headings = headings
        self._title = title
        self._known = known
        self._outline = Outline()
        self._tables = ContinuedTables()
        self._count = token_counter(settings.tokenizer)

    def items(self, facts: PageFacts) -> Iterator[Item]:
        """Passages, then tables, then figures."""
        before = self._outline.section
        text = PageText.build(facts.layout.paragraphs, self._known)
        blocks = list(self._blocks(text, facts.page.number))
        yield from self._passages(text, blocks, facts)
        if not (facts.layout.tables or facts.layout.figures):
            return
        sections = [(box, block.section) for box, block in zip(_boxes(text), blocks, strict=True)]
        for table, rows in self._with_rows(facts):
            yield from self._table(table, rows, facts, _section_at(table.table.box, sections, before))
        for figure in facts.layout.figures:
            yield from self._figure(figure, facts.page, _section_at(figure.box, sections, before))

    def tables(self, facts: PageFacts) -> Iterator[Item]:
        """Those of a page whose text is that of its picture."""
        for table, rows in self._with_rows(facts):
            yield from self._table(table, rows, facts, self._outline.section)

    def fits(self, layout: PageLayout) -> bool:
        """Whether all the text of a page makes one passage."""
        text = PageText.build(layout.paragraphs, self._known).text
        return self._count(text) <= self._settings.chunk_tokens

    def page_image(self, facts: PageFacts, reason: str) -> Iterator[Item]:
        """The whole page as an image, with its text as its words."""
        page = facts.page
        whole = (0.0, 0.0, page.width, page.height)
        asset = self._crop(page, None, Crop.PICTURE)
        if asset is None:
            return
        text = "\n".join(row.text for paragraph in facts.layout.paragraphs for row in paragraph.rows)
        yield Item(
            modality=Modality.PAGE,
            text="\n".join(filter(None, (text[:_LONGEST_PAGE_TEXT], facts.chart[:_LONGEST_PAGE_TEXT]))),
            asset=asset,
            locator=Locator(page=page.number, box=whole, section=self._outline.section),
            context=self._context(self._outline.section),
            metadata={"page_image": reason, **facts.ocr},
        )

    def _blocks(self, text: PageText, page: int) -> Iterator[Block]:
        """Paragraphs with their section; bookmarks that no paragraph on the page repeats hold from its top."""
        levels = [self._headings.level(paragraph, page) for paragraph in text.paragraphs]
        self._enter_bookmarks(
            page, [text.text[a:b] for (a, b), level in zip(text.bounds, levels, strict=True) if level]
        )
        for paragraph, (start, end), level in zip(text.paragraphs, text.bounds, levels, strict=True):
            if level:
                title = " ".join(text.text[start:end].split())
                section = self._outline.enter(level, title)
                yield Block(start=start, end=end, kind=BlockKind.HEADING, level=level, section=section)
            else:
                kind = BlockKind.LIST if paragraph.is_list or paragraph.is_grid else BlockKind.PARAGRAPH
                yield Block(start=start, end=end, kind=kind, section=self._outline.section)

    def _enter_bookmarks(self, page: int, titles: Sequence[str]) -> None:
        """Those that no heading on the page repeats."""
        entries = self._headings.entries(page)
        found = {self._headings.bookmark(title, page) for title in titles} if entries else set()
        for entry in entries:
            if entry not in found:
                self._outline.enter(entry.level, entry.title)

    def _passages(self, text: PageText, blocks: Sequence[Block], facts: PageFacts) -> Iterator[Item]:
        links = facts.page.links() if text.text else ()
        for chunk in chunk_blocks(text.text, blocks, self._settings):
            passage = text.text[chunk.start : chunk.end].strip()
            box = text.box(chunk.start, chunk.end)
            if not passage or box is None:
                continue
            uris = _uris(links, box)
            yield Item(
                modality=Modality.PASSAGE,
                text=passage,
                locator=Locator(page=facts.page.number, box=_rounded(facts.lies(box)), section=chunk.section),
                context=self._context(chunk.section),
                metadata={**facts.ocr, "links": uris} if uris else facts.ocr,
            )

    def _with_rows(self, facts: PageFacts) -> Iterator[tuple[PageTable, list[tuple[str, ...]]]]:
        tables = facts.layout.tables
        yield from zip(tables, self._tables.rows(facts.page.number, [one.table for one in tables]), strict=True)

    def _table(
        self, found: PageTable, rows: Sequence[Sequence[str]], facts: PageFacts, section: tuple[str, ...]
    ) -> Iterator[Item]:
        page, box = facts.page, facts.lies(found.table.box)
        asset = self._crop(page, box, Crop.TABLE)
        caption = found.caption.text if found.caption else ""
        for part in parts_at_heads(list(map(tuple, rows))):
            text, header_end = markdown(part)
            block = Block(start=0, end=len(text), kind=BlockKind.TABLE, section=section, header_end=header_end)
            for chunk in chunk_blocks(text, [block], self._settings):
                yield Item(
                    modality=Modality.TABLE,
                    text=text[chunk.start : chunk.end].rstrip("\n"),
                    asset=asset,
                    locator=Locator(page=page.number, box=_rounded(box), section=section),
                    context="\n".join(filter(None, (self._context(section), caption, chunk.context))),
                    metadata={**facts.ocr, **_caption_facts(found.caption)},
                )

    def _figure(self, figure: PageFigure, page: PdfPage, section: tuple[str, ...]) -> Iterator[Item]:
        asset = self._crop(page, figure.box, Crop.DRAWING if figure.drawn else Crop.PICTURE)
        if asset is None:
            return
        caption = figure.caption.text if figure.caption else ""
        yield Item(
            modality=Modality.FIGURE,
            text="\n".join(filter(None, (caption, _words(figure, asset, _place(page, figure.box))))),
            asset=asset,
            locator=Locator(page=page.number, box=_rounded(figure.box), section=section),
            context=self._context(section),
            metadata={**_caption_facts(figure.caption), **_make(figure)},
        )

    def _crop(self, page: PdfPage, box: Box | None, kind: Crop) -> Asset | None:
        place = _place(page, box)
        width, height = place[2] - place[0], place[3] - place[1]
        if width < 1 or height < 1:
            return None
        scale = max(_USUAL_SCALE, min(_FINEST_SCALE, _FEWEST_PIXELS / max(width, height)))
        scale = min(scale, self._settings.max_image_side / max(width, height))
        if not self._budget.draw(width * height * scale * scale, page.number):
            return None
        image = page.render(None if box is None else place, scale)
        grey = None if kind is Crop.PICTURE else _without_colour(image)
        # A coloured table as PNG would take longer to pack than to find.
        lossy = kind is Crop.PICTURE or (kind is Crop.TABLE and grey is None)
        return encode_image(grey or image, lossy=lossy)

    def _context(self, section: Sequence[str]) -> str:
        return section_context([part for part in (self._title, *section) if part])


def _place(page: PdfPage, box: Box | None) -> Box:
    """What is cut out of a page for a box: a little more; without one the whole page."""
    whole = (0.0, 0.0, page.width, page.height)
    return whole if box is None else clipped(grown(box, _MARGIN), whole)


def _words(figure: PageFigure, asset: Asset, place: Box) -> str:
    """What is written in a figure; if it is a chart, its values with their labels."""
    if len(figure.lines) < _FEWEST_LABELS:
        return figure.labels
    lines = [line._replace(box=moved(line.box, -place[0], -place[1])) for line in figure.lines if line.upright]
    image = decoded(asset)
    scale = image.width / (place[2] - place[0])
    chart, legend = read_chart(lines, image, scale), legend_in_words(lines, image, scale)
    if chart is None:
        return "\n".join(filter(None, (figure.labels, legend)))
    rest = " ".join(line.text for number, line in enumerate(lines) if number not in chart.lines)
    return "\n".join(filter(None, (rest, legend, chart.markdown)))


def _without_colour(image: Image) -> Image | None:
    """The one channel that says it all, if all three are the same, as in most tables."""
    red, green, blue = image.split()
    same = red.tobytes() == green.tobytes() == blue.tobytes()
    return red if same else None


def _uris(links: Sequence[Link], box: Box) -> list[str]:
    inside = [link.uri for link in links if center_inside(link.box, grown(box, 2))]
    return list(dict.fromkeys(inside))[:_MOST_LINKS]


def _boxes(text: PageText) -> list[Box]:
    return [paragraph.box for paragraph in text.paragraphs]


def _section_at(box: Box, sections: Sequence[tuple[Box, tuple[str, ...]]], before: tuple[str, ...]) -> tuple[str, ...]:
    """The section of the last paragraph in reading order that stands above."""
    above = [section for place, section in sections if place[1] < box[1] and place[0] < box[2] and place[2] > box[0]]
    return above[-1] if above else before


def _caption_facts(caption: PrintedCaption | None) -> dict[str, Any]:
    if caption is None:
        return {}
    return {"label": caption.label, "caption": caption.text} if caption.label else {"caption": caption.text}


def _make(figure: PageFigure) -> dict[str, Any]:
    """How a figure is made, as far as it matters for reading it."""
    labelled = len(figure.lines) >= _FEWEST_LABELS
    return {name: True for name, so in (("drawn", figure.drawn), ("labelled", labelled)) if so}


def _rounded(box: Box) -> Box:
    x0, y0, x1, y1 = (round(value, 1) for value in box)
    return (x0, y0, x1, y1)


def render_scale(page: PdfPage, settings: LoaderSettings) -> float:
    """Pixels per point at which a whole page is read by OCR."""
    return min(200 / 72, settings.max_image_side / max(page.width, page.height))
