"""Every row by FAISS's kernels, straight in the memory-mapped blocks: no copy, no file, halves at full speed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.exact import Best, ExactIndex, Segment
from ragmm.indexes.faiss.library import library

__all__ = ["FlatIndex"]

_FEW_QUERIES = 4
"""More at once are better served by one matrix product over each block."""
_MANY_DEAD = 2_000
_ROWS_PER_THREAD = 50_000


class FlatIndex(ExactIndex):
    """Gives what the exact index gives; equal scores at the edge of a result are left to it."""

    def _search_segment(
        self, segment: Segment, queries: NDArray[np.float32], best: list[Best], allow: NDArray[np.int64] | None
    ) -> None:
        apart = [*range(len(queries))]
        if allow is None and len(queries) <= _FEW_QUERIES and len(segment.dead) <= _MANY_DEAD:
            apart = [number for number in apart if not self._scan_segment(segment, queries[number], best[number])]
        if apart:
            super()._search_segment(segment, queries[apart], [best[number] for number in apart], allow)

    def _scan_segment(self, segment: Segment, query: NDArray[np.float32], best: Best) -> bool:
        """Offers the segment's best rows; False where a tie at the edge leaves open which they are."""
        wanted = best.k + len(segment.dead) + 1
        scores, positions = self._scan(segment.rows, query, min(wanted, len(segment.rows)))
        if len(scores) == wanted and scores[best.k + len(segment.dead) - 1] == scores[-1]:
            return False
        alive = np.isin(positions, segment.dead, invert=True) if len(segment.dead) else slice(None)
        best.offer(segment.ids[positions[alive]], scores[alive])
        return True

    def _scan(
        self, rows: NDArray[Any], query: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The k best scores and their positions, best first."""
        query = np.ascontiguousarray(query, np.float32)
        parts = max(1, min(int(library().omp_get_max_threads()), len(rows) // _ROWS_PER_THREAD))
        edges = np.linspace(0, len(rows), parts + 1, dtype=np.int64).tolist()
        spans = list(pairwise(edges))
        if parts == 1:
            found = [_scan_rows(rows, query, k)]
        else:
            with ThreadPoolExecutor(parts) as pool:  # FAISS lets go of the interpreter while it scans
                found = list(pool.map(lambda span: _scan_rows(rows[span[0] : span[1]], query, k), spans))
        scores = np.concatenate([one for one, _ in found])
        positions = np.concatenate([at + span[0] for (_, at), span in zip(found, spans, strict=True)])
        order = np.lexsort((positions, -scores))[:k]
        return scores[order], positions[order]


def _scan_rows(rows: NDArray[Any], query: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """One pass of the scanner that FAISS's inverted lists use, over rows that it does not own."""
    faiss = library()
    rows = np.ascontiguousarray(rows)
    scores, found = np.full(k, -np.inf, np.float32), np.full(k, -1, np.int64)
    scanner = _scanner(faiss, rows.dtype, len(query))
    scanner.set_query(faiss.swig_ptr(query))
    scanner.set_list(0, 0.0)
    codes = faiss.swig_ptr(rows.view(np.uint8).reshape(-1))
    scanner.scan_codes(len(rows), codes, None, faiss.swig_ptr(scores), faiss.swig_ptr(found), k)
    return scores[found >= 0], found[found >= 0]


def _scanner(faiss: Any, dtype: np.dtype[Any], dim: int) -> Any:
    """Labels are positions: list 0 is all there is."""
    if dtype == np.float16:
        owner: Any = faiss.ScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16)
        scanner = owner.select_InvertedListScanner(faiss.METRIC_INNER_PRODUCT, None, True, None, False)
    else:
        quantizer = faiss.IndexFlatIP(dim)
        owner = faiss.IndexIVFFlat(quantizer, dim, 1, faiss.METRIC_INNER_PRODUCT)
        owner.referenced_objects = [quantizer]
        scanner = owner.get_InvertedListScanner(True, None, None)
    scanner.owner = owner  # must live as long as the scanner
    return scanner
