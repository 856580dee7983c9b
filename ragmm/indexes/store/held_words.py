"""Which of a question's words an item holds, and how rare they are."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.records import HeldWords
from ragmm.indexes.store import rows
from ragmm.indexes.store.lexicon import Sought
from ragmm.indexes.store.reading import StoredGeneration
from ragmm.indexes.store.word_files import Words

__all__ = ["held_words"]

Ids = NDArray[np.int64]
_MOST_HOLDERS = 4_000
"""Of a word: the items that hold it are remembered, for the next question that uses it. Beyond, only how many."""
_MOST_COUNTED = 20_000
"""A word that more items hold is common; how common does not matter."""
_MOST_REMEMBERED = 2_000_000
"""Items, over all words."""


@dataclass(frozen=True, kw_only=True)
class _Word:
    """Who holds a word, of any generation: rarity is a matter of size."""

    count: int
    holders: Ids | None
    """Ascending; None for a word that too many hold."""


@dataclass(eq=False)
class _Memory:
    """What is known of one generation's words."""

    words: dict[str, _Word] = field(default_factory=dict)
    size: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, connection: sqlite3.Connection, words: Sequence[str]) -> dict[str, _Word]:
        with self.lock:
            found = {word: self.words.get(word) or _looked_up(connection, word) for word in words}
            for word in found.keys() - self.words.keys():
                self._remember(word, found[word])
        return found

    def _remember(self, word: str, found: _Word) -> None:
        size = 32 + (0 if found.holders is None else len(found.holders))
        if self.size + size > _MOST_REMEMBERED:
            self.words.clear()
            self.size = 0
        self.words[word] = found
        self.size += size


_memories: WeakKeyDictionary[StoredGeneration, _Memory] = WeakKeyDictionary()


def held_words(snapshot: StoredGeneration, words: Sequence[str], items: Sequence[int]) -> HeldWords:
    """Of each word which of the items hold it; nothing is looked up where there are no words or no items."""
    asked = np.array(items, np.int64)
    if not words or not items:
        return HeldWords(items=asked, rarities=np.zeros(0), held=np.zeros((0, len(asked)), bool))
    files = snapshot.words()
    said = _in_files(files, words, asked) if files is not None else _in_tables(snapshot, words, asked)
    return HeldWords(
        items=asked,
        rarities=np.array([math.log(1 + snapshot.item_count / (said[word].count + 1)) for word in words]),
        held=np.array([said[word].held for word in words]),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Holders:
    """How many items hold a word, and which of those asked about do."""

    count: int
    held: NDArray[np.bool_]


def _in_files(files: Words, words: Sequence[str], asked: Ids) -> dict[str, _Holders]:
    phrases = files.phrases([Sought(word) for word in words])
    return {
        word: _Holders(min(files.items.count(phrase), _MOST_COUNTED), files.items.holds(phrase, asked))
        for word, phrase in zip(words, phrases, strict=True)
    }


def _in_tables(snapshot: StoredGeneration, words: Sequence[str], asked: Ids) -> dict[str, _Holders]:
    memory = _memories.setdefault(snapshot, _Memory())
    known = snapshot.read(lambda connection: memory.of(connection, words))
    return {word: _Holders(one.count, _held(snapshot, word, one.holders, asked)) for word, one in known.items()}


def _held(snapshot: StoredGeneration, word: str, holders: Ids | None, asked: Ids) -> NDArray[np.bool_]:
    return _in(asked, holders) if holders is not None else _holding(snapshot, word, asked)


def _in(asked: Ids, holders: Ids) -> NDArray[np.bool_]:
    at = np.searchsorted(holders, asked)
    held: NDArray[np.bool_] = (at < len(holders)) & (np.append(holders, -1)[at] == asked)
    return held


def _holding(snapshot: StoredGeneration, word: str, asked: Ids) -> NDArray[np.bool_]:
    sql = f"SELECT rowid FROM lexicon WHERE lexicon MATCH ? AND rowid {rows.ONE_OF}"
    ids = rows.id_list(asked.tolist())
    found = snapshot.read(lambda connection: connection.execute(sql, (_quoted(word), ids)).fetchall())
    return np.isin(asked, np.array([row[0] for row in found], np.int64))


def _looked_up(connection: sqlite3.Connection, word: str) -> _Word:
    held = connection.execute(
        "SELECT rowid FROM lexicon WHERE lexicon MATCH ? LIMIT ?", (_quoted(word), _MOST_HOLDERS + 1)
    ).fetchall()
    if len(held) <= _MOST_HOLDERS:
        return _Word(count=len(held), holders=np.sort(np.array([row[0] for row in held], np.int64)))
    counted = "SELECT COUNT(*) FROM (SELECT 1 FROM lexicon WHERE lexicon MATCH ? LIMIT ?)"
    return _Word(count=int(connection.execute(counted, (_quoted(word), _MOST_COUNTED)).fetchone()[0]), holders=None)


def _quoted(word: str) -> str:
    return f'"{word}"'
