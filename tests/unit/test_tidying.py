"""The tables of words are merged where deletions have worn them, within a time."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

import pytest

from ragmm.indexes.store import tidying, transactions
from ragmm.indexes.store.store import Store
from ragmm.indexes.store.tidying import note_forgotten, tidy
from tests.unit.sync_desk import Desk, filled_desk


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with filled_desk(monkeypatch, 60) as desk:
        desk.night()
        yield desk


def test_words_of_what_is_gone_are_merged_away(desk: Desk) -> None:
    """FTS5 keeps a note of every word of a deleted item until someone merges."""

    def segments() -> int:
        with contextlib.closing(sqlite3.connect(desk.folder / "collection.db")) as db:
            return int(db.execute("SELECT COUNT(DISTINCT segid) FROM lexicon_idx").fetchone()[0])

    worn = []
    for night in range(12):
        for number in range(8):
            desk.write(f"part{number % 3}/{number:03}.txt", f"Version {night} of document {number}.")
        desk.night()
        worn.append(segments())
    assert worn.count(1) >= 1, "merged whole, now and then"
    assert worn.count(1) < len(worn), "and not every night"
    assert desk.open().verify(deep=True).ok
    with desk.open() as docs:
        assert docs.search("version 11 document 7")[0].item.text == "Version 11 of document 7."


def test_a_merge_that_takes_too_long_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "_STEPS", 1)
    digest = desk.digest()
    with Store(desk.folder).writer("tidy") as writer:
        with transactions.commit(writer.connection, writer.database, "note"):
            note_forgotten(writer.connection, 10_000)
        looks = iter([False])
        assert not tidy(writer, lambda: next(looks, True))
        assert tidy(writer, lambda: False)
        assert not tidy(writer, lambda: False), "done"
    assert desk.digest() == digest
    assert desk.open().verify(deep=True).ok
