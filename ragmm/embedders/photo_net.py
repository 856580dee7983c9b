"""EfficientNet-Lite0: what a photograph shows, of a thousand kinds of things. Its own weights, no torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.preprocess import Preprocessing
from ragmm.graphs.efficientnet import efficientnet_graph
from ragmm.graphs.running import GraphRunner
from ragmm.models.torch_file import read_tensors
from ragmm.models.weights_packages import PHOTOS

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["PhotoNet", "Sight"]

Rows = NDArray[np.float32]
_SIDE, _RESIZED = 224, 256
_MIDDLE, _SCALE = np.float32(127), np.float32(128)
"""Of the model's own preprocessing: every channel as it lies between -1 and 1."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sight:
    """What the network makes of one picture."""

    scores: Rows
    """Of the classes, before any softmax. Shape: (1000,)."""
    features: Rows
    """What is seen, whatever it is called. Shape: (1280,)."""

    def chances(self, temperature: float = 1.0) -> Rows:
        """Of the classes, together 1; a higher temperature gives more to the unlikely. Shape: (1000,)."""
        powers = np.exp((self.scores - self.scores.max()) / np.float32(temperature))
        shares: Rows = powers / powers.sum()
        return shares


class PhotoNet:
    """Reads its weights on first use. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """`folder`: where the package keeps the model; its file is checked before it is read."""
        self._folder = folder
        self._preprocessing = Preprocessing(width=_RESIZED, height=_RESIZED)

    @classmethod
    def installed(cls) -> PhotoNet | None:
        """The one of the extra `photos`; None without it."""
        folder = PHOTOS.folder()
        return None if folder is None else cls(folder)

    def look(self, picture: Image) -> Sight:
        """At the middle of a picture, its short side fitted."""
        edge = (_RESIZED - _SIDE) // 2
        pixels = self._preprocessing(picture)[edge : edge + _SIDE, edge : edge + _SIDE].astype(np.float32)
        values = np.ascontiguousarray(((pixels - _MIDDLE) / _SCALE).transpose(2, 0, 1)[None])
        features, scores = self._runner.run(pixels=values)
        return Sight(scores=scores[0], features=features[0])

    @cached_property
    def _runner(self) -> GraphRunner:
        PHOTOS.verify(self._folder)
        (name,) = PHOTOS.sha256
        return GraphRunner(efficientnet_graph(read_tensors(self._folder / name)))
