"""Commands that look after a collection: what it holds, its history, and whether it is whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.opening import opened
from ragmm.commands.options import CollectionOption, JsonOption, command
from ragmm.commands.output import Column, emit, show, show_fields, show_table
from ragmm.errors import DamagedError
from ragmm.render.records import to_record
from ragmm.render.text import safe_name

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from ragmm.indexes.generations import GenerationInfo

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    command(app, "info", example="ragmm info -c reports --json")(info)
    command(app, "history", example="ragmm history -c reports")(history)
    command(app, "diff", example="ragmm diff 3 5 -c reports")(diff)
    command(app, "rollback", example="ragmm rollback 3 -c reports")(rollback)
    command(app, "snapshot", example="ragmm snapshot /backup/reports -c reports")(snapshot)
    command(app, "verify", example="ragmm verify -c reports --deep")(verify)
    command(app, "repair", example="ragmm repair -c reports")(repair)
    command(app, "digest", example="ragmm digest -c reports")(digest)
    command(app, "compact", example="ragmm compact -c reports")(compact)


def _report(report: DataclassInstance, json: bool) -> None:
    if json:
        emit(report)
    else:
        show_fields(to_record(report))


def info(collection: CollectionOption = "default", json: JsonOption = False) -> None:
    """Say what a collection is made of: documents, models, size."""
    with opened(collection) as docs:
        _report(docs.info(), json)


def history(collection: CollectionOption = "default", json: JsonOption = False) -> None:
    """List the generations: when each was made, and what it holds."""
    with opened(collection) as docs:
        generations = docs.history()
    if json:
        emit(generations)
        return
    columns = (
        Column(title="generation", number=True),
        Column(title="made"),
        Column(title="by"),
        Column(title="documents", number=True),
        Column(title="items", number=True),
        Column(title="note", wrap=True),
    )
    show_table(columns, ((g.id, _date(g.created), g.kind, g.documents, g.items, _remark(g)) for g in generations))


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _remark(generation: GenerationInfo) -> str:
    pinned = f"pinned as {generation.pinned}" if generation.pinned else ""
    return ", ".join(part for part in (generation.note, pinned, "" if generation.restorable else "expired") if part)


def diff(
    older: Annotated[int, typer.Argument(metavar="A", help="A generation.")],
    newer: Annotated[int, typer.Argument(metavar="B", help="Another.")],
    collection: CollectionOption = "default",
    json: JsonOption = False,
) -> None:
    """Say which documents differ between two generations."""
    with opened(collection) as docs:
        _report(docs.diff(older, newer), json)


def rollback(
    generation: Annotated[int, typer.Argument(metavar="GENERATION", help="The one to restore; see `ragmm history`.")],
    collection: CollectionOption = "default",
    json: JsonOption = False,
) -> None:
    """Make a new generation that holds what an older one held."""
    with opened(collection) as docs:
        made = docs.rollback(generation)
    if json:
        emit({"generation": made, "restored": generation})
    else:
        show(f"generation {made} holds what generation {generation} held")


def snapshot(
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="A folder that is not there yet.")],
    collection: CollectionOption = "default",
    json: JsonOption = False,
) -> None:
    """Copy a collection, even while another process writes to it."""
    with opened(collection) as docs:
        made = docs.snapshot(target)
        generation = docs.generation
    if json:
        emit({"path": made, "generation": generation})
    else:
        show(f"{safe_name(str(made))}: generation {generation}")


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


def repair(collection: CollectionOption = "default", json: JsonOption = False) -> None:
    """Rebuild what is damaged, from what is still whole."""
    with opened(collection) as docs:
        _report(docs.repair(), json)


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


def compact(collection: CollectionOption = "default", json: JsonOption = False) -> None:
    """Merge small blocks and give back the space nothing needs."""
    with opened(collection) as docs:
        _report(docs.compact(), json)
