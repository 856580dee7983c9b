"""The options that many commands share, and how a command is declared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

__all__ = ["CollectionOption", "JsonOption", "PipelineOption", "command"]

CollectionOption = Annotated[
    str,
    typer.Option(
        "--collection",
        "-c",
        metavar="COLLECTION",
        help="A name under ./indexes (or $RAGMM_HOME), or a collection's folder.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value, errors included, and nothing else.")]
PipelineOption = Annotated[
    Path | None,
    typer.Option("--pipeline", "-p", metavar="FILE", help="The pipeline file to make the collection with."),
]

Function = TypeVar("Function", bound=Callable[..., Any])


def command(app: typer.Typer, name: str, *, example: str) -> Callable[[Function], Function]:
    """Register a command with an example at the foot of its help."""
    return app.command(name, epilog=f"Example: {example}")
