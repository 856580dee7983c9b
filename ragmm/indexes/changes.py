"""What a commit is made of: documents with their items and vectors, ready to be stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragmm.types import DocumentState, Item, MediaKind

__all__ = ["PreparedDocument", "PreparedItem", "Vector"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Vector:
    """One row of one space."""

    space: str
    kind: MediaKind
    """Which of the space's lists it belongs to."""
    key: bytes
    """Hash of what was embedded: equal keys mean equal vectors."""
    row: NDArray[np.float32]
    """Shape: (dim,)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PreparedItem:
    """An item with the vectors that were computed, or found again, for it."""

    item: Item
    vectors: tuple[Vector, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class PreparedDocument:
    """A source file as it will stand in the next generation."""

    path: str
    uri: str
    size: int
    state: DocumentState = DocumentState.INDEXED
    sha256: str | None = None
    media_type: str | None = None
    reason: str | None = None
    parser: str = ""
    """Fingerprint of the loaders and settings that read it."""
    items: Sequence[PreparedItem] | None = None
    """None: the content is already known by (sha256, parser), or the document failed."""
