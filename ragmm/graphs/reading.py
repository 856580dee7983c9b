"""The graph of the reader's layers: one passage a run, its matrices in eight bits.

Weights have a scale for each of their rows and seven bits, so that processors without instructions for the purpose sum
them exactly and every processor gives the same. What goes in is rounded to eight bits by the passage as a whole, in two
places more finely, where a few large numbers would leave none of the others: before `up` each number is weighed by how
large the norm ahead makes it, and each row that comes out of the GELU has a scale of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragmm.graphs.eight_bits import EXACT_ANYWHERE, behind_gelu, largest, whole_rows
from ragmm.graphs.writing import MICROSOFT, Graph

__all__ = ["ReaderShape", "reader_graph"]

Rows = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class ReaderShape:
    """What the graph must know besides the weights."""

    layers: int
    heads: int
    dim: int


def reader_graph(weights: Mapping[str, Rows], shape: ReaderShape) -> bytes:
    """A model file. Inputs: "pieces", float32, shape (n, dim), and "kept", int64, shape (m), whose states to give.

    Output: these, shape (m, dim). Every large weight is asked for once.
    """
    return _ReaderGraph(weights, shape).build()


class _ReaderGraph:
    def __init__(self, weights: Mapping[str, Rows], shape: ReaderShape) -> None:
        self._weights, self._shape = weights, shape
        self._room = np.empty(max(weights[f"layers.0.{name}.weight"].size for name in ("qkv", "up")), np.float32)
        self._graph = Graph("reader", {"pieces": ("float32", ("n", shape.dim)), "kept": ("int64", ("m",))})

    def build(self) -> bytes:
        scale, bias = (self._of(f"norm.{end}") for end in ("weight", "bias"))
        state = self._graph.node("LayerNormalization", "pieces", scale, bias, axis=-1, epsilon=1e-12)
        for number in range(self._shape.layers):
            state = self._layer(state, f"layers.{number}", last=number + 1 == self._shape.layers)
        self._graph.outputs = (state,)
        return self._graph.to_bytes()

    def _layer(self, state: str, name: str, *, last: bool) -> str:
        graph, dim = self._graph, self._shape.dim
        weight, bias = self._weights[f"{name}.qkv.weight"], self._weights[f"{name}.qkv.bias"]
        parts = [slice(0, dim), slice(dim, 2 * dim), slice(2 * dim, 3 * dim)]
        if last:  # what no longer looks at others is computed for the pieces asked for alone
            own = graph.node("Gather", state, "kept", axis=0)
            query = self._linear(own, f"{name}.q", weight[parts[0]], bias[parts[0]])
            both = self._linear(state, f"{name}.kv", weight[dim:], bias[dim:])
            key, value = (self._columns(both, part) for part in parts[:2])
            state = own
        else:
            every = self._linear(state, f"{name}.qkv", weight, bias)
            query, key, value = (self._columns(every, part) for part in parts)
        rows = graph.numbers(1, -1, dim)
        three = (graph.node("Reshape", one, rows) for one in (query, key, value))
        mixed = graph.node("MultiHeadAttention", *three, domain=MICROSOFT, num_heads=self._shape.heads)
        mixed = graph.node("Reshape", mixed, graph.numbers(-1, dim))
        state = self._normed(state, self._named(mixed, f"{name}.out"), f"{name}.norm1")
        inner = graph.node("FastGelu", self._up(state, name), domain=MICROSOFT)
        down = self._small(f"{name}.down", self._weights[f"{name}.down.weight"])
        # The norm behind it adds the bias.
        return self._normed(state, behind_gelu(graph, inner, down), f"{name}.norm2", f"{name}.down.bias")

    def _columns(self, state: str, part: slice) -> str:
        graph = self._graph
        return graph.node("Slice", state, graph.numbers(part.start), graph.numbers(part.stop), graph.numbers(1))

    def _named(self, state: str, name: str) -> str:
        return self._linear(state, name, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _linear(self, state: str, name: str, weight: Rows, bias: Rows) -> str:
        """Shapes: (n, i) with (o, i) and (o) -> (n, o)."""
        whole, scales = self._small(name, weight)
        bias_name = self._graph.tensor(f"{name}.bias", bias)
        return self._graph.node("DynamicQuantizeMatMul", state, whole, scales, "", bias_name, domain=MICROSOFT)

    def _up(self, state: str, name: str) -> str:
        weight = self._weights[f"{name}.up.weight"]
        size = np.abs(self._weights[f"{name}.norm1.weight"]) * 2.5 + np.abs(self._weights[f"{name}.norm1.bias"])
        share = np.maximum(np.sqrt(size / np.maximum(largest(weight, axis=0), 1e-9)), 1e-3).astype(np.float32)
        evened = self._graph.node("Mul", state, self._graph.tensor(f"{name}.up.share", 1 / share))
        return self._linear(evened, f"{name}.up", weight * share, self._weights[f"{name}.up.bias"])

    def _small(self, name: str, weight: Rows) -> tuple[str, str]:
        """A matrix in seven bits and a scale for each of its rows."""
        return whole_rows(self._graph, name, weight, EXACT_ANYWHERE, room=self._room)

    def _normed(self, state: str, other: str, name: str, bias: str = "") -> str:
        """The sum of both, and of the bias, normalised."""
        norm = [self._of(f"{name}.{end}") for end in ("weight", "bias")]
        more = [self._of(bias)] if bias else []
        return self._graph.node("SkipLayerNormalization", state, other, *norm, *more, domain=MICROSOFT, epsilon=1e-12)

    def _of(self, name: str) -> str:
        return self._graph.tensor(name, self._weights[name])
