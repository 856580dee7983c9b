"""The files under ann/: sealed like blocks, and nothing of one reaches FAISS before its size and sha256 are right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DamagedError
from ragmm.indexes import checksums, fsio
from ragmm.indexes.faiss.library import library, reading_limits
from ragmm.indexes.faiss.spec import Method

__all__ = ["DIRECTORY", "Derived", "check_file", "open_index", "write_index"]

DIRECTORY = "ann"
_SLACK = 1 << 20
_WRITTEN_AT_ONCE = 4 << 20


@dataclass(frozen=True, kw_only=True, eq=False)
class Derived:
    """What the database says of a leg's index. Position i of the file is the row of ids[i]; `flat` has no file."""

    space: int
    kind: str
    method: Method
    sha256: str
    size: int
    ids: NDArray[np.int64]
    sound: bool = True
    """Whether the id list matches its checksum."""

    @property
    def file(self) -> str:
        return f"{self.sha256}.faiss"


def write_index(directory: Path, index: Any) -> fsio.Sealed:
    """Seal a FAISS index. It is serialised in memory: building takes about twice the file's size."""
    data = library().serialize_index(index)
    return fsio.publish(directory, ".faiss", _pieces(memoryview(data)), "ann")


def _pieces(data: memoryview) -> Iterator[memoryview]:
    for start in range(0, len(data), _WRITTEN_AT_ONCE):
        yield data[start : start + _WRITTEN_AT_ONCE]


def check_file(folder: Path, derived: Derived, *, deep: bool = True) -> None:
    """Raises DamagedError unless the file is the one that was sealed; without `deep` only its size is looked at."""
    if derived.method is Method.FLAT:
        return
    path = folder / DIRECTORY / derived.file
    if not derived.sound:
        raise DamagedError(f"{path}: its list of ids in the database is damaged")
    checksums.check_sealed(path, derived.size, derived.sha256, deep=deep)


def open_index(folder: Path, derived: Derived, dim: int, *, mapped: bool = True) -> Any:
    """The FAISS index, its lists memory-mapped unless told otherwise. Raises DamagedError."""
    check_file(folder, derived)
    path = folder / DIRECTORY / derived.file
    with reading_limits(derived.size + _SLACK) as faiss:
        flags = faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY if mapped and derived.method is not Method.HNSW else 0
        try:
            index = faiss.read_index(str(path), flags)
        except RuntimeError as error:
            raise DamagedError(f"{path}: FAISS {faiss.__version__} cannot read it") from error
    seen = (index.d, index.ntotal, index.metric_type)
    expected = (dim, len(derived.ids), faiss.METRIC_INNER_PRODUCT)
    if seen != expected:
        raise DamagedError(f"{path}: dimension, rows and metric are {seen} where {expected} were built")
    return index
