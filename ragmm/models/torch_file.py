"""The tensors of a PyTorch file without torch: its pickles may name the parts of tensors and nothing else.

Of PyTorch's two formats this reads the older one (before 1.6): five pickles in a row, then the bare numbers.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from ragmm.errors import ModelError

__all__ = ["read_tensors"]

_MAGIC: Final = 0x1950A86A20F9469CFC6C
_PROTOCOL: Final = 1001
_TYPES: Final[Mapping[str, str]] = {"FloatStorage": "<f4", "LongStorage": "<i8"}
_WRONG: Final = (
    pickle.UnpicklingError, EOFError, struct.error, ValueError, TypeError, LookupError, AttributeError, OverflowError,
)  # fmt: skip
"""What unpickling and cutting up of anything else can raise."""


@dataclass(frozen=True, slots=True)
class _Storage:
    """A run of numbers behind the pickles."""

    key: str
    dtype: str
    size: int


@dataclass(frozen=True, slots=True)
class _View:
    """A tensor: a part of a storage; `steps` are those from number to number along each axis."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]


def read_tensors(file: Path) -> dict[str, NDArray[Any]]:
    """All of them by name. Raises ModelError for a file that is damaged or holds anything else."""
    try:
        with file.open("rb") as stream:
            return _tensors(stream)
    except _WRONG as error:
        raise ModelError(f"{file} is no PyTorch file of tensors alone: {error}; install its package again") from error
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {error.strerror}") from error


def _tensors(stream: BufferedReader) -> dict[str, NDArray[Any]]:
    if (_Unpickler(stream).load(), _Unpickler(stream).load()) != (_MAGIC, _PROTOCOL):
        raise ValueError("it has another format")
    _Unpickler(stream).load()  # about the machine that wrote it
    reader = _Unpickler(stream)
    views: dict[str, _View] = dict(reader.load())
    storages = {key: _numbers(stream, reader.storages[key]) for key in _Unpickler(stream).load()}
    return {name: _cut(view, storages[view.storage.key]) for name, view in views.items()}


def _numbers(stream: BufferedReader, storage: _Storage) -> NDArray[Any]:
    (count,) = struct.unpack("<q", stream.read(8))
    if count != storage.size:
        raise ValueError(f"{count} numbers stand where {storage.size} should")
    return np.frombuffer(stream.read(count * np.dtype(storage.dtype).itemsize), storage.dtype, count)


def _cut(view: _View, numbers: NDArray[Any]) -> NDArray[Any]:
    last = view.offset + sum((size - 1) * step for size, step in zip(view.shape, view.steps, strict=True))
    if min((view.offset, *view.shape, *view.steps)) < 0 or last >= len(numbers):
        raise ValueError("a tensor reaches beyond its numbers")
    strides = [step * numbers.itemsize for step in view.steps]
    return np.ascontiguousarray(as_strided(numbers[view.offset :], view.shape, strides))


class _Unpickler(pickle.Unpickler):
    """Knows ordered dictionaries, storages and tensors; every other name ends the reading."""

    def __init__(self, stream: BufferedReader) -> None:
        super().__init__(stream, encoding="utf-8")
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        known: Mapping[tuple[str, str], Callable[..., Any]] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _view,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _, size, whole = pid
        if kind != "storage" or whole is not None or dtype not in _TYPES.values():
            raise pickle.UnpicklingError("a storage is described in a way that is not read")
        return self.storages.setdefault(str(key), _Storage(str(key), str(dtype), int(size)))


def _view(storage: _Storage, offset: int, shape: tuple[int, ...], steps: tuple[int, ...], *_: Any) -> _View:
    """What `torch._utils._rebuild_tensor_v2` is called with."""
    return _View(storage, int(offset), tuple(map(int, shape)), tuple(map(int, steps)))
