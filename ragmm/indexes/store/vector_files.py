"""Every vector file still on disk, as the writer sees it: where a row lies, and which rows a leg holds now."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DamagedError
from ragmm.indexes import checksums
from ragmm.indexes.store import blocks, schema
from ragmm.indexes.store.blocks import VectorBlock
from ragmm.indexes.store.layout import BlockPart

__all__ = ["VectorFiles"]


class VectorFiles:
    """Live blocks and, behind them, the retained older ones and those of spaces in the making."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._directory = folder / blocks.DIRECTORY
        self._maps: dict[str, NDArray[Any]] = {}
        self.live: list[VectorBlock] = []
        self.old: list[VectorBlock] = []
        self.staged: list[VectorBlock] = []
        self._dims = dict(connection.execute("SELECT id, dim FROM spaces"))
        found = connection.execute(
            "SELECT id, space, kind, sha256, size, ids, born, died FROM blocks ORDER BY died DESC, id DESC"
        )
        for number, space, kind, sha256, size, ids, born, died in found:
            block = VectorBlock(
                id=number, space=space, kind=kind, sha256=sha256, size=size, ids=np.frombuffer(ids, dtype="<i8")
            )
            if born == schema.FOREVER:
                self.staged.append(block)
            else:
                (self.live if died == schema.FOREVER else self.old).append(block)

    def leg(self, space: int, kind: str) -> list[VectorBlock]:
        return [block for block in self.live if block.space == space and block.kind == kind]

    def rows(self, block: VectorBlock) -> NDArray[Any]:
        """A block's rows, its checksum verified before they are used again. Shape: (n, dim)."""
        if block.sha256 not in self._maps:
            data = blocks.open_block(self._directory, block, self._dims[block.space])
            checksums.check_once([(self._directory / block.file, block.sha256)])
            self._maps[block.sha256] = data
        return self._maps[block.sha256]

    def live_ids(self, space: int) -> NDArray[np.int64]:
        """Ascending ids with a row in a live block of the space."""
        found = [block.ids for block in self.live if block.space == space]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)

    def find(self, space: int, ids: NDArray[np.int64], *, retired: bool = True) -> list[tuple[str, BlockPart]]:
        """(kind, rows) for those of the ascending ids that some readable block holds, each id once."""
        missing, found = np.asarray(ids, np.int64), []
        for block in self._candidates(space, retired):
            here = np.intersect1d(missing, block.ids, assume_unique=True)
            if not len(here):
                continue
            try:
                rows = self.rows(block)
            except DamagedError:
                continue  # another block may hold the same rows; verify reports the damage
            found.append((block.kind, BlockPart(ids=here, rows=rows[np.searchsorted(block.ids, here)])))
            missing = np.setdiff1d(missing, here, assume_unique=True)
        return found

    def _candidates(self, space: int, retired: bool) -> Iterable[VectorBlock]:
        return (block for block in [*self.live, *self.staged, *(self.old if retired else [])] if block.space == space)
