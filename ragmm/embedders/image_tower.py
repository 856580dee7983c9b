"""mini's image tower without torch: its own weights as a graph, its pictures made ready by Pillow and NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.preprocess import Preprocessing
from ragmm.graphs.cspnet import cspnet_graph
from ragmm.graphs.running import GraphRunner, at_once, runs_graphs
from ragmm.models.mapped_weights import MappedWeights

__all__ = ["ImageTower"]

_UNDERSTOOD = {
    "timm_model_name": "cs3darknet_focus_s",
    "timm_model_pretrained": False,
    "timm_pool": "avg",
    "timm_proj": "mlp",
}


class ImageTower:
    """Reads the weights on first use. `open` returns None for a tower that it cannot compute exactly."""

    def __init__(self, file: Path, preprocessing: Preprocessing, threads: int) -> None:
        self._file, self.preprocessing, self._threads = file, preprocessing, threads

    @classmethod
    def open(
        cls, file: Path, model: Mapping[str, Any], preprocess: Mapping[str, Any], threads: int
    ) -> ImageTower | None:
        """`model`: open_clip's model_cfg; `threads`: pictures computed at once."""
        vision = dict(model["vision_cfg"])
        size = vision.pop("image_size", None)
        if vision != _UNDERSTOOD or not isinstance(size, int) or not runs_graphs():
            return None
        return cls(file, Preprocessing.from_config(preprocess, size), threads)

    def load(self) -> None:
        """Makes ready what computes."""
        _ = self._runner

    def embed(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Shapes: each (height, width, 3) to (n, dim), of unit length."""
        runner = self._runner
        return np.concatenate(
            at_once(lambda one: runner.run(pixels=one)[0], [*map(self._normalised, pixels)], self._threads)
        )

    @cached_property
    def _runner(self) -> GraphRunner:
        return GraphRunner(cspnet_graph(MappedWeights(self._file)))

    def _normalised(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """In float32, in open_clip's order of steps. Shape: (1, 3, height, width)."""
        mean, std = (np.array(channel, np.float32) for channel in (self.preprocessing.mean, self.preprocessing.std))
        values = (pixels.astype(np.float32) / np.float32(255) - mean) / std
        return np.ascontiguousarray(values.transpose(2, 0, 1)[None])
