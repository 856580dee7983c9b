"""The command `ragmm show`: one item in full."""

from __future__ import annotations

from typing import Annotated

import typer

from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import (
    CollectionOption,
    JsonOption,
    command,
)
from ragmm.commands.shared.output import emit, show, show_fields
from ragmm.render.records import item_record
from ragmm.render.text import place, safe

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "show", example="ragmm show 42 -c reports")(show_item)


def show_item(
    item: Annotated[int, typer.Argument(metavar="ITEM", help="Its number, as query and ls print it.")],
    collection: CollectionOption = "default",
    json: JsonOption = False,
) -> None:
    """Show one item in full: its place, its text, its picture's file."""
    with opened(collection) as docs:
        stored = docs.item(item)
        if json:
            emit(item_record(stored, docs.asset_path))
            return
        asset = str(docs.asset_path(stored.asset)) if stored.asset else None
    where = stored.locator
    show_fields(
        {
            "item": str(stored.id),
            "where": place(stored),
            "kind": stored.modality.value,
            "file": stored.path,
            "box": where.box,
            "characters": None if where.start is None else f"{where.start} to {where.end}",
            "picture": asset,
            "also at": stored.also_at,
            "metadata": dict(stored.metadata),
        }
    )
    if stored.text:
        show("", safe(stored.text))
