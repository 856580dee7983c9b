"""The command `ragmm reembed`: another model for a collection, while the one it has goes on serving."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.shared.failures import exit_code_of_signal
from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import CollectionOption, JsonOption, command
from ragmm.commands.shared.output import emit, note, show
from ragmm.commands.shared.progress import shown_progress
from ragmm.errors import RagmmError, UsageError
from ragmm.render.text import safe_name, shorten
from ragmm.values import to_record

if TYPE_CHECKING:
    from ragmm.collection import Collection
    from ragmm.operate.replacing import ModelComparison, Replaced

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "reembed", example="ragmm reembed --with st:all-MiniLM-L12-v2 --space text --questions q.jsonl")(
        reembed
    )


def reembed(
    model: Annotated[str, typer.Option("--with", metavar="MODEL", help="The new model, as in a pipeline file.")] = "",
    collection: CollectionOption = "default",
    space: Annotated[str | None, typer.Option("--space", metavar="NAME", help="shared or text.")] = None,
    questions: Annotated[
        Path | None,
        typer.Option("--questions", metavar="FILE", help="Put to both models first; as for `ragmm eval`."),
    ] = None,
    switch: Annotated[bool, typer.Option("--switch/--no-switch", help="Whether the new model takes over.")] = True,
    even_if_worse: Annotated[
        bool, typer.Option("--even-if-worse", help="Take over even if judged questions find less.")
    ] = False,
    abandon: Annotated[bool, typer.Option("--abandon", help="Forget what was built for a switch.")] = False,
    json: JsonOption = False,
) -> None:
    """Exchange the model of a space. It answers with the old one until a single commit; `ragmm rollback` goes back."""
    with exit_code_of_signal() as stopped, opened(collection) as docs:
        if abandon:
            _abandon(docs, space, json)
            return
        if not model:
            raise UsageError("name the new model: ragmm reembed --with MODEL; ragmm models list shows some")
        replaced = _replace(docs, model, space, questions, switch=switch, even_if_worse=even_if_worse)
        if json:
            emit({**to_record(replaced), "switched": replaced.generation is not None})
        else:
            _show(replaced)
        if not replaced.staged.complete:
            raise typer.Exit(stopped())
        if replaced.generation is None and switch:
            raise typer.Exit(RagmmError.exit_code)


def _replace(
    docs: Collection, model: str, space: str | None, questions: Path | None, *, switch: bool, even_if_worse: bool
) -> Replaced:
    from ragmm.evaluation.questions import read_questions
    from ragmm.operate.replacing import Exchange, replace_model

    asked = read_questions(questions) if questions else ()
    wanted = Exchange(model=model, space=space, questions=asked, switch=switch, even_if_worse=even_if_worse)
    with shown_progress() as progress:
        return replace_model(docs, wanted, progress=progress)


def _abandon(docs: Collection, space: str | None, json: bool) -> None:
    from ragmm.pipelines.reembed import abandon, space_to_replace

    name = space_to_replace(sorted(docs.info().spaces), space)
    forgotten = abandon(docs.store, name)
    if json:
        emit({"space": name, "abandoned": forgotten})
    else:
        show(f"{name}: " + ("what was built is forgotten" if forgotten else "nothing was built"))


def _show(replaced: Replaced) -> None:
    staged = replaced.staged
    names = f"{safe_name(staged.serving)} to {safe_name(staged.model)}"
    show(f"space {staged.space}: {names}")
    show(f"{staged.items:,} items, embedded {staged.embedded:,}, reused {staged.reused:,}, {staged.seconds:.1f} s")
    if replaced.comparison is not None:
        _show_comparison(replaced.comparison)
    if replaced.generation is not None:
        show(f"generation {replaced.generation} answers with {safe_name(staged.model)}; go back with: ragmm rollback")
        note(f'in your pipeline file write: models.{staged.space} = "{staged.model}"')
    else:
        show(f"{safe_name(staged.serving)} goes on serving: {safe_name(replaced.held_back)}")
        note("what was built stays: the same command goes on from it, --abandon forgets it")


def _show_comparison(comparison: ModelComparison) -> None:
    show(
        f"{comparison.questions:,} questions: {comparison.overlap:.0%} of the first {comparison.k} hits are the same, "
        f"agreement in order {comparison.agreement:.0%}"
    )
    for name, before in comparison.before.items():
        show(
            f"{name}: {before:.3f} before, {comparison.after[name]:.3f} after ({comparison.judged:,} judged questions)"
        )
    for one in comparison.most_moved[:5]:
        show(f"  {one.overlap:.0%} the same: {shorten(one.question, 70)}")
