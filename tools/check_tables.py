"""How well tables of PDFs are read: F1 over cells with their row and column, on generated tables of five kinds.

python -m tools.check_tables [--tables N]      N tables of each kind, over every PDF library that is installed
python -m tools.check_tables --scans           the same on pages as a scanner gives them: turned, grainy, no text layer
"""

from __future__ import annotations

import argparse
import io
import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pymupdf
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from bench.loaders import backends
from ragmm.loaders.base import Probe
from ragmm.loaders.pdf import PdfLoader
from ragmm.loaders.pdf.base import PdfBackend
from ragmm.loaders.settings import LoaderSettings, Ocr, PageImages
from ragmm.types import Modality

LEAST = {"simple": 0.95, "ruled": 0.95, "borderless": 0.90, "merged": 0.90, "two pages": 0.95}
SETTINGS = LoaderSettings(chunk_tokens=4_000, page_images=PageImages.NEVER, ocr=Ocr.NEVER)
SCANS = LoaderSettings(chunk_tokens=4_000, page_images=PageImages.NEVER, ocr=Ocr.ALWAYS)
LEAST_SCANNED = 0.85
"""Over all kinds."""
_DPI, _SKEW, _GRAIN = 150, 2.0, 8.0
LINE = 12.0
PROSE = (
    "The stations were visited in the first week of each month, and what stood in the books was copied",
    "before the instruments were read again; the differences are those of the second reading.",
)
WORDS = ("north", "south", "harbour", "upper mill", "old bridge", "weir", "station", "ferry", "lock", "quay")
Cells = list[list[str]]


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A table as it is put on paper, from its top left corner."""

    cells: Cells
    widths: Sequence[float]
    rules: bool
    merged: frozenset[tuple[int, int]] = frozenset()
    """Cells that go on into the one to their right."""
    centred: bool = False
    """The headings; else they stand at the left of their column, whatever stands below."""
    left: float = 72.0
    height: float = 18.0
    stored: Cells | None = None
    """What is to be read, where it is not row by row what is drawn."""

    def draw(self, canvas: Canvas, top: float) -> None:
        for number, row in enumerate(self.cells):
            self._row(canvas, number, row, top + self.height * number)
        if self.rules:
            for number in range(len(self.cells) + 1):
                y = A4[1] - top - self.height * number
                canvas.line(self.left, y, self.left + sum(self.widths), y)

    def _row(self, canvas: Canvas, number: int, row: Sequence[str], top: float) -> None:
        x = self.left
        for column, (cell, width) in enumerate(zip(row, self.widths, strict=True)):
            baseline = A4[1] - top - self.height + 5
            canvas.setFont("Helvetica-Bold" if number == 0 else "Helvetica", 9)
            if column and number == 0 and self.centred:
                canvas.drawCentredString(x + width / 2, baseline, cell)
            elif column and re.fullmatch(r"[\d.,%-]+", cell):
                canvas.drawRightString(x + width - 6, baseline, cell)
            else:
                canvas.drawString(x + 4, baseline, cell)
            if self.rules and (number, column - 1) not in self.merged:
                canvas.line(x, A4[1] - top, x, A4[1] - top - self.height)
            x += width
        if self.rules:
            canvas.line(x, A4[1] - top, x, A4[1] - top - self.height)


def cells(noise: random.Random, rows: int, columns: int) -> Cells:
    """A row of headings, a column of names, and numbers."""
    heads = [f"{noise.choice(WORDS)} {noise.randrange(2000, 2030)}" for _ in range(columns - 1)]
    body = [[f"{noise.choice(WORDS)} {n}", *(number(noise) for _ in range(columns - 1))] for n in range(1, rows)]
    return [[noise.choice(("place", "")), *heads], *body]


def number(noise: random.Random) -> str:
    value = noise.uniform(0, 10 ** noise.randrange(1, 6))
    return noise.choice((f"{value:,.0f}", f"{value:.2f}", f"{noise.uniform(0, 100):.1f}%"))


def simple(noise: random.Random) -> list[Drawing]:
    found = cells(noise, 4, 3)
    return [Drawing(cells=found, widths=[120, 110, 110], rules=True, centred=noise.random() < 0.5)]


def ruled(noise: random.Random) -> list[Drawing]:
    columns = noise.randrange(3, 6)
    widths = [110.0, *[330 / (columns - 1)] * (columns - 1)]
    return [Drawing(cells=cells(noise, noise.randrange(8, 16), columns), widths=widths, rules=True)]


def borderless(noise: random.Random) -> list[Drawing]:
    columns = noise.randrange(3, 6)
    found = cells(noise, noise.randrange(6, 14), columns)
    widths = [130.0, *[300 / (columns - 1)] * (columns - 1)]
    return [Drawing(cells=found, widths=widths, rules=False, centred=noise.random() < 0.5)]


def merged(noise: random.Random) -> list[Drawing]:
    """A heading over two columns each, above the headings."""
    found = cells(noise, noise.randrange(5, 10), 5)
    above = ["", "first half", "", "second half", ""]
    joined = frozenset({(0, 1), (0, 3)})
    halves = ("first half", "first half", "second half", "second half")
    heads = [found[0][0], *(f"{half} {head}" for half, head in zip(halves, found[0][1:], strict=True))]
    widths = [110.0, 85, 85, 85, 85]
    return [Drawing(cells=[above, *found], stored=[heads, *found[1:]], widths=widths, rules=True, merged=joined)]


def two_pages(noise: random.Random) -> list[Drawing]:
    """The second part begins with the headings again."""
    found = cells(noise, 50, 4)
    widths = [120.0, 110, 110, 110]
    first, second = found[:30], [found[0], *found[30:]]
    return [Drawing(cells=part, widths=widths, rules=True) for part in (first, second)]


KINDS = {"simple": simple, "ruled": ruled, "borderless": borderless, "merged": merged, "two pages": two_pages}


def write(file: Path, parts: Sequence[Drawing]) -> None:
    """A page for each part, with prose above and below."""
    canvas = Canvas(str(file), pagesize=A4, invariant=1)
    for part in parts:
        bottom = 160 + part.height * len(part.cells)
        for number, text in enumerate(PROSE):
            canvas.setFont("Helvetica", 10)
            canvas.drawString(72, A4[1] - 90 - LINE * number, text)
            canvas.drawString(72, A4[1] - bottom - 30 - LINE * number, text)
        part.draw(canvas, 150)
        canvas.showPage()
    canvas.save()


def scanned(file: Path, noise: random.Random) -> None:
    """The file as a scanner gives it: each page a picture, turned by up to two degrees, grainy and a little grey."""
    with pymupdf.open(file) as pdf, pymupdf.open() as scan:
        for page in pdf:
            pixels = page.get_pixmap(dpi=_DPI, colorspace=pymupdf.csGRAY)
            image = Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)
            turned = image.rotate(noise.uniform(-_SKEW, _SKEW), Image.Resampling.BICUBIC, fillcolor="white")
            grain = np.random.default_rng(noise.randrange(2**31)).normal(0, _GRAIN, (turned.height, turned.width))
            grey = Image.fromarray(np.clip(np.asarray(turned) * 0.94 + grain, 0, 255).astype(np.uint8))
            grey.save(out := io.BytesIO(), "JPEG", quality=85)
            scan.new_page(width=page.rect.width, height=page.rect.height).insert_image(page.rect, stream=out.getvalue())
        data = scan.tobytes()
    file.write_bytes(data)


def read(file: Path, backend: PdfBackend, settings: LoaderSettings = SETTINGS) -> list[Cells]:
    """The cells of every table that is found."""
    found = Probe(name=file.name, media_type="application/pdf", size=file.stat().st_size, head=b"%PDF")
    items = PdfLoader(settings, backend).load(file, found)
    return [list(rows(item.text)) for item in items if item.modality is Modality.TABLE]


def rows(markdown: str) -> Iterator[list[str]]:
    """Back from Markdown."""
    for line in markdown.splitlines():
        parts = [part.strip().replace("\\|", "|") for part in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if parts and not all(re.fullmatch(r":?-+:?", part) for part in parts):
            yield parts


def agreement(truth: Sequence[Cells], found: Sequence[Cells]) -> tuple[int, int, int]:
    """How many cells are in both, in the truth, and in what was found."""
    expected, seen = places(truth), places(found)
    return (expected & seen).total(), expected.total(), seen.total()


def places(tables: Sequence[Cells]) -> Counter[tuple[int, int, int, str]]:
    return Counter(
        (table, row, column, " ".join(cell.split()))
        for table, found in enumerate(tables)
        for row, line in enumerate(found)
        for column, cell in enumerate(line)
        if cell.strip()
    )


def f1(backend: PdfBackend, kind: str, count: int, *, scans: bool = False) -> float:
    """Over all tables of one kind together."""
    sums = [0, 0, 0]
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(count):
            parts = KINDS[kind](random.Random(f"{kind} {seed}"))
            file = Path(folder) / f"{seed}.pdf"
            write(file, parts)
            if scans:
                scanned(file, random.Random(f"scan {kind} {seed}"))
            found = read(file, backend, SCANS if scans else SETTINGS)
            same = agreement([part.stored or part.cells for part in parts], found)
            sums = [one + other for one, other in zip(sums, same, strict=True)]
    both, expected, seen = sums
    return 2 * both / (expected + seen)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a row per library; exit status 1 where a kind is below its least."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=20, help="tables of each kind")
    parser.add_argument("--scans", action="store_true", help="on pages as a scanner gives them")
    given = parser.parse_args(arguments)
    if given.scans:
        return of_scans(given.tables)
    count = given.tables
    print("cell F1    " + "".join(f"{kind:>14}" for kind in KINDS))
    low = False
    for backend in backends():
        backend.load()
        found = dict(zip(KINDS, map(partial(f1, backend, count=count), KINDS), strict=True))
        low |= any(found[kind] < LEAST[kind] for kind in KINDS)
        print(f"{backend.name:11}" + "".join(f"{value:14.3f}" for value in found.values()), flush=True)
    print("at least   " + "".join(f"{LEAST[kind]:14.2f}" for kind in KINDS))
    return int(low)


def of_scans(count: int) -> int:
    """Prints a row per kind; exit status 1 where their mean is below the least."""
    backend = next(iter(backends()))
    backend.load()
    found = []
    for kind in KINDS:
        found.append(f1(backend, kind, count, scans=True))
        print(f"cell F1 of scans, {kind:12} {found[-1]:6.3f}", flush=True)
    mean = sum(found) / len(found)
    print(f"cell F1 of scans, mean         {mean:6.3f}   at least {LEAST_SCANNED:.2f}")
    return int(mean < LEAST_SCANNED)


if __name__ == "__main__":
    raise SystemExit(main())
