"""The command `ragmm runs`: what was done to a collection and how it ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import CollectionOption, JsonOption, command
from ragmm.commands.shared.output import Column, emit, show_table

if TYPE_CHECKING:
    from ragmm.operate.runs import Listed

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "runs", example="ragmm runs -c nightly --most 10")(runs)


def runs(
    collection: CollectionOption = "default",
    most: Annotated[int, typer.Option("--most", "-n", metavar="N", min=1, help="The newest so many.")] = 30,
    json: JsonOption = False,
) -> None:
    """List the runs: when, what became of them, and why. A run that was killed is listed as cut short."""
    from ragmm.operate.runs import list_runs

    with opened(collection) as docs:
        found = list_runs(docs.store, most)
    if json:
        emit(found)
        return
    columns = (
        Column(title="begun"),
        Column(title="command"),
        Column(title="state"),
        Column(title="seconds", number=True),
        Column(title="generation", number=True),
        Column(title="what", wrap=True),
    )
    show_table(columns, map(_row, found))


def _row(run: Listed) -> tuple[object, ...]:
    begun = datetime.fromtimestamp(run.started, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    took = round(run.ended - run.started, 1) if run.ended is not None else None
    counts = ", ".join(f"{count:,} {what}" for what, count in run.documents.items() if count)
    return (begun, run.command, run.state, took, run.generation, run.error or counts)
