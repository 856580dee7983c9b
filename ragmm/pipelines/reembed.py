"""Another model for a space, without downtime: its vectors are made beside the old ones and take over in one commit."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.base import Embedder, takes
from ragmm.errors import UsageError
from ragmm.indexes.contracts import Snapshot, Store, Writer
from ragmm.indexes.records import Space, StagedVector
from ragmm.pipelines.embedding import Planned, embed_planned, plan
from ragmm.pipelines.progress import Progress, Silent
from ragmm.pipelines.stopping import StopFlag
from ragmm.pipelines.text_homes import text_homes
from ragmm.types import IMAGE_MODALITIES, Asset, Item, MediaKind, StoredItem

__all__ = ["Staged", "abandon", "build", "space_to_replace", "switch"]

_EMBED_ITEMS = 256


@dataclass(frozen=True, kw_only=True)
class Staged:
    """How far the vectors of another model are."""

    space: str
    serving: str
    """The model whose vectors answer now."""
    model: str
    """The model that is to replace it."""
    items: int
    """Live items that have a vector of it."""
    embedded: int
    reused: int
    """Vectors that were stored already: by an earlier run, or from when this model served before."""
    seconds: float
    complete: bool
    """False where a signal ended the run: the same command goes on from there."""


def space_to_replace(spaces: Sequence[str], wanted: str | None) -> str:
    """The space that is meant; with several it has to be said."""
    if wanted is None and len(spaces) == 1:
        return spaces[0]
    if wanted in spaces:
        return str(wanted)
    seen = f"there is no space {wanted!r}" if wanted else "the collection has several spaces"
    raise UsageError(f"{seen}; name one of {', '.join(spaces)} with --space")


def build(
    store: Store,
    space: str,
    embedder: Embedder,
    *,
    batch: int = 2000,
    progress: Progress | None = None,
    stop: StopFlag | None = None,
) -> Staged:
    """Vectors of every live item by another model, committed batch by batch; what is there already stays.

    Readers go on with the old vectors. Nothing else may write meanwhile.
    """
    flag = StopFlag() if stop is None else stop
    with store.writer(f"reembed {space}") as writer, contextlib.closing(store.snapshot()) as snapshot:
        _check(snapshot, space, embedder)
        serving = snapshot.spaces[space]
        staged = writer.stage(space, embedder.info, serving.dtype)
        writer.drop_damaged(staged)
        run = _Reembedding(writer, snapshot, staged, embedder, progress or Silent())
        run.take(batch, flag)
        return run.report(serving, complete=not flag)


def _check(snapshot: Snapshot, space: str, embedder: Embedder) -> None:
    serving, info = snapshot.spaces[space], embedder.info
    with_texts = {name for name, kind in snapshot.legs() if kind == MediaKind.TEXT}
    lodged = _home(snapshot, space, embedder) and space not in with_texts
    if (serving.fingerprint, serving.dim) == (info.fingerprint, info.dim) and not lodged:
        raise UsageError(
            f"{snapshot.folder}: the space {space!r} is built with {info.name} already; name another model"
        )
    if space == "shared" and not takes(embedder, MediaKind.IMAGE):
        raise UsageError(f"{info.name} reads text only and cannot build the space 'shared'; name one that sees images")
    guests = [one for name, one in snapshot.spaces.items() if name not in with_texts and space in with_texts]
    if guests and serving.fingerprint != info.fingerprint:
        guest = guests[0]
        raise UsageError(
            f"{snapshot.folder}: the texts of the space {guest.name!r} are kept in {space!r}; give it its own first: "
            f"ragmm reembed --with {guest.model} --space {guest.name} -c {snapshot.folder}"
        )


def _home(snapshot: Snapshot, space: str, embedder: Embedder) -> str:
    """The space whose vectors of texts are those that the model would make; "" where there is none."""
    others = {name: one.fingerprint for name, one in snapshot.spaces.items()}
    return text_homes({space: embedder.info}, others).get(space, "")


@dataclass
class _Reembedding:
    """One pass over what is not embedded yet."""

    writer: Writer
    snapshot: Snapshot
    staged: Space
    embedder: Embedder
    progress: Progress
    embedded: int = 0
    reused: int = 0
    began: float = field(default_factory=time.monotonic)

    def take(self, batch: int, stop: StopFlag) -> None:
        pending: list[StagedVector] = []
        for vectors in self._vectors(stop):
            pending += vectors
            if len(pending) >= batch:
                self.writer.add_staged(self.staged, pending)
                pending = []
        if pending:
            self.writer.add_staged(self.staged, pending)

    def _vectors(self, stop: StopFlag) -> Iterator[list[StagedVector]]:
        have = self.writer.staged_items(self.staged)
        live = self.snapshot.live_items()
        missing = np.setdiff1d(live, have, assume_unique=True)
        done = len(live) - len(missing)
        for start in range(0, len(missing), _EMBED_ITEMS):
            if stop:
                return
            part = missing[start : start + _EMBED_ITEMS]
            yield self._batch(part)
            self.progress.update("embed", done + start + len(part), len(live), "items")

    def _batch(self, ids: NDArray[np.int64]) -> list[StagedVector]:
        planned = {item.id: one for item in self.snapshot.fetch(ids.tolist()) if (one := self._plan(item))}
        wanted = {one.key: one for one in planned.values()}
        known = self.writer.staged_vectors(self.staged, list(wanted))
        if home := _home(self.snapshot, self.staged.name, self.embedder):
            texts = [key for key, one in wanted.items() if isinstance(one.payload, str) and key not in known]
            known |= self.writer.known_vectors(home, texts)
        self.reused += len(known)
        fresh = embed_planned(self.embedder, [one for key, one in wanted.items() if key not in known])
        self.embedded += len(fresh)
        rows = known | fresh
        return [
            StagedVector(item=number, kind=one.kind, key=one.key, row=rows[one.key]) for number, one in planned.items()
        ]

    def _plan(self, stored: StoredItem) -> Planned | None:
        """What of a stored item the model embeds: the same as if it had been ingested with it."""
        item = Item(modality=stored.modality, text=stored.text, context=stored.context, asset=self._asset(stored))
        return plan(self.staged.name, self.embedder, item)

    def _asset(self, stored: StoredItem) -> Asset | None:
        if stored.asset is None or self.embedder.info.kinds == {MediaKind.TEXT}:
            return None
        if stored.modality not in IMAGE_MODALITIES and stored.text.strip():
            return None  # its words stand for it
        data, media_type = self.snapshot.asset(stored.asset)
        return Asset(data=data, media_type=media_type)

    def report(self, serving: Space, *, complete: bool) -> Staged:
        held = self.writer.staged_items(self.staged)
        return Staged(
            space=self.staged.name,
            serving=serving.model,
            model=self.staged.model,
            items=int(np.isin(held, self.snapshot.live_items(), assume_unique=True).sum()),
            embedded=self.embedded,
            reused=self.reused,
            seconds=time.monotonic() - self.began,
            complete=complete,
        )


def switch(store: Store, space: str, embedder: Embedder) -> int:
    """Let the staged space take over; returns the generation. Items that came since it was built are embedded first."""
    with store.writer(f"reembed {space}") as writer, contextlib.closing(store.snapshot()) as snapshot:
        staged = writer.stage(space, embedder.info, snapshot.spaces[space].dtype)
        _Reembedding(writer, snapshot, staged, embedder, Silent()).take(len(snapshot.live_items()) + 1, StopFlag())
        return writer.switch_staged(space)


def abandon(store: Store, space: str) -> bool:
    """Forget what is staged; False where nothing is."""
    with store.writer(f"reembed {space} --abandon") as writer:
        return writer.abandon_staged(space)
