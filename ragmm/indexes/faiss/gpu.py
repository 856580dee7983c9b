"""FAISS on GPUs: half-precision storage, one shard a device, bounded temporary memory, ids and deletions kept here.

FAISS on the GPU removes nothing and its own Flat and IVF code ignores id selectors. So a searcher on the GPU is only
ever asked for more candidates than are wanted; what is dead or not allowed is dropped afterwards.
"""

from __future__ import annotations

import threading
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.faiss import spec
from ragmm.indexes.faiss.library import installed, library
from ragmm.indexes.faiss.searchers import CpuSearcher, Searcher

__all__ = ["FaissGpu", "Gpu", "GpuSearcher", "find_gpu", "placed"]

_MOST = 2_048
"""Neighbours and lists that FAISS's GPU kernels can look at in one search."""
_TEMPORARY_BYTES = 256 << 20


class Gpu(Protocol):
    """The devices, as far as ragmm uses them: the seam where tests put a GPU that is none."""

    def place(self, index: Any) -> Any:
        """A copy of a FAISS index on the devices. Raises RuntimeError where it does not fit."""
        ...

    def fetch(self, index: Any) -> Any:
        """The index brought back to the CPU."""
        ...

    def probe(self, index: Any, lists: int) -> None:
        """Looks into so many lists from now on."""
        ...


class FaissGpu:
    """All visible devices; an index that does not fit on one of them is cut into shards."""

    def __init__(self, devices: int) -> None:
        self._devices = devices
        self._resources: list[Any] = []

    def place(self, index: Any) -> Any:
        faiss = library()
        while len(self._resources) < self._devices:
            resources = faiss.StandardGpuResources()
            resources.setTempMemory(_TEMPORARY_BYTES)
            self._resources.append(resources)
        options = faiss.GpuMultipleClonerOptions() if self._devices > 1 else faiss.GpuClonerOptions()
        options.useFloat16 = True
        options.usePrecomputed = False
        if self._devices == 1:
            return faiss.index_cpu_to_gpu(self._resources[0], 0, index, options)
        options.shard = True
        return faiss.index_cpu_to_gpu_multiple_py(self._resources, index, options)

    def fetch(self, index: Any) -> Any:
        return library().index_gpu_to_cpu(index)

    def probe(self, index: Any, lists: int) -> None:
        library().GpuParameterSpace().set_index_parameter(index, "nprobe", lists)


def find_gpu() -> FaissGpu | None:
    """The devices, where FAISS was built for GPUs and sees one (CUDA_VISIBLE_DEVICES hides them)."""
    if not installed():
        return None
    faiss = library()
    devices = int(faiss.get_num_gpus()) if hasattr(faiss, "StandardGpuResources") else 0
    return FaissGpu(devices) if devices else None


class GpuSearcher:
    """An index on the devices. One search at a time: the kernels fill the device anyway."""

    def __init__(self, index: Any, gpu: Gpu, *, lists: int) -> None:
        self._index, self._gpu, self._lists = index, gpu, lists
        self._lock = threading.Lock()

    @property
    def rows(self) -> int:
        return int(self._index.ntotal)

    @property
    def most(self) -> int:
        return min(self.rows, _MOST)

    def propose(
        self,
        queries: NDArray[np.float32],
        count: int,
        effort: int,
        allow: NDArray[np.bool_] | None,  # noqa: ARG002 - not to be trusted here, see above
    ) -> NDArray[np.int64]:
        with self._lock:
            if self._lists:
                self._gpu.probe(self._index, min(self._lists, _MOST, spec.probes(self._lists) * effort))
            found: NDArray[np.int64] = self._index.search(np.ascontiguousarray(queries), min(count, self.most))[1]
        return found


def placed(index: Any, gpu: Gpu | None) -> tuple[Searcher, str]:
    """A searcher over a FAISS index, on the GPU where there is one; and what to say where it does not fit."""
    lists = int(getattr(index, "nlist", 0))
    if gpu is None or not lists:  # graphs are searched on the CPU
        return CpuSearcher(index), ""
    try:
        return GpuSearcher(gpu.place(index), gpu, lists=lists), ""
    except RuntimeError as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return CpuSearcher(index), f"the index does not go onto the GPU ({reason}); it is searched on the CPU"
