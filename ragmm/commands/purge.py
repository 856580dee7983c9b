"""The command that erases: purge."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import CollectionOption, JsonOption, command
from ragmm.commands.shared.output import emit, note, show
from ragmm.errors import UsageError
from ragmm.render.text import safe_name

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "purge", example="ragmm purge smith.pdf -c letters --yes")(purge)


def purge(
    uris: Annotated[list[str], typer.Argument(metavar="URI…", help="Documents, as `ragmm ls` names them.")],
    collection: CollectionOption = "default",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can be asked.")] = False,
    json: JsonOption = False,
) -> None:
    """Erase documents from every generation, block and cache, and their names from reports and logs of runs.

    The history goes: nothing older can be restored.
    """
    _confirm(len(uris), collection, yes=yes, json=json)
    from ragmm.operate.forgetting import Forgotten, forget_names

    forgotten = Forgotten()

    def forget(names: Sequence[str]) -> None:
        nonlocal forgotten
        forgotten = forget_names(docs.path, names)

    with opened(collection) as docs:
        gone = docs.purge(uris, forget)
    if json:
        emit({**asdict(gone), **asdict(forgotten)})
        return
    show(f"purged {gone.documents:,} documents: {gone.items:,} items, {gone.images:,} images; history forgotten")
    if forgotten.reports or forgotten.lines:
        show(f"named no more: {forgotten.reports:,} reports of runs deleted, {forgotten.lines:,} lines of logs changed")
    for uri in gone.also_at:
        note(f"warning: {safe_name(uri)} holds the same content and keeps it; purge it too if that is meant")
    for path in gone.still_there:
        note(f"warning: {safe_name(path)} is still there: exclude or delete it, or the next run takes it in again")


def _confirm(count: int, collection: str, *, yes: bool, json: bool) -> None:
    if yes:
        return
    if json or not sys.stdin.isatty():
        raise UsageError("purge cannot be undone; say --yes")
    typer.confirm(f"Erase {count} documents and the whole history of {collection}?", abort=True, err=True)
