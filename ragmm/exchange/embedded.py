"""A collection's items one after the other, each with the vectors that are stored of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.contracts import Snapshot
from ragmm.types import StoredItem

__all__ = ["EmbeddedItem", "embedded_items"]

_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, eq=False)
class EmbeddedItem:
    """An item with what it was embedded to."""

    item: StoredItem
    vectors: Mapping[str, NDArray[np.float32]]
    """By space, of unit length: one for each space that takes the item. Shape of each: (dim,)."""


def embedded_items(snapshot: Snapshot, uri: str | None = None) -> Iterator[EmbeddedItem]:
    """In reading order, of one document or of all; some hundreds are held at a time."""
    items = snapshot.items(uri)
    while part := list(islice(items, _AT_ONCE)):
        vectors = _vectors(snapshot, part)
        yield from (EmbeddedItem(item=item, vectors=vectors.get(item.id, {})) for item in part)


def _vectors(snapshot: Snapshot, items: Sequence[StoredItem]) -> dict[int, dict[str, NDArray[np.float32]]]:
    wanted = np.array(sorted({item.id for item in items}), np.int64)
    found: dict[int, dict[str, NDArray[np.float32]]] = {}
    for space, kind in snapshot.legs():
        ids, rows = snapshot.stored_vectors(space, kind, wanted)
        for number, row in zip(ids.tolist(), rows, strict=True):
            found.setdefault(number, {})[space] = row
    return found
