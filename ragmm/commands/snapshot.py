"""The command `ragmm snapshot`: a complete copy in a new folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import CollectionOption, JsonOption, command
from ragmm.commands.shared.output import emit, show
from ragmm.render.text import safe_name

if TYPE_CHECKING:
    pass


__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "snapshot", example="ragmm snapshot /backup/reports -c reports")(snapshot)


def snapshot(
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="A folder that is not there yet.")],
    collection: CollectionOption = "default",
    json: JsonOption = False,
) -> None:
    """Copy a collection, even while another process writes to it."""
    with opened(collection) as docs:
        made = docs.snapshot(target)
        generation = docs.generation
    if json:
        emit({"path": made, "generation": generation})
    else:
        show(f"{safe_name(str(made))}: generation {generation}")
