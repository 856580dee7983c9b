"""Images and texts about the same things in one collection: does either kind bury the other?

python -m tools.mixed_pool                 1,000 drawn scenes and 1,000 captions of other scenes, with the mini models

Each kind's recall at 10 in the mixed pool is set beside its recall where it is searched alone.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ragmm
from ragmm.config.settings import ModelSettings
from ragmm.embedders.base import Embedder
from ragmm.evaluation.variants import remembering
from ragmm.indexes.changes import PreparedDocument, PreparedItem
from ragmm.indexes.store.store import Store
from ragmm.pipelines.embedding import Embedding
from ragmm.testing import png_bytes
from ragmm.types import Asset, Item, Modality
from ragmm.wiring import build_embedder
from training.clip.measure import distinct, first_caption
from training.pictures import Picture, captions

_BAR = 0.85
_AT_ONCE = 250
_SEED = 900
_DEPTH = 10


@dataclass(frozen=True, kw_only=True)
class Case:
    """A question with the one item that it asks for."""

    question: str
    uri: str


def main() -> int:
    """Build the pool, measure both kinds, print the table; 1 where a kind is buried."""
    parser = argparse.ArgumentParser(prog="python -m tools.mixed_pool", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--questions", type=int, default=500, help="of each kind")
    parser.add_argument("--out", type=Path, help="keep the collection here; one that is there is used again")
    given = parser.parse_args()
    scenes = distinct("scene", given.images + given.texts, _SEED)
    shown, told = scenes[: given.images], scenes[given.images :]
    with tempfile.TemporaryDirectory() as folder:
        docs = pool(given.out or Path(folder) / "pool", shown, told)
        rows = [
            ("image", measure(docs, _image_cases(shown)[: given.questions], "image")),
            ("text", measure(docs, _text_cases(told)[: given.questions], "text")),
        ]
    print(
        f"{given.images:,} images and {given.texts:,} texts of one domain, {given.questions:,} questions of each kind"
    )
    print(f"{'':8}{'R@10 alone':>12}{'R@10 mixed':>12}{'share':>8}{'bar':>8}")
    for kind, (alone, mixed) in rows:
        print(f"{kind:8}{alone:12.3f}{mixed:12.3f}{mixed / alone if alone else 0:8.1%}{_BAR:8.0%}")
    return int(any(mixed < _BAR * alone for _, (alone, mixed) in rows))


def pool(folder: Path, shown: Sequence[Picture], told: Sequence[Picture]) -> ragmm.Collection:
    """The collection of both, as an ingest would leave it."""
    models: Mapping[str, Embedder] = {
        "shared": build_embedder("mini", ModelSettings()),
        "text": build_embedder("st:all-MiniLM-L6-v2", ModelSettings()),
    }
    store = Store(folder)
    if not store.exists:
        with store.writer("mixed pool", create=True) as writer:
            for space, model in models.items():
                writer.ensure_space(space, model.info)
            embedding = Embedding(models, writer)
            for start in range(0, len(shown), _AT_ONCE):
                items = embedding.prepare([_image(picture) for picture in shown[start : start + _AT_ONCE]])
                writer.commit([_document(f"image-{start + n}.png", item) for n, item in enumerate(items)])
            for start in range(0, len(told), _AT_ONCE):
                items = embedding.prepare([_text(picture) for picture in told[start : start + _AT_ONCE]])
                writer.commit([_document(f"text-{start + n}.txt", item) for n, item in enumerate(items)])
    return remembering(ragmm.open(folder, models=ragmm.Models(embedders=models)))


def _image(picture: Picture) -> Item:
    data = png_bytes(picture.image)
    width, height = picture.image.size
    return Item(modality=Modality.FIGURE, asset=Asset(data=data, media_type="image/png", width=width, height=height))


def _text(picture: Picture) -> Item:
    return Item(modality=Modality.PASSAGE, text=_reworded(picture))


def _reworded(picture: Picture) -> str:
    """Another caption of the picture than its first, full one."""
    return captions(picture, random.Random(7))[1]


def _document(uri: str, item: PreparedItem) -> PreparedDocument:
    return PreparedDocument(
        path=f"/pool/{uri}",
        uri=uri,
        size=1,
        sha256=hashlib.sha256(uri.encode()).hexdigest(),
        parser="mixed pool",
        items=[item],
    )


def _image_cases(shown: Sequence[Picture]) -> list[Case]:
    return [Case(question=first_caption(picture), uri=f"image-{n}.png") for n, picture in enumerate(shown)]


def _text_cases(told: Sequence[Picture]) -> list[Case]:
    return [Case(question=first_caption(picture), uri=f"text-{n}.txt") for n, picture in enumerate(told)]


def measure(docs: ragmm.Collection, cases: Sequence[Case], kind: str) -> tuple[float, float]:
    """Recall at 10 where only this kind is searched, and where everything is."""

    def recall(search: Callable[[str], Sequence[ragmm.Hit]]) -> float:
        found = [any(hit.item.uri == case.uri for hit in search(case.question)) for case in cases]
        return sum(found) / len(found)

    alone = recall(lambda question: docs.search(question, k=_DEPTH, modality=kind))
    return alone, recall(lambda question: docs.search(question, k=_DEPTH))


if __name__ == "__main__":
    sys.exit(main())
