"""A shared space in which photographs are put by what they show; the tower that knows drawings does the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.base import Embedder
from ragmm.embedders.eyes import Eyes
from ragmm.embedders.scripts_known import ReadsScripts
from ragmm.types import Asset, MediaKind, ModelInfo, Role

__all__ = ["PhotographEmbedder", "photographs_by"]


def photographs_by(embedder: Embedder) -> str:
    """What makes the rows of photographs, where it is something else than what makes those of drawings; else ""."""
    return embedder.photographs if isinstance(embedder, PhotographEmbedder) else ""


class PhotographEmbedder:
    """Another embedder of the space of all-MiniLM-L6-v2, and eyes for photographs beside it.

    It has the other's fingerprint: texts, questions and drawings are where they were. A photograph's row is known by a
    key of its own (`photographs`), so that one that the other made of it is not taken for it.
    """

    def __init__(self, drawings: Embedder, eyes: Eyes) -> None:
        self._drawings, self._eyes = drawings, eyes

    @property
    def info(self) -> ModelInfo:
        return self._drawings.info

    @property
    def photographs(self) -> str:
        """The fingerprint of what makes the rows of photographs."""
        return self._eyes.rows_fingerprint

    def scripts(self) -> frozenset[str]:
        """As the other reads them."""
        return self._drawings.scripts() if isinstance(self._drawings, ReadsScripts) else frozenset()

    def load(self) -> None:
        """Loads the other; what looks at photographs is loaded with the first picture."""
        if callable(load := getattr(self._drawings, "load", None)):
            load()

    def embed_texts(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Shape: (len(texts), dim)."""
        return self._drawings.embed_texts(texts, role)

    def embed_media(self, kind: MediaKind, assets: Sequence[Asset]) -> NDArray[np.float32]:
        """Shape: (len(assets), dim). Raises DocumentError for bytes that are no image."""
        rows = {number: self._eyes.row(asset) for number, asset in enumerate(assets)} if kind is MediaKind.IMAGE else {}
        found = np.zeros((len(assets), self.info.dim), np.float32)
        drawn = [number for number in range(len(assets)) if rows.get(number) is None]
        if drawn:
            found[drawn] = self._drawings.embed_media(kind, [assets[number] for number in drawn])
        for number, row in rows.items():
            if row is not None:
                found[number] = row
        return found
