"""Weights read where they lie: a safetensors file is mapped, and only what is used of it comes into memory."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.graphs.writing import StoredTensor
from ragmm.models.weights import read_header

__all__ = ["MappedWeights"]

Rows = NDArray[np.float32]
_KEPT = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}


class MappedWeights(Mapping[str, Rows]):
    """Tensors by name, as float32: mapped where the file holds float32, else widened once."""

    def __init__(self, file: Path) -> None:
        """Raises ModelError for a damaged file."""
        read_header(file)
        self.file = file.resolve()
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            self._entries: dict[str, Any] = json.loads(stream.read(length))
        self._start = 8 + int(length)
        self._data = np.memmap(file, np.uint8, "r")
        self._ready: dict[str, Rows] = {}

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._entries if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._entries.get(name, {}).get("dtype") in _KEPT

    def __getitem__(self, name: str) -> Rows:
        if name not in self:
            raise KeyError(name)
        if name not in self._ready:
            self._ready[name] = _wide(self._raw(name))
        return self._ready[name]

    def rows(self, name: str, wanted: NDArray[np.int64]) -> Rows:
        """Some rows of a large table, copied. Shape: (*wanted.shape, width)."""
        return _wide(self._raw(name)[wanted])

    def stored(self, name: str) -> StoredTensor:
        """Where the tensor lies, for a graph that reads it there itself. KeyError unless the file holds float32."""
        entry = self._entries[name]
        if entry["dtype"] != "F32":
            raise KeyError(name)
        begin, end = (int(offset) for offset in entry["data_offsets"])
        shape = tuple(int(size) for size in entry["shape"])
        return StoredTensor(
            file=self.file.name, offset=self._start + begin, length=end - begin, dtype="float32", shape=shape
        )

    def _raw(self, name: str) -> NDArray[Any]:
        entry = self._entries[name]
        begin, end = (self._start + int(offset) for offset in entry["data_offsets"])
        # A safetensors header may be of any length: what is not aligned is copied by NumPy where it is used.
        found: NDArray[Any] = np.asarray(self._data[begin:end]).view(_KEPT[entry["dtype"]]).reshape(entry["shape"])
        return found


def _wide(raw: NDArray[Any]) -> Rows:
    if raw.dtype == np.uint16:  # bfloat16 is the upper half of a float32
        return (raw.astype(np.uint32) << 16).view(np.float32)
    wide: Rows = raw if raw.dtype == np.float32 else raw.astype(np.float32)
    return wide
