"""Items to vectors: what is embedded for an item in each space, never twice for the same content."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.base import Embedder, takes
from ragmm.embedders.picture_kinds import PictureKind
from ragmm.errors import ModelError
from ragmm.indexes.contracts import Snapshot, Store, Writer
from ragmm.pipelines.text_homes import text_homes
from ragmm.text.table_words import table_words
from ragmm.types import IMAGE_MODALITIES, Asset, Item, MediaKind, Modality, Role, StoredItem

if TYPE_CHECKING:
    from ragmm.indexes.changes import PreparedItem

__all__ = [
    "Embedding",
    "Planned",
    "embed_again",
    "embed_planned",
    "embedding_text",
    "kind_of",
    "meant_text",
    "plan",
]

_AT_ONCE = 256


def embedding_text(text: str, context: str) -> str:
    """An item in words: its context (section, title) before its text."""
    return f"{context}\n{text}" if context and text else context or text


def meant_text(item: Item | StoredItem) -> str:
    """What stands for an item in a space of words; of a table its words alone, or those above it, if there are any."""
    words = table_words(item.text) if item.modality is Modality.TABLE else item.text
    return embedding_text(words, item.context) or item.text


@dataclass(frozen=True, slots=True)
class Planned:
    """One thing to embed."""

    space: str
    kind: MediaKind
    """Which of the space's lists holds it."""
    key: bytes
    payload: str | Asset


class Drawer(Protocol):
    """Where vectors wait for the commit that stores them."""

    def vectors(self, space: str, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]: ...

    def keep_vectors(self, space: str, rows: Mapping[bytes, NDArray[np.float32]]) -> None: ...


class Embedding:
    """Plans, finds again and computes the vectors of items, across documents, in batches."""

    def __init__(
        self,
        embedders: Mapping[str, Embedder],
        writer: Writer,
        drawer: Drawer | None = None,
        *,
        during: AbstractContextManager[None] | None = None,
    ) -> None:
        """A model's work is done inside `during`, again and again."""
        self._embedders = embedders
        self._writer = writer
        self._drawer = drawer
        self._during = during or contextlib.nullcontext()
        infos = {space: embedder.info for space, embedder in embedders.items()}
        self._homes = text_homes(
            infos,
            {space: info.fingerprint for space, info in infos.items()},
            keep={space for space in infos if writer.ever_held(space, MediaKind.TEXT)},
        )
        self.embedded = 0
        self.reused = 0

    def prepare(self, items: Sequence[Item]) -> list[PreparedItem]:
        """The items with all their vectors."""
        from ragmm.indexes.changes import PreparedItem, Vector

        plans = [self._plan(item) for item in items]
        vectors = self._vectors([one for plan in plans for one in plan])
        return [
            PreparedItem(
                item=item,
                vectors=tuple(
                    Vector(space=one.space, kind=one.kind, key=one.key, row=vectors[one.space, one.key]) for one in plan
                ),
            )
            for item, plan in zip(items, plans, strict=True)
        ]

    def _plan(self, item: Item) -> list[Planned]:
        found = (plan(space, embedder, item) for space, embedder in self._embedders.items())
        return [one for one in found if one and not (one.kind is MediaKind.TEXT and one.space in self._homes)]

    def _vectors(self, inputs: Sequence[Planned]) -> dict[tuple[str, bytes], NDArray[np.float32]]:
        found: dict[tuple[str, bytes], NDArray[np.float32]] = {}
        for space, embedder in self._embedders.items():
            wanted = {one.key: one for one in inputs if one.space == space}
            known = self._writer.known_vectors(space, list(wanted))
            model = embedder.info.fingerprint
            if self._drawer is not None:
                known.update(self._drawer.vectors(model, [key for key in wanted if key not in known]))
            self.reused += len(known)
            missing = [one for key, one in wanted.items() if key not in known]
            with self._during:
                made = embed_planned(embedder, missing)
            if self._drawer is not None:
                self._drawer.keep_vectors(model, made)
            known.update(made)
            self.embedded += len(missing)
            found.update(((space, key), row) for key, row in known.items())
        return found


