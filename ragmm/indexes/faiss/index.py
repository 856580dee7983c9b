"""The vector index over a searcher: candidates from FAISS, scores, deletions and filters from the exact index."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.exact import ExactIndex
from ragmm.indexes.faiss.building import build
from ragmm.indexes.faiss.searchers import CpuSearcher, Searcher
from ragmm.indexes.faiss.spec import Method, Policy

__all__ = ["AnnIndex"]

_SPARE = 32
_NOBODY = -1
_REFINE = {Method.IVF: 1, Method.IVF_SQ8: 2, Method.PQ: 8, Method.HNSW: 2, Method.FLAT: 2}
"""Candidates for each wanted hit: the coarser the codes, the more."""
_EFFORTS = (1, 8)
"""When the first candidates do not yield enough: more of them, from more lists, before every row is looked at."""
_FEW_ALLOWED = 0.02
"""Below this share of the rows a filter's rows are all scored: the lists near a query may hold none of them."""

Found = tuple[list[NDArray[np.int64]], list[NDArray[np.float32]]]
Result = tuple[NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True, eq=False)
class AskedRows:
    """One search. Shapes: (n, dim); `allow` ascending and unique."""

    queries: NDArray[np.float32]
    k: int
    allow: NDArray[np.int64] | None


class AnnIndex:
    """Approximate at most in what it overlooks: every hit is a live, allowed row with its exact score.

    Rows added since the searcher was built are searched exactly; where removals or a filter leave too few
    candidates, more are asked for, and in the end every row is looked at.
    """

    def __init__(
        self,
        dim: int,
        method: Method,
        *,
        policy: Policy | None = None,
        place: Callable[[Any], Searcher] = CpuSearcher,
    ) -> None:
        """With a policy the index builds its searcher anew by itself; without, it waits to be given one."""
        self.dim, self.method = dim, method
        self._policy, self._place = policy, place
        self._exact = ExactIndex(dim)
        self._lock = threading.RLock()
        self._searcher: Searcher | None = None
        self._known = np.empty(0, np.int64)
        self._fresh: NDArray[np.int64] | None = None
        self._dead = 0

    def __len__(self) -> int:
        return len(self._exact)

    def add(self, ids: NDArray[np.int64], rows: NDArray[Any]) -> None:
        """Shapes: (n,), (n, dim); float32 or float16, kept as they are."""
        self._exact.add(ids, rows)
        again = np.isin(self._known, ids)
        if again.any():  # the searcher knows another row of that id
            self._known = np.where(again, _NOBODY, self._known)
        self._fresh = None

    def remove(self, ids: NDArray[np.int64]) -> None:
        self._exact.remove(ids)
        self._fresh = None

    def attach(self, searcher: Searcher, ids: NDArray[np.int64]) -> None:
        """Use a searcher whose position i is the row of ids[i]. Shape: (searcher.rows,)."""
        if searcher.rows != len(ids):
            raise ValueError(f"a searcher of {searcher.rows} rows for {len(ids)} ids")
        self._searcher, self._known, self._fresh = searcher, ids, None

    def rebuild(self) -> None:
        """Build a searcher over the rows that live now."""
        live = self._exact.live()
        ids = np.concatenate([one for one, _ in live]) if live else np.empty(0, np.int64)
        if len(ids):
            self.attach(self._place(build(self.method, [rows for _, rows in live], self.dim)), ids)
        else:
            self._searcher, self._known, self._fresh = None, ids, None

    # Searching ---------------------------------------------------------------------------------------------------

    def search(self, queries: NDArray[np.float32], k: int, allow: NDArray[np.int64] | None = None) -> Found:
        """As every vector index does."""
        asked = AskedRows(queries=np.atleast_2d(np.asarray(queries, np.float32)), k=k, allow=allow)
        searcher, known, fresh = self._settled()
        if searcher is None or k <= 0 or (allow is not None and len(allow) <= _FEW_ALLOWED * len(known)):
            return self._exact.search(asked.queries, k, allow)
        results = self._proposed(asked, searcher, known, fresh)
        whole = [result or self._all_rows(asked, number) for number, result in enumerate(results)]
        return [ids for ids, _ in whole], [scores for _, scores in whole]

    def _proposed(
        self, asked: AskedRows, searcher: Searcher, known: NDArray[np.int64], fresh: NDArray[np.int64]
    ) -> list[Result | None]:
        """A result for each query, or None where the candidates did not yield enough."""
        newest = self._among(asked, fresh)
        mask = None if asked.allow is None else np.isin(known, asked.allow)
        least = 1 if mask is None else int(np.clip(1 / max(float(mask.mean()), 0.01), 1, 16))
        results: list[Result | None] = [None] * len(asked.queries)
        for effort in _EFFORTS:
            pending = [number for number, result in enumerate(results) if result is None]
            count = min(searcher.most, (asked.k * _REFINE[self.method] + _SPARE) * effort)
            if not pending or not count:
                break
            proposed = searcher.propose(asked.queries[pending], count, least * effort, mask)
            for number, positions in zip(pending, proposed, strict=True):
                valid = positions[(positions >= 0) & (positions < len(known))]  # a file may say anything
                candidates = np.union1d(known[valid], newest[number])
                results[number] = self._rescored(asked, number, candidates)
        return results

    def _among(self, asked: AskedRows, fresh: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """The best of the rows that the searcher does not know, for each query."""
        if asked.allow is not None:
            fresh = np.intersect1d(fresh, asked.allow, assume_unique=True)
        return self._exact.search(asked.queries, asked.k, fresh)[0] if len(fresh) else [fresh] * len(asked.queries)

    def _rescored(self, asked: AskedRows, number: int, candidates: NDArray[np.int64]) -> Result | None:
        if asked.allow is not None:
            candidates = np.intersect1d(candidates, asked.allow, assume_unique=True)
        ids, scores = self._exact.search(asked.queries[number], asked.k, candidates)
        enough = len(ids[0]) == asked.k or len(ids[0]) >= self._exact.count(asked.allow)
        return (ids[0], scores[0]) if enough else None

    def _all_rows(self, asked: AskedRows, number: int) -> Result:
        ids, scores = self._exact.search(asked.queries[number], asked.k, asked.allow)
        return ids[0], scores[0]

    def _settled(self) -> tuple[Searcher | None, NDArray[np.int64], NDArray[np.int64]]:
        """The searcher, the ids it knows, and the live ones that it does not; built anew where the policy asks."""
        with self._lock:
            fresh, dead = self._counted()
            if self._policy is not None and self._policy.outdated(built=len(self._known), fresh=len(fresh), dead=dead):
                self.rebuild()
                fresh, _ = self._counted()
            return self._searcher, self._known, fresh

    def _counted(self) -> tuple[NDArray[np.int64], int]:
        if self._fresh is None:
            live = self._exact.live_ids()
            self._fresh = live[np.isin(live, self._known, invert=True)]
            self._dead = len(self._known) - (len(live) - len(self._fresh))
        return self._fresh, self._dead
