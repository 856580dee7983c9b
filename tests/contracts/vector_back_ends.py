"""Every vector back end under one name, made the way each is used, and a GPU that is none."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from ragmm.indexes.contracts import VectorIndex
from ragmm.indexes.exact import ExactIndex
from ragmm.indexes.faiss.flat import FlatIndex
from ragmm.indexes.faiss.gpu import Gpu, find_gpu, placed
from ragmm.indexes.faiss.index import AnnIndex
from ragmm.indexes.faiss.searchers import Searcher
from ragmm.indexes.faiss.spec import Method, Policy

Make = Callable[[int], VectorIndex]

ALWAYS = Policy(fresh_rows=0, fresh_share=0.0, dead_share=0.0)
"""Every change makes the next search build anew: nothing is left to the exact index."""
SELDOM = Policy(fresh_rows=40, fresh_share=0.5, dead_share=0.5)
"""What is searched is a mixture of built, newer and dead rows."""


class PretendedIndex:
    """What an index on a GPU can do and no more: ids are positions, nothing is removed, no selector is understood."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @property
    def ntotal(self) -> int:
        return int(self._index.ntotal)

    def add(self, rows: np.ndarray) -> None:
        assert len(rows) <= 16_384, "rows go up in bounded chunks"
        self._index.add(rows)

    def search(self, queries: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        assert count <= 2_048, "the kernels take no more"
        return tuple(self._index.search(queries, count))

    def take(self) -> Any:
        return self._index


class PretendedGpu:
    """Counts what is placed; `full` devices refuse."""

    def __init__(self, *, full: bool = False) -> None:
        self.full, self.placed, self.probes = full, 0, set[int]()

    def place(self, index: Any) -> PretendedIndex:
        import faiss

        if self.full:
            raise RuntimeError("Error in GpuMemoryException: alloc fail\nand a stack trace")
        self.placed += 1
        return PretendedIndex(faiss.clone_index(index))

    def fetch(self, index: PretendedIndex) -> Any:
        return index.take()

    def probe(self, index: PretendedIndex, lists: int) -> None:
        self.probes.add(lists)
        index.take().nprobe = lists


def on_gpu(gpu: Gpu | None) -> Callable[[Any], Searcher]:
    return lambda index: placed(index, gpu)[0]


def _ann(method: Method, policy: Policy, gpu: Gpu | None = None) -> Make:
    return partial(AnnIndex, method=method, policy=policy, place=on_gpu(gpu))


def _real_gpu(dim: int) -> VectorIndex:
    gpu = find_gpu()
    if gpu is None:
        pytest.skip("no GPU that FAISS can use")
    return AnnIndex(dim, Method.IVF, policy=ALWAYS, place=on_gpu(gpu))


BACK_ENDS: dict[str, Make] = {"exact": ExactIndex}
if importlib.util.find_spec("faiss") is not None:
    BACK_ENDS |= {
        "flat": FlatIndex,
        **{str(method): _ann(method, ALWAYS) for method in Method if method is not Method.FLAT},
        "ivf, seldom built": _ann(Method.IVF, SELDOM),
        "ivf-sq8, pretended gpu": _ann(Method.IVF_SQ8, ALWAYS, PretendedGpu()),
    }
PARAMETERS = [*BACK_ENDS, pytest.param("gpu", marks=pytest.mark.gpu)]
ALL = BACK_ENDS | {"gpu": _real_gpu}
