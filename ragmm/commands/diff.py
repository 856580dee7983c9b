"""The command `ragmm diff`: which documents differ between two generations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import CollectionOption, JsonOption, command

if TYPE_CHECKING:
    pass

from ragmm.commands.shared.output import emit_fields

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "diff", example="ragmm diff 3 5 -c reports")(diff)


def diff(
    older: Annotated[int, typer.Argument(metavar="A", help="A generation.")],
    newer: Annotated[int, typer.Argument(metavar="B", help="Another.")],
    collection: CollectionOption = "default",
    json: JsonOption = False,
) -> None:
    """Say which documents differ between two generations."""
    with opened(collection) as docs:
        emit_fields(docs.diff(older, newer), json)
