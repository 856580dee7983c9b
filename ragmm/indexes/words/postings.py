"""Which rows of one file hold a term or a phrase, and how often."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.words.layout import Arrays

__all__ = ["Phrase", "Postings", "Posts"]

_PROBE = 8
"""Steps of a binary search that cost as much as one step of merging two sorted lists."""

_MOST_SPANS = 50_000

Numbers = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Terms that stand one after the other; with `open_` the last is only how a term begins."""

    terms: tuple[str, ...]
    open_: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Posts:
    """Ascending rows, and twice the weighted number of times that each holds what was looked for. Shapes: (n,)."""

    rows: Numbers
    counts: NDArray[np.unsignedinteger]


class Postings:
    """The arrays that `inverting.invert` makes, with the ids of the rows and the sorted terms."""

    def __init__(self, arrays: Arrays) -> None:
        self.ids: NDArray[np.int64] = arrays["ids"]
        """Ascending. Shape: (rows,)."""
        self.ends: NDArray[np.int64] = arrays["ends"]
        """The id after the last that a row stands for. Shape: (rows,)."""
        self.lengths: Numbers = arrays["lengths"]
        """Tokens of a row. Shape: (rows,)."""
        self._starts, self._seconds = arrays["starts"], arrays["seconds"]
        self._names, self._name_ends = arrays["names"].data, arrays["name_ends"].data
        self._spans: dict[tuple[str, bool], tuple[int, int]] = {}
        self._words = _Lists(arrays, "word")
        self._pairs = _Lists(arrays, "pair")
        self._keys: NDArray[np.int64] = arrays["pair_keys"]

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, phrase: Phrase) -> Posts:
        """Every row that holds the phrase."""
        units = self._units(phrase)
        if units is None:
            return Posts(np.empty(0, np.uint32), np.empty(0, np.uint8))
        if len(units) == 1 and units[0][1].low + 1 == units[0][1].high:
            return units[0][1].posts()
        return self._posts_at(_meeting(units))

    def _units(self, phrase: Phrase) -> list[tuple[int, _Range]] | None:
        """(place in the phrase, list) of what has to meet; None where one of its terms is nowhere."""
        last = len(phrase.terms) - 1
        places: list[tuple[int, int]] = []
        for at, term in enumerate(phrase.terms):
            low, high = self._span(term, open_=phrase.open_ and at == last)
            if high <= low:
                return None
            places.append((low, high))
        units = [(at, _Range(self._words, low, high)) for at, (low, high) in enumerate(places)]
        for at, ((low, high), (low_, high_)) in enumerate(pairwise(places)):
            if high - low == high_ - low_ == 1 and (pair := self._pair(low, low_)) is not None:
                units.append((at, pair))
        covered = {place for at, unit in units[len(places) :] for place in (at, at + 1)}
        return [unit for place, unit in enumerate(units) if place not in covered] or None

    def _pair(self, first: int, second: int) -> _Range | None:
        key = first << 32 | second
        at = int(np.searchsorted(self._keys, key))
        return _Range(self._pairs, at, at + 1) if at < len(self._keys) and int(self._keys[at]) == key else None

    def _posts_at(self, positions: NDArray[np.int64]) -> Posts:
        rows = np.searchsorted(self._starts, positions.astype(np.uint32), side="right") - 1
        worth = np.where(positions < self._seconds[rows], 2, 1)
        new = np.ones(len(rows), bool)
        new[1:] = rows[1:] != rows[:-1]
        at = np.flatnonzero(new)
        counts = np.add.reduceat(worth, at) if len(at) else worth
        return Posts(rows[at].astype(np.uint32), counts.astype(np.uint32))

    def terms_like(self, start: str, word: str, most: int, sizes: range) -> list[tuple[str, int]]:
        """Terms that begin so, with the rows that hold each; all that have at most so many letters beside the word's.

        `sizes`: of the terms in letters; of what is compared here, bytes, a letter of an alphabet has two at most.
        """
        low, high = self._span(start, open_=True)
        if low >= high:
            return []
        ends = np.asarray(self._name_ends[low:high])
        starts = np.concatenate([[int(self._name_ends[low - 1]) if low else 0], ends[:-1]])
        strange = np.ones(256, np.uint8)
        strange[list(word.encode())] = 0
        letters = strange[np.frombuffer(self._names, np.uint8)[starts[0] : ends[-1]]]
        few = np.add.reduceat(letters, starts - starts[0], dtype=np.int64) <= 2 * most
        length = ends - starts
        few &= (length >= sizes.start) & (length < 2 * sizes.stop)
        held = np.diff(self._words.post_ends[low:high], prepend=self._words.post_ends[low - 1] if low else 0)
        return [(self._name(low + at).decode(), int(held[at])) for at in np.flatnonzero(few).tolist()]

    # The dictionary ----------------------------------------------------------------------------------------------

    def _span(self, term: str, *, open_: bool) -> tuple[int, int]:
        """The places of a term, or of all that begin with it; remembered, since a question names its words again."""
        known = self._spans.get((term, open_))
        if known is None:
            name = term.encode()
            low = self._place(name)
            known = low, self._place(name + b"\xff") if open_ else low + self._is(low, name)
            if len(self._spans) >= _MOST_SPANS:
                self._spans.clear()
            self._spans[term, open_] = known
        return known

    def _place(self, name: bytes) -> int:
        return bisect_left(range(len(self._name_ends)), name, key=self._name)

    def _name(self, at: int) -> bytes:
        return self._names[self._name_ends[at - 1] if at else 0 : self._name_ends[at]].tobytes()

    def _is(self, at: int, name: bytes) -> bool:
        return at < len(self._name_ends) and self._name(at) == name


