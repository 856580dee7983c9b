"""Whether figures of PDFs are found, as many as there are, each with its own caption.

python -m tools.check_figures [FOLDER]      FOLDER holds the real files that tools/figure_truth.json names (any depth)

Without FOLDER only generated pages are read. The truth about the real pages was made by looking at them: boxes of
figures and of their captions, in points. A figure counts where its box and a found one share two fifths of what they
cover together, for pictures have margins; a caption is right where it begins in its box, or where there is none and
none was given.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from bench.loaders import backends
from ragmm.loaders.base import Probe
from ragmm.loaders.pdf import PdfLoader
from ragmm.loaders.pdf.base import PdfBackend, PdfFile
from ragmm.loaders.pdf.geometry import area, center_inside, clipped
from ragmm.loaders.settings import LoaderSettings, Ocr, PageImages
from ragmm.types import Box, Item, Modality

TRUTH = Path(__file__).with_name("figure_truth.json")
LEAST = 0.9
LEAST_SHARED = 0.4
SETTINGS = LoaderSettings(page_images=PageImages.NEVER, ocr=Ocr.NEVER)
LINE = 13.0
PROSE = "the heron stands in shallow water and waits until the tide has turned before it walks along the bank"
WORDS = PROSE.split()


@dataclass(frozen=True, kw_only=True)
class Truth:
    """One figure: where it is, and where its caption is."""

    box: Box
    caption: Box | None


@dataclass(kw_only=True)
class Tally:
    """Sums over pages."""

    figures: int = 0
    found: int = 0
    captions: int = 0
    pages: int = 0
    counted: int = 0

    def add(self, other: Tally) -> None:
        for name in ("figures", "found", "captions", "pages", "counted"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def row(self, name: str) -> str:
        return (
            f"{name:20} {self.figures:3} figures on {self.pages} pages: found {self.found / self.figures:.3f}, "
            f"caption right {self.captions / self.figures:.3f}, count right on {self.counted / self.pages:.3f} of pages"
        )

    @property
    def passes(self) -> bool:
        return min(self.captions / self.figures, self.counted / self.pages) >= LEAST


def real(folder: Path) -> Iterator[tuple[Path, dict[int, list[Truth]]]]:
    """The real files that are there, with what is on their pages."""
    for name, pages in json.loads(TRUTH.read_text(encoding="utf-8")).items():
        file = next(folder.rglob(name), None)
        if file is not None:
            yield file, {int(page): [truth(one) for one in found] for page, found in pages.items()}


def truth(record: dict[str, list[float]]) -> Truth:
    return Truth(box=box(record["box"]), caption=box(record["caption"]) if "caption" in record else None)


def box(values: Sequence[float]) -> Box:
    x0, y0, x1, y1 = map(float, values)
    return x0, y0, x1, y1


# Generated pages


class Page:
    """Puts prose, figures and captions on one page and remembers where."""

    def __init__(self, canvas: Canvas, noise: random.Random) -> None:
        self._canvas = canvas
        self._noise = noise
        self.truth: list[Truth] = []

    def prose(self, left: float, top: float, width: float, lines: int) -> float:
        """Returns where it ends, as the others do."""
        self._canvas.setFont("Times-Roman", 10)
        for number in range(lines):
            self._canvas.drawString(left, A4[1] - top - LINE * (number + 1), self._words(width))
        return top + LINE * lines + 10

    def _words(self, width: float) -> str:
        text = self._noise.choice(WORDS)
        while self._canvas.stringWidth(f"{text} standing", "Times-Roman", 10) < width:
            text += " " + self._noise.choice(WORDS)
        return text

    def figure(self, place: tuple[float, float, float], number: int, *, drawn: bool, above: bool) -> float:
        """At (left, top, width), with a caption of one or two lines."""
        left, top, width = place
        height = width * self._noise.uniform(0.45, 0.7)
        lines = self._noise.choice((1, 2))
        if above:
            caption = self._caption(place, number, lines)
            top = caption[3] + 6
        frame = (left, top, left + width, top + height)
        self._chart(frame) if drawn else self._photo(frame)
        if not above:
            caption = self._caption((left, top + height + 6, width), number, lines)
        self.truth.append(Truth(box=frame, caption=caption))
        return max(frame[3], caption[3]) + 14

    def _caption(self, place: tuple[float, float, float], number: int, lines: int) -> Box:
        left, top, width = place
        self._canvas.setFont("Times-Roman", 9)
        label = self._noise.choice(("Figure {}: ", "Fig. {}. ", "Figure {}. "))
        first = label.format(number) + self._words(width - 80).capitalize()
        for row, text in enumerate((first, self._words(width))[:lines]):
            self._canvas.drawString(left, A4[1] - top - 11 * (row + 1), text)
        return left, top, left + width, top + 11 * lines + 3

    def _photo(self, frame: Box) -> None:
        pixels = np.random.default_rng(self._noise.randrange(1 << 30)).integers(0, 255, (12, 16, 3), dtype=np.uint8)
        data = io.BytesIO()
        Image.fromarray(pixels).resize((320, 240), Image.Resampling.BICUBIC).save(data, "JPEG")
        x0, y0, x1, y1 = frame
        self._canvas.drawImage(ImageReader(data), x0, A4[1] - y1, x1 - x0, y1 - y0)

    def _chart(self, frame: Box) -> None:
        x0, y0, x1, y1 = frame
        canvas, floor = self._canvas, A4[1] - y1 + 14
        canvas.line(x0 + 20, floor, x1, floor)
        canvas.line(x0 + 20, floor, x0 + 20, A4[1] - y0)
        canvas.setFont("Helvetica", 7)
        bars = self._noise.randrange(4, 8)
        step = (x1 - x0 - 30) / bars
        for bar in range(bars):
            height = (y1 - y0 - 14) * (1.0 if bar == bars - 1 else self._noise.uniform(0.2, 0.9))
            canvas.setFillColorRGB(*(self._noise.random() for _ in range(3)))
            canvas.rect(x0 + 26 + step * bar, floor, 0.6 * step, height, stroke=0, fill=1)
            canvas.setFillColorRGB(0, 0, 0)
            canvas.drawString(x0 + 26 + step * bar, floor - 10, str(2015 + bar))
        for tick in range(4):
            canvas.drawString(x0, floor + tick * (y1 - y0 - 20) / 3, str(25 * tick))


def generated(file: Path, pages: int) -> dict[int, list[Truth]]:
    """Pages of one or two columns, pictures and charts, captions below and above."""
    canvas, found = Canvas(str(file), pagesize=A4, invariant=1), {}
    number = 0
    for index in range(pages):
        noise = random.Random(f"figures {index}")
        page = Page(canvas, noise)
        columns = ((72.0, 450.0),) if index % 2 else ((60.0, 225.0), (310.0, 225.0))
        for left, width in columns:
            number += 1
            top = page.prose(left, 60, width, noise.randrange(6, 14))
            top = page.figure((left, top, width), number, drawn=noise.random() < 0.5, above=noise.random() < 0.3)
            page.prose(left, top, width, 8)
        found[index + 1] = page.truth
        canvas.showPage()
    canvas.save()
    return found


# Comparing


def compare(file: Path, pages: dict[int, list[Truth]], backend: PdfBackend, tally: Tally) -> list[str]:
    """Adds to the tally; returns what was wrong, by page."""
    found = Probe(name=file.name, media_type="application/pdf", size=file.stat().st_size, head=b"%PDF")
    items = list(PdfLoader(SETTINGS, backend).load(file, found))
    opened = backend.open(file, file.name)
    wrong = []
    for page, truths in pages.items():
        seen = [item for item in items if item.modality is Modality.FIGURE and item.locator.page == page]
        matches = [best(one.box, seen) for one in truths]
        right = [
            match is not None and caption_right(match, one.caption, opened, page)
            for one, match in zip(truths, matches, strict=True)
        ]
        tally.pages += 1
        tally.figures += len(truths)
        tally.found += sum(match is not None for match in matches)
        tally.captions += sum(right)
        tally.counted += len(seen) == len(truths)
        if not all(right) or len(seen) != len(truths):
            wrong.append(f"{file.name} page {page}: {len(truths)} figures, {len(seen)} found, captions {right}")
    opened.close()
    return wrong


def best(place: Box, seen: Sequence[Item]) -> Item | None:
    """The found figure that shares most with a true one, if that is enough."""
    shares = [(shared(place, item.locator.box), index) for index, item in enumerate(seen) if item.locator.box]
    share, index = max(shares, default=(0.0, 0))
    return seen[index] if share >= LEAST_SHARED else None


def shared(one: Box, other: Box) -> float:
    both = area(clipped(one, other)) if clipped(one, other)[0] < clipped(one, other)[2] else 0.0
    return both / (area(one) + area(other) - both)


def caption_right(item: Item, place: Box | None, opened: PdfFile, page: int) -> bool:
    caption = letters(str(item.metadata.get("caption", "")))
    if place is None:
        return not caption
    inside = letters(" ".join(line.text for line in opened.page(page).lines() if center_inside(line.box, place)))
    return len(caption) > 3 and caption[:12] in inside


def letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints rows per library; exit status 1 where one of them is below 0.9 over both sets together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--pages", type=int, default=20, help="generated pages")
    asked = parser.parse_args(arguments)
    passed = True
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "generated.pdf"
        sets = {"generated": [(file, generated(file, asked.pages))], "real": list(real(asked.folder or Path(scratch)))}
        for backend in backends():
            backend.load()
            together = Tally()
            for name, files in sets.items():
                tally = Tally()
                wrong = [line for file, pages in files for line in compare(file, pages, backend, tally)]
                together.add(tally)
                if tally.figures:
                    print("\n".join([*wrong, tally.row(f"{backend.name}, {name}")]), flush=True)
            print(together.row(f"{backend.name}, together"), flush=True)
            passed &= together.passes
    return int(not passed)


if __name__ == "__main__":
    raise SystemExit(main())
