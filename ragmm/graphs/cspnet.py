"""The graph of a CSPNet image tower with three-way stages (timm's cs3darknet) and a head of two layers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import numpy as np
from numpy.typing import NDArray

from ragmm.graphs.writing import Graph

__all__ = ["cspnet_graph", "fused"]

Rows = NDArray[np.float32]
_EPSILON = 1e-5
"""Of batch norms, as PyTorch makes them where nothing else is said."""


def cspnet_graph(weights: Mapping[str, Rows]) -> bytes:
    """A model file. Input "pixels": float32, shape (n, 3, height, width), normalised. Output: (n, dim), unit length.

    Raises KeyError where the weights are those of another architecture.
    """
    graph = Graph("cspnet", {"pixels": ("float32", ("n", 3, "height", "width"))})
    tower = _Cspnet(graph, weights)
    state = tower.conv("pixels", "trunk.stem.conv1", stride=2, pad=2)
    for stage in count():
        if f"trunk.stages.{stage}.conv_exp.conv.weight" not in weights:
            break
        state = tower.stage(state, f"trunk.stages.{stage}")
    pooled = graph.node("ReduceMean", state, axes=(2, 3), keepdims=0)
    inner = graph.node("Gelu", tower.linear(pooled, "head.mlp.fc1"), domain="com.microsoft")
    graph.outputs = (graph.node("LpNormalization", tower.linear(inner, "head.mlp.fc2"), axis=1, p=2),)
    return graph.to_bytes()


class _Cspnet:
    def __init__(self, graph: Graph, weights: Mapping[str, Rows]) -> None:
        self._graph, self._weights = graph, weights

    def stage(self, state: str, name: str) -> str:
        """Half of the channels goes through the blocks, half around them."""
        state = self.conv(self.conv(state, f"{name}.conv_down", stride=2, pad=1), f"{name}.conv_exp")
        inner = self._graph.node("Split", state, axis=1, outputs=2)
        outer = f"{inner}.1"
        for block in count():
            if f"{name}.blocks.{block}.conv1.conv.weight" not in self._weights:
                break
            narrow = self.conv(inner, f"{name}.blocks.{block}.conv1")
            inner = self._graph.node("Add", self.conv(narrow, f"{name}.blocks.{block}.conv2", pad=1), inner)
        joined = self._graph.node("Concat", inner, outer, axis=1)
        return self.conv(joined, f"{name}.conv_transition")

    def conv(self, state: str, name: str, *, stride: int = 1, pad: int = 0) -> str:
        """A convolution, its batch norm inside it, and x * sigmoid(x)."""
        weight, bias = fused(self._weights, f"{name}.conv.weight", f"{name}.bn")
        tensors = self._graph.tensor(f"{name}.weight", weight), self._graph.tensor(f"{name}.bias", bias)
        made = self._graph.node("Conv", state, *tensors, strides=(stride, stride), pads=(pad,) * 4)
        return self._graph.node("Mul", made, self._graph.node("Sigmoid", made))

    def linear(self, state: str, name: str) -> str:
        """With a bias where there is one."""
        parts = [part for part in ("weight", "bias") if f"{name}.{part}" in self._weights]
        tensors = [self._graph.tensor(f"{name}.{part}", self._weights[f"{name}.{part}"]) for part in parts]
        return self._graph.node("Gemm", state, *tensors, transB=1)


def fused(weights: Mapping[str, Rows], conv: str, norm: str, *, epsilon: float = _EPSILON) -> tuple[Rows, Rows]:
    """A convolution's weights and bias with the batch norm behind it computed in. Shapes: (out, in, h, w), (out,)."""
    scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + np.float32(epsilon))
    weight = weights[conv] * scale[:, None, None, None]
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
    return weight.astype(np.float32), bias.astype(np.float32)
