"""The command `ragmm rollback`: what an older generation held, in a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import CollectionOption, JsonOption, command
from ragmm.commands.shared.output import emit, show

if TYPE_CHECKING:
    pass


__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "rollback", example="ragmm rollback 3 -c reports")(rollback)


def rollback(
    generation: Annotated[int, typer.Argument(metavar="GENERATION", help="The one to restore; see `ragmm history`.")],
    collection: CollectionOption = "default",
    json: JsonOption = False,
) -> None:
    """Make a new generation that holds what an older one held."""
    with opened(collection) as docs:
        made = docs.rollback(generation)
    if json:
        emit({"generation": made, "restored": generation})
    else:
        show(f"generation {made} holds what generation {generation} held")
