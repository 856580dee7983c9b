"""What proposes candidates: a FAISS index on the CPU. The GPU's is in `gpu`."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.faiss import spec
from ragmm.indexes.faiss.library import library

__all__ = ["CpuSearcher", "Searcher"]


class Searcher(Protocol):
    """Finds rows that are probably near. Its ids are positions; what is dead or forbidden is filtered by the caller."""

    @property
    def rows(self) -> int: ...

    @property
    def most(self) -> int:
        """Candidates that can be had at once."""
        ...

    def propose(
        self, queries: NDArray[np.float32], count: int, effort: int, allow: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        """Shape: (queries, count), -1 where there are no more. More effort looks at more rows.

        `allow`, a mask over positions, is a hint: a searcher that cannot use it proposes anything.
        """
        ...


class CpuSearcher:
    """Any IVF or HNSW index of FAISS. Safe to use from several threads."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self._lists = int(getattr(index, "nlist", 0))

    @property
    def rows(self) -> int:
        return int(self._index.ntotal)

    @property
    def most(self) -> int:
        return self.rows

    def propose(
        self, queries: NDArray[np.float32], count: int, effort: int, allow: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        faiss = library()
        selector = None if allow is None else faiss.IDSelectorBitmap(np.packbits(allow, bitorder="little"))
        if self._lists:
            probes = min(self._lists, spec.probes(self._lists) * effort)
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=probes)
        else:
            parameters = faiss.SearchParametersHNSW(sel=selector, efSearch=max(64 * effort, 2 * count))
        found: NDArray[np.int64] = self._index.search(np.ascontiguousarray(queries), count, params=parameters)[1]
        return found
