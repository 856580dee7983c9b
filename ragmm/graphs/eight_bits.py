"""Matrix products in eight bits: weights have a scale for each of their rows, inputs one for each of theirs.

`top` is how large a whole weight may be. Up to 63, two products of it and of an eight-bit number fit into sixteen bits,
so that every processor sums them exactly; 127 is for those with instructions that sum in thirty-two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ragmm.graphs.writing import MICROSOFT, Graph

__all__ = ["EXACT_ANYWHERE", "EXACT_IN_32_BITS", "behind_gelu", "by_rows", "largest", "whole_rows"]

Rows = NDArray[np.float32]
EXACT_ANYWHERE, EXACT_IN_32_BITS = 63, 127
_MIDDLE = 128
"""What stands for 0 in a row that has as much below it as above."""
_ZERO, _STEPS = 15, 240
"""Of a row behind the GELU, which is -.17 at least: what stands for 0, and the steps from there to its largest."""
_LEAST = 0.17 / _ZERO * _STEPS


def by_rows(graph: Graph, state: str, weight: tuple[str, str]) -> str:
    """Shapes: (n, i) with (o, i) -> (n, o). `weight`: what `whole_rows` gives, in the graph."""
    largest_of = graph.node("ReduceMax", graph.node("Abs", state), axes=(1,), keepdims=1)
    count = graph.tensor("rows.step", np.array(1 / (_MIDDLE - 1), np.float32))
    least = graph.tensor("rows.least", np.array(1e-9, np.float32))
    return _summed(graph, state, weight, graph.node("Max", graph.node("Mul", largest_of, count), least), _MIDDLE)


def behind_gelu(graph: Graph, state: str, weight: tuple[str, str]) -> str:
    """The same for rows that come out of a GELU, which lie almost wholly above 0."""
    largest_of = graph.node("ReduceMax", state, axes=(1,), keepdims=1)
    least, count = (graph.tensor(f"down.{n}", np.array(n, np.float32)) for n in (_LEAST, 1 / _STEPS))
    return _summed(graph, state, weight, graph.node("Mul", graph.node("Max", largest_of, least), count), _ZERO)


def _summed(graph: Graph, state: str, weight: tuple[str, str], steps: str, zero: int) -> str:
    """`steps`: how much one of the eight-bit numbers is worth in each row. Shape: (n, 1)."""
    each = graph.node("Reshape", steps, graph.numbers(-1))
    nothing = graph.tensor(f"zero{zero}", np.array(zero, np.uint8))
    one = graph.tensor("rows.one", np.array(1, np.float32))
    zeros = graph.node("Expand", nothing, graph.node("Shape", each))
    rounded = graph.node("QuantizeLinear", state, each, zeros, axis=0)
    whole, scales = weight
    summed = graph.node("MatMulIntegerToFloat", rounded, whole, one, scales, nothing, domain=MICROSOFT)
    return graph.node("Mul", summed, steps)


def whole_rows(graph: Graph, name: str, weight: Rows, top: int, *, room: Rows | None = None) -> tuple[str, str]:
    """A matrix as whole numbers and a scale for each of its rows. `room`: where it may be worked on."""
    scales = np.maximum(largest(weight, axis=1) / top, 1e-9).astype(np.float32)
    out = None if room is None else room[: weight.size].reshape(weight.shape)
    shares = np.divide(weight, scales[:, None], out=out)
    whole = np.rint(shares, out=shares).astype(np.int8)
    return graph.tensor(f"{name}.whole", whole.T), graph.tensor(f"{name}.scales", scales)


def largest(weight: Rows, *, axis: int) -> Rows:
    """Without regard to signs."""
    found: Rows = np.maximum(weight.max(axis=axis), -weight.min(axis=axis))
    return found
