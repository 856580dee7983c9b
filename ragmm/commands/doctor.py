"""The command `ragmm doctor`: whether this machine, this installation and a collection are fit for work."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.shared.options import JsonOption, command
from ragmm.commands.shared.output import Column, emit, show, show_table
from ragmm.render.text import safe_name
from ragmm.values import to_record

if TYPE_CHECKING:
    from ragmm.doctor import Finding

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "doctor", example="ragmm doctor -c reports")(doctor)


def doctor(
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", metavar="COLLECTION", help="Whose health is looked at too.")
    ] = None,
    pipeline: Annotated[
        Path | None, typer.Option("--pipeline", "-p", metavar="FILE", help="Whose models must be here.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check the machine, the packages, the models and a collection. Exit code 0 where nothing is a problem."""
    from ragmm.config import load_pipeline
    from ragmm.doctor import examine, exit_code

    findings = examine(collection, load_pipeline(pipeline) if pipeline else None)
    code = exit_code(findings)
    if json:
        emit({"ok": code == 0, "findings": to_record(findings)})
    else:
        _show(findings)
    if code:
        raise typer.Exit(code)


def _show(findings: list[Finding]) -> None:
    columns = (
        Column(title="state"),
        Column(title="area"),
        Column(title="what"),
        Column(title="seen", wrap=True),
        Column(title="do", wrap=True),
    )
    show_table(columns, ((one.state.value, one.area, one.name, one.detail, one.remedy) for one in findings))
    counts = Counter(one.state.value for one in findings)
    show(safe_name(", ".join(f"{counts[state]} {state}" for state in ("problem", "warning", "note", "ok"))))
