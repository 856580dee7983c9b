"""A writing session: the open database, what is stored as of the last commit, and what the next one must mind."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import StorageError
from ragmm.indexes import fsio
from ragmm.indexes.records import Space
from ragmm.indexes.store import blocks, database_seal, generations, reading, schema
from ragmm.indexes.store.vector_files import VectorFiles

__all__ = ["Session"]

_SPARE_BYTES = 8 << 20


class Session:
    """A writing session. Its maker holds the writer lock for as long as it lives (`Store.writer`)."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, run: str, clock: Callable[[], float]) -> None:
        self.folder = folder
        self.connection = connection
        self.run = run
        self.clock = clock
        self.generation = generations.current(connection)
        self.spaces: dict[str, Space] = reading.load_spaces(connection, self.generation)
        self.new_spaces: list[Space] = []
        row = connection.execute("SELECT next_item FROM generations WHERE id = ?", (self.generation,)).fetchone()
        self.next_item = int(row[0]) if row else 1
        self.changed = False
        self._vector_files: VectorFiles | None = None

    @property
    def database(self) -> Path:
        return self.folder / schema.DATABASE

    @property
    def directory(self) -> Path:
        return self.folder / blocks.DIRECTORY

    @property
    def vector_files(self) -> VectorFiles:
        """Every vector file on disk, as of the last commit."""
        if self._vector_files is None:
            self._vector_files = VectorFiles(self.connection, self.folder)
        return self._vector_files

    def close(self) -> None:
        """End the session; seal the database if it changed."""
        self.connection.close()
        if self.changed:
            # A seal lost to a power cut is only missing or old, and then says nothing: its entry need not be durable.
            database_seal.write_seal(self.folder, self.generation)

    def with_vector(self, space: int, first: int, count: int) -> NDArray[np.int64]:
        """Ascending ids of the items in a range that belong to a space."""
        found = self.connection.execute(
            "SELECT item FROM vectors WHERE space = ? AND item >= ? AND item < ? ORDER BY item",
            (space, first, first + count),
        )
        return np.array([row[0] for row in found], np.int64)

    def committed(self, generation: int, next_item: int) -> None:
        """A transaction of this session stands: later work starts from the new generation."""
        self.generation, self.next_item = generation, next_item
        self.new_spaces.clear()
        self._vector_files = None
        self.changed = True

    def renewed(self) -> None:
        """Files or rows changed beside the generations: what was known of them is read again."""
        self._vector_files = None
        self.changed = True

    def preflight(self, needed: int) -> None:
        """Refuse a commit that might fill the disk, before anything of it is written."""
        free = fsio.free_bytes(self.folder)
        if free is not None and free < 2 * needed + _SPARE_BYTES:
            raise StorageError(
                f"{self.folder}: {os.strerror(errno.ENOSPC)}: the next commit needs "
                f"{(2 * needed + _SPARE_BYTES) / 1e6:,.0f} MB to be safe and {free / 1e6:,.0f} MB are free; "
                "free some space, then run the same command again: nothing committed was lost"
            )
