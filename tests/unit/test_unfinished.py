"""A run that dies between two commits: what it had read and embedded is found again, and forgotten once stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ragmm.errors import ModelError
from ragmm.indexes.store.cache import Cache
from ragmm.indexes.store.store import Store
from ragmm.indexes.store.unfinished import Unfinished
from ragmm.loaders.parser import ParserPool
from ragmm.pipelines.ingest import intake
from ragmm.pipelines.ingest.run import IngestPlan, ingest
from ragmm.testing import FakeEmbedder, FakeReadings, LimitedEmbedder, Reading, captioned_picture, png_bytes
from ragmm.types import Asset, Item, Locator, Modality


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(workers=1) as pool:
        yield pool


class Counting:
    """Parses like the pool, counts, and says that every reading was costly."""

    def __init__(self, pool: ParserPool) -> None:
        self.pool, self.read = pool, 0

    def parse(self, file: Path, name: str = "", *, root: Path | None = None) -> object:
        self.read += 1
        return dataclasses.replace(self.pool.parse(file, name, root=root), cpu_seconds=9.0)


def corpus(folder: Path) -> Path:
    folder.mkdir()
    records = [f'{{"subject": "s{number}", "words": "{number} words"}}' for number in range(40)]
    (folder / "records.jsonl").write_text("\n".join(records), encoding="utf-8")
    (folder / "photo.png").write_bytes(png_bytes(captioned_picture("a red circle")))
    return folder


def plan(parser: object, model: object) -> IngestPlan:
    return IngestPlan(embedders={"shared": model}, parser=parser, readings=FakeReadings("p"), workers=1)  # type: ignore[dict-item, arg-type]


def test_a_run_that_dies_repeats_no_reading_and_at_most_one_batch(
    tmp_path: Path, pool: ParserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_EMBED_ITEMS", 10)
    source, store, parser, fake = corpus(tmp_path / "docs"), Store(tmp_path / "c"), Counting(pool), FakeEmbedder()
    with pytest.raises(ModelError):
        ingest(store, [source], plan(parser, LimitedEmbedder(fake, calls=3)))
    read, embedded = parser.read, sum(fake.calls)
    assert read == 2
    assert embedded > 10
    assert not store.snapshot().item_count
    report = ingest(store, [source], plan(parser, fake))
    assert parser.read == read, "nothing is read twice"
    assert report.documents["added"] == 2
    assert sum(fake.calls) <= store.snapshot().item_count + 10, "at most one batch is embedded twice"
    undisturbed = Store(tmp_path / "undisturbed")
    ingest(undisturbed, [source], plan(pool, FakeEmbedder()))
    assert store.digest(vectors=True) == undisturbed.digest(vectors=True)
    with Cache(store.folder / "cache.db") as cache:
        for table in ("made_vectors", "made_items", "made_images"):
            assert cache.rows(f"SELECT COUNT(*) FROM {table}") == [(0,)], f"{table} is empty after the commit"


def reading(item: Item, *, sha256: str, cpu_seconds: float) -> Reading:
    return Reading(sha256=sha256, size=7, entries=(item,), warnings=("odd",), cpu_seconds=cpu_seconds)


def test_an_item_comes_back_as_it_was(tmp_path: Path) -> None:
    data = png_bytes(captioned_picture("a blue square"))
    item = Item(
        modality=Modality.FIGURE,
        text="Figure 1 \ud800 é",
        asset=Asset(data=data, media_type="image/png", width=256, height=256, duration=1.5),
        locator=Locator(page=3, box=(1.0, 2.0, 3.0, 4.5), section=("A", "B"), start=1, end=9, time=(0.5, 2.0)),
        context="A > B",
        metadata={"ocr": True, "mentions": ["Figure 1"]},
    )
    with Cache(tmp_path / "cache.db") as cache:
        Unfinished(cache).keep_reading(reading(item, sha256="ab" * 32, cpu_seconds=5.0), "p")
        Unfinished(cache).keep_reading(reading(item, sha256="cd" * 32, cpu_seconds=0.2), "p")
        later = Unfinished(cache)
        kept = later.reading("ab" * 32, "p")
        assert kept is not None
        assert (list(kept.items), kept.size, kept.warnings, kept.count) == ([item], 7, ("odd",), 1)
        assert later.reading("ab" * 32, "other settings") is None
        assert later.reading("cd" * 32, "p") is None, "a quick reading is not worth keeping"


def test_vectors_of_another_model_are_not_taken(tmp_path: Path) -> None:
    row = np.array([1.0, 2.0], np.float32)
    with Cache(tmp_path / "cache.db") as cache:
        Unfinished(cache).keep_vectors("model", {b"key": row})
        later = Unfinished(cache)
        assert later.vectors("another", [b"key"]) == {}
        assert later.vectors("model", [b"key", b"none"])[b"key"].tolist() == [1.0, 2.0]
