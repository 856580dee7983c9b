"""The vector index contract: int64 ids and float32 rows of unit length in, ids and cosine scores out."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["VectorIndex"]


@runtime_checkable
class VectorIndex(Protocol):
    """Finds the rows nearest to a query. Higher scores are better; ids are the caller's and need not be dense."""

    def add(self, ids: NDArray[np.int64], rows: NDArray[np.float32]) -> None:
        """Shapes: (n,), (n, dim). An id that is already there is an error."""
        ...

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Removed ids are never returned again, unless added again; unknown ids are ignored."""
        ...

    def search(
        self, queries: NDArray[np.float32], k: int, allow: NDArray[np.int64] | None = None
    ) -> tuple[list[NDArray[np.int64]], list[NDArray[np.float32]]]:
        """For each query its best ids, best first, ties by smaller id; fewer than k where fewer match.

        `allow` (sorted, unique) limits the search to those ids; an empty one finds nothing.
        """
        ...

    def __len__(self) -> int: ...
