"""A table as it is stored: Markdown, with one row of heads and no two values in a cell."""

from __future__ import annotations

from ragmm.loaders.glued_columns import with_columns_apart
from ragmm.loaders.pdf.table import Table
from ragmm.loaders.sign_columns import with_signs_joined
from ragmm.loaders.table_heads import with_one_head

__all__ = ["markdown"]


def markdown(table: Table) -> tuple[str, int]:
    """The table as Markdown, and where its header ends in it."""
    rows = with_columns_apart(with_one_head(with_signs_joined(table.cells)))
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    header = f"{lines[0]}\n|{' --- |' * len(rows[0])}\n"
    return header + "".join(f"{line}\n" for line in lines[1:]), len(header)
