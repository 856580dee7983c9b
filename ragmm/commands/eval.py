"""The command `ragmm eval`: how good a collection is on questions with known answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import CollectionOption, JsonOption, command
from ragmm.commands.shared.output import Column, emit, note, show, show_table
from ragmm.commands.shared.progress import shown_progress
from ragmm.errors import StorageError, UsageError
from ragmm.render.text import safe_name

if TYPE_CHECKING:
    from ragmm.collection import Collection
    from ragmm.evaluation.compare import RunComparison
    from ragmm.evaluation.judging import EvalPlan, EvalRun, JudgedPart
    from ragmm.evaluation.questions import EvalQuestion
    from ragmm.evaluation.results import EvalReport, Threshold

__all__ = ["register", "show_metrics"]

_BELOW = 1


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "eval", example="ragmm eval questions.jsonl -c reports --save before.json --html eval.html")(evaluate)


def evaluate(
    queries: Annotated[Path, typer.Argument(metavar="QUERIES", help="Questions with known answers, JSON lines.")],
    collection: CollectionOption = "default",
    k: Annotated[
        int, typer.Option("-k", "--k", metavar="N", min=1, max=100, help="How deep rankings are judged.")
    ] = 10,
    answer: Annotated[bool, typer.Option("--answer/--no-answer", help="Whether answers are judged too.")] = True,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first N questions.")
    ] = None,
    legs: Annotated[
        str, typer.Option("--legs", metavar="LEGS", help="Search with these only: shared, text, lexical.")
    ] = "",
    compare: Annotated[
        str, typer.Option("--compare", metavar="ROUTES", help="Say which route is best: shared,text,both.")
    ] = "",
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Measure another library's BM25 (bm25s) over the same items too.")
    ] = False,
    save: Annotated[Path | None, typer.Option("--save", metavar="FILE", help="Keep the evaluation as JSON.")] = None,
    against: Annotated[
        Path | None, typer.Option("--against", metavar="FILE", help="Compare with an evaluation that --save kept.")
    ] = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option("--fail-under", metavar="METRIC=VALUE", help="Exit 1 below this; may be given again."),
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a report with plots.")] = None,
    json: JsonOption = False,
) -> None:
    """Measure how well a collection finds, answers, cites and abstains."""
    from ragmm.evaluation.compare import compare as compare_runs
    from ragmm.evaluation.judging import EvalPlan
    from ragmm.evaluation.questions import read_questions
    from ragmm.evaluation.results import EvalReport, eval_record, shortfalls
    from ragmm.evaluation.saving import load_run, save_record

    questions = read_questions(queries)[:limit]
    thresholds = _thresholds(fail_under or (), k, questions)
    before = load_run(against) if against else None
    _check_targets(save, html)
    plan = EvalPlan(k=k, answers=answer, legs=tuple(_listed(legs)), baseline=baseline)
    with opened(collection) as docs:
        run, routes = _run(docs, questions, plan, _listed(compare))
    report = EvalReport(run=run, routes=tuple(routes), against=compare_runs(before, run) if before else None)
    failed = shortfalls(run, thresholds)
    record = eval_record(report, failed)
    if save:
        save_record(save, record)
    if html:
        _write_html(html, report)
    if json:
        emit(record)
    else:
        _show(report)
    for one in failed:
        note(f"below the threshold: {one}")
    if failed:
        raise typer.Exit(_BELOW)


def _run(
    docs: Collection, questions: Sequence[EvalQuestion], plan: EvalPlan, routes: Sequence[str]
) -> tuple[EvalRun, list[EvalRun]]:
    from ragmm.evaluation.judging import evaluate as run_evaluation
    from ragmm.evaluation.judging import evaluate_routes
    from ragmm.evaluation.variants import remembering

    docs = remembering(docs)
    with shown_progress() as progress:
        run = run_evaluation(docs, questions, plan, progress)
        return run, evaluate_routes(docs, questions, routes, plan, progress) if routes else []


def _listed(names: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))


def _thresholds(given: Iterable[str], k: int, questions: Sequence[EvalQuestion]) -> list[Threshold]:
    """Read before anything runs: a misspelt metric must not cost an hour."""
    from ragmm.evaluation.judging import level_of
    from ragmm.evaluation.metrics import resolve
    from ragmm.evaluation.results import Threshold

    found = []
    for text in given:
        name, equals, value = text.partition("=")
        try:
            least = float(value)
        except ValueError:
            least = -1.0
        if not equals or not 0 <= least <= 1:
            raise UsageError(f"--fail-under {text}: it must be METRIC=VALUE with a value from 0 to 1, as recall@10=0.8")
        found.append(Threshold(metric=resolve(name.strip(), k, level_of(questions)), value=least))
    return found


def _check_targets(*files: Path | None) -> None:
    for file in files:
        if file is not None and not file.absolute().parent.is_dir():
            raise StorageError(f"{file}: there is no folder {file.parent} to write to; make it first")


def _write_html(file: Path, report: EvalReport) -> None:
    from ragmm.evaluation.report import eval_html

    try:
        file.write_text(eval_html(report), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{file}: the report cannot be written ({error.strerror})") from error
    note(f"report: {file}")


def _show(report: EvalReport) -> None:
    from ragmm.evaluation.results import verdict_words

    run = report.run
    show(
        f"{safe_name(run.collection)}, generation {run.generation}: {run.questions:,} questions, k {run.k}, "
        f"{run.seconds:,.1f} s"
    )
    show_metrics(run)
    for title, parts in (("each leg alone", run.by_leg), ("one kind alone", run.by_kind), ("by tag", run.by_tag)):
        _show_parts(title, run, parts)
    if report.against:
        _show_against(report.against)
    if report.verdict:
        _show_routes(report.routes)
        show(safe_name(verdict_words(report.verdict)))
    for warning in run.warnings:
        note(f"warning: {warning}")


def show_metrics(run: EvalRun) -> None:
    """A row for each metric: its mean, its interval, and over how many questions."""
    columns = (
        Column(title="metric"),
        Column(title="mean", number=True),
        Column(title="low", number=True),
        Column(title="high", number=True),
        Column(title="questions", number=True),
    )
    rows = (
        (name, f"{one.mean:.3f}", f"{one.low:.3f}", f"{one.high:.3f}", one.questions)
        for name, one in run.metrics.items()
    )
    show_table(columns, rows)


def _show_parts(title: str, run: EvalRun, parts: Sequence[JudgedPart]) -> None:
    from ragmm.evaluation.results import headline

    names = headline(run)
    if not parts:
        return
    show(f"{title}: {', '.join(names)}")
    legs = any(part.only for part in parts)
    columns = (Column(title=""), *(Column(title=name, number=True) for name in names))
    rows = (
        (part.name, *(_mean(part, name) for name in names), *((f"{part.only:,} only by this",) if legs else ()))
        for part in parts
    )
    show_table((*columns, *((Column(title=""),) if legs else ())), rows)


def _mean(part: JudgedPart | EvalRun, name: str) -> str:
    return f"{part.metrics[name].mean:.3f}" if name in part.metrics else ""


def _show_against(comparison: RunComparison) -> None:
    show(f"against {safe_name(comparison.source)} ({comparison.questions:,} questions in common):")
    columns = (
        Column(title="metric"),
        *(Column(title=title, number=True) for title in ("before", "now", "change", "low", "high", "p")),
        Column(title=""),
    )
    rows = (
        (
            one.metric,
            f"{one.difference.before:.3f}",
            f"{one.difference.after:.3f}",
            *(f"{value:+.3f}" for value in (one.difference.change, one.difference.low, one.difference.high)),
            f"{one.p:.3f}",
            "beyond chance" if one.significant else "",
        )
        for one in comparison.changes
    )
    show_table(columns, rows)


def _show_routes(routes: Sequence[EvalRun]) -> None:
    from ragmm.evaluation.results import headline

    names = [
        *headline(routes[0]),
        *(name for name in ("answer.token_f1", "citation.precision") if name in routes[0].metrics),
    ]
    show(f"by route: {', '.join(names)}")
    columns = (Column(title="route"), *(Column(title=name, number=True) for name in names))
    show_table(columns, ((run.name, *(_mean(run, name) for name in names)) for run in routes))
