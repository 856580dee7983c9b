"""The commands under `ragmm models`: list, check, pull, path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.shared.options import JsonOption, command
from ragmm.commands.shared.output import Column, emit, show, show_fields, show_table
from ragmm.render.text import safe_name

if TYPE_CHECKING:
    from ragmm.models import ModelCheck, Task

__all__ = ["register"]

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="As in a pipeline file, or as `ragmm models list` says.")
]
GeneratorOption = Annotated[
    bool, typer.Option("--vlm", help="For the name mini: the one that captions, not the one that embeds.")
]


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(no_args_is_help=True, help="Find, fetch and check models.")
    command(group, "list", example="ragmm models list")(list_)
    command(group, "check", example="ragmm models check st:all-MiniLM-L6-v2")(check)
    command(group, "pull", example="ragmm models pull hf:Qwen/Qwen3-VL-2B-Instruct")(pull)
    command(group, "path", example="ragmm models path st:all-MiniLM-L6-v2")(path)
    app.add_typer(group, name="models")


def list_(json: JsonOption = False) -> None:
    """List the models that are here, and those that a profile would use."""
    from ragmm.models import list_models
    from ragmm.models.machine import memory_bytes

    entries = list_models()
    if json:
        emit(entries)
        return
    columns = (
        Column(title="model", wrap=True),
        Column(title="here"),
        Column(title="MB", number=True),
        Column(title="memory", number=True),
        Column(title="fits"),
        Column(title="licence"),
        Column(title="profiles"),
    )
    rows = (
        (e.name, e.source or "no", -(-e.bytes // 1_000_000), e.memory_mb, e.fits, e.licence, ", ".join(e.profiles))
        for e in entries
    )
    show_table(columns, rows, head=True)
    show(f"This machine has {memory_bytes() / 1e9:,.1f} GB of memory. Fetch one with: ragmm models pull NAME")
    for entry in entries:
        if entry.notice:
            show(f"{entry.name}: {entry.notice}")


def check(name: NameArgument, vlm: GeneratorOption = False, json: JsonOption = False) -> None:
    """Read and hash a model's files, and say whether they are sound."""
    from ragmm.models import check as check_model

    found = check_model(name, task=_task(vlm))
    if json:
        emit(found)
    else:
        _show_check(found)
    if not found.ok:
        raise typer.Exit(1)


def _show_check(found: ModelCheck) -> None:
    show_fields(
        {
            "model": found.name,
            "folder": str(found.folder),
            "revision": found.revision,
            "licence": found.licence,
            "fingerprint": found.fingerprint,
        }
    )
    for file in found.files:
        show(f"  {file.sha256[:16]}  {file.bytes:>14,}  {safe_name(file.name)}")
    for problem in found.problems:
        show(f"problem: {safe_name(problem)}")
    show("sound" if found.ok else "not sound")


def pull(name: NameArgument, json: JsonOption = False) -> None:
    """Fetch a model, unless it is here. Never with HF_HUB_OFFLINE=1."""
    from ragmm.models import pull as pull_model

    found = pull_model(name)
    if json:
        emit(found)
    else:
        show(f"{safe_name(found.name)}: {safe_name(str(found.folder))}")


def path(name: NameArgument, vlm: GeneratorOption = False, json: JsonOption = False) -> None:
    """Print the folder that holds a model."""
    from ragmm.models import path as path_of

    folder = path_of(name, task=_task(vlm))
    if json:
        emit({"name": name, "path": folder})
    else:
        show(safe_name(str(folder)))


def _task(vlm: bool) -> Task:
    from ragmm.models import Task

    return Task.GENERATE if vlm else Task.EMBED
