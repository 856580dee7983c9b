"""Rows by how well they fit some phrases: the same BM25 as SQLite's FTS5, summed in the same order, all at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.words.postings import Phrase, Postings, Posts

__all__ = ["Part", "WordTable", "best_first"]

_K1, _B = 1.2, 0.75
_LEAST_RARITY = 1e-6
"""FTS5's: of a phrase that more than half of the rows hold."""
_AT_ONCE = 1 << 15
"""Postings: what is done with them stays in the processor's cache."""
_GROUP = 64
_MOST_KEPT = 4_000_000
"""Postings of phrases that had to be put together, for the next question that uses them."""
_MOST_SCORED = 4
"""Rankings that are kept: a question asks for the same words in everything and in what it names."""

Ids = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """Rows of one file, or of memory, and which of them are no more: ranges of places. Shapes: (n,), (n,)."""

    postings: Postings
    gone_from: Ids
    gone_to: Ids

    @property
    def gone(self) -> int:
        return int((self.gone_to - self.gone_from).sum())


class WordTable:
    """One ranking over several parts, whose ids ascend from part to part. Safe to use from several threads."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self._bases = np.cumsum([0, *(len(part.postings) for part in parts)]).tolist()
        self.rows = self._bases[-1] - sum(part.gone for part in parts)
        self.ids: Ids = _joined([part.postings.ids for part in parts])
        self.ends: Ids = _joined([part.postings.ends for part in parts])
        lengths: NDArray[np.uint32] = _joined([part.postings.lengths for part in parts])
        self.tokens = int(lengths.sum(dtype=np.int64))
        for part, base in zip(parts, self._bases[:-1], strict=True):
            for first, last in zip((part.gone_from + base).tolist(), (part.gone_to + base).tolist(), strict=True):
                self.tokens -= int(lengths[first:last].sum(dtype=np.int64))
        average = self.tokens / self.rows if self.rows else 1.0
        self._norms = _K1 * (1 - _B + _B * lengths / (average or 1.0))
        self._kept: dict[Phrase, list[Posts]] = {}
        self._size = 0
        self._scored: dict[tuple[Phrase, ...], NDArray[np.float64]] = {}

    def holds(self, phrase: Phrase, ids: Ids) -> NDArray[np.bool_]:
        """Which rows hold a phrase, of some in any order. Shape: (len(ids),)."""
        at = np.minimum(np.searchsorted(self.ids, ids), max(0, len(self.ids) - 1))
        held = np.zeros(len(ids), bool)
        for posts, base in zip(self._find(phrase), self._bases[:-1], strict=True):
            if len(posts.rows):
                places = at - base
                found = np.minimum(np.searchsorted(posts.rows, places), len(posts.rows) - 1)
                held |= posts.rows[found] == places
        return held & (self.ids[at] == ids) if len(self.ids) else held

    def count(self, phrase: Phrase) -> int:
        """How many rows hold a phrase."""
        return sum(_held(part, posts) for part, posts in zip(self.parts, self._find(phrase), strict=True))

    def terms_like(self, start: str, word: str, most: int, sizes: range) -> list[tuple[str, int]]:
        """As of one part; a term that stands in several comes once for each."""
        return [one for part in self.parts for one in part.postings.terms_like(start, word, most, sizes)]

    def holders(self, phrase: Phrase) -> Ids:
        """Ascending ids of the rows that hold a phrase."""
        found = zip(self.parts, self._find(phrase), strict=True)
        ids: Ids = _joined([part.postings.ids[posts.rows] for part, posts in found])
        return ids

    def places(self, ids: Ids) -> Ids:
        """Ascending places of the rows that stand for any of some ascending ids."""
        at = np.searchsorted(self.ids, ids, side="right") - 1
        at = at[(at >= 0) & (ids < self.ends[at])] if len(self.ids) else at[:0]
        places: Ids = at[np.append(True, at[1:] > at[:-1])] if len(at) else at
        return places

    def scores(self, phrases: tuple[Phrase, ...]) -> NDArray[np.float64]:
        """Of every row, 0 for one that holds none of the phrases; not to be written to. Shape: (rows of all parts,)."""
        known = self._scored.get(phrases)
        if known is None:
            known = self._scores(phrases)
            if len(self._scored) >= _MOST_SCORED:
                self._scored.clear()
            self._scored[phrases] = known
        return known

    def _scores(self, phrases: Sequence[Phrase]) -> NDArray[np.float64]:
        scores = np.zeros(self._bases[-1])
        found: list[tuple[Posts, int, float]] = []
        for phrase in phrases:
            everywhere = self._find(phrase)
            held = sum(_held(part, posts) for part, posts in zip(self.parts, everywhere, strict=True))
            rarity = math.log((self.rows - held + 0.5) / (held + 0.5)) if held < self.rows else 0.0
            rarity = rarity if rarity > 0 else _LEAST_RARITY
            found += [
                (posts, base, rarity)
                for posts, base in zip(everywhere, self._bases[:-1], strict=True)
                if len(posts.rows)
            ]
        for group in _groups(found):
            self._add(scores, group)
        for part, base in zip(self.parts, self._bases[:-1], strict=True):
            for first, last in zip((part.gone_from + base).tolist(), (part.gone_to + base).tolist(), strict=True):
                scores[first:last] = 0.0
        return scores

    def _add(self, scores: NDArray[np.float64], group: Sequence[tuple[Posts, int, float]]) -> None:
        rows = np.concatenate([posts.rows + np.int64(base) for posts, base, _ in group])
        often = np.concatenate([posts.counts for posts, _, _ in group]) * 0.5
        rarity = np.repeat([rarity for _, _, rarity in group], [len(posts.rows) for posts, _, _ in group])
        worth = rarity * ((often * (_K1 + 1.0)) / (often + self._norms[rows]))
        np.add.at(scores, rows, worth)

    def _find(self, phrase: Phrase) -> list[Posts]:
        if not phrase.terms:
            return [_NOTHING] * len(self.parts)
        known = self._kept.get(phrase)
        if known is None:
            known = [part.postings.find(phrase) for part in self.parts]
            if len(phrase.terms) > 1 or phrase.open_:
                self._keep(phrase, known)
        return known

    def _keep(self, phrase: Phrase, found: list[Posts]) -> None:
        size = sum(len(posts.rows) for posts in found)
        if self._size + size > _MOST_KEPT:
            self._kept.clear()
            self._size = 0
        self._kept[phrase] = found
        self._size += size


_NOTHING = Posts(np.empty(0, np.uint32), np.empty(0, np.uint8))


def best_first(scores: NDArray[np.float64], count: int) -> Iterator[Ids]:
    """Places of what scores more than 0, best first, ties by place: ever larger pages of them."""
    done = 0
    while True:
        bar = _bar(scores, done + count)
        here = np.flatnonzero(scores >= bar) if bar > 0 else np.flatnonzero(scores > 0)
        order = here[np.lexsort((here, -scores[here]))]
        yield order[done:]
        if bar <= 0:
            return
        done, count = len(order), count * 4


def _bar(scores: NDArray[np.float64], count: int) -> float:
    """A score that at least so many reach, and not many more; 0 where there are not so many."""
    if len(scores) > _GROUP * count * 2:
        whole = len(scores) // _GROUP * _GROUP
        scores = np.append(scores[:whole].reshape(-1, _GROUP).max(axis=1), scores[whole:])
    if count >= len(scores):
        return 0.0
    return float(np.partition(scores, len(scores) - count)[len(scores) - count])


def _held(part: Part, posts: Posts) -> int:
    held = len(posts.rows)
    if held and len(part.gone_from):
        held -= int((np.searchsorted(posts.rows, part.gone_to) - np.searchsorted(posts.rows, part.gone_from)).sum())
    return held


def _groups(found: Sequence[tuple[Posts, int, float]]) -> Iterator[list[tuple[Posts, int, float]]]:
    """In order, cut into pieces that are neither small nor large."""
    group: list[tuple[Posts, int, float]] = []
    size = 0
    for posts, base, rarity in found:
        for start in range(0, len(posts.rows), _AT_ONCE):
            piece = Posts(posts.rows[start : start + _AT_ONCE], posts.counts[start : start + _AT_ONCE])
            group.append((piece, base, rarity))
            size += len(piece.rows)
            if size >= _AT_ONCE:
                yield group
                group, size = [], 0
    if group:
        yield group


def _joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
