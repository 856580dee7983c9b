"""The graph of a BERT-like encoder whose matrices are rounded to eight bits: for passages, of which there are many.

Only for processors that sum such products in thirty-two bits (`embedders.compute.cpu_sums_bytes`). Tables of words and
places stay in the model's own file.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ragmm.graphs.bert import BertGraph, BertShape, StoredWeights
from ragmm.graphs.eight_bits import EXACT_IN_32_BITS, behind_gelu, by_rows, whole_rows

__all__ = ["ReadableWeights", "rounded_bert_graph"]


class ReadableWeights(StoredWeights, Protocol):
    """A model's file whose numbers can be read too."""

    def __getitem__(self, name: str) -> NDArray[np.float32]: ...


def rounded_bert_graph(weights: ReadableWeights, shape: BertShape, *, pooling: str = "") -> bytes:
    """As `bert_graph`, with the same input and output."""
    return _RoundedBert(weights, shape).build(pooling)


class _RoundedBert(BertGraph):
    def __init__(self, weights: ReadableWeights, shape: BertShape) -> None:
        super().__init__(weights, shape)
        self._readable = weights

    def linear(self, state: str, name: str) -> str:
        product = behind_gelu if _follows_gelu(name) else by_rows
        matrix = self._readable[f"{self.shape.prefix}{name}.weight"]
        summed = product(self.graph, state, whole_rows(self.graph, name, matrix, EXACT_IN_32_BITS))
        return self.graph.node("Add", summed, self.of(f"{name}.bias"))


def _follows_gelu(name: str) -> bool:
    return name.endswith(".output.dense") and ".attention." not in name
