"""A query's result with everything a renderer has to cope with, made by hand."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from ragmm.types import (
    Answer,
    Citation,
    Claim,
    Figure,
    FoundBy,
    Hit,
    Locator,
    Modality,
    QueryResult,
    StoredItem,
    Support,
)

__all__ = ["ASSET", "HOSTILE", "assets_in", "hit", "item", "result"]

ASSET = "a" * 64
HOSTILE = (
    "\x1b]0;owned\x07\x1b[31mred\x9b1m <script>alert(1)</script> <img src=x onerror=alert(2)> "
    '\u202egnp.exe [bold]markup[/bold] ‘quote’ " onload="alert(3) ]]> &amp; \ud83d'
)


def item(number: int = 7, **changes: object) -> StoredItem:
    """A passage of page 4, unless said otherwise."""
    values: dict[str, object] = {
        "id": number,
        "uri": "reports/2023 a.pdf",
        "path": "/data/reports/2023 a.pdf",
        "modality": Modality.PASSAGE,
        "text": "North grew by 12 %, ahead of all others.",
        "context": "Annual report",
        "locator": Locator(page=4, box=(72.0, 90.5, 300.0, 120.0), section=("Results", "Regions"), start=10, end=50),
        "asset": None,
        "metadata": {"ocr": False},
    }
    return StoredItem(**(values | changes))  # type: ignore[arg-type]


def hit(rank: int, what: StoredItem) -> Hit:
    """Found by words at the same rank."""
    return Hit(rank=rank, score=1 / rank, item=what, found_by=(FoundBy(leg="lexical", rank=rank, score=3.5),))


def result(**changes: object) -> QueryResult:
    """A passage and a figure that are cited, and a photo that is not."""
    figure = item(8, modality=Modality.FIGURE, text="", asset=ASSET, metadata={"caption": "Figure 1: growth"})
    photo = item(
        9,
        uri="photos/pier.jpg",
        path="/data/photos/pier.jpg",
        modality=Modality.PHOTO,
        text="",
        asset=ASSET,
        locator=Locator(),
    )
    values: dict[str, object] = {
        "question": "Which region grew fastest?",
        "collection": "reports",
        "generation": 3,
        "hits": (hit(1, item()), hit(2, figure), hit(3, photo)),
        "answer": Answer(
            text="North grew fastest [1].",
            claims=(
                Claim(
                    text="North grew fastest.",
                    citations=(Citation(rank=1, quote="North grew by 12 %"),),
                    support=Support.SUPPORTED,
                ),
                Claim(text="By far.", citations=(Citation(rank=1), Citation(rank=1)), support=Support.WEAK),
            ),
            figures=(Figure(rank=2, asset=ASSET),),
        ),
        "timings_ms": {"total": 41.26},
    }
    return QueryResult(**(values | changes))  # type: ignore[arg-type]


def assets_in(folder: Path) -> Callable[[str], Path]:
    """A function as a collection has one: it gives a real PNG for every asset."""
    packed = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(packed, "PNG")

    def asset_path(sha256: str) -> Path:
        file = folder / f"{sha256[:8]}.png"
        file.write_bytes(packed.getvalue())
        return file

    return asset_path
