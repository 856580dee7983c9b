"""Purge: a document leaves every generation, every block, the cache, and the copies of its images."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ragmm.errors import UsageError
from ragmm.indexes.contracts import Store
from ragmm.pipelines.assets import forget_assets

__all__ = ["Purged", "purge"]


@dataclass(frozen=True, kw_only=True)
class Purged:
    """What is gone, and what its owner should know."""

    generation: int
    documents: int
    items: int
    images: int
    also_at: tuple[str, ...]
    """Uris of other documents that hold the same content: it stays, for them."""
    still_there: tuple[str, ...]
    """Source files that exist: the next ingest or sync that meets them takes them in again."""


def purge(store: Store, uris: Sequence[str], forget: Callable[[Sequence[str]], None] = lambda _: None) -> Purged:
    """Erase the documents of these uris or paths. Older generations can no longer be restored afterwards.

    `forget` is given every uri and path of theirs, to take them out of what was written elsewhere.
    """
    with store.writer("purge") as writer, store.cache() as cache:
        again = bool(writer.unfinished_purge().paths)
        found = [_one(writer.paths_named(uri), uri, again=again) for uri in uris]
        erased = writer.erase([path for paths in found for path in paths])
        cache.purge(erased.paths, erased.images)
        forget_assets(erased.images)
        forget([*erased.paths, *erased.uris])
        writer.finish_purge()
    return Purged(
        generation=erased.generation,
        documents=len(erased.paths),
        items=erased.items,
        images=len(erased.images),
        also_at=erased.also_at,
        still_there=tuple(path for path in erased.paths if "://" not in path and os.path.lexists(path)),
    )


def _one(paths: Sequence[str], uri: str, *, again: bool) -> Sequence[str]:
    """`again`: a purge was cut short; what it was about may be gone already."""
    if not paths and not again:
        raise UsageError(f"there is no document {uri}, in any generation; ragmm ls lists the living")
    if len(paths) > 1:
        raise UsageError(f"{uri} names {len(paths)} documents; name one by its path: {', '.join(paths)}")
    return paths
