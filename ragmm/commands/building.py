"""Commands that make collections and fill them: init, ingest, rm, purge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ragmm.commands.failures import DOCUMENTS_FAILED, exit_code_of_signal
from ragmm.commands.opening import announce_profile, opened, opened_or_created
from ragmm.commands.options import CollectionOption, JsonOption, PipelineOption, command
from ragmm.commands.output import emit, note, show
from ragmm.commands.progress import shown_progress
from ragmm.errors import StorageError, UsageError
from ragmm.render.records import report_record
from ragmm.render.text import safe_name
from ragmm.types import Report

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    command(app, "init", example="ragmm init pipelines/reports.toml --starter both")(init)
    command(app, "ingest", example="ragmm ingest reports/ notes.md -c reports")(ingest)
    command(app, "rm", example="ragmm rm reports/2019.pdf -c reports")(remove)


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")] = Path("ragmm.toml"),
    starter: Annotated[str, typer.Option("--starter", metavar="NAME", help="both, shared, text or nightly.")] = "both",
    profile: Annotated[str, typer.Option("--profile", metavar="NAME", help="mini, standard or max.")] = "mini",
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    json: JsonOption = False,
) -> None:
    """Write a pipeline file to edit, and say what its models need."""
    from ragmm.config import default_pipeline, parse_pipeline
    from ragmm.config import starter as starter_text
    from ragmm.config.needs import model_needs

    default_pipeline(profile)
    text = starter_text(starter).replace('profile = "mini" ', f'profile = "{profile}" ')
    pipeline = parse_pipeline(text, source=str(file))
    _write_new(file, text, force=force)
    needs = model_needs(pipeline)
    if json:
        emit({"file": file, "starter": starter, "profile": profile, "models": needs})
        return
    show(f"Wrote {safe_name(str(file))}. Its models:")
    for need in needs:
        size = f" ({need.download_mb:,} MB, {need.licence})" if need.download_mb and not need.present else ""
        show(f"  {need.role:<8} {need.name}: {'here' if need.present else 'not here'}{size}")
    for name in dict.fromkeys(need.name for need in needs if not need.present):
        show(f"Fetch with: ragmm models pull {safe_name(name)}")
    announce_profile(pipeline)
    written = safe_name(str(file))
    followed = f"ragmm sync {written} --dry-run, once its [sources] name your folders"
    show(f"Next: {followed if starter == 'nightly' else f'ragmm ingest FOLDER -p {written}'}")


def _write_new(file: Path, text: str, *, force: bool) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w" if force else "x", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError:
        raise UsageError(f"{file} is there already; choose another name, or overwrite it with --force") from None
    except OSError as error:
        raise StorageError(f"{file}: the pipeline file cannot be written ({error.strerror})") from error


def ingest(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Files and folders.")],
    collection: CollectionOption = "default",
    pipeline: PipelineOption = None,
    json: JsonOption = False,
) -> None:
    """Add files and folders to a collection, or refresh them. Deletes nothing; run again, it goes on."""
    with exit_code_of_signal() as stopped:
        with opened_or_created(collection, pipeline) as docs, shown_progress() as progress:
            report = docs.ingest(paths, progress=progress)
        _finish(report, json)
        if report.interrupted:
            raise typer.Exit(stopped())


def remove(
    uris: Annotated[list[str], typer.Argument(metavar="URI…", help="Documents, as `ragmm ls` names them.")],
    collection: CollectionOption = "default",
    json: JsonOption = False,
) -> None:
    """Take documents out of a collection. Older generations keep them until they expire."""
    with opened(collection) as docs:
        report = docs.remove(uris)
    _finish(report, json)


def _finish(report: Report, json: bool) -> None:
    if json:
        emit(report_record(report))
    else:
        _show_report(report)
    if report.failures and not report.interrupted:
        raise typer.Exit(DOCUMENTS_FAILED)


def _show_report(report: Report) -> None:
    documents = ", ".join(f"{count:,} {state}" for state, count in report.documents.items() if count)
    items = ", ".join(f"{count:,} {kind}" for kind, count in report.items.items() if count)
    show(f"{safe_name(report.collection)}, generation {report.generation}: {documents or 'nothing to do'}")
    if items:
        show(f"items: {items}")
    if report.embedded or report.captioned or report.reused:
        show(f"embedded {report.embedded:,}, captioned {report.captioned:,}, reused {report.reused:,}")
    show(
        f"{report.seconds:.1f} s" + (", interrupted: the same command goes on from here" if report.interrupted else "")
    )
    for warning in report.warnings:
        note(f"warning: {warning}")
    for failure in report.failures:
        note(f"failed: {failure.uri}: {failure.reason}")
