"""A leg's index as a reader opens it: what the database names, if it is sound, and the exact search if not."""

from __future__ import annotations

import sys
from pathlib import Path

from ragmm.errors import DamagedError, MissingExtraError
from ragmm.indexes.ann import files, spec
from ragmm.indexes.ann.files import Derived
from ragmm.indexes.ann.flat import FlatIndex
from ragmm.indexes.ann.gpu import Gpu, find_gpu, placed
from ragmm.indexes.ann.index import AnnIndex
from ragmm.indexes.ann.library import installed, library
from ragmm.indexes.ann.spec import Method
from ragmm.indexes.base import VectorIndex
from ragmm.indexes.exact import ExactIndex

__all__ = ["open_leg"]

_EXACTLY = "searching every row instead; the next ingest builds it again, or: ragmm repair"


def open_leg(folder: Path, derived: Derived | None, dim: int, *, rows: int, dtype: str) -> tuple[VectorIndex, str]:
    """An index that still wants the blocks' rows added, and what to say if it is not the one recorded."""
    if derived is None or derived.method is Method.FLAT:
        wanted = derived is not None or spec.choose("auto", rows, dtype) is Method.FLAT
        return (FlatIndex(dim) if wanted and _has_faiss() else ExactIndex(dim)), ""
    try:
        library()
        return _attached(folder, derived, dim, find_gpu())
    except (DamagedError, MissingExtraError) as error:
        return ExactIndex(dim), f"{error}; {_EXACTLY}"


def _has_faiss() -> bool:
    return "faiss" in sys.modules or installed()


def _attached(folder: Path, derived: Derived, dim: int, gpu: Gpu | None) -> tuple[VectorIndex, str]:
    index = AnnIndex(dim, derived.method)
    opened = files.open_index(folder, derived, dim, mapped=gpu is None)
    searcher, note = placed(opened, gpu)
    index.attach(searcher, derived.ids)
    return index, note
