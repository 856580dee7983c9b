"""A leg's index as a reader opens it: what the database names, if it is sound, and the exact search if not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DamagedError, MissingExtraError
from ragmm.indexes.contracts import VectorIndex
from ragmm.indexes.exact import ExactIndex
from ragmm.indexes.faiss import files, spec
from ragmm.indexes.faiss.files import Derived
from ragmm.indexes.faiss.flat import FlatIndex
from ragmm.indexes.faiss.gpu import find_gpu, placed
from ragmm.indexes.faiss.index import AnnIndex
from ragmm.indexes.faiss.library import installed, loaded
from ragmm.indexes.faiss.searchers import Searcher
from ragmm.indexes.faiss.spec import Method

__all__ = ["LegRows", "open_leg"]

_EXACTLY = "searching every row instead; the next ingest builds it again, or: ragmm repair"


@dataclass(frozen=True, kw_only=True, eq=False)
class LegRows:
    """Rows of a block and which of them are dead. Shapes: (n,), (n, dim), (m,)."""

    ids: NDArray[np.int64]
    rows: NDArray[Any]
    dead: NDArray[np.int64]


def open_leg(
    folder: Path, derived: Derived | None, dim: int, blocks: Sequence[LegRows], *, exact: bool = False
) -> tuple[VectorIndex, str]:
    """The index over a leg's blocks, and what to say if it is not the one recorded. `exact` always means exact."""
    index, searcher, note = (ExactIndex(dim), None, "") if exact else _opened(folder, derived, dim, blocks)
    for block in blocks:
        index.add(block.ids, block.rows)
        index.remove(block.dead)
    if isinstance(index, AnnIndex) and searcher is not None and derived is not None:
        index.attach(searcher, derived.ids)
    return index, note


def _opened(
    folder: Path, derived: Derived | None, dim: int, blocks: Sequence[LegRows]
) -> tuple[VectorIndex, Searcher | None, str]:
    if derived is None or derived.method is Method.FLAT:
        rows = sum(len(block.ids) for block in blocks)
        dtype = str(blocks[0].rows.dtype) if blocks else ""
        wanted = derived is not None or loaded() or spec.choose("auto", rows, dtype) is not None
        return (FlatIndex(dim) if wanted and installed() else ExactIndex(dim)), None, ""
    try:
        gpu = find_gpu()
        searcher, note = placed(files.open_index(folder, derived, dim, mapped=gpu is None), gpu)
    except (DamagedError, MissingExtraError) as error:
        return ExactIndex(dim), None, f"{error}; {_EXACTLY}"
    return AnnIndex(dim, derived.method), searcher, note
