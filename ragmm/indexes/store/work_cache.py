"""cache.db as the contract `WorkCache` describes it: its tables, those of nights, and what is not committed yet."""

from __future__ import annotations

from collections.abc import Sequence

from ragmm.indexes.store.cache import Cache
from ragmm.indexes.store.nights import Nights
from ragmm.indexes.store.rows import path_to_db
from ragmm.indexes.store.unfinished import Unfinished

__all__ = ["CACHE", "StoreCache"]

CACHE = "cache.db"


class StoreCache(Cache):
    """Opened by `Store.cache`."""

    @property
    def nights(self) -> Nights:
        """What a night leaves for the next one."""
        return Nights(self)

    def unfinished(self) -> Unfinished:
        """What an earlier run made and could not commit."""
        return Unfinished(self)

    def purge(self, paths: Sequence[str], images: Sequence[str]) -> None:
        """Nothing of these documents and images (hashes) stays in the file."""
        self.nights.put_failed([], paths)
        self.nights.put_folders({}, [path.rpartition("/")[0] for path in paths])
        self.forget(paths)
        self.write("DELETE FROM captions WHERE image = ?", [(bytes.fromhex(image),) for image in images])
        with self.transaction() as connection:
            for table in ("made_items", "made_images", "made_vectors", "parsing"):
                connection.execute(f"DELETE FROM {table}")
            for table in ("strikes", "listed"):
                connection.executemany(f"DELETE FROM {table} WHERE path = ?", [(path_to_db(path),) for path in paths])
        self.vacuum()
