"""A table of a page, however it was found."""

from __future__ import annotations

from dataclasses import dataclass

from ragmm.types import Box

__all__ = ["Table"]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A grid of texts and where it stands."""

    box: Box
    cells: tuple[tuple[str, ...], ...]
    """Rows of equally many cells; a merged cell's text is in its first."""

    @property
    def filled(self) -> int:
        """How many cells hold text."""
        return sum(bool(cell) for row in self.cells for cell in row)
