"""Tables that were cut into several items, put together again as far as their parts were found."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ragmm.pipelines.answer.grids import Grid, grid_of
from ragmm.types import Hit, StoredItem

__all__ = ["FoundTable", "continues", "is_below", "tables_of", "with_parts"]

_PARTS = "parts_beside"
"""Metadata key of a hit's item here: the ids of the items before and after it that hold parts of the same table."""
_SURELY_WHOLE = 340
"""Characters of a table that would not have been cut, where it is not known what stands beside it."""


@dataclass(frozen=True, kw_only=True)
class FoundTable:
    """A table with the hit that each of its rows stands in."""

    grid: Grid
    hit: Hit
    """The best ranked of its parts."""
    homes: tuple[Hit, ...]
    """Of each row."""
    whole: bool
    """Whether no part of it is missing."""


def with_parts(hits: Sequence[Hit], fetch: Callable[[Iterable[int]], Sequence[StoredItem]]) -> list[Hit]:
    """The hits, tables among them with the ids of their parts: items of a document have ids in reading order."""
    tables = [hit.item for hit in hits if _head(hit.item)]
    ids = sorted({one for item in tables for one in (item.id - 1, item.id + 1) if one > 0})
    near = {item.id: item for item in fetch(ids)} if ids else {}
    return [_with_parts(hit, near) if _head(hit.item) else hit for hit in hits]


def _with_parts(hit: Hit, near: dict[int, StoredItem]) -> Hit:
    item = hit.item
    before, after = near.get(item.id - 1), near.get(item.id + 1)
    parts = [before.id] if before is not None and continues(before, item) else []
    parts += [after.id] if after is not None and continues(item, after) else []
    return dataclasses.replace(hit, item=dataclasses.replace(item, metadata={**item.metadata, _PARTS: parts}))


def tables_of(hits: Sequence[Hit]) -> list[FoundTable]:
    """In the order of the hits; parts of one table as one."""
    by_id = {hit.item.id: hit for hit in hits}
    done: set[int] = set()
    found = []
    for hit in hits:
        if hit.item.id in done:
            continue
        parts = _run(hit, by_id)
        done.update(part.item.id for part in parts)
        if (table := _joined(hit, parts, by_id)) is not None:
            found.append(table)
    return found


def _run(hit: Hit, by_id: dict[int, Hit]) -> list[Hit]:
    """The hits that hold parts of the same table, in its order."""
    run = [hit]
    for step in (-1, 1):
        at = hit
        while (at.item.id + step) in at.item.metadata.get(_PARTS, ()) and at.item.id + step in by_id:
            at = by_id[at.item.id + step]
            run.append(at)
    return sorted(run, key=lambda one: one.item.id)


def _joined(hit: Hit, parts: Sequence[Hit], by_id: dict[int, Hit]) -> FoundTable | None:
    grids = [grid_of(part.item) for part in parts]
    own = grids[parts.index(hit)]
    if own is None:
        return None
    if any(grid is None or grid.heads != own.heads for grid in grids):
        return FoundTable(grid=own, hit=hit, homes=(hit,) * len(own.rows), whole=False)
    pairs = [(part, grid) for part, grid in zip(parts, grids, strict=True) if grid is not None]
    grid = dataclasses.replace(
        own,
        rows=tuple(row for _, one in pairs for row in one.rows),
        quotes=tuple(quote for _, one in pairs for quote in one.quotes),
    )
    homes = tuple(part for part, one in pairs for _ in one.rows)
    return FoundTable(grid=grid, hit=hit, homes=homes, whole=all(_is_closed(part, by_id) for part in parts))


def _is_closed(part: Hit, by_id: dict[int, Hit]) -> bool:
    """Whether all parts beside this one were found too."""
    item = part.item
    if _PARTS not in item.metadata:
        rows = item.metadata.get("rows")
        begins = not (isinstance(rows, list) and rows and rows[0] > 2) and not _carried(item)
        return begins and len(item.text) <= _SURELY_WHOLE
    return all(one in by_id for one in item.metadata[_PARTS])


def continues(item: StoredItem, later: StoredItem) -> bool:
    """Whether an item goes on with the table of the one before it: under the same heads, and no other caption."""
    if item.uri != later.uri or not _head(item) or _head(item) != _head(later):
        return False
    below = is_below(item, later)
    return item.metadata.get("caption") == later.metadata.get("caption") if below is None else below


def is_below(item: StoredItem, later: StoredItem) -> bool | None:
    """Whether a sheet's rows in one item come next after those in another; None where either names none."""
    rows, more = item.metadata.get("rows"), later.metadata.get("rows")
    if not isinstance(rows, list) or not isinstance(more, list):
        return None
    return bool(rows and more and rows[-1] + 1 == more[0])


def _head(item: StoredItem) -> str:
    """The first line of its table: of a part without heads, those that it was carried over from."""
    lines = [line.strip() for line in item.text.splitlines() if line.strip().startswith("|")]
    return (_carried(item) or lines[0]) if lines else ""


def _carried(item: StoredItem) -> str:
    return next((line.strip() for line in item.context.splitlines() if line.strip().startswith("|")), "")
