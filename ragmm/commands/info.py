"""The command `ragmm info`: what a collection is made of."""

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
    command(app, "info", example="ragmm info -c reports --json")(info)


def info(collection: CollectionOption = "default", json: JsonOption = False) -> None:
    """Say what a collection is made of: documents, models, size."""
    with opened(collection) as docs:
        emit_fields(docs.info(), json)
