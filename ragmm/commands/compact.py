"""The command `ragmm compact`: small blocks merged, and space given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import CollectionOption, JsonOption, command

if TYPE_CHECKING:
    pass

from ragmm.commands.shared.output import emit_fields

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "compact", example="ragmm compact -c reports")(compact)


def compact(collection: CollectionOption = "default", json: JsonOption = False) -> None:
    """Merge small blocks and give back the space nothing needs."""
    with opened(collection) as docs:
        emit_fields(docs.compact(), json)
