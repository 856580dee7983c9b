"""The options that many commands share, and how a command is declared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

__all__ = [
    "AskedPipelineOption",
    "CollectionOption",
    "FilledOption",
    "HitsOption",
    "JsonOption",
    "ModalityOption",
    "ModelOption",
    "PerDocumentOption",
    "PipelineOption",
    "WhereOption",
    "YesOption",
    "command",
]

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
AskedPipelineOption = Annotated[
    Path | None,
    typer.Option("--pipeline", "-p", metavar="FILE", help="Ask by this file's settings; the collection keeps its own."),
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="What answers, this once: extractive, mini, hf:…, openai:MODEL@URL."),
]
FilledOption = Annotated[
    str,
    typer.Option(
        "--collection", "-c", metavar="COLLECTION", help="A name or a folder; default: the pipeline's name, or default."
    ),
]
YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Agree to what the pipeline file changes: models, servers, what is sent.")
]
HitsOption = Annotated[
    int | None, typer.Option("-k", metavar="N", min=1, max=1000, help="How many hits; else the pipeline's query.k.")
]
ModalityOption = Annotated[
    str | None,
    typer.Option("--modality", metavar="M", help="Only passage, table, figure, photo or page; or text, or image."),
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="FILTER",
        help="Only in this document or folder, or what fits: type=pdf, date>=2023, page<10, author=Ada …; "
        "may be given again.",
    ),
]
PerDocumentOption = Annotated[
    int | None,
    typer.Option("--per-document", metavar="N", min=0, help="At most N hits from one document; 0: any number."),
]

Function = TypeVar("Function", bound=Callable[..., Any])


def command(app: typer.Typer, name: str, *, example: str) -> Callable[[Function], Function]:
    """Register a command with an example at the foot of its help."""
    return app.command(name, epilog=f"Example: {example}")
