"""The one writer of a collection: knows what is stored already and makes the next generation of it."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import ModelMismatchError, StorageError
from ragmm.indexes import blocks, fsio, generations, schema, seals, snapshot
from ragmm.indexes.changes import PreparedDocument
from ragmm.indexes.commit import Commit
from ragmm.indexes.shelf import Shelf
from ragmm.indexes.snapshot import Space
from ragmm.types import ModelInfo

__all__ = ["Writer", "check_model"]

_KEYS_AT_ONCE = 500
_SPARE_BYTES = 8 << 20


class Writer:
    """A writing session. Its maker holds the writer lock for as long as it lives (`Store.writer`)."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, run: str, clock: Callable[[], float]) -> None:
        self.folder = folder
        self.connection = connection
        self.run = run
        self.clock = clock
        self.generation = generations.current(connection)
        self.spaces: dict[str, Space] = snapshot.load_spaces(connection, self.generation)
        self.new_spaces: list[Space] = []
        row = connection.execute("SELECT next_item FROM generations WHERE id = ?", (self.generation,)).fetchone()
        self.next_item = int(row[0]) if row else 1
        self.changed = False
        self._shelf: Shelf | None = None

    @property
    def database(self) -> Path:
        return self.folder / schema.DATABASE

    @property
    def directory(self) -> Path:
        return self.folder / blocks.DIRECTORY

    @property
    def shelf(self) -> Shelf:
        """Every vector file on disk, as of the last commit."""
        if self._shelf is None:
            self._shelf = Shelf(self.connection, self.folder)
        return self._shelf

    def close(self) -> None:
        """End the session; seal the database if it changed."""
        self.connection.close()
        if self.changed:
            # A seal lost to a power cut is only missing or old, and then says nothing: its entry need not be durable.
            seals.write_seal(self.folder, self.generation)

    def ensure_space(self, name: str, info: ModelInfo, dtype: str = "float32") -> None:
        """Declare a space; the next commit creates it. Another model than the one that built it is an error."""
        if name in self.spaces:
            check_model(self.spaces[name], info, self.folder)
            return
        (last,) = self.connection.execute("SELECT COALESCE(MAX(id), 0) FROM spaces").fetchone()
        space = Space(
            id=last + 1 + len(self.new_spaces),
            name=name,
            model=info.name,
            revision=info.revision,
            fingerprint=info.fingerprint,
            dim=info.dim,
            dtype=dtype,
        )
        self.new_spaces.append(space)
        self.spaces[name] = space

    def known_content(self, sha256: str, parser: str) -> bool:
        """Whether this content can be linked without parsing or embedding anything again."""
        row = self.connection.execute(
            "SELECT first_item, items FROM contents WHERE sha256 = ? AND parser = ?", (bytes.fromhex(sha256), parser)
        ).fetchone()
        return (
            row is not None
            and not self.new_spaces
            and all(not self._lost(space, *row) for space in self.spaces.values())
        )

    def _lost(self, space: Space, first: int, count: int) -> bool:
        """Whether an item of the range had a vector in the space and no readable block holds it any more."""
        wanted = self.with_vector(space.id, first, count)
        return len(wanted) > sum(len(part.ids) for _, part in self.shelf.find(space.id, wanted))

    def with_vector(self, space: int, first: int, count: int) -> NDArray[np.int64]:
        """Ascending ids of the items in a range that belong to a space."""
        found = self.connection.execute(
            "SELECT item FROM vectors WHERE space = ? AND item >= ? AND item < ? ORDER BY item",
            (space, first, first + count),
        )
        return np.array([row[0] for row in found], np.int64)

    def known_vectors(self, space: str, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Vectors that are stored already, by the hash of what was embedded. Shape of each: (dim,)."""
        here = self.spaces[space]
        by_item: dict[int, bytes] = {}
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            part = keys[start : start + _KEYS_AT_ONCE]
            marks = ",".join("?" * len(part))
            found = self.connection.execute(
                f"SELECT key, MAX(item) FROM vectors WHERE space = ? AND key IN ({marks}) GROUP BY key",
                (here.id, *part),
            )
            by_item.update((int(item), key) for key, item in found)
        known: dict[bytes, NDArray[np.float32]] = {}
        for _, stored in self.shelf.find(here.id, np.array(sorted(by_item), np.int64)):
            for item, row in zip(stored.ids, stored.rows, strict=True):
                known[by_item[int(item)]] = np.asarray(row, np.float32)
        return known

    def commit(
        self,
        documents: Sequence[PreparedDocument] = (),
        removed: Iterable[str] = (),
        *,
        kind: str = "ingest",
        note: str = "",
        merge_all: bool = False,
    ) -> int:
        """Make the next generation and return its number.

        Documents replace those of the same path; the paths in `removed` go. `merge_all` rewrites every leg as one
        block without dead rows.
        """
        return Commit(self, documents, removed, kind, note).run(merge_all=merge_all)

    def committed(self, generation: int, next_item: int) -> None:
        """A transaction of this session stands: later work starts from the new generation."""
        self.generation, self.next_item = generation, next_item
        self.new_spaces.clear()
        self._shelf = None
        self.changed = True

    def renewed(self) -> None:
        """Files or rows changed beside the generations: what was known of them is read again."""
        self._shelf = None
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


def check_model(space: Space, info: ModelInfo, folder: Path) -> None:
    """A space answers only to the model that built it."""
    if (space.fingerprint, space.dim) == (info.fingerprint, info.dim):
        return
    same = space.model == info.name
    raise ModelMismatchError(
        f"{folder}: the space {space.name!r} was built with {space.model} ({space.dim}-d, fingerprint "
        f"{space.fingerprint[:12]}) and the pipeline names {info.name} ({info.dim}-d, fingerprint "
        f"{info.fingerprint[:12]}); {'its files have changed since' if same else 'name the first model in it'}"
        f"{':' if same else ', or'} exchange the vectors with: "
        f"ragmm reembed --with {info.name} --space {space.name} -c {folder}"
    )
