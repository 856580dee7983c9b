"""Tables that go on overleaf: without heads of their own they have those of the page before."""

from __future__ import annotations

from collections.abc import Sequence

from ragmm.loaders.pdf.table import Table
from ragmm.loaders.pdf.table_text import stored_rows
from ragmm.loaders.table_heads import is_value
from ragmm.types import Box

__all__ = ["ContinuedTables"]

_OFF = 12.0
"""Points by which the sides of two parts may differ."""

Row = tuple[str, ...]


class ContinuedTables:
    """Of one document, page by page."""

    def __init__(self) -> None:
        self._last: tuple[int, Box, Row] | None = None
        """The lowest table that had heads: its page, its place and its heads."""

    def rows(self, page: int, tables: Sequence[Table]) -> list[list[Row]]:
        """The rows of each table of a page as they are stored, heads first."""
        found = [stored_rows(table) for table in tables]
        if not found:
            return found
        highest = min(range(len(tables)), key=lambda number: tables[number].box[1])
        lowest = max(range(len(tables)), key=lambda number: tables[number].box[3])
        if head := self._head(page, tables[highest].box, found[highest][0]):
            found[highest] = [head, *found[highest]]
        heads = found[lowest][0]
        self._last = (page, tables[lowest].box, heads) if _are_heads(heads) else None
        return found

    def _head(self, page: int, box: Box, first: Row) -> Row | None:
        if self._last is None:
            return None
        before, place, heads = self._last
        beside = abs(place[0] - box[0]) <= _OFF and abs(place[2] - box[2]) <= _OFF
        goes_on = page == before + 1 and beside and len(first) == len(heads) and any(map(is_value, first))
        return heads if goes_on else None


def _are_heads(row: Row) -> bool:
    return sum(map(bool, row)) > 1 and not any(map(is_value, row))
