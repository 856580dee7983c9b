"""The command `ragmm digest`: one hash of what a collection holds."""

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
    command(app, "digest", example="ragmm digest -c reports")(digest)


def digest(
    collection: CollectionOption = "default",
    vectors: Annotated[bool, typer.Option("--vectors", help="Include the vectors, not only the content.")] = False,
    json: JsonOption = False,
) -> None:
    """Print a hash of the live content. Two ways to the same content give the same one."""
    with opened(collection) as docs:
        value = docs.digest(vectors=vectors)
        generation = docs.generation
    if json:
        emit({"digest": value, "generation": generation, "vectors": vectors})
    else:
        show(value)
