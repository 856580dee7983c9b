"""Relevance: what it rests on, that it stays in [0, 1], and that it orders the best."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import ragmm
from ragmm.indexes.store.item_places import item_places
from ragmm.pipelines.query.clues import Evidence
from ragmm.pipelines.query.fusion import Ranked
from ragmm.pipelines.query.named_places import named_documents
from ragmm.pipelines.query.question import Asked
from ragmm.pipelines.query.relevance import QuestionClues, relevance_of, telling_words, weighed
from ragmm.testing import FakeEmbedder, png_bytes
from ragmm.types import Asset, Item, MediaKind, Modality
from tests.unit.retrieval import fill_items

TEXT = MediaKind.TEXT


def said(distance: float | None, share: float | None, kind: MediaKind = TEXT) -> float:
    return relevance_of(Evidence(kind=kind, distance=distance, share=share))


def test_more_of_either_sign_is_more_relevant() -> None:
    assert said(5.0, 0.6) > said(3.0, 0.6) > said(3.0, 0.2)
    assert said(None, 0.9) > said(None, 0.3)
    assert said(6.0, None) > said(2.0, None)
    for sign in ("votes", "apart", "page"):
        assert relevance_of(replace(Evidence(kind=TEXT, distance=3.0, share=0.5), **{sign: 0.9})) > said(3.0, 0.5)


def test_it_is_a_share_of_one() -> None:
    for distance in (None, -5.0, 0.0, 4.0, 1000.0):
        for share in (None, 0.0, 1.0):
            assert 0 <= said(distance, share) <= 1


def test_what_chance_brings_is_hardly_relevant() -> None:
    assert said(2.5, 0.1) < 0.1
    assert said(1.0, None) < 0.1
    assert said(None, 0.1) < 0.2
    best = Evidence(kind=TEXT, distance=6.0, share=0.9, apart=0.9, page=1.0, votes=0.9)
    assert relevance_of(best) > 0.7


def test_a_picture_whose_words_are_asked_stands_before_one_without_any() -> None:
    """In a collection too small for distances to tell anything: a chart beside signs."""
    sign = Evidence(kind=MediaKind.IMAGE, votes=0.85, sought=True)
    chart = replace(sign, share=0.6, apart=0.6, page=0.6, votes=0.8)
    assert relevance_of(chart) > relevance_of(sign)


def test_it_means_the_same_for_texts_and_images() -> None:
    assert said(4.0, 0.5, TEXT) == said(4.0, 0.5, MediaKind.IMAGE)


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


def test_words_decide_where_no_vector_tells_between_kinds_and_within_one(tmp_path: Path) -> None:
    order = _orders(
        tmp_path,
        {
            "a.png": Item(modality=Modality.PHOTO, asset=_PICTURE, text="Diesel"),
            "b.md": Item(modality=Modality.PASSAGE, text="The crossing to Gull Rock takes 70 minutes."),
            "c.md": Item(modality=Modality.PASSAGE, text="Tea."),
        },
    )
    question = "How long does the crossing to Gull Rock take?"
    assert order(question, "a.png", "b.md") == ["b.md", "a.png"]
    assert order(question, "c.md", "b.md") == ["b.md", "c.md"]


def test_a_picture_without_the_kind_of_value_that_is_asked_for_stands_behind_words(tmp_path: Path) -> None:
    order = _orders(
        tmp_path,
        {
            "bare.png": Item(modality=Modality.PHOTO, asset=_PICTURE),
            "told.png": Item(modality=Modality.FIGURE, asset=_PICTURE, text="Crossing to Gull Rock: slow"),
            "timed.png": Item(modality=Modality.FIGURE, asset=_PICTURE, text="Crossing to Gull Rock: 70 minutes"),
            "b.md": Item(modality=Modality.PASSAGE, text="The crossing is long."),
        },
    )
    pictures = ("bare.png", "told.png", "timed.png")
    fact = order("How long is the crossing to Gull Rock?", *pictures, "b.md")
    assert fact[0] == "timed.png"
    assert fact.index("b.md") < fact.index("told.png")
    assert fact.index("b.md") < fact.index("bare.png")
    assert order("Show me a picture of the crossing to Gull Rock", *pictures, "b.md")[-1] == "b.md"


def test_what_is_shown_falls_in_relevance(tmp_path: Path) -> None:
    places = ("quay", "mill", "ferry", "pier")
    items = {
        f"{place}-{n}.txt": [
            Item(modality=Modality.PASSAGE, text=f"{place} costs {n} in year {n % 7} of {places[n % 4]}")
        ]
        for place in places
        for n in range(40)
    }
    items |= {f"{n}.png": [Item(modality=Modality.PHOTO, asset=_PICTURE, text=f"mill {n}")] for n in range(5)}
    models = {"text": FakeEmbedder(64, ["text"]), "shared": FakeEmbedder(32, ["text", "image"])}
    docs = ragmm.open(fill_items(tmp_path / "c", items, models).folder, models=ragmm.Models(embedders=models))
    for question in ("What does the mill cost in year 3?", "quay of ferry", "a picture of the mill 3", "nothing of it"):
        for k in (3, 60):
            hits = docs.search(question, k=k)
            assert [hit.relevance for hit in hits] == sorted((hit.relevance for hit in hits), reverse=True)
            assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
            assert all(abs(hit.score - hit.relevance) < 1e-4 for hit in hits)


def test_what_a_photograph_is_said_to_show_speaks_for_it_and_never_against(tmp_path: Path) -> None:
    photo = Item(modality=Modality.PHOTO, asset=_PICTURE)
    items = {
        "terrier.png": replace(photo, context="looks like: terrier, dog, animal"),
        "gull.png": replace(photo, context="looks like: gull, bird, animal"),
        "unseen.png": photo,
        "rules.txt": Item(modality=Modality.PASSAGE, text="Dogs are kept on a lead near the sheds."),
    }
    order = _orders(tmp_path, items)
    assert order("a dog", "unseen.png", "gull.png", "terrier.png")[0] == "terrier.png"
    assert order("winter", "gull.png", "unseen.png")[0] == "gull.png", "as the lists have them"
    asked = "How far from the sheds are dogs kept on a lead?"
    assert order(asked, "terrier.png", "gull.png", "rules.txt")[0] == "rules.txt"


def test_what_the_name_of_a_document_says_all_of_it_says(tmp_path: Path) -> None:
    row = Item(modality=Modality.TABLE, text="| Year | December |\n| --- | --- |\n| 1997 | 27.08 |")
    items = {
        "elnino.csv": row,
        "deaths.csv": replace(row, text="| Year | Extreme temperature |\n| --- | --- |\n| 1997 | 604 |"),
        "rules.txt": Item(modality=Modality.PASSAGE, text="Dogs are kept on a lead near the sheds."),
    }
    order = _orders(tmp_path, items)
    assert order("El Nino temperature in 1997", "deaths.csv", "elnino.csv")[0] == "elnino.csv"
    assert order("Extreme temperature in 1997", "elnino.csv", "deaths.csv")[0] == "deaths.csv"


_PICTURE = Asset(data=png_bytes(Image.new("RGB", (8, 8))), media_type="image/png", width=8, height=8)


def _orders(folder: Path, items: Mapping[str, Item]) -> Callable[..., list[str]]:
    """(question, names from the first of the lists down) to the names in the order of their relevance."""
    snapshot = fill_items(folder / "c", {name: [item] for name, item in items.items()}).snapshot()
    ids = {item.uri: item.id for item in snapshot.items()}
    names = {item: name for name, item in ids.items()}

    def order(question: str, *ranking: str) -> list[str]:
        ranked = [Ranked(item=ids[name], score=0.8 - 0.02 * n) for n, name in enumerate(ranking)]
        clues = QuestionClues(named=named_documents(snapshot, question))
        head, _ = weighed(snapshot, Asked(text=question), ranked, item_places(snapshot, ids.values()), clues)
        return [names[one.item] for one in head]

    return order
