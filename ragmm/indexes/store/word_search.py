"""Searches by words in one generation: items, whole pages, and the documents that are named like a word."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.records import NamedDocument, Stretch
from ragmm.indexes.store import lexicon, rows
from ragmm.indexes.store.reading import StoredGeneration
from ragmm.indexes.store.word_files import Words
from ragmm.indexes.words.postings import Phrase
from ragmm.indexes.words.ranking import best_first
from ragmm.text.words import NO_WORDS
from ragmm.types import Modality

__all__ = [
    "find_items",
    "find_named",
    "find_stretches",
    "items_of",
    "wordless",
]

Ids = NDArray[np.int64]
_MOST_NAMED = 2_000
_Row = TypeVar("_Row", bound=tuple[float, ...])


def find_items(
    snapshot: StoredGeneration, question: str, k: int, allow: Ids | None = None, idle: Container[str] = NO_WORDS
) -> list[tuple[int, float]]:
    """(item, BM25 score) of live items, best first."""
    words = snapshot.words()
    if words is not None:
        return _ranked_items(snapshot, words, words.phrases(lexicon.sought(question, idle)), k, allow)

    def page(limit: int, offset: int) -> list[tuple[int, float]]:
        return snapshot.read(partial(lexicon.search, question=question, limit=limit, offset=offset, idle=idle))

    found: list[tuple[int, float]] = []
    for rows_ in _pages(page, k):
        visible = snapshot.visible(np.array([row[0] for row in rows_], np.int64), allow)
        found.extend(row for row, seen in zip(rows_, visible.tolist(), strict=True) if seen)
        if len(found) >= k:
            break
    return found[:k]


def find_stretches(
    snapshot: StoredGeneration, question: str, k: int, allow: Ids | None = None, idle: Container[str] = NO_WORDS
) -> list[Stretch]:
    """Pages by BM25 over all their words, best first; none in a collection that was made without this index."""
    words = snapshot.words()
    if words is not None:
        return _ranked_stretches(snapshot, words, words.phrases(lexicon.sought(question, idle)), k, allow)
    if not snapshot.read(lexicon.has_stretches):
        return []

    def page(limit: int, offset: int) -> list[tuple[int, int, float]]:
        return snapshot.read(
            partial(lexicon.search_stretches, question=question, limit=limit, offset=offset, idle=idle)
        )

    found: list[Stretch] = []
    for rows_ in _pages(page, k):
        spans = [_inside(first, min(end, snapshot.next_item), allow) for first, end, _ in rows_]
        live = _live_parts(snapshot, spans)
        found += [Stretch(items=items, score=row[2]) for row, items in zip(rows_, live, strict=True) if len(items)]
        if len(found) >= k:
            break
    return found[:k]


def _ranked_items(
    snapshot: StoredGeneration, words: Words, phrases: tuple[Phrase, ...], k: int, allow: Ids | None
) -> list[tuple[int, float]]:
    table = words.items
    scores, places = table.scores(phrases), None
    if allow is not None:
        places = table.places(allow)
        scores = scores[places]
    found: list[tuple[int, float]] = []
    for page in best_first(scores, k):
        ids = table.ids[page if places is None else places[page]]
        seen = snapshot.visible(ids, allow)
        found += zip(ids[seen].tolist(), scores[page[seen]].tolist(), strict=True)
        if len(found) >= k:
            break
    return found[:k]


def _ranked_stretches(
    snapshot: StoredGeneration, words: Words, phrases: tuple[Phrase, ...], k: int, allow: Ids | None
) -> list[Stretch]:
    table = words.stretches
    scores, places = table.scores(phrases), None
    if allow is not None:
        places = table.places(allow)
        scores = scores[places]
    found: list[Stretch] = []
    for page in best_first(scores, k):
        rows = page if places is None else places[page]
        bounds = zip(table.ids[rows].tolist(), np.minimum(table.ends[rows], snapshot.next_item).tolist(), strict=True)
        live = _live_parts(snapshot, [_inside(first, end, allow) for first, end in bounds])
        ranked = zip(live, scores[page].tolist(), strict=True)
        found += [Stretch(items=items, score=score) for items, score in ranked if len(items)]
        if len(found) >= k:
            break
    return found[:k]


def _live_parts(snapshot: StoredGeneration, parts: Sequence[Ids]) -> list[Ids]:
    """The live ids of each part, looked up all at once."""
    if not parts:
        return []
    seen = snapshot.visible(np.concatenate(parts), None)
    ends = np.cumsum([len(part) for part in parts]).tolist()
    return [part[seen[end - len(part) : end]] for part, end in zip(parts, ends, strict=True)]


def _inside(first: int, end: int, allow: Ids | None) -> Ids:
    if allow is None:
        return np.arange(first, end, dtype=np.int64)
    low, high = np.searchsorted(allow, (first, end))
    return allow[low:high]


def _pages(page: Callable[[int, int], list[_Row]], k: int) -> Iterator[list[_Row]]:
    """Ever larger pages of a ranking, until it ends."""
    offset, limit = 0, max(4 * k, 64)
    while True:
        found = page(limit, offset)
        yield found
        if len(found) < limit:
            return
        offset, limit = offset + limit, limit * 4


def find_named(snapshot: StoredGeneration, words: Sequence[str]) -> list[NamedDocument]:
    """Live documents whose uri holds any of some lower-case words, at most 2,000 of them."""
    if not words:
        return []
    holds = " OR ".join("instr(lower(d.uri), ?)" for _ in words)

    def read(connection: sqlite3.Connection) -> list[tuple[str | bytes, int, int]]:
        return connection.execute(
            "SELECT d.uri, c.first_item, c.items FROM documents d JOIN contents c ON c.id = d.content "
            f"WHERE d.born <= ? AND d.died > ? AND c.items > 0 AND ({holds}) LIMIT ?",
            (snapshot.generation, snapshot.generation, *words, _MOST_NAMED),
        ).fetchall()

    return [
        NamedDocument(uri=rows.path_from_db(uri), first_item=first, items=items)
        for uri, first, items in snapshot.read(read)
    ]


def items_of(documents: Sequence[NamedDocument], allow: Ids | None = None) -> Ids:
    """Ascending ids of the documents' items, as far as they are allowed."""
    spans = sorted({(one.first_item, one.first_item + one.items) for one in documents})
    return np.concatenate([_inside(first, end, allow) for first, end in spans] or [np.empty(0, np.int64)])


def wordless(snapshot: StoredGeneration, items: Iterable[int]) -> list[int]:
    """Those of these items that say nothing themselves, ascending: at most it is known what a photograph looks like."""
    sql = (
        f"SELECT id FROM items WHERE id {rows.ONE_OF} AND text = ''"
        f" AND (context = '' OR modality = '{Modality.PHOTO}') ORDER BY id"
    )
    ids = rows.id_list(items)
    return snapshot.read(lambda connection: [row[0] for row in connection.execute(sql, (ids,))])
