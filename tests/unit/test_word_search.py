"""Words over one generation: items and whole pages, live and allowed ones only, whatever became of the rest."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from ragmm.errors import StorageError
from ragmm.indexes.records import Retention
from ragmm.indexes.store.store import Store
from ragmm.indexes.store.word_search import find_items, find_stretches
from ragmm.types import Item, Locator, Modality
from tests.unit.retrieval import fill_items


def page(number: int | None, *texts: str) -> list[Item]:
    return [Item(modality=Modality.PASSAGE, text=text, locator=Locator(page=number)) for text in texts]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    documents = {
        "a.pdf": [*page(1, "red apples", "green pears"), *page(2, "red pears", "blue plums"), *page(3, "nothing")],
        "b.txt": page(None, "red", "apples"),
    }
    return fill_items(tmp_path / "c", documents)


def pages(store: Store, question: str, allow: list[int] | None = None) -> list[list[int]]:
    allowed = None if allow is None else np.array(allow, np.int64)
    return [found.items.tolist() for found in find_stretches(store.snapshot(), question, 10, allowed)]


def test_a_page_is_found_by_words_of_several_items(store: Store) -> None:
    assert pages(store, "apples and green pears")[0] == [1, 2]
    assert pages(store, "blue and red")[0] == [3, 4]
    assert pages(store, "plums") == [[3, 4]]
    assert pages(store, "melons") == []


def test_only_allowed_items(store: Store) -> None:
    assert pages(store, "pears", [2, 5]) == [[2]]
    assert pages(store, "pears", []) == []
    found = find_items(store.snapshot(), "red", 10, np.array([3, 6], np.int64))
    assert sorted(item for item, _ in found) == [3, 6]


def test_removed_documents_are_not_found(store: Store) -> None:
    old = store.snapshot()
    with store.writer("test") as writer:
        writer.commit(removed=["/source/a.pdf"])
    assert pages(store, "red apples") == [[6, 7]]
    assert [item for item, _ in find_items(store.snapshot(), "pears", 10)] == []
    assert len(find_stretches(old, "pears", 10)) == 2


def count(store: Store) -> int:
    return int(store.snapshot().read(lambda db: db.execute("SELECT COUNT(*) FROM stretches_docsize").fetchone()[0]))


def test_forgotten_documents_leave_no_words(store: Store) -> None:
    assert count(store) == 4
    with store.writer("test") as writer:
        writer.commit(removed=["/source/a.pdf"])
    for _ in range(4):
        store.compact(Retention(generations=1, runs=1, seconds=0))
    assert count(store) == 1
    assert pages(store, "red apples pears plums") == [[6, 7]]


def test_repair_makes_the_table_that_an_older_collection_lacks(store: Store) -> None:
    with store.writer("test") as writer:
        writer.connection.execute("DROP TABLE stretches")
    assert find_stretches(store.snapshot(), "red", 10) == []
    store.repair(lambda space, kind, items: np.zeros((len(items), 1), np.float32))
    assert pages(store, "plums") == [[3, 4]]


def test_a_database_that_is_kept_locked_is_not_called_damaged(tmp_path: Path) -> None:
    store = fill_items(tmp_path / "c", {"a.txt": [Item(modality=Modality.PASSAGE, text="a")]})
    snapshot = store.snapshot()

    def locked(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA busy_timeout = 0")
        other = sqlite3.connect(tmp_path / "c" / "collection.db", isolation_level=None)
        try:
            other.execute("BEGIN EXCLUSIVE")
            connection.execute("SELECT COUNT(*) FROM items").fetchone()
        finally:
            other.close()

    with pytest.raises(StorageError, match="keeps it locked"):
        snapshot.read(locked)
