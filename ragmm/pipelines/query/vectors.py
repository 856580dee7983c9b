"""What is asked, as vectors: words, a picture, both at once, or an item that is stored already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.base import Embedder
from ragmm.embedders.scripts_known import script_share
from ragmm.indexes.contracts import Snapshot, unit_rows
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
    sees: bool = False
    """Whether the space holds pictures themselves, not their words."""
    pictured: bool = False
    """Whether it stands for a picture, or for one with words; else for words alone."""
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
    words = picture = None
    sees = _sees(embedder)
    if text.strip():
        row = unit_rows(embedder.embed_texts([text], Role.QUERY))
        words = QueryVector(space=space, row=row, sees=sees, readable=script_share(embedder, text))
        yield words
    if image is not None and sees:
        picture = QueryVector(space=space, row=unit_rows(embedder.embed_images([image])), sees=True, pictured=True)
        yield picture
    if words is not None and picture is not None:
        yield replace(picture, row=unit_rows(words.row + picture.row), readable=words.readable)


def item_vectors(snapshot: Snapshot, item: int, embedders: Mapping[str, Embedder]) -> list[QueryVector]:
    """The stored vectors of an item: no model is asked."""
    stored = {
        (space, kind): snapshot.stored_vector(space, kind, item)
        for space, kind in snapshot.legs()
        if space in embedders
    }
    return [
        QueryVector(space=space, row=unit_rows(row), sees=sees, pictured=sees and kind == _IMAGE)
        for (space, kind), row in stored.items()
        for sees in (_sees(embedders[space]),)
        if row is not None
    ]


def _sees(embedder: Embedder) -> bool:
    return _IMAGE in embedder.info.modalities
