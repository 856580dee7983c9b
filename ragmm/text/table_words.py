"""The words of a table, from which its meaning is taken: numbers mean little to a model and are most of its work."""

from __future__ import annotations

import re

__all__ = ["table_words"]

_BARE = re.compile(r"[^:：]{1,60}[:：]\W*(?:\d[\W\d]*)?")
"""A fact that is a number: "Total: 856"."""
_FEWEST_LETTERS = 2


def table_words(text: str) -> str:
    """Each cell with a word in it, once; a line "name: value" as a whole, where its value is more than a number."""
    kept: dict[str, None] = {}
    lines = []
    for line in text.splitlines():
        cells = line.strip().strip("|").split("|") if line.lstrip().startswith("|") else [line]
        fresh = [cell for cell in map(str.strip, cells) if _says(cell) and cell not in kept]
        kept.update(dict.fromkeys(fresh))
        lines.append(" | ".join(fresh))
    return "\n".join(line for line in lines if line)


def _says(cell: str) -> bool:
    return sum(map(str.isalpha, cell)) >= _FEWEST_LETTERS and not _BARE.fullmatch(cell)
