"""The command `ragmm rm`: documents out of a collection."""

from __future__ import annotations

from typing import Annotated

import typer

from ragmm.commands.shared.finish import finish
from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import CollectionOption, JsonOption, command

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "rm", example="ragmm rm 2019.pdf -c reports")(remove)


def remove(
    uris: Annotated[list[str], typer.Argument(metavar="URI…", help="Documents, as `ragmm ls` names them.")],
    collection: CollectionOption = "default",
    json: JsonOption = False,
) -> None:
    """Take documents out of a collection. Older generations keep them until they expire."""
    with opened(collection) as docs:
        report = docs.remove(uris)
    finish(report, json)
