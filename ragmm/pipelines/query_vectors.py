"""What is asked, as vectors: words, a picture, both at once, or an item that is stored already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.base import Embedder
from ragmm.embedders.literacy import literacy
from ragmm.indexes.blocks import unit_rows
from ragmm.indexes.snapshot import Snapshot
from ragmm.types import Role

__all__ = ["QueryVector", "item_vectors", "question_vectors"]

Row = NDArray[np.float32]
_IMAGE = "image"


@dataclass(frozen=True, kw_only=True)
class QueryVector:
    """One point of a space that is searched around."""

    space: str
    row: Row
    """Shape: (1, dim), of unit length."""
    readable: float = 1.0
    """The share of what is asked that the model can read."""
    weight: float = 1.0
    """Where one question becomes several vectors of a space, they share its vote."""


def question_vectors(embedders: Mapping[str, Embedder], text: str, image: bytes | None) -> list[QueryVector]:
    """The words and the picture each on their own and, where one space holds both, halfway between them."""
    found: list[QueryVector] = []
    for space, embedder in embedders.items():
        rows = list(_rows(embedder, text, image))
        if len(rows) == 2:
            between = unit_rows(rows[0][0] + rows[1][0])
            rows.append((between, rows[0][1]))
        found += [QueryVector(space=space, row=row, readable=readable, weight=1 / len(rows)) for row, readable in rows]
    return found


def _rows(embedder: Embedder, text: str, image: bytes | None) -> Iterator[tuple[Row, float]]:
    if text.strip():
        yield unit_rows(embedder.embed_texts([text], Role.QUERY)), literacy(embedder, text)
    if image is not None and _IMAGE in embedder.info.modalities:
        yield unit_rows(embedder.embed_images([image])), 1.0


def item_vectors(snapshot: Snapshot, item: int, spaces: Sequence[str]) -> list[QueryVector]:
    """The stored vectors of an item: no model is asked."""
    stored = {(space, kind): _stored(snapshot, space, kind, item) for space, kind in snapshot.legs() if space in spaces}
    return [QueryVector(space=space, row=row) for (space, _), row in stored.items() if row is not None]


def _stored(snapshot: Snapshot, space: str, kind: str, item: int) -> Row | None:
    for block, rows in snapshot.open_blocks(space, kind):
        at = int(np.searchsorted(block.ids, item))
        if at < len(block.ids) and int(block.ids[at]) == item:
            return unit_rows(np.asarray(rows[at], np.float32)[None, :])
    return None
