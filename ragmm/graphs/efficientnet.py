"""The graph of EfficientNet-Lite0: sixteen inverted bottlenecks between a stem and a head, for photographs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ragmm.graphs.cspnet import fused
from ragmm.graphs.writing import Graph

__all__ = ["efficientnet_graph"]

Rows = NDArray[np.float32]
_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
"""Of the blocks' middle convolutions."""
_EPSILON = 1e-3
"""Of batch norms, as TensorFlow makes them."""


def efficientnet_graph(weights: Mapping[str, Rows]) -> bytes:
    """A model file. Input "pixels": float32, shape (1, 3, side, side), normalised. Outputs: what is seen, pooled, shape
    (1, 1280), and the scores of the classes before any softmax, shape (1, classes).

    Raises KeyError where the weights are those of another architecture.
    """
    graph = Graph("efficientnet", {"pixels": ("float32", (1, 3, "height", "width"))})
    net = _EfficientNet(graph, weights)
    state = net.bent(net.conv("pixels", "_conv_stem", "_bn0", stride=2))
    for number, stride in enumerate(_STRIDES):
        state = net.block(state, f"_blocks.{number}", stride)
    state = net.bent(net.conv(state, "_conv_head", "_bn1"))
    pooled = graph.node("ReduceMean", state, axes=(2, 3), keepdims=0)
    classes = [graph.tensor(f"_fc.{part}", weights[f"_fc.{part}"]) for part in ("weight", "bias")]
    graph.outputs = (pooled, graph.node("Gemm", pooled, *classes, transB=1))
    return graph.to_bytes()


class _EfficientNet:
    def __init__(self, graph: Graph, weights: Mapping[str, Rows]) -> None:
        self._graph, self._weights = graph, weights

    def block(self, state: str, name: str, stride: int) -> str:
        """Widened, filtered channel by channel, narrowed; beside a shortcut where nothing changes its shape."""
        inner = state
        if f"{name}._expand_conv.weight" in self._weights:
            inner = self.bent(self.conv(inner, f"{name}._expand_conv", f"{name}._bn0"))
        inner = self.bent(self.conv(inner, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride))
        inner = self.conv(inner, f"{name}._project_conv", f"{name}._bn2")
        same = stride == 1 and self._channels_in(name) == len(self._weights[f"{name}._project_conv.weight"])
        return self._graph.node("Add", inner, state) if same else inner

    def _channels_in(self, name: str) -> int:
        first = self._weights.get(f"{name}._expand_conv.weight")
        return len(self._weights[f"{name}._depthwise_conv.weight"]) if first is None else int(first.shape[1])

    def conv(self, state: str, name: str, norm: str, *, stride: int = 1) -> str:
        """A convolution with its batch norm inside it; the size is divided by the stride and rounded up."""
        weight, bias = fused(self._weights, f"{name}.weight", norm, epsilon=_EPSILON)
        tensors = self._graph.tensor(f"{name}.weight", weight), self._graph.tensor(f"{name}.bias", bias)
        groups = len(weight) if weight.shape[1] == 1 else 1
        return self._graph.node("Conv", state, *tensors, strides=(stride, stride), group=groups, auto_pad="SAME_UPPER")

    def bent(self, state: str) -> str:
        """Between 0 and 6."""
        ends = [self._graph.tensor(name, np.array(end, np.float32)) for name, end in (("zero", 0), ("six", 6))]
        return self._graph.node("Clip", state, *ends)
