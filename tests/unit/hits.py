"""Hits for tests of the answering rooms."""

from __future__ import annotations

from typing import Any

from ragmm.types import FoundBy, Hit, Locator, Modality, StoredItem


def make_hit(
    rank: int,
    text: str,
    *,
    modality: Modality = Modality.PASSAGE,
    leg: tuple[str, float] = ("lexical", 1.0),
    **item: Any,
) -> Hit:
    """A hit whose item holds `text`; `item` sets further fields of it."""
    facts: dict[str, Any] = {
        "uri": f"doc{rank}.md",
        "path": f"/d/doc{rank}.md",
        "context": "",
        "asset": None,
        "metadata": {},
    }
    facts |= {"locator": Locator(page=rank)} | item
    stored = StoredItem(id=rank, modality=modality, text=text, **facts)
    return Hit(rank=rank, score=1 / rank, item=stored, found_by=(FoundBy(leg=leg[0], rank=rank, score=leg[1]),))
