"""Text read out of pictures by rapidocr: lines with their boxes and how sure the reader is of each."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from importlib.util import find_spec
from statistics import fmean
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragmm.isolation.limits import seconds_left, take_slow_work
from ragmm.loaders.base import DocumentWarning
from ragmm.loaders.charts.colours import legend_in_words
from ragmm.loaders.charts.reading import ChartTable, read_chart
from ragmm.loaders.levelling import around, levelled, slant_of
from ragmm.loaders.ocr_engine import Engine
from ragmm.loaders.papers import is_paper
from ragmm.loaders.picture import decoded
from ragmm.loaders.read_lines import OcrLine, in_order, joined_text
from ragmm.loaders.settings import LoaderSettings, Tables
from ragmm.loaders.settings import Ocr as OcrPolicy
from ragmm.loaders.text_likeness import likely_has_text
from ragmm.optional import missing
from ragmm.types import Asset, Box, Item, Modality

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "OcrLine",
    "OcrReader",
    "joined_text",
    "likely_has_text",
    "ocr_available",
    "ocr_item",
    "ocr_items",
    "ocr_reader",
    "warm_ocr",
]

_LEAST_CONFIDENCE = 0.8
_SURE = 0.9
# A strip this much wider than high is read as one line first: finding lines in it is slower and less exact.
_STRIP = 2.5
_LONGEST_STRIP = 60
# Beyond these shapes the reader enlarges a picture until it runs out of memory.
_LONGEST_PAGE = 10
_LEAST_SIDE = 8
_THOUSANDS = re.compile(r"(?<=\d)[`´‘’](?=\d{3}(?!\d))")
"""What an apostrophe between the thousands of a number is often taken for."""
_MOST_LINES = 2_000
# What must be left of the time for a document after a picture has been read.
_RESERVE_SECONDS = 15.0


class OcrReader:
    """The bundled PP-OCR models: Chinese, English and other languages in Latin script.

    Loading takes about a second and 80 MB, reading a page one to four seconds of one core and up to a gigabyte.
    """

    def __init__(self, *, threads: int = 1, min_confidence: float = _LEAST_CONFIDENCE) -> None:
        self._threads = threads
        self._min_confidence = min_confidence
        self._engine: Engine | None = None
        self._lock = Lock()

    def load(self) -> None:
        """Raises MissingExtraError where rapidocr is not installed; otherwise done on first use."""
        self._loaded()

    def _loaded(self) -> Engine:
        if self._engine is None:
            self._engine = Engine(self._threads)
        return self._engine

    def lines(self, image: Image, *, quick: bool = False, most: int | None = None) -> list[OcrLine]:
        """Lines in reading order that the reader is sure enough of. Safe to call from several threads.

        `quick` looks only whether the whole picture is one line, which takes a tenth of a second; `most` reads so many
        lines from all over a page.
        """
        strip, page = _is_strip(image), not quick and _is_page(image)
        if not strip and not page:
            return []
        flat = _on_contrast(image)
        with self._lock:
            found = self._strip_line(flat) if strip else []
            return found if found or not page else self._page_lines(flat, most)

    def _page_lines(self, image: Image, most: int | None) -> list[OcrLine]:
        """In the order of a page that stands upright, with boxes on it as it lies."""
        page = self._loaded().page(_blue_first(image), most)
        corners = [one for one, _, _ in page.lines]
        slant = slant_of(corners)
        level = levelled(corners, slant, image.size) if slant else [None] * len(corners)
        found = [
            OcrLine(text=text, box=around(one), confidence=score, level=place, slant=slant)
            for (one, text, score), place in zip(page.lines, level, strict=True)
        ]
        return _turned(self._kept(_turned(found, image)), image) if page.turned else self._kept(found)

    def _kept(self, found: list[OcrLine]) -> list[OcrLine]:
        sure = [line for line in found if line.confidence >= self._min_confidence and line.text.strip()]
        return in_order([replace(line, text=_THOUSANDS.sub("'", line.text)) for line in sure[:_MOST_LINES]])

    def _strip_line(self, image: Image) -> list[OcrLine]:
        """The whole picture as one line, whichever way up; nothing unless the reader is sure."""
        upright, turned = self._loaded().lines([_blue_first(image), _blue_first(image.rotate(180))])
        text, confidence = max(upright, turned, key=lambda one: one[1])
        box = (0.0, 0.0, float(image.width), float(image.height))
        return [OcrLine(text=text, box=box, confidence=confidence)] if confidence >= _SURE and text.strip() else []


def ocr_available() -> bool:
    """Whether the packages of the extra [ocr] are installed."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def ocr_reader(settings: LoaderSettings, most: int | None = None) -> Callable[[Image], Sequence[OcrLine]] | None:
    """What reads a scanned page, for as long as the process lives; None where OCR is off or not installed. `most`: of
    the lines of a page.

    Raises MissingExtraError where the pipeline demands OCR that is not installed.
    """
    if settings.ocr == OcrPolicy.NEVER or (settings.ocr == OcrPolicy.AUTO and not ocr_available()):
        return None
    _require()
    return partial(_shared().lines, most=most)


