"""The same collection, searched by some of its legs only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ragmm.collection import Collection, Models
from ragmm.embedders.scripts_known import ReadsScripts
from ragmm.errors import ModelError, UsageError
from ragmm.types import Asset, MediaKind, ModelInfo, Role

if TYPE_CHECKING:
    from ragmm.embedders.base import Embedder
    from ragmm.vlm.base import Vlm

__all__ = ["BOTH", "LEXICAL", "kinds", "legs", "limited", "remembering", "route_legs"]

LEXICAL: Final = "lexical"
BOTH: Final = "both"


def legs(docs: Collection) -> tuple[str, ...]:
    """The spaces that are searched, and the words."""
    words = (LEXICAL,) if docs.pipeline.query.lexical_weight > 0 else ()
    return (*docs.embedders, *words)


def kinds(docs: Collection) -> tuple[str, ...]:
    """Of which media the collection holds vectors: "text", "image" …"""
    with closing(docs.store.snapshot()) as snapshot:
        return tuple(sorted({kind for _, kind in snapshot.legs()}, reverse=True))


def route_legs(docs: Collection, route: str) -> tuple[str, ...]:
    """A route's space with the words beside it, as in a collection of that route alone; "both" is everything."""
    if route == BOTH:
        return legs(docs)
    if route not in docs.embedders:
        allowed = ", ".join((*docs.embedders, BOTH))
        raise UsageError(f"{docs.name} has no route {route!r} to compare; choose among: {allowed}")
    return (route, *(leg for leg in legs(docs) if leg == LEXICAL))


def limited(docs: Collection, names: Iterable[str]) -> Collection:
    """The collection with these legs alone, sharing the models. UsageError names a leg that is not there."""
    wanted = tuple(names)
    allowed = (*docs.embedders, LEXICAL)
    if unknown := [name for name in wanted if name not in allowed]:
        raise UsageError(f"{docs.name} has no leg {unknown[0]!r}; choose among: {', '.join(allowed)}")
    query = docs.pipeline.query
    weight = (query.lexical_weight or 1.0) if LEXICAL in wanted else 0.0
    pipeline = replace(docs.pipeline, query=replace(query, lexical_weight=weight))
    embedders = {name: embedder for name, embedder in docs.embedders.items() if name in wanted}
    return Collection(docs.store, pipeline, Models(embedders=embedders, vlm=_vlm(docs)))


def remembering(docs: Collection) -> Collection:
    """The collection with embedders that embed a question once, however many searches it is put to."""
    if all(isinstance(embedder, _RememberingEmbedder) for embedder in docs.embedders.values()):
        return docs
    known: Mapping[str, Embedder] = {name: _RememberingEmbedder(embedder) for name, embedder in docs.embedders.items()}
    return Collection(docs.store, docs.pipeline, Models(embedders=known, vlm=_vlm(docs)))


def _vlm(docs: Collection) -> Vlm | None:
    """None where the model is not to be had: each query then answers without it, and says so."""
    try:
        return docs.vlm
    except ModelError:
        return None


class _RememberingEmbedder:
    """Keeps the rows of single questions and pictures."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._rows: dict[str | bytes, NDArray[np.float32]] = {}

    @property
    def info(self) -> ModelInfo:
        return self._inner.info

    def scripts(self) -> frozenset[str]:
        """The inner embedder's: a search must trust both alike."""
        return self._inner.scripts() if isinstance(self._inner, ReadsScripts) else frozenset()

    def embed_texts(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        if len(texts) != 1 or role is not Role.QUERY:
            return self._inner.embed_texts(texts, role)
        if texts[0] not in self._rows:
            self._rows[texts[0]] = self._inner.embed_texts(texts, role)
        return self._rows[texts[0]]

    def embed_media(self, kind: MediaKind, assets: Sequence[Asset]) -> NDArray[np.float32]:
        if len(assets) != 1:
            return self._inner.embed_media(kind, assets)
        name = bytes.fromhex(assets[0].sha256)
        if name not in self._rows:
            self._rows[name] = self._inner.embed_media(kind, assets)
        return self._rows[name]
