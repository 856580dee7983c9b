"""Passages embedded in eight bits, in half the time of float32, for processors made for it.

Questions stay exact. A vector moves by two thousandths of a cosine or so; whether a model bears it is tried out on a
few texts when its graph is made, and one that does not stays exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.compute import cpu_sums_bytes
from ragmm.embedders.numpy_bert import NumpyBert
from ragmm.graphs.bert import bert_graph
from ragmm.graphs.kept import kept_graph
from ragmm.graphs.rounded_bert import rounded_bert_graph
from ragmm.graphs.running import GraphRunner
from ragmm.models.weights import cache_root

__all__ = ["RoundedBert"]

Rows = NDArray[np.float32]
_LEAST_COSINE = 0.985
_LARGEST = 256 * 2**20
"""Bytes of a model's file; the graph of a larger one would fill the cache."""
_TRIED_ON = (
    "tea",
    "Sales rose by 4.2 % to 1,310 million in 2023, most of it in the north.",
    "Members shall give notice in writing thirty (30) days before the meeting; see section 12.",
    "Der Antrag wurde mit 14 zu 3 Stimmen angenommen. Le conseil se réunit le 5 mai.",
)


class RoundedBert:
    """Embeds beside an exact encoder, which does all but the products."""

    def __init__(self, exact: NumpyBert, made_of: str) -> None:
        """`made_of`: the digest of the model's files."""
        self._exact, self._made_of = exact, made_of

    @staticmethod
    def suits(exact: NumpyBert) -> bool:
        """Whether it is worth it: on this processor, for a model of this size."""
        return cpu_sums_bytes() and exact.has_graph and exact.stored.file.stat().st_size <= _LARGEST

    def embed(self, texts: Sequence[str]) -> Rows:
        """Shape: (len(texts), dim), of unit length."""
        return self._exact.embed_by(self._runner, texts)

    @cached_property
    def _runner(self) -> GraphRunner:
        return self._opened(kept_graph(cache_root() / "graphs", ("rounded", self._made_of), self._made))

    def _opened(self, graph: bytes) -> GraphRunner:
        return GraphRunner(graph, folder=self._exact.stored.file.parent)

    def _made(self) -> bytes:
        """In eight bits if that hardly moves a vector, else as it is."""
        rounded, whole = self._exact.graph(rounded_bert_graph), self._exact.graph(bert_graph)
        found, exact = (self._exact.embed_by(self._opened(graph), _TRIED_ON) for graph in (rounded, whole))
        return rounded if float((found * exact).sum(axis=1).min()) >= _LEAST_COSINE else whole
