"""Spaces in the making: the vectors of another model, built beside those that serve, and put in their place at once.

A staged space and its blocks are born at FOREVER, so no generation sees them. They are committed batch by batch without
making a generation: a run that is cut short goes on where the last batch ended. The switch is one ordinary commit.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DamagedError, UsageError
from ragmm.indexes import checksums, fsio
from ragmm.indexes.store import blocks, schema
from ragmm.indexes.store.commit import add_generation, forget_dead_contents
from ragmm.indexes.store.layout import BlockPart, in_order
from ragmm.indexes.store.snapshot import Snapshot, Space, load_spaces
from ragmm.indexes.store.vector_files import VectorFiles
from ragmm.indexes.store.writer import Writer
from ragmm.types import ModelInfo

__all__ = [
    "StagedVector",
    "abandon",
    "add",
    "drop_damaged",
    "known_vectors",
    "live_items",
    "preview",
    "stage",
    "staged_items",
    "staged_spaces",
    "switch",
]

_KEYS_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, eq=False)
class StagedVector:
    """A row of a staged space."""

    item: int
    kind: str
    """Of media: the list of the space that it belongs to."""
    key: bytes
    row: NDArray[np.float32]
    """Shape: (dim,)."""


# Reading ---------------------------------------------------------------------------------------------------------


def staged_spaces(connection: sqlite3.Connection) -> dict[str, Space]:
    """By name; at most one of a name."""
    found = connection.execute(
        "SELECT id, name, model, revision, fingerprint, dim, dtype FROM spaces WHERE born = ? ORDER BY id",
        (schema.FOREVER,),
    )
    return {
        row[1]: Space(
            id=row[0], name=row[1], model=row[2], revision=row[3], fingerprint=row[4], dim=row[5], dtype=row[6]
        )
        for row in found
    }


def staged_items(connection: sqlite3.Connection, space: Space) -> NDArray[np.int64]:
    """Ascending ids of the items that have a vector in the space."""
    found = connection.execute("SELECT item FROM vectors WHERE space = ? ORDER BY item", (space.id,))
    return np.array([row[0] for row in found], np.int64)


def live_items(snapshot: Snapshot) -> NDArray[np.int64]:
    """Ascending ids of everything that lives in a generation."""
    ranges = [np.arange(first, first + count) for _, first, count, _ in snapshot.live_contents()]
    return np.concatenate(ranges).astype(np.int64) if ranges else np.empty(0, np.int64)


def preview(folder: Path, name: str) -> Snapshot:
    """The newest generation as it would be with the staged space in the place of the one that serves."""
    snapshot = Snapshot(folder)
    with contextlib.closing(schema.connect_reader(folder / schema.DATABASE)) as connection:
        staged = staged_spaces(connection).get(name)
        if staged is None or name not in snapshot.spaces:
            snapshot.close()
            raise UsageError(f"{folder}: nothing is staged for a space {name!r}; ragmm reembed --with MODEL begins it")
        made = [block for block in VectorFiles(connection, folder).staged if block.space == staged.id]
    kept = [block for block in snapshot.blocks if block.space != snapshot.spaces[name].id]
    snapshot.spaces, snapshot.blocks = {**snapshot.spaces, name: staged}, [*kept, *made]
    return snapshot


# Building --------------------------------------------------------------------------------------------------------


def stage(writer: Writer, name: str, info: ModelInfo, dtype: str) -> Space:
    """The staged space of a name: the one begun earlier with the same model, else a new one in its place."""
    begun = staged_spaces(writer.connection).get(name)
    if begun is not None:
        if (begun.fingerprint, begun.dim, begun.dtype) == (info.fingerprint, info.dim, dtype):
            return begun
        abandon(writer, name)
    (last,) = writer.connection.execute("SELECT COALESCE(MAX(id), 0) FROM spaces").fetchone()
    facts = (name, info.name, info.revision, info.fingerprint, info.dim, dtype)
    with fsio.commit(writer.connection, writer.database, "stage"):
        writer.connection.execute(
            "INSERT INTO spaces (id, name, model, revision, fingerprint, dim, dtype, born) VALUES (?,?,?,?,?,?,?,?)",
            (last + 1, *facts, schema.FOREVER),
        )
    writer.changed = True
    return staged_spaces(writer.connection)[name]


def known_vectors(writer: Writer, space: Space, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
    """Vectors of this very model that are stored already, here or in a space it once built. Shape of each: (dim,)."""
    same = writer.connection.execute(
        "SELECT id FROM spaces WHERE fingerprint = ? AND dim = ? ORDER BY id DESC", (space.fingerprint, space.dim)
    ).fetchall()
    known: dict[bytes, NDArray[np.float32]] = {}
    for (number,) in same:
        known.update(_of_space(writer, number, [key for key in keys if key not in known]))
    return known


def _of_space(writer: Writer, space: int, keys: Sequence[bytes]) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
    by_item: dict[int, bytes] = {}
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        part = keys[start : start + _KEYS_AT_ONCE]
        marks = ",".join("?" * len(part))
        found = writer.connection.execute(
            f"SELECT key, MAX(item) FROM vectors WHERE space = ? AND key IN ({marks}) GROUP BY key", (space, *part)
        )
        by_item.update((int(item), key) for key, item in found)
    for _, stored in writer.vector_files.find(space, np.array(sorted(by_item), np.int64)):
        for item, row in zip(stored.ids, stored.rows, strict=True):
            yield by_item[int(item)], np.asarray(row, np.float32)


def add(writer: Writer, space: Space, vectors: Sequence[StagedVector]) -> None:
    """Make a batch durable, in one commit that no reader notices."""
    writer.preflight(4 * space.dim * len(vectors))
    legs = {kind: [one for one in vectors if one.kind == kind] for kind in sorted({one.kind for one in vectors})}
    sealed = [_write(writer, space, kind, [_part(several)]) for kind, several in legs.items()]
    fsio.sync_directory(writer.directory, "blocks-entries")
    with fsio.commit(writer.connection, writer.database, "stage"):
        _insert_blocks(writer, sealed, schema.FOREVER)
        writer.connection.executemany(
            "INSERT OR REPLACE INTO vectors (space, item, key) VALUES (?,?,?)",
            [(space.id, one.item, one.key) for one in vectors],
        )
    writer.renewed()


def _part(vectors: Sequence[StagedVector]) -> BlockPart:
    ordered = sorted(vectors, key=lambda one: one.item)
    rows = blocks.unit_rows(np.stack([one.row for one in ordered]))
    return BlockPart(ids=np.array([one.item for one in ordered], np.int64), rows=rows)


_BlockRow = tuple[int, str, str, int, int, bytes, bytes]


def _write(writer: Writer, space: Space, kind: str, parts: Sequence[BlockPart]) -> _BlockRow:
    ids, chunks = in_order(parts)
    sealed = blocks.write_block(writer.directory, chunks, (len(ids), space.dim), space.dtype)
    packed = ids.astype("<i8").tobytes()
    return (space.id, kind, sealed.sha256, sealed.size, len(ids), packed, checksums.mark(packed))


def _insert_blocks(writer: Writer, sealed: Sequence[_BlockRow], born: int) -> None:
    writer.connection.executemany(
        "INSERT INTO blocks (space, kind, sha256, size, rows, ids, mark, born) VALUES (?,?,?,?,?,?,?,?)",
        [(*row, born) for row in sealed],
    )


def drop_damaged(writer: Writer, space: Space) -> int:
    """Forget staged rows whose file is not as it was sealed, so that they are made again; returns how many."""
    lost = 0
    for block in [one for one in writer.vector_files.staged if one.space == space.id]:
        try:
            writer.vector_files.rows(block)
        except DamagedError:
            with fsio.commit(writer.connection, writer.database, "stage"):
                writer.connection.execute("DELETE FROM blocks WHERE id = ?", (block.id,))
                writer.connection.executemany(
                    "DELETE FROM vectors WHERE space = ? AND item = ?",
                    [(space.id, item) for item in block.ids.tolist()],
                )
            lost += len(block.ids)
    if lost:
        writer.renewed()
    return lost


def abandon(writer: Writer, name: str) -> bool:
    """Forget what is staged for a space; False where nothing is. The files go with the next collection."""
    space = staged_spaces(writer.connection).get(name)
    if space is None:
        return False
    with fsio.commit(writer.connection, writer.database, "stage"):
        writer.connection.execute("DELETE FROM blocks WHERE space = ?", (space.id,))
        writer.connection.execute("DELETE FROM vectors WHERE space = ?", (space.id,))
        writer.connection.execute("DELETE FROM spaces WHERE id = ?", (space.id,))
    writer.renewed()
    return True


def switch(writer: Writer, name: str) -> int:
    """The next generation, which differs from this one in the space alone; returns its number."""
    staged, serving = staged_spaces(writer.connection)[name], writer.spaces[name]
    with contextlib.closing(Snapshot(writer.folder)) as snapshot:
        live = live_items(snapshot)
    mine = [block for block in writer.vector_files.staged if block.space == staged.id]
    writer.preflight(sum(block.size for block in mine))
    sealed = [
        _write(writer, staged, kind, _living(writer, [block for block in mine if block.kind == kind], live))
        for kind in sorted({block.kind for block in mine})
    ]
    fsio.sync_directory(writer.directory, "blocks-entries")
    generation = writer.generation + 1
    with fsio.commit(writer.connection, writer.database, "generation"):
        _exchange(writer, serving, staged, generation)
        _insert_blocks(writer, [row for row in sealed if row[4]], generation)
        forget_dead_contents(writer.connection)
        note = f"{name}: {serving.model} to {staged.model}"
        add_generation(writer.connection, writer, kind="reembed", note=note, next_item=writer.next_item)
    writer.committed(generation, writer.next_item)
    writer.spaces = load_spaces(writer.connection, generation)
    return generation


def _living(writer: Writer, staged: Sequence[blocks.VectorBlock], live: NDArray[np.int64]) -> list[BlockPart]:
    parts = []
    for block in staged:
        keep = np.isin(block.ids, live, assume_unique=True)
        rows = writer.vector_files.rows(block)
        parts.append(BlockPart(ids=block.ids[keep], rows=rows if bool(keep.all()) else rows[keep]))
    return parts


def _exchange(writer: Writer, serving: Space, staged: Space, generation: int) -> None:
    values = {"n": generation, "old": serving.id, "new": staged.id, "forever": schema.FOREVER}
    for statement in (
        "UPDATE spaces SET died = :n WHERE id = :old AND died = :forever",
        "UPDATE blocks SET died = :n WHERE space = :old AND died = :forever",
        "UPDATE spaces SET born = :n WHERE id = :new",
        "DELETE FROM blocks WHERE space = :new",
    ):
        writer.connection.execute(statement, values)