def embed_planned(embedder: Embedder, inputs: Sequence[Planned]) -> dict[bytes, NDArray[np.float32]]:
    """Rows by key, texts and the media of each kind in one call. Shape of each: (dim,)."""
    texts = {one.key: one.payload for one in inputs if isinstance(one.payload, str)}
    media: dict[MediaKind, dict[bytes, Asset]] = {}
    for one in inputs:
        if not isinstance(one.payload, str):
            media.setdefault(one.kind, {})[one.key] = one.payload
    rows: dict[bytes, NDArray[np.float32]] = {}
    if texts:
        rows.update(zip(texts, embedder.embed_texts(list(texts.values()), Role.DOCUMENT), strict=True))
    for kind, assets in media.items():
        rows.update(zip(assets, embedder.embed_media(kind, list(assets.values())), strict=True))
    return rows


def plan(space: str, embedder: Embedder, item: Item) -> Planned | None:
    """What of an item goes into a space: a picture itself where the model takes it, else its words; None if neither.

    A table is its words, also where it comes with a picture of itself.
    """
    itself = item.modality in IMAGE_MODALITIES or not item.text.strip()
    if item.asset is not None and itself and takes(embedder, item.asset.kind):
        kind = item.asset.kind
        seen_by = _seen_by(embedder) if item.metadata.get("picture") == PictureKind.PHOTOGRAPH else ""
        key = _key(f"{kind} {seen_by}".strip().encode(), bytes.fromhex(item.asset.sha256))
        return Planned(space, kind, key, item.asset)
    text = meant_text(item)
    if not text.strip():
        return None
    kind = MediaKind.TEXT if takes(embedder, MediaKind.IMAGE) else kind_of(item.modality)
    return Planned(space, kind, _key(b"text", text.encode("utf-8", "replace")), text)


def _seen_by(embedder: Embedder) -> str:
    from ragmm.embedders.photographs import photographs_by

    return photographs_by(embedder)


def kind_of(modality: Modality) -> MediaKind:
    """Which of a space's lists holds the words of an item, where no list holds the item itself."""
    return MediaKind.IMAGE if modality in IMAGE_MODALITIES else MediaKind.TEXT


def _key(kind: bytes, payload: bytes) -> bytes:
    return hashlib.sha256(kind + b"\0" + payload).digest()[:16]


def embed_again(
    embedders: Mapping[str, Embedder], store: Store, space: str, name: str, items: Sequence[StoredItem]
) -> NDArray[np.float32]:
    """Vectors of stored items for one list of a space, as `prepare` made them. Shape: (len(items), dim)."""
    embedder = embedders.get(space)
    if embedder is None:
        raise ModelError(f"the pipeline names no model for the space {space!r}, whose vectors have to be made again")
    kind = MediaKind(name)
    itself = kind is not MediaKind.TEXT and takes(embedder, kind)
    rows = np.zeros((len(items), embedder.info.dim), np.float32)
    with contextlib.closing(store.snapshot()) as snapshot:
        snapshot.spaces[space].check_model(embedder.info, store.folder)
        for start in range(0, len(items), _AT_ONCE):
            part = items[start : start + _AT_ONCE]
            media = {n: item.asset for n, item in enumerate(part) if item.asset and itself}
            texts = {n: meant_text(item) for n, item in enumerate(part) if n not in media}
            if media:
                found = embedder.embed_media(kind, [_stored(snapshot, asset) for asset in media.values()])
                rows[start + np.array(list(media))] = found
            if texts:
                rows[start + np.array(list(texts))] = embedder.embed_texts(list(texts.values()), Role.DOCUMENT)
    return rows


def _stored(snapshot: Snapshot, sha256: str) -> Asset:
    data, media_type = snapshot.asset(sha256)
    return Asset(data=data, media_type=media_type)
