"""PDF: passages in reading order, tables, figures and page images, each with its page and box."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmm.errors import DocumentError, LimitError
from ragmm.loaders.base import DocumentWarning, Probe
from ragmm.loaders.charts.colours import legend_in_words
from ragmm.loaders.charts.reading import read_chart
from ragmm.loaders.figure_labels import link_mentions
from ragmm.loaders.ocr import ocr_items, ocr_reader
from ragmm.loaders.papers import is_bill, is_paper
from ragmm.loaders.pdf.base import Line, OutlineEntry, PdfBackend, PdfFile, PdfPage
from ragmm.loaders.pdf.budget import Budget
from ragmm.loaders.pdf.geometry import center_inside
from ragmm.loaders.pdf.headings import Headings
from ragmm.loaders.pdf.items import ItemWriter, PageFacts, render_scale
from ragmm.loaders.pdf.letters import with_letters_joined
from ragmm.loaders.pdf.page import PageLayout, PageTable, Wanted, lay_out, read_paragraphs
from ragmm.loaders.pdf.page_furniture import RunningLines
from ragmm.loaders.pdf.scanned_tables import paper_tables_of, rules_of, straight, tables_of
from ragmm.loaders.pdf.scans import ReadImage, is_blank, is_picture_heavy, is_scanned, read_scan
from ragmm.loaders.pdf.text import compounds, is_gibberish
from ragmm.loaders.pdf.text_blocks import read_regions
from ragmm.loaders.settings import PASSAGES, LoaderSettings, PageImages, Tables
from ragmm.text.names import display_name
from ragmm.types import Box, Item, Modality

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["PdfLoader", "best_backend", "with_chart"]

_MOST_PAGES = 5_000
_SAMPLE = 48
# A picture on so many of the sampled pages is a logo.
_REPEATED = 3
_LONGEST_TITLE = 200
_NO_TITLE = re.compile(
    r"(?:untitled|microsoft word|powerpoint[\s-]|\S+\.(?:docx?|pptx?|xlsx?|indd|qxd|pdf|tex)\Z)", re.I
)


def best_backend() -> PdfBackend:
    """PyMuPDF where it is installed, else pypdfium2."""
    if find_spec("pymupdf") is not None:
        from ragmm.loaders.pdf.pymupdf_backend import PyMuPdfBackend

        return PyMuPdfBackend()
    from ragmm.loaders.pdf.pdfium_backend import PdfiumBackend

    return PdfiumBackend()


class PdfLoader:
    """Reads PDFs through either library."""

    version = 11
    reads = PASSAGES | {"figures", "max_image_side", "ocr", "page_images", "tables"}

    def __init__(
        self, settings: LoaderSettings, backend: PdfBackend | None = None, ocr: ReadImage | None = None
    ) -> None:
        self._settings = settings
        self._backend = backend or best_backend()
        self._ocr = ocr or ocr_reader(settings)
        self.name = f"pdf-{self._backend.name}"

    def accepts(self, probe: Probe) -> bool:
        return probe.media_type == "application/pdf"

    def warm(self) -> None:
        """Import the library ahead of the first document."""
        self._backend.load()

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        name = display_name(probe.name)
        with closing(self._backend.open(file, name)) as pdf:
            if pdf.pages > _MOST_PAGES:
                raise LimitError(f"{name} has {pdf.pages:,} pages; at most {_MOST_PAGES:,} are read: split it")
            if pdf.pages == 0:
                raise DocumentError(f"{name} has no pages: it may be cut off; fetch or export it again")
            found = link_mentions(_Document(pdf, name, self._settings, self._ocr).items())
            yield from ocr_items(found, self._settings, only=_is_unread_figure)


def _is_unread_figure(item: Item) -> bool:
    """Whether it is a figure whose words are in its pixels or curves: a chart that was placed as a picture."""
    return item.modality is Modality.FIGURE and not item.metadata.get("labelled")


class _Document:
    """One open PDF: a look at sample pages first, then page after page."""

    def __init__(self, pdf: PdfFile, name: str, settings: LoaderSettings, ocr: ReadImage | None) -> None:
        self._pdf = pdf
        self._name = name
        self._settings = settings
        self._ocr = ocr
        self._budget = Budget(name)
        self._facts = _metadata(pdf)
        self._drawn = settings.figures or settings.tables is not Tables.NEVER
        self._sample = self._sampled()
        lines = [(page, page.lines()) for page in self._sample.values()]
        self._running = RunningLines(lines)
        # Whether anything is made of a page that is but a picture.
        self._looks = ocr is not None or settings.page_images is not PageImages.NEVER
        self._repeated = self._logos() if settings.figures else set()
        self._wanted = Wanted(
            figures=settings.figures,
            tables=settings.tables is not Tables.NEVER,
            model=settings.tables is Tables.MODEL,
            repeated=self._repeated,
        )
        self._writer = ItemWriter(
            settings,
            self._budget,
            Headings((found for _, found in lines), _outline(pdf)),
            self._facts.get("title", ""),
            frozenset().union(*(compounds(found) for _, found in lines)),
        )

    def items(self) -> Iterator[Item]:
        empty: list[int] = []
        first = True
        for number in range(1, self._pdf.pages + 1):
            found = False
            for item in self._page_items(number):
                found = True
                yield self._with_facts(item) if first else item
                first = False
            if not found:
                empty.append(number)
        if empty and not first:
            warnings.warn(DocumentWarning(f"{self._name}: nothing was found on {_pages(empty)}"), stacklevel=2)

    def _page_items(self, number: int) -> Iterator[Item]:
        """A damaged page costs that page only."""
        try:
            page = self._sample.pop(number, None) or self._pdf.page(number, drawn=self._drawn)
            yield from self._read(page)
        except LimitError:
            raise
        except DocumentError as error:
            warnings.warn(DocumentWarning(f"{error}; the page is left out"), stacklevel=2)

    def _read(self, page: PdfPage) -> Iterator[Item]:
        lines = with_letters_joined(page.lines())
        if not self._looks:
            yield from () if is_gibberish(lines) else self._read_text(page, lines)
        elif lines or not is_blank(page):
            yield from self._read_scan(page) if is_scanned(page, lines) else self._read_text(page, lines)

    def _read_text(self, page: PdfPage, lines: Sequence[Line]) -> Iterator[Item]:
        wanted = self._wanted
        if wanted.model and not self._budget.has_time_for("table model", page.number):
            wanted = replace(wanted, model=False)
        layout = lay_out(page, self._running.without(page, lines), wanted)
        facts = PageFacts(page=page, layout=layout, ocr={})
        yield from self._writer.items(facts)
        if layout.figures:
            self._repeated.update(picture.key for picture in page.pictures())
        policy = self._settings.page_images
        if policy is PageImages.NEVER:
            return
        if self._settings.figures and is_picture_heavy(page):
            yield from self._writer.page_image(facts, "pictures")
        elif policy is PageImages.ALL:
            yield from self._writer.page_image(facts, "all")

    def _read_scan(self, page: PdfPage) -> Iterator[Item]:
        facts = PageFacts(page=page, layout=PageLayout(), ocr={})
        if self._ocr is not None and self._budget.has_time_for("OCR", page.number):
            scale = render_scale(page, self._settings)
            self._budget.grant(page.width * page.height * scale * scale)  # for the picture of the page
            image = page.render(None, scale)
            in_tables = self._settings.tables is not Tables.NEVER
            image, slant = straight(image)
            scan = read_scan(image, scale, self._ocr)
            layout = PageLayout(paragraphs=tuple(read_paragraphs(scan.lines, read_regions)))
            if in_tables:
                found = paper_tables_of if is_bill(scan.lines) else tables_of
                layout = replace(layout, tables=found(scan.lines, rules_of(image, scale)))
            marks = {"ocr": True, "confidence": round(scan.confidence, 3)}
            layout, said = with_chart(layout, scan.lines, image, scale)
            facts = PageFacts(page=page, layout=layout, ocr=marks, slant=slant, chart=said)
        shown = self._settings.page_images is not PageImages.NEVER
        # What fits into one passage is the text of the page's image already.
        if not shown or not self._writer.fits(facts.layout):
            yield from self._writer.items(facts)
        else:
            yield from self._writer.tables(facts)
        if shown:
            yield from self._writer.page_image(facts, "scanned")

    def _sampled(self) -> dict[int, PdfPage]:
        """Some pages, evenly spread; they are kept open and not read twice."""
        count = self._pdf.pages
        numbers = range(1, count + 1) if count <= _SAMPLE else [1 + i * count // _SAMPLE for i in range(_SAMPLE)]
        pages: dict[int, PdfPage] = {}
        for number in numbers:
            try:
                page = self._pdf.page(number, drawn=self._drawn)
                page.lines()
            except DocumentError:
                continue  # said when its turn comes
            pages[number] = page
        return pages

    def _logos(self) -> set[str]:
        """Keys of the pictures that are on several of the sample pages."""
        seen: Counter[str] = Counter()
        for page in self._sample.values():
            try:
                seen.update({picture.key for picture in page.pictures()})
            except DocumentError:
                continue  # said when its turn comes
        return {key for key, count in seen.items() if count >= _REPEATED}

    def _with_facts(self, item: Item) -> Item:
        """The document's own metadata stand with its first item."""
        facts = {**self._facts, "pages": self._pdf.pages}
        return replace(item, metadata={**item.metadata, "document": facts})


