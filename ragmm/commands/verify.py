"""The command `ragmm verify`: whether a collection is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import CollectionOption, JsonOption, command
from ragmm.commands.shared.output import emit, show
from ragmm.errors import DamagedError
from ragmm.render.text import safe_name
from ragmm.values import to_record

if TYPE_CHECKING:
    pass


__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "verify", example="ragmm verify -c reports --deep")(verify)


def verify(
    collection: CollectionOption = "default",
    deep: Annotated[bool, typer.Option("--deep", help="Read every byte and compare it with its hash.")] = False,
    json: JsonOption = False,
) -> None:
    """Check that a collection is whole. Exit code 20 where it is damaged."""
    with opened(collection) as docs:
        report = docs.verify(deep=deep)
    if json:
        emit({**to_record(report), "ok": report.ok})
    else:
        for problem in report.problems:
            show(f"{safe_name(str(problem.file))}: {problem.kind} (generation {problem.generation}); {problem.remedy}")
        state = "whole" if report.ok else f"{len(report.problems)} problems"
        show(f"{state}: {report.files:,} files, {report.bytes:,} bytes" + ("" if deep else "; contents: verify --deep"))
    if not report.ok:
        raise typer.Exit(DamagedError.exit_code)
