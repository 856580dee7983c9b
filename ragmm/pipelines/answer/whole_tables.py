"""Which row of a whole table has the most or the least, where it was cut into parts of which a search finds a few."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ragmm.pipelines.answer.asked_tables import AskedTable
from ragmm.pipelines.answer.cells import PickedCell
from ragmm.pipelines.answer.extremes import asks_ranking, pick_extreme
from ragmm.pipelines.answer.grids import Grid, grid_of
from ragmm.pipelines.answer.table_parts import continues, is_below
from ragmm.pipelines.query.asked_extremes import asks_for_extreme
from ragmm.pipelines.query.question import Fetch
from ragmm.pipelines.query.wanted import wanted
from ragmm.types import Hit, StoredItem

__all__ = ["WholeCell", "whole_cell_of", "winners_beside", "with_whole_tables"]

_LOOKED_AT = 5
"""Hits whose tables are looked through."""
_STEP, _MOST_PARTS, _MOST_ROWS = 32, 512, 4_000
"""Parts fetched at once; of more than so many nothing is said."""
_WHOLE = "of_whole_table"
"""Metadata key of a hit's item here: what its whole table says to the question."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class WholeCell:
    """What a part of a table, looked at alone, would answer wrongly."""

    cell: PickedCell | None
    """Of this part; None where the row that wins stands in another, or several win."""
    best: Hit
    """The best ranked of its parts."""


def whole_cell_of(hit: Hit) -> WholeCell | None:
    """What was found by looking through all of a hit's table; None where that was not done."""
    found = hit.item.metadata.get(_WHOLE)
    return found if isinstance(found, WholeCell) else None


def winners_beside(question: str, hits: Sequence[Hit], fetch: Fetch) -> list[Hit]:
    """The hits, and behind them the parts of their tables that hold the most or the least, where that is asked for."""
    plain = {hit.item.id: hit for hit in hits}
    found = with_whole_tables(question, hits, fetch)
    return [plain.get(hit.item.id) or _without_told(hit) for hit in found]


def with_whole_tables(question: str, hits: Sequence[Hit], fetch: Fetch) -> list[Hit]:
    """The same, each with what its whole table says: for an answer, not to be shown."""
    found = list(hits)
    if not asks_for_extreme(question):
        return found
    seen: set[int] = set()
    for hit in hits[:_LOOKED_AT]:
        if hit.item.id in seen or grid_of(hit.item) is None:
            continue
        parts = _parts_of(hit.item, fetch)
        seen.update(part.id for part in parts)
        if len(parts) > 1:
            found = _judged(question, found, parts, hit)
    return found


def _parts_of(item: StoredItem, fetch: Fetch) -> list[StoredItem]:
    """All parts of its table in reading order, in which a document's items have their ids; of too many, it alone."""
    parts = [item]
    for way in (-1, 1):
        while len(parts) <= _MOST_PARTS:
            edge = parts[0 if way < 0 else -1]
            near = {one.id: one for one in fetch(edge.id + way * step for step in range(1, _STEP + 1))}
            more = _run(edge, near, way)
            parts = [*reversed(more), *parts] if way < 0 else [*parts, *more]
            if len(more) < _STEP:
                break
    return parts if len(parts) <= _MOST_PARTS else [item]


def _run(edge: StoredItem, near: dict[int, StoredItem], way: int) -> list[StoredItem]:
    """Those that go on with a table, one after the other, from an end of it."""
    found: list[StoredItem] = []
    at = edge
    while (following := near.get(at.id + way)) is not None:
        first, second = (following, at) if way < 0 else (at, following)
        if not (continues(first, second) or _next_row(first, second)):
            break
        found.append(following)
        at = following
    return found


def _next_row(item: StoredItem, later: StoredItem) -> bool:
    """Whether both are single rows of a sheet, one below the other, written as a label and a value a line."""
    if item.uri != later.uri or not is_below(item, later):
        return False
    first, second = grid_of(item), grid_of(later)
    return first is not None and second is not None and first.heads == second.heads and not first.labelled


def _judged(question: str, hits: list[Hit], parts: Sequence[StoredItem], best: Hit) -> list[Hit]:
    """The hits with what the whole table says; the winner's part is a hit from here on, behind the others."""
    grids = [(part, grid) for part in parts if (grid := grid_of(part)) is not None]
    whole = _joined([grid for _, grid in grids])
    if whole is None or len(whole.rows) > _MOST_ROWS:
        return hits
    table = AskedTable.of(whole)
    if not asks_ranking(question, table, most_rows=_MOST_ROWS):
        return hits
    told = {part.id: WholeCell(cell=None, best=best) for part in parts}
    if (cell := pick_extreme(question, wanted(question), table, most_rows=_MOST_ROWS)) is None:
        return [_told(hit, told[hit.item.id]) if hit.item.id in told else hit for hit in hits]
    homes = [(part, row) for part, grid in grids for row in range(len(grid.rows))]
    home, row = homes[cell.row]
    told[home.id] = WholeCell(cell=dataclasses.replace(cell, row=row), best=best)
    if not any(hit.item.id == home.id for hit in hits):
        last = hits[-1]
        hits = [*hits, dataclasses.replace(last, rank=len(hits) + 1, item=home, found_by=(), alternatives=())]
    return [_told(hit, told[hit.item.id]) if hit.item.id in told else hit for hit in hits]


def _joined(grids: Sequence[Grid]) -> Grid | None:
    first = grids[0]
    if any(grid.heads != first.heads or grid.labelled for grid in grids):
        return None
    rows, quotes = (tuple(one for grid in grids for one in getattr(grid, name)) for name in ("rows", "quotes"))
    return dataclasses.replace(first, rows=rows, quotes=quotes)


def _told(hit: Hit, said: WholeCell) -> Hit:
    return dataclasses.replace(hit, item=dataclasses.replace(hit.item, metadata={**hit.item.metadata, _WHOLE: said}))


def _without_told(hit: Hit) -> Hit:
    kept = {key: value for key, value in hit.item.metadata.items() if key != _WHOLE}
    return dataclasses.replace(hit, item=dataclasses.replace(hit.item, metadata=kept))
