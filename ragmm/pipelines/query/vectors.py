"""What is asked, as vectors: words, a picture, both at once, or an item that is stored already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.base import Embedder, takes
from ragmm.embedders.scripts_known import script_share
from ragmm.indexes.contracts import Snapshot, unit_rows
from ragmm.types import MediaKind, Role
from ragmm.vlm.images import picture

__all__ = ["QueryVector", "item_vectors", "question_vectors"]

Row = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class QueryVector:
    """One point of a space that is searched around."""

    space: str
    row: Row
    """Shape: (1, dim), of unit length."""
    kinds: frozenset[MediaKind] = frozenset({MediaKind.TEXT})
    """Of what the space holds the thing itself, not the words about it."""
    kind: MediaKind = MediaKind.TEXT
    """What it stands for: words alone, or a picture (with words or without)."""
    readable: float = 1.0
    """The share of what is asked that the model can read."""
    weight: float = 1.0
    """Where one question becomes several vectors of a space, they share its vote."""


def question_vectors(embedders: Mapping[str, Embedder], text: str, image: bytes | None) -> list[QueryVector]:
    """The words and the picture each on their own and, where one space holds both, halfway between them."""
    found: list[QueryVector] = []
    for space, embedder in embedders.items():
        several = list(_vectors(space, embedder, text, image))
        found += [replace(one, weight=1 / len(several)) for one in several]
    return found


def _vectors(space: str, embedder: Embedder, text: str, image: bytes | None) -> Iterator[QueryVector]:
    words = shown = None
    kinds = embedder.info.kinds
    if text.strip():
        row = unit_rows(embedder.embed_texts([text], Role.QUERY))
        words = QueryVector(space=space, row=row, kinds=kinds, readable=script_share(embedder, text))
        yield words
    if image is not None and takes(embedder, MediaKind.IMAGE):
        row = unit_rows(embedder.embed_media(MediaKind.IMAGE, [picture(image)]))
        shown = QueryVector(space=space, row=row, kinds=kinds, kind=MediaKind.IMAGE)
        yield shown
    if words is not None and shown is not None:
        yield replace(shown, row=unit_rows(words.row + shown.row), readable=words.readable)


def item_vectors(snapshot: Snapshot, item: int, embedders: Mapping[str, Embedder]) -> list[QueryVector]:
    """The stored vectors of an item: no model is asked."""
    stored = {
        (space, kind): snapshot.stored_vector(space, kind, item)
        for space, kind in snapshot.legs()
        if space in embedders
    }
    return [
        QueryVector(
            space=space, row=unit_rows(row), kinds=kinds, kind=MediaKind(kind) if kind in kinds else MediaKind.TEXT
        )
        for (space, kind), row in stored.items()
        for kinds in (embedders[space].info.kinds,)
        if row is not None
    ]
