"""How a command ends that changed what a collection holds: its report, and the exit code where documents failed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import typer

from ragmm.commands.shared.failures import DOCUMENTS_FAILED
from ragmm.commands.shared.output import emit, note, show
from ragmm.render.records import report_record
from ragmm.render.text import safe_name
from ragmm.types import Report

__all__ = ["finish", "stopped_line"]


def finish(report: Report, json: bool, again: Sequence[str] = ()) -> None:
    """Show the report; documents that could not be read make the exit code 10. `again`: the command's own words."""
    if json:
        emit(report_record(report))
    else:
        _show_report(report)
    if report.interrupted:
        note(stopped_line(report, again))
    if report.failures and not report.interrupted:
        raise typer.Exit(DOCUMENTS_FAILED)


def stopped_line(report: Report, again: Sequence[str]) -> str:
    """The last line of an interrupted run: what is committed, what waits, and how to go on."""
    taken = sum(report.documents.get(state, 0) for state in ("added", "changed", "moved"))
    waiting = ", ".join(f"{count:,} {kind}" for kind, count in report.waiting.items() if count)
    return (
        f"stopped; {taken:,} documents of this run are committed (generation {report.generation}); "
        f"{waiting or 'nothing'} in the cache for the next run; go on with: {safe_name(shlex.join(again))}"
    )


def _show_report(report: Report) -> None:
    documents = ", ".join(f"{count:,} {state}" for state, count in report.documents.items() if count)
    items = ", ".join(f"{count:,} {kind}" for kind, count in report.items.items() if count)
    nothing = "nothing yet" if report.interrupted else "nothing to do"
    show(f"{safe_name(report.collection)}, generation {report.generation}: {documents or nothing}")
    if items:
        show(f"items: {items}")
    if report.embedded or report.captioned or report.reused:
        show(f"embedded {report.embedded:,}, captioned {report.captioned:,}, reused {report.reused:,}")
    show(f"{report.seconds:.1f} s" + (", interrupted" if report.interrupted else ""))
    for warning in report.warnings:
        note(f"warning: {warning}")
    for failure in report.failures:
        note(f"failed: {failure}")
