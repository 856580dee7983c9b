"""The command `ragmm export`: items with their vectors, or a TREC run, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import CollectionOption, JsonOption, command
from ragmm.commands.shared.output import emit, show
from ragmm.errors import UsageError
from ragmm.render.text import safe_name

if TYPE_CHECKING:
    from ragmm.collection import Collection

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "export", example="ragmm export items.jsonl -c reports")(export)


def export(
    target: Annotated[
        Path,
        typer.Argument(metavar="TARGET", help="*.jsonl, *.parquet, *.trec, or a new folder for npy beside its items."),
    ],
    collection: CollectionOption = "default",
    questions: Annotated[
        Path | None,
        typer.Option("--questions", metavar="FILE", help="What to ask for a *.trec, as `ragmm eval` takes."),
    ] = None,
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, max=1000, help="Hits a question in a *.trec.")] = 100,
    level: Annotated[
        str, typer.Option("--level", metavar="LEVEL", help="What a *.trec ranks: document, page or item.")
    ] = "document",
    json: JsonOption = False,
) -> None:
    """Write items with their vectors for other programs; or what is found, as a TREC run with its qrels."""
    with opened(collection) as docs:
        if target.suffix.lower() == ".trec":
            _run(docs, target, questions, (k, level), json)
            return
        done = docs.export(target)
    if json:
        emit(done)
    else:
        vectors = ", ".join(f"{count:,} {space}" for space, count in done.vectors.items())
        show(f"{safe_name(done.path)}: {done.items:,} items with vectors ({vectors or 'none'})")


def _run(docs: Collection, target: Path, questions: Path | None, asked: tuple[int, str], json: bool) -> None:
    from ragmm.evaluation.questions import read_questions
    from ragmm.evaluation.trec import RunLevel, write_qrels, write_run

    k, name = asked
    if questions is None:
        raise UsageError(f"{target}: a run answers questions; name their file with --questions")
    if name not in set(RunLevel):
        raise UsageError(f"there is no level {name!r}; choose one of: {', '.join(RunLevel)}")
    level, wanted = RunLevel(name), read_questions(questions)
    lines = write_run(docs, wanted, target, k=k, level=level)
    judged = write_qrels(wanted, target.with_suffix(".qrels"), level=level)
    if json:
        emit({"path": str(target), "lines": lines, "qrels": judged})
    else:
        show(f"{safe_name(str(target))}: {lines:,} lines for {len(wanted):,} questions; {judged:,} qrels beside it")
