"""Relevance: what it rests on, that it stays in [0, 1], and that it orders the best."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

import ragmm
from ragmm.indexes.store.item_places import item_places
from ragmm.pipelines.query.clues import Evidence
from ragmm.pipelines.query.fusion import Ranked
from ragmm.pipelines.query.relevance import relevance_of, telling_words, weighed
from ragmm.testing import FakeEmbedder, png_bytes
from ragmm.types import Asset, Item, Modality
from tests.unit.retrieval import fill_items


def said(distance: float | None, share: float | None, kind: str = "text") -> float:
    return relevance_of(Evidence(kind=kind, distance=distance, share=share))


def test_more_of_either_sign_is_more_relevant() -> None:
    assert said(5.0, 0.6) > said(3.0, 0.6) > said(3.0, 0.2)
    assert said(None, 0.9) > said(None, 0.3)
    assert said(6.0, None) > said(2.0, None)


def test_it_is_a_share_of_one() -> None:
    for distance in (None, -5.0, 0.0, 4.0, 1000.0):
        for share in (None, 0.0, 1.0):
            assert 0 <= said(distance, share) <= 1
    assert said(None, None) == 0.0


def test_what_chance_brings_is_hardly_relevant() -> None:
    assert said(2.5, 0.1) < 0.05
    assert said(2.5, None) < 0.05
    assert said(None, 0.1) < 0.05
    assert said(6.0, 0.8) > 0.9


def test_it_means_the_same_for_texts_and_images() -> None:
    assert said(4.0, 0.5, "text") == said(4.0, 0.5, "image")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is the quick ratio?", ["quick", "ratio"]),
        ("what is", ["what", "is"]),
        ("袋鼠岛", ["袋鼠", "鼠岛"]),
        ("", []),
    ],
)
def test_words_that_tell(question: str, words: list[str]) -> None:
    assert telling_words(question) == words


def test_a_question_about_nothing_here_has_no_relevant_hit(tmp_path: Path) -> None:
    texts = [f"the {a} of the {b} in {year}" for a in ("cost", "size") for b in ("quay", "mill") for year in range(15)]
    items = {f"{n}.txt": [Item(modality=Modality.PASSAGE, text=text)] for n, text in enumerate(texts)}
    models = {"text": FakeEmbedder(256, ["text"])}
    docs = ragmm.open(fill_items(tmp_path / "c", items, models).folder, models=ragmm.Models(embedders=models))
    right = docs.search("cost of the quay in 7")
    assert right[0].item.text == "the cost of the quay in 7"
    assert right[0].relevance == max(hit.relevance for hit in right) > 0.5
    assert all(hit.relevance < 0.1 for hit in docs.search("who painted the chapel ceiling"))


def test_where_no_vector_tells_words_decide_between_kinds_but_not_within_one(tmp_path: Path) -> None:
    picture = Asset(data=png_bytes(Image.new("RGB", (8, 8))), media_type="image/png", width=8, height=8)
    told = Item(modality=Modality.PASSAGE, text="The crossing to Gull Rock takes 70 minutes.")
    items = {
        "a.png": [Item(modality=Modality.PHOTO, asset=picture, text="Diesel")],
        "b.md": [told],
        "c.md": [Item(modality=Modality.PASSAGE, text="Tea.")],
    }
    snapshot = fill_items(tmp_path / "c", items).snapshot()
    ids = {item.uri: item.id for item in snapshot.items()}

    def order(*names: str) -> list[int]:
        ranked = [Ranked(item=ids[name], score=0.8 - 0.02 * n) for n, name in enumerate(names)]
        head, _ = weighed(
            snapshot, "How long does the crossing to Gull Rock take?", ranked, item_places(snapshot, ids.values())
        )
        return [one.item for one in head]

    assert order("a.png", "b.md") == [ids["b.md"], ids["a.png"]]
    assert order("c.md", "b.md") == [ids["c.md"], ids["b.md"]]
