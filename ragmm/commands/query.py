"""The command `ragmm query`: a question, a picture, or both, and the answer with its sources."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ragmm.commands.shared.asking import answered, refuse_picture_names
from ragmm.commands.shared.opening import opened_for_questions
from ragmm.commands.shared.options import (
    AskedPipelineOption,
    CollectionOption,
    HitsOption,
    JsonOption,
    ModalityOption,
    ModelOption,
    PerDocumentOption,
    WhereOption,
    command,
)
from ragmm.commands.shared.output import console, emit, note
from ragmm.commands.shared.report import write_report
from ragmm.errors import UsageError
from ragmm.render.records import AssetPath, query_record
from ragmm.render.text import file_link
from ragmm.types import QueryResult

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "query", example='ragmm query "Which region grew fastest?" -c reports --html answer.html')(query)


def query(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In your own words.")] = "",
    image: Annotated[
        Path | None, typer.Option("--image", metavar="FILE", help="A picture to find the like of.")
    ] = None,
    collection: CollectionOption = "default",
    k: HitsOption = None,
    modality: ModalityOption = None,
    where: WhereOption = None,
    pipeline: AskedPipelineOption = None,
    model: ModelOption = None,
    per_document: PerDocumentOption = None,
    like: Annotated[
        int | None,
        typer.Option("--like", metavar="ITEM", help="The like of this item, by its number (ragmm ls --items)."),
    ] = None,
    answer: Annotated[bool, typer.Option("--answer/--no-answer", help="Whether an answer is written.")] = True,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a report with the pictures inside.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    json: JsonOption = False,
) -> None:
    """Ask a question, show a picture, or both. The answer names the pages and figures it rests on."""
    from ragmm.pipelines.query.question import Question

    if not question.strip() and image is None and like is None:
        raise UsageError("there is nothing to look for; give a question, or a picture with --image FILE")
    answer = answer and (like is None or bool(question.strip()))  # the like of an item asks nothing
    refuse_picture_names(question, image)
    asked = Question(
        question, image=image, k=k, modality=modality, where=where or (), per_document=per_document, like=like
    )
    with opened_for_questions(collection, pipeline, model) as docs:
        result = docs.query(asked, answer=answer) if json else answered(docs, asked, answer=answer)
        report = html or (Path(f"ragmm-{result.collection}.html") if open_ else None)
        if report:
            write_report(report, [result], docs.asset_path, pictures=[image.read_bytes() if image else None])
        if json:
            emit(query_record(result, docs.asset_path))
        else:
            _show_result(result, docs.asset_path)
    if report and not json:
        note(f"report: {report}")
    if report and open_:
        typer.launch(file_link(report.resolve()))


def _show_result(result: QueryResult, asset_path: AssetPath) -> None:
    from ragmm.render.answer import print_result

    print_result(result, asset_path, console())
