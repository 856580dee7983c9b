"""The embedder contract: batches in, unnormalised or normalised float32 rows out; normalising is the store's work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ragmm.types import ModelInfo, Role

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Embedder", "ImageSource"]

ImageSource = "Image | bytes"
"""What embed_images takes: encoded bytes (an asset's; decoded in parallel with the model) or a PIL image."""


@runtime_checkable
class Embedder(Protocol):
    """Turns texts, and images where `info.modalities` has "image", into rows of one space."""

    @property
    def info(self) -> ModelInfo: ...

    def embed_texts(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Shape: (len(texts), dim). Text longer than the model's context is embedded whole, in windows."""
        ...

    def embed_images(self, images: Sequence[Image | bytes]) -> NDArray[np.float32]:
        """Shape: (len(images), dim). Raises ModelError for a text-only model."""
        ...
