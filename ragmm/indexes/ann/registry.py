"""Which index files there are: one for a leg (space and kind) at most, named in the database with its sha256.

The table came after the first collections: a reader finds it or does not, a writer makes it when it has something to
say. A version of ragmm that does not know it searches exactly.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import numpy as np

from ragmm.indexes import fsio, seals
from ragmm.indexes.ann.files import DIRECTORY, Derived
from ragmm.indexes.ann.spec import Method

if TYPE_CHECKING:
    from ragmm.indexes.writer import Writer

__all__ = ["derived_of", "every_derived", "forget", "record", "remove_unnamed"]

_TABLE = """
CREATE TABLE IF NOT EXISTS ann (
    space INTEGER NOT NULL, kind TEXT NOT NULL, method TEXT NOT NULL,
    sha256 TEXT NOT NULL, size INTEGER NOT NULL,     -- of the file; empty and 0 where the method needs none
    ids BLOB NOT NULL,                               -- int64 little-endian; position i of the file is the row of ids[i]
    mark BLOB NOT NULL,                              -- sha256 of ids
    generation INTEGER NOT NULL,                     -- what it was built from
    PRIMARY KEY (space, kind)
)
"""
_COLUMNS = "space, kind, method, sha256, size, ids, mark"


def every_derived(connection: sqlite3.Connection) -> list[Derived]:
    """What is recorded for every leg."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'ann'").fetchone() is None:
        return []
    return [_derived(row) for row in connection.execute(f"SELECT {_COLUMNS} FROM ann ORDER BY space, kind")]


def derived_of(connection: sqlite3.Connection, space: int, kind: str) -> Derived | None:
    """What is recorded for a leg."""
    return next((one for one in every_derived(connection) if (one.space, one.kind) == (space, kind)), None)


def _derived(row: tuple[int, str, str, str, int, bytes, bytes]) -> Derived:
    space, kind, method, sha256, size, ids, mark = row
    return Derived(
        space=space,
        kind=kind,
        method=Method(method),
        sha256=sha256,
        size=size,
        ids=np.frombuffer(ids, dtype="<i8"),
        sound=seals.mark(ids) == mark,
    )


def record(writer: Writer, derived: Derived) -> None:
    """Name a leg's new index in one transaction; its file is on disk already. The old one's file goes afterwards."""
    ids = derived.ids.astype("<i8").tobytes()
    with fsio.commit(writer.connection, writer.database, "ann"):
        writer.connection.execute(_TABLE)
        writer.connection.execute(
            f"INSERT OR REPLACE INTO ann ({_COLUMNS}, generation) VALUES (?,?,?,?,?,?,?,?)",
            (derived.space, derived.kind, str(derived.method), derived.sha256, derived.size, ids, seals.mark(ids),
             writer.generation),
        )  # fmt: skip
    writer.changed = True
    remove_unnamed(writer)


def forget(writer: Writer, space: int, kind: str) -> None:
    """A leg goes back to the exact search."""
    with fsio.commit(writer.connection, writer.database, "ann"):
        writer.connection.execute("DELETE FROM ann WHERE space = ? AND kind = ?", (space, kind))
    writer.changed = True
    remove_unnamed(writer)


def remove_unnamed(writer: Writer) -> tuple[int, int]:
    """(files, bytes) of replaced indexes, and of ones whose building was cut short. Who has one open keeps it."""
    directory = writer.folder / DIRECTORY
    if not directory.is_dir():
        return 0, 0
    named = {one.file for one in every_derived(writer.connection) if one.sha256}
    gone = [path for path in sorted(directory.iterdir()) if path.suffix == ".faiss" and path.name not in named]
    size = sum(path.stat().st_size for path in gone)
    for path in gone:
        fsio.remove(path, "ann")
    if gone:
        fsio.sync_directory(directory, "ann-entries")
    return len(gone), size
