"""The command that a nightly job runs: sync."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ragmm.commands.shared.failures import exit_code_of_signal
from ragmm.commands.shared.finish import stopped_line
from ragmm.commands.shared.opening import opened_or_created
from ragmm.commands.shared.options import JsonOption, command
from ragmm.commands.shared.output import Column, emit, note, show, show_table
from ragmm.commands.shared.progress import duration, shown_progress
from ragmm.errors import UsageError
from ragmm.render.records import report_record
from ragmm.render.text import safe_name

if TYPE_CHECKING:
    from ragmm.pipelines.sync.night import Night
    from ragmm.pipelines.sync.plan import Plan

__all__ = ["night_record", "register"]

_SHOWN = 50
"""Entries of a plan that are listed for a person; --json and --plan have them all."""


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "sync", example="ragmm sync pipelines/nightly.toml --json")(sync)


PipelineArgument = Annotated[
    Path, typer.Argument(metavar="PIPELINE", help="The pipeline file; its [sources] say what to follow.")
]
NameOption = Annotated[
    str,
    typer.Option("--collection", "-c", metavar="COLLECTION", help="A name or a folder; default: the pipeline's name."),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done and what it costs; do nothing.")]
PlanOption = Annotated[
    Path | None, typer.Option("--plan", metavar="FILE", help="As --dry-run, and write the plan to this file.")
]
ApplyOption = Annotated[
    Path | None, typer.Option("--apply", metavar="FILE", help="Carry out this plan; refused if it no longer holds.")
]
RefreshOption = Annotated[
    bool, typer.Option("--refresh", help="Read again what other settings read; drop what [sources] want no more.")
]
DeleteOption = Annotated[
    bool, typer.Option("--allow-mass-delete", help="For this once, delete as many documents as are gone.")
]


def sync(
    pipeline: PipelineArgument,
    collection: NameOption = "",
    dry_run: DryRunOption = False,
    plan: PlanOption = None,
    apply: ApplyOption = None,
    refresh: RefreshOption = False,
    allow_mass_delete: DeleteOption = False,
    json: JsonOption = False,
) -> None:
    """Make a collection equal to its sources: the nightly job. Does only what changed; run again, it goes on."""
    from ragmm.config import load_pipeline

    if apply is not None and (dry_run or plan is not None or refresh):
        raise UsageError("--apply carries out a plan as it was made; leave out --dry-run, --plan and --refresh")
    name = collection or load_pipeline(pipeline).name
    with exit_code_of_signal() as stopped, opened_or_created(name, pipeline) as docs, shown_progress() as progress:
        if dry_run or plan is not None:
            made = docs.plan_sync(refresh=refresh, allow_mass_delete=allow_mass_delete, progress=progress)
            _planned(made, pipeline, plan, json)
            return
        from ragmm.operate.attending import attended
        from ragmm.pipelines.sync.files import read_plan

        given = read_plan(apply) if apply is not None else None
        with attended(docs, f"sync {pipeline}") as watch:
            night = docs.sync(
                given,
                refresh=refresh or (given is not None and given.refresh),
                allow_mass_delete=allow_mass_delete,
                progress=watch.progress(progress),
            )
            code = stopped() if night.report.interrupted else night.exit_code
            watch.finished(night, code)
    for warning in watch.warnings:
        note(f"warning: {warning}")
    if json:
        emit(night_record(night))
    else:
        _show_night(night)
    if night.report.interrupted:
        note(stopped_line(night.report, ["ragmm", "sync", str(pipeline), *(["-c", collection] if collection else [])]))
    if code:
        raise typer.Exit(code)


# A plan --------------------------------------------------------------------------------------------------------------


def _planned(plan: Plan, pipeline: Path, file: Path | None, json: bool) -> None:
    from ragmm.pipelines.sync.files import plan_record, write_plan

    if file is not None:
        write_plan(plan, file)
    if json:
        emit(plan_record(plan))
        return
    show(_counted({name.replace("_", " "): count for name, count in plan.counts.items()}))
    columns = (Column(title="what"), Column(title="document", wrap=True), Column(title="bytes", number=True))
    show_table(columns, ((str(entry.change), entry.uri, entry.size) for entry in plan.entries[:_SHOWN]))
    if len(plan.entries) > _SHOWN:
        show(f"… and {len(plan.entries) - _SHOWN:,} more; --json and --plan FILE list them all")
    _show_estimate(plan)
    _notes(plan)
    for failure in plan.failures:
        note(f"failed: {failure}")
    if file is not None:
        written, named = safe_name(str(file)), safe_name(str(pipeline))
        show(f"Written to {written}; carry it out with: ragmm sync {named} --apply {written}")


def _show_estimate(plan: Plan) -> None:
    guess = plan.estimate
    if guess.seconds is None:
        show(f"time and cost: unknown ({guess.basis})")
        return
    captions = f", {guess.captions:,} captions, {guess.usd or 0.0:,.2f} USD" if guess.captions else ""
    show(f"about {duration(guess.seconds)}{captions} ({guess.basis})")


def _notes(plan: Plan) -> None:
    """What a person has to decide, or may wonder about."""
    if kept := _words_of(plan.kept):
        note(f"an interrupted run has left {kept}: they are not made again")
    for edit in plan.edited:
        note(f"edited: {edit}")
    if plan.stale:
        note(f"{plan.stale:,} documents were read with other settings; --refresh reads them again")
    if plan.outside:
        note(f"{plan.outside:,} documents belong to no source any more; --refresh takes them out")
    if plan.protected:
        note(f"{plan.protected:,} documents stay: where they came from could not be listed, or holds nothing any more")
    if plan.refused:
        note(f"refused: {plan.refused}")


# A night -------------------------------------------------------------------------------------------------------------


def night_record(night: Night) -> dict[str, Any]:
    """What a night did, as `ingest --json` tells it, and what only a night knows."""
    plan = night.plan
    return {
        **report_record(night.report),
        "night": night.number,
        "exit_code": night.exit_code,
        "stages": {stage: round(seconds, 3) for stage, seconds in night.stages.items()},
        "rehashed": night.rehashed,
        "changed_unseen": night.changed_unseen,
        "left": night.left,
        "protected": plan.protected,
        "outside": plan.outside,
        "stale": plan.stale,
        "edited": list(plan.edited),
        "refused": night.refused,
        "freed_bytes": night.collected.bytes if night.collected else 0,
    }


def _words_of(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def _counted(counts: dict[str, int]) -> str:
    return _words_of(counts) or "nothing to do"


def _show_night(night: Night) -> None:
    report = night.report
    show(f"{safe_name(report.collection)}, generation {report.generation}: {_counted(dict(report.documents))}")
    if report.items:
        show("items: " + _counted(dict(report.items)))
    if report.embedded or report.captioned or report.reused:
        show(f"embedded {report.embedded:,}, captioned {report.captioned:,}, reused {report.reused:,}")
    rest = f"; {night.left:,} documents are left to the next night" if night.left else ""
    show(
        f"night {night.number}: {report.seconds:.1f} s, {night.rehashed:,} files hashed again{rest}"
        + (", interrupted" if report.interrupted else "")
    )
    _notes(night.plan)
    for warning in report.warnings:
        note(f"warning: {warning}")
    for failure in report.failures:
        note(f"failed: {failure}")
