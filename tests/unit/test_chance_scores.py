"""What a cosine means: distances from the middle of a list, and whether its best stands out at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ragmm.pipelines.query.chance_scores import Spread, confidence, spread_of
from ragmm.testing import FakeEmbedder
from ragmm.types import Item, Modality, Role
from tests.unit.retrieval import fill_items

WORDS = ["harbour", "orchard", "turbine", "library", "glacier", "bakery", "viaduct", "quay"]


def test_distances_are_deviations() -> None:
    spread = Spread(mean=0.3, deviation=0.1)
    assert spread.of(0.5) == pytest.approx(2.0)
    assert spread.of(0.3) == 0


@pytest.mark.parametrize("items", [10, 100, 1000, 10_000])
def test_chance_is_no_reason_for_confidence(items: int) -> None:
    """The best of so many random cosines has little to say; one that stands out has all."""
    draws = np.random.default_rng(1).normal(size=(200, items)).max(axis=1)
    spread = Spread(mean=0.0, deviation=1.0)
    said = [confidence(spread, float(best), items) for best in draws]
    assert np.median(said) < 0.25
    assert confidence(spread, float(np.median(draws)) + 2, items) == 1.0


def test_a_list_is_measured_by_its_live_items(tmp_path: Path) -> None:
    model = FakeEmbedder(64, ["text"])
    texts = [f"{WORDS[n % 8]} {WORDS[(n // 8) % 8]} {n}" for n in range(100)]
    items = [Item(modality=Modality.PASSAGE, text=text) for text in texts]
    store = fill_items(tmp_path / "c", {"a.txt": items[:60], "b.txt": items[60:]}, {"text": model})
    row = model.embed_texts(["harbour quay"], Role.QUERY)
    row = row / np.linalg.norm(row)
    whole = spread_of(store.snapshot(), "text", ("text",), row)
    assert whole is not None
    vectors = model.embed_texts(texts, Role.DOCUMENT)
    cosines = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)) @ row[0]
    assert whole.mean == pytest.approx(float(cosines.mean()), abs=1e-5)
    assert whole.deviation == pytest.approx(float(cosines.std()), abs=1e-5)
    with store.writer("test") as writer:
        writer.commit(removed=["/source/a.txt"])
    left = spread_of(store.snapshot(), "text", ("text",), row)
    assert left is not None
    assert left.mean == pytest.approx(float(cosines[60:].mean()), abs=1e-5)
    with store.writer("test") as writer:
        writer.commit(removed=["/source/b.txt"])
    assert spread_of(store.snapshot(), "text", ("text",), row) is None
