"""Pictures whose text is known: lines of ocr_lines, and pages and drawn charts of PDFs, whose own text is the truth."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from ragmm.loaders.base import Probe
from ragmm.loaders.pdf import PdfLoader
from ragmm.loaders.pdf.base import Line, PdfPage
from ragmm.loaders.pdf.geometry import center_inside
from ragmm.loaders.pdf.pdfium_backend import PdfiumBackend
from ragmm.loaders.settings import LoaderSettings, Ocr, PageImages, Tables
from ragmm.types import Modality

__all__ = ["Sample", "samples"]

_ENGLISH = ("PIP_Seniors-and-Tech-Use_040314.pdf", "2310.05634v2.pdf", "ADOBE_2015_10K.pdf", "tacl_a_00660.pdf")
_CHARTS = (
    "PG_2020.03.09_US-Germany_FINAL.pdf",
    "PG_2021.03.04_US-Views-on-China_FINAL.pdf",
    "PH_2016.06.08_Economy-Final.pdf",
    "PP_2019.01.17_Trump-economy_FINAL2.pdf",
)
_SCAN, _SMALL = 200 / 72, 1.0
_FEWEST_LETTERS = 200
_FEWEST_IN_CHART = 40
_MOST_SIDE = 2048


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A picture and the lines that stand in it."""

    kind: str
    name: str
    image: Image.Image
    lines: tuple[str, ...] = ()
    """Empty where nobody knows: such pictures are only timed."""


def samples(data: Path, each: int) -> Iterator[Sample]:
    """At most `each` of a kind: lines by language, en, zh, charts, rotated, small, and opencqa (timed only)."""
    yield from _lines(data / "ocr_lines")
    pages = [page for name in _ENGLISH for page in _pages(data / "mmlongbench" / "files" / name, 2, "en")]
    yield from pages[:each]
    chinese = sorted((data / "zh_docs" / "files").glob("*.pdf"))
    yield from [page for file in chinese for page in _pages(file, 1, "zh")][:each]
    charts = [chart for name in _CHARTS for chart in _charts(data / "mmlongbench" / "files" / name, (each + 3) // 4)]
    yield from charts[:each]
    for turned in (*pages[: each // 2], *charts[: each // 2]):
        yield replace(turned, kind="rotated", image=turned.image.rotate(180))
    yield from [page for name in _ENGLISH for page in _pages(data / "mmlongbench" / "files" / name, 2, "small")][:each]
    files = sorted((data / "opencqa_charts" / "files").iterdir())
    for file in files[:: max(1, len(files) // each)][:each]:
        with Image.open(file) as image:
            yield Sample(kind="opencqa", name=file.name, image=image.convert("RGB"))


def _lines(folder: Path) -> Iterator[Sample]:
    for row in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        query = json.loads(row)
        with Image.open(folder / "files" / query["document"]) as image:
            image.load()
            yield Sample(
                kind=f"line {query['language']}",
                name=query["document"],
                image=image.copy(),
                lines=tuple(query["must_contain"]),
            )


def _pages(file: Path, count: int, kind: str) -> Iterator[Sample]:
    """The first pages with much text on them, as a scan of 200 dpi would show them; "small" at 72."""
    with contextlib.closing(PdfiumBackend().open(file, file.name)) as pdf:
        for number in range(1, pdf.pages + 1):
            page = pdf.page(number)
            lines = [line.text for line in page.lines() if line.upright and line.text.strip()]
            if sum(map(len, lines)) < _FEWEST_LETTERS:
                continue
            scale = min(_SMALL if kind == "small" else _SCAN, _MOST_SIDE / max(page.width, page.height))
            name = f"{file.name} {number}"
            yield Sample(kind=kind, name=name, image=page.render(None, scale), lines=tuple(lines))
            count -= 1
            if not count:
                return


def _charts(file: Path, count: int) -> Iterator[Sample]:
    """Figures drawn by the PDF, as its loader cuts them out."""
    settings = LoaderSettings(ocr=Ocr.NEVER, tables=Tables.NEVER, page_images=PageImages.NEVER)
    probe = Probe(name=file.name, media_type="application/pdf", size=file.stat().st_size, head=b"%PDF-")
    with contextlib.closing(PdfiumBackend().open(file, file.name)) as pdf:
        for item in PdfLoader(settings).load(file, probe):
            if item.modality is not Modality.FIGURE or item.asset is None or not item.metadata.get("drawn"):
                continue
            lines = _lines_inside(pdf.page(item.locator.page or 1), item.locator.box)
            if sum(map(len, lines)) < _FEWEST_IN_CHART:
                continue
            image = Image.open(io.BytesIO(item.asset.data)).convert("RGB")
            yield Sample(kind="charts", name=f"{file.name} {item.locator.page}", image=image, lines=lines)
            count -= 1
            if not count:
                return


def _lines_inside(page: PdfPage, box: tuple[float, float, float, float] | None) -> tuple[str, ...]:
    def inside(line: Line) -> bool:
        return box is not None and center_inside(line.box, box) and line.upright and bool(line.text.strip())

    return tuple(line.text for line in page.lines() if inside(line))
