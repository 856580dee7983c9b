"""The command `ragmm history`: the generations of a collection."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import CollectionOption, JsonOption, command
from ragmm.commands.shared.output import Column, emit, show_table

if TYPE_CHECKING:
    from ragmm.indexes.records import GenerationInfo


__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "history", example="ragmm history -c reports")(history)


def history(collection: CollectionOption = "default", json: JsonOption = False) -> None:
    """List the generations: when each was made, and what it holds."""
    with opened(collection) as docs:
        generations = docs.history()
    if json:
        emit(generations)
        return
    columns = (
        Column(title="generation", number=True),
        Column(title="made"),
        Column(title="by"),
        Column(title="documents", number=True),
        Column(title="items", number=True),
        Column(title="note", wrap=True),
    )
    show_table(columns, ((g.id, _date(g.created), g.kind, g.documents, g.items, _remark(g)) for g in generations))


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _remark(generation: GenerationInfo) -> str:
    pinned = f"pinned as {generation.pinned}" if generation.pinned else ""
    return ", ".join(part for part in (generation.note, pinned, "" if generation.restorable else "expired") if part)
