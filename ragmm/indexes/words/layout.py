"""Named arrays in one sealed file, mapped into memory: opening it reads its first lines and nothing else."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DamagedError

__all__ = ["ITEMS", "STRETCHES", "VERSION", "Arrays", "open_arrays", "pieces"]

VERSION = 1
"""Raised when an older file cannot be read any more; it is then built again."""
Arrays = Mapping[str, NDArray[Any]]
ITEMS, STRETCHES = "items", "stretches"
"""The tables of words."""

_MAGIC = b"ragmm words\n"
_ALIGNED = 64
_AT_ONCE = 1 << 20
"""Elements."""


def pieces(arrays: Arrays) -> Iterator[bytes]:
    """The file's content, a few megabytes at a time."""
    entries, at = {}, 0
    for name, array in arrays.items():
        at += -at % _ALIGNED
        entries[name] = (array.dtype.str, len(array), at)
        at += array.nbytes
    head = _MAGIC + json.dumps({"version": VERSION, "arrays": entries}).encode() + b"\n"
    head += b" " * (-len(head) % _ALIGNED)
    yield len(head).to_bytes(_ALIGNED, "little") + head
    at = 0
    for array in arrays.values():
        yield b"\0" * (-at % _ALIGNED)
        at += -at % _ALIGNED + array.nbytes
        for start in range(0, len(array), _AT_ONCE):
            yield np.ascontiguousarray(array[start : start + _AT_ONCE]).tobytes()


def open_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Raises DamagedError where the file is none of these; whether its bytes are right is for a checksum to say."""
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        size = int.from_bytes(data[:_ALIGNED], "little")
        head = data[_ALIGNED : _ALIGNED + size]
        if size > len(data) or not head.startswith(_MAGIC):
            raise ValueError("it does not begin like one")
        said = json.loads(head[len(_MAGIC) :])
        if said["version"] != VERSION:
            raise ValueError(f"its version is {said['version']}, not {VERSION}")
        return {
            name: np.frombuffer(data, dtype, count, _ALIGNED + size + at)
            for name, (dtype, count, at) in said["arrays"].items()
        }
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise DamagedError(f"{path}: this is no index of words that can be read ({error})") from error
