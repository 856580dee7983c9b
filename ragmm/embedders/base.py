"""The embedder contract: batches in, unnormalised or normalised float32 rows out; normalising is the store's work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ragmm.types import Asset, MediaKind, ModelInfo, Role

__all__ = ["Embedder", "takes"]


@runtime_checkable
class Embedder(Protocol):
    """Turns texts, and the media that `info.kinds` has, into rows of one space."""

    @property
    def info(self) -> ModelInfo: ...

    def embed_texts(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Shape: (len(texts), dim). Text longer than the model's context is embedded whole, in windows."""
        ...

    def embed_media(self, kind: MediaKind, assets: Sequence[Asset]) -> NDArray[np.float32]:
        """Shape: (len(assets), dim). All are of the one kind. Raises ModelError where the model does not take it."""
        ...


def takes(embedder: Embedder, kind: MediaKind) -> bool:
    """Whether the embedder makes rows of what is of this kind, not only of the words about it."""
    return kind in embedder.info.kinds
