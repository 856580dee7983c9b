"""The command `ragmm ingest`: files and folders into a collection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ragmm.commands.shared.failures import exit_code_of_signal
from ragmm.commands.shared.finish import finish
from ragmm.commands.shared.opening import filled_by, opened_or_created
from ragmm.commands.shared.options import FilledOption, JsonOption, PipelineOption, YesOption, command
from ragmm.commands.shared.progress import shown_progress

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "ingest", example="ragmm ingest reports/ notes.md -c reports")(ingest)


def ingest(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Files and folders.")],
    collection: FilledOption = "",
    pipeline: PipelineOption = None,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Add files and folders to a collection, or refresh them. Deletes nothing; run again, it goes on."""
    collection = filled_by(collection, pipeline)
    with exit_code_of_signal() as stopped:
        with opened_or_created(collection, pipeline, ask=True, yes=yes) as docs, shown_progress() as progress:
            report = docs.ingest(paths, progress=progress)
        finish(report, json, _again(paths, collection, pipeline))
        if report.interrupted:
            raise typer.Exit(stopped())


def _again(paths: list[str], collection: str, pipeline: Path | None) -> list[str]:
    """The command that goes on; a collection knows the pipeline that it was begun with."""
    return ["ragmm", "ingest", *paths, "-c", collection, *(["-p", str(pipeline)] if pipeline else [])]
