"""Misspelt questions: what is put right, by which words, what is left alone, and that it is said."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import ragmm
from ragmm.indexes.contracts import Snapshot
from ragmm.indexes.store.store import Store
from ragmm.models.common_words import common_words
from ragmm.pipelines.query.glossary import Glossary
from ragmm.pipelines.query.question import Asked, Question
from ragmm.pipelines.query.spelling import corrected
from ragmm.testing import FakeEmbedder
from ragmm.text.spelling import edits, edits_of_beginning
from ragmm.types import Correction, Item, Modality
from tests.unit.retrieval import fill_items

TEXTS = {
    "ferry.md": "The ferry carried 388,000 passengers from July to September. The captain is Ada Holm.",
    "port.md": "The harbour company delivered new lighthouses. Its companies operate in two cities.",
    "rare.md": "The quaich of Gull Rock is kept in the chapel.",
    "quick.md": "Quiche and quick bread of eleven countries. Quick, quick! The chapels close at six.",
    "german.md": "Die Fähre fährt täglich, auch an Feiertagen.",
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    items = {name: [Item(modality=Modality.PASSAGE, text=text)] for name, text in TEXTS.items()}
    return fill_items(tmp_path / "c", items)


@pytest.fixture
def snapshot(store: Store) -> Snapshot:
    return store.snapshot()


def put_right(snapshot: Snapshot, question: str, glossary: Glossary | None = None) -> str:
    return corrected(snapshot, Asked(text=question), glossary).searched


@pytest.mark.parametrize(
    ("word", "other", "slips"),
    [
        ("ferry", "ferry", 0),
        ("frery", "ferry", 1),
        ("fery", "ferry", 1),
        ("ferrry", "ferry", 1),
        ("ferty", "ferry", 1),
        ("fyrre", "ferry", 2),
        ("", "ab", 2),
        ("ab", "ba", 1),
    ],
)
def test_edits(word: str, other: str, slips: int) -> None:
    assert edits(word, other, 9) == edits(other, word, 9) == slips
    assert edits(word, other, 0) == min(slips, 1)


def test_edits_beyond_the_most_are_not_told_apart() -> None:
    rng = random.Random(3)
    words = ["".join(rng.choices("abc", k=rng.randrange(1, 9))) for _ in range(16)]
    for one in words:
        for other in words:
            whole = edits(one, other, 99)
            assert [edits(one, other, most) for most in range(4)] == [min(whole, most + 1) for most in range(4)]
            parts = [edits(one, other[:size], 99) for size in range(len(other) + 1)]
            assert edits_of_beginning(one, other, 2) == min(*parts, 3)


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("How many pasengers came?", "How many passengers came?"),
        ("Who is the Captian?", "Who is the Captain?"),
        ("compnay", "company"),
        ("ocmpany", "company"),
        ("xcompany", "company"),
        ("deliverd", "delivered"),
        ("citeis", "cities"),
        ("lightuoses", "lighthouses"),  # two slips in a long word
        ("septembre", "september"),
        ("Feiertagan", "Feiertagen"),
        ("tägllich", "täglich"),
    ],
)
def test_a_misspelt_word_is_searched_for_as_the_collection_spells_it(
    snapshot: Snapshot, question: str, searched: str
) -> None:
    assert put_right(snapshot, question) == searched


def test_a_slip_in_a_plural_whose_stem_ends_in_an_i_is_one_slip(snapshot: Snapshot) -> None:
    assert [near.word for near in snapshot.near_words("countires", 1)] == ["countries"]


def test_a_misspelt_word_beside_a_rare_right_one(snapshot: Snapshot) -> None:
    """The quaich stands in one text and is one slip from the quiche: it is right, and stays."""
    asked = corrected(snapshot, Asked(text="Where is the quaich of the chappel?"))
    assert asked.searched == "Where is the quaich of the chapel?"
    assert asked.corrections == (Correction(word="chappel", searched="chapel"),)


@pytest.mark.parametrize(
    "question",
    [
        "passenger",  # another form of a word that is there
        "“pasengers”",
        '"pasengers"',
        "pasen*",
        "A-388-pasenger captian2 p@ssengers",
        "CAPTIA",
        "capt",  # nothing near
        "which would have been there",
        "乘客 来自七月",
        "",
    ],
)
def test_what_is_left_alone(snapshot: Snapshot, question: str) -> None:
    assert put_right(snapshot, question) == question


def test_a_word_of_the_language_is_no_slip_though_the_collection_lacks_it(snapshot: Snapshot) -> None:
    asked = corrected(snapshot, Asked(text="chappel captian"), common=lambda: {"chappel"})
    assert [one.word for one in asked.corrections] == ["captian"]
    assert {"grow", "cost", "harbour"} <= common_words()


def test_words_of_a_glossary_and_of_names_of_files_are_known(tmp_path: Path) -> None:
    items = {"capes/pieces.txt": [Item(modality=Modality.PASSAGE, text="The caper and the fleets of piers.")]}
    snapshot = fill_items(tmp_path / "c", items).snapshot()
    assert put_right(snapshot, "capex of fleetz") == "caper of fleets"
    glossary = Glossary(meanings=((("capex",), ("purchases of equipment",)),))
    assert put_right(snapshot, "capex of fleetz", glossary) == "capex of fleets"
    assert put_right(snapshot, "piece") == "piece"
    assert put_right(snapshot, "piecé") == "piecé"


def test_of_two_words_that_are_as_near_the_more_frequent_is_meant(tmp_path: Path) -> None:
    texts = ["The carton is full."] + [f"Cartoon {number} is drawn." for number in range(6)]
    items = {f"{n}.txt": [Item(modality=Modality.PASSAGE, text=text)] for n, text in enumerate(texts)}
    assert put_right(fill_items(tmp_path / "c", items).snapshot(), "cartooon") == "cartoon"
    assert put_right(fill_items(tmp_path / "d", items).snapshot(), "cartron") == "cartoon"


def test_another_language_is_not_bent_to_this_one(tmp_path: Path) -> None:
    words = ["harbor", "mortal", "silver", "winter", "garden", "butter"]
    items = {"a.txt": [Item(modality=Modality.PASSAGE, text=" ".join(words))]}
    snapshot = fill_items(tmp_path / "c", items).snapshot()
    assert put_right(snapshot, "harbar silvar") == "harbor silver"
    asked = "harbar mortel silvar wintar gardan"
    assert put_right(snapshot, asked) == asked


def test_the_words_of_the_question_before_are_put_right_too(snapshot: Snapshot) -> None:
    asked = corrected(snapshot, Question("And the captian?", history=[("Who sails the fery?", "Ada Holm")]).asked(None))
    assert asked.searched == "Who sails the captain?"
    asked = corrected(
        snapshot, Question("Why does it leak?", history=[("Who sails the fery?", "Ada Holm")]).asked(None)
    )
    assert asked.searched == "Why does the ferry leak?"


def test_it_is_found_answered_and_said(store: Store) -> None:
    models = ragmm.Models(embedders={"text": FakeEmbedder(16, ["text"])})
    result = ragmm.open(store.folder, models=models).query("How many pasengers did the fery carry?")
    assert result.question == "How many pasengers did the fery carry?"
    assert result.hits[0].item.uri == "ferry.md"
    assert result.hits[0].relevance > 0.5
    assert {(one.word, one.searched) for one in result.corrections} == {("pasengers", "passengers"), ("fery", "ferry")}
    assert "388,000 passengers" in result.text


def test_it_can_be_turned_off(store: Store) -> None:
    from ragmm.config import parse_pipeline

    pipeline = parse_pipeline("[query]\nspelling = false\n")
    docs = ragmm.open(store.folder, pipeline=pipeline, models=ragmm.Models(embedders={}))
    assert docs.query("pasengers", answer=False).corrections == ()
    assert not docs.search("pasengers")


def test_a_word_of_any_length_costs_little(snapshot: Snapshot) -> None:
    question = "a" * 200_000
    assert put_right(snapshot, question) == question