class _Lists:
    """Postings and positions of many keys, one after the other."""

    def __init__(self, arrays: Arrays, name: str) -> None:
        self.post_ends: NDArray[np.int64] = arrays[f"{name}_post_ends"]
        self.hit_ends: NDArray[np.int64] = arrays[f"{name}_hit_ends"]
        self.rows: Numbers = arrays[f"{name}_rows"]
        self.counts: NDArray[np.unsignedinteger] = arrays[f"{name}_counts"]
        self.hits: Numbers = arrays[f"{name}_hits"]


@dataclass(frozen=True, eq=False, slots=True)
class _Range:
    """The keys from `low` up to `high`."""

    lists: _Lists
    low: int
    high: int

    def posts(self) -> Posts:
        mine = _slice(self.lists.post_ends, self.low, self.high)
        return Posts(self.lists.rows[mine], self.lists.counts[mine])

    @property
    def size(self) -> int:
        mine = _slice(self.lists.hit_ends, self.low, self.high)
        return int(mine.stop) - int(mine.start)

    def hits(self) -> Numbers:
        found = self.lists.hits[_slice(self.lists.hit_ends, self.low, self.high)]
        return found if self.low + 1 == self.high else np.sort(found)


def _slice(ends: NDArray[np.int64], low: int, high: int) -> slice:
    return slice(int(ends[low - 1]) if low else 0, int(ends[high - 1]))


def _meeting(units: Sequence[tuple[int, _Range]]) -> NDArray[np.int64]:
    """Where the phrase begins: the ascending positions at which every unit stands in its place."""
    ordered = sorted(units, key=lambda one: one[1].size)
    begins = ordered[0][1].hits().astype(np.int64) - ordered[0][0]
    for at, unit in ordered[1:]:
        begins = begins[_among(begins + at, unit.hits())]
    return begins


def _among(wanted: NDArray[np.int64], hits: Numbers) -> NDArray[np.bool_]:
    """Which of some ascending positions are hits."""
    if not len(wanted) or not len(hits):
        return np.zeros(len(wanted), bool)
    if len(wanted) * _PROBE < len(hits):
        at = np.searchsorted(hits, wanted.astype(np.uint32))
        found: NDArray[np.bool_] = hits[np.minimum(at, len(hits) - 1)] == wanted
        return found
    both = np.concatenate([wanted, hits])
    order = np.argsort(both, kind="stable")  # of two sorted lists, this is one merge
    both = both[order]
    twice = np.zeros(len(wanted), bool)
    twice[order[:-1][both[1:] == both[:-1]]] = True
    return twice
