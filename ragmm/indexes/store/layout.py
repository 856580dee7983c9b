"""How rows are arranged in blocks: which blocks a commit merges, and how merged rows are put in order.

Every block costs search time, so a leg (space and kind) keeps at most MAX_BLOCKS of them: when a commit would add one
too many, the smallest are merged into it. Rows of dead items are left behind on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.store.blocks import VectorBlock

__all__ = ["MAX_BLOCKS", "BlockPart", "choose_merge", "in_order"]

MAX_BLOCKS = 8
_DEAD_SHARE = 0.3
"""A block with more dead rows than this is rewritten by the next commit that touches its leg."""
_ROWS_AT_ONCE = 16_384


@dataclass(frozen=True, kw_only=True, eq=False)
class BlockPart:
    """Rows that go into a block, ids ascending. Shapes: (n,), (n, dim)."""

    ids: NDArray[np.int64]
    rows: NDArray[Any]


def choose_merge(blocks: Sequence[VectorBlock], dead: Mapping[int, int], adding: int) -> list[VectorBlock]:
    """Which live blocks of a leg are merged with `adding` new rows. `dead`: dead rows by block id."""
    chosen = [block for block in blocks if dead.get(block.id, 0) > _DEAD_SHARE * len(block.ids)]
    rest = sorted((block for block in blocks if block not in chosen), key=lambda block: (len(block.ids), block.id))
    total = adding + sum(len(block.ids) - dead.get(block.id, 0) for block in chosen)
    excess = len(rest) + bool(total) - MAX_BLOCKS
    if excess <= 0:
        return chosen
    for number, block in enumerate(rest):
        # Beyond what must go, take what costs little: sizes stay geometric and each row is rewritten rarely.
        if number >= excess and len(block.ids) > total:
            break
        chosen.append(block)
        total += len(block.ids)
    return chosen


def in_order(parts: Sequence[BlockPart]) -> tuple[NDArray[np.int64], Iterator[NDArray[Any]]]:
    """All ids ascending, and the rows in the same order, a chunk at a time: the rows are never all in memory."""
    parts = sorted((part for part in parts if len(part.ids)), key=lambda part: int(part.ids[0]))
    ids = np.concatenate([part.ids for part in parts]) if parts else np.empty(0, np.int64)
    if len(ids) < 2 or bool(np.all(ids[1:] > ids[:-1])):
        return ids, _stream(parts)
    order = np.argsort(ids, kind="stable")
    return ids[order], _gather(parts, order)


def _stream(parts: Sequence[BlockPart]) -> Iterator[NDArray[Any]]:
    for part in parts:
        for start in range(0, len(part.rows), _ROWS_AT_ONCE):
            yield part.rows[start : start + _ROWS_AT_ONCE]


def _gather(parts: Sequence[BlockPart], order: NDArray[np.int64]) -> Iterator[NDArray[Any]]:
    """Rows of several parts interleaved by id."""
    ends = np.cumsum([len(part.ids) for part in parts])
    for start in range(0, len(order), _ROWS_AT_ONCE):
        picked = order[start : start + _ROWS_AT_ONCE]
        source = np.searchsorted(ends, picked, side="right")
        chunk = np.empty((len(picked), parts[0].rows.shape[1]), np.float32)
        for number in np.unique(source):
            here = source == number
            chunk[here] = parts[number].rows[picked[here] - (ends[number] - len(parts[number].ids))]
        yield chunk
