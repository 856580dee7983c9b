"""Which index files there are: one for a leg (space and kind) at most, named in the database with its sha256.

The table came after the first collections: a reader finds it or does not, a writer makes it when it has something to
say. A version of ragmm that does not know it searches exactly.
"""

from __future__ import annotations

import sqlite3

import numpy as np

from ragmm.indexes import checksums
from ragmm.indexes.faiss.files import Derived
from ragmm.indexes.faiss.spec import Method

__all__ = ["COLUMNS", "TABLE", "derived_of", "every_derived"]

TABLE = """
CREATE TABLE IF NOT EXISTS ann (
    space INTEGER NOT NULL, kind TEXT NOT NULL, method TEXT NOT NULL,
    sha256 TEXT NOT NULL, size INTEGER NOT NULL,     -- of the file; empty and 0 where the method needs none
    ids BLOB NOT NULL,                               -- int64 little-endian; position i of the file is the row of ids[i]
    mark BLOB NOT NULL,                              -- sha256 of ids
    generation INTEGER NOT NULL,                     -- what it was built from
    PRIMARY KEY (space, kind)
)
"""
COLUMNS = "space, kind, method, sha256, size, ids, mark"


def every_derived(connection: sqlite3.Connection) -> list[Derived]:
    """What is recorded for every leg."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'ann'").fetchone() is None:
        return []
    return [_derived(row) for row in connection.execute(f"SELECT {COLUMNS} FROM ann ORDER BY space, kind")]


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
        sound=checksums.mark(ids) == mark,
    )