def warm_ocr(settings: LoaderSettings) -> None:
    """Load the reader ahead of the first picture, where the settings let it be used."""
    if ocr_reader(settings) is not None:
        _shared().load()


def ocr_items(
    items: Iterable[Item], settings: LoaderSettings, only: Callable[[Item], bool] = lambda _: True
) -> Iterator[Item]:
    """The same items, those with pictures read where the settings say so, as far as the time for a document goes.

    `only`: which of those with pictures.
    """
    if ocr_reader(settings) is None:
        yield from items
        return
    left_out = 0
    read: dict[str, _ReadPicture] = {}
    for item in items:
        if item.asset is None or "ocr" in item.metadata or not only(item):
            yield item
        elif seconds_left() < _RESERVE_SECONDS:
            left_out += 1
            yield item
        else:
            key = item.asset.sha256
            if key not in read:
                take_slow_work()
                read[key] = _read(item.asset, _shared(), settings.ocr)
            yield _with_words(item, read[key])
            yield from _tables(item, read[key], settings)
    if left_out:
        warnings.warn(DocumentWarning(f"{left_out} pictures were not read by OCR: time was running out"), stacklevel=2)


def ocr_item(item: Item, ocr: OcrReader, policy: OcrPolicy = OcrPolicy.AUTO) -> Item:
    """The item with the text of its picture, behind its caption if it has one; unchanged where there is none.

    The metadata says {"ocr": true, "confidence": mean, "lines": [{"text", "box", "confidence"}]}, boxes in pixels.
    """
    if item.asset is None or policy == OcrPolicy.NEVER or "ocr" in item.metadata:
        return item
    return _with_words(item, _read(item.asset, ocr, policy))


@dataclass(frozen=True, kw_only=True)
class _ReadPicture:
    """The lines of a picture, and the pairs of labels and values if it is a chart."""

    lines: list[OcrLine]
    paper: bool
    chart: ChartTable | None
    legend: str
    """The colours of its legend."""

    @property
    def text(self) -> str:
        shown = self.chart.lines if self.chart else frozenset()
        rest = [line for number, line in enumerate(self.lines) if number not in shown]
        table = self.chart.markdown if self.chart else ""
        return "\n".join(filter(None, (joined_text(rest, paper=self.paper), self.legend, table)))


def _read(asset: Asset, ocr: OcrReader, policy: OcrPolicy) -> _ReadPicture:
    image = decoded(asset)
    lines = ocr.lines(image, quick=policy == OcrPolicy.AUTO and not likely_has_text(image))
    paper = is_paper(lines)
    drawn = bool(lines) and not paper
    chart, legend = (read_chart(lines, image), legend_in_words(lines, image)) if drawn else (None, "")
    return _ReadPicture(lines=lines, paper=paper, chart=chart, legend=legend)


def _tables(item: Item, read: _ReadPicture, settings: LoaderSettings) -> Iterator[Item]:
    """Those of a picture that is a paper by itself; one that stands in a document belongs to what is around it."""
    if not read.paper or item.modality is not Modality.PHOTO or settings.tables is Tables.NEVER or item.asset is None:
        return
    from ragmm.loaders.paper_tables import paper_tables  # the package of PDFs reads its scans by this module

    yield from paper_tables(item, read.lines, decoded(item.asset), settings)


def _with_words(item: Item, read: _ReadPicture) -> Item:
    if not read.lines:
        return item
    shown = [
        {"text": line.text, "box": [round(side, 1) for side in line.box], "confidence": round(line.confidence, 3)}
        for line in read.lines
    ]
    facts = {"ocr": True, "confidence": round(fmean(line.confidence for line in read.lines), 3), "lines": shown}
    text = "\n".join(filter(None, (item.text, read.text)))
    return replace(item, text=text, metadata={**item.metadata, **facts})


def _require() -> None:
    if not ocr_available():
        raise missing("rapidocr", "Reading text out of pictures (loaders.ocr)")


@lru_cache(maxsize=1)
def _shared() -> OcrReader:
    return OcrReader()


def _on_contrast(image: Image) -> Image:
    """RGB; what is transparent becomes white, or black where the drawing itself is light."""
    from PIL import Image as Images

    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    pixels = np.asarray(layered)
    drawn = pixels[pixels[..., 3] > 127]
    light = drawn.size > 0 and float(drawn[:, :3].mean()) > 160
    canvas = Images.new("RGB", layered.size, "black" if light else "white")
    canvas.paste(layered, mask=layered.getchannel("A"))
    return canvas


def _is_strip(image: Image) -> bool:
    return image.height >= _LEAST_SIDE and _STRIP <= image.width / image.height <= _LONGEST_STRIP


def _is_page(image: Image) -> bool:
    short, long = sorted(image.size)
    return short >= _LEAST_SIDE and long <= _LONGEST_PAGE * short


def _blue_first(image: Image) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def _turned(lines: Sequence[OcrLine], image: Image) -> list[OcrLine]:
    """As they lie where the picture is turned upside down."""

    def turned(box: Box) -> Box:
        x0, y0, x1, y1 = box
        return image.width - x1, image.height - y1, image.width - x0, image.height - y0

    return [replace(line, box=turned(line.box), level=line.level and turned(line.level)) for line in lines]
