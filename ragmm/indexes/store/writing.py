"""A writing session as the contract `Writer` describes it: commits, and every other change that is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.records import Collected, Erased, Ids, Retention, Space, StagedVector, UnfinishedPurge
from ragmm.indexes.store import erase, maintenance, staging, transactions
from ragmm.indexes.store.inventory import Inventory
from ragmm.indexes.store.tidying import tidy
from ragmm.indexes.store.writer import Writer
from ragmm.types import ModelInfo

__all__ = ["WritingSession"]


class WritingSession(Writer):
    """Opened by `Store.writer`."""

    def inventory(self) -> Inventory:
        """Which documents the newest generation holds, by path."""
        return Inventory(self.connection)

    def put_settings(self, values: Mapping[str, str]) -> None:
        """Keep small facts with the collection."""
        with transactions.commit(self.connection, self.database, "settings"):
            self.connection.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", values.items())
        self.changed = True

    # Space that nothing needs ------------------------------------------------------------------------------------

    def reclaim(self, retention: Retention, expired: Callable[[], bool] = lambda: False) -> Collected:
        """Give back what no retained generation needs, as far as the time allows."""
        return maintenance.collect(self, retention, expired)

    def tidy(self, expired: Callable[[], bool] = lambda: False) -> bool:
        """Merge what deletions left behind in the tables of words; whether there was any."""
        return tidy(self, expired)

    def reclaimable(self) -> bool:
        """Whether something waits to be given back."""
        return maintenance.reclaimable(self.connection)

    # Another model for a space -----------------------------------------------------------------------------------

    def stage(self, name: str, info: ModelInfo, dtype: str) -> Space:
        """The space that is to replace the one of this name, begun earlier with the same model or new."""
        return staging.stage(self, name, info, dtype)

    def staged_items(self, space: Space) -> Ids:
        """Ascending ids of the items that have a vector in a staged space."""
        return staging.staged_items(self.connection, space)

    def staged_vectors(self, space: Space, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Vectors of a staged space's model that are stored already, wherever. Shape of each: (dim,)."""
        return staging.known_vectors(self, space, keys)

    def add_staged(self, space: Space, vectors: Sequence[StagedVector]) -> None:
        """Make a batch durable, in one commit that no reader notices."""
        staging.add(self, space, vectors)

    def drop_damaged(self, space: Space) -> int:
        """Forget staged vectors that are not as they were written; returns how many."""
        return staging.drop_damaged(self, space)

    def abandon_staged(self, name: str) -> bool:
        """Forget what is staged for a space; False where nothing is."""
        return staging.abandon(self, name)

    def switch_staged(self, name: str) -> int:
        """Let the staged space take over; returns the generation that differs in it alone."""
        return staging.switch(self, name)

    # Erasing -----------------------------------------------------------------------------------------------------

    def paths_named(self, name: str) -> list[str]:
        """The paths of every document, living or retained, of this uri or path."""
        return erase.paths_named(self.connection, name)

    def unfinished_purge(self) -> UnfinishedPurge:
        """What an erasure that was cut short was about."""
        return erase.unfinished(self.connection)

    def erase(self, paths: Sequence[str]) -> Erased:
        """End the documents, forget every older generation, and rewrite each file that held something of them."""
        return erase.erase(self, paths)

    def finish_purge(self) -> None:
        """Whatever lies outside of the store is gone too."""
        erase.finish(self)
