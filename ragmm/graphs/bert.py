"""The graph of a BERT-like encoder: one text a run, straight over the weights in the model's own file.

One text a run needs no padding and no mask, and its vector cannot depend on what else is embedded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ragmm.graphs.writing import MICROSOFT, Graph, StoredTensor

__all__ = ["BertGraph", "BertShape", "StoredWeights", "bert_graph"]


class StoredWeights(Protocol):
    """A model's file."""

    def stored(self, name: str) -> StoredTensor:
        """Where a tensor lies. KeyError for one that a graph cannot read there."""
        ...


@dataclass(frozen=True, kw_only=True)
class BertShape:
    """What the graph must know besides the weights."""

    layers: int
    heads: int
    dim: int
    epsilon: float
    first_position: int = 0
    """0, or the place of the first position behind the padding's (RoBERTa)."""
    prefix: str = ""
    """Before the name of every tensor: "bert." or "roberta."."""


def bert_graph(weights: StoredWeights, shape: BertShape, *, pooling: str = "") -> bytes:
    """A model file. Input "ids": int64, shape (tokens,). Output: the tokens' states, shape (tokens, dim); pooled
    ("mean" or "cls") and of unit length where wanted, shape (1, dim).

    Raises KeyError where the file lacks a tensor or keeps it in half precision.
    """
    return BertGraph(weights, shape).build(pooling)


class BertGraph:
    """Writes it; how a matrix is multiplied may be another's to say."""

    def __init__(self, weights: StoredWeights, shape: BertShape) -> None:
        self._weights, self.shape = weights, shape
        self.graph = Graph("bert", {"ids": ("int64", ("tokens",))})

    def build(self, pooling: str) -> bytes:
        """The model file."""
        graph, state = self.graph, self._embedded()
        for layer in range(self.shape.layers):
            state = self._layer(state, f"encoder.layer.{layer}")
        if pooling == "mean":
            state = graph.node("ReduceMean", state, axes=(0,), keepdims=1)
        elif pooling == "cls":
            state = graph.node("Slice", state, graph.numbers(0), graph.numbers(1), graph.numbers(0))
        if pooling:
            state = graph.node("LpNormalization", state, axis=1, p=2)
        graph.outputs = (state,)
        return graph.to_bytes()

    def _embedded(self) -> str:
        graph, first = self.graph, self.shape.first_position
        words = graph.node("Gather", self.of("embeddings.word_embeddings.weight"), "ids")
        tokens = graph.node("Shape", "ids")
        end = graph.node("Add", tokens, graph.numbers(first)) if first else tokens
        table = self.of("embeddings.position_embeddings.weight")
        positions = graph.node("Slice", table, graph.numbers(first), end, graph.numbers(0))
        kinds = self.of("embeddings.token_type_embeddings.weight")
        kind = graph.node("Slice", kinds, graph.numbers(0), graph.numbers(1), graph.numbers(0))
        places = graph.node("Add", positions, kind)
        return self._normed(words, places, "embeddings.LayerNorm")

    def _layer(self, state: str, name: str) -> str:
        graph, heads = self.graph, self.shape.heads
        rows = graph.numbers(1, -1, self.shape.dim)
        query, key, value = (
            graph.node("Reshape", self.linear(state, f"{name}.attention.self.{part}"), rows)
            for part in ("query", "key", "value")
        )
        mixed = graph.node("MultiHeadAttention", query, key, value, domain=MICROSOFT, num_heads=heads)
        mixed = graph.node("Reshape", mixed, graph.numbers(-1, self.shape.dim))
        attended = self.linear(mixed, f"{name}.attention.output.dense")
        state = self._normed(state, attended, f"{name}.attention.output.LayerNorm")
        inner = graph.node("Gelu", self.linear(state, f"{name}.intermediate.dense"), domain=MICROSOFT)
        return self._normed(state, self.linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def linear(self, state: str, name: str) -> str:
        """Shapes: (n, i) with (o, i) and (o) -> (n, o)."""
        return self.graph.node("Gemm", state, self.of(f"{name}.weight"), self.of(f"{name}.bias"), transB=1)

    def _normed(self, state: str, other: str, name: str) -> str:
        """The sum of both, normalised."""
        total = self.graph.node("Add", state, other)
        scale, bias = self.of(f"{name}.weight"), self.of(f"{name}.bias")
        return self.graph.node("LayerNormalization", total, scale, bias, axis=-1, epsilon=float(self.shape.epsilon))

    def of(self, name: str) -> str:
        """A tensor of the model's file."""
        return self.graph.stored(name, self._weights.stored(self.shape.prefix + name))
