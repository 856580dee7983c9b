"""Which words an item holds and how rare they are, whether its holders are remembered or asked for each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragmm.indexes.store import held_words as module
from ragmm.indexes.store.held_words import held_words
from ragmm.indexes.store.snapshot import Snapshot
from ragmm.types import Item, Locator, Modality
from tests.unit.retrieval import fill_items

TEXTS = ["red apples", "red pears", "red", "the red plum", "nothing of the kind", "RED apples and Pear"]


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    items = [
        Item(modality=Modality.PASSAGE, text=text, locator=Locator(page=1 + n // 2)) for n, text in enumerate(TEXTS)
    ]
    return fill_items(
        tmp_path / "c", {"a.pdf": items, "b.txt": [Item(modality=Modality.PASSAGE, text="a plum")]}
    ).snapshot()


def told(snapshot: Snapshot, *words: str) -> list[float]:
    found = held_words(snapshot, words, [1, 2, 3, 4, 5, 6])
    return [round(share, 3) for share in (found.rarities @ found.held / found.rarities.sum()).tolist()]


def test_rare_words_say_more_than_common_ones(snapshot: Snapshot) -> None:
    apples, pears, red, _, other, both = told(snapshot, "red", "apple", "pear")
    assert other == 0 < red < apples == pears < both == 1
    assert red < 1 / 3


def test_a_word_that_too_many_hold_is_asked_for_each_time(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("red", "apple", "pear", "unheard")
    expected = told(snapshot, *words)
    monkeypatch.setattr(module, "_MOST_HOLDERS", 2)
    assert told(Snapshot(snapshot.folder), *words) == expected


def test_what_is_remembered_is_bounded(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_REMEMBERED", 40)
    expected = told(snapshot, "red", "plum")
    assert [told(snapshot, "red", "plum"), told(snapshot, "plum", "red")] == [expected, expected]
    assert len(module._memories[snapshot].words) == 1


def test_nothing_asked_says_nothing(snapshot: Snapshot) -> None:
    assert held_words(snapshot, [], [1]).held.shape == (0, 1)
    assert held_words(snapshot, ["red"], []).held.shape == (0, 0)
