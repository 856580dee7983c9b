"""Training a FAISS index and filling it with rows, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.faiss import spec
from ragmm.indexes.faiss.library import library
from ragmm.indexes.faiss.spec import Method

if TYPE_CHECKING:
    from ragmm.indexes.faiss.gpu import Gpu

__all__ = ["Picked", "build", "chunks"]

_ROWS_AT_ONCE = 16_384
_PER_LIST = 48
"""Training rows for each centre; more change little."""
_PER_CODE = 64 * 256
"""Training rows for the 256 codes of each piece of a product quantiser."""
_ROUNDS = 10


class Picked:
    """Some rows of a larger array, not copied before they are asked for."""

    def __init__(self, rows: NDArray[Any], positions: NDArray[np.int64]) -> None:
        self._rows, self._positions = rows, positions

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, wanted: slice | NDArray[np.int64]) -> NDArray[Any]:
        found: NDArray[Any] = self._rows[self._positions[wanted]]
        return found


Rows = NDArray[Any] | Picked


def chunks(parts: Sequence[Rows]) -> Iterator[NDArray[np.float32]]:
    """The rows of all parts in order, widened, a few megabytes at a time."""
    for rows in parts:
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            yield np.ascontiguousarray(rows[start : start + _ROWS_AT_ONCE], dtype=np.float32)


def build(method: Method, parts: Sequence[Rows], dim: int, gpu: Gpu | None = None) -> Any:
    """A trained FAISS index whose ids are positions in the parts, one after the other.

    With a GPU the rows are assigned there, and the result is brought back.
    """
    rows = sum(len(part) for part in parts)
    faiss = library()
    index = faiss.index_factory(dim, spec.factory(_fitting(method, rows), dim, rows), faiss.METRIC_INNER_PRODUCT)
    _train(index, parts, rows)
    filled = gpu.place(index) if gpu is not None and method is not Method.HNSW else index
    for chunk in chunks(parts):
        filled.add(chunk)
    return index if gpu is None or filled is index else gpu.fetch(filled)


def _fitting(method: Method, rows: int) -> Method:
    """A few rows cannot train a product quantiser."""
    return Method.IVF_SQ8 if method is Method.PQ and rows < _PER_CODE else method


def _train(index: Any, parts: Sequence[Rows], rows: int) -> None:
    wanted = _PER_LIST * int(getattr(index, "nlist", 1))
    if hasattr(index, "cp"):
        index.cp.niter, index.cp.min_points_per_centroid = _ROUNDS, 1
        index.cp.max_points_per_centroid = _PER_LIST
    if hasattr(index, "pq"):
        wanted = max(wanted, _PER_CODE)
        index.pq.cp.niter, index.pq.cp.min_points_per_centroid = _ROUNDS, 1
    index.train(_sample(parts, rows, max(wanted, 10_000)))


def _sample(parts: Sequence[Rows], rows: int, count: int) -> NDArray[np.float32]:
    """Rows from all over, the same ones each time."""
    picked = np.arange(rows)
    if rows > count:
        picked = np.sort(np.random.default_rng(0).choice(rows, count, replace=False))
    found, start = [], 0
    for part in parts:
        here = picked[(picked >= start) & (picked < start + len(part))] - start
        found.append(np.asarray(part[here], np.float32))
        start += len(part)
    return np.ascontiguousarray(np.concatenate(found))
