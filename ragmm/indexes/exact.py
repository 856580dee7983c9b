"""The exact back end: one blocked BLAS product and a partial sort, straight over memory-mapped blocks.

It is the reference that every other back end is compared with. Rows are never copied whole: a block of rows is read,
multiplied and forgotten. Only what is small is gathered: a thousand segments of a few rows each cost a search more than
their rows do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Best", "ExactIndex", "Segment"]

_CHUNK_BYTES = 32 << 20
_SPARSE = 0.05
"""Below this share of allowed rows, gathering them is cheaper than scoring all."""
_GATHERED_BYTES = 4 << 20
"""Of the rows of segments that are gathered into one."""
_LEAST = float(np.finfo(np.float32).min)
"""Below any score but that of a removed row, which is minus infinity."""
_FIRST_ROWS = 2048
"""Scored alone: they set the bar, and of all further rows only a few pass it."""
_SIGN_AND_SIZE = 0x8FFFE000 - (1 << 32)
"""Of a sign-extended half that was shifted left by 13: all but the copies of the sign."""


@dataclass(eq=False)
class Segment:
    """Rows as they came; `ids` ascending. `dead` holds positions of removed rows, ascending."""

    ids: NDArray[np.int64]
    rows: NDArray[Any]
    dead: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def positions(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the given ids stand here; ids that are elsewhere are left out. Sorted input gives sorted output."""
        if not len(self.ids):
            return np.empty(0, np.int64)
        found = np.searchsorted(self.ids, ids)
        found[found == len(self.ids)] = 0
        here: NDArray[np.int64] = found[self.ids[found] == ids]
        return here

    def alive(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where those of the ascending ids stand that are here and not removed."""
        found = self.positions(ids)
        if not len(self.dead) or not len(found):
            return found
        at = np.minimum(np.searchsorted(self.dead, found), len(self.dead) - 1)
        kept: NDArray[np.int64] = found[self.dead[at] != found]
        return kept

    def __len__(self) -> int:
        return len(self.ids) - len(self.dead)

    def living(self) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """(ids, rows) of what is not removed; without removals nothing is copied."""
        if not len(self.dead):
            return self.ids, self.rows
        return np.delete(self.ids, self.dead), np.delete(self.rows, self.dead, axis=0)

    def absorbs(self, other: Segment) -> bool:
        """Whether one segment of both is worth its copying: each row is copied a logarithmic number of times."""
        alike = self.rows.dtype == other.rows.dtype and len(self.ids) < 2 * len(other.ids)
        return alike and self.rows.nbytes + other.rows.nbytes <= _GATHERED_BYTES

    def with_rows_of(self, other: Segment) -> Segment:
        parts = self.living(), other.living()
        ids, rows = (np.concatenate(both) for both in zip(*parts, strict=True))
        order = np.argsort(ids, kind="stable")
        return Segment(ids[order], rows[order])


class Best:
    """The k best of everything seen so far, for one query."""

    def __init__(self, k: int) -> None:
        self.k = k
        self.ids = np.empty(0, np.int64)
        self.scores = np.empty(0, np.float32)

    @property
    def bar(self) -> float:
        """A row below this score cannot enter any more."""
        return float(self.scores[-1]) if len(self.scores) == self.k else -np.inf

    def offer(self, ids: NDArray[np.int64], scores: NDArray[np.float32]) -> None:
        ids, scores = np.concatenate([self.ids, ids]), np.concatenate([self.scores, scores])
        if len(scores) > 4 * self.k + 64:
            # Keep every row that ties with the k-th, so that ties are broken by id and not by chance.
            bar = np.partition(scores, len(scores) - self.k)[len(scores) - self.k]
            keep = scores >= bar
            ids, scores = ids[keep], scores[keep]
        order = np.lexsort((ids, -scores))[: self.k]
        self.ids, self.scores = ids[order], scores[order]


class ExactIndex:
    """Scores every live row. Ids are ascending within each call of `add`."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._segments: list[Segment] = []

    def __len__(self) -> int:
        return sum(map(len, self._segments))

    def add(self, ids: NDArray[np.int64], rows: NDArray[Any]) -> None:
        """Shapes: (n,), (n, dim); rows may be a memory map of float32 or float16 and are kept as they are."""
        if rows.shape != (len(ids), self.dim):
            raise ValueError(f"rows of shape {rows.shape} for {len(ids)} ids of dimension {self.dim}")
        if not _ascending(ids):
            order = np.argsort(ids, kind="stable")
            ids, rows = ids[order], rows[order]
        if not _ascending(ids) or any(len(self._live(segment, ids)) for segment in self._segments):
            raise ValueError("an id is already in the index")
        self._segments.append(Segment(np.asarray(ids, np.int64), rows))
        while len(self._segments) > 1 and self._segments[-2].absorbs(self._segments[-1]):
            last = self._segments.pop()
            self._segments[-1] = self._segments[-1].with_rows_of(last)

    @staticmethod
    def _live(segment: Segment, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        if not len(ids) or not len(segment.ids) or ids[0] > segment.ids[-1] or ids[-1] < segment.ids[0]:
            return np.empty(0, np.int64)
        return segment.alive(ids)

    def remove(self, ids: NDArray[np.int64]) -> None:
        wanted = _sorted_once(np.asarray(ids, np.int64))
        for segment in self._segments:
            found = segment.positions(wanted)
            if len(found):
                segment.dead = _sorted_once(np.concatenate([segment.dead, found]))
        self._segments = [segment for segment in self._segments if len(segment)]

    def live_ids(self) -> NDArray[np.int64]:
        """Of every row that is there."""
        return np.concatenate([np.empty(0, np.int64), *(np.delete(one.ids, one.dead) for one in self._segments)])

    def live(self) -> list[tuple[NDArray[np.int64], NDArray[Any]]]:
        """(ids, rows) of what is there; of what is large and without removals nothing is copied."""
        return [segment.living() for segment in self._segments]

    def count(self, allow: NDArray[np.int64] | None = None) -> int:
        """How many rows a search could find."""
        return len(self) if allow is None else sum(len(segment.alive(allow)) for segment in self._segments)

    def search(
        self, queries: NDArray[np.float32], k: int, allow: NDArray[np.int64] | None = None
    ) -> tuple[list[NDArray[np.int64]], list[NDArray[np.float32]]]:
        queries = np.atleast_2d(np.asarray(queries, np.float32))
        best = [Best(k) for _ in queries]
        if k > 0:
            for segment in self._segments:
                self._search_segment(segment, queries, best, allow)
        return [one.ids for one in best], [one.scores for one in best]

    def _search_segment(
        self, segment: Segment, queries: NDArray[np.float32], best: list[Best], allow: NDArray[np.int64] | None
    ) -> None:
        wanted = None if allow is None else segment.alive(allow)
        if wanted is None or len(wanted) > _SPARSE * len(segment.ids):
            self._search_rows(segment, queries, best, wanted)
            return
        step = self._chunk_rows(segment.rows)
        for start in range(0, len(wanted), step):
            picked = wanted[start : start + step]
            _offer(best, segment.ids[picked], _scores(segment.rows[picked], queries))

    def _search_rows(
        self, segment: Segment, queries: NDArray[np.float32], best: list[Best], wanted: NDArray[np.int64] | None
    ) -> None:
        """Scores whole chunks; of them the wanted positions count, or all that are not dead."""
        out = np.empty((min(len(segment.ids), self._chunk_rows(segment.rows)), len(queries)), np.float32)
        for start, rows in self._chunks(segment.rows):
            if wanted is None:
                scores = _scores(rows, queries, out)
                scores[_within(segment.dead, start, len(rows)) - start] = -np.inf
                _offer(best, segment.ids[start : start + len(rows)], scores)
            elif len(inside := _within(wanted, start, len(rows))):
                _offer(best, segment.ids[inside], _scores(rows, queries, out)[inside - start])

    def _chunks(self, rows: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
        step = self._chunk_rows(rows)
        yield 0, rows[: min(step, _FIRST_ROWS)]
        for start in range(min(step, _FIRST_ROWS), len(rows), step):
            yield start, rows[start : start + step]

    def _chunk_rows(self, rows: NDArray[Any]) -> int:
        return max(1024, _CHUNK_BYTES // max(1, rows.itemsize * self.dim))


def _scores(
    rows: NDArray[Any], queries: NDArray[np.float32], out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Shape: (rows, queries). Half-precision rows are widened a chunk at a time; memory is best used again."""
    wide = rows if rows.dtype == np.float32 else _widened(rows)
    if len(queries) == 1:
        one: NDArray[np.float32] = wide @ queries[0]
        return one[:, None]
    scores: NDArray[np.float32] = np.matmul(wide, queries.T, out=None if out is None else out[: len(rows)])
    return scores


def _widened(rows: NDArray[np.float16]) -> NDArray[np.float32]:
    """Finite halves as float32, many times faster than NumPy's own conversion.

    The bits go to their places in a float32, whose exponent is then short by 112: one multiplication mends it, for
    subnormal numbers too.
    """
    bits = np.ascontiguousarray(rows).view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= np.int32(_SIGN_AND_SIZE)
    wide: NDArray[np.float32] = bits.view(np.float32)
    wide *= np.float32(2.0**112)
    return wide


def _sorted_once(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ascending, each once. NumPy's `unique` imports masked arrays, for which a single query need not wait."""
    ids = np.sort(ids)
    kept: NDArray[np.int64] = ids[np.concatenate([np.ones(min(1, len(ids)), bool), ids[1:] > ids[:-1]])]
    return kept


def _ascending(ids: NDArray[np.int64]) -> bool:
    """Strictly, so that no id stands twice."""
    return bool(np.all(ids[1:] > ids[:-1]))


def _within(positions: NDArray[np.int64], start: int, length: int) -> NDArray[np.int64]:
    """The ascending positions that fall into [start, start + length)."""
    low, high = np.searchsorted(positions, (start, start + length))
    return positions[low:high]


def _offer(best: list[Best], ids: NDArray[np.int64], scores: NDArray[np.float32]) -> None:
    """Offers each query the rows that could still enter its result."""
    bars = np.array([max(one.bar, _LEAST) for one in best], np.float32)
    # NumPy finds the places in a flat array several times faster than in a table.
    rows, queries = np.divmod(np.flatnonzero(scores >= bars), len(best))
    order = np.argsort(queries, kind="stable")
    edges = np.searchsorted(queries[order], np.arange(len(best) + 1))
    for number in np.flatnonzero(np.diff(edges)).tolist():
        mine = rows[order[edges[number] : edges[number + 1]]]
        best[number].offer(ids[mine], scores[mine, number])
