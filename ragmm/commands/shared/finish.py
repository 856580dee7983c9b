"""How a command ends that changed what a collection holds: its report, and the exit code where documents failed."""

from __future__ import annotations

import typer

from ragmm.commands.shared.failures import DOCUMENTS_FAILED
from ragmm.commands.shared.output import emit, note, show
from ragmm.render.records import report_record
from ragmm.render.text import safe_name
from ragmm.types import Report

__all__ = ["finish"]


def finish(report: Report, json: bool) -> None:
    """Show the report; documents that could not be read make the exit code 10."""
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
