"""The graph of mini's eyes: a small ResNet with a deep stem (timm's resnet10t at stride 16) and LLaVA's projector."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ragmm.graphs.cspnet import fused
from ragmm.graphs.writing import Graph

__all__ = ["resnet_graph"]

Rows = NDArray[np.float32]
_TOWER, _PROJECTOR = "model.vision_tower.timm_model.", "model.multi_modal_projector."
_STAGES = ((1, 1, 1), (2, 1, 1), (2, 1, 1), (1, 1, 2))
"""Stride, dilation of the first and of the second convolution: at a sixteenth of the size it only widens its view."""


def resnet_graph(weights: Mapping[str, Rows], width: int) -> bytes:
    """A model file. Input "pixels": float32, shape (1, 3, side, side), normalised. Output: a picture's tokens, shape
    (tokens, width).

    Raises KeyError where the weights are those of another architecture.
    """
    graph = Graph("resnet", {"pixels": ("float32", (1, 3, "height", "width"))})
    eyes = _Resnet(graph, weights)
    state = eyes.stem("pixels")
    for number, (stride, first, second) in enumerate(_STAGES, start=1):
        state = eyes.block(state, f"layer{number}.0", stride, (first, second))
    channels = weights[f"{_PROJECTOR}linear_1.weight"].shape[1]
    rows = graph.node("Transpose", graph.node("Reshape", state, graph.numbers(channels, -1)), perm=(1, 0))
    inner = graph.node("Gelu", eyes.linear(rows, "linear_1"), domain="com.microsoft")
    graph.outputs = (graph.node("Reshape", eyes.linear(inner, "linear_2"), graph.numbers(-1, width)),)
    return graph.to_bytes()


class _Resnet:
    def __init__(self, graph: Graph, weights: Mapping[str, Rows]) -> None:
        self._graph, self._weights = graph, weights

    def stem(self, state: str) -> str:
        """Three convolutions and a pooling: a quarter of the size."""
        for conv, norm, stride in (("conv1.0", "conv1.1", 2), ("conv1.3", "conv1.4", 1), ("conv1.6", "bn1", 1)):
            state = self._graph.node("Relu", self._conv(state, conv, norm, stride=stride))
        return self._graph.node("MaxPool", state, kernel_shape=(3, 3), strides=(2, 2), pads=(1,) * 4)

    def block(self, state: str, name: str, stride: int, dilations: tuple[int, int]) -> str:
        """Two convolutions beside a shortcut."""
        first, second = dilations
        inner = self._conv(state, f"{name}.conv1", f"{name}.bn1", stride=stride, dilation=first)
        inner = self._conv(self._graph.node("Relu", inner), f"{name}.conv2", f"{name}.bn2", dilation=second)
        if f"{_TOWER}{name}.downsample.1.weight" in self._weights:
            state = self._shortcut(state, name, stride)
        return self._graph.node("Relu", self._graph.node("Add", inner, state))

    def _shortcut(self, state: str, name: str, stride: int) -> str:
        """Averages of two by two; where the size stays, with zeros behind the last row and column."""
        pads = (0, 0, 0, 0) if stride == 2 else (0, 0, 1, 1)
        mean = self._graph.node(
            "AveragePool", state, kernel_shape=(2, 2), strides=(stride, stride), pads=pads, count_include_pad=1
        )
        return self._conv(mean, f"{name}.downsample.1", f"{name}.downsample.2")

    def _conv(self, state: str, conv: str, norm: str, *, stride: int = 1, dilation: int = 1) -> str:
        weight, bias = fused(self._weights, f"{_TOWER}{conv}.weight", f"{_TOWER}{norm}")
        pad = dilation * (weight.shape[2] // 2)
        tensors = self._graph.tensor(f"{conv}.weight", weight), self._graph.tensor(f"{conv}.bias", bias)
        return self._graph.node(
            "Conv", state, *tensors, strides=(stride, stride), pads=(pad,) * 4, dilations=(dilation, dilation)
        )

    def linear(self, state: str, name: str) -> str:
        """A part of the projector."""
        tensors = [
            self._graph.tensor(name + kind, self._weights[_PROJECTOR + name + kind]) for kind in (".weight", ".bias")
        ]
        return self._graph.node("Gemm", state, *tensors, transB=1)
