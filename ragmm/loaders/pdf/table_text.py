"""A table as it is stored: Markdown, with one row of heads and no two values in a cell."""

from __future__ import annotations

from collections.abc import Sequence

from ragmm.loaders.glued_columns import with_columns_apart
from ragmm.loaders.pdf.table import Table
from ragmm.loaders.sign_columns import with_signs_joined
from ragmm.loaders.table_heads import with_one_head

__all__ = ["markdown", "stored_rows"]


def stored_rows(table: Table) -> list[tuple[str, ...]]:
    """The rows of a table, the first of them all that its heads say."""
    return with_columns_apart(with_one_head(with_signs_joined(table.cells)))


def markdown(rows: Sequence[Sequence[str]]) -> tuple[str, int]:
    """Such rows as Markdown, and where their head ends in it."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    header = f"{lines[0]}\n|{' --- |' * len(rows[0])}\n"
    return header + "".join(f"{line}\n" for line in lines[1:]), len(header)
