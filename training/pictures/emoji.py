"""The openly licensed emoji drawings: read from a folder outside the repository, drawn on varied grounds."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from training.pictures.canvas import Canvas

if TYPE_CHECKING:
    import random

    from training.pictures.vocabulary import RGB

FOLDER_VARIABLE = "RAGMM_EMOJI"
TRAIN, VALIDATION = "train", "val"


@dataclass(frozen=True, kw_only=True)
class Glyph:
    """One drawing with the words that people use for it."""

    doc_id: str
    name: str
    keywords: tuple[str, ...]
    split: str
    artwork: str
    file: Path


def emoji_folder() -> Path:
    """The folder with `corpus.jsonl`, named by the environment variable RAGMM_EMOJI."""
    named = os.environ.get(FOLDER_VARIABLE)
    if not named or not (Path(named) / "corpus.jsonl").is_file():
        seen = f"{named!r} without a corpus.jsonl" if named else "nothing"
        raise FileNotFoundError(
            f"the emoji drawings were not found: {FOLDER_VARIABLE} names {seen}; "
            "set it to a folder with corpus.jsonl and files/"
        )
    return Path(named)


@lru_cache(maxsize=4)
def load_glyphs(folder: Path, split: str) -> tuple[Glyph, ...]:
    """The glyphs of one split, in file order."""
    with (folder / "corpus.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return tuple(_glyph(folder, row) for row in rows if row["split"] == split)


def _glyph(folder: Path, row: dict[str, Any]) -> Glyph:
    words = (word.replace("\xa0", " ").strip().lower() for word in row["keywords"])
    return Glyph(
        doc_id=row["doc_id"],
        name=row["name"].strip().lower(),
        keywords=tuple(dict.fromkeys(word for word in words if len(word) > 1)),
        split=row["split"],
        artwork=row["doc_id"].split("__")[0],
        file=folder / row["file"],
    )


@lru_cache(maxsize=4096)
def _drawing(file: Path) -> Image.Image:
    with Image.open(file) as opened:
        return opened.convert("RGBA")


def draw_emoji(
    rng: random.Random,
    size: int,
    *,
    split: str = TRAIN,
    index: int | None = None,
) -> tuple[Canvas, dict[str, Any]]:
    """Draw the glyph at `index` of the split, or a chance one, at a chance place and scale."""
    glyphs = load_glyphs(emoji_folder(), split)
    glyph = glyphs[rng.randrange(len(glyphs)) if index is None else index]
    canvas = _ground(rng, size)
    side = rng.uniform(0.55, 0.98)
    pixels = round(side * canvas.pixels)
    drawing = _turned(_drawing(glyph.file), rng.uniform(-9, 9), pixels)
    canvas.paste(drawing, (rng.uniform(0, 1 - side), rng.uniform(0, 1 - side)))
    return canvas, {
        "name": glyph.name,
        "keywords": list(glyph.keywords),
        "doc_id": glyph.doc_id,
        "artwork": glyph.artwork,
    }


def _turned(drawing: Image.Image, degrees: float, pixels: int) -> Image.Image:
    """The drawing turned about its middle and scaled, in one resampling."""
    scale = drawing.width / pixels
    cos, sin = (scale * f(math.radians(degrees)) for f in (math.cos, math.sin))
    middle, half = drawing.width / 2, pixels / 2
    rows = (cos, sin, middle - half * (cos + sin), -sin, cos, middle - half * (cos - sin))
    box = (pixels, pixels)
    return drawing.transform(box, Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR)


def _ground(rng: random.Random, size: int) -> Canvas:
    """Half of the grounds are white or nearly so; the others are coloured or two-coloured."""
    if rng.random() < 0.5:
        return Canvas(size, (255, 255, 255) if rng.random() < 0.7 else (242, 242, 240))
    canvas = Canvas(size, _pastel(rng))
    if rng.random() < 0.4:
        edge = rng.uniform(0.3, 0.8)
        canvas.rectangle((0, edge, 1, 1), _pastel(rng))
    return canvas


def _pastel(rng: random.Random) -> RGB:
    low = 20 if rng.random() < 0.2 else 150
    return rng.randint(low, 255), rng.randint(low, 255), rng.randint(low, 255)
