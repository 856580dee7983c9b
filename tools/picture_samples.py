"""Pictures of known kinds: of the development sets, pages and tables rendered from their PDFs, and our own drawings."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
from PIL import Image

SAMPLES = ("photograph", "chart", "diagram", "drawing", "screenshot", "scan", "table", "emoji")
_SETS = {
    "flickr8k_photos": "photograph",
    "imagenet_photos": "photograph",
    "opencqa_charts": "chart",
    "multichart_answering": "chart",
}
_DRAWN = (
    ("scene", "drawing", 100), ("chart", "chart", 60), ("diagram", "diagram", 100), ("map", "diagram", 30),
    ("screenshot", "screenshot", 120), ("page", "table", 60),
)  # fmt: skip
"""Our own: domain, kind, how many."""
_EMOJI, _PAGES, _TABLES = 150, 160, 110
_BARE = 20
"""Characters of a page's text, below which it is a scan already."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A picture of which the kind is known."""

    name: str
    kind: str
    file: Path


def is_held(sample: Sample) -> bool:
    """Whether nothing is fitted on it: decided by its name, about half of each set."""
    return hashlib.sha256(sample.name.encode()).digest()[0] % 2 == 1


def draw_samples(data: Path, out: Path, *, tables: bool = True) -> Iterator[Sample]:
    """Sets as they are, the rest written to `out`; the same at every call. Tables of PDFs take the most time."""
    out.mkdir(parents=True, exist_ok=True)
    for name, kind in _SETS.items():
        for file in _files(data / name):
            yield Sample(name=f"{name}/{file.name}", kind=kind, file=file)
    emoji = sorted(_files(data / "emoji"))
    for file in random.Random(5).sample(emoji, _EMOJI):
        yield Sample(name=f"emoji/{file.name}", kind="emoji", file=file)
    yield from _drawn(out)
    yield from _rendered(data, out, "scan", _PAGES, _scan)
    if tables:
        yield from _rendered(data, out, "table", _TABLES, _table)


def _files(source: Path) -> Iterator[Path]:
    for line in (source / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        yield source / row["file"]


def _drawn(out: Path) -> Iterator[Sample]:
    os.environ.setdefault("RAGMM_EMOJI", "")
    from training.pictures import draw

    for domain, kind, count in _DRAWN:
        for number in range(count):
            rng = random.Random(f"{domain} {number}")
            limits = {"kind": rng.choice(["table", "calendar"])} if domain == "page" else {}
            image = draw(domain, 50_000 + number, rng.choice([256, 400, 640]), **limits).image
            if domain in {"chart", "diagram", "screenshot"}:
                image = image.resize((int(image.width * rng.uniform(1, 1.6)), image.height), Image.Resampling.BICUBIC)
            yield _saved(image, kind, f"own-{domain}-{number}", rng, out)


def _saved(image: Image.Image, kind: str, name: str, rng: random.Random, out: Path) -> Sample:
    """As PNG, or as JPEG of some quality."""
    quality = rng.choice([None, None, 80, 92]) if kind != "scan" else rng.choice([70, 85, 92])
    file = out / f"{name}.{'png' if quality is None else 'jpg'}"
    image.convert("RGB").save(file, **({} if quality is None else {"quality": quality}))
    return Sample(name=name, kind=kind, file=file)


def page_pictures(data: Path, out: Path, most: int) -> dict[str, tuple[Path, str]]:
    """Pages with a text layer as a scanner gives them, one of a document at most: by name, the picture and the text."""
    out.mkdir(parents=True, exist_ok=True)
    rng, found = random.Random("page pictures"), dict[str, tuple[Path, str]]()
    for file in (file for name in ("mmlongbench", "financebench") for file in sorted(_files(data / name))):
        with pymupdf.open(file) as pdf:
            page = pdf[rng.randrange(len(pdf))]
            text = page.get_text()
            image = _scan(page, rng) if len(text) >= 50 * _BARE else None
        if image is not None and len(found) < most:
            found[file.stem] = _saved(image, "scan", file.stem[:40], rng, out).file, text
    return found


_Cut = Callable[[pymupdf.Page, random.Random], Image.Image | None]


def _rendered(data: Path, out: Path, kind: str, most: int, cut: _Cut) -> Iterator[Sample]:
    """Of each document a few pages, as `cut` makes pictures of them."""
    files = [file for name in ("mmlongbench", "financebench") for file in sorted(_files(data / name))]
    rng, count = random.Random(kind), 0
    for file in files:
        with pymupdf.open(file) as pdf:
            for number in sorted(rng.sample(range(len(pdf)), min(5, len(pdf)))):
                image = cut(pdf[number], rng) if count < most else None
                if image is not None:
                    count += 1
                    yield _saved(image, kind, f"{kind}-{file.stem[:40]}-{number}", rng, out)


def _scan(page: pymupdf.Page, rng: random.Random) -> Image.Image | None:
    """A page as a scanner gives it: a little turned, grainy, unevenly lit; one without a text layer as it is."""
    text = len(page.get_text().strip())
    if _BARE <= text < 10 * _BARE or page.rect.width > page.rect.height:
        return None
    image = _picture(page, rng.choice([75, 100, 150]), page.rect)
    if text < _BARE:
        return image
    image = image.convert("L" if rng.random() < 0.5 else "RGB")
    turned = image.rotate(rng.uniform(-2, 2), Image.Resampling.BICUBIC, fillcolor="white")
    pixels = np.asarray(turned, np.float32)
    noise = np.random.default_rng(rng.randrange(10_000)).normal(0, rng.uniform(2, 9), pixels.shape)
    return Image.fromarray(np.clip(pixels * rng.uniform(0.85, 1) + noise, 0, 255).astype(np.uint8))


def _table(page: pymupdf.Page, rng: random.Random) -> Image.Image | None:
    """A table of a page, cut out."""
    if len(page.get_text().strip()) < 10 * _BARE:
        return None
    for table in page.find_tables().tables:
        box = _wider(pymupdf.Rect(table.bbox)) & page.rect
        if box.width >= 150 and box.height >= 60 and len(table.rows) > 2 and table.col_count > 1:
            return _picture(page, rng.choice([100, 150]), box)
    return None


def _wider(box: pymupdf.Rect) -> pymupdf.Rect:
    return pymupdf.Rect(box.x0 - 4, box.y0 - 4, box.x1 + 4, box.y1 + 4)


def _picture(page: pymupdf.Page, dpi: int, box: pymupdf.Rect) -> Image.Image:
    pixels = page.get_pixmap(dpi=dpi, clip=box)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
