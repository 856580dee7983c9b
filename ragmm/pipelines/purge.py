"""Purge: a document leaves every generation, every block, the cache, and the copies of its images."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ragmm.errors import UsageError
from ragmm.indexes.store.cache import Cache
from ragmm.indexes.store.erase import Erased, erase, finish, paths_named, unfinished
from ragmm.indexes.store.nights import Nights
from ragmm.indexes.store.rows import path_to_db
from ragmm.indexes.store.store import Store
from ragmm.pipelines.assets import forget_assets
from ragmm.pipelines.ingest.quarantine import CACHE

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
    with store.writer("purge") as writer, Cache(store.folder / CACHE) as cache:
        again = bool(unfinished(writer.connection).paths)
        found = [_one(paths_named(writer.connection, uri), uri, again=again) for uri in uris]
        erased = erase(writer, [path for paths in found for path in paths])
        _purge_cache(cache, erased)
        forget_assets(erased.images)
        forget([*erased.paths, *erased.uris])
        finish(writer)
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


def _purge_cache(cache: Cache, erased: Erased) -> None:
    nights, paths = Nights(cache), erased.paths
    nights.put_failed([], paths)
    nights.put_folders({}, [path.rpartition("/")[0] for path in paths])
    cache.forget(paths)
    cache.write("DELETE FROM captions WHERE image = ?", [(bytes.fromhex(image),) for image in erased.images])
    with cache.transaction() as connection:
        for table in ("made_items", "made_images", "made_vectors", "parsing"):
            connection.execute(f"DELETE FROM {table}")
        for table in ("strikes", "listed"):
            connection.executemany(f"DELETE FROM {table} WHERE path = ?", [(path_to_db(path),) for path in paths])
    cache.vacuum()
