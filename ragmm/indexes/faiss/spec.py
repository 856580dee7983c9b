"""The kinds of approximate index, which one a leg gets, and their numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["EXACT_ROWS", "FLAT_ROWS", "Method", "Policy", "choose", "factory", "lists", "probes"]

EXACT_ROWS = 1_000_000
"""Up to about here `auto` searches every row: a pass takes tens of milliseconds and nothing has to be built."""
FLAT_ROWS = {"float32": 500_000, "float16": 100_000}
"""From here on FAISS is imported for a leg: it saves the first questions what its import costs (decision 13)."""


class Method(StrEnum):
    """How candidates are found. All but `flat` keep a file beside the blocks."""

    FLAT = "flat"
    """Every row, straight in the blocks, by FAISS's kernels: exact, no file."""
    IVF = "ivf"
    """Lists of whole vectors around trained centres: fast and near exact; the file is as large as the blocks."""
    IVF_SQ8 = "ivf-sq8"
    """The same with a byte a number: a quarter of the file, the same recall once rescored."""
    PQ = "pq"
    """The same with product-quantised codes of dim / 4 bytes: for very many rows, lower recall."""
    HNSW = "hnsw"
    """A graph over half-precision vectors: fastest, slow to build, wholly in memory."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """When a built index is still good enough; between builds new rows are searched exactly, dead ones skipped."""

    fresh_rows: int = 20_000
    fresh_share: float = 0.05
    dead_share: float = 0.2

    def outdated(self, *, built: int, fresh: int, dead: int) -> bool:
        """Whether so many rows newer than the index, or dead within it, call for another one."""
        return fresh > max(self.fresh_rows, self.fresh_share * built) or dead > self.dead_share * built


def choose(kind: str, rows: int, dtype: str) -> Method | None:
    """The method for a leg of so many rows; None is the plain exact search. `kind` is the [store] index setting."""
    if kind == "exact":
        return None
    if kind != "auto":
        return Method(kind)
    if rows > EXACT_ROWS:
        return Method.IVF_SQ8
    return Method.FLAT if rows >= FLAT_ROWS.get(dtype, EXACT_ROWS) else None


def lists(rows: int) -> int:
    """How many lists: about the root of the rows, a power of two, with at least 32 rows in each."""
    if rows < 64:
        return 1
    return 1 << max(0, min(round(math.log2(math.sqrt(rows))), int(math.log2(rows / 32))))


def probes(count: int) -> int:
    """How many of the lists a search looks into: all of a few, twice the root of many."""
    return min(count, max(16, round(2 * math.sqrt(count))))


def factory(method: Method, dim: int, rows: int) -> str:
    """FAISS's name for the index (`np`: without training for a mode of search that is not used)."""
    if method is Method.HNSW:
        return "HNSW32,SQfp16"
    codes = {Method.IVF: "Flat", Method.IVF_SQ8: "SQ8", Method.PQ: f"PQ{_pieces(dim)}np"}[method]
    return f"IVF{lists(rows)},{codes}"


def _pieces(dim: int) -> int:
    """A byte for every four numbers, as far as the dimension divides."""
    return next(pieces for pieces in range(max(1, dim // 4), 0, -1) if dim % pieces == 0)
