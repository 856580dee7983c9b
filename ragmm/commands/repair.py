"""The command `ragmm repair`: what is damaged, made again from what is whole."""

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
    command(app, "repair", example="ragmm repair -c reports")(repair)


def repair(collection: CollectionOption = "default", json: JsonOption = False) -> None:
    """Rebuild what is damaged, from what is still whole."""
    with opened(collection) as docs:
        emit_fields(docs.repair(), json)
