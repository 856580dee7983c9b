"""Reranking: the head in the model's order, within its time, and never without hits where the model fails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import ragmm
from ragmm.config import parse_pipeline
from ragmm.errors import ModelError
from ragmm.indexes.store.snapshot import Snapshot
from ragmm.pipelines.query.fusion import Ranked
from ragmm.pipelines.query.rerank import RerankPlan, rerank
from ragmm.rerankers.base import Candidate
from ragmm.testing import FakeEmbedder, captioned_picture, describe_picture, png_bytes
from ragmm.types import Asset, Item, MediaKind, Modality, ModelInfo
from tests.unit.retrieval import fill_items


class Longest:
    """Scores a candidate by the length of its words, of a picture by its caption."""

    def __init__(self, *media: MediaKind) -> None:
        self.calls: list[list[Candidate]] = []
        kinds = frozenset((MediaKind.TEXT, *media))
        self.info = ModelInfo(name="longest", revision="1", fingerprint="f", kinds=kinds)

    def score(self, question: str, candidates: Sequence[Candidate]) -> NDArray[np.float32]:
        self.calls.append(list(candidates))
        return np.array(
            [len(describe_picture(one.image.data) if one.image else one.text) for one in candidates], np.float32
        )


class Broken(Longest):
    def score(self, question: str, candidates: Sequence[Candidate]) -> NDArray[np.float32]:
        raise ModelError("the weights are damaged")


TEXTS = ["a", "bbbb", "ccc", "dd", "eeeeee"]


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    items = [Item(modality=Modality.PASSAGE, text=text) for text in TEXTS]
    return fill_items(tmp_path / "c", {"one.txt": items}).snapshot()


def ranking(snapshot: Snapshot) -> list[Ranked]:
    return [Ranked(item=item.id, score=1 / rank) for rank, item in enumerate(snapshot.items(), start=1)]


def texts(snapshot: Snapshot, ranked: Iterable[Ranked]) -> list[str]:
    return [item.text for item in snapshot.fetch(one.item for one in ranked)]


def test_the_head_stands_in_the_models_order(snapshot: Snapshot) -> None:
    model = Longest()
    found, warning = rerank(snapshot, "?", ranking(snapshot), RerankPlan(model=model, depth=4, batch=3))
    found = list(found)
    assert texts(snapshot, found) == ["bbbb", "ccc", "dd", "a", "eeeeee"]
    assert warning == ""
    assert [one.score for one in found] == [1 / rank for rank in range(1, 6)]
    assert [len(call) for call in model.calls] == [3, 1]
    assert [(leg.leg, leg.rank, leg.score) for leg in found[0].found_by] == [("rerank", 1, 4.0)]
    assert found[-1].found_by == ()


def test_what_is_not_read_in_time_stands_behind(snapshot: Snapshot) -> None:
    times = iter([0.0, 1.0, 9.0])
    plan = RerankPlan(model=Longest(), depth=5, batch=2, seconds=5.0, clock=lambda: next(times))
    found, warning = rerank(snapshot, "?", ranking(snapshot), plan)
    assert texts(snapshot, found) == ["bbbb", "ccc", "dd", "a", "eeeeee"]
    assert "after 4 of 5 hits" in warning


def test_a_model_that_fails_leaves_the_order(snapshot: Snapshot) -> None:
    found, warning = rerank(snapshot, "?", ranking(snapshot), RerankPlan(model=Broken()))
    assert texts(snapshot, found) == TEXTS
    assert "damaged" in warning


def test_nothing_to_rerank(snapshot: Snapshot) -> None:
    found, warning = rerank(snapshot, "?", [], RerankPlan(model=Longest()))
    assert (list(found), warning) == ([], "")


@pytest.mark.parametrize(("media", "seen"), [((), False), ((MediaKind.IMAGE,), True)])
def test_pictures_are_shown_to_a_model_that_sees(tmp_path: Path, media: tuple[MediaKind, ...], seen: bool) -> None:
    data = png_bytes(captioned_picture("a very long caption of a chart of revenue by region"))
    figure = Item(
        modality=Modality.FIGURE, asset=Asset(data=data, media_type="image/png", width=256, height=256), text="short"
    )
    models = {"shared": FakeEmbedder()}
    store = fill_items(
        tmp_path / "c", {"c.pdf": [figure, Item(modality=Modality.PASSAGE, text="a chart, said")]}, models
    )
    model = Longest(*media)
    pipeline = parse_pipeline('[pipeline]\nroutes = ["shared"]\n[query]\nrerank_depth = 5')
    docs = ragmm.open(store.folder, pipeline=pipeline, models=ragmm.Models(embedders=models, rerank=model))
    result = docs.query("a chart", answer=False)
    assert any(candidate.image is not None for candidate in model.calls[0]) is seen
    assert result.hits[0].item.modality is (Modality.FIGURE if seen else Modality.PASSAGE)
    assert "rerank" in result.timings_ms
