"""The command `ragmm demo`: the sample corpus, its questions, and a report to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.shared.opening import announce_profile, announce_servers
from ragmm.commands.shared.options import JsonOption, PipelineOption, command
from ragmm.commands.shared.output import console, emit, show
from ragmm.commands.shared.progress import shown_progress
from ragmm.commands.shared.report import write_report
from ragmm.render.records import query_record, report_record
from ragmm.render.text import file_link, safe_name, short_path

if TYPE_CHECKING:
    from ragmm.collection import Collection
    from ragmm.sample import SampleQuestion
    from ragmm.types import QueryResult, Report

__all__ = ["register"]


@dataclass(frozen=True, kw_only=True)
class _Asked:
    question: SampleQuestion
    result: QueryResult


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "demo", example="ragmm demo --out demo-output")(demo)


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where everything goes.")] = Path("demo-output"),
    pipeline: PipelineOption = None,
    json: JsonOption = False,
) -> None:
    """Ask three questions of a sample corpus. Writes a report with the pictures."""
    import ragmm
    from ragmm.sample import QUESTIONS, write_sample, write_sign_photo

    began = monotonic()
    corpus = out / "corpus"
    files = write_sample(corpus)
    photo = write_sign_photo(out / "sign-photo.jpg")
    with ragmm.create(str(out / "collection"), pipeline=pipeline, exist_ok=True) as docs:
        with shown_progress() as progress:
            report = docs.ingest([corpus], progress=progress)
        announce_servers(docs.pipeline)
        if not json:
            _show_start(docs, files, report)
        asked = [_ask(docs, question, photo) for question in QUESTIONS]
        page = out / "report.html"
        pictures = [photo.read_bytes() if one.question.image else None for one in asked]
        write_report(page, [one.result for one in asked], docs.asset_path, title="ragmm demo", pictures=pictures)
        if json:
            results = [query_record(one.result, docs.asset_path) for one in asked]
            emit({"corpus": corpus, "report": page, "ingest": report_record(report), "queries": results})
        else:
            _show_questions(docs, asked, photo)
            _show_end(page, monotonic() - began)


def _ask(docs: Collection, question: SampleQuestion, photo: Path) -> _Asked:
    image = photo if question.image else None
    return _Asked(question=question, result=docs.query(question.text, image=image, k=4, modality=question.modality))


def _show_start(docs: Collection, files: Sequence[Path], report: Report) -> None:
    items = sum(report.items.values())
    known = f"{items:,} items" if items else "nothing new"
    show(
        f"{len(files)} files (a report, notes, a timetable, charts, signs, a scanned letter): "
        f"{known}, {report.seconds:.1f} s"
    )
    announce_profile(docs.pipeline)


def _show_questions(docs: Collection, asked: Sequence[_Asked], photo: Path) -> None:
    from ragmm.render.answer import print_result

    target = console()
    for number, one in enumerate(asked, start=1):
        words = one.question.text or f"(the picture {photo})"
        target.print()
        target.print(f"{number}. {safe_name(words)}", style="bold", end="")
        target.print(f"   {one.question.shows}", style="dim")
        print_result(one.result, docs.asset_path, target)


def _show_end(page: Path, seconds: float) -> None:
    from rich.style import Style
    from rich.text import Text

    link = Style(underline=True, link=file_link(page.resolve()))
    show("", Text("Report with pictures: ").append(short_path(page), style=link))
    show(f'Your own files: ragmm ingest FOLDER, then ragmm query "…"   ({seconds:.0f} s in all)')
