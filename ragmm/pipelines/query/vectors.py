"""What is asked, as vectors: words, a picture, both at once, or an item that is stored already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.base import Embedder, takes
from ragmm.embedders.scripts_known import script_share
from ragmm.indexes.contracts import Snapshot, unit_rows
from ragmm.types import MediaKind, Role
from ragmm.vlm.images import picture

__all__ = ["QueryVector", "item_vectors", "question_vectors"]

Row = NDArray[np.float32]
_NO_HOMES: Mapping[str, str] = MappingProxyType({})


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
    texts_in: str = ""
    """The space that holds the texts of its own."""
    texts: float = 1.0
    """How often its vote counts among texts: not at all where the same vector of another space speaks for both."""


def question_vectors(
    embedders: Mapping[str, Embedder], text: str, image: bytes | None, homes: Mapping[str, str] = _NO_HOMES
) -> list[QueryVector]:
    """The words and the picture each on their own and, where one space holds both, halfway between them.

    `homes`: where the texts of a space are, if not in itself.
    """
    rows = _rows_of_words(embedders, text) if text.strip() else {}
    found: list[QueryVector] = []
    for space, embedder in embedders.items():
        several = list(_vectors(space, embedder, text, rows.get(space), image))
        found += [replace(one, weight=1 / len(several)) for one in several]
    return _joined(found, homes)


def _rows_of_words(embedders: Mapping[str, Embedder], text: str) -> dict[str, Row]:
    """By space; computed once for all that share a text model. Shape of each: (1, dim), of unit length."""
    models = {space: embedder.info.text_model or embedder.info.fingerprint for space, embedder in embedders.items()}
    makers = {models[space]: embedder for space, embedder in embedders.items()}
    makers |= {one.info.fingerprint: one for one in embedders.values() if one.info.fingerprint in makers}
    rows = {model: unit_rows(maker.embed_texts([text], Role.QUERY)) for model, maker in makers.items()}
    return {space: rows[model] for space, model in models.items()}


def _vectors(space: str, embedder: Embedder, text: str, row: Row | None, image: bytes | None) -> Iterator[QueryVector]:
    words = shown = None
    kinds = embedder.info.kinds
    if row is not None:
        words = QueryVector(space=space, row=row, kinds=kinds, readable=script_share(embedder, text))
        yield words
    if image is not None and takes(embedder, MediaKind.IMAGE):
        row = unit_rows(embedder.embed_media(MediaKind.IMAGE, [picture(image)]))
        shown = QueryVector(space=space, row=row, kinds=kinds, kind=MediaKind.IMAGE)
        yield shown
    if words is not None and shown is not None:
        yield replace(shown, row=unit_rows(words.row + shown.row), readable=words.readable)


def _joined(vectors: Sequence[QueryVector], homes: Mapping[str, str]) -> list[QueryVector]:
    """Two spaces that would look for the same in one list look once, with two votes."""
    found = list(vectors)
    for number, one in enumerate(found):
        home = homes.get(one.space, "")
        same = [n for n, other in enumerate(found) if other.space == home and np.array_equal(other.row, one.row)]
        if same:
            twin = found[same[0]]
            found[same[0]] = replace(twin, texts=twin.texts + one.weight / twin.weight)
        found[number] = replace(one, texts_in=home, texts=0.0 if same else one.texts)
    return found


def item_vectors(
    snapshot: Snapshot, item: int, embedders: Mapping[str, Embedder], homes: Mapping[str, str] = _NO_HOMES
) -> list[QueryVector]:
    """The stored vectors of an item: no model is asked."""
    stored = {
        (space, kind): snapshot.stored_vector(space, kind, item)
        for space, kind in snapshot.legs()
        if space in embedders or space in homes.values()
    }
    for space, home in homes.items():
        stored[space, MediaKind.TEXT] = stored.get((home, MediaKind.TEXT))
    found = [
        QueryVector(
            space=space, row=unit_rows(row), kinds=kinds, kind=MediaKind(kind) if kind in kinds else MediaKind.TEXT
        )
        for (space, kind), row in stored.items()
        if row is not None and space in embedders
        for kinds in (embedders[space].info.kinds,)
    ]
    return _joined(found, homes)