def with_chart(layout: PageLayout, lines: Sequence[Line], image: Image, scale: float) -> tuple[PageLayout, str]:
    """A scanned page without what is said by the chart on it, and that; a printed page has none."""
    if is_paper(lines):
        return layout, ""
    chart, legend = read_chart(lines, image, scale), legend_in_words(lines, image, scale)
    if chart is None or _is_table(layout, lines, chart.lines):
        return layout, legend
    rest = [line for number, line in enumerate(lines) if number not in chart.lines]
    paragraphs = tuple(read_paragraphs(rest, read_regions))
    layout = replace(layout, paragraphs=paragraphs, tables=_without_charts(layout, lines, chart.lines))
    return layout, "\n".join(filter(None, (legend, chart.markdown)))


def _is_table(layout: PageLayout, lines: Sequence[Line], shown: Collection[int]) -> bool:
    """Whether most of what seemed a chart stands in the rows and columns of one table."""
    boxes = [one.table.box for one in layout.tables]
    inside = [sum(center_inside(lines[number].box, box) for number in shown) for box in boxes]
    return 2 * max(inside, default=0) > len(shown)


def _without_charts(layout: PageLayout, lines: Sequence[Line], shown: Collection[int]) -> tuple[PageTable, ...]:
    """Tables, without those that are made of the words of a chart."""

    def is_chart(box: Box) -> bool:
        inside = [number for number, line in enumerate(lines) if center_inside(line.box, box)]
        return 2 * sum(number in shown for number in inside) > len(inside)

    return tuple(one for one in layout.tables if not is_chart(one.table.box))


def _metadata(pdf: PdfFile) -> Mapping[str, Any]:
    try:
        facts = {key: " ".join(value.split())[:_LONGEST_TITLE] for key, value in pdf.metadata().items()}
    except DocumentError as error:
        warnings.warn(DocumentWarning(str(error)), stacklevel=2)
        return {}
    if _NO_TITLE.match(facts.get("title", "")):
        del facts["title"]
    return facts


def _outline(pdf: PdfFile) -> Sequence[OutlineEntry]:
    try:
        return pdf.outline()
    except DocumentError as error:
        warnings.warn(DocumentWarning(str(error)), stacklevel=2)
        return ()


def _pages(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:20])) + (" …" if len(numbers) > 20 else "")
    return f"page {shown}" if len(numbers) == 1 else f"pages {shown}"
